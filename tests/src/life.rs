//! Everything that changes the lock's state, one moment after the other, so that
//! something can be done to each of them.

mod seen;

use paylatch_proto::limits;

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
}

/// What is tried at each moment, on copies of the phone, which is switched off.
pub type Try<'a> = dyn FnMut(&Device, &Moment) -> Result<()> + 'a;

struct Life<'a> {
    issuer: Issuer,
    id: String,
    voucher: String,
    /// The phone before the next moment, switched off cleanly.
    device: Device,
    tried: &'a mut Try<'a>,
}

/// A voucher and all kinds of messages, from the first start on.
///
/// # Errors
/// Those of `tried`, and when the phone does not answer.
pub fn from_the_factory_to_the_release<'a>(tried: &'a mut Try<'a>) -> Result<()> {
    let mut life = Life::new(tried)?;
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
    let until = life.message(3, &["unlock-for", "--time", "2d"])?;
    life.text("an unlock for a time", "apply", &until, "locked", "unlocked")?;
    let unlock = life.message(4, &["unlock"])?;
    life.text("an unlock", "apply", &unlock, "unlocked", "unlocked")?;
    let rekey = life.issuer.rekey(&life.voucher, 5)?;
    life.text("a rekey", "apply", &rekey, "unlocked", "unlocked")?;
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
    let mut life = Life::new(tried)?;
    let seal = life.issuer.seal(&life.id)?;
    life.text("a seal", "provision", &seal, "unprovisioned", "released")
}

impl<'a> Life<'a> {
    /// A phone whose RPMB was never written to.
    fn new(tried: &'a mut Try<'a>) -> Result<Life<'a>> {
        let issuer = Issuer::new()?;
        let device = Device::new("life")?;
        let mut phone = Emulated::of(device.copy("identity")?);
        phone.power_on()?;
        let id = phone.ask(&["identity"])?["device"].as_str().unwrap_or_default().to_owned();
        let voucher = issuer.voucher(&id, NOTICE, &[])?;
        Ok(Life { issuer, id, voucher, device, tried })
    }

    fn message(&self, sequence: u64, order: &[&str]) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, order)
    }

    /// A text is handed in.
    fn text(&mut self, name: &str, verb: &str, text: &str, from: &str, to: &str) -> Result<()> {
        self.act(name, from, to, &|phone| hand_in(phone, verb, text))
    }

    fn act(&mut self, name: &str, from: &str, to: &str, act: &Act) -> Result<()> {
        (self.tried)(&self.device, &Moment { name, from, to, act, is_start: false })?;
        let mut phone = Emulated::of(self.device.copy("life")?);
        phone.power_on()?;
        act(&mut phone)?;
        match phone.state()? {
            state if state == to => {}
            state => return Err(Failure(format!("{name}: {state}, not {to}"))),
        }
        phone.power_off()?;
        self.device = phone.device;
        Ok(())
    }

    /// A start, from power-on until the lock has answered.
    fn start(&mut self, name: &str, state: &str) -> Result<()> {
        let act: &Act = &|phone| phone.state().map(drop);
        (self.tried)(&self.device, &Moment { name, from: state, to: state, act, is_start: true })
    }
}

fn hand_in(phone: &mut Emulated, verb: &str, text: &str) -> Result<()> {
    let says = phone.hand_in(verb, text)?;
    if ["applied", "already_applied"].contains(&says.as_str()) {
        Ok(())
    } else {
        Err(Failure(format!("{verb}: {says}")))
    }
}
