//! Requests and replies between the normal world and the trusted application.
//!
//! Two commands: [`COMMAND_STATE`] answers in four words, so that a bootloader
//! needs no parser; [`COMMAND_CALL`] takes a postcard [`Request`] and answers
//! with a postcard [`Reply`]. No caller has authority: only signatures have.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::bytes::{DeviceId, Digest, Nonce, PublicKey, ShortId};
use crate::contact::Contact;
use crate::limits;
use crate::refusal::Refusal;
use crate::state::{Reason, State};
use crate::statement::DeviceKeys;
use crate::voucher::Policy;

/// `STATE`: two `VALUE_OUTPUT` parameters, see [`crate::state::StateWords`].
pub const COMMAND_STATE: u32 = 1;
/// `CALL`: a `MEMREF_INPUT` with a [`Request`] of at most [`limits::REQUEST`]
/// bytes, a `MEMREF_OUTPUT` of at least [`limits::REPLY`] bytes for the [`Reply`].
pub const COMMAND_CALL: u32 = 2;

/// What the normal world asks. Each variant's byte is its position here and
/// pinned by a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request<'a> {
    /// Who are you? Answered in every state.
    Identity,
    /// Enrol with a voucher; answered with a fresh statement.
    Enrol {
        /// For the statement.
        nonce: Nonce,
        /// `body ‖ signature`.
        voucher: &'a [u8],
    },
    /// Release with a seal; answered with a fresh statement where keys can be had.
    Seal {
        /// For the statement.
        nonce: Nonce,
        /// `body ‖ signature`.
        seal: &'a [u8],
    },
    /// Take a lender's message or an escrow's release.
    Apply(&'a [u8]),
    /// Take a release where the enrolment can't be read: its voucher and all
    /// rekeys since prove the key.
    Recover {
        /// The voucher, `body ‖ signature`.
        voucher: &'a [u8],
        /// Rekeys in their order.
        rekeys: Vec<&'a [u8], { limits::RECOVERY_REKEYS }>,
        /// The release.
        release: &'a [u8],
    },
    /// A signed statement.
    Attest {
        /// The asker's fresh number.
        nonce: Nonce,
    },
    /// All that the screens show but the contact record.
    Status,
    /// The contact record.
    Contact,
    /// The last events.
    History,
    /// Time passes; uptime is stored when it is due.
    Tick,
    /// The device is shutting down; uptime is stored with the clean mark.
    Shutdown,
    /// The OS has booted well: older builds of the application are refused from now on.
    GoodBoot,
    /// Try a code that the lender's desk has told: see [`crate::hotline`].
    Hotline {
        /// Six digits each, the check digit last.
        groups: [u32; 2],
    },
}

/// What the application answers. Each variant's byte is its position here and
/// pinned by a test.
#[allow(clippy::large_enum_variant)] // no heap to box a variant on
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Not done. Nothing changed, but that a hotline code was counted
    /// ([`Refusal::WrongCode`], or one that could not be stored).
    Refused(Refusal),
    /// To [`Request::Identity`].
    Identity(Identity),
    /// To whatever changes the state.
    Done(Done),
    /// To [`Request::Attest`]: `body ‖ signature`.
    Statement(Vec<u8, { limits::STATEMENT }>),
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Contact`].
    Contact(Contact),
    /// To [`Request::History`], oldest first.
    History(Vec<Event, { limits::EVENTS }>),
}

impl Reply {
    /// The first byte of [`Reply::Refused`], and of no other.
    pub const REFUSED: u8 = 0;
}

/// Who the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The device id.
    pub device: DeviceId,
    /// The OEM key that is compiled in.
    pub oem: PublicKey,
    /// The least notice time a voucher may name here, in seconds of use.
    pub notice_min: u32,
    /// Security version of this build.
    pub security_version: u32,
    /// The device's own keys, once enrolled or sealed.
    pub keys: Option<DeviceKeys>,
}

/// What became of a valid request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It took effect.
    Applied,
    /// It, or one to the same effect, was taken before; nothing changed but,
    /// for a newer message, the sequence number.
    AlreadyApplied,
    /// A release that could not be stored: it holds until power-off. Hand it in again.
    ReleasedUntilPowerOff,
}

/// To whatever changes the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// The state after it.
    pub state: State,
    /// To [`Request::Enrol`] and [`Request::Seal`]: a fresh statement,
    /// `body ‖ signature`.
    pub statement: Option<Vec<u8, { limits::STATEMENT }>>,
}

/// All that the screens show but the contact record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The state.
    pub state: State,
    /// As in [`crate::state::StateWords`].
    pub detail: u32,
    /// The device id; `None` when the platform does not give it.
    pub device: Option<DeviceId>,
    /// Seconds of use since enrolment.
    pub uptime: u64,
    /// What a voucher brought, while it can be read.
    pub enrolment: Option<Enrolment>,
}

/// The enrolment, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The voucher digest, its name.
    pub voucher: Digest,
    /// The lender's short key id.
    pub lender: ShortId,
    /// The escrow's short key id.
    pub escrow: Option<ShortId>,
    /// The last sequence number taken.
    pub sequence: u64,
    /// The last contact sequence number taken.
    pub contact_sequence: u64,
    /// Why it is locked, if by a lender's word.
    pub reason: Option<Reason>,
    /// The notice that runs.
    pub notice: Option<Notice>,
    /// Seconds of use until the deadline; 0 once it has passed.
    pub deadline_in: Option<u64>,
    /// Seconds of use until the sunset.
    pub sunset_in: Option<u64>,
    /// The voucher's terms.
    pub policy: Policy,
    /// What the desk has to be told, where hotline codes are taken.
    pub hotline: Option<Hotline>,
}

/// What an owner needs for a hotline code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hotline {
    /// Nine digits, the check digit last: see [`crate::hotline::Challenge`].
    pub challenge: u32,
    /// Seconds of use until a code may be tried; 0 when one may.
    pub wait: u64,
    /// Codes that were tried since a right one or a message of the lender's.
    pub tried: u32,
}

/// A running notice, in seconds of use from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Until a lock becomes possible; 0 once it is.
    pub lock_in: u64,
    /// Until the notice is spent.
    pub ends_in: u64,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When, in seconds of use since enrolment (saturating at 2^32 - 1).
    pub uptime: u32,
}

/// What can happen. Each variant's byte is its position here and pinned by a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum EventKind {
    /// A voucher was taken.
    Enrolled,
    /// A seal was taken.
    Sealed,
    /// A notice began.
    NoticeGiven,
    /// A lender locked.
    Locked,
    /// A lender unlocked.
    Unlocked,
    /// A lender unlocked for a time.
    UnlockedFor,
    /// A lender released.
    ReleasedByLender,
    /// The escrow released.
    ReleasedByEscrow,
    /// The sunset came.
    ReleasedBySunset,
    /// A new lender took over.
    Rekeyed,
    /// The contact record was replaced.
    ContactChanged,
    /// Power was cut without a clean shutdown; 15 minutes were charged.
    PowerCut,
    /// A hotline code unlocked for a time.
    UnlockedByCode,
}

impl EventKind {
    /// All kinds, in the order of their bytes.
    pub const ALL: [EventKind; 13] = [
        EventKind::Enrolled,
        EventKind::Sealed,
        EventKind::NoticeGiven,
        EventKind::Locked,
        EventKind::Unlocked,
        EventKind::UnlockedFor,
        EventKind::ReleasedByLender,
        EventKind::ReleasedByEscrow,
        EventKind::ReleasedBySunset,
        EventKind::Rekeyed,
        EventKind::ContactChanged,
        EventKind::PowerCut,
        EventKind::UnlockedByCode,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;

    fn first_byte<T: Serialize>(value: &T) -> u8 {
        let mut buffer = [0; limits::REQUEST];
        postcard::to_slice(value, &mut buffer).unwrap()[0]
    }

    #[test]
    fn every_request_byte_is_pinned() {
        let nonce = Bytes([9; 32]);
        let requests = [
            Request::Identity,
            Request::Enrol { nonce, voucher: &[] },
            Request::Seal { nonce, seal: &[] },
            Request::Apply(&[]),
            Request::Recover { voucher: &[], rekeys: Vec::new(), release: &[] },
            Request::Attest { nonce },
            Request::Status,
            Request::Contact,
            Request::History,
            Request::Tick,
            Request::Shutdown,
            Request::GoodBoot,
            Request::Hotline { groups: [0; 2] },
        ];
        for (i, request) in requests.iter().enumerate() {
            assert_eq!(first_byte(request) as usize, i, "{request:?}");
        }
    }

    #[test]
    fn every_reply_byte_is_pinned() {
        let contact = Contact {
            name: heapless::String::new(),
            phone: heapless::String::new(),
            payment: heapless::String::new(),
            note: heapless::String::new(),
            amount: None,
            language: heapless::String::new(),
        };
        let identity = Identity {
            device: Bytes([0; 32]),
            oem: Bytes([0; 33]),
            notice_min: 0,
            security_version: 0,
            keys: None,
        };
        let status =
            Status { state: State::Fault, detail: 0, device: None, uptime: 0, enrolment: None };
        let done = Done { outcome: Outcome::Applied, state: State::Fault, statement: None };
        let replies = [
            Reply::Refused(Refusal::Stale),
            Reply::Identity(identity),
            Reply::Done(done),
            Reply::Statement(Vec::new()),
            Reply::Status(status),
            Reply::Contact(contact),
            Reply::History(Vec::new()),
        ];
        for (i, reply) in replies.iter().enumerate() {
            assert_eq!(first_byte(reply) as usize, i, "{reply:?}");
        }
        assert_eq!(first_byte(&replies[0]), Reply::REFUSED);
    }

    #[test]
    fn outcomes_and_events_are_pinned() {
        let outcomes = [Outcome::Applied, Outcome::AlreadyApplied, Outcome::ReleasedUntilPowerOff];
        for (i, outcome) in outcomes.iter().enumerate() {
            assert_eq!(first_byte(outcome) as usize, i);
        }
        for (i, kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(first_byte(kind) as usize, i);
        }
    }
}
