//! How many instructions a run takes, function by function.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::faults::Run;
use crate::machine::Machine;
use crate::program::Program;

/// Functions that are printed of a run.
const LINES: usize = 25;

/// Prints what a run takes.
pub fn print(program: &Arc<Program>, name: &str, run: &Run) {
    let mut machine = Machine::new(program);
    machine.restore(&run.before);
    let trace = machine.trace(run.entry);
    let mut addresses: BTreeMap<u64, usize> = BTreeMap::new();
    for address in &trace {
        *addresses.entry(*address).or_default() += 1;
    }
    // A function's first instruction is executed once for each call of it.
    let mut functions: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (address, count) in addresses {
        functions.entry(program.function(address)).or_insert((0, count)).0 += count;
    }
    let mut functions: Vec<_> = functions.into_iter().collect();
    functions.sort_by_key(|(_, (sum, _))| std::cmp::Reverse(*sum));
    println!("{name}: {} instructions", trace.len());
    println!("{:>10}  {:>8}  function", "executed", "calls");
    for (function, (sum, calls)) in functions.iter().take(LINES) {
        println!("{sum:>10}  {calls:>8}  {function}");
    }
}
