//! The way to the lock, opened again where it was lost.

use std::time::{Duration, Instant};

use paylatch::error::{Error, Kind, Result};
use paylatch_proto::state::StateWords;

use crate::commands::Phone;

/// How long to wait before what failed is tried again: opening the session, the
/// terminal, restricting the OS.
pub const RETRY: Duration = Duration::from_secs(3);

/// A client of the phone that may come and go.
pub struct Link<'a> {
    open: &'a dyn Fn() -> Result<Phone>,
    phone: Option<Phone>,
    /// Whether the open session has answered.
    proven: bool,
    failed: Option<(Instant, Error)>,
}

impl<'a> Link<'a> {
    pub fn new(open: &'a dyn Fn() -> Result<Phone>) -> Self {
        Link { open, phone: None, proven: false, failed: None }
    }

    /// Calls the lock. A session that is lost is opened anew at the next call;
    /// one that can't be opened, or never answered, only after a while.
    pub fn call<T>(&mut self, ask: impl FnOnce(&mut Phone) -> Result<T>) -> Result<T> {
        let answer = ask(self.reach()?);
        match &answer {
            Err(error) if error.kind() == Kind::NoDevice => {
                if !self.proven {
                    self.failed = Some((Instant::now(), error.clone()));
                }
                (self.phone, self.proven) = (None, false);
            }
            _ => self.proven = true,
        }
        answer
    }

    /// The state. Where the session was lost, a new one is asked at once: a TEE
    /// that failed a single time does not end what the owner is doing.
    pub fn state(&mut self) -> Result<StateWords> {
        self.call(|phone| phone.state()).or_else(|_| self.call(|phone| phone.state()))
    }

    /// The phone, once it can be reached.
    pub fn reach(&mut self) -> Result<&mut Phone> {
        let phone = match self.phone.take() {
            Some(phone) => phone,
            None => self.open()?,
        };
        Ok(self.phone.insert(phone))
    }

    fn open(&mut self) -> Result<Phone> {
        if let Some((when, error)) = &self.failed
            && when.elapsed() < RETRY
        {
            return Err(error.clone());
        }
        (self.open)().inspect_err(|error| self.failed = Some((Instant::now(), error.clone())))
    }
}
