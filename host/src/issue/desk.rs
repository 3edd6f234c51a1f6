//! The lender's desk: hotline codes for owners who call. Its key signs nothing.

use paylatch_proto::bytes::{DeviceId, PublicKey};
use paylatch_proto::hotline::{Action, Challenge, Code, Key};
use paylatch_proto::statement::{Certificate, DeviceKeys};

use super::PrivateKey;
use super::form::form;
use super::signer::verifies;
use crate::error::{Error, Kind, Result};

/// A device and the key that it agrees on hotline codes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The device id.
    pub device: DeviceId,
    /// Its agreement key.
    pub agreement: PublicKey,
}

impl Caller {
    /// The device that the OEM certified: whoever else names a key could have the desk
    /// make codes for it, but none that this device takes.
    ///
    /// # Errors
    /// [`Kind::Refused`] when the certificate is not by this OEM, [`Kind::Input`] for what
    /// is none.
    pub fn certified(certificate: &[u8], oem: &PublicKey) -> Result<Caller> {
        let certificate = Certificate::parse(certificate).map_err(form)?;
        if !verifies(oem, &certificate.digest, &certificate.signature) {
            let problem = "the certificate is not by this OEM key, or was altered";
            return Err(Error::new(Kind::Refused, problem));
        }
        let Certificate { device, keys: DeviceKeys { agreement, .. }, .. } = certificate.body;
        Ok(Caller { device, agreement })
    }
}

/// The code that does `action` on the caller's phone while it shows `challenge`.
///
/// # Errors
/// [`Kind::Key`] when the caller's key is no P-256 key.
pub fn code(
    desk: &PrivateKey,
    caller: &Caller,
    challenge: Challenge,
    action: Action,
) -> Result<Code> {
    let key = Key::of(&*desk.agree(&caller.agreement)?);
    key.and_then(|key| Code::make(&key, &caller.device, challenge, action))
        .ok_or_else(|| Error::new(Kind::Key, "no code can be made with this key"))
}
