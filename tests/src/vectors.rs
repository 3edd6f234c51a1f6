//! The protocol's vectors: what `tests/vectors/*.json` hold, and how they are
//! made from the real code.
//!
//! `cargo run -p paylatch-tests --bin make-vectors` writes the files;
//! `tests/tests/vectors.rs` makes them again, compares, and gives each to the lock.

mod accepted;
mod calls;
mod device;
mod hotline;
mod items;
mod keys;
mod refused;
mod text;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use calls::Call;
pub use device::Device;
pub use hotline::{Hotline, HotlineCode, MistypedCode};
pub use items::Item;
pub use keys::{DeviceEntry, KeyEntry, Keys};
pub use refused::parse;
pub use text::{BadText, Characters, Text, read as read_text};

/// What a vector's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// Something that happens to a device before the vector is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The accepted vector of this name is handed in, and taken.
    Take(String),
    /// The device is used for so many seconds.
    Use(u64),
    /// Uptime is stored if it is due; then power is cut, and comes back.
    Cut,
    /// The record of this name can't be read any more; power is cut, and comes back.
    Damage(String),
    /// A hotline code is tried.
    Try(Tried),
}

/// A hotline code for what the device shows when it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tried {
    /// The right one, for a day.
    Right,
    /// The right one for a week, but for one digit of its HMAC.
    Wrong,
}

/// Something well-formed and rightly signed, and what comes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its name, unique among the accepted.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// What it is.
    pub kind: Kind,
    /// Name of the device that it is for.
    pub device: String,
    /// Name of the key that signs.
    pub signer: String,
    /// For a message: name of the voucher that enrolled the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<String>,
    /// The body, field by field.
    pub items: Vec<Item>,
    /// The body: the items' bytes, hexadecimal.
    pub body: String,
    /// The domain, ASCII.
    pub domain: String,
    /// What is signed.
    pub digest: String,
    /// For a rekey: what the new key's proof signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_digest: Option<String>,
    /// `r ‖ s`.
    pub signature: String,
    /// For a message: by what it is known again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_message: Option<String>,
    /// The text form.
    pub text: String,
    /// Whether a writer makes exactly these bytes: shortest varints, and an
    /// RFC 6979 signature. Where not, a reader takes them all the same.
    pub canonical: bool,
    /// What happened to a new device of that name before.
    pub before: Vec<Step>,
    /// For a statement: the nonce of the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the device answers, if it is for a device to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The device's state after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// Who refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Whoever reads it: the form is wrong.
    Form,
    /// A device in the state that `before` leaves it in.
    Device,
}

/// Something that is refused, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name, unique among the refused.
    pub name: String,
    /// What is wrong with it.
    pub about: String,
    /// What it is handed in as.
    pub kind: Kind,
    /// Name of the device that it is handed to.
    pub device: String,
    /// `body ‖ signature`, as it comes.
    pub bytes: String,
    /// Who refuses it.
    pub by: By,
    /// Name of the refusal.
    pub refusal: String,
    /// The refusal as a reply carries it.
    pub code: String,
    /// What happened to a new device of that name before.
    pub before: Vec<Step>,
}

/// All vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    /// Keys and devices.
    pub keys: Keys,
    /// What is taken.
    pub accepted: Vec<Accepted>,
    /// What is refused.
    pub refused: Vec<Refused>,
    /// Texts that are read otherwise than they are written.
    pub texts: Vec<Text>,
    /// Texts that are refused.
    pub bad_texts: Vec<BadText>,
    /// Calls, as bytes both ways.
    pub calls: Vec<Call>,
    /// Characters with a rule.
    pub characters: Characters,
    /// Hotline codes.
    pub hotline: Hotline,
}

impl Vectors {
    /// Makes all vectors.
    pub fn make() -> Vectors {
        let accepted = accepted::make();
        let refused = refused::make(&accepted);
        let calls = calls::make(&accepted);
        let (texts, bad_texts) = text::make(&accepted);
        Vectors {
            keys: keys::make(),
            accepted,
            refused,
            texts,
            bad_texts,
            calls,
            characters: text::characters(),
            hotline: hotline::make(),
        }
    }

    /// The files: name and content.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        fn pretty<T: Serialize>(value: &T) -> String {
            let mut text = serde_json::to_string_pretty(value).expect("vectors are plain JSON");
            text.push('\n');
            text
        }
        vec![
            ("keys.json", pretty(&self.keys)),
            ("accepted.json", pretty(&self.accepted)),
            ("refused.json", pretty(&self.refused)),
            ("texts.json", pretty(&self.texts)),
            ("bad-texts.json", pretty(&self.bad_texts)),
            ("calls.json", pretty(&self.calls)),
            ("characters.json", pretty(&self.characters)),
            ("hotline.json", pretty(&self.hotline)),
        ]
    }
}

/// Where the files are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The bytes of hexadecimal digits.
///
/// # Panics
/// When they are not hexadecimal digits.
pub fn unhex(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hexadecimal digits")
}

/// Finds a vector by its name.
///
/// # Panics
/// When there is none.
pub fn named<'a>(accepted: &'a [Accepted], name: &str) -> &'a Accepted {
    accepted
        .iter()
        .find(|vector| vector.name == name)
        .unwrap_or_else(|| panic!("no accepted vector is called {name}"))
}

impl Accepted {
    /// `body ‖ signature`.
    pub fn bytes(&self) -> Vec<u8> {
        [unhex(&self.body), unhex(&self.signature)].concat()
    }

    /// An item's value.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.items.iter().find(|item| item.field == field).map(|item| &item.value)
    }
}
