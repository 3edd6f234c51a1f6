//! What is to be signed, before and after it is.

use paylatch_proto::armour;
use paylatch_proto::bytes::{DeviceId, Digest, PublicKey, Signature};
use paylatch_proto::limits;
use paylatch_proto::message::{self, Body};
use paylatch_proto::sign::{self, Domain};
use serde::{Deserialize, Serialize};

use super::form;
use super::keys::CurveKey;
use super::signer::{self, Signer};
use crate::error::{Error, Kind, Result};
use crate::{hex, text};

/// What a signature is for; each has its own domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A lender's message.
    Lender,
    /// A release by the escrow.
    Escrow,
    /// The new lender's proof inside a rekey.
    RekeyProof,
    /// The OEM's voucher.
    Voucher,
    /// The OEM's seal.
    Seal,
    /// The OEM's certificate over a device's keys.
    Certificate,
}

impl Purpose {
    /// Its domain.
    pub fn domain(self) -> Domain {
        match self {
            Purpose::Lender => sign::LENDER,
            Purpose::Escrow => sign::ESCROW,
            Purpose::RekeyProof => sign::REKEY_PROOF,
            Purpose::Voucher => sign::VOUCHER,
            Purpose::Seal => sign::SEAL,
            Purpose::Certificate => sign::CERTIFICATE,
        }
    }

    /// What the signed text is.
    pub fn kind(self) -> armour::Kind {
        match self {
            Purpose::Lender | Purpose::Escrow | Purpose::RekeyProof => armour::Kind::Message,
            Purpose::Voucher => armour::Kind::Voucher,
            Purpose::Seal => armour::Kind::Seal,
            Purpose::Certificate => armour::Kind::Certificate,
        }
    }
}

/// A body that is checked and only lacks its signature.
///
/// As JSON, for whoever holds the key elsewhere: byte strings in hexadecimal,
/// and the digest to sign, which is checked when it is read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Prepared {
    /// What the signature is for.
    pub purpose: Purpose,
    /// The device it is for.
    pub device: DeviceId,
    /// The enrolment a message is for; a voucher, seal or certificate has none.
    pub voucher: Option<Digest>,
    /// Whose signature it lacks.
    pub signer: PublicKey,
    /// For [`Purpose::RekeyProof`]: the lender who signs after the new one.
    pub then: Option<PublicKey>,
    /// The issuer's own name for it, carried along and not signed.
    pub reference: Option<String>,
    /// The body; of a rekey's proof, the body without the proof.
    pub body: Vec<u8>,
}

/// What a signature made of a [`Prepared`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A whole message.
    Issued(Issued),
    /// A rekey with its proof, which the present lender has to sign now.
    Next(Prepared),
}

/// A signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// What it is.
    pub kind: armour::Kind,
    /// `body ‖ signature`.
    pub bytes: Vec<u8>,
}

impl Issued {
    /// Its text form.
    pub fn text(&self) -> String {
        text::armour(self.kind, &self.bytes)
    }
}

impl Prepared {
    /// The SHA-256 digest that has to be signed.
    pub fn digest(&self) -> Digest {
        let domain = self.purpose.domain();
        match &self.voucher {
            Some(voucher) => sign::message_digest(domain, &self.device, voucher, &self.body),
            None => sign::digest(domain, &self.body),
        }
    }

    /// The sequence number of a lender's message; `None` where there is none.
    pub fn sequence(&self) -> Option<u64> {
        let mut body = match self.purpose {
            Purpose::Lender => return message::decode::<Body>(&self.body).ok()?.command.sequence(),
            Purpose::RekeyProof => self.body.clone(),
            _ => return None,
        };
        body.extend_from_slice(&Signature::default().0);
        message::decode::<Body>(&body).ok()?.command.sequence()
    }

    /// Puts on a signature that was made elsewhere.
    ///
    /// # Errors
    /// [`Kind::Refused`] when the signature is not by the key that was named
    /// when this was prepared, or not over this.
    pub fn attach(self, signature: &Signature) -> Result<Attached> {
        if !signer::verifies(&self.signer, &self.digest(), signature) {
            return Err(Error::new(
                Kind::Refused,
                format!(
                    "the signature is not by key {} over digest {}: sign exactly this digest, \
                     without hashing it again",
                    self.signer,
                    self.digest()
                ),
            ));
        }
        Ok(self.join(signature))
    }

    /// Has it signed.
    ///
    /// # Errors
    /// [`Kind::Key`] when the signer has another key than it was prepared for.
    /// [`Kind::Usage`] for a rekey's proof, which makes no message yet: see
    /// [`Self::sign_step`].
    pub fn sign(self, signer: &dyn Signer) -> Result<Issued> {
        match self.sign_step(signer)? {
            Attached::Issued(issued) => Ok(issued),
            Attached::Next(_) => Err(Error::new(
                Kind::Usage,
                "this is the new lender's proof; the present lender's signature is still to come",
            )),
        }
    }

    /// Has it signed; a rekey's proof then waits for the second signature.
    ///
    /// # Errors
    /// [`Kind::Key`] when the signer has another key than it was prepared for.
    pub fn sign_step(self, signer: &dyn Signer) -> Result<Attached> {
        if **signer.public_key() != self.signer {
            return Err(Error::new(
                Kind::Key,
                format!("it was prepared for key {}, this is {}", self.signer, signer.public_key()),
            ));
        }
        let signature = signer.sign(&self.digest())?;
        Ok(self.join(&signature))
    }

    fn join(mut self, signature: &Signature) -> Attached {
        self.body.extend_from_slice(&signature.0);
        match self.then.take() {
            Some(lender) => {
                self.purpose = Purpose::Lender;
                self.signer = lender;
                Attached::Next(self)
            }
            None => Attached::Issued(Issued { kind: self.purpose.kind(), bytes: self.body }),
        }
    }
}

/// [`Prepared`] as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    purpose: Purpose,
    device: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voucher: Option<String>,
    signer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    then: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    body: String,
    digest: String,
}

impl From<Prepared> for Document {
    fn from(prepared: Prepared) -> Self {
        Document {
            purpose: prepared.purpose,
            device: prepared.device.to_string(),
            voucher: prepared.voucher.map(|v| v.to_string()),
            signer: prepared.signer.to_string(),
            then: prepared.then.map(|k| k.to_string()),
            digest: prepared.digest().to_string(),
            body: hex::encode(&prepared.body),
            reference: prepared.reference,
        }
    }
}

impl TryFrom<Document> for Prepared {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self> {
        let message =
            matches!(document.purpose, Purpose::Lender | Purpose::Escrow | Purpose::RekeyProof);
        if message != document.voucher.is_some()
            || (document.purpose == Purpose::RekeyProof) != document.then.is_some()
        {
            return Err(Error::new(Kind::Input, "fields do not go with the purpose"));
        }
        let body = hex::decode_any(document.body.trim()).map_err(|e| e.of("body"))?;
        if body.is_empty() || body.len() > limits::BODY {
            return Err(Error::new(Kind::Input, "body: no message has this length"));
        }
        let prepared = Prepared {
            purpose: document.purpose,
            device: hex::decode(&document.device).map_err(|e| e.of("device"))?,
            voucher: document
                .voucher
                .map(|v| hex::decode(&v))
                .transpose()
                .map_err(|e| e.of("voucher"))?,
            signer: hex::decode(&document.signer).map_err(|e| e.of("signer"))?,
            then: document.then.map(|k| hex::decode(&k)).transpose().map_err(|e| e.of("then"))?,
            reference: document.reference,
            body,
        };
        for key in prepared.then.iter().chain([&prepared.signer]) {
            CurveKey::new(*key)?;
        }
        if hex::decode(&document.digest).ok() != Some(prepared.digest()) {
            return Err(Error::new(
                Kind::Input,
                "digest: does not follow from the other fields; prepare it anew",
            ));
        }
        form::check_body(&prepared)?;
        Ok(prepared)
    }
}

#[cfg(test)]
mod tests {
    use paylatch_proto::bytes::Bytes;

    use super::super::PrivateKey;
    use super::super::order::{self, Dated, Enrolment, Order};
    use super::*;

    fn prepared(key: &PrivateKey) -> Prepared {
        let enrolment = Enrolment { device: Bytes([1; 32]), voucher: Bytes([2; 32]) };
        let dated = Dated { sequence: 5, issued_at: 6 };
        order::by_lender(&Order::Unlock, &enrolment, dated, key.public_key()).unwrap()
    }

    #[test]
    fn json_comes_back_and_a_change_is_seen() {
        let key = PrivateKey::generate().unwrap();
        let prepared = prepared(&key);
        let json = serde_json::to_string(&prepared).unwrap();
        assert_eq!(serde_json::from_str::<Prepared>(&json).unwrap(), prepared);
        let other = json.replace(&"01".repeat(32), &"03".repeat(32));
        let error = serde_json::from_str::<Prepared>(&other).unwrap_err().to_string();
        assert!(error.contains("digest"), "{error}");
    }

    #[test]
    fn only_the_named_key_fits() {
        let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let prepared = prepared(&key);
        let wrong = other.sign(&prepared.digest()).unwrap();
        assert_eq!(prepared.clone().attach(&wrong).unwrap_err().kind(), Kind::Refused);
        assert_eq!(prepared.clone().sign(&other).unwrap_err().kind(), Kind::Key);
        let right = key.sign(&prepared.digest()).unwrap();
        assert!(matches!(prepared.attach(&right), Ok(Attached::Issued(_))));
    }
}
