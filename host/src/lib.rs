//! Paylatch's normal-world side.

pub mod issue;
