//! Prints the story and counts what differs.

use std::fmt::Display;
use std::process::ExitCode;

use paylatch_tests::Failure;

/// Tells the story.
#[derive(Default)]
pub struct Narrator {
    step: u32,
    passed: u32,
    failed: u32,
}

impl Narrator {
    /// A new step.
    pub fn step(&mut self, title: &str) {
        self.step += 1;
        println!("\n{}. {title}", self.step);
    }

    /// One thing that was tried: what was expected, what was seen.
    pub fn expect(&mut self, what: &str, expected: impl Display, seen: impl Display) {
        let (expected, seen) = (expected.to_string(), seen.to_string());
        if expected == seen {
            self.passed += 1;
            println!("   ok      {what}: {seen}");
        } else {
            self.failed += 1;
            println!("   DIFFERS {what}: expected {expected}, seen {seen}");
        }
    }

    /// What the phone tells its owner.
    pub fn quote(&self, words: &str) {
        for line in words.lines() {
            println!("           | {line}");
        }
    }

    /// The story could not go on.
    pub fn broke_off(&mut self, failure: &Failure) {
        self.failed += 1;
        println!("   BROKE OFF: {failure}");
    }

    /// The closing line, and the exit code.
    pub fn close(self) -> ExitCode {
        println!("\nstory: {} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
