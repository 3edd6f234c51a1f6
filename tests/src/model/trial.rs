//! One step of the lock and of the model, which must agree.
//!
//! A failing storage leaves open what became of a step. The model then goes on
//! with every phone that this one can be (*worlds*), and the lock has to be one
//! of them: what it shows once the storage is honest again decides which.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::rc::Rc;

use paylatch_proto::api::{Enrolment as Enrolled, Outcome, Request};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{Fault, State};

use super::message::Message;
use super::phone::{Held, Phase, Phone, Terms, View};
use super::properties::{self, Evidence};
use crate::bench::medium::Trouble;
use crate::bench::{Answer, Bench, Enrolment, PHONE};

/// Something that happens to a phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A message is handed in.
    Hand(Message),
    /// Its voucher is handed in.
    Enrol,
    /// Another voucher for this phone is handed in, once it has one.
    EnrolAgain,
    /// A seal is handed in.
    Seal,
    /// A release is handed in with the voucher and, or not, the sales so far.
    Recover(Message, bool),
    /// Somebody asks for the state.
    Ask,
    /// The OS says that time passes.
    Tick,
    /// The OS announces a clean shutdown.
    Shutdown,
    /// Time passes, in seconds of use.
    Pass(u64),
    /// Power is cut and comes back; from then on the storage is honest.
    Cut,
    /// Power is cut after so many writes of a step, and comes back.
    CutIn(Box<Step>, u32),
    /// The storage fails, from now on.
    Fail(Trouble),
    /// The storage is honest again.
    Honest,
    /// Records of an enrolled phone are spoilt while it is off.
    Spoil(Spoilt),
}

/// Which records are spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// The state is damaged.
    State,
    /// The state is gone.
    NoState,
    /// All keys are damaged.
    Keys,
    /// State and keys are damaged.
    All,
}

impl Spoilt {
    /// What the phone then says, and whether keys can be read.
    fn fault(self) -> (Fault, bool) {
        match self {
            Spoilt::State => (Fault::StateCorrupt, true),
            Spoilt::NoState => (Fault::StateMissing, true),
            Spoilt::Keys => (Fault::KeysCorrupt, false),
            Spoilt::All => (Fault::StateCorrupt, false),
        }
    }
}

/// What messages are, in bytes.
pub struct Texts {
    enrolment: Enrolment,
    made: RefCell<HashMap<Message, Rc<[u8]>>>,
}

impl Texts {
    /// For a phone of this enrolment.
    pub fn new(enrolment: Enrolment) -> Rc<Texts> {
        Rc::new(Texts { enrolment, made: RefCell::default() })
    }

    /// `body ‖ signature`.
    pub fn of(&self, message: &Message) -> Rc<[u8]> {
        let mut made = self.made.borrow_mut();
        let text = made.entry(*message).or_insert_with(|| message.bytes(&self.enrolment).into());
        Rc::clone(text)
    }
}

/// The lock, and what the model takes it for.
#[derive(Clone)]
pub struct Trial {
    /// The lock.
    pub bench: Bench,
    /// What it can be; one, but for a storage that fails.
    pub worlds: Vec<Phone>,
    /// What the lock shows with an honest storage, and after a power cut.
    pub seen: [View; 2],
    /// Its messages.
    pub texts: Rc<Texts>,
}

impl Trial {
    /// Fresh from the factory.
    pub fn new(terms: Terms) -> Trial {
        let enrolment = Enrolment::new(&PHONE, terms.escrow, terms.sunset);
        let texts = Texts::new(enrolment.clone());
        let bench = Bench::fresh(enrolment);
        let seen = [look(&bench), look(&bench)];
        Trial { bench, worlds: vec![Phone::fresh(terms)], seen, texts }
    }

    /// Whether nothing that can happen to both will ever tell them apart.
    pub fn is_same(&self, other: &Trial) -> bool {
        self.bench == other.bench && self.worlds == other.worlds
    }

    /// The model's phone, or one of them.
    pub fn phone(&self) -> &Phone {
        &self.worlds[0]
    }

    /// Whether the storage fails.
    pub fn is_troubled(&mut self) -> bool {
        self.bench.medium().trouble.is_some()
    }

    /// Does a step to both, and checks what must hold of it.
    ///
    /// # Errors
    /// Says what they do not agree on, or what property does not hold.
    pub fn step(&mut self, step: &Step) -> Result<(), String> {
        let before = self.clone();
        let answer = self.agree(step)?;
        properties::of_step(&Evidence { before: &before, step, answer, after: self })
    }

    fn agree(&mut self, step: &Step) -> Result<Option<Answer>, String> {
        let troubled = self.is_troubled();
        let answer = self.do_step(step);
        let mut worlds: Vec<Phone> = Vec::new();
        let mut expected = Vec::new();
        for world in &self.worlds {
            for (reaction, phone) in reactions(world, step, troubled) {
                if answer == reaction && !worlds.contains(&phone) {
                    worlds.push(phone);
                }
                if !expected.contains(&reaction) {
                    expected.push(reaction);
                }
            }
        }
        if worlds.is_empty() {
            return Err(format!("agreement: the answer is {answer:?}, not {expected:?}"));
        }
        let seen = [look(&self.bench), look(&after_a_cut(&self.bench))];
        let mut differs = String::new();
        worlds.retain(|world| {
            let mut cut = world.clone();
            cut.power_cycle();
            let shown = [world.clone().view(), cut.view()];
            let differences: String = ["now", "after a power cut"]
                .iter()
                .zip(shown.iter().zip(&seen))
                .map(|(when, (expected, seen))| difference(when, expected, seen))
                .collect();
            if differs.is_empty() || differences.lines().count() < differs.lines().count() {
                differs.clone_from(&differences);
            }
            differences.is_empty()
        });
        if worlds.is_empty() {
            return Err(format!("agreement: the lock is otherwise than the model:\n{differs}"));
        }
        if self.is_troubled() {
            let state = self.bench.clone().state();
            let mut states =
                worlds.iter().flat_map(|world| [world.state(), world.clone().view().state]);
            if state != State::Fault && !states.any(|of_world| of_world == state) {
                return Err(format!("agreement: {state:?} while the storage fails"));
            }
        }
        (self.worlds, self.seen) = (worlds, seen);
        Ok(answer)
    }

    /// Does a step to the lock alone.
    pub fn do_step(&mut self, step: &Step) -> Option<Answer> {
        let bench = &mut self.bench;
        match step {
            Step::Hand(message) => return Some(bench.apply(&self.texts.of(message))),
            Step::Enrol => return Some(bench.enrol()),
            Step::EnrolAgain => {
                if bench.clone().state() == State::Unprovisioned {
                    return None;
                }
                let other = Enrolment::new(&PHONE, true, Some(4_711)).voucher;
                let request = Request::Enrol { nonce: Default::default(), voucher: &other };
                return Some(bench.ask(&request));
            }
            Step::Seal => return Some(bench.seal()),
            Step::Recover(release, with_sales) => {
                let sales = self.worlds[0].kept.sales.iter();
                let sales: Vec<_> =
                    sales.filter(|_| *with_sales).map(|sale| self.texts.of(sale)).collect();
                let sales: Vec<&[u8]> = sales.iter().map(|sale| &**sale).collect();
                return Some(bench.recover(&sales, &self.texts.of(release)));
            }
            Step::Ask => {
                bench.state();
            }
            Step::Tick => return Some(bench.ask(&Request::Tick)),
            Step::Shutdown => return Some(bench.ask(&Request::Shutdown)),
            Step::Pass(seconds) => bench.medium().seconds += seconds,
            Step::Cut => bench.power_cut(),
            Step::CutIn(step, writes) => {
                bench.medium().honest();
                bench.cut_after(*writes);
                self.do_step(step);
                self.bench.power_cut();
            }
            Step::Fail(trouble) => bench.medium().trouble = Some(*trouble),
            Step::Honest => bench.medium().honest(),
            Step::Spoil(spoilt) => {
                bench.power_cut();
                if self.worlds.iter().all(Phone::is_enrolled) {
                    self.spoil(*spoilt);
                }
            }
        }
        None
    }

    fn spoil(&mut self, spoilt: Spoilt) {
        let medium = self.bench.medium();
        match spoilt {
            Spoilt::State | Spoilt::All => medium.damage("state"),
            Spoilt::NoState => drop(medium.records.remove("state")),
            Spoilt::Keys => {}
        }
        if matches!(spoilt, Spoilt::Keys | Spoilt::All) {
            medium.damage("keys.0");
            medium.damage("keys.1");
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
fn difference(when: &str, expected: &View, seen: &View) -> String {
    let mut lines = String::new();
    let mut compare = |what: &str, expected: &dyn Debug, seen: &dyn Debug| {
        let (expected, seen) = (format!("{expected:?}"), format!("{seen:?}"));
        if expected != seen {
            lines += &format!("  {when}, {what}: expected {expected}, seen {seen}\n");
        }
    };
    compare("state", &expected.state, &seen.state);
    compare("detail", &expected.detail, &seen.detail);
    compare("seconds", &expected.seconds, &seen.seconds);
    compare("contact", &expected.contact, &seen.contact);
    if expected.events.is_some() {
        compare("events", &expected.events, &seen.events);
    }
    if let Some((uptime, enrolment)) = &expected.enrolled {
        compare("uptime", &Some(uptime), &seen.enrolled.as_ref().map(|(uptime, _)| uptime));
        let seen = seen
            .enrolled
            .as_ref()
            .map(|(_, seen)| Enrolled { voucher: enrolment.voucher, ..*seen });
        compare("enrolment", &Some(enrolment), &seen.as_ref());
    }
    lines
}

/// What the model answers; `None` where there is no answer.
fn take(phone: &mut Phone, step: &Step) -> Option<Answer> {
    match step {
        Step::Hand(message) => return Some(phone.apply(message)),
        Step::Enrol => return Some(phone.enrol(false)),
        Step::EnrolAgain if phone.state() == State::Unprovisioned => {}
        Step::EnrolAgain => return Some(phone.enrol(true)),
        Step::Seal => return Some(phone.seal()),
        Step::Recover(release, with_sales) => {
            let sales = if *with_sales { phone.kept.sales.clone() } else { Vec::new() };
            return Some(phone.recover(&sales, release));
        }
        Step::Ask => phone.ask(),
        Step::Tick => return Some(phone.tick()),
        Step::Shutdown => return Some(phone.shutdown()),
        Step::Pass(seconds) => phone.pass(*seconds),
        Step::Cut => phone.power_cycle(),
        Step::CutIn(step, _) => {
            take(phone, step);
            phone.power_cycle();
        }
        Step::Fail(_) | Step::Honest => {}
        Step::Spoil(spoilt) => {
            phone.power_cycle();
            if phone.is_enrolled() {
                let (fault, keys) = spoilt.fault();
                phone.kept.phase = Phase::Spoilt { fault, keys };
            }
        }
    }
    None
}

/// What can come of a step.
fn reactions(world: &Phone, step: &Step, troubled: bool) -> Vec<(Option<Answer>, Phone)> {
    let mut done = world.clone();
    let answer = take(&mut done, step);
    let mut all = vec![(answer, done.clone())];
    let (mut read, mut asked) = (world.clone(), world.clone());
    read.read();
    asked.ask();
    if let Step::CutIn(..) = step {
        // Nothing of it, what any question stores, or all.
        for mut phone in [world.clone(), read, asked] {
            phone.power_cycle();
            all.push((None, phone));
        }
        return all;
    }
    if !troubled
        || matches!(step, Step::Pass(_) | Step::Cut | Step::Fail(_) | Step::Honest | Step::Spoil(_))
    {
        return all;
    }
    let held = holds(world, &done, step);
    for phone in [world.clone(), read, asked, done.clone()] {
        for shutdowns in [phone.on.shutdowns, done.on.shutdowns] {
            for known in [phone.on.known, false] {
                let mut phone = phone.clone();
                (phone.on.shutdowns, phone.on.known) = (shutdowns, known);
                // What was not accepted may have left any of these.
                if answer.is_none_or(|answer| answer.is_err()) {
                    all.push((answer, phone.clone()));
                }
                if answer.is_some() {
                    all.push((Some(Err(Refusal::Fault)), phone.clone()));
                    all.push((Some(Err(Refusal::NotStored)), phone.clone()));
                }
                // A release that is not stored, or not known to be.
                if let Some(held) = held {
                    phone.on.held = Some(held).filter(|_| phone.kept.phase != Phase::Released);
                    all.push((answer, phone.clone()));
                    if answer.is_some() {
                        all.push((Some(UNTIL_POWER_OFF), phone));
                    }
                }
            }
        }
    }
    all
}

const UNTIL_POWER_OFF: Answer = Ok((Outcome::ReleasedUntilPowerOff, State::Released));

/// The release that a phone may hold after a step that it could not store.
fn holds(world: &Phone, done: &Phone, step: &Step) -> Option<Held> {
    match step {
        _ if world.on.held.is_some() => return world.on.held,
        Step::Seal => return Some(Held::Seal),
        Step::Recover(release, with_sales) => {
            let sales = world.kept.sales.iter().copied().filter(|_| *with_sales);
            if let Ok(kind) = world.proves(&sales.collect::<Vec<_>>(), release) {
                return Some(Held::By(kind, Some(release.signer)));
            }
        }
        _ => {}
    }
    let released = |phone: &Phone| phone.kept.phase == Phase::Released;
    let last = done.kept.events.as_ref().and_then(|events| events.last());
    match step {
        _ if !released(done) || released(world) => None,
        Step::Hand(release) => last.map(|event| Held::By(event.kind, Some(release.signer))),
        _ => last.map(|event| Held::By(event.kind, None)),
    }
}
