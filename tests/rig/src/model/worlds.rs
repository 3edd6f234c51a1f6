//! What the model takes a step for: what comes of it, and what can come of it
//! while the storage fails.

use paylatch_proto::api::{EventKind, Outcome};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;

use super::message::Order;
use super::phone::{Held, Phase, Phone};
use super::step::Step;
use crate::bench::Answer;
use crate::codes::Typed;

/// What the model answers; `None` where there is no answer.
fn take(phone: &mut Phone, step: &Step) -> Option<Answer> {
    match step {
        Step::Hand(message) => return Some(phone.apply(message)),
        Step::Enrol => return Some(phone.enrol(false)),
        Step::EnrolAgain if phone.recorded() == State::Unprovisioned => {}
        Step::EnrolAgain => return Some(phone.enrol(true)),
        Step::Seal => return Some(phone.seal()),
        Step::Recover(release, with_sales) => {
            let sales = if *with_sales { phone.kept.sales.clone() } else { Vec::new() };
            return Some(phone.recover(&sales, release));
        }
        Step::Code(typed) => return Some(phone.code(*typed)),
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

/// What can come of a step: an answer, and the phone after it.
pub fn reactions(world: &Phone, step: &Step, troubled: bool) -> Vec<(Option<Answer>, Phone)> {
    let mut done = world.clone();
    let answer = take(&mut done, step);
    let mut all = vec![(answer, done.clone())];
    let (mut read, mut asked) = (world.clone(), world.clone());
    read.read();
    asked.ask();
    let mut partly = vec![world.clone(), read, asked];
    // What a sale that was begun left may be gone, and nothing else done.
    if world.kept.begun.is_some() {
        let mut phone = world.clone();
        phone.kept.begun = None;
        partly.push(phone);
    }
    // The buyer's keys are written first.
    if done.kept.sales.len() > world.kept.sales.len() {
        for mut phone in partly.clone() {
            phone.kept.begun = Some(done.kept.lender);
            partly.push(phone);
        }
    }
    // A code is counted before it is compared.
    let deed = if let Step::CutIn(inner, _) = step { inner } else { step };
    if let Step::Code(Typed::Right(action)) = deed {
        let mut phone = world.clone();
        if phone.code(Typed::Wrong(*action)) == Err(Refusal::WrongCode) {
            partly.push(phone);
        }
    }
    if let Step::CutIn(..) = step {
        // Nothing of it, what any question stores, or all.
        for mut phone in once_each(partly) {
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
    let refused: Vec<Answer> =
        proofs(world, step).into_iter().filter_map(|proof| proof.err()).map(Err).collect();
    // A wrong code was counted before.
    let wrong = Some(Err(Refusal::WrongCode));
    let nothing_said = answer.is_none_or(|answer| answer.is_err()) && answer != wrong;
    let announced = done.on.shutdowns;
    partly.push(done);
    let mut counted = Vec::new();
    for phone in partly {
        for shutdowns in [phone.on.shutdowns, announced] {
            for known in [phone.on.known, false] {
                let mut phone = phone.clone();
                (phone.on.shutdowns, phone.on.known) = (shutdowns, known);
                counted.push(phone);
            }
        }
    }
    for mut phone in once_each(counted) {
        // What was not accepted may have left any of these.
        if nothing_said {
            all.push((answer, phone.clone()));
        }
        all.extend(refused.iter().map(|refused| (Some(*refused), phone.clone())));
        if answer.is_some() {
            all.push((Some(Err(Refusal::Fault)), phone.clone()));
            all.push((Some(Err(Refusal::NotStored)), phone.clone()));
        }
        // A release that is not stored, or not known to be.
        let before = Some(&world.on.held).filter(|held| !held.is_empty()).cloned();
        for held in before.into_iter().chain(held.clone()) {
            phone.on.held = held;
            if phone.kept.phase == Phase::Released {
                phone.on.held.clear();
            }
            if nothing_said {
                all.push((answer, phone.clone()));
            }
            if answer.is_some() {
                all.push((Some(UNTIL_POWER_OFF), phone.clone()));
            }
        }
    }
    all
}

/// Different ones only: each costs time, and most steps change little.
fn once_each(phones: Vec<Phone>) -> Vec<Phone> {
    let mut different: Vec<Phone> = Vec::new();
    for phone in phones {
        if !different.contains(&phone) {
            different.push(phone);
        }
    }
    different
}

const UNTIL_POWER_OFF: Answer = Ok((Outcome::ReleasedUntilPowerOff, State::Released));

/// What a release comes to while the state can't be read: by the keys and, where they
/// can't be either, by the texts that are handed in with it.
fn proofs(world: &Phone, step: &Step) -> Vec<Result<EventKind, Refusal>> {
    let mut proofs = Vec::new();
    let (Step::Hand(release) | Step::Recover(release, _)) = step else { return proofs };
    if release.order != Order::Release {
        return proofs;
    }
    if let Step::Recover(_, with_sales) = step {
        let sales: &[_] = if *with_sales { &world.kept.sales } else { &[] };
        proofs.push(world.proves(sales, release));
    }
    if !matches!(world.kept.phase, Phase::Unprovisioned | Phase::Spoilt { keys: false, .. }) {
        proofs.push(world.proves_by_keys(release));
    }
    proofs
}

/// What a phone may hold after a step that it could not store: one release more.
fn holds(world: &Phone, done: &Phone, step: &Step) -> Vec<Vec<Held>> {
    let released = |phone: &Phone| phone.kept.phase == Phase::Released;
    let mut more = Vec::new();
    match step {
        Step::Seal => more.push(Held::Seal),
        Step::Hand(release) | Step::Recover(release, _) => {
            let by = |kind| Held::By(kind, Some(release.signer));
            more.extend(proofs(world, step).into_iter().flatten().map(by));
        }
        _ => {}
    }
    if released(done) && !released(world) {
        let last = done.kept.events.as_ref().and_then(|events| events.last());
        more.extend(last.map(|event| Held::By(event.kind, None)));
    }
    let with = |held: Held| {
        let mut all = world.on.held.clone();
        all.retain(|other| *other != held);
        all.push(held);
        all
    };
    more.into_iter().map(with).collect()
}
