//! What is made once for all tests of a program.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, Once, PoisonError};

use crate::Result;

/// A place for it; it goes when the program ends.
pub struct Shared<T>(Mutex<Option<Arc<T>>>);

impl<T: Send + Sync> Shared<T> {
    /// Nothing yet.
    #[allow(clippy::new_without_default)] // a static needs it to be const
    pub const fn new() -> Shared<T> {
        Shared(Mutex::new(None))
    }

    /// What is there, or is now made; others wait for it.
    ///
    /// # Errors
    /// As `make`.
    pub fn get(&'static self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*there {
            return Ok(made.clone());
        }
        let made = Arc::new(make()?);
        *there = Some(made.clone());
        at_end(self);
        Ok(made)
    }
}

/// What is emptied when the program ends: nothing that is static is dropped by itself.
trait Emptied: Sync {
    fn empty(&self);
}

impl<T: Send + Sync> Emptied for Shared<T> {
    fn empty(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

static FULL: Mutex<Vec<&dyn Emptied>> = Mutex::new(Vec::new());

fn at_end<T: Send + Sync>(full: &'static Shared<T>) {
    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> c_int;
    }
    extern "C" fn empty() {
        let full = FULL.lock().map(|mut full| std::mem::take(&mut *full)).unwrap_or_default();
        full.iter().for_each(|full| full.empty());
    }
    static ONCE: Once = Once::new();
    FULL.lock().unwrap_or_else(PoisonError::into_inner).push(full);
    ONCE.call_once(|| {
        // SAFETY: C11, 7.22.4.2; the function neither unwinds nor calls `exit`. Where it
        // is not taken, what was made is left behind.
        let _ = unsafe { atexit(empty) };
    });
}
