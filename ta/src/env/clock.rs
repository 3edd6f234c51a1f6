/// Time that only moves forward while the device is on.
pub trait Clock {
    /// Seconds since some moment of this power-on; never goes back within one
    /// instance. On OP-TEE: `TEE_GetSystemTime` over the secure counter, not
    /// the REE's time.
    fn seconds(&self) -> u64;
}
