//! What tests of the lock stand on that need no phone: the lock itself, over a platform
//! in memory.
//!
//! - [`keys`]: test keys and test devices
//! - [`messages`]: bodies as an issuer makes them
//! - [`mod@bench`]: the real lock over a platform in memory that can fail
//! - [`codes`]: hotline codes as owners type them
//! - [`model`]: the rules as an executable model, and what must hold of the lock
//! - [`prove`]: what is tried in great number

pub mod bench;
pub mod codes;
pub mod keys;
pub mod messages;
pub mod model;
pub mod prove;
