/// Name of a record. Each has one fixed size, see [`crate::records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// The commit point for everything, updated in place.
    State,
    /// Seed, keys and policy; the state says which of the two is live.
    Keys(Slot),
    /// The contact record; the state says which of the two is live.
    Contact(Slot),
}

/// One of two places of a record that is replaced whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Slot {
    /// The first.
    A = 0,
    /// The second.
    B = 1,
}

impl Slot {
    /// The other one.
    pub fn other(self) -> Slot {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }
}

impl Record {
    /// All records.
    pub const ALL: [Record; 5] = [
        Record::State,
        Record::Keys(Slot::A),
        Record::Keys(Slot::B),
        Record::Contact(Slot::A),
        Record::Contact(Slot::B),
    ];

    /// Its name in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Record::State => "state",
            Record::Keys(Slot::A) => "keys.0",
            Record::Keys(Slot::B) => "keys.1",
            Record::Contact(Slot::A) => "contact.0",
            Record::Contact(Slot::B) => "contact.1",
        }
    }
}

/// Why a record could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// The storage answered, authenticated, that there is no such record.
    /// Never said of a storage that is silent.
    Absent,
    /// The record is there but not whole.
    Corrupt,
    /// Anything else: no answer, no authentication, no room.
    Unavailable,
}

/// Replay-protected storage, in which a write of one record of at most 232
/// bytes in place is atomic: after a power cut the record is old or new.
pub trait Storage {
    /// Reads the record, which must be `bytes.len()` long.
    ///
    /// # Errors
    /// [`StorageError`]; `bytes` is then of no meaning.
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError>;

    /// Makes the record exist with this content: one that is there is overwritten
    /// in place, one that is not whole is replaced.
    ///
    /// # Errors
    /// [`StorageError`]; the record may then be there or not.
    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError>;

    /// Overwrites the record in place, from its first byte to its last.
    ///
    /// # Errors
    /// [`StorageError`]; the record may then be old or new, but for one of more
    /// than 232 bytes also a mix.
    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError>;
}
