//! What the lock knows of its storage. It is kept twice: whoever makes the
//! processor skip one instruction, or flips one bit, reaches one of the two.

use core::hint::black_box;

use heapless::Vec;
use paylatch_proto::api::EventKind;
use paylatch_proto::bytes::{Digest, PublicKey};
use paylatch_proto::limits;
use paylatch_proto::state::{DETAIL_DEADLINE_PASSED, DETAIL_UNTIL_POWER_OFF, Fault, State};

use crate::records::{KeysRecord, StateRecord, Terms};
use crate::rules::Moment;
use crate::verdict::Verdict;

/// What is known, made twice; it counts where both agree.
#[derive(Clone, PartialEq, Eq)]
pub struct Twice {
    /// Decides.
    pub first: Known,
    /// Is asked before anything is done.
    pub second: Known,
}

impl Twice {
    /// Whether they agree.
    #[inline(never)]
    pub fn agree(&self) -> Verdict {
        Verdict::of(black_box(&self.first) == black_box(&self.second))
    }

    /// Whether uptime began to count at no moment that was ever noted, or at one that is
    /// to come: the platform's clock shows `now`.
    #[inline(never)]
    pub fn began_never(&self, now: u64) -> bool {
        [&self.first, &self.second]
            .iter()
            .any(|known| known.boot.is_some_and(|boot| !boot.is_whole(now)))
    }
}

/// Releases that are held at a time: lender, buyer, escrow and OEM.
const HELD: usize = 4;

/// What is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// Of the storage.
    pub stored: Stored,
    /// Of the time; latched.
    pub boot: Option<Boot>,
    /// Releases that hold until power-off, the newest last. Which of them has a say,
    /// only the record knows.
    pub held: Vec<Release, HELD>,
}

/// What is known of the storage.
#[allow(clippy::large_enum_variant)] // there are two, and no heap to box it on
#[derive(Clone, PartialEq, Eq)]
pub enum Stored {
    /// Nothing; why. Tried again at the next question.
    Unknown(Fault),
    /// No enrolment and no seal.
    Empty,
    /// A confirmed state record, and the live keys record unless it is released.
    Live { state: StateRecord, keys: Option<KeysRecord> },
}

/// Where uptime stood when this power-on first read it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    clock: u64,
    uptime: u64,
    charged: u64,
    /// Tells which of two that differ is the one with a flipped bit.
    check: u64,
}

impl Boot {
    /// Uptime and charges were these when the platform's clock showed `clock`.
    pub fn at(clock: u64, uptime: u64, charged: u64) -> Boot {
        Boot { clock, uptime, charged, check: !(clock ^ uptime ^ charged) }
    }

    /// Whether it is what it was made as, and not of a time that is to come.
    pub fn is_whole(&self, now: u64) -> bool {
        *self == Boot::at(self.clock, self.uptime, self.charged) && self.clock <= now
    }
}

/// A release, and whose word it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Release {
    pub by: EventKind,
    pub authority: Authority,
}

/// Whose word a release is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The OEM's seal: never written over an enrolment that was merely silent.
    Oem,
    /// This key's under this enrolment (a sunset counts as the lender's). Once
    /// the enrolment can be read, it is stored if the key has a say there, and
    /// forgotten if not.
    Key { voucher: Digest, key: PublicKey },
}

impl Authority {
    /// Whether it has a say under these terms.
    pub fn is_of(self, terms: &Terms) -> bool {
        match self {
            Authority::Oem => false,
            Authority::Key { voucher, key } => {
                voucher == terms.voucher && (key == terms.lender || Some(key) == terms.escrow)
            }
        }
    }
}

impl Release {
    /// Of a device that is not financed.
    pub const SEALED: Release = Release { by: EventKind::Sealed, authority: Authority::Oem };

    /// By the sunset of these terms.
    pub fn sunset(terms: &Terms) -> Release {
        let authority = Authority::Key { voucher: terms.voucher, key: terms.lender };
        Release { by: EventKind::ReleasedBySunset, authority }
    }
}

impl Known {
    /// Nothing; why.
    pub fn nothing(fault: Fault) -> Known {
        Known { stored: Stored::Unknown(fault), boot: None, held: Vec::new() }
    }

    /// A confirmed record; the keys are as before unless they are given. A release
    /// has not to be held any more.
    pub fn store(&mut self, state: StateRecord, keys: Option<KeysRecord>) {
        if state.phase == State::Released {
            self.held.clear();
        }
        let before = Stored::Unknown(Fault::WriteUnconfirmed);
        let keys = keys.or(match core::mem::replace(&mut self.stored, before) {
            Stored::Live { keys, .. } => keys,
            _ => None,
        });
        self.stored = Stored::Live { state, keys };
    }

    /// Nothing is known of the storage any more; why.
    #[inline(never)]
    pub fn forget(&mut self, fault: Fault) {
        self.stored = Stored::Unknown(fault);
    }

    /// What the record itself says, or disproves, is not held any longer.
    #[inline(never)]
    pub fn let_go(&mut self) {
        if self.held.is_empty() {
            return;
        }
        if let Some((_, terms)) = self.enrolled() {
            let terms = *terms;
            let is_of = |by: &Authority| *by == Authority::Oem || by.is_of(&terms);
            self.held.retain(|held| is_of(&held.authority));
        } else if self.is_released() {
            self.held.clear();
        }
    }

    /// Holds one more release; where there is no room, it takes the newest's place.
    pub fn hold(&mut self, release: Release) {
        self.held.retain(|held| *held != release);
        if self.held.is_full() {
            self.held.pop();
        }
        let _ = self.held.push(release);
    }

    /// The newest release that is held and has a say under these terms.
    pub fn held_under(&self, terms: &Terms) -> Option<Release> {
        self.held.iter().rev().find(|held| held.authority.is_of(terms)).copied()
    }

    /// The enrolment of a phone that is not released: its state and terms.
    pub fn enrolled(&self) -> Option<(&StateRecord, &Terms)> {
        match &self.stored {
            Stored::Live { state, keys: Some(KeysRecord { terms: Some(terms), .. }) }
                if state.phase != State::Released =>
            {
                Some((state, terms))
            }
            _ => None,
        }
    }

    /// Whether what is stored is a release.
    pub fn is_released(&self) -> bool {
        matches!(&self.stored, Stored::Live { state, .. } if state.phase == State::Released)
    }

    /// Whether time can change what is told.
    pub fn waits(&self) -> bool {
        match &self.stored {
            Stored::Unknown(_) => true,
            Stored::Empty => false,
            Stored::Live { .. } => {
                self.enrolled().is_some_and(|(state, terms)| state.pending(terms))
            }
        }
    }

    /// A record as time has left it when the platform's clock shows `now`; as it was
    /// stored, if that was not looked at.
    pub fn at<'a>(&self, state: &'a StateRecord, now: Option<u64>) -> Moment<'a> {
        let mut uptime = state.uptime;
        if let (Some(boot), Some(now)) = (self.boot, now) {
            let passed = now.saturating_sub(boot.clock);
            uptime = uptime.max(boot.uptime.saturating_add(passed));
        }
        state.at(uptime)
    }

    /// The record as this power-on has to store it at first: without the clean
    /// mark. Where it was cleared already, the last power-on ended unclean and
    /// is charged for, once in each power-on: the clock showed `began` then.
    pub fn charge(&mut self, mut state: StateRecord, began: u64) -> StateRecord {
        let boot = *self.boot.get_or_insert_with(|| {
            let charge = if state.clean { 0 } else { limits::UPTIME_STEP };
            let charged = state.charged.saturating_add(charge);
            Boot::at(began, state.uptime, charged)
        });
        if boot.charged > state.charged {
            state.charged = boot.charged;
            state.remember(EventKind::PowerCut);
        }
        state.uptime = state.uptime.max(boot.uptime);
        state.clean = false;
        state
    }

    /// The state as of `now`, and `STATE`'s detail. Where time counts, it is a fault not
    /// to have looked at the clock.
    #[inline(never)]
    pub fn tell(&self, now: Option<u64>) -> (State, u32) {
        match &self.stored {
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                (State::Released, 0)
            }
            _ if !self.held.is_empty() => (State::Released, DETAIL_UNTIL_POWER_OFF),
            Stored::Unknown(fault) => (State::Fault, fault.code()),
            Stored::Empty => (State::Unprovisioned, 0),
            // Only what is released has no keys.
            Stored::Live { keys: None, .. } => (State::Fault, Fault::WriteUnconfirmed.code()),
            Stored::Live { .. } if now.is_none() && self.waits() => {
                (State::Fault, Fault::WriteUnconfirmed.code())
            }
            Stored::Live { state, .. } => match (state.phase, self.at(state, now).effective()) {
                (State::Unlocked, State::Locked) => (State::Locked, DETAIL_DEADLINE_PASSED),
                (_, State::Locked) => (State::Locked, state.reason.map_or(0, |r| r.code())),
                (_, effective) => (effective, 0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch_proto::bytes::DeviceId;

    #[test]
    fn they_agree_or_not() {
        let known = || Known::nothing(Fault::Platform);
        let mut twice = Twice { first: known(), second: known() };
        assert_eq!(twice.agree(), Verdict::Good);
        twice.second.hold(Release::SEALED);
        assert_eq!(twice.agree(), Verdict::Bad);
    }

    #[test]
    fn only_what_is_released_is_told_without_keys() {
        for phase in [State::Unlocked, State::Locked, State::Unprovisioned, State::Released] {
            let mut known = Known::nothing(Fault::Platform);
            known.store(StateRecord::new(phase, &DeviceId::default()), None);
            let told = if phase == State::Released { phase } else { State::Fault };
            assert_eq!(known.tell(Some(0)).0, told, "{phase:?}");
        }
    }

    #[test]
    fn a_flipped_bit_shows() {
        let whole = Boot::at(9, 4711, 900);
        assert!(whole.is_whole(9) && !whole.is_whole(8));
        for bit in 0..u64::BITS {
            let flip = |word: &mut u64| *word ^= 1 << bit;
            let mut flipped = [whole; 4];
            let [clock, uptime, charged, check] = &mut flipped;
            flip(&mut clock.clock);
            flip(&mut uptime.uptime);
            flip(&mut charged.charged);
            flip(&mut check.check);
            assert!(flipped.iter().all(|boot| !boot.is_whole(u64::MAX)));
        }
    }
}
