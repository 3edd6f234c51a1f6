//! The contact record: what the screens show of the lender.

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::limits;

/// Whom an owner calls and how to pay. Only what the trusted application has
/// verified is ever shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Lender's name; not empty.
    pub name: String<{ limits::CONTACT_NAME }>,
    /// Phone number to call; not empty. Digits, space and `+-()*#`.
    pub phone: String<{ limits::CONTACT_PHONE }>,
    /// Where to pay: a URL, an account, a wallet. May be empty.
    pub payment: String<{ limits::CONTACT_PAYMENT }>,
    /// A note to the owner. May be empty.
    pub note: String<{ limits::CONTACT_NOTE }>,
    /// What is owed, if the lender says so.
    pub amount: Option<Amount>,
    /// Language of the note (BCP 47, letters, digits and hyphens). May be empty.
    pub language: String<{ limits::CONTACT_LANGUAGE }>,
}

/// A sum of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// In the currency's minor unit (ISO 4217): cents, paise …
    pub minor_units: u64,
    /// ISO 4217 code: three upper-case letters.
    pub currency: Bytes<3>,
}

/// A field of a [`Contact`] that is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ContactField {
    /// The lender's name.
    Name,
    /// The phone number.
    Phone,
    /// The payment address.
    Payment,
    /// The note.
    Note,
    /// The amount's currency.
    Currency,
    /// The language.
    Language,
}

impl Contact {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is empty and may not be, or holds a character that
    /// could mislead: see [`harmless`].
    pub fn check(&self) -> Result<(), ContactField> {
        let phone =
            |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '*' | '#');
        let language = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let blank = |text: &str| text.chars().all(char::is_whitespace);
        if blank(&self.name) || !is_harmless(&self.name) {
            Err(ContactField::Name)
        } else if !self.phone.chars().any(|c| c.is_ascii_digit()) || !self.phone.chars().all(phone)
        {
            Err(ContactField::Phone)
        } else if !is_harmless(&self.payment) {
            Err(ContactField::Payment)
        } else if !is_harmless(&self.note) {
            Err(ContactField::Note)
        } else if self.amount.is_some_and(|a| !a.currency.0.iter().all(u8::is_ascii_uppercase)) {
            Err(ContactField::Currency)
        } else if !self.language.chars().all(language) {
            Err(ContactField::Language)
        } else {
            Ok(())
        }
    }
}

/// Not inlined: it is a kilobyte of the application each time.
#[inline(never)]
fn is_harmless(text: &str) -> bool {
    text.chars().all(harmless)
}

/// Whether a character can stand in a text that an owner reads: no control
/// (C0, C1), no line or paragraph separator, no embedding, override or isolate
/// of direction (Unicode UAX #9), no invisible format character, tag or
/// noncharacter. The marks U+200C to U+200F stay: Hindi, Persian and Arabic
/// are written with them.
pub fn harmless(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        || (c as u32 & 0xfffe) == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Contact {
        let text = |s: &str| String::try_from(s).unwrap();
        Contact {
            name: text("Acme Credit"),
            phone: String::try_from("+1 (555) 010-0199").unwrap(),
            payment: String::new(),
            note: String::new(),
            amount: Some(Amount { minor_units: 4_200, currency: Bytes(*b"USD") }),
            language: String::try_from("en").unwrap(),
        }
    }

    #[test]
    fn every_field_is_checked() {
        assert_eq!(contact().check(), Ok(()));
        let wrong = |change: fn(&mut Contact)| {
            let mut c = contact();
            change(&mut c);
            c.check().unwrap_err()
        };
        assert_eq!(wrong(|c| c.name.clear()), ContactField::Name);
        assert_eq!(wrong(|c| c.name = String::try_from(" \u{a0}").unwrap()), ContactField::Name);
        assert_eq!(wrong(|c| c.name.push('\u{202e}').unwrap()), ContactField::Name);
        assert_eq!(wrong(|c| c.phone.clear()), ContactField::Phone);
        assert_eq!(wrong(|c| c.phone.push('x').unwrap()), ContactField::Phone);
        assert_eq!(wrong(|c| c.payment.push('\n').unwrap()), ContactField::Payment);
        assert_eq!(wrong(|c| c.note.push('\u{2066}').unwrap()), ContactField::Note);
        assert_eq!(wrong(|c| c.language.push('_').unwrap()), ContactField::Language);
        assert_eq!(
            wrong(|c| c.amount = Some(Amount { minor_units: 1, currency: Bytes(*b"usd") })),
            ContactField::Currency
        );
    }

    #[test]
    fn scripts_stay_and_tricks_go() {
        for text in
            ["Ümlaut", "हिन्दी\u{200d}", "العربية\u{200f}", "ภาษาไทย", "中文", "Русский", "€ 5"]
        {
            assert!(text.chars().all(harmless), "{text}");
        }
        for c in
            ['\0', '\u{7f}', '\u{9b}', '\u{202a}', '\u{2069}', '\u{e0041}', '\u{ffff}', '\u{1fffe}']
        {
            assert!(!harmless(c), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn the_largest_record_is_as_derived() {
        fn full<const N: usize>() -> String<N> {
            core::iter::repeat_n('9', N).collect()
        }
        let contact = Contact {
            name: full(),
            phone: full(),
            payment: full(),
            note: full(),
            amount: Some(Amount { minor_units: u64::MAX, currency: Bytes(*b"USD") }),
            language: full(),
        };
        let mut buffer = [0; limits::CONTACT + 1];
        let used = postcard::to_slice(&contact, &mut buffer).unwrap().len();
        assert_eq!(used, limits::CONTACT);
    }
}
