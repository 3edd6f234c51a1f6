use super::PlatformError;

/// Random numbers for the device's seed.
pub trait Rng {
    /// Fills `bytes` with random bytes that nobody outside can guess.
    ///
    /// # Errors
    /// [`PlatformError`] when the platform has none to give.
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError>;
}
