//! The records in storage: fixed layouts, each with its size, its format
//! number first and a check over the whole at its end.
//!
//! The storage authenticates what it returns; the check tells a record that was
//! never written whole from one that was.

mod contact;
mod cursor;
mod keys;
mod state;

pub use contact::{CONTACT_LEN, ContactRecord};
pub use keys::{KEYS_LEN, KeysRecord, Terms};
pub use state::{Hotline, STATE_LEN, StateRecord};

use paylatch_proto::bytes::Bytes;
use paylatch_proto::sign;

/// Bytes of one record that OP-TEE's RPMB file system writes atomically: a
/// block of 256 without the 24 of the object's head.
pub const ATOMIC: usize = 232;

/// Format of all records, their first two bytes. 0 is a blank slot. A state record that
/// remembers hotline codes is of the next one.
pub const FORMAT: u16 = 1;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Blank, damaged, or not a record.
    Damaged,
    /// Of a newer format than any that is known here.
    Newer,
}

/// The first 16 bytes of a record's SHA-256: its check, and what the state
/// record remembers of a slot.
pub fn check(bytes: &[u8]) -> Bytes<16> {
    sign::sha256(&[bytes]).half()
}
