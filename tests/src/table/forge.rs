//! What the issuing programs refuse to make, rightly signed.

use heapless::String as Text;
use paylatch::issue::keys::PrivatePem;
use paylatch::issue::{PrivateKey, Signer};
use paylatch::text;
use paylatch_proto::WIRE_VERSION;
use paylatch_proto::armour::Kind;
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, PublicKey, Signature};
use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command, Header};
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::usable;
use paylatch_proto::voucher::{Policy, Voucher};
use serde::Serialize;

use crate::issuer::{ESCROW, Issuer, LENDER, OEM};
use crate::{Failure, Result};

/// A date; nothing is decided by it.
const ISSUED_AT: u32 = 1_767_225_600;

/// Somebody's private key.
///
/// # Errors
/// When it can't be read.
pub fn key(issuer: &Issuer, who: &str) -> Result<PrivateKey> {
    let path = issuer.key(who);
    let pem = std::fs::read_to_string(&path).map_err(|e| Failure(format!("{path}: {e}")))?;
    match PrivateKey::read(&pem) {
        Ok(PrivatePem::Plain(key)) => Ok(key),
        Ok(PrivatePem::Encrypted(_)) => Err(Failure(format!("{path} is encrypted"))),
        Err(e) => Err(Failure(format!("{path}: {e}"))),
    }
}

/// Somebody's public key.
///
/// # Errors
/// When it can't be read.
pub fn public(issuer: &Issuer, who: &str) -> Result<PublicKey> {
    Ok(**key(issuer, who)?.public_key())
}

/// 33 bytes that look like a key and are no point of the curve.
pub fn no_key() -> PublicKey {
    // An x above the field's prime.
    let mut bytes = [0xff; limits::PUBLIC_KEY];
    bytes[0] = 2;
    Bytes(bytes)
}

/// A contact record with the least that it must have.
pub fn contact() -> Contact {
    let text = "1";
    Contact {
        name: Text::try_from(text).unwrap_or_default(),
        phone: Text::try_from(text).unwrap_or_default(),
        payment: Text::new(),
        note: Text::new(),
        amount: None,
        language: Text::new(),
    }
}

/// A contact record that would mislead: its name has a direction override.
pub fn misleading() -> Contact {
    Contact { name: Text::try_from("Acme\u{202e}").unwrap_or_default(), ..contact() }
}

/// `body ‖ signature` over its digest.
fn signed(key: &PrivateKey, body: &[u8], digest: &Digest) -> Result<Vec<u8>> {
    let signature = key.sign(digest).map_err(|e| Failure(format!("{e}")))?;
    Ok([body, &signature.0].concat())
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut buffer = [0; limits::BODY];
    postcard::to_slice(value, &mut buffer)
        .map(|bytes| bytes.to_vec())
        .map_err(|e| Failure(format!("{e}")))
}

/// A voucher for `device` that is right but for `change`, as text, signed by `who`.
///
/// # Errors
/// When a key can't be read.
pub fn voucher(
    issuer: &Issuer,
    who: &str,
    device: DeviceId,
    change: impl FnOnce(&mut Voucher),
) -> Result<String> {
    let mut voucher = Voucher {
        version: WIRE_VERSION,
        device,
        issued_at: ISSUED_AT,
        lender: public(issuer, LENDER)?,
        desk: None,
        escrow: Some(public(issuer, ESCROW)?),
        sunset: None,
        policy: Policy { notice: 3600, hotline: false, usable: usable::INCOMING_CALLS },
        contact: contact(),
    };
    change(&mut voucher);
    let body = encode(&voucher)?;
    let digest = sign::digest(sign::VOUCHER, &body);
    Ok(text::armour(Kind::Voucher, &signed(&key(issuer, who)?, &body, &digest)?))
}

/// An enrolment, as whoever signs for it knows it.
#[derive(Clone, Copy)]
pub struct Enrolment {
    /// The device id.
    pub device: DeviceId,
    /// The voucher digest.
    pub voucher: Digest,
}

impl Enrolment {
    /// That of a voucher's text.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(voucher: &str) -> Result<Enrolment> {
        let read = |e: paylatch::error::Error| Failure(format!("{e}"));
        let text = text::read(voucher, &[Kind::Voucher]).map_err(read)?;
        let (enrolment, _) = paylatch::issue::order::enrolment(&text.bytes).map_err(read)?;
        Ok(Enrolment { device: enrolment.device, voucher: enrolment.voucher })
    }

    /// A message with this command, by `who`, who says to be `signer`, with
    /// its body changed by `change` before it is signed under `domain`.
    ///
    /// # Errors
    /// When a key can't be read.
    pub fn message(
        &self,
        (who, signer, domain): (&PrivateKey, &PublicKey, Domain),
        command: Command,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<u8>> {
        let mut body = encode(&self.body(signer, command))?;
        change(&mut body);
        let digest = sign::message_digest(domain, &self.device, &self.voucher, &body);
        signed(who, &body, &digest)
    }

    /// A lender's message.
    ///
    /// # Errors
    /// When a key can't be read.
    pub fn order(&self, lender: &PrivateKey, command: Command) -> Result<String> {
        let bytes = self.message((lender, lender.public_key(), sign::LENDER), command, |_| ())?;
        Ok(text::armour(Kind::Message, &bytes))
    }

    /// A rekey whose proof is by `prover`.
    ///
    /// # Errors
    /// When a key can't be read.
    pub fn rekey(
        &self,
        lender: &PrivateKey,
        prover: &PrivateKey,
        sequence: u64,
        (new, desk, contact): (PublicKey, Option<PublicKey>, Contact),
    ) -> Result<String> {
        let command =
            |proof| Command::Rekey { sequence, lender: new, desk, contact: contact.clone(), proof };
        let body = encode(&self.body(lender.public_key(), command(Signature::default())))?;
        let covered = &body[..body.len() - limits::SIGNATURE];
        let digest = sign::message_digest(sign::REKEY_PROOF, &self.device, &self.voucher, covered);
        let proof = prover.sign(&digest).map_err(|e| Failure(format!("{e}")))?;
        self.order(lender, command(proof))
    }

    fn body(&self, signer: &PublicKey, command: Command) -> Body {
        let header = Header {
            version: WIRE_VERSION,
            device: self.device.short(),
            signer: sign::key_id(signer).short(),
            issued_at: ISSUED_AT,
        };
        Body { header, command }
    }
}

/// The OEM's key, which escrow may share and nobody else.
///
/// # Errors
/// When it can't be read.
pub fn oem(issuer: &Issuer) -> Result<PublicKey> {
    public(issuer, OEM)
}
