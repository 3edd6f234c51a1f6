//! Every target stands its committed corpus and the seeds.

use paylatch_fuzz::{TARGETS, corpus, seeds};

/// How many inputs each target's corpus has at least.
const FLOORS: [(&str, usize); 4] =
    [("wire", 500), ("records", 200), ("commands", 200), ("sequences", 200)];

#[test]
fn every_target_stands_its_corpus() {
    for ((target, run), (name, floor)) in TARGETS.into_iter().zip(FLOORS) {
        assert_eq!(target, name);
        let inputs = corpus::read(target).unwrap();
        assert!(inputs.len() >= floor, "{target}: only {} inputs, not {floor}", inputs.len());
        for (i, input) in inputs.iter().chain(&seeds::of(target)).enumerate() {
            // A panic that follows is of this one.
            println!("{target}, input {i}: {input:02x?}");
            run(input);
        }
    }
}
