//! Values of options and columns.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Kind, Result};

/// The most that is read of a key, contact record or passphrase file, bytes.
const MOST: u64 = 64 * 1024;

/// A span of use: `3d`, `12h`, `15min`, `2h 30min`, or plain seconds.
///
/// # Errors
/// [`Kind::Input`] when it is none, or longer than 32 bits of seconds.
pub fn seconds(text: &str) -> Result<u32> {
    let bad = |problem: String| Error::new(Kind::Input, problem);
    let text = text.trim();
    let span = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text).map_err(|_| {
            bad(format!(
                "`{}` is no span of time, like 24h, 3d or 90 (seconds)",
                text.escape_debug()
            ))
        })?,
    };
    if span.subsec_nanos() != 0 {
        return Err(bad(format!("`{text}` is no whole number of seconds")));
    }
    u32::try_from(span.as_secs()).map_err(|_| bad(format!("`{text}` is longer than 136 years")))
}

/// A whole number.
///
/// # Errors
/// [`Kind::Input`].
pub fn number<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| {
        Error::new(
            Kind::Input,
            format!("`{}` is not a whole number in range", text.trim().escape_debug()),
        )
    })
}

/// A small text file.
///
/// # Errors
/// [`Kind::Io`] when it can't be read, `kind` when it is no text or too large.
pub fn text_file(path: &Path, kind: Kind) -> Result<String> {
    let bytes = small_file(path)?;
    String::from_utf8(bytes)
        .map_err(|_| Error::new(kind, format!("{}: is not a text file", path.display())))
}

/// A small file.
///
/// # Errors
/// [`Kind::Io`] when it can't be read, [`Kind::Input`] when it is too large.
pub fn small_file(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;

    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes))
        .map_err(|e| Error::io(path, &e))?;
    if bytes.len() as u64 > MOST {
        return Err(Error::new(
            Kind::Input,
            format!("{}: larger than {MOST} bytes; is it the right file?", path.display()),
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, expected) in
            [("90", 90), ("24h", 86_400), ("3d", 259_200), (" 2h 30min ", 9_000)]
        {
            assert_eq!(seconds(text).unwrap(), expected);
        }
        for text in ["", "soon", "-1", "500ms", "200y", "4294967296"] {
            assert_eq!(seconds(text).unwrap_err().kind(), Kind::Input, "{text}");
        }
    }
}
