//! The text form, as it is read and refused.

use paylatch_proto::armour;
use paylatch_proto::contact::harmless;
use paylatch_proto::limits;
use paylatch_proto::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::{Accepted, named};

/// A text that is read, although no writer makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// The text.
    pub text: String,
    /// The accepted vector that it carries.
    pub carries: String,
}

/// A text that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadText {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub about: String,
    /// The text.
    pub text: String,
    /// Name of the refusal.
    pub refusal: String,
}

/// `characters.json`: code points, from and to, hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Characters {
    /// What no name, payment address or note may hold.
    pub refused: Vec<[String; 2]>,
    /// What a reader of texts skips, and what is blank in a name.
    pub white_space: Vec<[String; 2]>,
}

/// Makes them, of every character there is.
pub fn characters() -> Characters {
    let ranges = |belongs: fn(char) -> bool| {
        let mut ranges: Vec<[u32; 2]> = Vec::new();
        for code in ('\0'..=char::MAX).filter(|&c| belongs(c)).map(u32::from) {
            match ranges.last_mut() {
                Some([_, to]) if *to + 1 == code => *to = code,
                _ => ranges.push([code, code]),
            }
        }
        ranges.into_iter().map(|range| range.map(|code| format!("{code:04X}"))).collect()
    };
    Characters { refused: ranges(|c| !harmless(c)), white_space: ranges(char::is_whitespace) }
}

/// Reads a text.
///
/// # Errors
/// The refusal.
pub fn read(text: &str) -> Result<(armour::Kind, Vec<u8>), Refusal> {
    let mut buffer = [0; limits::MESSAGE];
    let (kind, bytes) = armour::decode(text, &mut buffer)?;
    Ok((kind, bytes.to_vec()))
}

pub fn make(accepted: &[Accepted]) -> (Vec<Text>, Vec<BadText>) {
    let plain = &named(accepted, "release").text;
    let groups = plain.as_bytes().chunks(10).map(|chunk| String::from_utf8_lossy(chunk));
    let text = |name: &str, about: &str, text: String| Text {
        name: name.into(),
        about: about.into(),
        text,
        carries: "release".into(),
    };
    let texts = vec![
        text("lower-case", "All of it in lower case.", plain.to_lowercase()),
        text(
            "grouped",
            "In groups of ten, as people copy it.",
            groups.collect::<Vec<_>>().join(" "),
        ),
        text("lines", "Broken into lines by a mail program.", format!("\r\n\t{plain}\u{a0}\n")),
        text(
            "split-prefix",
            "White space inside the prefix.",
            format!("PAY LATCH\n1{}", &plain[9..]),
        ),
    ];
    let bad = |name: &str, about: &str, text: String| BadText {
        name: name.into(),
        about: about.into(),
        refusal: format!("{:?}", read(&text).expect_err(name)),
        text,
    };
    let without_last = &plain[..plain.len() - 1];
    let bad_texts = vec![
        bad("empty", "Nothing.", String::new()),
        bad("no-prefix", "The digits alone.", plain[10..].into()),
        bad("next-version", "A prefix of another version.", plain.replacen('1', "2", 1)),
        bad("foreign-digit", "A 1 is no digit of Base32.", format!("{without_last}1")),
        bad("padded", "Base32's padding is not written.", format!("{plain}=")),
        bad("hyphens", "Groups joined by hyphens.", format!("{}-{}", &plain[..20], &plain[20..])),
        bad("one-digit-short", "The last digit is missing.", without_last.into()),
        bad("one-digit-more", "A digit too many.", format!("{}A", named(accepted, "notice").text)),
        bad("last-bits", "The bits after the last byte are not zero.", format!("{without_last}7")),
        bad("too-long", "More than any message.", format!("{plain}{}", "A".repeat(1_000))),
    ];
    (texts, bad_texts)
}
