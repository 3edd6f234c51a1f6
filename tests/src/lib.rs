//! Whole-device tests, the device's story, and the protocol's vectors.
//!
//! - [`emulator`]: one power-on of the emulated device
//! - [`device`]: what stays when the power is off; factory reset, reflash
//! - [`phone`]: a phone asked through its command line, emulated or simulated
//! - [`phones`]: phones for development, to be copied
//! - [`liar`]: a normal world that lies about the storage
//! - [`life`]: everything that changes the lock's state, moment by moment
//! - [`power_cut`]: what an eMMC held after each write to it
//! - [`shipped`]: a phone that boots the signed system, and its lock screen
//! - [`shared`]: what is made once for all tests
//! - [`fleet`]: phones that have left the factory, to be copied
//! - [`issuer`]: OEM, lenders and escrow, who issue with the real programs
//! - [`table`]: every message in every state, and every refusal
//! - [`python`]: a phone's life, issued by the second implementation
//! - [`vectors`]: the vectors of `docs/protocol.md`
//! - [`hostile`]: a program on the device that calls the lock as nobody should
//! - [`cross`]: C programs, built for the device
//! - [`costs`]: what the lock costs, beside its peers
//! - [`rpmb`]: requests as the emulated eMMC sees them

use std::fmt;
use std::path::{Path, PathBuf};

pub mod costs;
pub mod cross;
pub mod device;
pub mod display;
pub mod emulator;
pub mod fleet;
pub mod hostile;
pub mod issuer;
pub mod liar;
pub mod life;
pub mod owner;
pub mod phone;
pub mod phones;
pub mod power_cut;
pub mod python;
pub mod rpmb;
pub mod shared;
pub mod shipped;
pub mod table;
pub mod vectors;

/// What went wrong, for people.
#[derive(Clone)]
pub struct Failure(pub String);

/// What fallible functions of the tests return.
pub type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As it reads: a failing test prints this.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A program of the workspace, built beside this one.
///
/// # Errors
/// When it is not there.
pub fn program(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe().map_err(|e| Failure(format!("{e}")))?;
    this.ancestors()
        .skip(1)
        .take(2)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| Failure(format!("{name} is not built: cargo build --workspace --bins")))
}
