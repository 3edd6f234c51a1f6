//! What fuzzing begins with, beside the committed corpus: the protocol's
//! vectors, every request to every phone, every kind of move.

use paylatch::issue::{keys, oem, order};
use paylatch_proto::bytes::Bytes;
use paylatch_tests::vectors::{self, Vectors, unhex};

use crate::{records, wire};

/// A target's seeds.
///
/// # Panics
/// For a name that is no target's, and when an order can't be prepared.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "wire" => of_wire(),
        "records" => of_records(),
        "commands" => of_commands(),
        "sequences" => of_sequences(),
        other => panic!("{other} is no target"),
    }
}

fn of_wire() -> Vec<Vec<u8>> {
    let what = |kind| match kind {
        vectors::Kind::Message => wire::what::MESSAGE,
        vectors::Kind::Voucher => wire::what::VOUCHER,
        vectors::Kind::Seal => wire::what::SEAL,
        vectors::Kind::Statement => wire::what::STATEMENT,
        vectors::Kind::Certificate => wire::what::CERTIFICATE,
    };
    let vectors = Vectors::make();
    let mut seeds = Vec::new();
    let mut add = |what: u8, bytes: &[u8]| seeds.push([&[what], bytes].concat());
    for vector in &vectors.accepted {
        add(what(vector.kind), &vector.bytes());
        add(wire::what::TEXT, &vector.bytes());
        add(wire::what::TEXT, vector.text.as_bytes());
    }
    vectors.refused.iter().for_each(|vector| add(what(vector.kind), &unhex(&vector.bytes)));
    vectors.texts.iter().for_each(|text| add(wire::what::TEXT, text.text.as_bytes()));
    vectors.bad_texts.iter().for_each(|text| add(wire::what::TEXT, text.text.as_bytes()));
    for call in &vectors.calls {
        add(wire::what::REQUEST, &unhex(&call.request));
        add(wire::what::REPLY, &unhex(&call.reply));
    }
    for json in [
        r#"{"name":"A","phone":"1"}"#,
        r#"{"name":"A","phone":"+1 (2)","payment":"b","note":"c","language":"en"}"#,
        r#"{"name":"A","phone":"1","amount":{"minor_units":1,"currency":"USD"}}"#,
        r#"{"name":"A","phone":"1","amount":{"minor_units":-1,"currency":"usd"}}"#,
    ] {
        add(wire::what::CONTACT, json.as_bytes());
    }
    for json in prepared() {
        add(wire::what::PREPARED, json.as_bytes());
    }
    seeds
}

/// Orders that lack their signature, as JSON.
fn prepared() -> Vec<String> {
    let pem = include_str!("../../../ta/keys/development-oem.pub.pem");
    let key = keys::public_key(pem).expect("a public key");
    let device = Bytes([1; 32]);
    let enrolment = order::Enrolment { device, voucher: Bytes([2; 32]) };
    let dated = order::Dated { sequence: 5, issued_at: 6 };
    let unlock = order::by_lender(&order::Order::Unlock, &enrolment, dated, &key);
    let seal = oem::seal(&device, 1, &key);
    [unlock, seal]
        .map(|prepared| serde_json::to_string(&prepared.expect("prepared")).expect("plain JSON"))
        .into()
}

fn of_records() -> Vec<Vec<u8>> {
    use records::{last, mend};
    let lasts = [0, last::RELEASE, last::STATEMENT, last::TIME];
    let mends = [0, mend::CHECKS, mend::CHECKS | mend::SLOTS];
    let changes: [&[u8]; 4] = [&[], &[0], &[10, 30, 1, 2, 3, 4, 5, 6, 7, 8], &[16, 40, 0, 1]];
    let mut seeds = Vec::new();
    for phone in 0..16 {
        for last in lasts {
            for mend in mends {
                seeds.extend(changes.map(|change| [&[phone, last | mend], change].concat()));
            }
        }
    }
    seeds
}

fn of_commands() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for phone in 0..16 {
        seeds.extend((0..40).map(|request| vec![phone, 0, request, 0]));
        seeds.push(vec![phone, 1, 3, 0, 1, 2, 3, 2, 3, 16, 0, 4, 4, 2]);
    }
    seeds
}

fn of_sequences() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for phone in 0..20 {
        for kind in 0..17 {
            seeds.extend((0..8).map(|what| vec![phone, kind, what, 0, 0, 0]));
        }
    }
    seeds
}
