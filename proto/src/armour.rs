//! The text form: a prefix and unpadded upper-case Base32 (RFC 4648, section 6).
//!
//! Every character is in the GSM 7-bit alphabet and in a QR code's alphanumeric
//! mode. Reading takes lower case too, and skips white space, since people
//! paste and type these texts.

use crate::refusal::Refusal;

/// A lender's message or an escrow's release.
pub const PREFIX_MESSAGE: &str = "PAYLATCH1:";
/// A voucher.
pub const PREFIX_VOUCHER: &str = "PAYLATCH1V:";
/// A seal.
pub const PREFIX_SEAL: &str = "PAYLATCH1S:";
/// A statement.
pub const PREFIX_STATEMENT: &str = "PAYLATCH1T:";
/// A certificate.
pub const PREFIX_CERTIFICATE: &str = "PAYLATCH1C:";

/// What a text carries, told by its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A lender's message or an escrow's release.
    Message,
    /// A voucher.
    Voucher,
    /// A seal.
    Seal,
    /// A statement.
    Statement,
    /// A certificate.
    Certificate,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] =
        [Kind::Message, Kind::Voucher, Kind::Seal, Kind::Statement, Kind::Certificate];

    /// What a text of this kind begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Kind::Message => PREFIX_MESSAGE,
            Kind::Voucher => PREFIX_VOUCHER,
            Kind::Seal => PREFIX_SEAL,
            Kind::Statement => PREFIX_STATEMENT,
            Kind::Certificate => PREFIX_CERTIFICATE,
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArmourError {
    /// It does not begin with a known prefix.
    UnknownPrefix,
    /// The character at this position (counted from 0, in the text as given)
    /// is not of the alphabet.
    BadCharacter(usize),
    /// Characters are missing or were added: no text has this length, or the
    /// last bits are not zero.
    Clipped,
    /// More than the buffer holds.
    TooLong,
}

impl From<ArmourError> for Refusal {
    fn from(error: ArmourError) -> Self {
        match error {
            ArmourError::Clipped => Refusal::Truncated,
            ArmourError::TooLong => Refusal::TooLong,
            ArmourError::UnknownPrefix | ArmourError::BadCharacter(_) => Refusal::Malformed,
        }
    }
}

const ALPHABET: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The characters of `bytes` in the text form of `kind`.
pub fn encode(kind: Kind, bytes: &[u8]) -> impl Iterator<Item = char> {
    let digits = (bytes.len() * 8).div_ceil(5);
    let digit = move |i: usize| {
        let bit = i * 5;
        let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
        let window = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        let value = (window >> (11 - bit % 8)) & 31;
        char::from(ALPHABET.get(usize::from(value)).copied().unwrap_or(b'A'))
    };
    kind.prefix().chars().chain((0..digits).map(digit))
}

/// Reads a text into `buffer`; says what it is and the bytes it carries.
///
/// # Errors
/// [`ArmourError`], which says what is wrong and where.
pub fn decode<'b>(text: &str, buffer: &'b mut [u8]) -> Result<(Kind, &'b [u8]), ArmourError> {
    let mut characters = text
        .char_indices()
        .filter(|(_, c)| !c.is_whitespace())
        .map(|(at, c)| (at, c.to_ascii_uppercase()));
    let begins_with = |prefix: &str| {
        let mut rest = characters.clone();
        prefix.chars().all(|expected| rest.next().is_some_and(|(_, c)| c == expected))
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| begins_with(kind.prefix()))
        .ok_or(ArmourError::UnknownPrefix)?;
    let digits = characters.by_ref().skip(kind.prefix().len());

    let (mut bits, mut count, mut length) = (0_u16, 0_u32, 0_usize);
    for (at, c) in digits {
        let value = ALPHABET
            .iter()
            .position(|&digit| char::from(digit) == c)
            .ok_or(ArmourError::BadCharacter(at))?;
        bits = bits << 5 | value as u16;
        count += 5;
        if count >= 8 {
            count -= 8;
            *buffer.get_mut(length).ok_or(ArmourError::TooLong)? = (bits >> count) as u8;
            length += 1;
            bits &= (1 << count) - 1;
        }
    }
    // What is left are fewer bits than a digit has, and zero; else a digit is
    // missing or one too many.
    if count >= 5 || bits != 0 {
        return Err(ArmourError::Clipped);
    }
    buffer.get(..length).map(|bytes| (kind, bytes)).ok_or(ArmourError::TooLong)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    #[test]
    fn rfc_4648_vectors() {
        for (plain, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            let text: String = encode(Kind::Message, plain.as_bytes()).collect();
            assert_eq!(text, std::format!("{PREFIX_MESSAGE}{coded}"));
            let mut buffer = [0; 8];
            let (kind, bytes) = decode(&text, &mut buffer).unwrap();
            assert_eq!((kind, bytes), (Kind::Message, plain.as_bytes()));
        }
    }

    #[test]
    fn every_kind_and_length_comes_back() {
        let bytes: Vec<u8> = (0..=255).map(|i: u8| i.wrapping_mul(37)).collect();
        for kind in Kind::ALL {
            for length in 0..bytes.len() {
                let text: String = encode(kind, &bytes[..length]).collect();
                assert_eq!(text.len(), crate::limits::armoured(kind.prefix().len(), length));
                let spaced: String =
                    text.to_lowercase().chars().flat_map(|c| [c, '\n', ' ']).collect();
                for text in [text, spaced] {
                    let mut buffer = [0; 256];
                    assert_eq!(decode(&text, &mut buffer), Ok((kind, &bytes[..length])));
                }
            }
        }
    }

    #[test]
    fn wrong_texts_are_named() {
        let mut buffer = [0; 4];
        let mut wrong = |text: &str| decode(text, &mut buffer).unwrap_err();
        assert_eq!(wrong(""), ArmourError::UnknownPrefix);
        assert_eq!(wrong("PAYLATCH2:MY"), ArmourError::UnknownPrefix);
        assert_eq!(wrong("PAYLATCH1:M1"), ArmourError::BadCharacter(11));
        assert_eq!(wrong("PAYLATCH1:M"), ArmourError::Clipped);
        assert_eq!(wrong("PAYLATCH1:MZX"), ArmourError::Clipped);
        assert_eq!(wrong("PAYLATCH1:MZ"), ArmourError::Clipped);
        assert_eq!(wrong("PAYLATCH1:MZXW6YTB"), ArmourError::TooLong);
    }
}
