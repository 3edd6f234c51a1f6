//! What was checked, and what was found wrong.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

use paylatch::words;
use paylatch_proto::refusal::Refusal;

/// What was checked, and what was found wrong.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many checks were made.
    pub checks: usize,
    /// Each that failed, in one line.
    pub wrong: Vec<String>,
    refusals: BTreeSet<String>,
}

impl Tally {
    /// Checks that `seen` is what was expected.
    pub fn expect<T: PartialEq + Debug>(&mut self, what: impl Display, expected: T, seen: T) {
        self.checks += 1;
        if expected != seen {
            self.wrong.push(format!("{what}: expected {expected:?}, seen {seen:?}"));
        }
    }

    /// Checks that a refusal was given for its own reason.
    pub fn refused(&mut self, what: impl Display, expected: Refusal, seen: &str) {
        let expected = words::refusal_name(expected);
        self.refusals.insert(seen.to_owned());
        self.expect(what, expected, seen);
    }

    /// Checks that every refusal there is was given at least once.
    pub fn every_refusal(&mut self) {
        for name in Refusal::ALL.map(words::refusal_name) {
            let seen = self.refusals.contains(name);
            self.expect(format_args!("a refusal for the reason {name}"), true, seen);
        }
    }
}
