//! Signatures and the device's own keys.

use ecdsa::hazmat::sign_prehashed_rfc6979;
use heapless::Vec;
use hkdf::Hkdf;
use p256::ecdh::diffie_hellman;
use p256::ecdsa::Signature as EcdsaSignature;
use p256::elliptic_curve::Group;
use p256::elliptic_curve::ops::{LinearCombination, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{
    AffinePoint, FieldBytes, NistP256, ProjectivePoint, PublicKey as Point, Scalar, SecretKey,
};
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};
use paylatch_proto::hotline::{self, Challenge};
use paylatch_proto::limits;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::sha256;
use paylatch_proto::statement::DeviceKeys;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::env::PlatformError;
use crate::verdict::Verdict;

/// Signatures that one request needs at most: a recovery's voucher, its rekeys
/// with a proof each, and its release.
const SIGNATURES: usize = 1 + 2 * limits::RECOVERY_REKEYS + 1;

/// Verifies the signatures of a request, and then judges them a second time, in
/// the same order: the sum on the curve is calculated once, but whoever makes
/// the processor skip one instruction gets past one of two judgements only.
pub struct Verifier {
    blinding: u16,
    calculated: Vec<Calculated, SIGNATURES>,
    /// How many were judged again; `None` the first time.
    again: Option<usize>,
}

/// What a verification calculates, and under which key: `u1 = z / s` and `u2 = r / s` modulo the
/// curve's order, and `u1·G + u2·Q`, in projective coordinates and in affine ones. Each
/// judgement compares the two: where an instruction is skipped, memory may still have
/// another x, such as the key's.
#[derive(Clone, Copy)]
struct Calculated {
    key: PublicKey,
    u1: Scalar,
    u2: Scalar,
    sum: ProjectivePoint,
    affine: AffinePoint,
}

impl Verifier {
    /// `blinding` is drawn anew for each request, and nobody outside knows it.
    pub fn new(blinding: u16) -> Verifier {
        Verifier { blinding, calculated: Vec::new(), again: None }
    }

    /// From now on the same signatures are judged again.
    pub fn again(&mut self) {
        self.again = Some(0);
    }

    /// Refuses a signature that does not verify.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`], also for a key that is none.
    #[inline(never)]
    pub fn verify(
        &mut self,
        key: &PublicKey,
        digest: &Digest,
        signature: &Signature,
    ) -> Result<(), Refusal> {
        let bad = Refusal::BadSignature;
        let calculated = if let Some(judged) = &mut self.again {
            let calculated = *self.calculated.get(*judged).ok_or(bad)?;
            *judged = judged.saturating_add(1);
            calculated
        } else {
            let calculated = calculate(key, digest, signature, self.blinding).ok_or(bad)?;
            self.calculated.push(calculated).map_err(|_| bad)?;
            calculated
        };
        match calculated.holds(key, digest, signature) {
            Verdict::Good => Ok(()),
            Verdict::Bad => Err(bad),
        }
    }
}

impl Calculated {
    /// Whether it is of this key, digest and signature, and the signature verifies.
    #[inline(never)]
    fn holds(&self, key: &PublicKey, digest: &Digest, signature: &Signature) -> Verdict {
        let Ok(signature) = EcdsaSignature::from_slice(&signature.0) else { return Verdict::Bad };
        let (r, s) = signature.split_scalars();
        let is_of = self.key == *key && self.u1 * *s == scalar(&digest.0) && self.u2 * *s == *r;
        let is_sum = ProjectivePoint::from(self.affine) == self.sum;
        let x: Scalar = Scalar::reduce(&self.affine.x());
        Verdict::of(is_of && is_sum && x == *r)
    }
}

/// Who knows which instruction will be skipped can make a signature to fit what
/// is left of the sum; so the sum is calculated with points and factors that
/// nobody outside knows: with `T = Q + t·G` and `a = u1 - u2·t`,
/// `u1·G + u2·Q = a·(T + G) + (u2 - a)·T`.
fn calculate(
    key: &PublicKey,
    digest: &Digest,
    signature: &Signature,
    blinding: u16,
) -> Option<Calculated> {
    let signature = EcdsaSignature::from_slice(&signature.0).ok()?;
    let (r, s) = signature.split_scalars();
    let inverse = Option::<Scalar>::from(s.as_ref().invert_vartime())?;
    let (u1, u2) = (scalar(&digest.0) * inverse, *r * inverse);
    let shift = times_generator(blinding);
    let point = Point::from_sec1_bytes(&key.0).ok()?;
    let shifted = shift + point.as_affine();
    let a = u1 - u2 * Scalar::from(u64::from(blinding));
    let terms = [(shifted + ProjectivePoint::GENERATOR, a), (shifted, u2 - a)];
    let sum = ProjectivePoint::lincomb_vartime(&terms);
    // Without the key in it, the sum would be one that anybody can make.
    if shifted - shift != ProjectivePoint::from(*point.as_affine()) || !is_point(key, &point) {
        return None;
    }
    Some(Calculated { key: *key, u1, u2, sum, affine: sum.to_affine() })
}

/// Whether it is on the curve, and the one that the key's bytes mean.
#[inline(never)]
fn is_point(key: &PublicKey, point: &Point) -> bool {
    // Whoever reads both coordinates looks whether they are on the curve.
    let whole = Point::from_sec1_bytes(point.to_sec1_point(false).as_bytes());
    whole.is_ok_and(|whole| whole.to_sec1_point(true).as_bytes() == key.0)
}

/// A small multiple of the generator, in a sixteenth of the time of any.
fn times_generator(factor: u16) -> ProjectivePoint {
    let mut sum = ProjectivePoint::IDENTITY;
    for bit in (0..u16::BITS).rev() {
        sum = sum.double();
        if factor >> bit & 1 == 1 {
            sum += ProjectivePoint::GENERATOR;
        }
    }
    sum
}

fn scalar(bytes: &[u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(*bytes))
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

/// Signs a digest with the device's signing key, with a nonce by RFC 6979.
///
/// # Errors
/// [`PlatformError`], which a well-formed seed never gives.
pub fn sign(seed: &[u8; 32], digest: &Digest) -> Result<Signature, PlatformError> {
    // (A `SigningKey` would calculate its public half, too.)
    let key = Zeroizing::new(derive(seed, SIGNING)?.to_nonzero_scalar());
    let (signature, _) = sign_prehashed_rfc6979::<NistP256, Sha256>(&key, &digest.0, &[]);
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

/// The key of the hotline codes that the desk and this device agree on.
///
/// # Errors
/// [`PlatformError`], which a well-formed seed and a key that was checked never give.
#[inline(never)]
pub fn hotline_key(seed: &[u8; 32], desk: &PublicKey) -> Result<hotline::Key, PlatformError> {
    let own = derive(seed, AGREEMENT)?;
    let desk = Point::from_sec1_bytes(&desk.0).map_err(|_| PlatformError)?;
    let shared = diffie_hellman(own.to_nonzero_scalar(), desk.as_affine());
    let shared = Zeroizing::new((*shared.raw_secret_bytes()).into());
    hotline::Key::of(&shared).ok_or(PlatformError)
}

/// The challenge of a turn: as good as random for whoever does not know the seed, and
/// another one for each of [`CHALLENGES`](hotline::CHALLENGES) turns, so that no code of
/// before comes right again. The turn's halves go through a Feistel network.
///
/// # Errors
/// [`PlatformError`], which never happens.
pub fn challenge(seed: &[u8; 32], turn: u32) -> Result<Challenge, PlatformError> {
    const HALF: u32 = 10_000;
    const ROUNDS: u8 = 8;
    const _: () = assert!(HALF * HALF == hotline::CHALLENGES);
    let mut key = Zeroizing::new([0; 32]);
    let hkdf = Hkdf::<Sha256>::new(None, seed);
    hkdf.expand(CHALLENGE, key.as_mut_slice()).map_err(|_| PlatformError)?;
    let turn = turn % hotline::CHALLENGES;
    let (mut left, mut right) = (turn / HALF, turn % HALF);
    for round in 0..ROUNDS {
        let mixed = sha256(&[key.as_slice(), &[round], &right.to_le_bytes()]);
        let (first, _) = mixed.0.split_first_chunk().ok_or(PlatformError)?;
        let mixed = u32::from_le_bytes(*first) % HALF;
        (left, right) = (right, (left + mixed) % HALF);
    }
    Ok(Challenge::of(left * HALF + right))
}

const CHALLENGE: &[u8] = b"paylatch hotline challenge 1";
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

    #[test]
    fn the_device_verifies_itself_and_keys_differ() {
        let digest = sha256(&[b"x"]);
        let keys = device_keys(&[5; 32]).unwrap();
        assert_ne!(keys.signing, keys.agreement);
        assert_ne!(keys.signing, device_keys(&[6; 32]).unwrap().signing);
        let signature = sign(&[5; 32], &digest).unwrap();
        let verify = |key: &PublicKey, digest: &Digest, signature: &Signature| {
            Verifier::new(0x5a5a).verify(key, digest, signature)
        };
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

    #[test]
    fn the_desk_and_the_device_agree() {
        let desk = SecretKey::from_slice(&[3; 32]).unwrap();
        let public = Bytes(desk.public_key().to_sec1_point(true).as_bytes().try_into().unwrap());
        let device = device_keys(&[5; 32]).unwrap().agreement;
        let device = Point::from_sec1_bytes(&device.0).unwrap();
        let shared = diffie_hellman(desk.to_nonzero_scalar(), device.as_affine());
        let ours = hotline::Key::of(&(*shared.raw_secret_bytes()).into()).unwrap();
        let theirs = hotline_key(&[5; 32], &public).unwrap();
        let other = hotline_key(&[6; 32], &public).unwrap();
        let challenge = challenge(&[5; 32], 1).unwrap();
        let code = |key| {
            hotline::Code::make(key, &Bytes([1; 32]), challenge, hotline::Action::Week).unwrap()
        };
        assert_eq!(code(&ours), code(&theirs));
        assert_ne!(code(&ours), code(&other));
        assert!(hotline_key(&[5; 32], &Bytes([0; 33])).is_err());
    }

    #[test]
    fn each_turn_has_its_challenge() {
        extern crate std;
        let shown = |seed: u8, turn| challenge(&[seed; 32], turn).unwrap().number();
        let turns = (0..20_000).chain(hotline::CHALLENGES - 20_000..hotline::CHALLENGES);
        let seen: std::collections::HashSet<u32> = turns.map(|turn| shown(5, turn)).collect();
        assert_eq!(seen.len(), 40_000, "none comes again");
        assert_eq!(shown(5, hotline::CHALLENGES + 7), shown(5, 7));
        // Spread over all of them, and otherwise on another phone.
        assert!(seen.iter().filter(|number| **number < 500_000_000).count() > 19_000);
        assert!((0..20).filter(|turn| shown(5, *turn) == shown(6, *turn)).count() < 2);
    }

    #[test]
    fn a_signature_is_judged_again_as_it_was() {
        let (digest, other) = (sha256(&[b"x"]), sha256(&[b"y"]));
        let key = device_keys(&[5; 32]).unwrap().signing;
        let signature = sign(&[5; 32], &digest).unwrap();
        let mut altered = signature;
        altered.0[3] ^= 1;
        let bad = Err(Refusal::BadSignature);
        for blinding in [0, 1, 2, 0x8000, u16::MAX] {
            let mut verifier = Verifier::new(blinding);
            assert_eq!(verifier.verify(&key, &other, &signature), bad);
            let mut verifier = Verifier::new(blinding);
            assert_eq!(verifier.verify(&key, &digest, &signature), Ok(()), "{blinding}");
            for (digest, signature, judged) in
                [(&digest, &signature, Ok(())), (&other, &signature, bad), (&digest, &altered, bad)]
            {
                verifier.again();
                assert_eq!(verifier.verify(&key, digest, signature), judged, "{blinding}");
            }
            assert_eq!(verifier.verify(&key, &digest, &signature), bad, "there was only one");
        }
    }

    #[test]
    fn what_was_calculated_is_of_one_key_one_digest_and_one_signature() {
        let digest = sha256(&[b"x"]);
        let key = device_keys(&[5; 32]).unwrap().signing;
        let signature = sign(&[5; 32], &digest).unwrap();
        let calculated = calculate(&key, &digest, &signature, 77).unwrap();
        assert_eq!(calculated.holds(&key, &digest, &signature), Verdict::Good);
        let other = device_keys(&[6; 32]).unwrap().signing;
        assert_eq!(calculated.holds(&other, &digest, &signature), Verdict::Bad);
        let one = Scalar::ONE;
        for wrong in [
            Calculated { u1: calculated.u1 + one, ..calculated },
            Calculated { u2: calculated.u2 + one, ..calculated },
            Calculated { sum: calculated.sum.double(), ..calculated },
        ] {
            assert_eq!(wrong.holds(&key, &digest, &signature), Verdict::Bad);
        }
    }
}
