//! The file of a simulated device: JSON, with a digest that shows damage.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::sign::sha256;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::error::{Error, Kind, Result};
use crate::hex;
use crate::issue::store::{directory, sync_directory};

/// Version of the file's form.
const FORMAT: u32 = 2;
/// A simulator's file is never larger.
const MOST: u64 = 64 * 1024;

/// What a device's secure storage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// It reads and writes.
    On,
    /// It does not answer: a dead or withheld RPMB.
    Off,
    /// It has no room for a record that is not there.
    Full,
}

/// What a device keeps without power.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    /// What a TEE derives from the hardware unique key.
    pub secret: [u8; 32],
    /// Seconds that the device has been on, in all.
    pub powered_on: u64,
    /// What the secure storage does.
    pub storage: Storage,
    /// The records, by name.
    pub records: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    /// A new device with a secret of its own.
    pub fn factory_fresh() -> Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|e| Error::new(Kind::Io, format!("the system's random numbers: {e}")))?;
        Ok(Contents { secret, powered_on: 0, storage: Storage::On, records: BTreeMap::new() })
    }
}

/// The file, locked against other programs until dropped.
pub struct Held {
    path: PathBuf,
    _locked: File,
    /// What it holds; in the file again after [`Held::store`].
    pub contents: Contents,
}

impl Held {
    /// Waits for other programs that use the file, then reads it.
    pub fn load(path: &Path) -> Result<Self> {
        let path = fs::canonicalize(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::new(
                Kind::Io,
                format!(
                    "{}: no such simulator; make one with `paylatch --simulator FILE simulator \
                     new`",
                    path.display()
                ),
            ),
            _ => Error::io(path, &error),
        })?;
        let io = |error| Error::io(&path, &error);
        let locked = loop {
            let file = File::open(&path).map_err(io)?;
            file.lock().map_err(io)?;
            // Whoever held the lock may have put another file in its place.
            let (held, named) = (file.metadata().map_err(io)?, fs::metadata(&path).map_err(io)?);
            if (held.dev(), held.ino()) == (named.dev(), named.ino()) {
                break file;
            }
        };
        let mut bytes = Vec::new();
        (&locked).take(MOST + 1).read_to_end(&mut bytes).map_err(io)?;
        let contents = decode(&bytes).ok_or_else(|| {
            Error::new(
                Kind::Input,
                format!(
                    "{}: not a simulator, or damaged; it was left as it is: restore a copy, or \
                     make a new one elsewhere",
                    path.display()
                ),
            )
        })?;
        Ok(Held { path, _locked: locked, contents })
    }

    /// Replaces the file, whole.
    pub fn store(&self) -> Result<()> {
        let file = written(&self.path, &self.contents)?;
        file.persist(&self.path).map_err(|e| Error::io(&self.path, &e.error))?;
        sync_directory(&self.path)
    }
}

/// Writes a new file; one that is there stays.
pub fn create(path: &Path, contents: &Contents) -> Result<()> {
    let file = written(path, contents)?;
    file.persist_noclobber(path).map_err(|e| match e.error.kind() {
        ErrorKind::AlreadyExists => {
            Error::new(Kind::Io, format!("{}: is there already; name another file", path.display()))
        }
        _ => Error::io(path, &e.error),
    })?;
    sync_directory(path)
}

fn written(path: &Path, contents: &Contents) -> Result<NamedTempFile> {
    let io = |error| Error::io(path, &error);
    let mut file = NamedTempFile::new_in(directory(path)).map_err(io)?;
    file.write_all(&encode(contents)?).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    Ok(file)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    /// SHA-256 of `simulator` as compact JSON.
    digest: String,
    simulator: Fields,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: u32,
    secret: String,
    powered_on: u64,
    storage: Storage,
    records: BTreeMap<String, String>,
}

fn encode(contents: &Contents) -> Result<Vec<u8>> {
    let unwritable = |e| Error::new(Kind::Io, format!("the simulator can't be written: {e}"));
    let records = contents.records.iter();
    let simulator = Fields {
        format: FORMAT,
        secret: hex::encode(&contents.secret),
        powered_on: contents.powered_on,
        storage: contents.storage,
        records: records.map(|(name, bytes)| (name.clone(), hex::encode(bytes))).collect(),
    };
    let digest = digest(&simulator).map_err(unwritable)?;
    let mut bytes =
        serde_json::to_vec_pretty(&Envelope { digest, simulator }).map_err(unwritable)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Option<Contents> {
    if bytes.len() as u64 > MOST {
        return None;
    }
    let Envelope { digest: expected, simulator } = serde_json::from_slice(bytes).ok()?;
    if digest(&simulator).ok()? != expected || simulator.format != FORMAT {
        return None;
    }
    let Bytes(secret) = hex::decode(&simulator.secret).ok()?;
    let records = simulator.records.into_iter();
    Some(Contents {
        secret,
        powered_on: simulator.powered_on,
        storage: simulator.storage,
        records: records
            .map(|(name, text)| Some((name, hex::decode_any(&text).ok()?)))
            .collect::<Option<_>>()?,
    })
}

fn digest(simulator: &Fields) -> serde_json::Result<String> {
    Ok(sha256(&[&serde_json::to_vec(simulator)?]).to_string())
}
