//! Whoever owns the normal world and what carries the secure world's storage:
//! makes faults, and lets them go.

use std::collections::BTreeMap;

use paylatch::transport::Transport;
use paylatch::transport::simulator::Simulator;
use paylatch_proto::TA_UUID;
use paylatch_proto::sign::sha256;
use serde::{Deserialize, Serialize};

use crate::liar::{Answer, HONEST};
use crate::phone::{Emulated, Phone, Simulated};
use crate::{Failure, Result, cross, repository};

/// A phone whose storage somebody plays with.
pub trait Attacked: Phone {
    /// The storage is silent from now on. `bait` is a message that the phone
    /// would take; it does not get to.
    ///
    /// # Errors
    /// When the phone is not at fault then.
    fn silence(&mut self, bait: &str) -> Result<()>;

    /// The next request finds a state that can't be read, and an enrolment
    /// that can. `bait` as for [`Attacked::silence`].
    ///
    /// # Errors
    /// When the phone is not at fault then.
    fn hide_state(&mut self, bait: &str) -> Result<()>;

    /// The next contact record can't be written.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn deny_writing(&mut self) -> Result<()>;

    /// Undoes all that, but for what the lock has written since.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn be_honest(&mut self) -> Result<()>;

    /// Hands a request to the lock past the program's own checks; its reply.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>>;
}

fn must_be_at_fault(phone: &mut impl Phone) -> Result<()> {
    match phone.state()?.as_str() {
        "fault" => Ok(()),
        state => Err(Failure(format!("the attack does not work: the phone is {state}"))),
    }
}

// ---- the simulator --------------------------------------------------------

/// A simulator's file, as `paylatch::transport::simulator` has it.
#[derive(Serialize, Deserialize)]
struct Envelope {
    digest: String,
    simulator: Contents,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    format: u32,
    secret: String,
    powered_on: u64,
    storage: String,
    records: BTreeMap<String, String>,
}

/// What was done to a simulator's records: name, before, after.
pub type Damage = Vec<(String, String, Option<String>)>;

impl Simulated {
    fn contents(&self) -> Result<Contents> {
        let text = std::fs::read_to_string(self.file()).map_err(|e| Failure(format!("{e}")))?;
        let envelope: Envelope =
            serde_json::from_str(&text).map_err(|e| Failure(format!("{e}")))?;
        Ok(envelope.simulator)
    }

    fn put_contents(&self, simulator: Contents) -> Result<()> {
        let text = serde_json::to_vec(&simulator).map_err(|e| Failure(format!("{e}")))?;
        let envelope = Envelope { digest: sha256(&[&text]).to_string(), simulator };
        let text = serde_json::to_vec(&envelope).map_err(|e| Failure(format!("{e}")))?;
        std::fs::write(self.file(), text).map_err(|e| Failure(format!("{e}")))
    }

    /// Changes the records whose name begins so; `None` takes them away.
    fn damage(&mut self, name: &str, change: fn(&str) -> Option<String>) -> Result<()> {
        let mut contents = self.contents()?;
        let names: Vec<String> =
            contents.records.keys().filter(|key| key.starts_with(name)).cloned().collect();
        for name in names {
            let Some(before) = contents.records.remove(&name) else { continue };
            let after = change(&before);
            if let Some(after) = &after {
                contents.records.insert(name.clone(), after.clone());
            }
            self.damage.push((name, before, after));
        }
        self.put_contents(contents)
    }
}

impl Attacked for Simulated {
    fn silence(&mut self, _: &str) -> Result<()> {
        // At a fault the program ends with an error; whether it is one is seen below.
        self.paylatch(&["simulator", "storage", "off"])?;
        must_be_at_fault(self)
    }

    fn hide_state(&mut self, _: &str) -> Result<()> {
        self.damage("state", |hex| {
            let flipped = if hex.ends_with('0') { '1' } else { '0' };
            hex.get(..hex.len() - 1).map(|rest| format!("{rest}{flipped}"))
        })?;
        must_be_at_fault(self)
    }

    fn deny_writing(&mut self) -> Result<()> {
        self.damage("contact", |_| None)?;
        self.must(&["simulator", "storage", "full"])
    }

    fn be_honest(&mut self) -> Result<()> {
        let mut contents = self.contents()?;
        contents.storage = "on".into();
        for (name, before, after) in std::mem::take(&mut self.damage) {
            if contents.records.get(&name) == after.as_ref() {
                contents.records.insert(name, before);
            }
        }
        self.put_contents(contents)
    }

    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        Simulator::open(self.file())
            .and_then(|mut simulator| simulator.call(request))
            .map_err(|e| Failure(format!("{e}")))
    }
}

// ---- the emulated device --------------------------------------------------

/// TEE_ERROR_COMMUNICATION.
const NO_ANSWER: Answer = Answer::code(0xffff_000e);

impl Emulated {
    /// Answers so many of the coming RPMB requests (0: all) in this way.
    fn spoil(&mut self, count: u32, answer: Answer) -> Result<()> {
        let fault = format!("{answer},0,{count}");
        let command = format!("echo {fault} >/sys/module/optee/parameters/rpmb_fault");
        match self.emulator()?.shell(&command)?.text.trim() {
            "" => Ok(()),
            problem => Err(Failure(format!("{command}: {problem}"))),
        }
    }

    /// Makes the lock forget what it has in memory: its next write fails, at
    /// the first read on the way to it, so that nothing is written.
    fn forget(&mut self, bait: &str) -> Result<()> {
        self.spoil(1, NO_ANSWER)?;
        match self.hand_in("apply", bait)?.as_str() {
            "not_stored" => Ok(()),
            says => Err(Failure(format!("the attack does not work: the bait is {says}"))),
        }
    }
}

impl Attacked for Emulated {
    fn silence(&mut self, bait: &str) -> Result<()> {
        self.forget(bait)?;
        self.spoil(0, NO_ANSWER)?;
        must_be_at_fault(self)
    }

    fn hide_state(&mut self, bait: &str) -> Result<()> {
        // The state is the first that a lock reads that knows nothing. Asking
        // for the status takes two requests: after the second it knows again.
        self.forget(bait)?;
        self.spoil(1, NO_ANSWER)?;
        must_be_at_fault(self)?;
        self.forget(bait)?;
        self.spoil(1, NO_ANSWER)
    }

    fn deny_writing(&mut self) -> Result<()> {
        self.spoil(1, NO_ANSWER)
    }

    fn be_honest(&mut self) -> Result<()> {
        self.spoil(0, HONEST)
    }

    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        if self.emulator()?.shell("test -x /tmp/call")?.code != 0 {
            self.install("/tmp/call", &caller()?)?;
        }
        let output = self.emulator()?.shell(&format!("/tmp/call {}", hex::encode(request)))?;
        hex::decode(output.text.trim()).map_err(|_| Failure(output.text))
    }
}

/// `call.c`, built for the device.
fn caller() -> Result<Vec<u8>> {
    let file = repository().join("tests/src/table/call.c");
    cross::build("call", &[file], &[format!("-DUUID={}", cross::uuid(TA_UUID)?), "-lteec".into()])
}
