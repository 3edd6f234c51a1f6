//! Every row and every refusal of DESIGN.md's table of messages by states, and
//! the rules of order and time: on the simulator and on the device.

use paylatch_tests::Result;
#[cfg(feature = "device")]
use paylatch_tests::phone::Emulated;
use paylatch_tests::phone::Simulated;
use paylatch_tests::table;
use paylatch_tests::table::attack::Attacked;

/// How many checks the scenario makes at least.
const FLOOR: usize = 570;

fn check<P: Attacked>(make: fn(&str) -> Result<P>) {
    let tally = table::run(make).unwrap();
    println!("{} checks", tally.checks);
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    assert!(tally.checks >= FLOOR, "only {} checks were made", tally.checks);
}

#[test]
fn simulator() {
    check(Simulated::new);
}

#[cfg(feature = "device")]
#[test]
fn device() {
    check(Emulated::new);
}
