//! The table of messages by states, on the device.

use paylatch_tests::phone::Emulated;
use paylatch_tests::table;

#[test]
fn every_row_and_refusal() {
    table::check(Emulated::new);
}
