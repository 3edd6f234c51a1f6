//! What a verified message does to the state: pure, no storage, no keys.

use paylatch_proto::api::{EventKind, Outcome};
use paylatch_proto::hotline::Action;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{Reason, State};
use paylatch_proto::voucher::{Policy, sunset_has_come};

use crate::records::{Hotline, StateRecord, Terms};

/// A record as time has left it, and nothing else.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    state: &'a StateRecord,
    /// Seconds of use since enrolment.
    pub uptime: u64,
}

impl Moment<'_> {
    /// The clock of deadlines: uptime and what was charged for power cuts. (The
    /// sunset is not charged: who pulls the battery would bring it nearer.)
    pub fn clock(&self) -> u64 {
        self.uptime.saturating_add(self.state.charged)
    }

    /// The state: past a deadline, `Unlocked` is `Locked`.
    pub fn effective(&self) -> State {
        match self.state.phase {
            State::Unlocked if self.state.deadline.is_some_and(|at| self.clock() >= at) => {
                State::Locked
            }
            phase => phase,
        }
    }

    /// When the running notice allows a lock and when it is spent, in uptime;
    /// `None` when none runs.
    pub fn notice_window(&self, policy: &Policy) -> Option<(u64, u64)> {
        let from = self.state.notice?.saturating_add(policy.notice.into());
        let to = from.saturating_add(limits::NOTICE_WINDOW);
        (self.uptime < to).then_some((from, to))
    }

    /// Whether time has brought something since the record was stored that a power
    /// cut must not take back: a deadline has passed, or a notice is spent.
    pub fn outlives(&self, policy: &Policy) -> bool {
        let stored = self.state.at(self.state.uptime);
        let is_spent = |moment: &Moment| moment.notice_window(policy).is_none();
        self.effective() != stored.effective() || is_spent(self) != is_spent(&stored)
    }

    /// Whether the sunset has come.
    pub fn sunset(&self, terms: &Terms) -> bool {
        matches!(self.state.phase, State::Unlocked | State::Locked)
            && terms.sunset.is_some_and(|days| sunset_has_come(days, self.uptime))
    }
}

impl StateRecord {
    /// As it is at an uptime that is not before its own.
    pub fn at(&self, uptime: u64) -> Moment<'_> {
        Moment { state: self, uptime }
    }

    /// See [`Moment::clock`].
    pub fn clock(&self) -> u64 {
        self.at(self.uptime).clock()
    }

    /// See [`Moment::effective`].
    pub fn effective(&self) -> State {
        self.at(self.uptime).effective()
    }

    /// See [`Moment::notice_window`].
    pub fn notice_window(&self, policy: &Policy) -> Option<(u64, u64)> {
        self.at(self.uptime).notice_window(policy)
    }

    /// See [`Moment::sunset`].
    pub fn sunset(&self, terms: &Terms) -> bool {
        self.at(self.uptime).sunset(terms)
    }

    /// Whether time changes anything from here on, so that uptime has to be stored.
    pub fn pending(&self, terms: &Terms) -> bool {
        matches!(self.phase, State::Unlocked | State::Locked)
            && (terms.sunset.is_some()
                || self.notice_window(&terms.policy).is_some()
                || self.deadline.is_some_and(|at| self.clock() < at)
                || self.hotline_wait() > 0)
    }

    /// Released, for good.
    pub fn release(&mut self, by: EventKind) {
        self.phase = State::Released;
        self.end_waiting();
        self.remember(by);
    }

    /// Takes a new sequence number, for messages in order.
    ///
    /// # Errors
    /// [`Refusal::Stale`], [`Refusal::Conflict`] or [`Refusal::SequenceJump`].
    pub fn check_sequence(last: u64, sequence: u64) -> Result<(), Refusal> {
        if sequence < last {
            Err(Refusal::Stale)
        } else if sequence == last {
            Err(Refusal::Conflict)
        } else if sequence >= limits::SEQUENCE_END
            || sequence.saturating_sub(last) > limits::SEQUENCE_JUMP
        {
            Err(Refusal::SequenceJump)
        } else {
            Ok(())
        }
    }

    /// What the command does to an enrolled device that is not released; the
    /// sequence number and slots are the caller's.
    ///
    /// # Errors
    /// A [`Refusal`]; the record is then as it was.
    pub fn obey(&mut self, command: &Command, policy: &Policy) -> Result<Outcome, Refusal> {
        let locked = self.effective() == State::Locked;
        match *command {
            Command::Notice { .. } if locked || self.notice_window(policy).is_some() => {
                Ok(Outcome::AlreadyApplied)
            }
            Command::Notice { .. } => {
                self.notice = Some(self.uptime);
                self.remember(EventKind::NoticeGiven);
                Ok(Outcome::Applied)
            }
            Command::Lock { .. } if locked => Ok(Outcome::AlreadyApplied),
            Command::Lock { reason, .. } => self.lock(reason, policy),
            Command::Unlock { .. } => {
                self.phase = State::Unlocked;
                self.end_waiting();
                self.remember(EventKind::Unlocked);
                Ok(Outcome::Applied)
            }
            Command::UnlockFor { seconds: 0, .. } => Err(Refusal::ZeroTime),
            Command::UnlockFor { seconds, .. } => {
                // A locked phone gets what it is given; a usable one is never
                // left with less than a notice would have left it.
                let least = if locked { 0 } else { policy.notice };
                let granted = self.deadline.unwrap_or(0);
                let deadline = self.clock().saturating_add(seconds.max(least).into()).max(granted);
                self.phase = State::Unlocked;
                self.end_waiting();
                self.deadline = Some(deadline);
                self.remember(EventKind::UnlockedFor);
                Ok(Outcome::Applied)
            }
            Command::Rekey { .. } => {
                self.notice = None;
                self.remember(EventKind::Rekeyed);
                Ok(Outcome::Applied)
            }
            Command::Contact { .. } => {
                self.remember(EventKind::ContactChanged);
                Ok(Outcome::Applied)
            }
            Command::Release => Err(Refusal::Malformed),
        }
    }

    /// Seconds of use until a hotline code may be tried. Not charged for power cuts: who
    /// pulls the battery would have more tries.
    pub fn hotline_wait(&self) -> u64 {
        self.hotline.wait_until.saturating_sub(self.uptime)
    }

    /// Counts a hotline code that is about to be compared, as if it were wrong: each makes
    /// the wait for the next one longer.
    ///
    /// # Errors
    /// [`Refusal::NotLocked`] or [`Refusal::TooEarly`]; the record is then as it was.
    pub fn try_code(&mut self) -> Result<(), Refusal> {
        let waits_to_lock = self.deadline.is_some_and(|at| self.clock() < at);
        if self.effective() != State::Locked && !waits_to_lock {
            return Err(Refusal::NotLocked);
        }
        if self.hotline_wait() > 0 {
            return Err(Refusal::TooEarly);
        }
        let wait = limits::HOTLINE_WAIT.checked_shl(self.hotline.tried.min(u64::BITS / 2));
        let wait = wait.unwrap_or(u64::MAX).min(limits::HOTLINE_WAIT_MAX);
        self.hotline.tried = self.hotline.tried.saturating_add(1);
        self.hotline.wait_until = self.uptime.saturating_add(wait);
        Ok(())
    }

    /// What a right hotline code does: it never shortens what was granted, and ends no
    /// notice, as the desk has no say in that.
    pub fn unlock_by_code(&mut self, action: Action) {
        let granted = self.deadline.unwrap_or(0);
        let deadline = self.clock().saturating_add(action.seconds()).max(granted);
        self.phase = State::Unlocked;
        self.reason = None;
        self.deadline = Some(deadline);
        self.next_challenge();
        self.hotline = Hotline { turn: self.hotline.turn, ..Hotline::default() };
        self.remember(EventKind::UnlockedByCode);
    }

    /// A message was taken: no code that was made before is right from here on. All but
    /// one about the contact end the wait, too.
    pub fn after_message(&mut self, command: &Command) {
        self.next_challenge();
        if !matches!(command, Command::Contact { .. }) {
            self.hotline = Hotline { turn: self.hotline.turn, ..Hotline::default() };
        }
    }

    fn next_challenge(&mut self) {
        self.hotline.turn = self.hotline.turn.wrapping_add(1);
    }

    fn lock(&mut self, reason: Reason, policy: &Policy) -> Result<Outcome, Refusal> {
        let (from, _) = self.notice_window(policy).ok_or(Refusal::NoNotice)?;
        if self.uptime < from {
            return Err(Refusal::NoticeStillRuns);
        }
        self.phase = State::Locked;
        self.end_waiting();
        self.reason = Some(reason);
        self.remember(EventKind::Locked);
        Ok(Outcome::Applied)
    }

    fn end_waiting(&mut self) {
        self.notice = None;
        self.deadline = None;
        self.reason = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch_proto::bytes::Bytes;

    /// Minutes of use to wait after so many codes that were wrong.
    #[test]
    fn each_wrong_code_makes_wait_twice_as_long_up_to_an_hour() {
        let minutes = [1, 2, 4, 8, 16, 32, 60, 60, 60];
        for (tried, minutes) in (0..).zip(minutes).chain([(70, 60), (u32::MAX, 60)]) {
            let mut state = StateRecord::new(State::Locked, &Bytes([1; 32]));
            state.uptime = 1_000_000;
            state.hotline = Hotline { turn: 3, tried, wait_until: 999_999 };
            assert_eq!(state.try_code(), Ok(()));
            assert_eq!(state.hotline_wait(), minutes * 60, "after {tried}");
            assert_eq!(state.hotline.tried, tried.saturating_add(1));
            let counted = state.clone();
            assert_eq!(state.try_code(), Err(Refusal::TooEarly));
            state.uptime += minutes * 60 - 1;
            assert_eq!(state.try_code(), Err(Refusal::TooEarly));
            assert_eq!(state.hotline, counted.hotline);
            state.uptime += 1;
            assert_eq!(state.try_code(), Ok(()));
        }
    }
}
