//! The simulated hardware that the lock runs on, while the power is on.

use std::collections::BTreeMap;

use paylatch_ta::env::{self, Clock, Factory, Identity, PlatformError, Record, Rng, StorageError};

use super::file::{Contents, Storage};

/// A powered-on device.
pub struct Board {
    contents: Contents,
    since_power_on: u64,
}

impl Board {
    /// Powers on.
    pub fn new(contents: Contents) -> Self {
        Board { contents, since_power_on: 0 }
    }

    /// Lets seconds of use pass.
    pub fn pass(&mut self, seconds: u64) {
        self.since_power_on = self.since_power_on.saturating_add(seconds);
        self.contents.powered_on = self.contents.powered_on.saturating_add(seconds);
    }

    /// What stays when the power goes.
    pub fn contents(&self) -> Contents {
        self.contents.clone()
    }

    /// Makes the storage do this from now on.
    pub fn set_storage(&mut self, storage: Storage) {
        self.contents.storage = storage;
    }

    fn records(&mut self) -> Result<&mut BTreeMap<String, Vec<u8>>, StorageError> {
        match self.contents.storage {
            Storage::Off => Err(StorageError::Unavailable),
            Storage::On | Storage::Full => Ok(&mut self.contents.records),
        }
    }
}

impl env::Storage for Board {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let stored = self.records()?.get(record.name()).ok_or(StorageError::Absent)?;
        if stored.len() != bytes.len() {
            return Err(StorageError::Corrupt);
        }
        bytes.copy_from_slice(stored);
        Ok(())
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let full = self.contents.storage == Storage::Full;
        let records = self.records()?;
        if full && !records.contains_key(record.name()) {
            return Err(StorageError::Unavailable);
        }
        records.insert(record.name().to_owned(), bytes.to_vec());
        Ok(())
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let stored = self.records()?.get_mut(record.name()).ok_or(StorageError::Absent)?;
        *stored = bytes.to_vec();
        Ok(())
    }
}

impl Rng for Board {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        getrandom::fill(bytes).map_err(|_| PlatformError)
    }
}

impl Clock for Board {
    fn seconds(&self) -> u64 {
        self.since_power_on
    }
}

impl Identity for Board {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        Ok(self.contents.secret)
    }
}

impl Factory for Board {}
