//! Contact records as lenders write them: a JSON file, or columns of a CSV file.

use paylatch_proto::bytes::Bytes;
use paylatch_proto::contact::{self, Amount, Contact, ContactField};
use paylatch_proto::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::words;

/// A contact record before it is checked.
///
/// ```json
/// { "name": "Acme Credit", "phone": "+1 555 0100",
///   "payment": "https://pay.example/acme", "note": "Pay before the 5th.",
///   "amount": { "minor_units": 4200, "currency": "USD" }, "language": "en" }
/// ```
/// Only `name` and `phone` must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactFields {
    /// Lender's name.
    pub name: String,
    /// Phone number to call.
    pub phone: String,
    /// Where to pay.
    #[serde(default)]
    pub payment: String,
    /// A note to the owner.
    #[serde(default)]
    pub note: String,
    /// What is owed.
    #[serde(default)]
    pub amount: Option<AmountFields>,
    /// Language of the note (BCP 47).
    #[serde(default)]
    pub language: String,
}

/// A sum of money before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountFields {
    /// In the currency's minor unit: cents, paise …
    pub minor_units: u64,
    /// ISO 4217 code, three upper-case letters.
    pub currency: String,
}

impl ContactFields {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`Kind::Input`], which names the field or the place in the JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|e| Error::new(Kind::Input, format!("contact: {e}")))
    }

    /// Checks every field as the lock does.
    ///
    /// # Errors
    /// [`Kind::Input`], which names the field and what is wrong with it.
    pub fn check(&self) -> Result<Contact> {
        let contact = Contact {
            name: fit("name", &self.name)?,
            phone: fit("phone", &self.phone)?,
            payment: fit("payment", &self.payment)?,
            note: fit("note", &self.note)?,
            amount: self.amount.as_ref().map(AmountFields::check).transpose()?,
            language: fit("language", &self.language)?,
        };
        contact.check().map_err(|field| {
            let (name, text) = match field {
                ContactField::Name => ("name", &*self.name),
                ContactField::Phone => ("phone", &*self.phone),
                ContactField::Payment => ("payment", &*self.payment),
                ContactField::Note => ("note", &*self.note),
                ContactField::Currency => ("currency", ""),
                ContactField::Language => ("language", &*self.language),
            };
            let problem = words::refusal(Refusal::BadContact(field));
            let place = text.chars().position(|c| !contact::harmless(c)).and_then(|at| {
                text.chars().nth(at).map(|c| format!(" (U+{:04X}, character {})", c as u32, at + 1))
            });
            bad(name, format!("{problem}{}", place.unwrap_or_default()))
        })?;
        Ok(contact)
    }
}

impl AmountFields {
    fn check(&self) -> Result<Amount> {
        let currency = <[u8; 3]>::try_from(self.currency.as_bytes())
            .ok()
            .filter(|code| code.iter().all(u8::is_ascii_uppercase))
            .ok_or_else(|| {
                let problem = words::refusal(Refusal::BadContact(ContactField::Currency));
                bad("currency", format!("`{}`: {problem}", self.currency.escape_debug()))
            })?;
        Ok(Amount { minor_units: self.minor_units, currency: Bytes(currency) })
    }
}

fn fit<const N: usize>(field: &str, text: &str) -> Result<heapless::String<N>> {
    heapless::String::try_from(text)
        .map_err(|_| bad(field, format!("{} bytes of UTF-8; at most {N} fit", text.len())))
}

fn bad(field: &str, problem: String) -> Error {
    Error::new(Kind::Input, format!("contact {field}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(json: &str) -> String {
        let error = ContactFields::from_json(json).and_then(|fields| fields.check()).unwrap_err();
        assert_eq!(error.kind(), Kind::Input);
        error.to_string()
    }

    #[test]
    fn every_field_is_named_when_wrong() {
        assert!(wrong("[]").starts_with("contact: "));
        assert!(wrong(r#"{"name":"A"}"#).contains("`phone`"));
        assert!(wrong(r#"{"name":"A","phone":"1","fax":"2"}"#).contains("`fax`"));
        assert!(wrong(r#"{"name":" ","phone":"1"}"#).contains("contact name: "));
        assert!(wrong(r#"{"name":"A","phone":"x"}"#).contains("contact phone: "));
        let error = wrong(r#"{"name":"A","phone":"1","note":"ab\u202ec"}"#);
        assert!(error.contains("contact note: ") && error.contains("U+202E, character 3"));
        let long = "9".repeat(129);
        let error = wrong(&format!(r#"{{"name":"A","phone":"1","payment":"{long}"}}"#));
        assert!(error.contains("contact payment: 129 bytes") && error.contains("128"));
        let money = |currency: &str| {
            wrong(&format!(
                r#"{{"name":"A","phone":"1","amount":{{"minor_units":1,"currency":"{currency}"}}}}"#
            ))
        };
        assert!(money("usd").contains("contact currency: "));
        assert!(money("USDX").contains("contact currency: "));
        assert!(wrong(r#"{"name":"A","phone":"1","language":"e_n"}"#).contains("contact language"));
    }
}
