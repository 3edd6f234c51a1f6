//! Signing a digest, and checking a signature over one.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature as EcdsaSignature, VerifyingKey};
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};
use paylatch_proto::limits;

use super::keys::CurveKey;
use crate::error::{Error, Kind, Result};

/// Whoever holds a private key. One method does the work, so that a faster
/// library, a smart card or a key service can take the place of
/// [`PrivateKey`](super::PrivateKey).
pub trait Signer: Sync {
    /// The public half.
    fn public_key(&self) -> &CurveKey;

    /// ECDSA P-256 over a SHA-256 digest that is already made.
    ///
    /// # Errors
    /// [`Kind::Key`] when the key can't sign.
    fn sign(&self, digest: &Digest) -> Result<Signature>;
}

/// Reads a signature as signers give it: 64 bytes `r ‖ s`, or DER, as OpenSSL
/// and most key services write it.
///
/// # Errors
/// [`Kind::Input`] when it is neither.
pub fn read_signature(bytes: &[u8]) -> Result<Signature> {
    if let Ok(raw) = <[u8; limits::SIGNATURE]>::try_from(bytes) {
        return Ok(Bytes(raw));
    }
    match EcdsaSignature::from_der(bytes) {
        Ok(signature) => Ok(Bytes(signature.to_bytes().into())),
        Err(_) => Err(Error::new(
            Kind::Input,
            format!(
                "not an ECDSA P-256 signature ({} bytes): give 64 bytes r ‖ s, or DER",
                bytes.len()
            ),
        )),
    }
}

/// Whether `signature` over `digest` is by `key`.
pub fn verifies(key: &PublicKey, digest: &Digest, signature: &Signature) -> bool {
    let Ok(key) = VerifyingKey::from_sec1_bytes(&key.0) else { return false };
    let Ok(signature) = EcdsaSignature::from_slice(&signature.0) else { return false };
    key.verify_prehash(&digest.0, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::PrivateKey;
    use super::*;

    #[test]
    fn raw_and_der_are_the_same_signature() {
        let key = PrivateKey::generate().unwrap();
        let digest = Bytes([5; 32]);
        let raw = key.sign(&digest).unwrap();
        let der = EcdsaSignature::from_slice(&raw.0).unwrap().to_der();
        assert_eq!(read_signature(&raw.0).unwrap(), raw);
        assert_eq!(read_signature(der.as_bytes()).unwrap(), raw);
        assert!(verifies(key.public_key(), &digest, &raw));
        assert!(!verifies(key.public_key(), &Bytes([6; 32]), &raw));
        assert_eq!(read_signature(&raw.0[1..]).unwrap_err().kind(), Kind::Input);
    }

    #[test]
    fn what_is_no_key_verifies_nothing() {
        let key = PrivateKey::generate().unwrap();
        let digest = Bytes([5; 32]);
        let signature = key.sign(&digest).unwrap();
        assert!(!verifies(&Bytes([0; 33]), &digest, &signature));
        assert!(!verifies(key.public_key(), &digest, &Bytes([0; 64])));
    }
}
