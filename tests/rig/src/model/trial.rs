//! One step of the lock and of the model, which must agree.
//!
//! A failing storage leaves open what became of a step. The model then goes on
//! with every phone that this one can be (*worlds*), and the lock has to be one
//! of them: what it shows once the storage is honest again decides which.

use std::rc::Rc;

use paylatch_proto::api::Request;
use paylatch_proto::state::State;

use super::message::Texts;
use super::phone::{Phone, Terms};
use super::properties::{self, Evidence};
use super::step::{Spoilt, Step};
use super::view::{View, after_a_cut, difference, look};
use super::worlds::reactions;
use crate::bench::{Answer, Bench, Enrolment, PHONE};

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

    /// Does a step to both; the lock's answer.
    ///
    /// # Errors
    /// Says what they do not agree on.
    pub fn agree(&mut self, step: &Step) -> Result<Option<Answer>, String> {
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
                // Whatever a failing storage makes of it, and whatever is held.
                if after_a_cut(bench).state() == State::Unprovisioned {
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
            Step::Code(typed) => {
                let groups = bench.code(*typed);
                return Some(bench.hotline(groups));
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
