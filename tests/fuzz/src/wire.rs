//! What anybody hands in: every parser of bytes that come from elsewhere. The
//! first byte says which.
//!
//! What is read says the same when it is written and read again; what is no
//! shortest form (a reader takes longer varints too) gets shorter by it. What is
//! not read is refused in words that steer no terminal.

use std::fmt::Debug;

use paylatch::client::Client;
use paylatch::error::{Error, Result};
use paylatch::issue::contact::ContactFields;
use paylatch::issue::{Prepared, inspect};
use paylatch::text::{self, Text};
use paylatch::transport::Transport;
use paylatch::{view, words};
use paylatch_proto::api::{Reply, Request};
use paylatch_proto::armour::{self, ArmourError, Kind};
use paylatch_proto::contact::{Contact, harmless};
use paylatch_proto::limits;
use paylatch_proto::message::{self, Command, Message, Signed};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::StateWords;
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::{Seal, Voucher};
use paylatch_ta::records::ContactRecord;
use serde::{Deserialize, Serialize};

/// The first byte: what the others are.
pub mod what {
    /// A message.
    pub const MESSAGE: u8 = b'm';
    /// A voucher.
    pub const VOUCHER: u8 = b'v';
    /// A seal.
    pub const SEAL: u8 = b's';
    /// A statement.
    pub const STATEMENT: u8 = b't';
    /// A certificate.
    pub const CERTIFICATE: u8 = b'c';
    /// A request to the lock.
    pub const REQUEST: u8 = b'?';
    /// A reply of the lock.
    pub const REPLY: u8 = b'!';
    /// A text or bytes as the programs take them.
    pub const TEXT: u8 = b'P';
    /// A contact record as a lender writes it.
    pub const CONTACT: u8 = b'{';
    /// An order that lacks its signature.
    pub const PREPARED: u8 = b'[';
}

/// The target.
///
/// # Panics
/// When something does not hold.
pub fn run(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    match *first {
        what::MESSAGE => a_message(bytes),
        what::VOUCHER => {
            if let Some(voucher) = signed::<Voucher>(bytes, sign::VOUCHER) {
                let _ = voucher.check(&voucher.lender, 0);
                stored(&voucher.contact);
            }
        }
        what::SEAL => drop(signed::<Seal>(bytes, sign::SEAL)),
        what::STATEMENT => drop(signed::<Statement>(bytes, sign::STATEMENT)),
        what::CERTIFICATE => drop(signed::<Certificate>(bytes, sign::CERTIFICATE)),
        what::REQUEST => {
            if let Ok(request) = message::decode::<Request>(bytes) {
                comes_back(bytes, &request, |again| {
                    message::decode(again).as_ref() == Ok(&request)
                });
            }
        }
        what::REPLY => a_reply(bytes),
        what::TEXT => a_text(bytes),
        what::CONTACT => a_written_contact(bytes),
        what::PREPARED => a_prepared_order(bytes),
        _ => {}
    }
}

/// What was read of `bytes` says the same when it is written and read again.
fn comes_back<T: Serialize + Debug>(bytes: &[u8], value: &T, reads: impl FnOnce(&[u8]) -> bool) {
    let mut room = vec![0; bytes.len()];
    let again = postcard::to_slice(value, &mut room).expect("no longer than it came");
    assert!(again.len() < bytes.len() || again == bytes, "{value:?} is written in two ways");
    assert!(reads(again), "{value:?} reads otherwise");
}

/// `body ‖ signature` of anything but a message.
fn signed<T>(bytes: &[u8], domain: Domain) -> Option<T>
where
    T: Serialize + for<'a> Deserialize<'a> + PartialEq + Debug,
{
    let parsed = Signed::<T>::parse(bytes, domain);
    form(bytes, parsed.as_ref().err());
    let parsed = parsed.ok()?;
    assert_eq!([parsed.signed, &parsed.signature.0].concat(), bytes);
    assert_eq!(parsed.digest, sign::digest(domain, parsed.signed));
    comes_back(parsed.signed, &parsed.body, |again| {
        message::decode(again).as_ref() == Ok(&parsed.body)
    });
    Some(parsed.body)
}

fn a_message(bytes: &[u8]) {
    let parsed = Message::parse(bytes);
    form(bytes, parsed.as_ref().err());
    let Ok(Message { signed, body, signature }) = parsed else { return };
    assert_eq!([signed, &signature.0].concat(), bytes);
    comes_back(signed, &body, |again| message::decode(again).as_ref() == Ok(&body));
    if let Command::Rekey { contact, .. } | Command::Contact { contact, .. } = &body.command {
        stored(contact);
    }
    // What the limits promise of numbers that a phone takes.
    if body.command.sequence().is_none_or(|number| number < limits::SEQUENCE_END) {
        let length = body.encode(&mut [0; limits::BODY]).expect("a body has room").len();
        let is_long = matches!(body.command, Command::Rekey { .. } | Command::Contact { .. });
        assert!(is_long || length <= limits::SHORT_BODY, "{body:?} does not fit one SMS");
    }
}

/// Why the form of `body ‖ signature` is refused, where its length and version
/// alone say so; and nothing else is refused for that.
fn form(bytes: &[u8], refused: Option<&Refusal>) {
    let whole = bytes.len() > limits::SIGNATURE;
    let version = bytes.first() == Some(&paylatch_proto::WIRE_VERSION);
    let expected = match bytes.len() {
        length if length > limits::MESSAGE => Some(Refusal::TooLong),
        _ if !whole => Some(Refusal::Truncated),
        _ if !version => Some(Refusal::UnknownVersion),
        _ => None,
    };
    match expected {
        Some(_) => assert_eq!(refused, expected.as_ref()),
        None => assert!(!matches!(refused, Some(Refusal::TooLong | Refusal::UnknownVersion))),
    }
}

/// A contact record fits its record in storage, and comes back from there.
fn stored(contact: &Contact) {
    let record = ContactRecord::encode(contact).expect("a record has room for any contact");
    assert_eq!(ContactRecord::decode(&record).as_ref(), Ok(contact));
    if contact.check().is_ok() {
        let texts = [&*contact.name, &*contact.phone, &*contact.payment, &*contact.note];
        assert!(texts.iter().all(|text| text.chars().all(harmless)), "{contact:?} misleads");
    }
}

/// A transport that gives one answer to everything.
struct Answers<'a>(&'a [u8]);

impl Transport for Answers<'_> {
    fn state(&mut self) -> Result<StateWords> {
        let mut words = self
            .0
            .chunks_exact(4)
            .filter_map(|word| Some(u32::from_le_bytes(word.try_into().ok()?)));
        let mut word = || words.next().unwrap_or(0);
        Ok(StateWords { state: word(), detail: word(), seconds: word(), flags: word() })
    }

    fn call(&mut self, _: &[u8]) -> Result<Vec<u8>> {
        Ok(self.0.to_vec())
    }
}

/// Whatever the device's side answers, a program shows it or says what is wrong.
fn a_reply(bytes: &[u8]) {
    if let Ok(reply) = message::decode::<Reply>(bytes) {
        comes_back(bytes, &reply, |again| message::decode(again).as_ref() == Ok(&reply));
    }
    let mut client = Client::new(Answers(bytes));
    let _ = client.state().map(|words| view::state_words(&words));
    let contact = said(client.contact());
    if let Some(contact) = &contact {
        drop((view::contact(contact), words::contact(contact)));
    }
    if let Some(status) = said(client.status()) {
        drop(view::status(&status, contact.as_ref()));
    }
    drop(said(client.identity()).map(|identity| view::identity(&identity)));
    drop(said(client.tick()).map(|done| view::done(&done)));
    let _ = said(client.history()).map(|events| events.iter().map(view::event).count());
    drop(said(client.attest(Default::default())));
}

/// What is right; of what is wrong, that its words are fit for a terminal.
fn said<T>(result: Result<T>) -> Option<T> {
    result.map_err(|error| fit_for_a_terminal(&error)).ok()
}

fn fit_for_a_terminal(error: &Error) {
    let message = error.to_string();
    assert!(!message.is_empty() && message.chars().all(harmless), "{message:?}");
}

/// As the programs read a file, and as the armour alone is read.
fn a_text(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        armoured(text);
    }
    let Some(text) = said(text::parse(bytes, &Kind::ALL)) else { return };
    let again = text::armour(text.kind, &text.bytes);
    assert_eq!(said(text::parse(again.as_bytes(), &[text.kind])).as_ref(), Some(&text));
    let Text { kind, .. } = text;
    if let Some(fields) = said(inspect::inspect(&text)) {
        assert!(fields.contains_key("kind"));
        let lines = inspect::lines(&fields);
        assert!(lines.chars().all(|c| c == '\n' || harmless(c)), "{kind:?}: {lines:?}");
    }
}

fn armoured(text: &str) {
    let mut buffer = [0; limits::MESSAGE];
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match armour::decode(text, &mut buffer) {
        Ok((kind, bytes)) => {
            let again: String = armour::encode(kind, bytes).collect();
            assert_eq!(again, digits.to_ascii_uppercase());
        }
        Err(ArmourError::BadCharacter(at)) => {
            let bad = text.get(at..).and_then(|rest| rest.chars().next()).expect("a character");
            assert!(!matches!(bad.to_ascii_uppercase(), 'A'..='Z' | '2'..='7'), "{bad:?}");
            assert!(!bad.is_whitespace());
        }
        Err(ArmourError::TooLong) => {
            assert!(digits.len() > limits::armoured("PAYLATCH1:".len(), limits::MESSAGE));
        }
        Err(ArmourError::Clipped | ArmourError::UnknownPrefix) => {}
    }
}

fn a_written_contact(bytes: &[u8]) {
    let Ok(json) = str::from_utf8(bytes) else { return };
    let Some(fields) = said(ContactFields::from_json(json)) else { return };
    if let Some(contact) = said(fields.check()) {
        assert_eq!(contact.check(), Ok(()));
        assert_eq!((&*contact.name, &*contact.note), (&*fields.name, &*fields.note));
        stored(&contact);
    }
}

fn a_prepared_order(bytes: &[u8]) {
    let Ok(prepared) = serde_json::from_slice::<Prepared>(bytes) else { return };
    let json = serde_json::to_string(&prepared).expect("plain JSON");
    let again: Prepared = serde_json::from_str(&json).expect("what was written is read");
    assert_eq!(again, prepared);
    assert_eq!(again.digest(), prepared.digest());
}
