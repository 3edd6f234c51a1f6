//! What the lock needs of the platform under it: five small traits. The
//! OP-TEE port, the simulator and the tests each implement them.

mod clock;
mod factory;
mod identity;
mod rng;
mod storage;

pub use clock::Clock;
pub use factory::Factory;
pub use identity::Identity;
pub use rng::Rng;
pub use storage::{Record, Slot, Storage, StorageError};

/// The platform failed to give what it always should have: its secret or random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformError;

/// A platform: everything the lock needs, chosen at compile time.
pub trait Env: Storage + Rng + Clock + Identity + Factory {}

impl<T: Storage + Rng + Clock + Identity + Factory> Env for T {}
