//! The lock's platform in plain memory, which an emulator lays out and reads.
//! Both sides compile this layout.
#![no_std]

use paylatch_proto::bytes::PublicKey;
use paylatch_ta::env::{
    Clock, Factory, Identity, PlatformError, Record, Rng, Slot, Storage, StorageError,
};

/// Room of one record, in bytes.
pub const ROOM: usize = 512;

/// A platform: what is stored, and what the hardware gives.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Seconds since power-on.
    pub seconds: u64,
    /// State of the random numbers, never 0.
    pub random: u64,
    /// What the hardware derives.
    pub secret: [u8; 32],
    /// The OEM's key that the lock is built with.
    pub oem: PublicKey,
    /// Up to the next field's alignment.
    pub unused: [u8; 3],
    /// What is stored: the state, keys 0 and 1, contacts 0 and 1.
    pub records: [Kept; 5],
}

/// A record, as it is kept.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its length in bytes; 0 when it is absent.
    pub length: u32,
    /// Its bytes, and zeroes after them.
    pub bytes: [u8; ROOM],
}

const _: () = assert!(size_of::<World>() == 8 + 8 + 32 + 33 + 3 + 5 * (4 + ROOM));

/// The platform of a lock: a world that outlives it.
pub struct Memory(pub &'static mut World);

impl World {
    fn record(&mut self, record: Record) -> &mut Kept {
        let [state, keys_a, keys_b, contact_a, contact_b] = &mut self.records;
        match record {
            Record::State => state,
            Record::Keys(Slot::A) => keys_a,
            Record::Keys(Slot::B) => keys_b,
            Record::Contact(Slot::A) => contact_a,
            Record::Contact(Slot::B) => contact_b,
        }
    }
}

impl Storage for Memory {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let kept = self.0.record(record);
        let length = usize::try_from(kept.length).map_err(|_| StorageError::Corrupt)?;
        match kept.bytes.get(..length) {
            Some([]) => Err(StorageError::Absent),
            Some(kept) if kept.len() == bytes.len() => {
                bytes.copy_from_slice(kept);
                Ok(())
            }
            _ => Err(StorageError::Corrupt),
        }
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let length = u32::try_from(bytes.len()).map_err(|_| StorageError::Unavailable)?;
        let kept = self.0.record(record);
        let room = kept.bytes.get_mut(..bytes.len()).ok_or(StorageError::Unavailable)?;
        room.copy_from_slice(bytes);
        kept.length = length;
        Ok(())
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        if self.0.record(record).length == 0 {
            return Err(StorageError::Absent);
        }
        self.create(record, bytes)
    }
}

impl Rng for Memory {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        for byte in bytes {
            // Marsaglia's xorshift64.
            self.0.random ^= self.0.random << 13;
            self.0.random ^= self.0.random >> 7;
            self.0.random ^= self.0.random << 17;
            *byte = self.0.random.to_le_bytes()[3];
        }
        Ok(())
    }
}

impl Clock for Memory {
    fn seconds(&self) -> u64 {
        // Asked anew each time, as OP-TEE is.
        core::hint::black_box(&*self.0).seconds
    }
}

impl Identity for Memory {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        Ok(self.0.secret)
    }
}

impl Factory for Memory {}
