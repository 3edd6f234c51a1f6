/// Whether the device may still be fresh from the factory.
pub trait Factory {
    /// A port with a life-cycle fuse answers `false` once it is blown: from
    /// then on missing records are a fault and never `Unprovisioned`.
    fn open(&self) -> bool {
        true
    }
}
