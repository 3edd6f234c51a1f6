//! Sequence numbers. Unix seconds do: they rise by themselves and survive the
//! loss of every file. Whoever issues two messages for one device within a
//! second needs a file that remembers the last number.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use paylatch_proto::limits;

use crate::error::{Error, Kind, Result};

/// Unix seconds.
///
/// # Errors
/// [`Kind::Io`] when the clock stands before 1970 or after 2106, which 32 bits
/// of seconds can't tell.
pub fn now() -> Result<u32> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u32::try_from(since.as_secs()).ok())
        .ok_or_else(|| Error::new(Kind::Io, "the computer's clock is wrong: set its date"))
}

/// Takes the next number from `path`: above every number taken from it before,
/// and not below the present Unix seconds. The file is made when it is not
/// there; two programs at once wait for each other.
///
/// # Errors
/// [`Kind::Io`] when the file can't be read or written, [`Kind::Input`] when it
/// holds no number. Nothing is taken then.
pub fn next(path: &Path) -> Result<u64> {
    let now = u64::from(now()?);
    let io = |e| Error::io(path, &e);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(io)?;
    file.lock().map_err(io)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(io)?;
    let last: u64 = match text.trim() {
        "" => 0,
        number => number.parse().map_err(|_| {
            Error::new(
                Kind::Input,
                format!(
                    "{}: holds no sequence number; put the last one used there",
                    path.display()
                ),
            )
        })?,
    };
    let next = now.max(last.saturating_add(1));
    if next >= limits::SEQUENCE_END {
        return Err(Error::new(
            Kind::Input,
            format!("{}: {last} leaves no number below 2^48", path.display()),
        ));
    }
    // Numbers only grow in length, so a write in place leaves no old digits.
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    file.write_all(format!("{next}\n").as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_strictly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sequence");
        let first = next(&path).unwrap();
        assert!(next(&path).unwrap() > first);
        std::fs::write(&path, "5000000000\n").unwrap();
        assert_eq!(next(&path).unwrap(), 5_000_000_001);
        assert_eq!(next(&path).unwrap(), 5_000_000_002);
        std::fs::write(&path, "many\n").unwrap();
        assert_eq!(next(&path).unwrap_err().kind(), Kind::Input);
        std::fs::write(&path, format!("{}", limits::SEQUENCE_END - 1)).unwrap();
        assert_eq!(next(&path).unwrap_err().kind(), Kind::Input);
    }
}
