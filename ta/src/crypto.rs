//! Signatures and the device's own keys.

use hkdf::Hkdf;
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey as Point, SecretKey};
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::statement::DeviceKeys;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::env::PlatformError;

/// Refuses a signature that does not verify.
///
/// # Errors
/// [`Refusal::BadSignature`], also for a key that is none.
pub fn verify(key: &PublicKey, digest: &Digest, signature: &Signature) -> Result<(), Refusal> {
    let key = VerifyingKey::from_sec1_bytes(&key.0).map_err(|_| Refusal::BadSignature)?;
    let signature = EcdsaSignature::from_slice(&signature.0).map_err(|_| Refusal::BadSignature)?;
    key.verify_prehash(&digest.0, &signature).map_err(|_| Refusal::BadSignature)
}

/// Refuses a key that is no point of P-256, or not in its compressed form.
///
/// # Errors
/// [`Refusal::BadKey`].
pub fn check_key(key: &PublicKey) -> Result<(), Refusal> {
    // The library also reads the compact form (05), a second name of the same key.
    let Bytes([2 | 3, ..]) = key else { return Err(Refusal::BadKey) };
    Point::from_sec1_bytes(&key.0).map(|_| ()).map_err(|_| Refusal::BadKey)
}

/// Signs a digest with the device's signing key.
///
/// # Errors
/// [`PlatformError`], which a well-formed seed never gives.
pub fn sign(seed: &[u8; 32], digest: &Digest) -> Result<Signature, PlatformError> {
    let key = SigningKey::from(derive(seed, SIGNING)?);
    let signature: EcdsaSignature = key.sign_prehash(&digest.0).map_err(|_| PlatformError)?;
    Ok(Bytes(signature.to_bytes().into()))
}

/// The public halves of the device's two keys.
///
/// # Errors
/// [`PlatformError`], which a well-formed seed never gives.
pub fn device_keys(seed: &[u8; 32]) -> Result<DeviceKeys, PlatformError> {
    let public = |purpose| -> Result<PublicKey, PlatformError> {
        let point = derive(seed, purpose)?.public_key().to_sec1_point(true);
        Ok(Bytes(point.as_bytes().try_into().map_err(|_| PlatformError)?))
    };
    Ok(DeviceKeys { signing: public(SIGNING)?, agreement: public(AGREEMENT)? })
}

const SIGNING: &[u8] = b"paylatch device signing key 1";
const AGREEMENT: &[u8] = b"paylatch device agreement key 1";

/// A key of the device: HKDF-SHA-256 of the seed (RFC 5869), tried again with
/// the next counter in the case, one in 2^32, that the bytes are no scalar.
fn derive(seed: &[u8; 32], purpose: &[u8]) -> Result<SecretKey, PlatformError> {
    let hkdf = Hkdf::<Sha256>::new(None, seed);
    for counter in 0..=u8::MAX {
        let mut scalar = Zeroizing::new([0; 32]);
        hkdf.expand_multi_info(&[purpose, &[counter]], scalar.as_mut_slice())
            .map_err(|_| PlatformError)?;
        if let Ok(key) = SecretKey::from_slice(scalar.as_slice()) {
            return Ok(key);
        }
    }
    Err(PlatformError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch_proto::sign::sha256;

    #[test]
    fn the_device_verifies_itself_and_keys_differ() {
        let digest = sha256(&[b"x"]);
        let keys = device_keys(&[5; 32]).unwrap();
        assert_ne!(keys.signing, keys.agreement);
        assert_ne!(keys.signing, device_keys(&[6; 32]).unwrap().signing);
        let signature = sign(&[5; 32], &digest).unwrap();
        assert_eq!(verify(&keys.signing, &digest, &signature), Ok(()));
        assert_eq!(verify(&keys.agreement, &digest, &signature), Err(Refusal::BadSignature));
        let mut other = signature;
        other.0[40] ^= 1;
        assert_eq!(verify(&keys.signing, &digest, &other), Err(Refusal::BadSignature));
        assert_eq!(verify(&Bytes([0; 33]), &digest, &signature), Err(Refusal::BadSignature));
        assert_eq!(verify(&keys.signing, &digest, &Bytes([0; 64])), Err(Refusal::BadSignature));
        assert_eq!(check_key(&keys.signing), Ok(()));
        assert_eq!(check_key(&Bytes([5; 33])), Err(Refusal::BadKey));
        let mut no_point = [0xff; 33];
        no_point[0] = 2;
        assert_eq!(check_key(&Bytes(no_point)), Err(Refusal::BadKey));
    }
}
