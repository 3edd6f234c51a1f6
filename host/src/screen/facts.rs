//! What the screen tells: only what the trusted application has answered.

use paylatch_proto::api::{self, Event, EventKind, Notice, Status};
use paylatch_proto::contact::{Contact, harmless};
use paylatch_proto::hotline::Challenge;
use paylatch_proto::state::{self, Fault, Reason, State};

use crate::client::Client;
use crate::error::Result;
use crate::screen::language::Language;
use crate::transport::Transport;

/// What the lock has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its status.
    pub status: Status,
    /// The contact record, where there is one.
    pub contact: Option<Contact>,
    /// For how long it has been locked, in seconds of use, where the lock remembers it.
    pub locked_for: Option<u64>,
}

/// What an owner needs for a code from the hotline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hotline {
    /// What the desk has to be told.
    pub challenge: Challenge,
    /// Seconds of use until a code may be tried; 0 when one may.
    pub wait: u64,
}

/// Why the phone is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// For the lender's reason.
    Reason(Reason),
    /// The time that it was unlocked for is over.
    DeadlinePassed,
    /// The lock tells no reason.
    Unknown,
}

/// What there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// It is locked.
    Locked(Why),
    /// It may be locked soon, or from now on.
    Notice(Notice),
    /// It is unlocked for so many seconds of use.
    Deadline(u64),
    /// It is unlocked, and nothing is pending.
    Unlocked,
    /// It is the owner's for good.
    Released,
    /// So it is, but only until it is switched off.
    ReleasedForNow,
    /// The lock can't be read, or can't be asked (`None`).
    Fault(Option<Fault>),
    /// It has no voucher and no seal yet.
    Fresh,
}

impl Facts {
    /// Asks the lock.
    ///
    /// # Errors
    /// As [`Client`] says; [`Facts::unknown`] is what there is to say then.
    pub fn ask<T: Transport>(phone: &mut Client<T>) -> Result<Facts> {
        let status = phone.status()?;
        let contact = phone.contact_if_any()?;
        // A lock that tells no history tells no "since when".
        let events = phone.history().unwrap_or_default();
        Ok(Facts::of(status, contact, &events))
    }

    /// From the lock's answers; the events are the last ones, oldest first.
    pub fn of(status: Status, contact: Option<Contact>, events: &[Event]) -> Facts {
        let locked_for = locked_for(&status, events);
        Facts { status, contact, locked_for }
    }

    /// The same at a later status, where nothing has happened but that time has passed.
    pub fn later(&self, status: Status) -> Facts {
        let passed = status.uptime.saturating_sub(self.status.uptime);
        let locked_for = self.locked_for.map(|seconds| seconds.saturating_add(passed));
        Facts { status, contact: self.contact.clone(), locked_for }
    }

    /// The lock can't be asked.
    pub fn unknown() -> Facts {
        let status =
            Status { state: State::Fault, detail: 0, device: None, uptime: 0, enrolment: None };
        Facts { status, contact: None, locked_for: None }
    }

    /// What there is to say.
    pub fn situation(&self) -> Situation {
        let Status { state, detail, enrolment, .. } = self.status;
        match state {
            State::Locked if detail == state::DETAIL_DEADLINE_PASSED => {
                Situation::Locked(Why::DeadlinePassed)
            }
            State::Locked => {
                let reason = enrolment.and_then(|enrolment| enrolment.reason);
                Situation::Locked(reason.map_or(Why::Unknown, Why::Reason))
            }
            State::Unlocked => {
                let notice = enrolment.and_then(|enrolment| enrolment.notice);
                let deadline = enrolment.and_then(|enrolment| enrolment.deadline_in);
                match (notice, deadline) {
                    (Some(notice), _) => Situation::Notice(notice),
                    (None, Some(seconds)) => Situation::Deadline(seconds),
                    (None, None) => Situation::Unlocked,
                }
            }
            State::Released if detail == state::DETAIL_UNTIL_POWER_OFF => Situation::ReleasedForNow,
            State::Released => Situation::Released,
            State::Fault => Situation::Fault(Fault::from_code(detail)),
            State::Unprovisioned => Situation::Fresh,
        }
    }

    /// The contact record where the owner may need it.
    pub fn contact(&self) -> Option<&Contact> {
        self.contact.as_ref().filter(|_| self.status.state != State::Released)
    }

    /// What is needed for a code from the hotline, where one can be typed.
    pub fn takes_codes(&self) -> Option<Hotline> {
        let enrolment = self.status.enrolment.filter(|_| self.status.state == State::Locked)?;
        let api::Hotline { challenge, wait, .. } = enrolment.hotline?;
        Some(Hotline { challenge: Challenge::from_number(challenge).ok()?, wait })
    }

    /// The part of the device id by which a desk finds the phone, to be read out:
    /// eight hexadecimal digits in two groups.
    pub fn device_number(&self) -> Option<String> {
        let [a, b, c, d] = self.status.device?.short().0;
        Some(format!("{a:02X}{b:02X} {c:02X}{d:02X}"))
    }

    /// The language to begin with: the contact record's, where the screen speaks it.
    pub fn language(&self) -> Language {
        let tag = self.contact.as_ref().map(|contact| contact.language.as_str());
        tag.and_then(Language::from_tag).unwrap_or(Language::English)
    }
}

/// Since the lender's lock that is the last word on it.
fn locked_for(status: &Status, events: &[Event]) -> Option<u64> {
    if status.state != State::Locked || status.detail == state::DETAIL_DEADLINE_PASSED {
        return None;
    }
    let decides = |event: &&Event| {
        matches!(
            event.kind,
            EventKind::Locked
                | EventKind::Unlocked
                | EventKind::UnlockedFor
                | EventKind::UnlockedByCode
                | EventKind::Enrolled
        )
    };
    let last = events.iter().rev().find(decides)?;
    // Beyond it, the time is not known.
    if last.kind != EventKind::Locked || last.uptime == u32::MAX {
        return None;
    }
    status.uptime.checked_sub(last.uptime.into())
}

/// A text of the record without what could mislead: the trusted application refuses
/// such characters, and should one come by, it is shown as a question mark.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if harmless(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, uptime: u32) -> Event {
        Event { kind, uptime }
    }

    fn locked() -> Status {
        Status { state: State::Locked, uptime: 1_000, ..Facts::unknown().status }
    }

    #[test]
    fn since_when_is_told_only_where_it_is_known() {
        let locks = EventKind::Locked;
        let changed = event(EventKind::ContactChanged, 950);
        assert_eq!(locked_for(&locked(), &[event(locks, 900), changed]), Some(100));
        assert_eq!(locked_for(&locked(), &[]), None);
        for unlocks in [EventKind::Unlocked, EventKind::UnlockedFor, EventKind::UnlockedByCode] {
            assert_eq!(locked_for(&locked(), &[event(locks, 900), event(unlocks, 950)]), None);
        }
        assert_eq!(locked_for(&locked(), &[event(locks, u32::MAX)]), None);
        assert_eq!(locked_for(&locked(), &[event(locks, 1_001)]), None);
        let passed = Status { detail: state::DETAIL_DEADLINE_PASSED, ..locked() };
        assert_eq!(locked_for(&passed, &[event(locks, 900)]), None);
        let unlocked = Status { state: State::Unlocked, ..locked() };
        assert_eq!(locked_for(&unlocked, &[event(locks, 900)]), None);
    }

    #[test]
    fn time_passes() {
        let facts = Facts { locked_for: Some(100), status: locked(), ..Facts::unknown() };
        let later = facts.later(Status { uptime: 1_060, ..locked() });
        assert_eq!((later.locked_for, later.status.uptime), (Some(160), 1_060));
        assert_eq!(Facts { locked_for: None, ..facts }.later(locked()).locked_for, None);
    }

    #[test]
    fn what_could_mislead_is_shown_harmless() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\n{ $x }<b>"), "a?[2J?b?{ $x }<b>");
        assert_eq!(shown("हिन्दी العربية ไทย 中文"), "हिन्दी العربية ไทย 中文");
    }

    #[test]
    fn a_lock_that_cannot_be_asked_is_a_fault_without_a_code() {
        let facts = Facts::unknown();
        assert_eq!(facts.situation(), Situation::Fault(None));
        assert_eq!(facts.device_number(), None);
        assert_eq!(facts.takes_codes(), None);
    }
}
