//! Keys as OpenSSL writes and reads them: private ones in PKCS#8 PEM, plain or
//! encrypted (PBES2: PBKDF2 or scrypt with AES-CBC), public ones in
//! SubjectPublicKeyInfo PEM.

use std::fmt;
use std::ops::Deref;

use p256::SecretKey;
use p256::ecdh::diffie_hellman;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey, VerifyingKey};
use p256::elliptic_curve::Generate;
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, ShortId, Signature};
use paylatch_proto::sign;
use pkcs8::der::asn1::{AnyRef, BitStringRef};
use pkcs8::der::{Decode, pem};
use pkcs8::spki::{self, SubjectPublicKeyInfoRef};
use pkcs8::{
    EncodePrivateKey, EncodePublicKey, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier,
    PrivateKeyInfoRef,
};
use zeroize::Zeroizing;

use super::signer::Signer;
use crate::error::{Error, Kind, Result};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Names of what people take for a P-256 key.
const OTHERS: [(ObjectIdentifier, &str); 9] = [
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "P-384"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "P-521"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), "P-224"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), "secp256k1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"), "RSA"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.110"), "X25519"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.1"), "DSA"),
];

/// A public key that is known to be a point of the curve: whoever holds one need
/// not check it again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CurveKey {
    key: PublicKey,
    id: ShortId,
}

/// A private key in memory, erased when dropped.
pub struct PrivateKey {
    key: SigningKey,
    public: CurveKey,
}

/// Private key of a PEM file that may still have to be decrypted.
pub enum PrivatePem<'a> {
    /// It was not encrypted.
    Plain(PrivateKey),
    /// It needs a passphrase.
    Encrypted(Encrypted<'a>),
}

/// An encrypted private key.
pub struct Encrypted<'a> {
    pem: &'a str,
}

fn bad(message: impl Into<String>) -> Error {
    Error::new(Kind::Key, message)
}

impl PrivateKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`Kind::Io`] when the system has no random numbers to give.
    pub fn generate() -> Result<Self> {
        let secret = SecretKey::try_generate()
            .map_err(|e| Error::new(Kind::Io, format!("no random numbers: {e}")))?;
        Ok(Self::from_secret(&secret))
    }

    /// Reads a private key's PEM.
    ///
    /// # Errors
    /// [`Kind::Key`], which says what was given instead, and what to do.
    pub fn read(pem: &str) -> Result<PrivatePem<'_>> {
        let (label, pem) = block(pem)?;
        match label {
            "PRIVATE KEY" => {
                let der = Zeroizing::new(decode(pem)?);
                Self::from_der(&der).map(PrivatePem::Plain)
            }
            "ENCRYPTED PRIVATE KEY" => Ok(PrivatePem::Encrypted(Encrypted { pem })),
            "EC PRIVATE KEY" | "EC PARAMETERS" => Err(bad(
                "is in the older form `EC PRIVATE KEY` (SEC 1), not PKCS#8: convert it with \
                 `openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem`",
            )),
            "PUBLIC KEY" => Err(bad("is a public key; the private one is needed here")),
            other => Err(bad(format!("is a `{other}`, not a private key in PKCS#8 PEM"))),
        }
    }

    fn from_der(der: &[u8]) -> Result<Self> {
        let info = PrivateKeyInfoRef::from_der(der)
            .map_err(|_| bad("is not a private key: the PEM does not hold PKCS#8"))?;
        check_algorithm(info.algorithm.oid, info.algorithm.parameters)?;
        let secret = SecretKey::try_from(info)
            .map_err(|_| bad("is damaged: the PKCS#8 does not hold a valid P-256 private key"))?;
        Ok(Self::from_secret(&secret))
    }

    fn from_secret(secret: &SecretKey) -> Self {
        let key = SigningKey::from(secret);
        let public = compress(key.verifying_key());
        PrivateKey { key, public }
    }

    /// The private key's 32 bytes, and the public one's point without compression: what other
    /// libraries want.
    pub fn to_bytes(&self) -> (Zeroizing<[u8; 32]>, Vec<u8>) {
        let secret = Zeroizing::new(self.key.to_bytes().into());
        (secret, self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
    }

    /// What this key and another agree on: the x-coordinate that ECDH gives.
    ///
    /// # Errors
    /// [`Kind::Key`] when the other is no P-256 key.
    pub fn agree(&self, other: &PublicKey) -> Result<Zeroizing<[u8; 32]>> {
        let point = match other {
            // The library also reads other forms than the compressed one.
            Bytes([2 | 3, ..]) => p256::PublicKey::from_sec1_bytes(&other.0).ok(),
            _ => None,
        };
        let point = point.ok_or_else(|| bad(format!("{other} is not a P-256 public key")))?;
        let shared = diffie_hellman(self.key.as_nonzero_scalar(), point.as_affine());
        Ok(Zeroizing::new((*shared.raw_secret_bytes()).into()))
    }

    /// PKCS#8 PEM; encrypted (scrypt and AES-256-CBC, which OpenSSL reads) when
    /// there is a passphrase.
    ///
    /// # Errors
    /// [`Kind::Key`] when it can't be encoded or encrypted.
    pub fn to_pem(&self, passphrase: Option<&[u8]>) -> Result<Zeroizing<String>> {
        let secret = SecretKey::from(&self.key);
        match passphrase {
            None => secret.to_pkcs8_pem(LineEnding::LF),
            Some(passphrase) => secret.to_pkcs8_encrypted_pem(passphrase, LineEnding::LF),
        }
        .map_err(|e| bad(format!("the new key can't be written: {e}")))
    }

    /// The public half as SubjectPublicKeyInfo PEM.
    ///
    /// # Errors
    /// [`Kind::Key`] when it can't be encoded.
    pub fn to_public_pem(&self) -> Result<String> {
        self.key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|e| bad(format!("the public key can't be written: {e}")))
    }
}

impl Signer for PrivateKey {
    fn public_key(&self) -> &CurveKey {
        &self.public
    }

    fn sign(&self, digest: &Digest) -> Result<Signature> {
        let signature: EcdsaSignature = self
            .key
            .sign_prehash(&digest.0)
            .map_err(|e| bad(format!("the key can't sign: {e}")))?;
        Ok(Bytes(signature.to_bytes().into()))
    }
}

impl Encrypted<'_> {
    /// Decrypts the key.
    ///
    /// # Errors
    /// [`Kind::Key`]: the passphrase is wrong, or the encryption is not PBES2
    /// with PBKDF2 or scrypt and AES-CBC.
    pub fn decrypt(&self, passphrase: &[u8]) -> Result<PrivateKey> {
        let der = decode(self.pem)?;
        let info = EncryptedPrivateKeyInfoRef::from_der(&der).map_err(|_| {
            bad("is encrypted in a way that is not known here; re-encrypt it with \
                 `openssl pkcs8 -topk8 -v2 aes-256-cbc`")
        })?;
        let der = info.decrypt(passphrase).map_err(|e| match e {
            pkcs8::Error::EncryptedPrivateKey(
                pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs8::pkcs5::Error::NoPbes1CryptSupport
                | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. },
            ) => bad(format!(
                "is encrypted in a way that is not supported ({e}); re-encrypt it with \
                 `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
            )),
            _ => bad("can't be decrypted: the passphrase is wrong, or the file is damaged"),
        })?;
        PrivateKey::from_der(der.as_bytes())
    }
}

/// Reads a public key: SubjectPublicKeyInfo PEM.
///
/// # Errors
/// [`Kind::Key`], which says what was given instead, and what to do.
pub fn public_key(pem: &str) -> Result<CurveKey> {
    let (label, pem) = block(pem)?;
    match label {
        "PUBLIC KEY" => {}
        "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "EC PRIVATE KEY" | "EC PARAMETERS" => {
            return Err(bad("is a private key; take its public half with \
                            `openssl pkey -in KEY.pem -pubout -out PUBLIC.pem`"));
        }
        "CERTIFICATE" => {
            return Err(bad("is an X.509 certificate; take its public key with \
                            `openssl x509 -in CERT.pem -pubkey -noout`"));
        }
        other => return Err(bad(format!("is a `{other}`, not a public key in PEM"))),
    }
    let der = decode(pem)?;
    let info = SubjectPublicKeyInfoRef::from_der(&der)
        .map_err(|_| bad("is not a public key: the PEM does not hold SubjectPublicKeyInfo"))?;
    check_algorithm(info.algorithm.oid, info.algorithm.parameters)?;
    verifying_key(info).map(|key| compress(&key))
}

impl CurveKey {
    /// Checks that these are the bytes of a point of the curve.
    ///
    /// # Errors
    /// [`Kind::Key`] when not.
    pub fn new(key: PublicKey) -> Result<Self> {
        match VerifyingKey::from_sec1_bytes(&key.0) {
            Ok(_) => Ok(Self::of(key)),
            Err(_) => Err(bad(format!("{key} is not a P-256 public key"))),
        }
    }

    fn of(key: PublicKey) -> Self {
        CurveKey { key, id: sign::key_id(&key).short() }
    }

    /// Its short key id, by which a message names its signer.
    pub fn id(&self) -> ShortId {
        self.id
    }
}

impl Deref for CurveKey {
    type Target = PublicKey;

    fn deref(&self) -> &PublicKey {
        &self.key
    }
}

impl fmt::Display for CurveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.key, f)
    }
}

impl fmt::Debug for CurveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.key, f)
    }
}

fn verifying_key(
    info: spki::SubjectPublicKeyInfo<AnyRef<'_>, BitStringRef<'_>>,
) -> Result<VerifyingKey> {
    VerifyingKey::try_from(info).map_err(|_| bad("is damaged: not a point of the curve P-256"))
}

fn compress(key: &VerifyingKey) -> CurveKey {
    let mut bytes = PublicKey::default();
    for (to, from) in bytes.0.iter_mut().zip(key.to_sec1_point(true).as_bytes()) {
        *to = *from;
    }
    CurveKey::of(bytes)
}

/// The label and the text of the first PEM block. Tools write comments before
/// it, and other blocks behind it.
fn block(text: &str) -> Result<(&str, &str)> {
    const BEGIN: &str = "-----BEGIN ";
    if text.trim().is_empty() {
        return Err(bad("is empty"));
    }
    let begin = text.find(BEGIN).ok_or_else(|| bad("is not a key in PEM form"))?;
    let text = text.get(begin..).unwrap_or_default();
    let clipped = || bad("is not a whole PEM: it ends too early");
    let label = text.get(BEGIN.len()..).and_then(|rest| rest.split("-----").next());
    let label = label.ok_or_else(clipped)?;
    let end = format!("-----END {label}-----");
    let length = text.find(&end).ok_or_else(clipped)? + end.len();
    Ok((label, text.get(..length).unwrap_or_default()))
}

fn decode(block: &str) -> Result<Vec<u8>> {
    pem::decode_vec(block.as_bytes())
        .map(|(_, der)| der)
        .map_err(|e| bad(format!("is a damaged PEM: {e}")))
}

fn check_algorithm(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> Result<()> {
    let name = |oid: ObjectIdentifier| {
        let known = OTHERS.iter().find(|(other, _)| *other == oid);
        known.map_or_else(|| oid.to_string(), |(_, name)| (*name).into())
    };
    if oid != EC_PUBLIC_KEY {
        return Err(bad(format!("is a key for {}; a P-256 key is needed", name(oid))));
    }
    match parameters.map(|any| any.decode_as::<ObjectIdentifier>()) {
        Some(Ok(P256)) => Ok(()),
        Some(Ok(other)) => {
            Err(bad(format!("is on the curve {}; a P-256 key is needed", name(other))))
        }
        _ => Err(bad("spells out its curve's parameters; a key on the named curve P-256 is \
                      needed: make one with `openssl genpkey -algorithm EC -pkeyopt \
                      ec_paramgen_curve:P-256`")),
    }
}
