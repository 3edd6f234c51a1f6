//! Fuzzing: what must hold whatever the bytes are.
//!
//! A target takes any bytes, and panics when something does not hold. libFuzzer
//! drives each through `src/bin/fuzz-*.rs` (`make fuzz`); `tests/corpus.rs`
//! gives each its committed corpus; `replay` gives it one file.
//!
//! | target | what the bytes are |
//! | --- | --- |
//! | [`wire`] | what anybody hands in: messages, texts, requests, replies, JSON |
//! | [`records`] | changes to what a phone has stored |
//! | [`commands`] | calls to a phone, of any bytes or real ones altered |
//! | [`sequences`] | steps of the lock and of the model, which must agree |

pub mod choices;
pub mod commands;
pub mod corpus;
pub mod moves;
pub mod phones;
pub mod records;
pub mod requests;
pub mod seeds;
pub mod sequences;
pub mod wire;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 4] = [
    ("wire", wire::run),
    ("records", records::run),
    ("commands", commands::run),
    ("sequences", sequences::run),
];
