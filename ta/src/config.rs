//! What is fixed when the lock is built.

use paylatch_proto::bytes::{Bytes, PublicKey};
use paylatch_proto::limits;

include!(concat!(env!("OUT_DIR"), "/build.rs"));

/// Raised when an older build must never run again on a device that ran this
/// one: see [`paylatch_proto::api::Request::GoodBoot`].
pub const SECURITY_VERSION: u32 = 1;

/// What is fixed when the lock is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The OEM's public key.
    pub oem: PublicKey,
    /// The least notice time a voucher may name, in seconds of use.
    pub notice_min: u32,
    /// Security version of this build.
    pub security_version: u32,
}

impl Config {
    /// This build's.
    pub const BUILD: Config =
        Config { oem: OEM_KEY, notice_min: NOTICE_MIN, security_version: SECURITY_VERSION };
}
