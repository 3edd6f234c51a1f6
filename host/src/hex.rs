//! Hexadecimal, as people give it on command lines.

use paylatch_proto::bytes::Bytes;

use crate::error::{Error, Kind, Result};

/// Exactly `N` bytes from `2 * N` digits of either case.
///
/// # Errors
/// [`Kind::Input`], which says what is wrong.
pub fn decode<const N: usize>(text: &str) -> Result<Bytes<N>> {
    let text = text.trim();
    let mut bytes = [0; N];
    match base16ct::mixed::decode(text, &mut bytes) {
        Ok(whole) if whole.len() == N => Ok(Bytes(bytes)),
        // Of another length, or no digits at all.
        _ => decode_any(text).and_then(|bytes| {
            let (expected, got) = (N * 2, bytes.len() * 2);
            Err(Error::new(Kind::Input, format!("{got} hexadecimal digits; expected {expected}")))
        }),
    }
}

/// As many bytes as there are pairs of digits.
///
/// # Errors
/// [`Kind::Input`].
pub fn decode_any(text: &str) -> Result<Vec<u8>> {
    base16ct::mixed::decode_vec(text)
        .map_err(|_| Error::new(Kind::Input, "not hexadecimal: digits 0-9 and a-f in pairs"))
}

/// Lower-case digits.
pub fn encode(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_counted() {
        assert_eq!(decode::<2>("aBcD\n"), Ok(Bytes([0xab, 0xcd])));
        assert_eq!(encode(&[0xab, 0x01]), "ab01");
        let wrong = |text| decode::<2>(text).unwrap_err().to_string();
        assert!(wrong("abc").contains("not hexadecimal"));
        assert!(wrong("abcg").contains("not hexadecimal"));
        assert!(wrong("abcdef").contains("6 hexadecimal digits; expected 4"));
    }
}
