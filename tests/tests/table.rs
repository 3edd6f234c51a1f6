//! Every row and every refusal of DESIGN.md's table of messages by states, and
//! the rules of order and time, on the simulator.

use paylatch_tests::phone::Simulated;
use paylatch_tests::table;

#[test]
fn every_row_and_refusal() {
    table::check(Simulated::new);
}
