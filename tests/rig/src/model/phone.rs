//! What a phone keeps, what of it ends with the power, and what time does.

use paylatch_proto::api::{Event, EventKind, Outcome};
use paylatch_proto::limits::{DAY, EVENTS, NOTICE_WINDOW, UPTIME_STEP};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{Fault, Reason, State};

use super::message::Message;
use crate::bench::{Answer, ESCROW, LENDER, NOTICE, TestKey};

/// Clean shutdowns that one power-on may announce without being charged.
const SHUTDOWNS: u32 = 4;

/// What the voucher says that enrols the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether there is an escrow.
    pub escrow: bool,
    /// Days of use after which the phone releases itself.
    pub sunset: Option<u32>,
}

/// A phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The voucher's terms.
    pub terms: Terms,
    /// What is kept without power.
    pub kept: Kept,
    /// What ends with it.
    pub on: PowerOn,
}

/// Where a phone stands, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Fresh from the factory.
    Unprovisioned,
    /// Financed and usable, but for a deadline that has passed.
    Unlocked,
    /// Locked by its lender.
    Locked,
    /// The owner's.
    Released,
    /// The records say this no more.
    Spoilt {
        /// Why.
        fault: Fault,
        /// Whether the enrolment's keys can be read.
        keys: bool,
    },
}

/// What is kept without power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where the phone stands.
    pub phase: Phase,
    /// Seconds of use since enrolment, when they were last stored.
    pub uptime: u64,
    /// Seconds charged for power cuts: only deadlines run on them too.
    pub charges: u64,
    /// Whether the last power-on ended with a clean shutdown.
    pub clean: bool,
    /// Who is the lender.
    pub lender: TestKey,
    /// The last of the lender's messages, but contact messages.
    pub last: Option<Message>,
    /// The last contact message.
    pub last_contact: Option<Message>,
    /// When the notice that runs, or has run, began.
    pub notice: Option<u64>,
    /// At what clock the phone locks.
    pub deadline: Option<u64>,
    /// Why the lender locked.
    pub reason: Option<Reason>,
    /// Number of the contact record; `None` for the voucher's.
    pub contact: Option<u32>,
    /// The sales so far.
    pub sales: Vec<Message>,
    /// The buyer of a sale that was begun and not stored: until the next start the
    /// buyer's keys are there too.
    pub begun: Option<TestKey>,
    /// Whether the lender has a desk.
    pub desk: bool,
    /// What is counted of hotline codes.
    pub codes: Codes,
    /// The last events; `None` where they were lost with the records.
    pub events: Option<Vec<Event>>,
}

/// What is counted of hotline codes, since the challenge is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Those that were tried.
    pub tried: u32,
    /// Uptime at which the next may be.
    pub wait_until: u64,
}

/// What ends with the power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerOn {
    /// Seconds since power came.
    pub seconds: u64,
    /// What uptime was then, once the records were read or made.
    pub began: Option<i64>,
    /// Whether the records are known: not before they were read, and not after
    /// a write that was not confirmed.
    pub known: bool,
    /// Clean shutdowns that were announced.
    pub shutdowns: u32,
    /// Releases that are not stored, the newest last.
    pub held: Vec<Held>,
}

/// Whose word a release is that is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The OEM's seal.
    Seal,
    /// This key's, or the sunset's.
    By(EventKind, Option<TestKey>),
}

const POWER_ON: PowerOn =
    PowerOn { seconds: 0, began: None, known: false, shutdowns: 0, held: Vec::new() };

impl Phone {
    /// Fresh from the factory.
    pub fn fresh(terms: Terms) -> Phone {
        let kept = Kept {
            phase: Phase::Unprovisioned,
            uptime: 0,
            charges: 0,
            clean: false,
            lender: LENDER,
            last: None,
            last_contact: None,
            notice: None,
            deadline: None,
            reason: None,
            contact: None,
            sales: Vec::new(),
            begun: None,
            desk: true,
            codes: Codes::default(),
            events: Some(Vec::new()),
        };
        Phone { terms, kept, on: POWER_ON }
    }

    /// Power goes and comes.
    pub fn power_cycle(&mut self) {
        self.on = POWER_ON;
    }

    /// Time passes, and nobody asks.
    pub fn pass(&mut self, seconds: u64) {
        self.on.seconds = self.on.seconds.saturating_add(seconds);
    }

    /// Seconds of use.
    pub fn uptime(&self) -> u64 {
        match self.on.began {
            Some(began) => self.on.seconds.saturating_add_signed(began),
            None => self.kept.uptime,
        }
    }

    /// What deadlines run on.
    pub fn clock(&self) -> u64 {
        self.uptime().saturating_add(self.kept.charges)
    }

    /// Whether it is the lender's still.
    pub fn is_enrolled(&self) -> bool {
        matches!(self.kept.phase, Phase::Unlocked | Phase::Locked)
    }

    /// The state that is shown: a release that is not stored covers the records,
    /// whatever becomes of them meanwhile.
    pub fn state(&self) -> State {
        if !self.on.held.is_empty() { State::Released } else { self.recorded() }
    }

    /// The state that the records tell.
    pub fn recorded(&self) -> State {
        let past = self.kept.deadline.is_some_and(|deadline| self.clock() >= deadline);
        match self.kept.phase {
            Phase::Unprovisioned => State::Unprovisioned,
            Phase::Unlocked if past => State::Locked,
            Phase::Unlocked => State::Unlocked,
            Phase::Locked => State::Locked,
            Phase::Released => State::Released,
            Phase::Spoilt { .. } => State::Fault,
        }
    }

    /// Adds to the last events.
    pub fn remember(&mut self, kind: EventKind) {
        let uptime = u32::try_from(self.uptime()).unwrap_or(u32::MAX);
        if let Some(events) = &mut self.kept.events {
            events.push(Event { kind, uptime });
            let surplus = events.len().saturating_sub(EVENTS);
            events.drain(..surplus);
        }
    }

    /// The records are read: the first time after power came, a power cut is charged.
    pub fn read(&mut self) {
        if !self.is_enrolled() {
            return;
        }
        if self.on.began.is_none() {
            if !self.kept.clean {
                self.kept.charges = self.kept.charges.saturating_add(UPTIME_STEP);
                self.remember(EventKind::PowerCut);
            }
            self.on.began = Some(self.kept.uptime.cast_signed());
        }
        if !self.on.known {
            self.kept.clean = false;
            self.on.known = true;
            // A sunset that has come needs no start.
            self.kept.begun = self.kept.begun.filter(|_| self.is_past_sunset());
        }
    }

    /// Somebody asks: the records are read, and what time brought is stored.
    pub fn ask(&mut self) {
        self.read();
        if !self.is_enrolled() {
            return;
        }
        let clock = self.clock();
        if self.is_past_sunset() {
            // Whatever else is held.
            self.release(EventKind::ReleasedBySunset);
        } else {
            // One is stored if it is of those who have a say, and else forgotten.
            let (lender, escrow) = (self.kept.lender, self.terms.escrow);
            self.on.held.retain(|held| match held {
                Held::Seal | Held::By(_, None) => true,
                Held::By(_, Some(key)) => *key == lender || escrow && *key == ESCROW,
            });
            let newest = self.on.held.iter().rev().find_map(|held| match held {
                Held::Seal => None,
                Held::By(kind, _) => Some(*kind),
            });
            if let Some(kind) = newest {
                self.release(kind);
            }
        }
        // What was seen to pass is stored as passed.
        let kept_clock = self.kept.uptime.saturating_add(self.kept.charges);
        let passes = |deadline| kept_clock < deadline && deadline <= clock;
        let is_past = self.kept.phase == Phase::Unlocked && self.kept.deadline.is_some_and(passes);
        let is_spent = self.window_at(self.kept.uptime).is_some() && self.window().is_none();
        if self.is_enrolled() && (is_past || is_spent) {
            self.store(false);
        }
    }

    /// Uptime is stored.
    pub fn store(&mut self, clean: bool) {
        self.kept.uptime = self.uptime();
        self.kept.clean = clean;
    }

    /// The phone is the owner's; nothing has to be held any more.
    pub fn release(&mut self, by: EventKind) {
        self.remember(by);
        self.kept.phase = Phase::Released;
        self.on.held.clear();
    }

    /// A tick: uptime is stored if as much was added as a power cut costs, and
    /// something is pending.
    ///
    /// # Errors
    /// At a fault.
    pub fn tick(&mut self) -> Answer {
        self.ask();
        let kept_clock = self.kept.uptime.saturating_add(self.kept.charges);
        let pending = self.sunset().is_some()
            || self.window_at(self.kept.uptime).is_some()
            || self.kept.deadline.is_some_and(|deadline| kept_clock < deadline)
            || self.kept.uptime < self.kept.codes.wait_until;
        if self.is_enrolled() && pending && self.uptime() - self.kept.uptime >= UPTIME_STEP {
            self.store(false);
        }
        self.heard()
    }

    fn heard(&self) -> Answer {
        match self.recorded() {
            State::Fault => Err(Refusal::Fault),
            _ => self.done(Outcome::Applied),
        }
    }

    /// A clean shutdown is announced.
    ///
    /// # Errors
    /// At a fault.
    pub fn shutdown(&mut self) -> Answer {
        self.ask();
        let news = self.uptime() > self.kept.uptime || !self.kept.clean;
        let clean = self.on.shutdowns < SHUTDOWNS;
        // The fifth only takes the mark away.
        if self.is_enrolled() && news && (clean || self.kept.clean) {
            self.on.shutdowns += 1;
            self.store(clean);
        }
        self.heard()
    }

    /// At what uptime the phone releases itself.
    pub fn sunset(&self) -> Option<u64> {
        self.terms.sunset.map(|days| u64::from(days) * DAY)
    }

    fn is_past_sunset(&self) -> bool {
        self.sunset().is_some_and(|sunset| self.uptime() >= sunset)
    }

    /// From when on a notice that runs allows a lock, and until when.
    pub fn window(&self) -> Option<(u64, u64)> {
        self.window_at(self.uptime())
    }

    fn window_at(&self, uptime: u64) -> Option<(u64, u64)> {
        let from = self.kept.notice?.saturating_add(u64::from(NOTICE));
        let until = from.saturating_add(NOTICE_WINDOW);
        (uptime < until).then_some((from, until))
    }
}
