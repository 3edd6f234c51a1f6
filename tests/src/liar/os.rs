//! A phone whose OS is the attacker's.

use serde_json::Value;

use super::{Answer, HONEST};
use crate::device::Device;
use crate::emulator::Emulator;
use crate::phone::{Emulated, Phone};
use crate::{Failure, Result};

/// Functions of the device's shell. `try KIND,ARGUMENT AFTER COUNT WORD...` runs
/// `paylatch` while AFTER requests are served and the next COUNT (0: all)
/// answered in that way. It prints how many requests there were, paylatch's exit
/// code and what it said.
const FUNCTIONS: &str = r#"
P=/sys/module/optee/parameters
honest() { echo none >$P/rpmb_fault; }
spoil() { echo "$1,$2,$3" >$P/rpmb_fault || echo "@refused $1,$2,$3"; }
try() { spoil $1 $2 $3; how="$1 $2 $3"; shift 3; read before <$P/rpmb_requests; said=$(paylatch --json "$@" 2>&1); code=$?; read after <$P/rpmb_requests; honest; echo "@try $how $((after - before)) $code" $said; }
"#;

/// What came of one `try`.
#[derive(Clone, Debug)]
pub struct Tried {
    /// `KIND,ARGUMENT AFTER COUNT`.
    pub what: String,
    /// How many requests were to be served first.
    pub after: u32,
    /// Requests there were in all.
    pub requests: u32,
    /// Exit code of `paylatch`.
    pub exit: i32,
    /// What it said first.
    pub said: Value,
}

impl Tried {
    fn read(line: &str) -> Option<Tried> {
        let words: Vec<&str> = line.trim().splitn(6, ' ').collect();
        Some(Tried {
            what: words.get(..3)?.join(" "),
            after: words.get(1)?.parse().ok()?,
            requests: words.get(3)?.parse().ok()?,
            exit: words.get(4)?.parse().ok()?,
            said: serde_json::Deserializer::from_str(words.get(5)?).into_iter().next()?.ok()?,
        })
    }

    /// Whether a request was answered otherwise than it should be.
    pub fn spoilt(&self) -> bool {
        self.requests > self.after
    }

    /// At least one request was spoilt, and the lock said `refusal` for it.
    ///
    /// # Panics
    /// When it was not so.
    #[track_caller]
    pub fn must_fail(&self, refusal: &str) {
        assert!(self.spoilt(), "nothing was spoilt: {self:?}");
        self.must_refuse(refusal);
    }

    /// The lock said `refusal`.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn must_refuse(&self, refusal: &str) {
        assert_eq!(self.exit, 6, "{self:?}");
        assert_eq!(self.said["refusal"], refusal, "{self:?}");
    }

    /// The lock told this state.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn must_be(&self, state: &str) {
        assert_eq!(self.exit, 0, "{self:?}");
        assert_eq!(self.said["state"], state, "{self:?}");
    }

    /// What was handed in had this outcome.
    ///
    /// # Panics
    /// When it had not.
    #[track_caller]
    pub fn must_apply(&self, outcome: &str) {
        assert_eq!(self.exit, 0, "{self:?}");
        assert_eq!(self.said["outcome"], outcome, "{self:?}");
    }
}

/// A phone, switched on, whose OS answers as it likes.
pub struct LyingOs {
    /// The phone.
    pub phone: Emulated,
}

impl LyingOs {
    /// Switches on a copy of `device`. Nobody has asked for the state yet, and the
    /// probes that Linux makes of its own accord were answered with an error.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn cold(device: &Device, name: &str) -> Result<LyingOs> {
        let spoil = ["--append", "optee.rpmb_fault=code,ffff0000,0,0"];
        let mut os = LyingOs::new(device.copy(name)?, |device| device.boot_unasked(&spoil))?;
        let seen = os.phone.emulator()?.shell("cat $P/rpmb_requests $P/rpmb_fault; honest")?.text;
        match seen.lines().collect::<Vec<_>>()[..] {
            [requests, "code"] if requests != "0" => Ok(os),
            _ => Err(Failure(format!("nothing was spoilt: {seen}"))),
        }
    }

    /// Switches on a copy of `device`; the bootloader has asked for the state.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn warm(device: &Device, name: &str) -> Result<LyingOs> {
        LyingOs::new(device.copy(name)?, Device::boot)
    }

    fn new(device: Device, boot: impl FnOnce(&Device) -> Result<Emulator>) -> Result<LyingOs> {
        let mut phone = Emulated::of(device);
        phone.power_on_with(boot)?;
        phone.emulator()?.shell(FUNCTIONS)?;
        Ok(LyingOs { phone })
    }

    /// The power is cut, and it is switched on as [`Self::warm`].
    ///
    /// # Errors
    /// When it does not boot.
    pub fn again(self) -> Result<LyingOs> {
        let mut phone = self.phone;
        phone.power_cut()?;
        phone.emulator()?.shell(FUNCTIONS)?;
        Ok(LyingOs { phone })
    }

    fn run(&mut self, script: &str) -> Result<Vec<Tried>> {
        let text = self.phone.emulator()?.shell(script)?.text;
        if text.contains("@refused") {
            return Err(Failure(format!("the kernel knows no such fault: {text}")));
        }
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("@try "))
            .map(|line| Tried::read(line).ok_or_else(|| Failure(format!("unreadable: {line}"))))
            .collect()
    }

    /// `paylatch` is run with `call`, with `after` requests served and the next
    /// `count` (0: all) answered so.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn one(&mut self, answer: Answer, after: u32, count: u32, call: &str) -> Result<Tried> {
        let script = format!("try {answer} {after} {count} {call}");
        let tried = self.run(&script)?.pop();
        tried.ok_or_else(|| Failure(format!("{script}: no answer")))
    }

    /// The same with nothing spoilt.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn honest(&mut self, call: &str) -> Result<Tried> {
        self.one(HONEST, 0, 0, call)
    }

    /// [`Self::one`] for each answer; and after each, `then` with an honest normal
    /// world.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn each(
        &mut self,
        answers: &[Answer],
        (after, count): (u32, u32),
        call: &str,
        then: Option<&str>,
    ) -> Result<Vec<Tried>> {
        let answers: Vec<String> = answers.iter().map(Answer::to_string).collect();
        let then = then.map_or(String::new(), |then| format!("; try {HONEST} 0 0 {then}"));
        self.run(&format!(
            "for a in {}; do try $a {after} {count} {call}{then}; done",
            answers.join(" ")
        ))
    }

    /// The coming requests are answered as in [`Self::one`].
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn spoil(&mut self, answer: Answer, after: u32, count: u32) -> Result<()> {
        let said = self.phone.emulator()?.shell(&format!("spoil {answer} {after} {count}"))?.text;
        if said.is_empty() { Ok(()) } else { Err(Failure(said)) }
    }

    /// The RPMB's contents.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn rpmb(&self) -> Result<Vec<u8>> {
        self.phone.device.rpmb()
    }
}

/// How many requests to the storage there were since the OS has started.
///
/// # Errors
/// When the phone does not answer.
pub fn requests(phone: &mut Emulated) -> Result<u32> {
    let text = phone.emulator()?.shell("cat /sys/module/optee/parameters/rpmb_requests")?.text;
    text.trim().parse().map_err(|_| Failure(format!("no number: {text}")))
}
