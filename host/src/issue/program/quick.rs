//! Signing many messages: as fast as OpenSSL, with some of the signatures verified.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use paylatch_proto::bytes::{Bytes, Digest, Signature};

use crate::error::{Error, Kind, Result};
use crate::issue::signer::{self, Signer};
use crate::issue::{CurveKey, PrivateKey};

/// A private key that AWS-LC signs with, some four times as fast as [`PrivateKey`] does.
/// Its nonces are random numbers, hashed together with the key and the digest.
pub struct QuickKey {
    pair: EcdsaKeyPair,
    public: CurveKey,
}

impl QuickKey {
    /// The same key.
    ///
    /// # Errors
    /// [`Kind::Key`] when AWS-LC does not take it, which it does with any.
    pub fn new(key: &PrivateKey) -> Result<Self> {
        let (secret, public) = key.to_bytes();
        EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            secret.as_slice(),
            &public,
        )
        .map(|pair| QuickKey { pair, public: *key.public_key() })
        .map_err(|e| Error::new(Kind::Key, format!("the key can't be used: {e}")))
    }
}

impl Signer for QuickKey {
    fn public_key(&self) -> &CurveKey {
        &self.public
    }

    fn sign(&self, digest: &Digest) -> Result<Signature> {
        AwsDigest::import_less_safe(&digest.0, &SHA256)
            .and_then(|digest| self.pair.sign_digest(&digest))
            .ok()
            .and_then(|signature| signature.as_ref().try_into().ok())
            .map(Bytes)
            .ok_or_else(|| Error::new(Kind::Key, "the key can't sign"))
    }
}

/// Verifies one in so many of the signatures that a signer makes, the first among
/// them: a computer that calculates wrongly makes signatures that no device takes,
/// and may give the key away with them.
pub struct Sampled<S> {
    signer: S,
    one_in: u64,
    made: AtomicU64,
}

impl<S: Signer> Sampled<S> {
    /// Verifies one in `one_in` signatures; none for 0.
    pub fn new(signer: S, one_in: u64) -> Self {
        Sampled { signer, one_in, made: AtomicU64::new(0) }
    }
}

impl<S: Signer> Signer for Sampled<S> {
    fn public_key(&self) -> &CurveKey {
        self.signer.public_key()
    }

    fn sign(&self, digest: &Digest) -> Result<Signature> {
        let signature = self.signer.sign(digest)?;
        let made = self.made.fetch_add(1, Ordering::Relaxed);
        let chosen = made.checked_rem(self.one_in) == Some(0);
        // By another library than the one that signs.
        if chosen && !signer::verifies(self.public_key(), digest, &signature) {
            return Err(Error::new(
                Kind::Key,
                "a signature that was just made does not verify, and nothing was written: this \
                 computer calculates wrongly; sign on another one",
            ));
        }
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_the_key_does() {
        let key = PrivateKey::generate().unwrap();
        let quick = QuickKey::new(&key).unwrap();
        assert_eq!(quick.public_key(), key.public_key());
        for byte in 0..50 {
            let digest = Bytes([byte; 32]);
            let signature = quick.sign(&digest).unwrap();
            assert!(signer::verifies(key.public_key(), &digest, &signature));
            assert!(!signer::verifies(key.public_key(), &Bytes([byte + 1; 32]), &signature));
        }
    }

    /// Signs wrongly from one signature on.
    struct Wrong {
        key: PrivateKey,
        from: u64,
        made: AtomicU64,
    }

    impl Signer for Wrong {
        fn public_key(&self) -> &CurveKey {
            self.key.public_key()
        }

        fn sign(&self, digest: &Digest) -> Result<Signature> {
            let mut signature = self.key.sign(digest)?;
            if self.made.fetch_add(1, Ordering::Relaxed) >= self.from {
                signature.0[9] ^= 1;
            }
            Ok(signature)
        }
    }

    #[test]
    fn a_signature_that_does_not_verify_is_found_by_the_next_sample() {
        for (one_in, from, good) in [(1, 0, 0), (1, 3, 3), (4, 1, 4), (4, 4, 4), (0, 0, 9)] {
            let wrong =
                Wrong { key: PrivateKey::generate().unwrap(), from, made: AtomicU64::new(0) };
            let sampled = Sampled::new(wrong, one_in);
            let signed: Vec<_> = (0..9).map(|_| sampled.sign(&Bytes([1; 32]))).collect();
            let first = signed.iter().position(Result::is_err).unwrap_or(signed.len());
            assert_eq!(first, good, "one in {one_in}, wrong from {from} on");
            if let Some(Err(error)) = signed.get(first) {
                assert_eq!(error.kind(), Kind::Key);
            }
        }
    }
}
