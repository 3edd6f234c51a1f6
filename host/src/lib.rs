//! Paylatch's normal-world side: everything around the lock of a financed
//! phone that is not the lock.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cli`] | how all programs end; completions and man pages |
//! | [`client`] | the lock's requests as methods |
//! | [`transport`] | the way to the lock: a device's TEE, or a simulator |
//! | [`text`] | reading messages, vouchers, seals, statements, certificates |
//! | [`words`] | plain English for owners |
//! | [`view`] | what the programs print with `--json` |
//! | [`issue`] | what the lender's and the OEM's programs share |
//! | [`error`] | the one error, and the programs' exit codes |
//! | [`ffi`] | the C library |
//! | [`hex`] | hexadecimal on command lines |
//! | [`hotline`] | hotline codes as people type them |
//! | `screen` | the drawn lock screen, with the feature of that name |
//!
//! ```
//! use paylatch::client::Client;
//! use paylatch::transport::simulator::Simulator;
//! # let directory = tempfile::tempdir()?;
//! # let file = directory.path().join("phone");
//!
//! let mut phone = Client::new(Simulator::create(&file)?);
//! println!("{}", phone.identity()?.device);
//! println!("{}", paylatch::words::status(&phone.status()?, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cli;
pub mod client;
pub mod error;
pub mod ffi;
pub mod hex;
pub mod hotline;
pub mod issue;
#[cfg(feature = "pictures")]
pub mod qr;
#[cfg(feature = "screen")]
pub mod screen;
pub mod text;
pub mod transport;
pub mod view;
pub mod words;
