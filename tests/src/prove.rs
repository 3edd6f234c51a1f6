//! What is tried in great number, in a bounded part or at length.

/// Whether the long version is asked for: `PAYLATCH_PROVE=1`.
pub fn at_length() -> bool {
    std::env::var_os("PAYLATCH_PROVE").is_some_and(|value| value == "1")
}

/// Tells in one line what was tried.
///
/// # Panics
/// When something failed, or fewer cases were tried than `floor`.
pub fn report(name: &str, cases: u64, floor: u64, failed: &[String]) {
    println!("prove: {name}: {cases} cases, {} failed", failed.len());
    assert!(failed.is_empty(), "{name}:\n{}", failed.join("\n"));
    assert!(cases >= floor, "{name}: only {cases} cases were tried, not {floor}");
}
