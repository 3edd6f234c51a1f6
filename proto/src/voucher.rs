//! What the OEM signs: a voucher enrols one device with one lender, a seal says
//! that a device is not financed.
//!
//! ```text
//! voucher := body ‖ signature
//! body    := version device-id(32) issued_at lender(33) desk? escrow? sunset?
//!            notice hotline usable contact
//! seal    := version device-id(32) issued_at ‖ signature
//! ```
//! A key is compressed SEC 1; `?` is one byte, 0 or 1, and the value after a 1.

use serde::{Deserialize, Serialize};

use crate::bytes::{DeviceId, PublicKey};
use crate::contact::Contact;
use crate::limits;
use crate::message::Signed;
use crate::refusal::Refusal;
use crate::sign;
use crate::state::usable;

/// The body of a voucher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// [`crate::WIRE_VERSION`].
    pub version: u8,
    /// The one device it is for.
    pub device: DeviceId,
    /// Unix seconds; for people only.
    pub issued_at: u32,
    /// The lender's key.
    pub lender: PublicKey,
    /// The key of the lender's desk, for hotline codes.
    pub desk: Option<PublicKey>,
    /// The key that can release when the lender is gone.
    pub escrow: Option<PublicKey>,
    /// Days of use after which the device releases itself.
    pub sunset: Option<u32>,
    /// What the lender may and may not.
    pub policy: Policy,
    /// What the screens show first.
    pub contact: Contact,
}

/// The terms of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Notice time: seconds of use between a notice and the earliest lock.
    pub notice: u32,
    /// Whether hotline codes are taken.
    pub hotline: bool,
    /// What stays usable while locked: bits of [`usable`].
    pub usable: u16,
}

/// The body of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// [`crate::WIRE_VERSION`].
    pub version: u8,
    /// The one device it is for.
    pub device: DeviceId,
    /// Unix seconds; for people only.
    pub issued_at: u32,
}

impl Voucher {
    /// Takes a voucher apart. Its digest is the voucher digest.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Signed<'_, Voucher>, Refusal> {
        Signed::parse(bytes, sign::VOUCHER)
    }

    /// Checks what it says against the rules for vouchers, on a device whose
    /// OEM key is `oem` and whose least notice time is `notice_min` seconds.
    /// Whether the keys are points of the curve is for whoever can calculate.
    ///
    /// # Errors
    /// [`Refusal::NoticeTooShort`], [`Refusal::NoWayOut`],
    /// [`Refusal::UnknownPolicy`], [`Refusal::KeysNotDistinct`] or
    /// [`Refusal::BadContact`].
    pub fn check(&self, oem: &PublicKey, notice_min: u32) -> Result<(), Refusal> {
        if self.policy.notice < notice_min {
            return Err(Refusal::NoticeTooShort);
        }
        if self.escrow.is_none() && self.sunset.is_none_or(|days| days > limits::SUNSET_MAX) {
            return Err(Refusal::NoWayOut);
        }
        // A hotline code is agreed on with the desk's key.
        if self.policy.usable & !usable::ALL != 0 || self.policy.hotline && self.desk.is_none() {
            return Err(Refusal::UnknownPolicy);
        }
        check_roles(&self.lender, self.desk.as_ref(), self.escrow.as_ref(), oem)?;
        self.contact.check().map_err(Refusal::BadContact)
    }
}

impl Seal {
    /// Takes a seal apart.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Signed<'_, Seal>, Refusal> {
        Signed::parse(bytes, sign::SEAL)
    }
}

/// Refuses one key in two roles; only escrow and OEM may share one. Keys whose
/// short ids are equal are refused too: messages name their signer by it.
///
/// # Errors
/// [`Refusal::KeysNotDistinct`].
pub fn check_roles(
    lender: &PublicKey,
    desk: Option<&PublicKey>,
    escrow: Option<&PublicKey>,
    oem: &PublicKey,
) -> Result<(), Refusal> {
    let same = |a: Option<&PublicKey>, b: Option<&PublicKey>| match (a, b) {
        (Some(a), Some(b)) => sign::key_id(a).short() == sign::key_id(b).short(),
        _ => false,
    };
    let lender = Some(lender);
    let oem = Some(oem);
    if same(lender, desk)
        || same(lender, escrow)
        || same(lender, oem)
        || same(desk, escrow)
        || same(desk, oem)
    {
        Err(Refusal::KeysNotDistinct)
    } else {
        Ok(())
    }
}

/// Whether a sunset of `days` has come after `uptime` seconds of use.
pub fn sunset_has_come(days: u32, uptime: u64) -> bool {
    uptime >= u64::from(days).saturating_mul(limits::DAY)
}
