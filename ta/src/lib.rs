//! The installment lock: what it takes, what it refuses, what it remembers.
//!
//! There is no platform in here. [`Lock`] runs over an [`env::Env`]: the OP-TEE
//! application, the simulator and the tests run the very same code.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod config;
pub mod env;
