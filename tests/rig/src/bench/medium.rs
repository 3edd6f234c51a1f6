//! A platform in memory: its storage can be cut, silenced, torn or spoilt, and
//! all of it can be cloned.

use std::collections::BTreeMap;
use std::rc::Rc;

use paylatch_ta::env::{
    Clock, Factory, Identity, PlatformError, Record, Rng, Storage, StorageError,
};
use paylatch_ta::records::ATOMIC;

use crate::keys::TestDevice;

/// A device's secret, random numbers, time and storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Whose secret and random numbers these are.
    pub device: TestDevice,
    /// Seconds since power-on.
    pub seconds: u64,
    /// What is stored.
    pub records: BTreeMap<&'static str, Rc<[u8]>>,
    /// Records that don't answer.
    pub silent: Vec<&'static str>,
    /// What goes wrong with the storage's calls.
    pub trouble: Option<Trouble>,
    /// Calls so far.
    pub calls: u32,
    /// Writes and creations so far.
    pub writes: u32,
}

/// Something that goes wrong with some of the storage's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which calls are counted.
    pub counted: Counted,
    /// The first of them that meets it: as many went well since it was set.
    pub after: u32,
    /// Whether all further calls meet it too, reads and writes.
    pub for_good: bool,
    /// What happens to them.
    pub how: How,
}

/// Which calls of the storage are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All.
    Calls,
    /// Those that write; no other meets the trouble.
    Writes,
}

/// What happens to a call that meets trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It fails, and does nothing.
    Fails(StorageError),
    /// A write is done, and yet reported as failed; a read fails.
    DoneButFails(StorageError),
    /// A write of more than is atomic is done in part and fails; a read fails.
    Torn,
    /// A read gives the record's first half and says that it went well.
    Short,
    /// A read gives one wrong bit and says that it went well.
    Flipped,
    /// The record is damaged on the medium, then the call goes on.
    Damages,
    /// The record is gone from the medium, then the call goes on.
    Erases,
}

impl How {
    /// Everything that can happen to a call.
    pub const ALL: [How; 11] = [
        How::Fails(StorageError::Absent),
        How::Fails(StorageError::Corrupt),
        How::Fails(StorageError::Unavailable),
        How::DoneButFails(StorageError::Absent),
        How::DoneButFails(StorageError::Corrupt),
        How::DoneButFails(StorageError::Unavailable),
        How::Torn,
        How::Short,
        How::Flipped,
        How::Damages,
        How::Erases,
    ];

    /// Whether the records themselves stay whole, so that a power cycle with an
    /// honest storage ends it. (A torn record is one that was not live.)
    pub fn ends_with_power(self) -> bool {
        !matches!(self, How::Damages | How::Erases)
    }
}

impl Trouble {
    /// Power that fails after so many writes: none is done from then on.
    pub fn cut_after(writes: u32) -> Trouble {
        let how = How::Fails(StorageError::Unavailable);
        Trouble { counted: Counted::Writes, after: writes, for_good: true, how }
    }
}

/// Which byte a damaged record has wrong.
const DAMAGED: usize = 20;
/// Which byte a wrong answer has wrong.
const FLIPPED: usize = 40;

impl Medium {
    /// Blank.
    pub fn new(device: &TestDevice) -> Medium {
        let records = BTreeMap::new();
        let (silent, trouble) = (Vec::new(), None);
        Medium { device: *device, seconds: 0, records, silent, trouble, calls: 0, writes: 0 }
    }

    /// The storage is honest again.
    pub fn honest(&mut self) {
        self.silent.clear();
        self.trouble = None;
    }

    /// Changes a byte of a record, as no storage should; a second time, further.
    pub fn damage(&mut self, record: &str) {
        if let Some(stored) = self.records.get_mut(record) {
            let byte = &mut Rc::make_mut(stored)[DAMAGED];
            *byte = byte.wrapping_add(1);
        }
    }

    /// Counts a call, and tells what happens to it.
    fn meets(&mut self, record: Record, is_write: bool) -> Result<Option<How>, StorageError> {
        self.calls += 1;
        self.writes += u32::from(is_write);
        if self.silent.contains(&record.name()) {
            return Err(StorageError::Unavailable);
        }
        let Some(trouble) = &mut self.trouble else { return Ok(None) };
        if trouble.counted == Counted::Writes && !is_write {
            return Ok(None);
        }
        if trouble.after > 0 {
            trouble.after -= 1;
            return Ok(None);
        }
        let how = trouble.how;
        if !trouble.for_good {
            self.trouble = None;
        }
        match how {
            How::Fails(error) => return Err(error),
            How::Damages => self.damage(record.name()),
            How::Erases => drop(self.records.remove(record.name())),
            How::DoneButFails(_) | How::Torn | How::Short | How::Flipped => {}
        }
        Ok(Some(how))
    }

    fn put(&mut self, record: Record, bytes: &[u8], how: Option<How>) -> Result<(), StorageError> {
        let old = self.records.get(record.name());
        let torn = how == Some(How::Torn) && bytes.len() > ATOMIC;
        let stored: Rc<[u8]> = match old {
            Some(old) if torn && old.len() == bytes.len() => {
                [&bytes[..ATOMIC], &old[ATOMIC..]].concat().into()
            }
            _ if how == Some(How::Torn) => return Err(StorageError::Unavailable),
            _ => bytes.into(),
        };
        self.records.insert(record.name(), stored);
        match how {
            Some(How::DoneButFails(error)) => Err(error),
            Some(How::Torn) => Err(StorageError::Unavailable),
            _ => Ok(()),
        }
    }
}

impl Storage for Medium {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let how = self.meets(record, false)?;
        match how {
            Some(How::DoneButFails(error)) => return Err(error),
            Some(How::Torn) => return Err(StorageError::Unavailable),
            _ => {}
        }
        let stored = self.records.get(record.name()).ok_or(StorageError::Absent)?;
        if stored.len() != bytes.len() {
            return Err(StorageError::Corrupt);
        }
        let given = if how == Some(How::Short) { stored.len() / 2 } else { stored.len() };
        bytes[..given].copy_from_slice(&stored[..given]);
        if how == Some(How::Flipped) {
            bytes[FLIPPED] ^= 1;
        }
        Ok(())
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let how = self.meets(record, true)?;
        self.put(record, bytes, how)
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let how = self.meets(record, true)?;
        if self.records.contains_key(record.name()) {
            self.put(record, bytes, how)
        } else {
            Err(StorageError::Absent)
        }
    }
}

impl Rng for Medium {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        bytes.fill(self.device.random);
        Ok(())
    }
}

impl Clock for Medium {
    fn seconds(&self) -> u64 {
        self.seconds
    }
}

impl Identity for Medium {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        Ok(self.device.secret)
    }
}

impl Factory for Medium {}
