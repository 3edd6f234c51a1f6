//! Paylatch's normal-world side.

pub mod error;
pub mod issue;
pub mod text;
pub mod words;
