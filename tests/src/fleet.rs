//! Phones that have left the factory, one in each state, to be copied.

use std::sync::Arc;

use paylatch::words;
use paylatch_proto::api::EventKind;
use serde_json::Value;

use crate::device::Device;
use crate::issuer::{Issuer, LENDER};
use crate::phone::{Emulated, Phone};
use crate::shared::Shared;
use crate::{Failure, Result};

/// What the owner keeps on the phone.
pub const PHOTO: &str = "/photo";

/// Where the phone keeps texts, see `qemu/initramfs/phone/`.
const TEXTS: &str = "/persist/texts";

/// Notice time of the vouchers, in seconds of use.
const NOTICE: u64 = 2;

/// The phones, switched off, with the firmware that is shipped; and who issues
/// for them.
pub struct Fleet {
    /// Whose keys they obey.
    pub issuer: Issuer,
    /// The voucher of those that are financed.
    pub voucher: String,
    /// A release for them.
    pub release: String,
    /// What their lender's desk knows of them.
    pub identity: Value,
    /// Neither voucher nor seal.
    pub fresh: Device,
    /// Financed and usable.
    pub unlocked: Device,
    /// Financed and locked.
    pub locked: Device,
    /// Since when, in its seconds of use.
    pub locked_at: u64,
    /// Paid off.
    pub released: Device,
    /// Another phone, never financed.
    pub sealed: Device,
    /// What is in [`PHOTO`] on each of them.
    pub photo: Vec<u8>,
}

impl Fleet {
    /// Made once for all tests of a program.
    ///
    /// # Errors
    /// When something of it can't be made.
    pub fn get() -> Result<Arc<Fleet>> {
        static FLEET: Shared<Fleet> = Shared::new();
        FLEET.get(Fleet::make)
    }

    fn make() -> Result<Fleet> {
        let issuer = Issuer::new()?;
        let mut phone = Emulated::new("factory")?;
        let id = id(&mut phone)?;
        let take_photo = format!("dd if=/dev/urandom of=/data{PHOTO} bs=4k count=1 2>/dev/null");
        phone.emulator()?.shell(&take_photo)?;
        let desk = issuer.with_desk();
        let voucher = issuer.voucher(&id, NOTICE as u32, &desk.each_ref().map(String::as_str))?;
        let release = issuer.release(LENDER, &voucher)?;
        let fresh = shipped(&mut phone, "fresh")?;
        let photo = fresh.read_file(PHOTO)?;

        expect("provision", &mut phone, &voucher)?;
        let identity = phone.ask(&["identity"])?;
        let unlocked = shipped(&mut phone, "unlocked")?;
        let message = |sequence, order: &[&str]| issuer.message(LENDER, &voucher, sequence, order);
        expect("apply", &mut phone, &message(10, &["notice"])?)?;
        phone.pass(NOTICE + 1)?;
        expect("apply", &mut phone, &message(11, &["lock", "--reason", "payment-overdue"])?)?;
        let locked_at = locked_at(&mut phone)?;
        let locked = shipped(&mut phone, "locked")?;
        expect("apply", &mut phone, &release)?;
        let released = shipped(&mut phone, "released")?;

        let mut other = Emulated::new("other")?;
        let seal = issuer.seal(&self::id(&mut other)?)?;
        expect("provision", &mut other, &seal)?;
        let sealed = shipped(&mut other, "sealed")?;
        Ok(Fleet {
            issuer,
            voucher,
            release,
            identity,
            fresh,
            unlocked,
            locked,
            locked_at,
            released,
            sealed,
            photo,
        })
    }

    /// A message of the lender that unlocks.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn unlock(&self, sequence: u64) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, &["unlock"])
    }

    /// A hotline code for the locked phone, which shows this: its digits.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn code(&self, challenge: &str, time: &str) -> Result<String> {
        let code = self.issuer.code(&self.identity, challenge, time)?;
        Ok(code.chars().filter(char::is_ascii_digit).collect())
    }
}

fn id(phone: &mut Emulated) -> Result<String> {
    Ok(phone.ask(&["identity"])?["device"].as_str().unwrap_or_default().to_owned())
}

/// When it was locked last.
fn locked_at(phone: &mut Emulated) -> Result<u64> {
    let history = phone.ask(&["history"])?;
    let mut events = history["events"].as_array().into_iter().flatten().rev();
    let locked = words::event_name(EventKind::Locked);
    let at =
        events.find(|event| event["event"] == locked).and_then(|event| event["uptime"].as_u64());
    at.ok_or_else(|| Failure(format!("never locked: {history}")))
}

fn expect(verb: &str, phone: &mut Emulated, text: &str) -> Result<()> {
    match phone.answer(&["--texts", TEXTS, verb, text])?.says.as_str() {
        "applied" => Ok(()),
        other => Err(Failure(format!("{verb} {text}: {other}"))),
    }
}

/// A copy as it leaves the factory now; the phone itself stays there, switched on.
fn shipped(phone: &mut Emulated, name: &str) -> Result<Device> {
    phone.power_off()?;
    let copy = phone.device.copy(name)?;
    copy.ship()?;
    phone.power_on()?;
    Ok(copy)
}
