//! OP-TEE as the lock's platform.

use optee_utee::{
    DataFlag, Error, ErrorKind, ObjectStorageConstants, ParamIndex, PersistentObject, Random,
    TaSessionBuilder, TeeParams, Time, Uuid, Whence,
};
use paylatch_ta::env::{
    Clock, Factory, Identity, PlatformError, Record, Rng, Storage, StorageError,
};

/// OP-TEE: records in RPMB, its random numbers, its secure counter, its system PTA.
pub struct OpTee;

/// RPMB and nothing else: the REE file system is erased by a factory reset.
fn rpmb() -> ObjectStorageConstants {
    ObjectStorageConstants::PrivateRpmb
}

/// Only a true "not found" is absence. OP-TEE must carry our patch, so that it
/// comes from a walk of authenticated blocks and not from the normal world.
fn reason(error: Error) -> StorageError {
    match error.kind() {
        ErrorKind::ItemNotFound => StorageError::Absent,
        ErrorKind::CorruptObject | ErrorKind::CorruptObject2 => StorageError::Corrupt,
        _ => StorageError::Unavailable,
    }
}

impl Storage for OpTee {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let name = record.name().as_bytes();
        let mut object =
            PersistentObject::open(rpmb(), name, DataFlag::ACCESS_READ).map_err(reason)?;
        let count = object.read(bytes).map_err(reason)?;
        if usize::try_from(count) == Ok(bytes.len()) { Ok(()) } else { Err(StorageError::Corrupt) }
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        match self.write(record, bytes) {
            Err(StorageError::Absent | StorageError::Corrupt) => {
                let (name, flags) = (record.name().as_bytes(), DataFlag::ACCESS_WRITE);
                let flags = flags | DataFlag::OVERWRITE;
                PersistentObject::create(rpmb(), name, flags, None, bytes).map(drop).map_err(reason)
            }
            written => written,
        }
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let name = record.name().as_bytes();
        let mut object =
            PersistentObject::open(rpmb(), name, DataFlag::ACCESS_WRITE).map_err(reason)?;
        object.seek(0, Whence::DataSeekSet).map_err(reason)?;
        object.write(bytes).map_err(reason)
    }
}

impl Rng for OpTee {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        Random::generate(bytes);
        Ok(())
    }
}

impl Clock for OpTee {
    fn seconds(&self) -> u64 {
        let mut time = Time::new();
        time.system_time();
        time.seconds.into()
    }
}

impl Identity for OpTee {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        // OP-TEE's system PTA, `pta_system.h`: 3a2f8978-5dc0-11e8-9c2d-fa7ae01bbebc. (To read it
        // from a text would take a kilobyte and a half.)
        const NODE: [u8; 8] = [0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc];
        const DERIVE_TA_UNIQUE_KEY: u32 = 1;

        let system = Uuid::new_raw(0x3a2f_8978, 0x5dc0, 0x11e8, NODE);
        let mut session = TaSessionBuilder::new(system).build().map_err(|_| PlatformError)?;
        let mut secret = [0; 32];
        let mut parameters = TeeParams::new()
            .with_memref_in(ParamIndex::Arg0, b"paylatch device")
            .with_memref_out(ParamIndex::Arg1, &mut secret);
        session.invoke_command(DERIVE_TA_UNIQUE_KEY, &mut parameters).map_err(|_| PlatformError)?;
        Ok(secret)
    }
}

impl Factory for OpTee {}
