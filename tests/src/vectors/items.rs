//! A body taken down field by field.

use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command};
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::{Seal, Voucher};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One field of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its bytes.
    pub hex: String,
    /// Its name; `contact.` goes before those of the contact record.
    pub field: String,
    /// What it says: a number, a text, `null` for nothing, hexadecimal for bytes.
    pub value: Value,
}

/// The items of a body, in order.
#[derive(Default)]
pub struct Items(pub Vec<Item>);

impl Items {
    fn push<T: Serialize>(&mut self, field: &str, value: Value, wire: &T) {
        let mut buffer = [0; limits::BODY];
        let bytes = postcard::to_slice(wire, &mut buffer).expect("a field is shorter than a body");
        self.0.push(Item { hex: hex::encode(bytes), field: field.into(), value });
    }

    fn number<T: Serialize + Into<u64> + Copy>(&mut self, field: &str, value: T) {
        self.push(field, json!(value.into()), &value);
    }

    fn bytes<T: Serialize + ToString>(&mut self, field: &str, value: &T) {
        self.push(field, json!(value.to_string()), value);
    }

    fn key_or_none<T: Serialize + ToString>(&mut self, field: &str, value: &Option<T>) {
        self.push(field, json!(value.as_ref().map(T::to_string)), value);
    }

    fn contact(&mut self, contact: &Contact) {
        self.push("contact.name", json!(contact.name.as_str()), &contact.name);
        self.push("contact.phone", json!(contact.phone.as_str()), &contact.phone);
        self.push("contact.payment", json!(contact.payment.as_str()), &contact.payment);
        self.push("contact.note", json!(contact.note.as_str()), &contact.note);
        let amount = contact.amount.map(|amount| {
            // In alphabetical order: serde_json may or may not keep another one.
            json!({
                "currency": String::from_utf8_lossy(&amount.currency.0),
                "minor_units": amount.minor_units,
            })
        });
        self.push("contact.amount", json!(amount), &contact.amount);
        self.push("contact.language", json!(contact.language.as_str()), &contact.language);
    }

    /// All bytes, hexadecimal.
    pub fn hex(&self) -> String {
        self.0.iter().map(|item| item.hex.as_str()).collect()
    }
}

impl From<&Body> for Items {
    fn from(body: &Body) -> Items {
        let mut items = Items::default();
        items.number("version", body.header.version);
        items.bytes("device", &body.header.device);
        items.bytes("signer", &body.header.signer);
        items.number("issued_at", body.header.issued_at);
        let (byte, name) = match &body.command {
            Command::Notice { .. } => (0_u8, "Notice"),
            Command::Lock { .. } => (1, "Lock"),
            Command::Unlock { .. } => (2, "Unlock"),
            Command::UnlockFor { .. } => (3, "UnlockFor"),
            Command::Release => (4, "Release"),
            Command::Rekey { .. } => (5, "Rekey"),
            Command::Contact { .. } => (6, "Contact"),
        };
        items.push("command", json!(name), &byte);
        if let Some(sequence) = body.command.sequence() {
            items.number("sequence", sequence);
        }
        match &body.command {
            Command::Notice { .. } | Command::Unlock { .. } | Command::Release => {}
            Command::Lock { reason, .. } => {
                items.push("reason", json!(format!("{reason:?}")), reason);
            }
            Command::UnlockFor { seconds, .. } => items.number("seconds", *seconds),
            Command::Rekey { lender, desk, contact, proof, .. } => {
                items.bytes("lender", lender);
                items.key_or_none("desk", desk);
                items.contact(contact);
                items.bytes("proof", proof);
            }
            Command::Contact { contact, .. } => items.contact(contact),
        }
        items
    }
}

impl From<&Voucher> for Items {
    fn from(voucher: &Voucher) -> Items {
        let mut items = Items::default();
        items.number("version", voucher.version);
        items.bytes("device", &voucher.device);
        items.number("issued_at", voucher.issued_at);
        items.bytes("lender", &voucher.lender);
        items.key_or_none("desk", &voucher.desk);
        items.key_or_none("escrow", &voucher.escrow);
        items.push("sunset", json!(voucher.sunset), &voucher.sunset);
        items.number("notice", voucher.policy.notice);
        items.push("hotline", json!(voucher.policy.hotline), &voucher.policy.hotline);
        items.number("usable", voucher.policy.usable);
        items.contact(&voucher.contact);
        items
    }
}

impl From<&Seal> for Items {
    fn from(seal: &Seal) -> Items {
        let mut items = Items::default();
        items.number("version", seal.version);
        items.bytes("device", &seal.device);
        items.number("issued_at", seal.issued_at);
        items
    }
}

impl From<&Statement> for Items {
    fn from(statement: &Statement) -> Items {
        let mut items = Items::default();
        items.number("version", statement.version);
        items.bytes("device", &statement.device);
        items.bytes("nonce", &statement.nonce);
        items.push("state", json!(format!("{:?}", statement.state)), &statement.state);
        items.number("flags", statement.flags);
        items.number("sequence", statement.sequence);
        items.number("contact_sequence", statement.contact_sequence);
        items.bytes("voucher", &statement.voucher);
        items.bytes("signing", &statement.keys.signing);
        items.bytes("agreement", &statement.keys.agreement);
        items.number("security_version", statement.security_version);
        items
    }
}

impl From<&Certificate> for Items {
    fn from(certificate: &Certificate) -> Items {
        let mut items = Items::default();
        items.number("version", certificate.version);
        items.bytes("device", &certificate.device);
        items.number("issued_at", certificate.issued_at);
        items.bytes("signing", &certificate.keys.signing);
        items.bytes("agreement", &certificate.keys.agreement);
        items
    }
}
