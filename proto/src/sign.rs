//! What exactly is signed: domains, digests and key ids.
//!
//! Every signature is ECDSA P-256 over SHA-256 of a domain of 16 bytes and what
//! follows it, so that a signature made for one purpose is none for another.

use sha2::{Digest as _, Sha256};

use crate::bytes::{Bytes, DeviceId, Digest, PublicKey};

/// What a signature or digest is for: 16 bytes of ASCII, hashed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain(pub &'static [u8; 16]);

/// A lender's message.
pub const LENDER: Domain = Domain(b"paylatch.lender1");
/// A release by the escrow.
pub const ESCROW: Domain = Domain(b"paylatch.escrow1");
/// The OEM's voucher.
pub const VOUCHER: Domain = Domain(b"paylatch.vouchr1");
/// The OEM's seal.
pub const SEAL: Domain = Domain(b"paylatch.oemseal");
/// The device's statement.
pub const STATEMENT: Domain = Domain(b"paylatch.stmnt-1");
/// The OEM's certificate over the device's keys.
pub const CERTIFICATE: Domain = Domain(b"paylatch.certif1");
/// A hotline code.
pub const HOTLINE: Domain = Domain(b"paylatch.hotlin1");
/// The new lender's proof that it holds the key a rekey names.
pub const REKEY_PROOF: Domain = Domain(b"paylatch.rekeyp1");
/// The device id.
pub const DEVICE: Domain = Domain(b"paylatch.device1");

/// All domains; they differ.
pub const DOMAINS: [Domain; 9] =
    [LENDER, ESCROW, VOUCHER, SEAL, STATEMENT, CERTIFICATE, HOTLINE, REKEY_PROOF, DEVICE];

/// SHA-256 over `parts`, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Bytes(hasher.finalize().into())
}

/// What is signed of a voucher, seal, statement or certificate:
/// SHA-256(domain ‖ body). A voucher's is also the *voucher digest*, the name
/// of an enrolment.
pub fn digest(domain: Domain, body: &[u8]) -> Digest {
    sha256(&[domain.0, body])
}

/// What is signed of a message to one device and one enrolment:
/// SHA-256(domain ‖ device id ‖ voucher digest ‖ body). For [`LENDER`],
/// [`ESCROW`] and [`REKEY_PROOF`].
pub fn message_digest(domain: Domain, device: &DeviceId, voucher: &Digest, body: &[u8]) -> Digest {
    sha256(&[domain.0, &device.0, &voucher.0, body])
}

/// A device's identity: SHA-256([`DEVICE`] ‖ a secret that the platform derives
/// for this trusted application from the hardware unique key).
pub fn device_id(secret: &[u8; 32]) -> DeviceId {
    digest(DEVICE, secret)
}

/// A key's id: SHA-256 of the compressed point.
pub fn key_id(key: &PublicKey) -> Digest {
    sha256(&[&key.0])
}

/// Who speaks; the byte that is hashed before a body to know the same message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// The lender.
    Lender = 1,
    /// The escrow.
    Escrow = 2,
}

/// By what the same message is known again: the first 16 bytes of
/// SHA-256(role ‖ body). Never by its signature, which anyone can rewrite into
/// another valid one (`s` and `n - s`).
pub fn same_message(role: Role, body: &[u8]) -> Bytes<16> {
    sha256(&[&[role as u8], body]).half()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_differ() {
        for (i, a) in DOMAINS.iter().enumerate() {
            assert!(DOMAINS[..i].iter().all(|b| a != b));
        }
    }
}
