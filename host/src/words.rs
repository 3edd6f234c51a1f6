//! Plain English for owners: every state, fault, refusal, outcome, event and
//! term, each in one place. Beside it the stable short names that `--json` uses.
//!
//! Times are *of use*: the time the phone is on. A phone that is off is not used.

use iso_currency::Currency;
use paylatch_proto::api::{EventKind, Hotline, Outcome, Status};
use paylatch_proto::contact::{Amount, Contact, ContactField};
use paylatch_proto::hotline::{Challenge, Mistyped};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{self, Fault, Reason, State};

/// Short name of a state: `unprovisioned`, `unlocked`, `locked`, `released`, `fault`.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Unprovisioned => "unprovisioned",
        State::Unlocked => "unlocked",
        State::Locked => "locked",
        State::Released => "released",
        State::Fault => "fault",
    }
}

/// What a state means to the owner.
pub fn state(state: State) -> &'static str {
    match state {
        State::Unprovisioned => {
            "Not set up: this phone is fresh from the factory. It has neither a voucher nor a seal \
             yet, and is treated as locked outside the factory."
        }
        State::Unlocked => "Unlocked: this phone is financed, and you can use all of it.",
        State::Locked => "Locked: this phone is financed, and its use is restricted.",
        State::Released => "Released: this phone is yours for good. Nothing can lock it again.",
        State::Fault => {
            "Fault: the lock's records can't be trusted or reached, so the phone is treated as \
             locked. Nothing has been lost or erased."
        }
    }
}

/// Short name of a fault, as `--json` gives it.
pub fn fault_name(fault: Fault) -> &'static str {
    match fault {
        Fault::StorageUnavailable => "storage_unavailable",
        Fault::StateMissing => "state_missing",
        Fault::StateCorrupt => "state_corrupt",
        Fault::KeysCorrupt => "keys_corrupt",
        Fault::OtherDevice => "other_device",
        Fault::NewerFormat => "newer_format",
        Fault::OldBuild => "old_build",
        Fault::WriteUnconfirmed => "write_unconfirmed",
        Fault::Platform => "platform",
    }
}

/// What is wrong, and what the owner can do.
pub fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::StorageUnavailable => {
            "The secure storage does not answer. Restart the phone; if that does not help, a \
             service centre has to look at it."
        }
        Fault::StateMissing => {
            "The lock's main record is gone while others are there. Hand in your release, seal or \
             voucher again, or go to a service centre."
        }
        Fault::StateCorrupt => {
            "The lock's main record is damaged. Hand in your release or seal again, or go to a \
             service centre."
        }
        Fault::KeysCorrupt => {
            "The record of the lender's key is damaged. Hand in your release together with the \
             voucher, or go to a service centre."
        }
        Fault::OtherDevice => {
            "The lock's records belong to another phone: a part was exchanged. This phone needs a \
             voucher or a seal of its own."
        }
        Fault::NewerFormat => {
            "The lock's records were written by newer software. Install the phone's latest update."
        }
        Fault::OldBuild => {
            "This software is older than what the phone has already run. Install the phone's \
             latest update."
        }
        Fault::WriteUnconfirmed => {
            "The last change was not confirmed by the secure storage. Try again, or restart the \
             phone."
        }
        Fault::Platform => {
            "The phone's hardware does not give its own secret. Restart the phone; if that does \
             not help, a service centre has to look at it."
        }
    }
}

/// Short name of a lender's reason, as `--json` gives it.
pub fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::PaymentOverdue => "payment_overdue",
        Reason::ReportedLost => "reported_lost",
        Reason::ReportedStolen => "reported_stolen",
        Reason::AgreementBreached => "agreement_breached",
    }
}

/// Why the lender locked.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::PaymentOverdue => "A payment is overdue.",
        Reason::ReportedLost => "The phone was reported lost.",
        Reason::ReportedStolen => "The phone was reported stolen.",
        Reason::AgreementBreached => "The lender says that the agreement was broken.",
    }
}

/// Short name of a refusal, as `--json` gives it.
pub fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Truncated => "truncated",
        Refusal::TrailingBytes => "trailing_bytes",
        Refusal::TooLong => "too_long",
        Refusal::Malformed => "malformed",
        Refusal::UnknownVersion => "unknown_version",
        Refusal::UnknownCommand => "unknown_command",
        Refusal::OtherDevice => "other_device",
        Refusal::OtherSigner => "other_signer",
        Refusal::BadSignature => "bad_signature",
        Refusal::Stale => "stale",
        Refusal::Conflict => "conflict",
        Refusal::SequenceJump => "sequence_jump",
        Refusal::NotEnrolled => "not_enrolled",
        Refusal::AlreadyEnrolled => "already_enrolled",
        Refusal::Released => "released",
        Refusal::NoNotice => "no_notice",
        Refusal::NoticeStillRuns => "notice_still_runs",
        Refusal::EscrowReleasesOnly => "escrow_releases_only",
        Refusal::ZeroTime => "zero_time",
        Refusal::NoticeTooShort => "notice_too_short",
        Refusal::NoWayOut => "no_way_out",
        Refusal::UnknownPolicy => "unknown_policy",
        Refusal::KeysNotDistinct => "keys_not_distinct",
        Refusal::BadKey => "bad_key",
        Refusal::BadProof => "bad_proof",
        Refusal::BadContact(_) => "bad_contact",
        Refusal::Fault => "fault",
        Refusal::NotStored => "not_stored",
        Refusal::NotAvailable => "not_available",
        Refusal::NoHotline => "no_hotline",
        Refusal::NotLocked => "not_locked",
        Refusal::MistypedCode(_) => "mistyped_code",
        Refusal::TooEarly => "too_early",
        Refusal::WrongCode => "wrong_code",
    }
}

/// Why it was refused, and what to do.
pub fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Truncated => "bytes are missing at the end; copy the whole text",
        Refusal::TrailingBytes => "there is something after the end; copy only this one text",
        Refusal::TooLong => "it is longer than any such message",
        Refusal::Malformed => "it is not of the form the protocol gives; copy the text again",
        Refusal::UnknownVersion => "it is of a protocol version this phone does not know",
        Refusal::UnknownCommand => "it holds a command this phone does not know",
        Refusal::OtherDevice => "it was made for another phone",
        Refusal::OtherSigner => "whoever made it has no say over this phone",
        Refusal::BadSignature => {
            "its signature is wrong: it was forged or altered, or made for another enrolment"
        }
        Refusal::Stale => "it is older than the last message taken; ask the lender for a new one",
        Refusal::Conflict => {
            "another message with the same sequence number was taken before; the lender has to \
             issue it again with a higher number"
        }
        Refusal::SequenceJump => "its sequence number is out of range",
        Refusal::NotEnrolled => "this phone has no voucher yet",
        Refusal::AlreadyEnrolled => "this phone is already enrolled, and that can't be replaced",
        Refusal::Released => "this phone is released for good",
        Refusal::NoNotice => "a lock needs a notice first, and none is running",
        Refusal::NoticeStillRuns => "the notice time has not run yet",
        Refusal::EscrowReleasesOnly => "the escrow can release and nothing else",
        Refusal::ZeroTime => "a time of zero seconds means nothing",
        Refusal::NoticeTooShort => "its notice time is shorter than this phone allows",
        Refusal::NoWayOut => {
            "the voucher names neither an escrow nor a sunset that is early enough"
        }
        Refusal::UnknownPolicy => "its policy has terms this phone does not know",
        Refusal::KeysNotDistinct => "one key is named in two roles",
        Refusal::BadKey => "a key in it is not a point of the curve P-256",
        Refusal::BadProof => "the new lender's own signature in it is wrong or missing",
        Refusal::BadContact(field) => match field {
            ContactField::Name => {
                "the lender's name is empty or has a character that could mislead"
            }
            ContactField::Phone => "the phone number has no digit or a character that is none",
            ContactField::Payment => "the payment address has a character that could mislead",
            ContactField::Note => "the note has a character that could mislead",
            ContactField::Currency => "the currency is not three upper-case letters",
            ContactField::Language => "the language is not a language tag",
        },
        Refusal::Fault => {
            "the lock's records can't be trusted or reached; see `status`, restart and try again"
        }
        Refusal::NotStored => "it is valid but could not be stored; hand it in again",
        Refusal::NotAvailable => "there is nothing of that kind on this phone",
        Refusal::NoHotline => "this phone's voucher allows no hotline codes",
        Refusal::NotLocked => "this phone is not locked, and no time is running out",
        Refusal::MistypedCode(group) => mistyped(group),
        Refusal::TooEarly => {
            "it is too early to try another code, and this one was not tried; see `status`"
        }
        Refusal::WrongCode => {
            "it is not the code for the number that this phone shows now; ask for it again, and \
             see `status` for how long to wait"
        }
    }
}

/// Where the slip is in a hotline code.
pub fn mistyped(group: Mistyped) -> &'static str {
    match group {
        Mistyped::First => "a digit of the first six is wrong; it was not tried",
        Mistyped::Second => "a digit of the last six is wrong; it was not tried",
    }
}

/// Short name of an outcome, as `--json` gives it.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::AlreadyApplied => "already_applied",
        Outcome::ReleasedUntilPowerOff => "released_until_power_off",
    }
}

/// What became of a request.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "Done.",
        Outcome::AlreadyApplied => "Already done before; nothing changed.",
        Outcome::ReleasedUntilPowerOff => {
            "Released until the phone is switched off: it could not be stored. Keep the text and \
             hand it in again."
        }
    }
}

/// Short name of an event, as `--json` gives it.
pub fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Enrolled => "enrolled",
        EventKind::Sealed => "sealed",
        EventKind::NoticeGiven => "notice_given",
        EventKind::Locked => "locked",
        EventKind::Unlocked => "unlocked",
        EventKind::UnlockedFor => "unlocked_for",
        EventKind::ReleasedByLender => "released_by_lender",
        EventKind::ReleasedByEscrow => "released_by_escrow",
        EventKind::ReleasedBySunset => "released_by_sunset",
        EventKind::Rekeyed => "rekeyed",
        EventKind::ContactChanged => "contact_changed",
        EventKind::PowerCut => "power_cut",
        EventKind::UnlockedByCode => "unlocked_by_code",
    }
}

/// What happened.
pub fn event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Enrolled => "The phone was enrolled with a lender.",
        EventKind::Sealed => "The phone was sealed as not financed.",
        EventKind::NoticeGiven => "The lender gave notice of a lock.",
        EventKind::Locked => "The lender locked the phone.",
        EventKind::Unlocked => "The lender unlocked the phone.",
        EventKind::UnlockedFor => "The lender unlocked the phone for a time.",
        EventKind::ReleasedByLender => "The lender released the phone for good.",
        EventKind::ReleasedByEscrow => "The escrow released the phone for good.",
        EventKind::ReleasedBySunset => "The agreed time ran out: the phone was released for good.",
        EventKind::Rekeyed => "The loan went to another lender.",
        EventKind::ContactChanged => "The lender's contact was changed.",
        EventKind::PowerCut => "The power was cut; 15 minutes of use were charged.",
        EventKind::UnlockedByCode => "A hotline code unlocked the phone for a time.",
    }
}

/// A span in its two largest units, rounded down: `3 days 4 hours`, `1 minute`,
/// `0 seconds`.
pub fn span(seconds: u64) -> String {
    let units = largest_units(seconds);
    let parts = units.map(|(count, unit)| {
        let unit = if count == 1 { unit.trim_end_matches('s') } else { unit };
        format!("{count} {unit}")
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// The two largest units of a span, rounded down, and how many there are of each; one of
/// which there is none is left out, unless there is nothing else.
pub(crate) fn largest_units(seconds: u64) -> impl Iterator<Item = (u64, &'static str)> {
    const UNITS: [(u64, &str); 4] =
        [(86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
    let mut rest = seconds;
    UNITS
        .into_iter()
        .map(move |(length, unit)| {
            let count = rest / length;
            rest %= length;
            (count, length, unit)
        })
        .skip_while(|&(count, length, _)| count == 0 && length > 1)
        .enumerate()
        .take(2)
        .filter(|&(place, (count, ..))| place == 0 || count > 0)
        .map(|(_, (count, _, unit))| (count, unit))
}

/// What stays usable while locked, by the bits of [`state::usable`]: stable
/// names as `--json` gives them.
pub fn usable_names(bits: u16) -> Vec<&'static str> {
    USABLE.iter().filter(|(bit, ..)| bits & bit != 0).map(|&(_, name, _)| name).collect()
}

/// What stays usable while locked, as a sentence. Emergency calls always do.
pub fn usable(bits: u16) -> String {
    let mut parts = vec!["emergency calls"];
    parts.extend(USABLE.iter().filter(|(bit, ..)| bits & bit != 0).map(|&(.., words)| words));
    format!("What works: {}.", parts.join(", "))
}

const USABLE: [(u16, &str, &str); 6] = [
    (state::usable::INCOMING_CALLS, "incoming_calls", "incoming calls"),
    (state::usable::OUTGOING_CALLS, "outgoing_calls", "outgoing calls"),
    (state::usable::MESSAGES, "messages", "text messages"),
    (state::usable::LENDER_APP, "lender_app", "the lender's app"),
    (state::usable::CLOCK, "clock", "alarms and the clock"),
    (state::usable::HEALTH, "health", "health and accessibility apps"),
];

/// How to get a code by phone; `None` for a challenge that is none.
fn hotline(hotline: &Hotline) -> Option<String> {
    let challenge = Challenge::from_number(hotline.challenge).ok()?;
    let mut line = format!("For a code by phone, tell this number: {challenge}");
    if hotline.wait > 0 {
        line.push_str(&format!(". A code can be tried after {} of use", span(hotline.wait)));
    }
    line.push('.');
    Some(line)
}

/// A sum of money, with the currency's own number of decimals (ISO 4217):
/// `USD 42.00`, `JPY 4200`. A currency that is not listed is taken to have two.
pub fn amount(amount: &Amount) -> String {
    let code = String::from_utf8_lossy(&amount.currency.0);
    let decimals = Currency::from_code(&code).map_or(Some(2), |c| c.exponent()).unwrap_or(0);
    let unit = 10_u64.pow(u32::from(decimals));
    let whole = amount.minor_units / unit;
    match usize::from(decimals) {
        0 => format!("{code} {whole}"),
        width => format!("{code} {whole}.{:0width$}", amount.minor_units % unit),
    }
}

/// Whom to call and how to pay, a line each.
pub fn contact(contact: &Contact) -> String {
    let mut lines = vec![format!("Call {}: {}", contact.name, contact.phone)];
    if let Some(owed) = &contact.amount {
        lines.push(format!("To pay: {}", amount(owed)));
    }
    if !contact.payment.is_empty() {
        lines.push(format!("Pay at: {}", contact.payment));
    }
    if !contact.note.is_empty() {
        lines.push(format!("The lender writes: {}", contact.note));
    }
    lines.join("\n")
}

/// All that an owner wants to know: what state, why, until when, whom to call,
/// how to pay.
pub fn status(status: &Status, contact_record: Option<&Contact>) -> String {
    let mut lines = vec![state(status.state).to_owned()];
    if status.state == State::Released && status.detail == state::DETAIL_UNTIL_POWER_OFF {
        lines = vec![outcome(Outcome::ReleasedUntilPowerOff).to_owned()];
    }
    if status.state == State::Fault {
        lines.extend(Fault::from_code(status.detail).map(|f| fault(f).to_owned()));
    }
    if let Some(enrolment) = &status.enrolment {
        match status.state {
            State::Locked => {
                if status.detail == state::DETAIL_DEADLINE_PASSED {
                    lines.push("Why: the time it was unlocked for is over.".into());
                } else if let Some(why) = enrolment.reason {
                    lines.push(format!("Why: {}", reason(why)));
                }
                lines.push(usable(enrolment.policy.usable));
                lines.extend(enrolment.hotline.as_ref().and_then(hotline));
            }
            State::Unlocked => {
                if let Some(seconds) = enrolment.deadline_in {
                    lines.push(format!("It locks by itself after {} of use.", span(seconds)));
                    lines.extend(enrolment.hotline.as_ref().and_then(hotline));
                }
                if let Some(notice) = enrolment.notice {
                    lines.push(if notice.lock_in == 0 {
                        format!(
                            "Notice: the lender may lock it now, for another {} of use.",
                            span(notice.ends_in)
                        )
                    } else {
                        format!(
                            "Notice: the lender may lock it after {} of use.",
                            span(notice.lock_in)
                        )
                    });
                }
            }
            _ => {}
        }
        if let Some(seconds) = enrolment.sunset_in
            && status.state != State::Released
        {
            lines.push(format!("It releases itself after {} of use.", span(seconds)));
        }
    }
    if status.state != State::Released {
        lines.extend(contact_record.map(contact));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch_proto::bytes::Bytes;

    #[test]
    fn spans_read_well() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (61, "1 minute 1 second"),
            (3_601, "1 hour"),
            (86_400, "1 day"),
            (3 * 86_400 + 4 * 3_600 + 59, "3 days 4 hours"),
            (40 * 86_400 + 59, "40 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn money_has_its_own_decimals() {
        let sum =
            |minor_units, code: &[u8; 3]| amount(&Amount { minor_units, currency: Bytes(*code) });
        assert_eq!(sum(4_205, b"USD"), "USD 42.05");
        assert_eq!(sum(4_205, b"JPY"), "JPY 4205");
        assert_eq!(sum(4_205, b"KWD"), "KWD 4.205");
        assert_eq!(sum(5, b"INR"), "INR 0.05");
        assert_eq!(sum(4_205, b"ZZZ"), "ZZZ 42.05");
    }

    #[test]
    fn names_differ() {
        fn distinct(names: &[&str]) {
            for (i, name) in names.iter().enumerate() {
                assert!(!names[..i].contains(name), "{name} twice");
            }
        }
        distinct(&State::ALL.map(state_name));
        distinct(&State::ALL.map(state));
        distinct(&Fault::ALL.map(fault_name));
        distinct(&Fault::ALL.map(fault));
        distinct(&Reason::ALL.map(reason_name));
        distinct(&Refusal::ALL.map(refusal_name));
        distinct(&Refusal::ALL.map(refusal));
        distinct(&EventKind::ALL.map(event_name));
        distinct(&EventKind::ALL.map(event));
        assert_eq!(usable_names(state::usable::ALL).len(), 6);
    }
}
