//! The second issuer, in Python, over the simulator.

use paylatch_tests::phone::Simulated;
use paylatch_tests::{Result, python};

#[test]
fn issues_and_verifies() -> Result<()> {
    python::a_life(&mut Simulated::new("python")?)
}
