//! The one error of the library and its programs, and their exit codes.
//!
//! | code | when | [`Kind`] |
//! | --- | --- | --- |
//! | 0 | done | |
//! | 1 | the lock refused it, or a verification failed | [`Kind::Refused`] |
//! | 2 | the command line is wrong (clap says how) | [`Kind::Usage`] |
//! | 3 | a text, file, row or value is not what it must be | [`Kind::Input`] |
//! | 4 | a key is missing, unreadable, encrypted otherwise, or of another curve | [`Kind::Key`] |
//! | 5 | there is no device: no TEE, no trusted application | [`Kind::NoDevice`] |
//! | 6 | the device is at fault, or could not store it | [`Kind::Fault`] |
//! | 7 | a file or stream could not be read or written | [`Kind::Io`] |

use std::fmt::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use paylatch_proto::contact::harmless;
use paylatch_proto::refusal::Refusal;

use crate::words;

/// What kind of thing went wrong; a script tells them apart by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Refused by the lock, or a verification failed.
    Refused = 1,
    /// The command line can't be carried out as given.
    Usage = 2,
    /// A text, file, row or value is not what it must be.
    Input = 3,
    /// A key can't be used.
    Key = 4,
    /// There is no device to talk to.
    NoDevice = 5,
    /// The device is at fault, or could not store what it took.
    Fault = 6,
    /// A file or stream could not be read or written.
    Io = 7,
}

/// What went wrong, in one line for people: what was wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    refusal: Option<Refusal>,
}

/// What fallible functions of this library return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), refusal: None }
    }

    /// What the lock refused: [`Kind::Fault`] where trying again later can help,
    /// else [`Kind::Refused`].
    pub fn refused(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Fault | Refusal::NotStored => Kind::Fault,
            _ => Kind::Refused,
        };
        let message = format!("refused: {}", words::refusal(refusal));
        Error { kind, message, refusal: Some(refusal) }
    }

    /// A failed read or write of `path`.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Error::new(Kind::Io, format!("{}: {error}", path.display()))
    }

    /// The same error, said of `what` (a file, a row, an option).
    pub fn of(self, what: impl fmt::Display) -> Self {
        Error { message: format!("{what}: {}", self.message), ..self }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The lock's own reason, if the lock refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The exit code of a program that ends with it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

/// A message quotes what was handed in: nothing of that may steer a terminal.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message
            .chars()
            .try_for_each(|c| f.write_char(if harmless(c) { c } else { '\u{fffd}' }))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use paylatch_proto::armour::Kind;

    use crate::issue::contact::ContactFields;
    use crate::text;

    #[test]
    fn what_is_quoted_steers_no_terminal() {
        let texts = ["PAYLATCH\u{1b}[2J:", "PAYLATCH1:AA\u{9b}", "PAYLATCH1:\u{202e}"];
        let texts = texts.map(|text| text::parse(text.as_bytes(), &Kind::ALL).unwrap_err());
        let contact = ContactFields::from_json("{\"\u{7f}\": 1}").unwrap_err();
        for error in [&texts[..], &[contact]].concat() {
            let message = error.to_string();
            let steers = |c: char| c.is_control() || c == '\u{202e}';
            assert!(message.contains('\u{fffd}') && !message.contains(steers), "{message:?}");
        }
    }
}
