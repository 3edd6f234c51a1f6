//! Hotline codes as people read them out and type them: digits, with spaces or hyphens
//! anywhere between them.

use paylatch_proto::hotline::Challenge;

use crate::error::{Error, Kind, Result};

/// Digits of a challenge.
const CHALLENGE: u32 = 9;
/// Digits of a group of a code.
const GROUP: u32 = 6;

/// The challenge that a phone shows.
///
/// # Errors
/// [`Kind::Input`]: digits are missing or too many, or one was misheard.
pub fn challenge(text: &str) -> Result<Challenge> {
    let digits = digits(text, CHALLENGE, "the number that the phone shows")?;
    Challenge::from_number(digits as u32).map_err(|_| {
        let problem =
            "its last digit does not go with the others: a digit was misheard or mistyped";
        Error::new(Kind::Input, problem).of(text.trim())
    })
}

/// The two groups of a code, right or wrong.
///
/// # Errors
/// [`Kind::Input`]: digits are missing or too many.
pub fn groups(text: &str) -> Result<[u32; 2]> {
    let digits = digits(text, 2 * GROUP, "a hotline code")?;
    let groups = 10_u64.pow(GROUP);
    Ok([digits / groups, digits % groups].map(|group| group as u32))
}

fn digits(text: &str, wanted: u32, name: &str) -> Result<u64> {
    let bad = |problem: String| Error::new(Kind::Input, problem);
    let mut number = 0_u64;
    let mut count = 0_u32;
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let Some(digit) = c.to_digit(10) else {
            return Err(bad(format!("`{}` is no digit of {name}", c.escape_debug())));
        };
        count += 1;
        if count <= wanted {
            number = number * 10 + u64::from(digit);
        }
    }
    if count == wanted {
        Ok(number)
    } else {
        Err(bad(format!("{name} has {wanted} digits; this has {count}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_however_they_are_grouped() {
        let shown = Challenge::of(12_345_678);
        for text in [format!("{shown}"), format!("  {shown}\n").replace(' ', "-")] {
            assert_eq!(challenge(&text).unwrap(), shown, "{text}");
        }
        assert_eq!(groups("012345 678901").unwrap(), [12_345, 678_901]);
        assert_eq!(groups("01-23-45-67-89-01").unwrap(), [12_345, 678_901]);
        for (text, why) in [
            ("", "has 12 digits; this has 0"),
            ("01234567890", "this has 11"),
            ("0123456789012", "this has 13"),
            ("01234567890x", "`x` is no digit"),
            ("٠١٢٣٤٥٦٧٨٩٠١", "is no digit"),
            (&"9".repeat(1000), "this has 1000"),
        ] {
            let error = groups(text).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(error.kind(), Kind::Input);
        }
        let number = shown.number();
        let other = format!("{:09}", number / 10 * 10 + (number + 1) % 10);
        assert!(challenge(&other).unwrap_err().to_string().contains("misheard"));
    }
}
