//! Taking any text apart, for people and scripts. Nothing is verified here.

use paylatch_proto::armour;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::message::{Command, Message};
use paylatch_proto::sign;
use paylatch_proto::statement::{Certificate, FLAG_UNTIL_POWER_OFF, Statement};
use paylatch_proto::voucher::{Seal, Voucher};
use serde_json::{Map, Value, json};

use super::form::form;
use crate::error::Result;
use crate::text::{Text, kind_name};
use crate::{view, words};

/// What a text says, as a JSON object: its `kind`, then its fields. Byte strings
/// are in hexadecimal, dates and spans in seconds.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) when it is not of the form the
/// protocol gives.
pub fn inspect(text: &Text) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    fields.insert("kind".into(), kind_name(text.kind).into());
    let rest = match text.kind {
        armour::Kind::Message => message(&text.bytes),
        armour::Kind::Voucher => voucher(&text.bytes),
        armour::Kind::Seal => seal(&text.bytes),
        armour::Kind::Statement => statement(&text.bytes),
        armour::Kind::Certificate => certificate(&text.bytes),
    }?;
    if let Value::Object(rest) = rest {
        fields.extend(rest);
    }
    Ok(fields)
}

/// The same for people: one line for each field.
pub fn lines(fields: &Map<String, Value>) -> String {
    let mut lines = Vec::new();
    describe("", fields, &mut lines);
    lines.join("\n")
}

fn describe(indent: &str, fields: &Map<String, Value>, lines: &mut Vec<String>) {
    for (name, value) in fields {
        let label = name.replace('_', " ");
        let said = match value {
            Value::Null => continue,
            Value::String(text) if text.is_empty() => continue,
            Value::Object(inner) => {
                lines.push(format!("{indent}{label}:"));
                describe(&format!("{indent}  "), inner, lines);
                continue;
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                items.join(", ")
            }
            Value::Number(number) => match (name.as_str(), number.as_u64()) {
                ("issued_at", Some(seconds)) => format!("{number} ({})", date(seconds)),
                ("seconds" | "notice", Some(seconds)) => {
                    format!("{number} ({} of use)", words::span(seconds))
                }
                _ => number.to_string(),
            },
            other => plain(other),
        };
        lines.push(format!("{indent}{label}: {said}"));
    }
}

fn plain(value: &Value) -> String {
    match value {
        // Nothing that was not verified may steer a terminal.
        Value::String(text) => text
            .chars()
            .map(|c| if paylatch_proto::contact::harmless(c) { c } else { '\u{fffd}' })
            .collect(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        other => other.to_string(),
    }
}

/// A Unix time in seconds as a date in UTC.
pub fn date(seconds: u64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

fn hex<const N: usize>(bytes: &Bytes<N>) -> Value {
    bytes.to_string().into()
}

fn maybe_hex<const N: usize>(bytes: Option<&Bytes<N>>) -> Value {
    bytes.map_or(Value::Null, hex)
}

fn message(bytes: &[u8]) -> Result<Value> {
    let Message { body, signature, .. } = Message::parse(bytes).map_err(form)?;
    let mut fields = json!({
        "command": command_name(&body.command),
        "device_begins": hex(&body.header.device),
        "signer_begins": hex(&body.header.signer),
        "issued_at": body.header.issued_at,
        "sequence": body.command.sequence(),
    });
    let more = match &body.command {
        Command::Notice { .. } | Command::Unlock { .. } | Command::Release => json!({}),
        Command::Lock { reason, .. } => json!({ "reason": words::reason_name(*reason) }),
        Command::UnlockFor { seconds, .. } => json!({ "seconds": seconds }),
        Command::Rekey { lender, desk, contact: record, proof, .. } => json!({
            "new_lender": hex(lender),
            "new_desk": maybe_hex(desk.as_ref()),
            "contact": view::contact(record),
            "proof": hex(proof),
        }),
        Command::Contact { contact: record, .. } => json!({ "contact": view::contact(record) }),
    };
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
        fields.extend(more);
        fields.insert("signature".into(), hex(&signature));
    }
    Ok(fields)
}

/// Short name of a command, as the programs and `--json` give it.
pub fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Notice { .. } => "notice",
        Command::Lock { .. } => "lock",
        Command::Unlock { .. } => "unlock",
        Command::UnlockFor { .. } => "unlock-for",
        Command::Release => "release",
        Command::Rekey { .. } => "rekey",
        Command::Contact { .. } => "contact",
    }
}

fn voucher(bytes: &[u8]) -> Result<Value> {
    let voucher = Voucher::parse(bytes).map_err(form)?;
    let body = voucher.body;
    Ok(json!({
        "device": hex(&body.device),
        "voucher": hex(&voucher.digest),
        "issued_at": body.issued_at,
        "lender": hex(&body.lender),
        "lender_id": hex(&sign::key_id(&body.lender).short()),
        "desk": maybe_hex(body.desk.as_ref()),
        "escrow": maybe_hex(body.escrow.as_ref()),
        "sunset_days": body.sunset,
        "notice": body.policy.notice,
        "hotline": body.policy.hotline,
        "usable": words::usable_names(body.policy.usable),
        "contact": view::contact(&body.contact),
        "signature": hex(&voucher.signature),
    }))
}

fn seal(bytes: &[u8]) -> Result<Value> {
    let seal = Seal::parse(bytes).map_err(form)?;
    Ok(json!({
        "device": hex(&seal.body.device),
        "issued_at": seal.body.issued_at,
        "signature": hex(&seal.signature),
    }))
}

fn statement(bytes: &[u8]) -> Result<Value> {
    let statement = Statement::parse(bytes).map_err(form)?;
    let mut fields = said(&statement.body);
    if let Value::Object(fields) = &mut fields {
        fields.insert("signature".into(), hex(&statement.signature));
    }
    Ok(fields)
}

/// What a statement says, as JSON.
pub fn said(body: &Statement) -> Value {
    json!({
        "device": hex(&body.device),
        "nonce": hex(&body.nonce),
        "state": words::state_name(body.state),
        "until_power_off": body.flags & FLAG_UNTIL_POWER_OFF != 0,
        "sequence": body.sequence,
        "contact_sequence": body.contact_sequence,
        "voucher": hex(&body.voucher),
        "signing_key": hex(&body.keys.signing),
        "agreement_key": hex(&body.keys.agreement),
        "security_version": body.security_version,
    })
}

fn certificate(bytes: &[u8]) -> Result<Value> {
    let certificate = Certificate::parse(bytes).map_err(form)?;
    Ok(json!({
        "device": hex(&certificate.body.device),
        "issued_at": certificate.body.issued_at,
        "signing_key": hex(&certificate.body.keys.signing),
        "agreement_key": hex(&certificate.body.keys.agreement),
        "signature": hex(&certificate.signature),
    }))
}
