//! Everything that changes the lock's state, one moment after the other, so that
//! something can be done to each of them.

mod seen;

use std::rc::Rc;

use paylatch::hotline;
use paylatch_proto::limits;
use paylatch_rig::codes;
use paylatch_rig::prove::at_length;

use crate::device::Device;
use crate::issuer::{BUYER, ESCROW, Issuer, LENDER};
use crate::phone::{Emulated, Phone};
use crate::phones::LOCK;
use crate::{Failure, Result};

pub use seen::{Seen, Tally};

/// Notice time, in seconds of use.
const NOTICE: u32 = 2;

/// What is done to a phone that is switched on; an error when it did not go well.
pub type Act<'a> = dyn Fn(&mut Emulated) -> Result<()> + 'a;

/// What is done to the phone, and what it is before and after.
pub struct Moment<'a> {
    /// For people.
    pub name: &'a str,
    /// The state before.
    pub from: &'a str,
    /// The state after.
    pub to: &'a str,
    /// What is done.
    pub act: &'a Act<'a>,
    /// Whether switching on is part of it.
    pub is_start: bool,
    /// Whether it is counted in storage, as a hotline code, before it is done.
    pub is_counted: bool,
}

/// What is tried at each moment, on copies of the phone, which is switched off; the one
/// with which it was done as it should be, switched off again.
pub type Try<'a> = dyn FnMut(&Device, &Moment) -> Result<Device> + 'a;

struct Life<'a> {
    issuer: Rc<Issuer>,
    id: String,
    voucher: String,
    /// The phone before the next moment, switched off cleanly.
    device: Device,
    tried: &'a mut Try<'a>,
}

/// A voucher and all kinds of messages, from the first start on; at length also a
/// deadline that passes, a sale back, and an OS that says it is well.
///
/// # Errors
/// Those of `tried`, and when the phone does not answer.
pub fn from_the_factory_to_the_release<'a>(tried: &'a mut Try<'a>) -> Result<()> {
    let mut life = Life::new(tried, &[])?;
    life.start("the very first start", "unprovisioned")?;
    let voucher = life.voucher.clone();
    life.text("the voucher", "provision", &voucher, "unprovisioned", "unlocked")?;
    life.start("a start", "unlocked")?;
    let contact = life.issuer.contact(BUYER);
    let contact = life.message(1, &["contact", "--contact", &contact])?;
    life.text("a contact", "apply", &contact, "unlocked", "unlocked")?;
    let notice = life.message(1, &["notice"])?;
    life.text("a notice", "apply", &notice, "unlocked", "unlocked")?;
    let wait: &Act = &|phone| {
        phone.pass(limits::UPTIME_STEP)?;
        phone.ask(&["tick"]).map(drop)
    };
    life.act("uptime", "unlocked", "unlocked", wait)?;
    let lock = life.message(2, LOCK)?;
    life.text("a lock", "apply", &lock, "unlocked", "locked")?;
    life.codes()?;
    let until = life.message(3, &["unlock-for", "--time", "2d"])?;
    life.text("an unlock for a time", "apply", &until, "locked", "unlocked")?;
    life.longer_by_a_code()?;
    let unlock = life.message(4, &["unlock"])?;
    life.text("an unlock", "apply", &unlock, "unlocked", "unlocked")?;
    if at_length() {
        life.through_a_deadline()?;
    }
    let rekey = life.issuer.rekey(&life.voucher, 7)?;
    life.text("a rekey", "apply", &rekey, "unlocked", "unlocked")?;
    if at_length() {
        let back = life.issuer.sale(BUYER, LENDER, &life.voucher, 8)?;
        life.text("a sale back", "apply", &back, "unlocked", "unlocked")?;
        let good: &Act = &|phone| phone.ask(&["good-boot"]).map(drop);
        life.act("a good boot", "unlocked", "unlocked", good)?;
    }
    let off: &Act = &|phone| phone.ask(&["shutdown"]).map(drop);
    life.act("a shutdown", "unlocked", "unlocked", off)?;
    let release = life.issuer.release(ESCROW, &life.voucher)?;
    life.text("a release", "apply", &release, "unlocked", "released")
}

/// A seal.
///
/// # Errors
/// As [`from_the_factory_to_the_release`].
pub fn a_seal<'a>(tried: &'a mut Try<'a>) -> Result<()> {
    let mut life = Life::new(tried, &[])?;
    let seal = life.issuer.seal(&life.id)?;
    life.text("a seal", "provision", &seal, "unprovisioned", "released")
}

/// The day on which a phone releases itself.
///
/// # Errors
/// As [`from_the_factory_to_the_release`].
pub fn a_sunset<'a>(tried: &'a mut Try<'a>) -> Result<()> {
    let mut life = Life::new(tried, &["--sunset", "1"])?;
    life.is_enrolled()?;
    let passes: &Act = &|phone| phone.pass(limits::DAY);
    life.act("the sunset", "unlocked", "released", passes)
}

/// A release of a phone with a damaged record.
///
/// # Errors
/// As [`from_the_factory_to_the_release`], and when no damage leads to one that is
/// stored.
pub fn a_recovery<'a>(tried: &'a mut Try<'a>) -> Result<()> {
    let mut life = Life::new(tried, &[])?;
    life.is_enrolled()?;
    let (voucher, release) = (life.voucher.clone(), life.issuer.release(ESCROW, &life.voucher)?);
    let recover: &Act = &|phone| {
        let word = ["recover", "--voucher", &voucher, &release];
        is_taken("recover", &phone.answer(&word)?.says)
    };
    life.device = damaged(&life.device, recover)?;
    life.act("a recovery", "fault", "released", recover)
}

/// The device with a bit of the RPMB flipped that leaves it at fault, until `recover`.
fn damaged(device: &Device, recover: &Act) -> Result<Device> {
    let stored = device.rpmb()?;
    // Records are behind OP-TEE's own tables.
    for at in (0..stored.len()).rev().filter(|at| stored[*at] != 0).step_by(256) {
        let damaged = device.copy("damaged")?;
        damaged.damage_rpmb(at, 1)?;
        let mut phone = Emulated::of(damaged.copy("tried")?);
        phone.power_on()?;
        if phone.state()? == "fault" && recover(&mut phone).is_ok() {
            phone.power_cut()?;
            if phone.state()? == "released" {
                return Ok(damaged);
            }
        }
    }
    Err(Failure("no damage leads to a fault that a release is stored over".into()))
}

impl<'a> Life<'a> {
    /// A phone whose RPMB was never written to; `more` is for its voucher.
    fn new(tried: &'a mut Try<'a>, more: &[&str]) -> Result<Life<'a>> {
        let issuer = Issuer::new()?;
        let desk = issuer.with_desk();
        let more: Vec<&str> = desk.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let device = Device::new("life")?;
        let mut phone = Emulated::of(device.copy("identity")?);
        phone.power_on()?;
        let id = phone.ask(&["identity"])?["device"].as_str().unwrap_or_default().to_owned();
        let voucher = issuer.voucher(&id, NOTICE, &more)?;
        Ok(Life { issuer: Rc::new(issuer), id, voucher, device, tried })
    }

    fn message(&self, sequence: u64, order: &[&str]) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, order)
    }

    /// Its voucher is handed in, which is not tried.
    fn is_enrolled(&mut self) -> Result<()> {
        let mut phone = Emulated::of(self.device.copy("life")?);
        phone.power_on()?;
        hand_in(&mut phone, "provision", &self.voucher)?;
        phone.power_off()?;
        self.device = phone.device;
        Ok(())
    }

    /// A wrong code, and what is remembered of it.
    fn codes(&mut self) -> Result<()> {
        let issuer = self.issuer.clone();
        let wrong: &Act = &|phone| match code(phone, &issuer, codes::wrong)?.as_str() {
            // It was tried before, and is not again.
            "wrong_code" | "too_early" => Ok(()),
            other => Err(Failure(format!("a wrong code: {other}"))),
        };
        self.act("a wrong hotline code", "locked", "locked", wrong)
    }

    /// Unlocked for a time, which a code makes longer.
    fn longer_by_a_code(&mut self) -> Result<()> {
        let issuer = self.issuer.clone();
        let right: &Act = &|phone| {
            let enrolment = &phone.status()?["enrolment"];
            if enrolment["locks_in"].as_u64() > Some(3 * limits::DAY) {
                return Ok(());
            }
            if let Some(wait @ 1..) = enrolment["hotline_wait"].as_u64() {
                phone.pass(wait)?;
            }
            is_taken("code", &code(phone, &issuer, |groups| groups)?)
        };
        let (from, to) = ("unlocked", "unlocked");
        let name = "a hotline code";
        self.moment(&Moment { name, from, to, act: right, is_start: false, is_counted: true })
    }

    fn through_a_deadline(&mut self) -> Result<()> {
        // More than is charged for the power cuts before it is done again.
        let brief = self.message(5, &["unlock-for", "--time", "1d"])?;
        self.text("an unlock that ends soon", "apply", &brief, "unlocked", "unlocked")?;
        let passes: &Act = &|phone| phone.pass(limits::DAY);
        self.act("a deadline that passes", "unlocked", "locked", passes)?;
        self.start("a start of a locked phone", "locked")?;
        let unlock = self.message(6, &["unlock"])?;
        self.text("an unlock of a locked phone", "apply", &unlock, "locked", "unlocked")
    }

    /// A text is handed in.
    fn text(&mut self, name: &str, verb: &str, text: &str, from: &str, to: &str) -> Result<()> {
        self.act(name, from, to, &|phone| hand_in(phone, verb, text))
    }

    fn act(&mut self, name: &str, from: &str, to: &str, act: &Act) -> Result<()> {
        self.moment(&Moment { name, from, to, act, is_start: false, is_counted: false })
    }

    /// Goes on to the next moment.
    fn moment(&mut self, moment: &Moment) -> Result<()> {
        self.device = (self.tried)(&self.device, moment)?;
        Ok(())
    }

    /// A start, from power-on until the lock has answered.
    fn start(&mut self, name: &str, state: &str) -> Result<()> {
        let act: &Act = &|phone| phone.state().map(drop);
        let (from, to) = (state, state);
        self.moment(&Moment { name, from, to, act, is_start: true, is_counted: false })
    }
}

fn hand_in(phone: &mut Emulated, verb: &str, text: &str) -> Result<()> {
    is_taken(verb, &phone.hand_in(verb, text)?)
}

/// Types a code of the desk's for what the phone shows, for a week, `altered` or not;
/// what came of it.
fn code(
    phone: &mut Emulated,
    issuer: &Issuer,
    altered: fn([u32; 2]) -> [u32; 2],
) -> Result<String> {
    let identity = phone.ask(&["identity"])?;
    let status = phone.status()?;
    let challenge = status["enrolment"]["hotline_challenge"].as_str().unwrap_or_default();
    let code = issuer.code(&identity, challenge, "7d")?;
    let groups = hotline::groups(&code).map_err(|e| Failure(e.to_string()))?;
    let [first, second] = altered(groups);
    Ok(phone.answer(&["code", &format!("{first:06} {second:06}")])?.says)
}

fn is_taken(verb: &str, says: &str) -> Result<()> {
    match says {
        "applied" | "already_applied" => Ok(()),
        _ => Err(Failure(format!("{verb}: {says}"))),
    }
}
