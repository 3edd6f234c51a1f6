//! What vouchers, seals and messages do to a phone.

use paylatch_proto::api::{EventKind, Outcome};
use paylatch_proto::limits::{HOTLINE_WAIT, HOTLINE_WAIT_MAX, SEQUENCE_END, SEQUENCE_JUMP};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;

use super::message::{Message, Order};
use super::phone::{Codes, Phase, Phone};
use crate::bench::{Answer, ESCROW, LENDER, NOTICE, OEM, TestKey};
use crate::codes::Typed;

impl Phone {
    /// What was done; as long as a release is not stored, every answer says so.
    pub fn done(&self, outcome: Outcome) -> Answer {
        let held = !self.on.held.is_empty();
        Ok((if held { Outcome::ReleasedUntilPowerOff } else { outcome }, self.state()))
    }

    /// Its voucher, or another one for this phone.
    ///
    /// # Errors
    /// The refusal.
    pub fn enrol(&mut self, other: bool) -> Answer {
        self.ask();
        match self.recorded() {
            State::Fault => Err(Refusal::Fault),
            State::Released => Err(Refusal::Released),
            State::Unprovisioned => {
                let events = self.kept.events.take();
                self.kept = Phone::fresh(self.terms).kept;
                self.kept.events = events;
                self.on.began = Some(-self.on.seconds.cast_signed());
                self.on.known = true;
                self.kept.phase = Phase::Unlocked;
                self.remember(EventKind::Enrolled);
                self.done(Outcome::Applied)
            }
            State::Unlocked | State::Locked if other => Err(Refusal::AlreadyEnrolled),
            State::Unlocked | State::Locked => self.done(Outcome::AlreadyApplied),
        }
    }

    /// A seal.
    ///
    /// # Errors
    /// The refusal.
    pub fn seal(&mut self) -> Answer {
        self.ask();
        match self.recorded() {
            State::Unprovisioned => {
                self.release(EventKind::Sealed);
                self.done(Outcome::Applied)
            }
            State::Unlocked | State::Locked => Err(Refusal::AlreadyEnrolled),
            State::Released => self.done(Outcome::AlreadyApplied),
            State::Fault => self.let_go(EventKind::Sealed),
        }
    }

    /// A message.
    ///
    /// # Errors
    /// The refusal.
    pub fn apply(&mut self, message: &Message) -> Answer {
        self.ask();
        if message.elsewhere {
            return Err(Refusal::OtherDevice);
        }
        if message.order == Order::Release {
            return self.take_release(message);
        }
        match self.recorded() {
            State::Unprovisioned => return Err(Refusal::NotEnrolled),
            State::Released => return Err(Refusal::Released),
            State::Fault => return Err(Refusal::Fault),
            State::Unlocked | State::Locked => {}
        }
        let last = if message.is_contact() { self.kept.last_contact } else { self.kept.last };
        if last.is_some_and(|last| last.is_same(message)) {
            return self.done(Outcome::AlreadyApplied);
        }
        if self.terms.escrow && message.signer == ESCROW {
            return Err(Refusal::EscrowReleasesOnly);
        }
        if message.signer != self.kept.lender {
            return Err(Refusal::OtherSigner);
        }
        if !message.is_genuine() {
            return Err(Refusal::BadSignature);
        }
        check_number(last.map_or(0, |last| last.sequence), message.sequence)?;
        let outcome = self.obey(message)?;
        if message.is_contact() {
            self.kept.last_contact = Some(*message);
        } else {
            self.kept.last = Some(*message);
            self.kept.codes = Codes::default();
        }
        self.store(false);
        self.done(outcome)
    }

    /// What a message does that is the lender's and newer.
    fn obey(&mut self, message: &Message) -> Result<Outcome, Refusal> {
        let locked = self.recorded() == State::Locked;
        match message.order {
            Order::Notice if locked || self.window().is_some() => {
                return Ok(Outcome::AlreadyApplied);
            }
            Order::Notice => {
                self.kept.notice = Some(self.uptime());
                self.remember(EventKind::NoticeGiven);
            }
            Order::Lock(_) if locked => return Ok(Outcome::AlreadyApplied),
            Order::Lock(reason) => {
                let (from, _) = self.window().ok_or(Refusal::NoNotice)?;
                if self.uptime() < from {
                    return Err(Refusal::NoticeStillRuns);
                }
                self.kept.phase = Phase::Locked;
                self.kept.reason = Some(reason);
                (self.kept.notice, self.kept.deadline) = (None, None);
                self.remember(EventKind::Locked);
            }
            Order::Unlock => {
                self.open();
                self.kept.deadline = None;
                self.remember(EventKind::Unlocked);
            }
            Order::UnlockFor(0) => return Err(Refusal::ZeroTime),
            Order::UnlockFor(seconds) => {
                let at_least = if locked { 0 } else { NOTICE };
                let granted = self.kept.deadline.filter(|_| !locked).unwrap_or(0);
                let deadline = self.clock().saturating_add(seconds.max(at_least).into());
                self.open();
                self.kept.deadline = Some(deadline.max(granted));
                self.remember(EventKind::UnlockedFor);
            }
            Order::Rekey { to, proven } => {
                if [ESCROW, OEM].contains(&to) && (to == OEM || self.terms.escrow) {
                    return Err(Refusal::KeysNotDistinct);
                }
                if !proven {
                    return Err(Refusal::BadProof);
                }
                self.kept.lender = to;
                self.kept.desk = false;
                self.kept.notice = None;
                self.kept.contact = Some(0);
                self.kept.sales.push(*message);
                self.remember(EventKind::Rekeyed);
            }
            Order::Contact(number) => {
                self.kept.contact = Some(number);
                self.remember(EventKind::ContactChanged);
            }
            Order::Release => {}
        }
        Ok(Outcome::Applied)
    }

    /// A hotline code.
    ///
    /// # Errors
    /// The refusal; a wrong code was counted.
    pub fn code(&mut self, typed: Typed) -> Answer {
        self.ask();
        if let Typed::Slip(group) = typed {
            return Err(Refusal::MistypedCode(group));
        }
        match self.recorded() {
            State::Fault => return Err(Refusal::Fault),
            State::Unprovisioned => return Err(Refusal::NotEnrolled),
            State::Released => return Err(Refusal::Released),
            State::Unlocked | State::Locked if !self.kept.desk => return Err(Refusal::NoHotline),
            State::Unlocked if self.kept.deadline.is_none() => return Err(Refusal::NotLocked),
            State::Unlocked | State::Locked => {}
        }
        let Codes { tried, wait_until } = self.kept.codes;
        if self.uptime() < wait_until {
            return Err(Refusal::TooEarly);
        }
        let wait = (0..tried.min(10)).fold(HOTLINE_WAIT, |wait, _| wait * 2).min(HOTLINE_WAIT_MAX);
        self.kept.codes = Codes { tried: tried + 1, wait_until: self.uptime() + wait };
        self.store(false);
        let Typed::Right(action) = typed else { return Err(Refusal::WrongCode) };
        let deadline = self.clock().saturating_add(action.seconds());
        let granted = self.kept.deadline.unwrap_or(0);
        self.kept.phase = Phase::Unlocked;
        self.kept.reason = None;
        self.kept.deadline = Some(deadline.max(granted));
        self.kept.codes = Codes::default();
        self.remember(EventKind::UnlockedByCode);
        self.done(Outcome::Applied)
    }

    /// The phone may be used.
    fn open(&mut self) {
        self.kept.phase = Phase::Unlocked;
        (self.kept.notice, self.kept.reason) = (None, None);
    }

    /// A release by lender or escrow.
    fn take_release(&mut self, message: &Message) -> Answer {
        match self.recorded() {
            State::Unprovisioned => return Err(Refusal::NotEnrolled),
            State::Released => return self.done(Outcome::AlreadyApplied),
            State::Fault | State::Unlocked | State::Locked => {}
        }
        if let Phase::Spoilt { keys: false, .. } = self.kept.phase {
            return Err(Refusal::Fault);
        }
        let kind = match self.kept.phase {
            Phase::Spoilt { .. } => self.proves_by_keys(message)?,
            _ => self.may_release(message, self.kept.lender)?,
        };
        self.let_go(kind)
    }

    /// A release that is right, with the texts that prove its key: where no
    /// enrolment can be read, they are all there is; elsewhere they are ignored.
    ///
    /// # Errors
    /// The refusal.
    pub fn recover(&mut self, sales: &[Message], release: &Message) -> Answer {
        self.ask();
        let Phase::Spoilt { keys: false, .. } = self.kept.phase else {
            return self.apply(release);
        };
        let kind = self.proves(sales, release)?;
        self.let_go(kind)
    }

    /// Whether a release is right by its voucher and the sales since.
    ///
    /// # Errors
    /// The refusal.
    pub fn proves(&self, sales: &[Message], release: &Message) -> Result<EventKind, Refusal> {
        if release.elsewhere {
            return Err(Refusal::OtherDevice);
        }
        let lender = sales.iter().fold(LENDER, |lender, sale| match sale.order {
            Order::Rekey { to, .. } => to,
            _ => lender,
        });
        self.may_release(release, lender)
    }

    /// Whether a release is right by the keys of the highest generation.
    ///
    /// # Errors
    /// The refusal.
    pub fn proves_by_keys(&self, release: &Message) -> Result<EventKind, Refusal> {
        if release.elsewhere {
            return Err(Refusal::OtherDevice);
        }
        self.may_release(release, self.kept.begun.unwrap_or(self.kept.lender))
    }

    fn may_release(&self, message: &Message, lender: TestKey) -> Result<EventKind, Refusal> {
        let kind = if message.signer == lender {
            EventKind::ReleasedByLender
        } else if self.terms.escrow && message.signer == ESCROW {
            EventKind::ReleasedByEscrow
        } else {
            return Err(Refusal::OtherSigner);
        };
        if message.is_genuine() { Ok(kind) } else { Err(Refusal::BadSignature) }
    }

    fn let_go(&mut self, kind: EventKind) -> Answer {
        if let Phase::Spoilt { .. } = self.kept.phase {
            self.kept.events = None;
        }
        self.release(kind);
        self.done(Outcome::Applied)
    }
}

fn check_number(last: u64, number: u64) -> Result<(), Refusal> {
    if number < last {
        Err(Refusal::Stale)
    } else if number == last {
        Err(Refusal::Conflict)
    } else if number >= SEQUENCE_END || number > last + SEQUENCE_JUMP {
        Err(Refusal::SequenceJump)
    } else {
        Ok(())
    }
}
