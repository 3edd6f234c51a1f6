//! What a lender orders, and the escrow's release.

use paylatch_proto::WIRE_VERSION;
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, PublicKey, Signature};
use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command, Header};
use paylatch_proto::state::Reason;
use paylatch_proto::voucher::{self, Voucher};

use super::form::{check_command, form};
use super::keys::CurveKey;
use super::prepared::{Prepared, Purpose};
use crate::error::Result;

/// One device's enrolment, which every message is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The device id.
    pub device: DeviceId,
    /// The voucher's digest.
    pub voucher: Digest,
}

/// Place in the order of messages, and date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Sequence number, 1 to [`limits::SEQUENCE_END`] - 1. A device refuses one
    /// below the last it has taken.
    pub sequence: u64,
    /// Unix seconds; for people only.
    pub issued_at: u32,
}

/// What a lender orders with one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A lock will become possible.
    Notice,
    /// Lock.
    Lock(Reason),
    /// Unlock.
    Unlock,
    /// Unlock for so many seconds of use.
    UnlockFor(u32),
    /// Release, for good.
    Release,
    /// Replace what the screens show.
    Contact(Box<Contact>),
}

/// To whom a loan is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLender {
    /// The new lender's key.
    pub key: CurveKey,
    /// The key of the new lender's desk.
    pub desk: Option<CurveKey>,
    /// Whom owners call from now on.
    pub contact: Contact,
}

/// Keys of an enrolment that a new lender's must differ from, where they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherRoles {
    /// The escrow's.
    pub escrow: Option<PublicKey>,
    /// The OEM's.
    pub oem: Option<PublicKey>,
}

/// A lender's message. `lender` is the key that will sign.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) for whatever a device would refuse by its form.
pub fn by_lender(
    order: &Order,
    enrolment: &Enrolment,
    dated: Dated,
    lender: &CurveKey,
) -> Result<Prepared> {
    let sequence = dated.sequence;
    let command = match order {
        Order::Notice => Command::Notice { sequence },
        Order::Lock(reason) => Command::Lock { sequence, reason: *reason },
        Order::Unlock => Command::Unlock { sequence },
        Order::UnlockFor(seconds) => Command::UnlockFor { sequence, seconds: *seconds },
        Order::Release => Command::Release,
        Order::Contact(contact) => Command::Contact { sequence, contact: contact.as_ref().clone() },
    };
    prepare(Purpose::Lender, command, enrolment, dated.issued_at, lender)
}

/// A release by the escrow. `escrow` is the key that will sign.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) when it would be too long, which
/// no release is.
pub fn release_by_escrow(
    enrolment: &Enrolment,
    issued_at: u32,
    escrow: &CurveKey,
) -> Result<Prepared> {
    prepare(Purpose::Escrow, Command::Release, enrolment, issued_at, escrow)
}

/// A rekey, which takes two signatures: first the new lender's proof that it
/// holds its key, then that of the present lender, `lender`.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) for whatever a device would refuse by its form.
pub fn rekey(
    new: &NewLender,
    enrolment: &Enrolment,
    dated: Dated,
    lender: &CurveKey,
    others: &OtherRoles,
) -> Result<Prepared> {
    let command = Command::Rekey {
        sequence: dated.sequence,
        lender: *new.key,
        desk: new.desk.as_deref().copied(),
        contact: new.contact.clone(),
        proof: Signature::default(),
    };
    // No key begins with a 0: it stands for an OEM or escrow that is not known.
    let oem = others.oem.or(others.escrow).unwrap_or_default();
    voucher::check_roles(&new.key, new.desk.as_deref(), others.escrow.as_ref(), &oem)
        .map_err(form)?;
    let mut prepared = prepare(Purpose::Lender, command, enrolment, dated.issued_at, lender)?;
    prepared.body.truncate(prepared.body.len().saturating_sub(limits::SIGNATURE));
    Ok(Prepared {
        purpose: Purpose::RekeyProof,
        signer: *new.key,
        then: Some(**lender),
        ..prepared
    })
}

fn prepare(
    purpose: Purpose,
    command: Command,
    enrolment: &Enrolment,
    issued_at: u32,
    signer: &CurveKey,
) -> Result<Prepared> {
    check_command(&command)?;
    let header = Header {
        version: WIRE_VERSION,
        device: enrolment.device.short(),
        signer: signer.id(),
        issued_at,
    };
    let mut buffer = [0; limits::BODY];
    let body = Body { header, command }.encode(&mut buffer).map_err(form)?.to_vec();
    Ok(Prepared {
        purpose,
        device: enrolment.device,
        voucher: Some(enrolment.voucher),
        signer: **signer,
        then: None,
        reference: None,
        body,
    })
}

/// The enrolment that a voucher makes.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) when these are not the bytes of a voucher.
pub fn enrolment(voucher: &[u8]) -> Result<(Enrolment, Voucher)> {
    let voucher = Voucher::parse(voucher).map_err(form)?;
    let enrolment = Enrolment { device: voucher.body.device, voucher: Bytes(voucher.digest.0) };
    Ok((enrolment, voucher.body))
}

#[cfg(test)]
mod tests {
    use super::super::contact::ContactFields;
    use super::super::prepared::Attached;
    use super::super::signer::verifies;
    use super::super::{PrivateKey, Signer};
    use super::*;
    use paylatch_proto::message::Message;
    use paylatch_proto::sign;

    const ENROLMENT: Enrolment = Enrolment { device: Bytes([1; 32]), voucher: Bytes([2; 32]) };
    const DATED: Dated = Dated { sequence: 9, issued_at: 8 };

    fn contact() -> Contact {
        let fields = r#"{"name":"Acme Credit","phone":"+1 555 0100"}"#;
        serde_json::from_str::<ContactFields>(fields).unwrap().check().unwrap()
    }

    #[test]
    fn every_order_is_signed_as_the_lock_verifies_it() {
        let key = PrivateKey::generate().unwrap();
        for order in [
            Order::Notice,
            Order::Lock(Reason::ReportedLost),
            Order::Unlock,
            Order::UnlockFor(7),
            Order::Release,
            Order::Contact(Box::new(contact())),
        ] {
            let prepared = by_lender(&order, &ENROLMENT, DATED, key.public_key()).unwrap();
            let issued = prepared.sign(&key).unwrap();
            let message = Message::parse(&issued.bytes).unwrap();
            let digest = message.digest(sign::LENDER, &ENROLMENT.device, &ENROLMENT.voucher);
            assert!(verifies(key.public_key(), &digest, &message.signature), "{order:?}");
            assert_eq!(message.body.header.signer, sign::key_id(key.public_key()).short());
        }
    }

    #[test]
    fn a_rekey_takes_both_signatures() {
        let (old, new) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let terms = NewLender { key: *new.public_key(), desk: None, contact: contact() };
        let others = OtherRoles::default();
        let proof = rekey(&terms, &ENROLMENT, DATED, old.public_key(), &others).unwrap();
        let json = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<Prepared>(&json).unwrap(), proof);
        let Attached::Next(second) = proof.sign_step(&new).unwrap() else {
            panic!("one was enough")
        };
        let issued = second.sign(&old).unwrap();
        let message = Message::parse(&issued.bytes).unwrap();
        let Command::Rekey { proof, .. } = message.body.command else { panic!("no rekey") };
        let (device, voucher) = (&ENROLMENT.device, &ENROLMENT.voucher);
        assert!(verifies(new.public_key(), &message.proof_digest(device, voucher), &proof));
        let digest = message.digest(sign::LENDER, device, voucher);
        assert!(verifies(old.public_key(), &digest, &message.signature));
    }

    #[test]
    fn what_a_device_would_refuse_is_not_prepared() {
        let key = *PrivateKey::generate().unwrap().public_key();
        let other = *PrivateKey::generate().unwrap().public_key();
        let fails = |order: &Order, dated| {
            by_lender(order, &ENROLMENT, dated, &key).unwrap_err().to_string()
        };
        for sequence in [0, limits::SEQUENCE_END] {
            assert!(fails(&Order::Notice, Dated { sequence, ..DATED }).contains("sequence"));
        }
        assert!(fails(&Order::UnlockFor(0), DATED).contains("zero"));
        let mut misleading = contact();
        misleading.name.push('\u{202e}').unwrap();
        assert!(fails(&Order::Contact(Box::new(misleading)), DATED).contains("name"));
        let rekey = |new: CurveKey, desk, others: OtherRoles| {
            let new = NewLender { key: new, desk, contact: contact() };
            rekey(&new, &ENROLMENT, DATED, &key, &others).map_err(|e| e.to_string())
        };
        let others = OtherRoles { escrow: Some(*other), oem: None };
        assert!(rekey(other, None, OtherRoles::default()).is_ok());
        assert!(
            rekey(other, Some(other), OtherRoles::default()).unwrap_err().contains("two roles")
        );
        assert!(rekey(other, None, others).unwrap_err().contains("two roles"));
    }
}
