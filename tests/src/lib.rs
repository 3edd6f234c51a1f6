//! Whole-device tests.

pub mod vectors;
