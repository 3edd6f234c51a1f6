//! A cost that grows is seen: what `make bench` measures, against what was measured when
//! it was last looked at.

use paylatch_tests::Result;
use paylatch_tests::costs::{self, Baseline};

#[test]
fn no_cost_has_grown() -> Result<()> {
    let now = Baseline::of(costs::measure()?)?;
    let (table, _) = now.figures.table(costs::TABLE)?;
    println!("{table}");
    let grown = Baseline::committed()?.grown(&now)?;
    assert!(
        grown.is_empty(),
        "more than before; if it is worth it, `target/debug/bench --baseline` says so:\n{}",
        grown.join("\n")
    );
    Ok(())
}
