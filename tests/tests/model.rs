//! The lock and the model of its rules agree, and the named properties hold: in
//! long random sequences, and in every sequence of a few steps.

use std::cell::Cell;

use paylatch_tests::model::phone::Terms;
use paylatch_tests::model::random::{Move, moves, terms};
use paylatch_tests::model::trial::{Step, Trial};
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};

/// Whether the long version is asked for.
fn prove() -> bool {
    std::env::var_os("PAYLATCH_PROVE").is_some_and(|value| value == "1")
}

fn run(terms: Terms, moves: &[Move]) -> Result<usize, String> {
    let mut trial = Trial::new(terms);
    let mut taken = Vec::new();
    trial.step(&Step::Enrol)?;
    for each in moves {
        let step = each.step(trial.phone());
        taken.push(step.clone());
        trial.step(&step).map_err(|e| {
            let taken = taken.iter().map(|s| format!("  {s:?}\n")).collect::<String>();
            format!("{terms:?}\n{taken}{e}")
        })?;
    }
    Ok(moves.len())
}

#[test]
fn random() {
    let cases = if prove() { 20_000 } else { 400 };
    let config = Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "regressions/model.txt",
        ))),
        ..Config::default()
    };
    let mut runner = if prove() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
    };
    let steps = Cell::new(0);
    let result = runner.run(&(terms(), moves(60)), |(terms, moves)| {
        steps.set(steps.get() + run(terms, &moves).map_err(TestCaseError::fail)?);
        Ok(())
    });
    if let Err(e) = result {
        match e {
            TestError::Fail(reason, _) => panic!("{reason}"),
            e => panic!("{e}"),
        }
    }
    println!("prove: random sequences: {cases} cases, 0 failed ({} steps)", steps.get());
}
