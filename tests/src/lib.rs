//! Whole-device tests.
