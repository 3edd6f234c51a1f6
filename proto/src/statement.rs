//! What the device says of itself, signed with its own key, and the OEM's
//! certificate over that key.
//!
//! ```text
//! statement   := body ‖ signature by the device key     under STATEMENT
//! body        := version device-id(32) nonce(32) state flags sequence
//!                contact_sequence voucher-digest(32) signing-key(33)
//!                agreement-key(33) security_version
//! certificate := body ‖ signature by the OEM key        under CERTIFICATE
//! body        := version device-id(32) issued_at signing-key(33) agreement-key(33)
//! ```

use serde::{Deserialize, Serialize};

use crate::bytes::{DeviceId, Digest, Nonce, PublicKey};
use crate::message::Signed;
use crate::refusal::Refusal;
use crate::sign;
use crate::state::State;

/// The device's own keys, both derived from a seed that never leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKeys {
    /// Signs statements.
    pub signing: PublicKey,
    /// Agrees on hotline codes (ECDH).
    pub agreement: PublicKey,
}

/// The body of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// [`crate::WIRE_VERSION`].
    pub version: u8,
    /// Which device.
    pub device: DeviceId,
    /// The asker's fresh number: the statement is no older than the question.
    pub nonce: Nonce,
    /// The state's code.
    pub state: State,
    /// Bit 0: the release holds until power-off only. Other bits are 0.
    pub flags: u8,
    /// The last sequence number taken.
    pub sequence: u64,
    /// The last contact sequence number taken.
    pub contact_sequence: u64,
    /// Which enrolment; all zero for a sealed device.
    pub voucher: Digest,
    /// The device's keys; `signing` verifies this very statement.
    pub keys: DeviceKeys,
    /// Security version of the trusted application.
    pub security_version: u32,
}

/// The body of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// [`crate::WIRE_VERSION`].
    pub version: u8,
    /// Which device.
    pub device: DeviceId,
    /// Unix seconds; for people only.
    pub issued_at: u32,
    /// The keys that are this device's.
    pub keys: DeviceKeys,
}

/// `flags`: the release could not be stored and holds until power-off.
pub const FLAG_UNTIL_POWER_OFF: u8 = 1;

impl Statement {
    /// Takes a statement apart.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Signed<'_, Statement>, Refusal> {
        Signed::parse(bytes, sign::STATEMENT)
    }
}

impl Certificate {
    /// Takes a certificate apart.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Signed<'_, Certificate>, Refusal> {
        Signed::parse(bytes, sign::CERTIFICATE)
    }
}
