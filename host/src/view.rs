//! What the programs print with `--json`: stable field names. Fields may be
//! added; none is renamed or given another meaning. Binary values are
//! lower-case hexadecimal, times are seconds of use, absent values are `null`.

use paylatch_proto::api;
use paylatch_proto::armour::Kind;
use paylatch_proto::contact;
use paylatch_proto::hotline::Challenge;
use paylatch_proto::state::{self, State, StateWords};
use serde::Serialize;

use crate::error::Error;
use crate::{text, words};

/// `paylatch status`, and `paylatch_status_json` of the C library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// [`words::state_name`].
    pub state: &'static str,
    /// Whether all of the phone can be used.
    pub usable: bool,
    /// [`words::fault_name`], while at fault.
    pub fault: Option<&'static str>,
    /// [`words::reason_name`], while locked by a lender's word.
    pub reason: Option<&'static str>,
    /// Locked because the time it was unlocked for is over.
    pub deadline_passed: bool,
    /// A release that could not be stored: it ends at power-off.
    pub until_power_off: bool,
    /// The device id.
    pub device: Option<String>,
    /// Seconds of use since enrolment.
    pub uptime: u64,
    /// What a voucher brought.
    pub enrolment: Option<Enrolment>,
    /// Whom to call and how to pay.
    pub contact: Option<Contact>,
    /// The same for people: [`words::status`].
    pub words: String,
}

/// An enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enrolment {
    /// The voucher digest.
    pub voucher: String,
    /// The lender's short key id.
    pub lender: String,
    /// The escrow's short key id.
    pub escrow: Option<String>,
    /// The last sequence number taken.
    pub sequence: u64,
    /// The last contact sequence number taken.
    pub contact_sequence: u64,
    /// Seconds of use until a lock becomes possible, while a notice runs; 0
    /// once it is possible.
    pub lock_possible_in: Option<u64>,
    /// Seconds of use until the notice is spent.
    pub notice_ends_in: Option<u64>,
    /// Seconds of use until it locks by itself; 0 once it has.
    pub locks_in: Option<u64>,
    /// Seconds of use until it releases itself.
    pub releases_in: Option<u64>,
    /// The policy's notice time, seconds of use.
    pub notice: u32,
    /// Whether hotline codes are taken.
    pub hotline: bool,
    /// The number to tell for a hotline code: nine digits in groups of three.
    pub hotline_challenge: Option<String>,
    /// Seconds of use until a hotline code may be tried; 0 when one may.
    pub hotline_wait: Option<u64>,
    /// Hotline codes that were tried since that number is shown.
    pub hotline_tried: Option<u32>,
    /// What stays usable while locked, beside emergency calls: [`words::usable_names`].
    pub usable_while_locked: Vec<&'static str>,
}

/// `paylatch contact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Lender's name.
    pub name: String,
    /// Phone number.
    pub phone: String,
    /// Where to pay; may be empty.
    pub payment: String,
    /// A note; may be empty.
    pub note: String,
    /// What is owed, in the currency's minor unit.
    pub amount_minor_units: Option<u64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What is owed, for people.
    pub amount: Option<String>,
    /// Language of the note (BCP 47); may be empty.
    pub language: String,
}

/// `paylatch identity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The device id.
    pub device: String,
    /// The OEM key that is compiled in, compressed.
    pub oem_key: String,
    /// Least notice time a voucher may name, seconds of use.
    pub notice_min: u32,
    /// Security version of the trusted application.
    pub security_version: u32,
    /// The device's signing key, compressed.
    pub signing_key: Option<String>,
    /// The device's key for hotline codes, compressed.
    pub agreement_key: Option<String>,
}

/// Whatever changes the state: `provision`, `apply`, `recover`, `tick` …
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// [`words::outcome_name`].
    pub outcome: &'static str,
    /// The state after it: [`words::state_name`].
    pub state: &'static str,
    /// The fresh statement as text, of `provision`.
    pub statement: Option<String>,
}

/// One element of `paylatch history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// [`words::event_name`].
    pub event: &'static str,
    /// Seconds of use since enrolment.
    pub uptime: u32,
    /// For people.
    pub words: &'static str,
}

/// The four words of `STATE`, of `paylatch watch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StateView {
    /// [`words::state_name`]; `null` for a code that is none, which means locked.
    pub state: Option<&'static str>,
    /// As it came.
    pub detail: u32,
    /// Seconds of use until the state changes by itself or a lock becomes possible.
    pub seconds: Option<u32>,
}

/// What a program prints on standard error with `--json` when it fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The message, in one line.
    pub error: String,
    /// The exit code.
    pub code: u8,
    /// [`words::refusal_name`], where the lock refused.
    pub refusal: Option<&'static str>,
}

/// A status with its contact record.
pub fn status(status: &api::Status, contact_record: Option<&contact::Contact>) -> Status {
    let fault = state::Fault::from_code(status.detail).filter(|_| status.state == State::Fault);
    let locked = status.state == State::Locked;
    let deadline_passed = locked && status.detail == state::DETAIL_DEADLINE_PASSED;
    let reason = status.enrolment.and_then(|e| e.reason).filter(|_| locked && !deadline_passed);
    Status {
        state: words::state_name(status.state),
        usable: status.state.usable(),
        fault: fault.map(words::fault_name),
        reason: reason.map(words::reason_name),
        deadline_passed,
        until_power_off: status.state == State::Released
            && status.detail == state::DETAIL_UNTIL_POWER_OFF,
        device: status.device.map(|id| id.to_string()),
        uptime: status.uptime,
        enrolment: status.enrolment.as_ref().map(enrolment),
        contact: contact_record.map(contact),
        words: words::status(status, contact_record),
    }
}

fn enrolment(enrolment: &api::Enrolment) -> Enrolment {
    let hotline = enrolment.hotline;
    let challenge = hotline.and_then(|hotline| Challenge::from_number(hotline.challenge).ok());
    Enrolment {
        voucher: enrolment.voucher.to_string(),
        lender: enrolment.lender.to_string(),
        escrow: enrolment.escrow.map(|id| id.to_string()),
        sequence: enrolment.sequence,
        contact_sequence: enrolment.contact_sequence,
        lock_possible_in: enrolment.notice.map(|notice| notice.lock_in),
        notice_ends_in: enrolment.notice.map(|notice| notice.ends_in),
        locks_in: enrolment.deadline_in,
        releases_in: enrolment.sunset_in,
        notice: enrolment.policy.notice,
        hotline: enrolment.policy.hotline,
        hotline_challenge: challenge.map(|challenge| challenge.to_string()),
        hotline_wait: hotline.map(|hotline| hotline.wait),
        hotline_tried: hotline.map(|hotline| hotline.tried),
        usable_while_locked: words::usable_names(enrolment.policy.usable),
    }
}

/// A contact record.
pub fn contact(contact: &contact::Contact) -> Contact {
    let amount = contact.amount.as_ref();
    Contact {
        name: contact.name.to_string(),
        phone: contact.phone.to_string(),
        payment: contact.payment.to_string(),
        note: contact.note.to_string(),
        amount_minor_units: amount.map(|amount| amount.minor_units),
        currency: amount.map(|a| String::from_utf8_lossy(&a.currency.0).into_owned()),
        amount: amount.map(words::amount),
        language: contact.language.to_string(),
    }
}

/// An identity.
pub fn identity(identity: &api::Identity) -> Identity {
    Identity {
        device: identity.device.to_string(),
        oem_key: identity.oem.to_string(),
        notice_min: identity.notice_min,
        security_version: identity.security_version,
        signing_key: identity.keys.map(|keys| keys.signing.to_string()),
        agreement_key: identity.keys.map(|keys| keys.agreement.to_string()),
    }
}

/// An outcome.
pub fn done(done: &api::Done) -> Done {
    Done {
        outcome: words::outcome_name(done.outcome),
        state: words::state_name(done.state),
        statement: done.statement.as_ref().map(|bytes| text::armour(Kind::Statement, bytes)),
    }
}

/// An event.
pub fn event(event: &api::Event) -> Event {
    Event {
        event: words::event_name(event.kind),
        uptime: event.uptime,
        words: words::event(event.kind),
    }
}

/// The four words of `STATE`.
pub fn state_words(state: &StateWords) -> StateView {
    StateView {
        state: State::from_code(state.state).map(words::state_name),
        detail: state.detail,
        seconds: Some(state.seconds).filter(|&seconds| seconds != state::NO_CHANGE),
    }
}

/// A failure.
pub fn failure(error: &Error) -> Failure {
    Failure {
        error: error.to_string(),
        code: error.kind() as u8,
        refusal: error.refusal().map(words::refusal_name),
    }
}
