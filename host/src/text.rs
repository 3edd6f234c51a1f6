//! Reading what people hand in: a message, voucher, seal, statement or
//! certificate, from a file, standard input or the command line itself, as
//! armoured text, as raw bytes, or as a picture with a QR code of the text in it.

use std::io::Read;
use std::path::Path;

use paylatch_proto::WIRE_VERSION;
use paylatch_proto::armour::{self, ArmourError, Kind};
use paylatch_proto::limits;
use paylatch_proto::message::Message;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::{Seal, Voucher};

use crate::error::{self, Error, Result};
#[cfg(feature = "pictures")]
use crate::qr;
use crate::words;

/// What every armoured text begins with, whatever its kind and version.
const START: &str = "PAYLATCH";
/// The most that is read: no text is longer, even with white space all over it.
const MOST: u64 = 64 * 1024;

/// The most that is read of a file.
#[cfg(feature = "pictures")]
const MOST_OF_FILE: u64 = qr::MOST;
#[cfg(not(feature = "pictures"))]
const MOST_OF_FILE: u64 = MOST;

/// What was read: `body ‖ signature` of the kind named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is.
    pub kind: Kind,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

/// What a kind is called in a sentence.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "message",
        Kind::Voucher => "voucher",
        Kind::Seal => "seal",
        Kind::Statement => "statement",
        Kind::Certificate => "certificate",
    }
}

/// The command that takes a kind.
fn taker(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "`paylatch apply`",
        Kind::Voucher | Kind::Seal => "`paylatch provision`",
        Kind::Statement => "`paylatch-lender verify`",
        Kind::Certificate => "`paylatch attest --certificate`",
    }
}

/// The armoured text of `bytes`.
pub fn armour(kind: Kind, bytes: &[u8]) -> String {
    armour::encode(kind, bytes).collect()
}

/// Reads one of the kinds in `expected`. `source` is `-` for standard input, the
/// armoured text itself, or else the path of a file that holds the text, the raw
/// bytes, or a picture with the text's QR code in it.
///
/// # Errors
/// [`error::Kind::Io`] for what can't be read; [`error::Kind::Input`] for what
/// is clipped, altered, of another kind or nothing of ours.
pub fn read(source: &str, expected: &[Kind]) -> Result<Text> {
    if source == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .take(MOST_OF_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Error::io(Path::new("standard input"), &e))?;
        parse(&bytes, expected).map_err(|e| e.of("standard input"))
    } else if is_armoured(source.as_bytes()) {
        parse(source.as_bytes(), expected)
    } else {
        read_file(Path::new(source), expected)
    }
}

/// Reads one of the kinds in `expected` from a file.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Path, expected: &[Kind]) -> Result<Text> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_OF_FILE + 1).read_to_end(&mut bytes))
        .map_err(|e| Error::io(path, &e))?;
    parse(&bytes, expected).map_err(|e| e.of(path.display()))
}

/// Takes apart what was read.
///
/// # Errors
/// [`error::Kind::Input`].
pub fn parse(input: &[u8], expected: &[Kind]) -> Result<Text> {
    if input.trim_ascii().is_empty() {
        return Err(bad(format!("empty; expected {}", names(expected))));
    }
    #[cfg(feature = "pictures")]
    if qr::is_picture(input) {
        return from_picture(input, expected);
    }
    if input.len() as u64 > MOST {
        return Err(bad(format!("too large to be {}", names(expected))));
    }
    let text = if is_armoured(input) {
        let text = str::from_utf8(input)
            .map_err(|_| bad("not readable as text (UTF-8) although it begins like one".into()))?;
        dearmour(text)?
    } else if input.first() == Some(&WIRE_VERSION) {
        let kind = *expected
            .iter()
            .find(|&&kind| check_form(kind, input).is_ok())
            .or(expected.first())
            .ok_or_else(|| bad("nothing is expected here".into()))?;
        Text { kind, bytes: input.to_vec() }
    } else {
        return Err(bad(format!(
            "neither Paylatch text (it would begin with {START}) nor the bytes of {}",
            names(expected)
        )));
    };
    if !expected.contains(&text.kind) {
        return Err(bad(format!(
            "this is a {}, which {} takes; expected {}",
            kind_name(text.kind),
            taker(text.kind),
            names(expected)
        )));
    }
    check_form(text.kind, &text.bytes).map_err(|refusal| {
        bad(format!("not a whole {}: {}", kind_name(text.kind), words::refusal(refusal)))
    })?;
    Ok(text)
}

#[cfg(feature = "pictures")]
fn from_picture(input: &[u8], expected: &[Kind]) -> Result<Text> {
    if input.len() as u64 > qr::MOST {
        return Err(bad(format!("a picture of more than {} MiB", qr::MOST >> 20)));
    }
    let mut texts = qr::read(input)?;
    texts.retain(|text| is_armoured(text.as_bytes()));
    match texts.as_slice() {
        [text] => parse(text.as_bytes(), expected),
        [] => Err(bad(format!("the QR code in the picture is not one of {}", names(expected)))),
        _ => Err(bad("several QR codes of ours are in the picture: take one at a time".into())),
    }
}

/// Whether it looks like armoured text of any version.
pub fn is_armoured(input: &[u8]) -> bool {
    let mut letters = input.iter().filter(|byte| !byte.is_ascii_whitespace());
    START.bytes().all(|s| letters.next().is_some_and(|byte| byte.to_ascii_uppercase() == s))
}

fn dearmour(text: &str) -> Result<Text> {
    let mut buffer = [0; limits::MESSAGE];
    let (kind, bytes) = armour::decode(text, &mut buffer).map_err(|problem| {
        bad(match problem {
            ArmourError::UnknownPrefix => {
                let prefix = text.trim().split(':').next().unwrap_or_default();
                let prefix: String = prefix.chars().take(16).collect();
                format!("`{prefix}` is no prefix this version knows")
            }
            ArmourError::BadCharacter(at) => format!(
                "`{}` at character {} does not belong in the text; copy it again",
                text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('?'),
                text.get(..at).map_or(at, |before| before.chars().count()) + 1
            ),
            ArmourError::Clipped => {
                "characters are missing or were added; copy the whole text again".into()
            }
            ArmourError::TooLong => "longer than any Paylatch text; copy only this one".into(),
        })
    })?;
    Ok(Text { kind, bytes: bytes.to_vec() })
}

/// Refuses what can't be whole. A version or command that only the lock may
/// know is left to the lock.
fn check_form(kind: Kind, bytes: &[u8]) -> core::result::Result<(), Refusal> {
    let form = match kind {
        Kind::Message => Message::parse(bytes).map(drop),
        Kind::Voucher => Voucher::parse(bytes).map(drop),
        Kind::Seal => Seal::parse(bytes).map(drop),
        Kind::Statement => Statement::parse(bytes).map(drop),
        Kind::Certificate => Certificate::parse(bytes).map(drop),
    };
    match form {
        Err(Refusal::UnknownVersion | Refusal::UnknownCommand) => Ok(()),
        other => other,
    }
}

fn names(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds.iter().map(|&kind| format!("a {}", kind_name(kind))).collect();
    names.join(" or ")
}

fn bad(message: String) -> Error {
    Error::new(error::Kind::Input, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch_proto::bytes::Bytes;

    fn seal() -> Vec<u8> {
        let body = Seal { version: WIRE_VERSION, device: Bytes([7; 32]), issued_at: 1 };
        let mut buffer = [0; 64];
        let mut bytes = postcard::to_slice(&body, &mut buffer).unwrap().to_vec();
        bytes.extend([0xff; limits::SIGNATURE]);
        bytes
    }

    fn wrong(input: &[u8]) -> String {
        let error = parse(input, &[Kind::Voucher, Kind::Seal]).unwrap_err();
        assert_eq!(error.kind(), error::Kind::Input);
        error.to_string()
    }

    #[test]
    fn text_and_bytes_are_read() {
        let expected = Text { kind: Kind::Seal, bytes: seal() };
        let text = armour(Kind::Seal, &seal());
        let kinds = [Kind::Voucher, Kind::Seal];
        assert_eq!(parse(&seal(), &kinds), Ok(expected.clone()));
        assert_eq!(parse(text.as_bytes(), &kinds), Ok(expected.clone()));
        assert_eq!(
            parse(format!("\n {}\r\n", text.to_lowercase()).as_bytes(), &kinds),
            Ok(expected.clone())
        );
        assert_eq!(read(&text, &kinds), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = armour(Kind::Seal, &seal());
        assert!(wrong(b" \n").contains("empty"));
        assert!(wrong(b"hello").contains("neither Paylatch text"));
        assert!(wrong(&[b'A'; 70_000]).contains("too large"));
        assert!(wrong(b"PAYLATCH9:ABC").contains("`PAYLATCH9` is no prefix"));
        assert!(
            wrong(
                text.replacen('A', "1", 4).replacen("P1YL1TCH1S:1", "PAYLATCH1S:1", 1).as_bytes()
            )
            .contains("`1` at character")
        );
        assert!(wrong(&text.as_bytes()[..text.len() - 1]).contains("missing or were added"));
        assert!(wrong(&text.as_bytes()[..text.len() - 13]).contains("not a whole seal"));
        assert!(wrong(format!("{text}{text}").as_bytes()).contains("`1` at character 177"));
        assert!(wrong(armour(Kind::Statement, &seal()).as_bytes()).contains("this is a statement"));
        assert!(wrong(&seal()[..90]).contains("not a whole voucher"));
    }
}
