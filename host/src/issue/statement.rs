//! Verifying what a device says of itself.

use paylatch_proto::bytes::{DeviceId, Nonce, PublicKey};
use paylatch_proto::state::State;
use paylatch_proto::statement::{Certificate, DeviceKeys, Statement};

use super::form::form;
use super::keys::CurveKey;
use super::signer::verifies;
use crate::error::{Error, Kind, Result};

fn refused(message: impl Into<String>) -> Error {
    Error::new(Kind::Refused, message)
}

/// Verifies a statement with its certificate, trusting nothing but the OEM's
/// public key. `nonce` is the number the device was asked with; without it the
/// statement may be of any age.
///
/// # Errors
/// [`Kind::Refused`], which says what does not hold: the certificate is not by
/// this OEM or for another device, the statement not by the certified key, or
/// the answer to another question. [`Kind::Input`] for what is no statement or
/// certificate.
pub fn verify(
    statement: &[u8],
    certificate: &[u8],
    oem: &PublicKey,
    nonce: Option<&Nonce>,
    device: Option<&DeviceId>,
) -> Result<Statement> {
    let certificate = Certificate::parse(certificate).map_err(|r| form(r).of("certificate"))?;
    if !verifies(oem, &certificate.digest, &certificate.signature) {
        return Err(refused("the certificate is not by this OEM key, or was altered"));
    }
    let parsed = Statement::parse(statement).map_err(|r| form(r).of("statement"))?;
    let said = parsed.body;
    if said.device != certificate.body.device {
        return Err(refused(format!(
            "the certificate is for device {}, the statement of device {}",
            certificate.body.device, said.device
        )));
    }
    if !verifies(&certificate.body.keys.signing, &parsed.digest, &parsed.signature) {
        return Err(refused(
            "the statement is not by the device key that the certificate names, or was altered",
        ));
    }
    if said.keys != certificate.body.keys {
        return Err(refused("the statement names other device keys than the certificate"));
    }
    check_question(&said, nonce, device)?;
    Ok(said)
}

/// Verifies the statement that came back from enrolling or sealing a device,
/// before its keys are certified. Its own key signs it, so it proves that the
/// key is held; that it is this device's follows from where it was fetched: the
/// factory, with a fresh `nonce`.
///
/// # Errors
/// [`Kind::Refused`], which says what does not hold. [`Kind::Input`] for what is
/// no statement.
pub fn at_enrolment(statement: &[u8], nonce: &Nonce, device: &DeviceId) -> Result<Statement> {
    let parsed = Statement::parse(statement).map_err(|r| form(r).of("statement"))?;
    let said = parsed.body;
    check_question(&said, Some(nonce), Some(device))?;
    if !verifies(&said.keys.signing, &parsed.digest, &parsed.signature) {
        return Err(refused("the statement is not by the key it names, or was altered"));
    }
    check_keys(&said.keys)?;
    match said.state {
        State::Unlocked | State::Locked | State::Released => Ok(said),
        State::Unprovisioned | State::Fault => Err(refused(
            "the device is neither enrolled nor sealed: provision it first, then certify",
        )),
    }
}

fn check_keys(device: &DeviceKeys) -> Result<()> {
    let not_keys = |_| refused("the statement's device keys are no P-256 keys");
    CurveKey::new(device.signing).map_err(not_keys)?;
    CurveKey::new(device.agreement).map_err(not_keys)?;
    if device.signing == device.agreement {
        return Err(refused("the statement names one key for signing and for agreement"));
    }
    Ok(())
}

fn check_question(
    said: &Statement,
    nonce: Option<&Nonce>,
    device: Option<&DeviceId>,
) -> Result<()> {
    if let Some(device) = device
        && said.device != *device
    {
        return Err(refused(format!(
            "the statement is of device {}, expected was {device}",
            said.device
        )));
    }
    if let Some(nonce) = nonce
        && said.nonce != *nonce
    {
        return Err(refused(format!(
            "the statement answers nonce {}, asked was {nonce}: it is an old one",
            said.nonce
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::prepared::Issued;
    use super::super::{PrivateKey, Signer, oem};
    use super::*;
    use paylatch_proto::bytes::{Bytes, Digest};
    use paylatch_proto::{limits, sign};

    const DEVICE: DeviceId = Bytes([1; 32]);
    const NONCE: Nonce = Bytes([2; 32]);

    fn statement(state: State, device: &PrivateKey, agreement: &PublicKey) -> Vec<u8> {
        let body = Statement {
            version: paylatch_proto::WIRE_VERSION,
            device: DEVICE,
            nonce: NONCE,
            state,
            flags: 0,
            sequence: 3,
            contact_sequence: 4,
            voucher: Digest::default(),
            keys: DeviceKeys { signing: **device.public_key(), agreement: *agreement },
            security_version: 1,
        };
        let mut buffer = [0; limits::STATEMENT_BODY];
        let mut bytes = postcard::to_slice(&body, &mut buffer).unwrap().to_vec();
        let signature = device.sign(&sign::digest(sign::STATEMENT, &bytes)).unwrap();
        bytes.extend(signature.0);
        bytes
    }

    fn key() -> PrivateKey {
        PrivateKey::generate().unwrap()
    }

    #[test]
    fn a_certified_statement_verifies_and_every_change_is_named() {
        let (maker, device, agreement) = (key(), key(), **key().public_key());
        let bytes = statement(State::Unlocked, &device, &agreement);
        let said = at_enrolment(&bytes, &NONCE, &DEVICE).unwrap();
        let certify = |said: &Statement, maker: &PrivateKey| -> Issued {
            oem::certificate(said, 5, maker.public_key()).unwrap().sign(maker).unwrap()
        };
        let certificate = certify(&said, &maker).bytes;
        let check = |statement: &[u8], certificate: &[u8], nonce, device| {
            verify(statement, certificate, maker.public_key(), nonce, device)
        };
        assert_eq!(check(&bytes, &certificate, Some(&NONCE), Some(&DEVICE)), Ok(said));
        assert_eq!(check(&bytes, &certificate, None, None), Ok(said));

        let why = |result: Result<Statement>| {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), Kind::Refused);
            error.to_string()
        };
        let other = Bytes([9; 32]);
        assert!(why(check(&bytes, &certificate, Some(&other), None)).contains("an old one"));
        assert!(why(check(&bytes, &certificate, None, Some(&other))).contains("expected was"));
        let foreign = certify(&said, &key()).bytes;
        assert!(why(check(&bytes, &foreign, None, None)).contains("not by this OEM"));
        let elsewhere = certify(&Statement { device: other, ..said }, &maker).bytes;
        assert!(why(check(&bytes, &elsewhere, None, None)).contains("certificate is for device"));
        let mut altered = bytes.clone();
        altered[80] ^= 1;
        assert!(check(&altered, &certificate, None, None).is_err());
        let forged = statement(State::Released, &key(), &agreement);
        assert!(why(check(&forged, &certificate, None, None)).contains("not by the device key"));
        let swapped = statement(State::Unlocked, &device, key().public_key());
        assert!(why(check(&swapped, &certificate, None, None)).contains("other device keys"));
    }

    #[test]
    fn only_a_provisioned_device_is_certified() {
        let (device, agreement) = (key(), **key().public_key());
        for (state, fine) in [
            (State::Unlocked, true),
            (State::Locked, true),
            (State::Released, true),
            (State::Unprovisioned, false),
            (State::Fault, false),
        ] {
            let bytes = statement(state, &device, &agreement);
            assert_eq!(at_enrolment(&bytes, &NONCE, &DEVICE).is_ok(), fine, "{state:?}");
        }
        let same = statement(State::Unlocked, &device, device.public_key());
        assert!(at_enrolment(&same, &NONCE, &DEVICE).is_err());
        let mut altered = statement(State::Unlocked, &device, &agreement);
        let end = altered.len() - 1;
        altered[end] ^= 1;
        assert_eq!(at_enrolment(&altered, &NONCE, &DEVICE).unwrap_err().kind(), Kind::Refused);
    }
}
