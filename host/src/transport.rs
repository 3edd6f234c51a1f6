//! How requests reach the lock: through the TEE of a device, or through a
//! simulator that runs the very same lock over a file.

#[cfg(feature = "optee")]
pub mod optee;
pub mod simulator;

use std::path::Path;

use paylatch_proto::state::StateWords;

use crate::error::Result;

/// A way to a lock. [`crate::client::Client`] speaks the protocol over it.
pub trait Transport {
    /// The four words that a bootloader asks for
    /// ([`paylatch_proto::api::COMMAND_STATE`]).
    ///
    /// # Errors
    /// [`crate::error::Kind::NoDevice`] when the lock can't be reached.
    fn state(&mut self) -> Result<StateWords>;

    /// Hands in a postcard [`paylatch_proto::api::Request`] of at most
    /// [`paylatch_proto::limits::REQUEST`] bytes and gives back the postcard
    /// [`paylatch_proto::api::Reply`].
    ///
    /// # Errors
    /// [`crate::error::Kind::NoDevice`] when the lock can't be reached. What
    /// the lock refuses is no error here: it is a reply.
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>>;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn state(&mut self) -> Result<StateWords> {
        (**self).state()
    }

    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        (**self).call(request)
    }
}

/// The simulator in this file, or without one the device this runs on.
///
/// # Errors
/// As [`simulator::Simulator::open`]; [`crate::error::Kind::NoDevice`] where
/// there is no TEE, or no way to one in this build.
pub fn open(simulator: Option<&Path>) -> Result<Box<dyn Transport>> {
    match simulator {
        Some(path) => Ok(Box::new(simulator::Simulator::open(path)?)),
        None => device(),
    }
}

#[cfg(feature = "optee")]
fn device() -> Result<Box<dyn Transport>> {
    Ok(Box::new(optee::Optee::open()?))
}

#[cfg(not(feature = "optee"))]
fn device() -> Result<Box<dyn Transport>> {
    Err(crate::error::Error::new(
        crate::error::Kind::NoDevice,
        "this build has no way to a TEE: give --simulator FILE, or build it with --features optee",
    ))
}
