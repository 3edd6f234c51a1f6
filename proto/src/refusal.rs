//! Why something was refused. A refused request changes nothing.

use serde::{Deserialize, Serialize};

use crate::contact::ContactField;
use crate::hotline::Mistyped;

/// The reason of a refusal. Each variant's byte is its position here and
/// pinned by a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Bytes are missing at the end.
    Truncated,
    /// There are bytes after the end.
    TrailingBytes,
    /// More bytes than any such message has.
    TooLong,
    /// Not of the form the protocol gives.
    Malformed,
    /// A version of the wire that this build does not know.
    UnknownVersion,
    /// A command that this build does not know.
    UnknownCommand,
    /// Made for another device.
    OtherDevice,
    /// Made by a key that has no say here: not this enrolment's lender or escrow.
    OtherSigner,
    /// The signature does not verify: forged, altered, or of another enrolment.
    BadSignature,
    /// Older than the last message taken.
    Stale,
    /// The same sequence number as the last message, with other content.
    Conflict,
    /// The sequence number is out of range or too far above the last.
    SequenceJump,
    /// The device has no voucher yet.
    NotEnrolled,
    /// The device is enrolled; its voucher or seal can't be replaced.
    AlreadyEnrolled,
    /// The device is released for good.
    Released,
    /// A lock without a running notice.
    NoNotice,
    /// A lock before the notice has run.
    NoticeStillRuns,
    /// The escrow may release and nothing else.
    EscrowReleasesOnly,
    /// A time of zero seconds.
    ZeroTime,
    /// A notice time below the least one of this build.
    NoticeTooShort,
    /// A voucher with neither escrow nor sunset, or no escrow and a sunset after more
    /// than [`limits::SUNSET_MAX`](crate::limits::SUNSET_MAX) days.
    NoWayOut,
    /// A policy with bits that mean nothing, or with hotline codes but no desk key.
    UnknownPolicy,
    /// One key in two roles, or two keys with the same short id.
    KeysNotDistinct,
    /// Not a point of the curve P-256.
    BadKey,
    /// A rekey without the new key's own valid signature.
    BadProof,
    /// A field of the contact record that is not as it must be.
    BadContact(ContactField),
    /// The records can't be trusted or reached; `STATE` says why.
    Fault,
    /// It was valid but could not be stored; hand it in again.
    NotStored,
    /// There is nothing of that kind on this device (no keys, no contact).
    NotAvailable,
    /// The voucher allows no hotline codes.
    NoHotline,
    /// A hotline code for a phone that is unlocked without a deadline.
    NotLocked,
    /// A slip of the pen in this group of a hotline code; it cost no try.
    MistypedCode(Mistyped),
    /// It is too early to try another hotline code; nothing was tried.
    TooEarly,
    /// A hotline code that is not the one for the challenge.
    WrongCode,
}

impl Refusal {
    /// All refusals, in the order of their bytes.
    pub const ALL: [Refusal; 34] = [
        Refusal::Truncated,
        Refusal::TrailingBytes,
        Refusal::TooLong,
        Refusal::Malformed,
        Refusal::UnknownVersion,
        Refusal::UnknownCommand,
        Refusal::OtherDevice,
        Refusal::OtherSigner,
        Refusal::BadSignature,
        Refusal::Stale,
        Refusal::Conflict,
        Refusal::SequenceJump,
        Refusal::NotEnrolled,
        Refusal::AlreadyEnrolled,
        Refusal::Released,
        Refusal::NoNotice,
        Refusal::NoticeStillRuns,
        Refusal::EscrowReleasesOnly,
        Refusal::ZeroTime,
        Refusal::NoticeTooShort,
        Refusal::NoWayOut,
        Refusal::UnknownPolicy,
        Refusal::KeysNotDistinct,
        Refusal::BadKey,
        Refusal::BadProof,
        Refusal::BadContact(ContactField::Name),
        Refusal::Fault,
        Refusal::NotStored,
        Refusal::NotAvailable,
        Refusal::NoHotline,
        Refusal::NotLocked,
        Refusal::MistypedCode(Mistyped::First),
        Refusal::TooEarly,
        Refusal::WrongCode,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_pinned() {
        for (i, refusal) in Refusal::ALL.into_iter().enumerate() {
            let mut buffer = [0; 4];
            let bytes = postcard::to_slice(&refusal, &mut buffer).unwrap();
            assert_eq!(bytes[0] as usize, i, "{refusal:?}");
        }
        assert_eq!(Refusal::WrongCode, Refusal::ALL[33]);
        let fields = [
            ContactField::Name,
            ContactField::Phone,
            ContactField::Payment,
            ContactField::Note,
            ContactField::Currency,
            ContactField::Language,
        ];
        for (i, field) in fields.into_iter().enumerate() {
            let mut buffer = [0; 4];
            let bytes = postcard::to_slice(&Refusal::BadContact(field), &mut buffer).unwrap();
            assert_eq!(bytes, [25, i as u8]);
        }
        for (i, group) in [Mistyped::First, Mistyped::Second].into_iter().enumerate() {
            let mut buffer = [0; 4];
            let bytes = postcard::to_slice(&Refusal::MistypedCode(group), &mut buffer).unwrap();
            assert_eq!(bytes, [31, i as u8]);
        }
    }
}
