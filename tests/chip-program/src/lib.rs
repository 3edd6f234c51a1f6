//! The lock's platform in plain memory, which an emulator lays out and reads.
//! Both sides compile this layout.
#![no_std]

use core::hint::black_box;

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

/// Does what OP-TEE's core does on a phone, in an address space of its own: where the
/// platform is, is in no register before it, nor in one that a call may change after it.
#[inline(never)]
fn apart<M, T>(memory: M, call: impl FnOnce(M) -> T) -> T {
    let told = call(black_box(memory));
    #[cfg(target_arch = "aarch64")]
    // SAFETY: no instruction; the registers that it is said to change are a call's to change.
    unsafe {
        core::arch::asm!(
            "",
            inout("x0") 0_u64 => _, inout("x1") 0_u64 => _, inout("x2") 0_u64 => _,
            inout("x3") 0_u64 => _, inout("x4") 0_u64 => _, inout("x5") 0_u64 => _,
            inout("x6") 0_u64 => _, inout("x7") 0_u64 => _, inout("x8") 0_u64 => _,
            inout("x9") 0_u64 => _, inout("x10") 0_u64 => _, inout("x11") 0_u64 => _,
            inout("x12") 0_u64 => _, inout("x13") 0_u64 => _, inout("x14") 0_u64 => _,
            inout("x15") 0_u64 => _, inout("x16") 0_u64 => _, inout("x17") 0_u64 => _,
            options(nomem, nostack, preserves_flags)
        );
    }
    told
}

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

    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let kept = self.record(record);
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
        let kept = self.record(record);
        let room = kept.bytes.get_mut(..bytes.len()).ok_or(StorageError::Unavailable)?;
        room.copy_from_slice(bytes);
        kept.length = length;
        Ok(())
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        if self.record(record).length == 0 {
            return Err(StorageError::Absent);
        }
        self.create(record, bytes)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            // Marsaglia's xorshift64.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            *byte = self.random.to_le_bytes()[3];
        }
    }
}

impl Storage for Memory {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        apart(self, |memory| memory.0.read(record, bytes))
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        apart(self, |memory| memory.0.create(record, bytes))
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        apart(self, |memory| memory.0.write(record, bytes))
    }
}

impl Rng for Memory {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        apart(self, |memory| memory.0.random(bytes));
        Ok(())
    }
}

impl Clock for Memory {
    fn seconds(&self) -> u64 {
        // Asked anew each time, as OP-TEE is.
        apart(self, |memory| memory.0.seconds)
    }
}

impl Identity for Memory {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        Ok(apart(self, |memory| memory.0.secret))
    }
}

impl Factory for Memory {}
