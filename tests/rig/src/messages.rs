//! Bodies as an issuer makes them, and their signatures.

use paylatch_proto::WIRE_VERSION;
use paylatch_proto::bytes::{Bytes, Digest, Signature};
use paylatch_proto::contact::{Amount, Contact};
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command, Header};
use paylatch_proto::sign;
use paylatch_proto::state::usable;
use paylatch_proto::voucher::{Policy, Seal, Voucher};
use serde::Serialize;

use crate::keys::{DESK, ESCROW, LENDER, TestDevice, TestKey};

/// The notice time of the vectors' policies, in seconds of use.
pub const NOTICE: u32 = 3 * limits::DAY as u32;
/// 2026-01-01, 00:00 UTC.
pub const ISSUED_AT: u32 = 1_767_225_600;

/// What a postcard value looks like.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut buffer = [0; limits::BODY];
    postcard::to_slice(value, &mut buffer).expect("no body is longer").to_vec()
}

/// A field of text.
pub fn text<const N: usize>(text: &str) -> heapless::String<N> {
    heapless::String::try_from(text).expect("fits its field")
}

/// A lender's contact record.
pub fn contact() -> Contact {
    Contact {
        name: text("Acme Credit"),
        phone: text("+1 (555) 010-0199"),
        payment: text("https://pay.example/4711"),
        note: text("We are open Mo-Fr 9-17 h."),
        amount: Some(Amount { minor_units: 4_200, currency: Bytes(*b"USD") }),
        language: text("en"),
    }
}

/// The second lender's contact record, with the least that it must have.
pub fn contact_2() -> Contact {
    Contact {
        name: text("द्वितीय वित्त"),
        phone: text("2"),
        payment: text(""),
        note: text(""),
        amount: None,
        language: text(""),
    }
}

/// A contact record with every field at its longest.
pub fn contact_longest() -> Contact {
    Contact {
        name: text(&"N".repeat(limits::CONTACT_NAME)),
        phone: text(&"9".repeat(limits::CONTACT_PHONE)),
        payment: text(&"P".repeat(limits::CONTACT_PAYMENT)),
        note: text(&"é".repeat(limits::CONTACT_NOTE / 2)),
        amount: Some(Amount { minor_units: u64::MAX, currency: Bytes(*b"XTS") }),
        language: text("sr-Latn-RS-x"),
    }
}

/// A voucher with all that one can have.
pub fn voucher(device: &TestDevice) -> Voucher {
    Voucher {
        version: WIRE_VERSION,
        device: device.id(),
        issued_at: ISSUED_AT,
        lender: LENDER.public(),
        desk: Some(DESK.public()),
        escrow: Some(ESCROW.public()),
        sunset: Some(1_000),
        policy: Policy {
            notice: NOTICE,
            hotline: true,
            usable: usable::INCOMING_CALLS | usable::LENDER_APP,
        },
        contact: contact(),
    }
}

/// A seal.
pub fn seal(device: &TestDevice) -> Seal {
    Seal { version: WIRE_VERSION, device: device.id(), issued_at: ISSUED_AT }
}

/// A message's body.
pub fn body(device: &TestDevice, signer: TestKey, command: Command) -> Body {
    let header = Header {
        version: WIRE_VERSION,
        device: device.id().short(),
        signer: sign::key_id(&signer.public()).short(),
        issued_at: ISSUED_AT,
    };
    Body { header, command }
}

/// What a rekey's proof signs, of a body whose proof is still to come.
pub fn proof_digest(device: &TestDevice, enrolment: &Digest, body: &[u8]) -> Digest {
    let covered = &body[..body.len() - limits::SIGNATURE];
    sign::message_digest(sign::REKEY_PROOF, &device.id(), enrolment, covered)
}

/// A rekey's body, with the proof by `prover`.
pub fn rekey(
    device: &TestDevice,
    enrolment: &Digest,
    signer: TestKey,
    prover: TestKey,
    command: Command,
) -> Body {
    let mut body = body(device, signer, command);
    prove(device, enrolment, prover, &mut body);
    body
}

/// Puts the proof by `prover` into a rekey's body.
pub fn prove(device: &TestDevice, enrolment: &Digest, prover: TestKey, body: &mut Body) {
    let digest = proof_digest(device, enrolment, &encode(body));
    if let Command::Rekey { proof, .. } = &mut body.command {
        *proof = prover.sign(&digest);
    }
}

/// `body ‖ signature`.
pub fn join(body: &[u8], signature: &Signature) -> Vec<u8> {
    [body, &signature.0].concat()
}

/// The other valid signature of the same: `r ‖ n - s`.
pub fn rewritten(signature: &Signature) -> Signature {
    let signature = p256::ecdsa::Signature::from_slice(&signature.0).expect("a signature");
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -*s).expect("neither is zero");
    Bytes(other.to_bytes().into())
}
