//! What a phone shows, by the model and by the lock.

use std::fmt::Debug;

use paylatch_proto::api::{Enrolment, Event, Hotline, Notice};
use paylatch_proto::contact::Contact;
use paylatch_proto::sign;
use paylatch_proto::state::{
    DETAIL_DEADLINE_PASSED, DETAIL_UNTIL_POWER_OFF, NO_CHANGE, Reason, State,
};

use super::phone::{Phase, Phone};
use crate::bench::{self, Bench, ESCROW};

/// What a phone shows to whoever asks. Of a phone that is not enrolled nothing
/// but the state and its events is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub state: State,
    /// The word beside it.
    pub detail: u32,
    /// Seconds of use until it changes by itself.
    pub seconds: u32,
    /// Uptime and enrolment.
    pub enrolled: Option<(u64, Enrolment)>,
    /// The contact record while enrolled.
    pub contact: Option<Contact>,
    /// The last events, where they are known.
    pub events: Option<Vec<Event>>,
}

impl View {
    /// What it shows of hotline codes.
    pub fn codes(&self) -> Option<Hotline> {
        self.enrolled.as_ref().and_then(|(_, enrolment)| enrolment.hotline)
    }

    /// The same with this in its place.
    #[must_use]
    pub fn with_codes(mut self, codes: Hotline) -> View {
        if let Some((_, enrolment)) = &mut self.enrolled {
            enrolment.hotline = Some(codes);
        }
        self
    }
}

impl Phone {
    /// What it shows; who looks, asks.
    pub fn view(&mut self) -> View {
        self.ask();
        let state = self.state();
        let enrolled = self.is_enrolled() && self.on.held.is_empty();
        let spoilt = matches!(self.kept.phase, Phase::Spoilt { .. });
        let uptime = self.uptime();
        let notice = self.window().map(|(from, until)| Notice {
            lock_in: from.saturating_sub(uptime),
            ends_in: until.saturating_sub(uptime),
        });
        let deadline_in = self.kept.deadline.map(|deadline| deadline.saturating_sub(self.clock()));
        let sunset_in = self.sunset().map(|sunset| sunset.saturating_sub(uptime));
        let detail = match (self.kept.phase, state) {
            _ if !self.on.held.is_empty() => DETAIL_UNTIL_POWER_OFF,
            (Phase::Spoilt { fault, .. }, _) => fault.code(),
            (Phase::Unlocked, State::Locked) => DETAIL_DEADLINE_PASSED,
            (_, State::Locked) => self.kept.reason.map_or(0, Reason::code),
            _ => 0,
        };
        let seconds = match state {
            State::Unlocked => {
                [deadline_in, sunset_in, notice.map(|n| n.lock_in)].into_iter().flatten().min()
            }
            State::Locked => sunset_in,
            _ => None,
        };
        let seconds = seconds.map_or(NO_CHANGE, |s| u32::try_from(s).unwrap_or(NO_CHANGE - 1));
        let enrolment = Enrolment {
            // Not the model's to know: the vectors have it.
            voucher: Default::default(),
            lender: sign::key_id(&self.kept.lender.public()).short(),
            escrow: self.terms.escrow.then(|| sign::key_id(&ESCROW.public()).short()),
            sequence: self.kept.last.map_or(0, |message| message.sequence),
            contact_sequence: self.kept.last_contact.map_or(0, |message| message.sequence),
            reason: self.kept.reason,
            notice,
            deadline_in,
            sunset_in,
            policy: bench::POLICY,
            hotline: self.kept.desk.then(|| Hotline {
                // Not the model's to know, either.
                challenge: 0,
                wait: self.kept.codes.wait_until.saturating_sub(uptime),
                tried: self.kept.codes.tried,
            }),
        };
        let contact = self.kept.contact.map_or_else(bench::first_contact, bench::contact);
        View {
            state,
            detail,
            seconds,
            enrolled: enrolled.then_some((uptime, enrolment)),
            contact: enrolled.then_some(contact),
            events: self.kept.events.clone().filter(|_| !spoilt),
        }
    }
}

/// The same phone after a power cut, with an honest storage.
pub fn after_a_cut(bench: &Bench) -> Bench {
    let mut cut = bench.clone();
    cut.power_cut();
    cut
}

/// The phones that a first question can leave behind, if power is cut in it: it
/// stores that power was cut before, and then that a deadline has passed.
pub fn asked(bench: &Bench) -> [Bench; 2] {
    let (mut at_once, mut now) = (bench.clone(), bench.clone());
    at_once.medium().seconds = 0;
    at_once.state();
    now.state();
    [at_once, now]
}

/// What the lock shows once its storage is honest; who looks leaves no trace.
pub fn look(bench: &Bench) -> View {
    let mut bench = bench.clone();
    bench.medium().honest();
    let words = bench.words();
    let state = bench.state();
    let status = bench.status();
    let enrolled = status.enrolment.filter(|_| matches!(state, State::Unlocked | State::Locked));
    let contact = enrolled.and_then(|_| bench.contact());
    View {
        state,
        detail: words.detail,
        seconds: words.seconds,
        enrolled: enrolled.map(|enrolment| (status.uptime, enrolment)),
        contact,
        events: (state != State::Fault).then(|| bench.history()),
    }
}

/// What the model knows and the lock shows otherwise, a line each.
pub fn difference(when: &str, expected: &View, seen: &View) -> String {
    let mut lines = String::new();
    let to = &mut lines;
    compare(to, when, "state", &expected.state, &seen.state);
    compare(to, when, "detail", &expected.detail, &seen.detail);
    compare(to, when, "seconds", &expected.seconds, &seen.seconds);
    compare(to, when, "contact", &expected.contact, &seen.contact);
    if expected.events.is_some() {
        compare(to, when, "events", &expected.events, &seen.events);
    }
    if let Some((uptime, enrolment)) = &expected.enrolled {
        let seen = seen.enrolled.as_ref();
        compare(to, when, "uptime", &Some(uptime), &seen.map(|(uptime, _)| uptime));
        let seen = seen.map(|(_, seen)| Enrolment {
            voucher: enrolment.voucher,
            hotline: seen.hotline.map(|hotline| Hotline { challenge: 0, ..hotline }),
            ..*seen
        });
        compare(to, when, "enrolment", &Some(enrolment), &seen.as_ref());
    }
    lines
}

fn compare<T>(lines: &mut String, when: &str, what: &str, expected: &T, seen: &T)
where
    T: PartialEq + Debug,
{
    if expected != seen {
        *lines += &format!("  {when}, {what}: expected {expected:?}, seen {seen:?}\n");
    }
}
