//! Faults of the chip: the lock as it is compiled for the phone runs in an
//! emulator, and each instruction of it is skipped once, or each bit flipped.
//!
//! `paylatch-chip PROGRAM [NAME]`: tries the cases whose name has `NAME` in it;
//! with `PAYLATCH_PROVE=1` at length. `paylatch-chip PROGRAM --profile`: where the
//! instructions go that it takes to answer STATE and to apply a message.

mod cases;
mod faults;
mod forge;
mod machine;
mod phone;
mod profile;
mod program;
mod random;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use paylatch_rig::prove::{at_length, by_length};

use cases::{Case, Verdict};
use faults::{Fault, Which, skip};
use forge::Forgery;
use machine::{End, Machine};
use program::Program;
use random::Random;

/// Of the executions in field arithmetic, at length one in so many is skipped.
const FIELD: u64 = 500;
/// Of those that move or hash bytes, the same in each case, one in so many in all cases
/// of a kind but the first.
const BYTES: u64 = 10;
/// Of the lock's bits, one in so many is flipped before an altered unlock and before
/// what is genuine but not for this phone now: prime to 8, so that each bit has its turn.
const FLIPPED: [u64; 2] = [11, 41];

/// What was tried.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: paylatch-chip PROGRAM [NAME]; `make chip-test` builds and runs it");
        return ExitCode::FAILURE;
    };
    let only = arguments.next();
    let program = match Program::load(Path::new(&path)) {
        Ok(program) => Arc::new(program),
        Err(problem) => {
            eprintln!("paylatch-chip: {problem}");
            return ExitCode::FAILURE;
        }
    };
    if only.as_deref() == Some("--profile") {
        let good = cases::controls(&program).into_iter().map(|(case, _)| case);
        for case in cases::questions(&program).into_iter().chain(good) {
            profile::print(&program, &case.name, &case.run);
        }
        profile::print(&program, "p256 by itself", &cases::plain(&program, Forgery::Altered));
        return ExitCode::SUCCESS;
    }
    let mut tally = Tally::default();
    for (case, state) in cases::controls(&program) {
        let mut machine = Machine::new(&program);
        machine.restore(&case.run.before);
        let end = machine.run(case.run.entry);
        assert_eq!(case.judge(&mut machine, end), Verdict::Opened(state), "what is good is taken");
    }
    let wanted = |case: &Case| only.as_ref().is_none_or(|only| case.name.contains(only));
    let (three, few) = (Which::Three { one_in: 1 }, Which::Three { one_in: 10 });
    for (cases, most, rest, floor) in [
        (cases::questions(&program), three, three, 700),
        (cases::starts(&program), three, three, 30),
        (cases::forged_unlocks(&program), three, few, 1400),
        (cases::other_messages(&program), few, few, 1200),
        (cases::other_forgeries(&program), few, few, 1200),
        (cases::messages_to_a_locked_phone(&program), few, few, 1200),
        (cases::codes(&program), three, few, 300),
    ] {
        for (i, case) in cases.iter().enumerate().filter(|(_, case)| wanted(case)) {
            let which = match (at_length(), i) {
                (true, 0) => Which::Each { field: FIELD, bytes: 1 },
                (true, _) => Which::Each { field: FIELD, bytes: BYTES },
                (false, 0) => most,
                (false, _) => rest,
            };
            let judge = |machine: &mut Machine, end| case.judge(machine, end);
            let done = skip(&program, &case.run, which, &mut Random(1), &judge);
            done.check(&case.name);
            tally.take(&program, &case.name, floor, &done.faults);
        }
    }
    let [all, some] = by_length(FLIPPED, [1, 5]);
    for (cases, one_in) in [
        (cases::questions(&program), 1),
        (cases::starts(&program).drain(1..).collect(), 1),
        (cases::forged_unlocks(&program).drain(..1).collect(), all),
        (cases::other_messages(&program), some),
        (cases::codes(&program).drain(..1).collect(), some),
    ] {
        for case in cases.into_iter().filter(wanted) {
            let case = case.may_start_anew(&program);
            let judge = |machine: &mut Machine, end| case.judge(machine, end);
            let done = faults::flip(&program, &case.run, ("CHIP_LOCK", one_in), &judge);
            let floor = 12_500 / one_in as usize;
            tally.take(&program, &format!("a flipped bit, {}", case.name), floor, &done);
        }
    }
    if only.is_none() {
        compare(&program);
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Tally {
    /// Tells what came of a case.
    ///
    /// # Panics
    /// When fewer faults were tried than `floor`.
    fn take(&mut self, program: &Program, name: &str, floor: usize, done: &[Fault<Verdict>]) {
        let failed: Vec<_> = done.iter().filter(|fault| fault.verdict.is_failure()).collect();
        println!("prove: chip: {name}: {} cases, {} failed", done.len(), failed.len());
        let count = |kind| done.iter().filter(|fault| fault.verdict == kind).count();
        println!(
            "    refused {}, no answer {}, said only {}, spoilt {}",
            count(Verdict::Refused),
            count(Verdict::Broken),
            count(Verdict::Said),
            count(Verdict::Spoilt),
        );
        for fault in &failed {
            println!(
                "    {:?}: {} at {}",
                fault.verdict,
                fault.number,
                program.place(fault.address)
            );
        }
        assert!(done.len() >= floor, "{name}: only {} faults were tried, not {floor}", done.len());
        self.failed += failed.len();
        self.passed += done.len() - failed.len();
    }
}

/// The same of the library's own check of a signature, which is not hardened:
/// what the tool would find.
///
/// # Panics
/// When it finds nothing.
fn compare(program: &Arc<Program>) {
    let which = by_length(Which::Last, Which::Three { one_in: 1 });
    let run = cases::plain(program, Forgery::Altered);
    let judge = |_: &mut Machine, end| end == End::Returned(1);
    let done = skip(program, &run, which, &mut Random(1), &judge).faults;
    let accepted = done.iter().filter(|fault| fault.verdict).count();
    println!("for comparison, p256 by itself: {} skips, {accepted} accepted", done.len());
    assert!(accepted > 0, "the tool is blind: it finds no skip that p256 by itself accepts");
}
