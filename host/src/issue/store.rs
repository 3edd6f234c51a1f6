//! Files that are whole or not there.

use std::fs::{self, File, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Kind, Result};

/// A file that comes into being, or is replaced, only by [`Output::commit`];
/// dropped before that, nothing has happened.
pub struct Output {
    path: PathBuf,
    target: Target,
}

enum Target {
    Temporary(BufWriter<NamedTempFile>),
    /// A pipe or a device can't be replaced, only written to.
    Direct(BufWriter<File>),
}

impl Output {
    /// Begins a file at `path`.
    ///
    /// # Errors
    /// [`Kind::Io`] when nothing can be written there.
    pub fn begin(path: &Path) -> Result<Self> {
        let io = |e| Error::io(path, &e);
        let special = fs::metadata(path).is_ok_and(|meta| !meta.is_file());
        let target = if special {
            let file = File::options().write(true).open(path).map_err(io)?;
            Target::Direct(BufWriter::new(file))
        } else {
            // As any new file: what the umask leaves of this.
            let file = temporary(path, 0o666)?;
            Target::Temporary(BufWriter::new(file))
        };
        Ok(Output { path: path.to_owned(), target })
    }

    /// Makes the file stand under its name.
    ///
    /// # Errors
    /// [`Kind::Io`]; a file that stood there before still does.
    pub fn commit(self) -> Result<()> {
        let io = |e| Error::io(&self.path, &e);
        match self.target {
            Target::Direct(mut file) => file.flush().map_err(io),
            Target::Temporary(file) => {
                let file = file.into_inner().map_err(|e| io(e.into_error()))?;
                file.as_file().sync_all().map_err(io)?;
                file.persist(&self.path).map(drop).map_err(|e| io(e.error))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.target {
            Target::Temporary(file) => file.write(bytes),
            Target::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.target {
            Target::Temporary(file) => file.flush(),
            Target::Direct(file) => file.flush(),
        }
    }
}

/// Writes a new file that only its owner can read, and never replaces one.
///
/// # Errors
/// [`Kind::Io`]: there is a file of this name, or none can be written.
pub fn new_secret(path: &Path, content: &[u8]) -> Result<()> {
    new(path, content, 0o600)
}

/// Writes a new file and never replaces one.
///
/// # Errors
/// As [`new_secret`].
pub fn new_public(path: &Path, content: &[u8]) -> Result<()> {
    new(path, content, 0o666)
}

fn new(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let io = |e| Error::io(path, &e);
    let mut file = temporary(path, mode)?;
    file.write_all(content).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist_noclobber(path).map(drop).map_err(|e| match e.error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => io(e.error),
    })
}

/// What is said of a file that would have to be replaced.
pub fn exists(path: &Path) -> Error {
    Error::new(
        Kind::Io,
        format!("{}: there is a file of this name already; it is not replaced", path.display()),
    )
}

/// The directory that a file is in.
pub fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the name of a new or replaced file last through a power cut.
///
/// # Errors
/// [`Kind::Io`].
pub fn sync_directory(path: &Path) -> Result<()> {
    File::open(directory(path)).and_then(|d| d.sync_all()).map_err(|e| Error::io(path, &e))
}

fn temporary(path: &Path, mode: u32) -> Result<NamedTempFile> {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory(path))
        .map_err(|e| Error::io(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_committed_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();
        let mut output = Output::begin(&path).unwrap();
        output.write_all(b"new").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let mut output = Output::begin(&path).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_is_its_owners_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        new_secret(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(new_secret(&path, b"two").unwrap_err().kind(), Kind::Io);
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }
}
