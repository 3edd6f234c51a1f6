//! Where `watch` finds messages: a directory or standard input.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::SystemTime;

use paylatch::error::{Error, Kind, Result};

use crate::watch::Wake;

/// Marks of a file that was handled: see `--messages`.
const APPLIED: &str = "applied";
const REFUSED: &str = "refused";
const LEFT_ALONE: [&str; 4] = [APPLIED, REFUSED, "part", "tmp"];

/// A directory in which messages are dropped.
pub struct Inbox {
    directory: PathBuf,
    /// Files whose text was not whole when last looked at: they may still be
    /// being written.
    unfinished: BTreeMap<PathBuf, Version>,
    /// Files that wait for the next full look, unless they change.
    put_off: BTreeMap<PathBuf, Version>,
    /// Files that could not be marked as handled.
    unmarked: BTreeMap<PathBuf, Version>,
}

/// What tells a file from the same one, changed.
type Version = (u64, Option<SystemTime>);

impl Inbox {
    /// The directory need not be there yet.
    pub fn new(directory: &Path) -> Self {
        Inbox {
            directory: directory.to_owned(),
            unfinished: BTreeMap::new(),
            put_off: BTreeMap::new(),
            unmarked: BTreeMap::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.directory.display().to_string()
    }

    /// The files that wait to be handled, by name; without `all`, not those
    /// that were put off.
    pub fn waiting(&self, all: bool) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(|e| Error::io(&self.directory, &e))? {
            let path = entry.map_err(|e| Error::io(&self.directory, &e))?.path();
            let hidden = path.file_name().is_none_or(|n| n.as_encoded_bytes().starts_with(b"."));
            let alone = path.extension().is_some_and(|e| LEFT_ALONE.iter().any(|left| e == *left));
            let later = is_in(&self.unmarked, &path) || !all && is_in(&self.put_off, &path);
            if !hidden && !alone && path.is_file() && !later {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Whether a text that is not whole may yet become so: it has changed since
    /// it was last looked at.
    pub fn may_grow(&mut self, path: &Path) -> bool {
        let now = version(path);
        let before = self.unfinished.insert(path.to_owned(), now);
        before != Some(now)
    }

    /// Leaves a file, as it is, to the next full look.
    pub fn put_off(&mut self, path: &Path) {
        self.put_off.insert(path.to_owned(), version(path));
    }

    /// Renames a file that was taken or refused, so that it is not handled again.
    pub fn mark(&mut self, path: &Path, taken: bool) -> Result<()> {
        self.unfinished.remove(path);
        self.put_off.remove(path);
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(if taken { APPLIED } else { REFUSED });
        fs::rename(path, name).map_err(|error| {
            self.unmarked.insert(path.to_owned(), version(path));
            Error::new(Kind::Io, format!("{}: can't be renamed: {error}", path.display()))
        })
    }
}

fn is_in(files: &BTreeMap<PathBuf, Version>, path: &Path) -> bool {
    files.get(path).is_some_and(|seen| *seen == version(path))
}

fn version(path: &Path) -> Version {
    fs::metadata(path).map_or((0, None), |data| (data.len(), data.modified().ok()))
}

/// Wakes `watch` with every line on standard input.
pub fn from_standard_input(wake: Sender<Wake>) {
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let wake_with = match line {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => Wake::Line(line),
                Err(error) => Wake::InputFailed(error),
            };
            let failed = matches!(wake_with, Wake::InputFailed(_));
            if wake.send(wake_with).is_err() || failed {
                break;
            }
        }
    });
}
