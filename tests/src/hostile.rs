//! A hostile normal world, on the device: a program (`hostile/*.c`) that calls
//! the lock through the TEE's device itself, and after each call asks whether the
//! lock lives and says what it said before.

use std::collections::BTreeMap;

use paylatch_proto::api::{self, Request};
use paylatch_proto::{TA_UUID, limits};

use crate::device::Device;
use crate::emulator::Emulator;
use crate::phone::{Emulated, Phone};
use crate::{Failure, Result, cross};

/// In `userdata`, which the device mounts here.
const USERDATA: &str = "/data";
const PROGRAM: &str = "/hostile";
const ITEMS: &str = "/items";

/// A request for the program to play with.
pub struct Item {
    /// What it is called in a report: one word, of at most 31 characters.
    pub name: String,
    /// The request, postcard.
    pub request: Vec<u8>,
    /// Whether it may change something when it is handed in whole.
    pub acts: bool,
}

impl Item {
    /// A request that changes nothing here.
    ///
    /// # Errors
    /// When it is too long.
    pub fn harmless(name: &str, request: &Request) -> Result<Item> {
        Ok(Item { name: name.into(), request: encode(request)?, acts: false })
    }

    /// A request that may change something.
    ///
    /// # Errors
    /// When it is too long.
    pub fn acting(name: &str, request: &Request) -> Result<Item> {
        Ok(Item { acts: true, ..Item::harmless(name, request)? })
    }

    /// The same with the last byte of its signature altered: it is refused. In two
    /// bits, so that no single one flipped makes it good again.
    pub fn forged(&self) -> Item {
        let mut request = self.request.clone();
        if let Some(last) = request.last_mut() {
            *last ^= 0x11;
        }
        Item { name: format!("forged-{}", self.name), request, acts: false }
    }

    /// As the program reads it. A nonce is covered by no signature.
    fn line(&self) -> String {
        let free = match self.request.first() {
            Some(1 | 2 | 5) => limits::NONCE,
            _ => 0,
        };
        let acts = i32::from(self.acts);
        format!("{} {acts} 1 {free} {}", self.name, hex::encode(&self.request))
    }
}

fn encode(request: &Request) -> Result<Vec<u8>> {
    let mut buffer = [0; limits::REQUEST];
    postcard::to_slice(request, &mut buffer)
        .map(|bytes| bytes.to_vec())
        .map_err(|e| Failure(format!("{request:?}: {e}")))
}

/// What the program has found.
#[derive(Debug, Default)]
pub struct Found {
    /// Cases of each kind.
    pub cases: BTreeMap<String, u64>,
    /// What is not as it has to be.
    pub wrong: Vec<String>,
}

impl Found {
    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: Found) {
        for (kind, cases) in other.cases {
            *self.cases.entry(kind).or_default() += cases;
        }
        self.wrong.extend(other.wrong);
    }
}

/// The attacker in a phone that is switched on.
pub struct Hostile<'a> {
    phone: &'a mut Emulated,
}

impl Hostile<'_> {
    /// Builds the program, puts it into the phone, which is switched off, with these
    /// requests, and switches it on.
    ///
    /// # Errors
    /// When it can't be built or installed, and those of `boot`.
    pub fn enter<'a>(
        phone: &'a mut Emulated,
        items: &[Item],
        boot: impl FnOnce(&Device) -> Result<Emulator>,
    ) -> Result<Hostile<'a>> {
        let uuid: Vec<String> = hex::decode(TA_UUID.replace('-', ""))
            .map_err(|e| Failure(format!("{TA_UUID}: {e}")))?
            .iter()
            .map(|byte| format!("0x{byte:02x}"))
            .collect();
        let options = [
            format!("-DUUID={}", uuid.join(",")),
            format!("-DREQUEST={}", limits::REQUEST),
            format!("-DREPLY={}", limits::REPLY),
            format!("-DCOMMAND_STATE={}", api::COMMAND_STATE),
            format!("-DCOMMAND_CALL={}", api::COMMAND_CALL),
        ];
        let program = cross::build("hostile", &cross::sources("hostile")?, &options)?;
        let lines: String = items.iter().map(|item| item.line() + "\n").collect();
        // Its console is slow: it is put on its eMMC.
        phone.device.put_file(PROGRAM, &program)?;
        phone.device.put_file(ITEMS, lines.as_bytes())?;
        phone.power_on_with(boot)?;
        Ok(Hostile { phone })
    }

    /// Attacks in this way, with this seed and these numbers.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn attack(&mut self, kind: &str, seed: u64, numbers: &[u64]) -> Result<Found> {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let numbers = numbers.join(" ");
        let command = format!("{USERDATA}{PROGRAM} {kind} {seed} {numbers} <{USERDATA}{ITEMS}");
        let output = self.phone.emulator()?.shell(&command)?;
        let mut found = Found::default();
        for line in output.text.lines() {
            let words: Vec<&str> = line.trim().split(' ').collect();
            match words.as_slice() {
                ["@hostile", kind, cases] => {
                    let cases = cases.parse().map_err(|_| Failure(line.into()))?;
                    found.cases.insert((*kind).into(), cases);
                }
                ["@alive"] => {}
                ["@note", ..] => println!("{kind}: {}", line.trim_start_matches("@note ")),
                _ => found.wrong.push(format!("{kind}, seed {seed}: {line}")),
            }
        }
        if output.code != 0 && found.wrong.is_empty() {
            found.wrong.push(format!("{kind}, seed {seed}: it ended with {}", output.code));
        }
        Ok(found)
    }

    /// The phone it is in.
    pub fn phone(&mut self) -> &mut Emulated {
        self.phone
    }

    /// What the phone says of itself, but for its uptime.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&mut self) -> Result<serde_json::Value> {
        let mut status = self.phone.status()?;
        if let Some(status) = status.as_object_mut() {
            status.remove("uptime");
        }
        Ok(status)
    }
}
