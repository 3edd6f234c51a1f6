//! State codes, and the words that go with them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the device is, as a bootloader or OS is told.
///
/// The codes are non-zero, at least 15 bits apart from each other, from 0 and
/// from all ones: an output that was never written, or one flipped bit, is no
/// good state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum State {
    /// Fresh from the factory: neither voucher nor seal was taken. A shipped
    /// bootloader treats it as locked.
    Unprovisioned = 0x52e6_b438,
    /// Financed and usable.
    Unlocked = 0x269e_0d37,
    /// Financed and locked.
    Locked = 0x0c5c_7fd0,
    /// The owner's for good: paid off, let go, or never financed.
    Released = 0x9531_985d,
    /// The records can't be trusted or reached; enforced as locked.
    Fault = 0x6f03_675a,
}

impl State {
    /// All states.
    pub const ALL: [State; 5] =
        [State::Unprovisioned, State::Unlocked, State::Locked, State::Released, State::Fault];

    /// The code as it stands in `STATE`'s first output.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The state of a code; `None` for anything else, which means locked.
    pub fn from_code(code: u32) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the phone may be used. Only two states say so.
    pub fn usable(self) -> bool {
        matches!(self, State::Unlocked | State::Released)
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.code())
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u32::deserialize(deserializer)?;
        State::from_code(code).ok_or_else(|| serde::de::Error::custom("not a state code"))
    }
}

/// Why the state is [`State::Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Fault {
    /// The storage does not answer, or what it answers can't be authenticated.
    StorageUnavailable,
    /// The state record is gone while other records are there.
    StateMissing,
    /// The state record is damaged.
    StateCorrupt,
    /// The live record of keys and policy is missing or damaged.
    KeysCorrupt,
    /// A record belongs to another device.
    OtherDevice,
    /// A record was written in a newer format than this build knows.
    NewerFormat,
    /// This build is older than the least one that the record allows.
    OldBuild,
    /// The last write is not confirmed: what is stored has to be read again.
    WriteUnconfirmed,
    /// The device's own secret or its random numbers can't be had.
    Platform,
}

impl Fault {
    /// All faults, in the order of their codes.
    pub const ALL: [Fault; 9] = [
        Fault::StorageUnavailable,
        Fault::StateMissing,
        Fault::StateCorrupt,
        Fault::KeysCorrupt,
        Fault::OtherDevice,
        Fault::NewerFormat,
        Fault::OldBuild,
        Fault::WriteUnconfirmed,
        Fault::Platform,
    ];

    /// The code as it stands in `STATE`'s second output: 1 and up.
    pub const fn code(self) -> u32 {
        self as u32 + 1
    }

    /// The fault of a code.
    pub fn from_code(code: u32) -> Option<Fault> {
        Fault::ALL.into_iter().find(|fault| fault.code() == code)
    }
}

/// Why a lender locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Reason {
    /// An installment is overdue.
    PaymentOverdue,
    /// The owner reported the phone lost.
    ReportedLost,
    /// The owner reported the phone stolen.
    ReportedStolen,
    /// Another term of the contract was broken.
    AgreementBreached,
}

impl Reason {
    /// All reasons, in the order of their codes.
    pub const ALL: [Reason; 4] = [
        Reason::PaymentOverdue,
        Reason::ReportedLost,
        Reason::ReportedStolen,
        Reason::AgreementBreached,
    ];

    /// The code as it stands in `STATE`'s second output: 1 and up.
    pub const fn code(self) -> u32 {
        self as u32 + 1
    }

    /// The reason of a code.
    pub fn from_code(code: u32) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What stays usable while locked: bits of `STATE`'s fourth output and of a policy.
/// Emergency calls always stay usable and have no bit.
pub mod usable {
    /// Incoming calls can be taken.
    pub const INCOMING_CALLS: u16 = 1 << 0;
    /// Outgoing calls can be made.
    pub const OUTGOING_CALLS: u16 = 1 << 1;
    /// Text messages can be read and sent.
    pub const MESSAGES: u16 = 1 << 2;
    /// The lender's own app can be used, to pay.
    pub const LENDER_APP: u16 = 1 << 3;
    /// Alarms and the clock.
    pub const CLOCK: u16 = 1 << 4;
    /// Health and accessibility apps.
    pub const HEALTH: u16 = 1 << 5;
    /// Every bit that means something; others are refused in a voucher.
    pub const ALL: u16 = (1 << 6) - 1;
}

/// The four words that `STATE` answers, in two `VALUE_OUTPUT` parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateWords {
    /// First parameter, `a`: the state's code.
    pub state: u32,
    /// First parameter, `b`: the reason's code while locked by a lender's word,
    /// the fault's at fault, [`DETAIL_UNTIL_POWER_OFF`] for a release that could
    /// not be stored, else 0.
    pub detail: u32,
    /// Second parameter, `a`: seconds of use until the state changes by itself
    /// or a lock becomes possible, [`NO_CHANGE`] for never.
    pub seconds: u32,
    /// Second parameter, `b`: [`usable`] bits while enrolled (lower half), and
    /// the wire's version (upper half).
    pub flags: u32,
}

/// `detail` of a release that holds until power-off only.
pub const DETAIL_UNTIL_POWER_OFF: u32 = 0x100;
/// `detail` of a device that is locked because its deadline has passed.
pub const DETAIL_DEADLINE_PASSED: u32 = 0x200;
/// `seconds` when nothing is pending.
pub const NO_CHANGE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_pinned_and_far_apart() {
        let codes = State::ALL.map(State::code);
        assert_eq!(codes, [0x52e6_b438, 0x269e_0d37, 0x0c5c_7fd0, 0x9531_985d, 0x6f03_675a]);
        let mut words = [0, u32::MAX, 0, 0, 0, 0, 0];
        words[2..].copy_from_slice(&codes);
        for (i, a) in words.iter().enumerate() {
            for b in &words[..i] {
                assert!((a ^ b).count_ones() >= 15, "{a:08x} and {b:08x} are too close");
            }
        }
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code(0), None);
    }

    #[test]
    fn only_two_states_are_usable() {
        let usable = State::ALL.map(State::usable);
        assert_eq!(usable, [false, true, false, true, false]);
    }

    #[test]
    fn faults_and_reasons_are_pinned() {
        for (i, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault.code(), i as u32 + 1);
            assert_eq!(Fault::from_code(fault.code()), Some(fault));
            let mut byte = [0; 1];
            postcard::to_slice(&fault, &mut byte).unwrap();
            assert_eq!(byte[0] as usize, i);
        }
        for (i, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason.code(), i as u32 + 1);
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            let mut byte = [0; 1];
            postcard::to_slice(&reason, &mut byte).unwrap();
            assert_eq!(byte[0] as usize, i);
        }
    }
}
