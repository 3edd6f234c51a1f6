//! The installment lock: what it takes, what it refuses, what it remembers.
//!
//! There is no platform in here. [`Lock`] runs over an [`env::Env`]: the OP-TEE
//! application, the simulator and the tests run the very same code.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@env`] | the platform as traits: storage, random numbers, time, identity |
//! | [`records`] | the records in storage, byte by byte |
//! | [`rules`] | what a verified message does to the state |
//! | [`crypto`] | signatures and the device's own keys |
//! | `known`, `decide`, `warrant`, `verdict` | what is known, kept twice; what a message comes to; that judged again; good or bad, far apart |
//! | [`config`] | what is fixed at build time |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod config;
pub mod crypto;
mod decide;
pub mod env;
mod known;
mod lock;
pub mod records;
pub mod rules;
mod verdict;
mod warrant;

pub use lock::Lock;
