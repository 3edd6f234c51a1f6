//! The lock and the model of its rules agree at every step, and the named
//! properties hold: in long random sequences, and in every sequence of six steps.

use std::cell::Cell;

use paylatch_proto::hotline::{Action, Mistyped};
use paylatch_proto::limits::{DAY, HOTLINE_WAIT};
use paylatch_proto::state::{Reason, State};
use paylatch_rig::bench::{BUYER, NOTICE};
use paylatch_rig::codes::Typed;
use paylatch_rig::model::message::{Made, Message, Order};
use paylatch_rig::model::phone::Terms;
use paylatch_rig::model::properties::of_phone;
use paylatch_rig::model::random::{Move, moves, terms};
use paylatch_rig::model::sequences::{Covered, explore};
use paylatch_rig::model::step::Step;
use paylatch_rig::model::trial::Trial;
use paylatch_rig::prove;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};

// ---- random sequences -----------------------------------------------------

/// The longest random sequence, in steps.
const LONGEST: usize = 60;

/// Does the moves; a failure tells the steps that they were.
fn run(terms: Terms, moves: &[Move]) -> Result<u64, String> {
    let mut trial = Trial::new(terms);
    let mut taken = Vec::new();
    let enrol = Move::Step(Step::Enrol);
    for each in [&enrol].into_iter().chain(moves) {
        let step = each.step(trial.phone());
        taken.push(format!("  {step:?}\n"));
        trial
            .step(&step)
            .and_then(|()| of_phone(&trial))
            .map_err(|e| format!("{terms:?}\n{}{e}", taken.concat()))?;
    }
    Ok(moves.len() as u64)
}

/// Random numbers of its own each time at length, else always the same; what
/// once failed is tried first.
#[test]
fn random_sequences() {
    let cases = prove::by_length(400, 20_000);
    let regressions = FileFailurePersistence::Direct("proptest-regressions/model.txt");
    let config =
        Config { cases, failure_persistence: Some(Box::new(regressions)), ..Config::default() };
    let mut runner = if prove::at_length() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
    };
    let (sequences, steps) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&(terms(), moves(LONGEST)), |(terms, moves)| {
        steps.set(steps.get() + run(terms, &moves).map_err(TestCaseError::fail)?);
        sequences.set(sequences.get() + 1);
        Ok(())
    });
    let failed = match result {
        Ok(()) => vec![],
        Err(TestError::Fail(reason, _)) => vec![reason.to_string()],
        Err(error) => vec![error.to_string()],
    };
    println!("random sequences: {} steps", steps.get());
    prove::report("random sequences", sequences.get(), cases.into(), &failed);
    assert!(steps.get() >= u64::from(cases) * LONGEST as u64 / 3, "they are too short");
}

// ---- every sequence ---------------------------------------------------------

fn lender(order: Order, sequence: u64) -> Step {
    Step::Hand(Message::new(order, sequence))
}

fn cut_in(step: Step, writes: u32) -> Step {
    Step::CutIn(Box::new(step), writes)
}

const LOCK: Order = Order::Lock(Reason::PaymentOverdue);
const SALE: Order = Order::Rekey { to: BUYER, proven: true };

/// Messages old, new and of the same number, time, power, and a step cut off;
/// for a phone whose last number is `last`.
fn orders(last: u64) -> Vec<Step> {
    let buyers = Message { signer: BUYER, ..Message::new(Order::Unlock, last + 5) };
    vec![
        lender(Order::Notice, last + 1),
        lender(LOCK, last + 2),
        lender(Order::Unlock, last + 3),
        lender(Order::UnlockFor(NOTICE / 2), last + 3),
        lender(Order::Notice, last + 4),
        lender(SALE, last + 4),
        lender(LOCK, last + 5),
        Step::Hand(buyers),
        lender(Order::Release, 0),
        Step::Pass(NOTICE.into()),
        Step::Tick,
        Step::Shutdown,
        Step::Cut,
        cut_in(lender(Order::Unlock, last + 3), 1),
    ]
}

/// What a factory, a forger and a lender hand in.
fn beginnings() -> Vec<Step> {
    let forged = Message { made: Made::ByAStranger, ..Message::new(Order::Unlock, 3) };
    vec![
        Step::Enrol,
        Step::EnrolAgain,
        Step::Seal,
        cut_in(Step::Enrol, 2),
        cut_in(Step::Enrol, 6),
        cut_in(Step::Seal, 3),
        Step::Hand(Message::escrow_release()),
        lender(Order::Notice, 1),
        lender(LOCK, 2),
        Step::Hand(forged),
        Step::Pass(NOTICE.into()),
        Step::Shutdown,
        Step::Cut,
    ]
}

/// A sunset in place of an escrow, sales and contact records.
fn to_the_sunset() -> Vec<Step> {
    vec![
        lender(Order::Notice, 1),
        lender(LOCK, 2),
        lender(Order::UnlockFor(DAY as u32), 3),
        lender(Order::Unlock, 4),
        lender(SALE, 4),
        lender(Order::Contact(1), 1),
        cut_in(lender(SALE, 4), 2),
        Step::Hand(Message::escrow_release()),
        Step::Pass(NOTICE.into()),
        Step::Pass(DAY - u64::from(NOTICE) - 1),
        Step::Pass(1),
        Step::Ask,
        Step::Shutdown,
        Step::Cut,
    ]
}

fn after(terms: Terms, steps: &[Step]) -> Trial {
    let mut trial = Trial::new(terms);
    for step in steps {
        trial.step(step).unwrap();
    }
    trial
}

const ESCROW: Terms = Terms { escrow: true, sunset: None };
const SUNSET: Terms = Terms { escrow: false, sunset: Some(1) };

/// All sequences of six of the steps, or of `bounded` where not at length.
fn every(name: &str, start: Trial, steps: &[Step], bounded: u32) -> Covered {
    let length = prove::by_length(bounded, 6);
    let (covered, failed) = match explore(start, steps, length) {
        Ok(covered) => (covered, vec![]),
        Err(e) => (Covered::default(), vec![e]),
    };
    let Covered { sequences, steps: done, phones } = covered;
    println!("{name}: {done} steps of {phones} phones, where sequences that met were merged");
    let name = format!("every sequence of {length} steps, {name}");
    prove::report(&name, sequences, (steps.len() as u64).pow(length), &failed);
    covered
}

#[test]
fn every_sequence_from_enrolled() {
    let covered = every("from enrolled", after(ESCROW, &[Step::Enrol]), &orders(0), 6);
    assert!(covered.steps >= 90_000, "the phones were merged too well");
}

#[test]
fn every_sequence_from_the_factory() {
    every("from the factory", Trial::new(ESCROW), &beginnings(), 4);
}

#[test]
fn every_sequence_from_locked() {
    let pass = Step::Pass(NOTICE.into());
    let start = [Step::Enrol, lender(Order::Notice, 1), pass, lender(LOCK, 2)];
    let start = after(ESCROW, &start);
    assert_eq!(start.phone().state(), State::Locked);
    every("from locked", start, &orders(2), 4);
}

/// Codes right and wrong, what they wait for, and what makes them worthless.
fn codes(last: u64) -> Vec<Step> {
    let right = Step::Code(Typed::Right(Action::Day));
    let wrong = Step::Code(Typed::Wrong(Action::Day));
    vec![
        right.clone(),
        Step::Code(Typed::Right(Action::Week)),
        wrong.clone(),
        Step::Code(Typed::Lengthened),
        Step::Code(Typed::Slip(Mistyped::Second)),
        cut_in(right.clone(), 1),
        cut_in(right, 2),
        cut_in(wrong, 1),
        lender(Order::UnlockFor(NOTICE), last + 1),
        lender(Order::Unlock, last + 2),
        Step::Pass(HOTLINE_WAIT - 1),
        Step::Pass(1),
        Step::Pass(DAY),
        Step::Shutdown,
        Step::Cut,
    ]
}

#[test]
fn every_sequence_of_codes() {
    let pass = Step::Pass(NOTICE.into());
    let start = [Step::Enrol, lender(Order::Notice, 1), pass, lender(LOCK, 2)];
    every("of codes", after(ESCROW, &start), &codes(2), 4);
}

#[test]
fn every_sequence_from_released() {
    let start = after(ESCROW, &[Step::Enrol, lender(Order::Release, 0)]);
    every("from released", start, &orders(0), 6);
}

#[test]
fn every_sequence_from_sealed() {
    every("from sealed", after(ESCROW, &[Step::Seal]), &beginnings(), 6);
}

#[test]
fn every_sequence_to_the_sunset() {
    every("to the sunset", after(SUNSET, &[Step::Enrol]), &to_the_sunset(), 4);
}
