//! Every instruction of a run skipped, or every bit flipped, one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::machine::{End, Entry, Machine, Memory, Moment};
use crate::program::Program;
use crate::random::Random;

/// Moments that are kept at a time; each takes some 100 KB.
const BATCH: usize = 1024;

/// Instructions of a run that is short; one that verifies has ten times as many.
const SHORT: usize = 200_000;

/// Which executions of an instruction are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first, the last and a random one of one in so many instructions; of
    /// all in a run that is short, since it verifies no signature.
    Three {
        /// One in so many.
        one_in: u64,
    },
    /// The last.
    Last,
    /// Each one; of those in field arithmetic, and of those that do the same with byte
    /// after byte, one in so many.
    Each {
        /// One in so many, in field arithmetic.
        field: u64,
        /// One in so many, in what moves or hashes bytes.
        bytes: u64,
    },
}

/// Which instructions of a run were skipped.
pub struct Skipped<V> {
    /// Each skip, and what came of it.
    pub faults: Vec<Fault<V>>,
    /// Different instructions of the run.
    pub executed: usize,
    /// Of these, how many have to have been skipped at least.
    pub wanted: usize,
}

impl<V> Skipped<V> {
    /// That what was to be skipped was: no part of the path is left out.
    ///
    /// # Panics
    /// When it was not.
    pub fn check(&self, name: &str) {
        let tried = self.faults.iter().map(|fault| fault.address).collect::<BTreeSet<_>>().len();
        let Skipped { executed, wanted, .. } = self;
        assert!(
            tried >= *wanted,
            "{name}: of {executed} instructions only {tried} were skipped, not {wanted}"
        );
    }
}

/// What is run with a fault in it.
pub struct Run {
    /// Memory before it.
    pub before: Memory,
    /// What is called.
    pub entry: Entry,
}

/// A fault, and what came of it.
pub struct Fault<V> {
    /// Address of the instruction that was skipped or of the byte that was changed.
    pub address: u64,
    /// How many instructions were executed before, or which bit was flipped.
    pub number: u64,
    /// What came of it.
    pub verdict: V,
}

/// Whether an address is in field arithmetic: also where a function that stands on it
/// has it in its loops (the square root that a compressed key takes, the sum on the curve).
fn field(program: &Program, address: u64) -> bool {
    const PARTS: [&str; 8] = [
        "::field::",
        "::scalar::",
        "point_arithmetic",
        "FieldElement",
        "crypto_bigint::",
        "wnaf",
        "DecompressPoint",
        "LinearCombination",
    ];
    let name = program.function(address);
    PARTS.iter().any(|part| name.contains(part))
}

/// Whether an address is in what moves or hashes byte after byte.
fn bytewise(program: &Program, address: u64) -> bool {
    let name = program.function(address);
    ["memcpy", "memset"].contains(&name) || name.contains("::compress256")
}

/// What stands for OP-TEE's core, which is no part of the lock.
fn of_the_platform(program: &Program, address: u64) -> bool {
    program.function(address).contains("paylatch_chip_program::")
}

/// The numbers of the instructions to skip, ascending.
fn choose(program: &Program, trace: &[u64], which: Which, random: &mut Random) -> Vec<u64> {
    let mut executions: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (number, address) in trace.iter().enumerate() {
        executions.entry(*address).or_default().push(number as u64);
    }
    // Panics where it is a part of others.
    program.symbol("paylatch_chip_program::apart");
    executions.retain(|address, _| !of_the_platform(program, *address));
    let mut numbers = Vec::new();
    for (address, all) in executions {
        match which {
            Which::Each { field: of_field, bytes } => {
                let one_in = match address {
                    _ if field(program, address) => of_field,
                    _ if bytewise(program, address) => bytes,
                    _ => 1,
                };
                let some = one_in > 1 && all.len() > 8;
                numbers.extend(all.iter().filter(|_| !some || random.below(one_in) == 0));
            }
            Which::Last => numbers.push(all[all.len() - 1]),
            Which::Three { one_in } if trace.len() > SHORT && random.below(one_in) != 0 => {}
            Which::Three { .. } => {
                numbers.extend([all[0], all[all.len() - 1]]);
                numbers.push(all[random.below(all.len() as u64) as usize]);
            }
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Skips instructions of a run, one at a time, and has each end judged. The
/// judge may go on with the machine as it likes.
///
/// # Panics
/// When a run without a fault is not always the same.
pub fn skip<V: Send + Sync + PartialEq + std::fmt::Debug>(
    program: &Arc<Program>,
    run: &Run,
    which: Which,
    random: &mut Random,
    judge: &(dyn Fn(&mut Machine, End) -> V + Sync),
) -> Skipped<V> {
    let mut machine = Machine::new(program);
    machine.restore(&run.before);
    let trace = machine.trace(run.entry);
    let numbers = choose(program, &trace, which, random);
    let addresses: BTreeSet<_> = trace.iter().collect();
    let executed = addresses.iter().filter(|at| !of_the_platform(program, ***at)).count();
    let wanted = match which {
        // Half of what is to be expected.
        Which::Three { one_in } if trace.len() > SHORT && one_in > 1 => {
            executed / (2 * one_in as usize)
        }
        // Of field arithmetic, it may be that none of an instruction's executions is.
        Which::Each { .. } => executed / 2,
        Which::Three { .. } | Which::Last => executed,
    };
    machine.restore(&run.before);
    let end = machine.run(run.entry);
    let sound = judge(&mut machine, end);
    drop(machine);

    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(numbers.len()));
    let batch = numbers.len().div_ceil(workers()).clamp(1, BATCH);
    let batches: Vec<&[u64]> = numbers.chunks(batch).collect();
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                let mut tracer = Machine::new(program);
                let mut runner = Machine::new(program);
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    tracer.restore(&run.before);
                    let moments = tracer.moments(run.entry, batch);
                    // Taking a run up changes nothing by itself.
                    let end = runner.resume(&moments[0], false);
                    assert_eq!(judge(&mut runner, end), sound, "a run without a fault differs");
                    let skipped: Vec<_> = batch
                        .iter()
                        .zip(&moments)
                        .map(|(number, moment)| {
                            assert_eq!(moment.address, trace[*number as usize]);
                            one(&mut runner, *number, moment, judge)
                        })
                        .collect();
                    done.lock().expect("no panic").extend(skipped);
                }
            });
        }
    });
    Skipped { faults: in_order(done), executed, wanted }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn in_order<V>(done: Mutex<Vec<Fault<V>>>) -> Vec<Fault<V>> {
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|fault| fault.number);
    done
}

fn one<V>(
    runner: &mut Machine,
    number: u64,
    moment: &Moment,
    judge: &(dyn Fn(&mut Machine, End) -> V + Sync),
) -> Fault<V> {
    let end = runner.resume(moment, true);
    Fault { address: moment.address, number, verdict: judge(runner, end) }
}

/// Flips one bit in `one_in` of an object of the program before a run (but of
/// where the platform is, which is no part of a lock under OP-TEE), one at a
/// time, and has each end judged.
///
/// # Panics
/// When the emulator fails.
pub fn flip<V: Send>(
    program: &Arc<Program>,
    run: &Run,
    (object, one_in): (&str, u64),
    judge: &(dyn Fn(&mut Machine, End) -> V + Sync),
) -> Vec<Fault<V>> {
    let (object_at, size) = program.symbol(object);
    let next = AtomicU64::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                let mut machine = Machine::new(program);
                loop {
                    let number = next.fetch_add(one_in, Ordering::Relaxed);
                    let address = object_at + number / 8;
                    if number >= size * 8 {
                        break;
                    }
                    machine.restore(&run.before);
                    if machine.is_platform((object_at, size), address) {
                        continue;
                    }
                    let mut byte = [0];
                    machine.read(address, &mut byte);
                    machine.write(address, &[byte[0] ^ 1 << (number % 8)]);
                    let end = machine.run(run.entry);
                    let verdict = judge(&mut machine, end);
                    done.lock().expect("no panic").push(Fault { address, number, verdict });
                }
            });
        }
    });
    in_order(done)
}
