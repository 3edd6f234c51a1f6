//! What the OEM signs: vouchers, seals and certificates.

use paylatch_proto::WIRE_VERSION;
use paylatch_proto::bytes::DeviceId;
use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::{Policy, Seal, Voucher};
use serde::Serialize;

use super::form::form;
use super::keys::CurveKey;
use super::prepared::{Prepared, Purpose};
use crate::error::Result;

/// The terms on which a device is financed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The lender's key.
    pub lender: CurveKey,
    /// The key of the lender's desk.
    pub desk: Option<CurveKey>,
    /// The key that can release when the lender is gone.
    pub escrow: Option<CurveKey>,
    /// Days of use after which the device releases itself.
    pub sunset: Option<u32>,
    /// What the lender may and may not.
    pub policy: Policy,
    /// What the screens show first.
    pub contact: Contact,
}

/// A voucher for one device. `oem` is the key that will sign; `notice_min` the
/// least notice time, in seconds of use, that the devices were built with.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) for whatever a device would
/// refuse by its form.
pub fn voucher(
    terms: &Terms,
    device: &DeviceId,
    issued_at: u32,
    oem: &CurveKey,
    notice_min: u32,
) -> Result<Prepared> {
    let voucher = Voucher {
        version: WIRE_VERSION,
        device: *device,
        issued_at,
        lender: *terms.lender,
        desk: terms.desk.as_deref().copied(),
        escrow: terms.escrow.as_deref().copied(),
        sunset: terms.sunset,
        policy: terms.policy,
        contact: terms.contact.clone(),
    };
    voucher.check(oem, notice_min).map_err(|refusal| match refusal {
        Refusal::NoticeTooShort => form(refusal)
            .of(format_args!("notice of {} seconds, at least {notice_min}", terms.policy.notice)),
        Refusal::NoWayOut if let Some(days) = terms.sunset => form(refusal).of(format_args!(
            "sunset of {days} days, without an escrow at most {}",
            limits::SUNSET_MAX
        )),
        _ => form(refusal),
    })?;
    prepare(Purpose::Voucher, &voucher, device, oem)
}

/// A seal for one device: it is not financed.
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) when it would be too long, which
/// none is.
pub fn seal(device: &DeviceId, issued_at: u32, oem: &CurveKey) -> Result<Prepared> {
    let seal = Seal { version: WIRE_VERSION, device: *device, issued_at };
    prepare(Purpose::Seal, &seal, device, oem)
}

/// A certificate over the keys of a statement that was verified with
/// [`super::statement::at_enrolment`].
///
/// # Errors
/// [`Kind::Input`](crate::error::Kind::Input) when it would be too long, which
/// none is.
pub fn certificate(statement: &Statement, issued_at: u32, oem: &CurveKey) -> Result<Prepared> {
    let certificate = Certificate {
        version: WIRE_VERSION,
        device: statement.device,
        issued_at,
        keys: statement.keys,
    };
    prepare(Purpose::Certificate, &certificate, &statement.device, oem)
}

fn prepare<T: Serialize>(
    purpose: Purpose,
    body: &T,
    device: &DeviceId,
    oem: &CurveKey,
) -> Result<Prepared> {
    let mut buffer = [0; limits::BODY];
    let body = postcard::to_slice(body, &mut buffer).map_err(|_| form(Refusal::TooLong))?;
    Ok(Prepared {
        purpose,
        device: *device,
        voucher: None,
        signer: **oem,
        then: None,
        reference: None,
        body: body.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::contact::ContactFields;
    use super::super::{PrivateKey, Signer};
    use super::*;
    use paylatch_proto::bytes::Bytes;

    fn terms() -> Terms {
        let contact = r#"{"name":"Acme Credit","phone":"+1 555 0100"}"#;
        Terms {
            lender: *PrivateKey::generate().unwrap().public_key(),
            desk: None,
            escrow: None,
            sunset: Some(730),
            policy: Policy { notice: 300, hotline: false, usable: 1 },
            contact: serde_json::from_str::<ContactFields>(contact).unwrap().check().unwrap(),
        }
    }

    #[test]
    fn a_voucher_is_what_the_lock_reads() {
        let oem = PrivateKey::generate().unwrap();
        let terms = terms();
        let prepared = voucher(&terms, &Bytes([3; 32]), 5, oem.public_key(), 300).unwrap();
        let digest = prepared.digest();
        let issued = prepared.sign(&oem).unwrap();
        let parsed = Voucher::parse(&issued.bytes).unwrap();
        assert_eq!(parsed.digest, digest);
        assert_eq!(parsed.body.lender, *terms.lender);
        assert!(super::super::signer::verifies(oem.public_key(), &digest, &parsed.signature));
    }

    #[test]
    fn what_a_device_would_refuse_is_not_prepared() {
        let oem = *PrivateKey::generate().unwrap().public_key();
        let fails = |change: fn(&mut Terms), oem| {
            let mut terms = terms();
            change(&mut terms);
            voucher(&terms, &Bytes([3; 32]), 5, oem, 300).unwrap_err().to_string()
        };
        assert!(fails(|t| t.policy.notice = 299, &oem).contains("notice"));
        assert!(fails(|t| t.sunset = None, &oem).contains("neither an escrow nor a sunset"));
        let late = fails(|t| t.sunset = Some(limits::SUNSET_MAX + 1), &oem);
        assert!(late.contains("3651 days") && late.contains("at most 3650"), "{late}");
        assert!(fails(|t| t.policy.usable = 1 << 15, &oem).contains("policy"));
        assert!(fails(|t| t.desk = Some(t.lender), &oem).contains("two roles"));
        assert!(fails(|t| t.contact.name.clear(), &oem).contains("name"));
    }
}
