//! What the model takes a step for: what comes of it, and what can come of it
//! while the storage fails.

use paylatch_proto::api::Outcome;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;

use super::phone::{Held, Phase, Phone};
use super::step::Step;
use crate::bench::Answer;

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

/// What can come of a step: an answer, and the phone after it.
pub fn reactions(world: &Phone, step: &Step, troubled: bool) -> Vec<(Option<Answer>, Phone)> {
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
    // Where nothing can be read, the voucher proves who has no say.
    let refused = match step {
        Step::Recover(release, with_sales) => {
            let sales: &[_] = if *with_sales { &world.kept.sales } else { &[] };
            world.proves(sales, release).err().map(Err)
        }
        _ => None,
    };
    let nothing_said = answer.is_none_or(|answer| answer.is_err());
    for phone in [world.clone(), read, asked, done.clone()] {
        for shutdowns in [phone.on.shutdowns, done.on.shutdowns] {
            for known in [phone.on.known, false] {
                let mut phone = phone.clone();
                (phone.on.shutdowns, phone.on.known) = (shutdowns, known);
                // What was not accepted may have left any of these.
                if nothing_said {
                    all.push((answer, phone.clone()));
                }
                if refused.is_some() {
                    all.push((refused, phone.clone()));
                }
                if answer.is_some() {
                    all.push((Some(Err(Refusal::Fault)), phone.clone()));
                    all.push((Some(Err(Refusal::NotStored)), phone.clone()));
                }
                // A release that is not stored, or not known to be.
                for held in [world.on.held, held].into_iter().flatten() {
                    phone.on.held = Some(held).filter(|_| phone.kept.phase != Phase::Released);
                    if nothing_said {
                        all.push((answer, phone.clone()));
                    }
                    if answer.is_some() {
                        all.push((Some(UNTIL_POWER_OFF), phone.clone()));
                    }
                }
            }
        }
    }
    all
}

const UNTIL_POWER_OFF: Answer = Ok((Outcome::ReleasedUntilPowerOff, State::Released));

/// The release that a phone may hold after a step that it could not store, instead
/// of one that it held already: a key's word may be stored later, the OEM's may not.
fn holds(world: &Phone, done: &Phone, step: &Step) -> Option<Held> {
    match step {
        Step::Seal if world.on.held.is_some() => return None,
        Step::Seal => return Some(Held::Seal),
        Step::Recover(release, with_sales) => {
            let sales: &[_] = if *with_sales { &world.kept.sales } else { &[] };
            if let Ok(kind) = world.proves(sales, release) {
                return Some(Held::By(kind, Some(release.signer)));
            }
        }
        _ => {}
    }
    let released = |phone: &Phone| phone.kept.phase == Phase::Released;
    let last = done.kept.events.as_ref().and_then(|events| events.last());
    match step {
        _ if !released(done) || released(world) => None,
        Step::Hand(release) => {
            // The events of a damaged record are lost.
            let by = || world.proves(&world.kept.sales, release).ok();
            let kind = last.map(|event| event.kind).or_else(by);
            kind.map(|kind| Held::By(kind, Some(release.signer)))
        }
        _ => last.map(|event| Held::By(event.kind, None)),
    }
}
