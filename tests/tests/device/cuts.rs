//! The power is cut at every write to the RPMB, during everything that changes
//! the lock's state: the next start finds the old state or the new, and what was
//! interrupted can be done again.
//!
//! With PAYLATCH_PROVE=1, each cut of the long operations is tried, and the start
//! after each cut is cut at every write, too.
#![cfg(feature = "device")]

use paylatch_proto::limits;
use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::issuer::{ESCROW, Issuer, LENDER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::power_cut::{Act, Recording};
use paylatch_tests::prove::{at_length, report};
use paylatch_tests::shipped::{state_of, told};
use serde_json::{Value, json};

const NOTICE: u64 = 2;
const NONCE: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];

/// So many cuts of an operation are all tried; of more only some, but with
/// PAYLATCH_PROVE.
const ALL: usize = 6;

/// What is done to the phone, and what it is before and after.
struct Operation<'a> {
    name: &'a str,
    from: &'a str,
    to: &'a str,
    act: &'a Act<'a>,
}

/// A phone's life, cut at each write of each of its moments.
struct Life {
    issuer: Issuer,
    id: String,
    voucher: String,
    /// The phone before the next operation, switched off cleanly.
    device: Device,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    cuts: u64,
    wrong: Vec<String>,
}

impl Life {
    /// A phone whose RPMB was never written to.
    fn new() -> Result<Life> {
        let issuer = Issuer::new()?;
        let device = Device::new("cuts")?;
        let mut phone = Emulated::of(device.copy("identity")?);
        phone.power_on()?;
        let id = phone.ask(&["identity"])?["device"].as_str().unwrap_or_default().to_owned();
        let voucher = issuer.voucher(&id, NOTICE as u32, &[])?;
        Ok(Life { issuer, id, voucher, device, tally: Tally::default() })
    }

    fn message(&self, sequence: u64, order: &[&str]) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, order)
    }

    /// Cuts a text's being handed in, and then hands it in.
    fn text(&mut self, name: &str, verb: &str, text: &str, from: &str, to: &str) -> Result<()> {
        self.moment(&Operation { name, from, to, act: &|phone| hand_in(phone, verb, text) })
    }

    /// Cuts an operation, then lets it happen.
    fn moment(&mut self, operation: &Operation) -> Result<()> {
        let recording = Recording::of(&self.device, Some(&|_| Ok(())), operation.act)?;
        self.tally.check(&recording, operation, at_length())?;
        self.pass(operation)
    }

    /// Cuts a start, from power-on until the lock has answered.
    fn start(&mut self, name: &str, state: &str) -> Result<()> {
        let act = &|phone: &mut Emulated| phone.state().map(drop);
        let operation = Operation { name, from: state, to: state, act };
        let recording = Recording::of(&self.device, None, act)?;
        self.tally.check(&recording, &operation, at_length())
    }

    /// Lets an operation happen, uncut.
    fn pass(&mut self, operation: &Operation) -> Result<()> {
        let mut phone = Emulated::of(self.device.copy("cuts")?);
        phone.power_on()?;
        (operation.act)(&mut phone)?;
        assert_eq!(phone.state()?, operation.to, "{}", operation.name);
        phone.power_off()?;
        self.device = phone.device;
        Ok(())
    }

    fn end(self, floor: u64) {
        report("power cuts at an RPMB write", self.tally.cuts, floor, &self.tally.wrong);
    }
}

impl Tally {
    /// Switches the phone on after each cut; `again`: and cuts that start, too.
    fn check(&mut self, recording: &Recording, operation: &Operation, again: bool) -> Result<()> {
        let cuts: Vec<usize> = recording.cuts().collect();
        let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
        let seen = |writes| Seen::of(recording.device(writes)?, operation.act);
        let (old, new) = (seen(first)?, seen(last)?);
        let name = operation.name;
        println!("{name}: {} writes", cuts.len() - 1);
        self.expect(&format!("{name}: before"), operation.from, &old.state);
        self.expect(&format!("{name}: after"), operation.to, &new.state);
        self.expect(&format!("{name}: done again"), &new.after, &old.after);
        // Many of a voucher's and a seal's are of the same kind: OP-TEE's file table.
        let every = if at_length() || cuts.len() <= ALL { 1 } else { cuts.len() / ALL + 1 };
        for (number, &writes) in cuts.iter().enumerate() {
            if number % every != 0 && writes != last {
                continue;
            }
            let what = format!("{name}, cut {number} of {}", cuts.len() - 1);
            self.between(&what, recording.device(writes)?, operation, &old, &new)?;
            if again {
                let ask: &Act = &|phone| phone.state().map(drop);
                let start = Recording::of(&recording.device(writes)?, None, ask)?;
                for (number, writes) in start.cuts().enumerate() {
                    let what = format!("{what}, and its next start at {number}");
                    self.between(&what, start.device(writes)?, operation, &old, &new)?;
                }
            }
        }
        Ok(())
    }

    /// The phone is what it was before or what it is after, and gets there.
    fn between(
        &mut self,
        what: &str,
        device: Device,
        operation: &Operation,
        old: &Seen,
        new: &Seen,
    ) -> Result<()> {
        let seen = Seen::of(device, operation.act)?;
        self.cuts += 1;
        if seen.phone != old.phone && seen.phone != new.phone {
            self.wrong.push(format!("{what}: neither old nor new: {}", seen.phone));
        }
        self.expect(&format!("{what}: done again"), &new.after, &seen.after);
        Ok(())
    }

    fn expect<T: PartialEq + std::fmt::Display + ?Sized>(
        &mut self,
        what: &str,
        right: &T,
        seen: &T,
    ) {
        if right != seen {
            self.wrong.push(format!("{what}: expected {right}, seen {seen}"));
        }
    }
}

/// What a phone says once it is switched on, and once the operation was done
/// again.
struct Seen {
    state: String,
    phone: Value,
    after: Value,
}

impl Seen {
    fn of(device: Device, act: &Act) -> Result<Seen> {
        let mut phone = Emulated::of(device);
        phone.power_on()?;
        let state = phone.state()?;
        // The bootloader asked before the OS did.
        assert_eq!(told(&phone.emulator()?.log()), [state_of(&state)]);
        let before = look(&mut phone)?;
        act(&mut phone)?;
        Ok(Seen { state, phone: before, after: look(&mut phone)? })
    }
}

/// All that the lock tells, but for what only time has changed.
fn look(phone: &mut Emulated) -> Result<Value> {
    let status = phone.status()?;
    let enrolment = &status["enrolment"];
    let mut told = json!({ "state": status["state"], "fault": status["fault"] });
    // Of a released phone it is told until power-off only.
    if status["state"] != "released" {
        for field in ["voucher", "lender", "escrow", "sequence", "contact_sequence", "reason"] {
            told[field] = enrolment[field].clone();
        }
        for field in ["lock_possible_in", "locks_in", "releases_in"] {
            told[field] = (!enrolment[field].is_null()).into();
        }
    }
    told["contact"] = phone.paylatch(&["--json", "contact"])?.text.trim().into();
    Ok(told)
}

fn hand_in(phone: &mut Emulated, verb: &str, text: &str) -> Result<()> {
    // A nonce of its own: the OS has random numbers only some time after its start.
    let nonce = ["--nonce", NONCE];
    let more: &[&str] = if verb == "provision" { &nonce } else { &[] };
    let says = phone.answer(&[&[verb, text], more].concat())?.says;
    assert!(["applied", "already_applied"].contains(&says.as_str()), "{verb}: {says}");
    Ok(())
}

#[test]
fn from_the_factory_to_the_release() -> Result<()> {
    let mut life = Life::new()?;
    life.start("the very first start", "unprovisioned")?;
    let voucher = life.voucher.clone();
    life.text("the voucher", "provision", &voucher, "unprovisioned", "unlocked")?;
    life.start("a start", "unlocked")?;
    let contact = life.issuer.contact(paylatch_tests::issuer::BUYER);
    let contact = life.message(1, &["contact", "--contact", &contact])?;
    life.text("a contact", "apply", &contact, "unlocked", "unlocked")?;
    let notice = life.message(1, &["notice"])?;
    life.text("a notice", "apply", &notice, "unlocked", "unlocked")?;
    let wait = |phone: &mut Emulated| phone.pass(limits::UPTIME_STEP);
    life.moment(&Operation { name: "uptime", from: "unlocked", to: "unlocked", act: &wait })?;
    let lock = life.message(2, LOCK)?;
    life.text("a lock", "apply", &lock, "unlocked", "locked")?;
    let until = life.message(3, &["unlock-for", "--time", "2d"])?;
    life.text("an unlock for a time", "apply", &until, "locked", "unlocked")?;
    let unlock = life.message(4, &["unlock"])?;
    life.text("an unlock", "apply", &unlock, "unlocked", "unlocked")?;
    let rekey = life.issuer.rekey(&life.voucher, 5)?;
    life.text("a rekey", "apply", &rekey, "unlocked", "unlocked")?;
    let off = |phone: &mut Emulated| phone.paylatch(&["shutdown"]).map(drop);
    life.moment(&Operation { name: "a shutdown", from: "unlocked", to: "unlocked", act: &off })?;
    let release = life.issuer.release(ESCROW, &life.voucher)?;
    life.text("a release", "apply", &release, "unlocked", "released")?;
    life.end(35);
    Ok(())
}

#[test]
fn a_seal() -> Result<()> {
    let mut life = Life::new()?;
    let seal = life.issuer.seal(&life.id)?;
    life.text("a seal", "provision", &seal, "unprovisioned", "released")?;
    life.end(6);
    Ok(())
}
