use super::PlatformError;

/// The device's own secret, from which its id follows.
pub trait Identity {
    /// A secret that only this application on this device gets, the same at
    /// every call and every boot. On OP-TEE: the system PTA's
    /// `DERIVE_TA_UNIQUE_KEY`, from the hardware unique key.
    ///
    /// # Errors
    /// [`PlatformError`] when the platform does not give it.
    fn secret(&mut self) -> Result<[u8; 32], PlatformError>;
}
