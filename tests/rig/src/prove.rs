//! What is tried in great number, in a bounded part or at length.

use std::io::Write;

/// Whether the long version is asked for: `PAYLATCH_PROVE=1`.
pub fn at_length() -> bool {
    std::env::var_os("PAYLATCH_PROVE").is_some_and(|value| value == "1")
}

/// The one in a bounded part, the other at length.
pub fn by_length<T>(bounded: T, long: T) -> T {
    if at_length() { long } else { bounded }
}

/// Tells in one line what was tried.
///
/// # Panics
/// When something failed, or fewer cases were tried than `floor`.
pub fn report(name: &str, cases: u64, floor: u64, failed: &[String]) {
    // Not by the macro: the runner keeps to itself what a test prints that way.
    let line = format!("prove: {name}: {cases} cases, {} failed\n", failed.len());
    std::io::stdout().write_all(line.as_bytes()).expect("standard output");
    assert!(failed.is_empty(), "{name}:\n{}", failed.join("\n"));
    assert!(cases >= floor, "{name}: only {cases} cases were tried, not {floor}");
}
