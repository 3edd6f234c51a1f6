//! What is made once for all tests that run at the same time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::Result;

/// A place for it; it goes when nobody holds it any more.
pub struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    /// Nothing yet.
    #[allow(clippy::new_without_default)] // a static needs it to be const
    pub const fn new() -> Shared<T> {
        Shared(Mutex::new(Weak::new()))
    }

    /// What is there, or is now made; others wait for it.
    ///
    /// # Errors
    /// As `make`.
    pub fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = there.upgrade() {
            return Ok(made);
        }
        let made = Arc::new(make()?);
        *there = Arc::downgrade(&made);
        Ok(made)
    }
}
