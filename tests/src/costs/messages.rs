//! What is handed in: always the same bytes.

use p256::elliptic_curve::sec1::ToSec1Point;
use paylatch::issue::keys::PrivatePem;
use paylatch::issue::{PrivateKey, Signer};
use paylatch_bench_ta::SIGNED;
use paylatch_proto::api::Request;
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, Nonce, Signature};
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command};
use paylatch_proto::sign;
use paylatch_proto::state::Reason;
use paylatch_proto::voucher::{Policy, Voucher};
use paylatch_rig::keys::{LENDER, PHONE};
use paylatch_rig::messages;

use crate::{Failure, Result, repository};

/// A question's number; no secret.
pub const NONCE: Nonce = Bytes([7; 32]);

/// Notice time in seconds of use, the least of a development build.
const NOTICE: u32 = 2;
/// Sequence numbers of the messages that set the device up.
const NOTICE_SEQUENCE: u64 = 1;
const LOCK_SEQUENCE: u64 = 2;
/// Of the first unlock.
const UNLOCK_SEQUENCE: u64 = 10;
/// Of the last message.
const LAST_SEQUENCE: u64 = 1000;

/// Messages for one device.
pub struct Messages {
    device: DeviceId,
    voucher: Vec<u8>,
    digest: Digest,
    notice: Vec<u8>,
    lock: Vec<u8>,
}

impl Messages {
    /// For the device of this id, built with the development OEM key.
    ///
    /// # Errors
    /// When the development key can't be read.
    pub fn for_device(device: DeviceId) -> Result<Messages> {
        let voucher = Voucher {
            device,
            // Else time is always waited for.
            sunset: None,
            policy: Policy { notice: NOTICE, ..messages::voucher(&PHONE).policy },
            ..messages::voucher(&PHONE)
        };
        let body = messages::encode(&voucher);
        let digest = sign::digest(sign::VOUCHER, &body);
        let signature = oem()?.sign(&digest).map_err(|e| Failure(e.to_string()))?;
        let voucher = messages::join(&body, &signature);
        let mut messages =
            Messages { device, voucher, digest, notice: Vec::new(), lock: Vec::new() };
        messages.notice = messages.signed_by_lender(Command::Notice { sequence: NOTICE_SEQUENCE });
        let reason = Reason::PaymentOverdue;
        messages.lock =
            messages.signed_by_lender(Command::Lock { sequence: LOCK_SEQUENCE, reason });
        Ok(messages)
    }

    /// From the factory to a locked phone, each with a name.
    pub fn set_up(&self) -> [(&'static str, Request<'_>); 3] {
        [
            ("enrol", Request::Enrol { nonce: NONCE, voucher: &self.voucher }),
            ("notice", Request::Apply(&self.notice)),
            ("lock", Request::Apply(&self.lock)),
        ]
    }

    /// Unlocks, one after another: as many as are taken, up to some hundreds.
    pub fn unlocks(&self) -> impl Iterator<Item = Vec<u8>> {
        (UNLOCK_SEQUENCE..LAST_SEQUENCE).map(|sequence| self.unlock(sequence))
    }

    /// Contact records, one after another, with the shortest texts or the longest.
    pub fn contacts(&self, longest: bool, count: u64) -> impl Iterator<Item = Vec<u8>> {
        let contact = if longest { messages::contact_longest() } else { messages::contact_2() };
        let first = if longest { count + 1 } else { 1 };
        (first..first + count).map(move |sequence| {
            self.signed_by_lender(Command::Contact { sequence, contact: contact.clone() })
        })
    }

    /// An unlock for a day, after [`Self::unlocks`].
    pub fn unlock_for_a_day(&self) -> Vec<u8> {
        let sequence = LAST_SEQUENCE;
        self.signed_by_lender(Command::UnlockFor { sequence, seconds: limits::DAY as u32 })
    }

    /// An unlock with one bit of its signature altered.
    pub fn forged(&self) -> Vec<u8> {
        let mut message = self.unlock(UNLOCK_SEQUENCE);
        if let Some(byte) = message.iter_mut().nth_back(20) {
            *byte ^= 1;
        }
        message
    }

    /// A genuine unlock that is older than what the phone has.
    pub fn stale(&self) -> Vec<u8> {
        self.unlock(NOTICE_SEQUENCE)
    }

    fn unlock(&self, sequence: u64) -> Vec<u8> {
        self.signed_by_lender(Command::Unlock { sequence })
    }

    fn signed_by_lender(&self, command: Command) -> Vec<u8> {
        let body = messages::body(&PHONE, LENDER, command);
        let mut header = body.header;
        header.device = self.device.short();
        let body = messages::encode(&Body { header, ..body });
        messages::join(&body, &LENDER.sign(&self.digest_of(&body)))
    }

    fn digest_of(&self, body: &[u8]) -> Digest {
        sign::message_digest(sign::LENDER, &self.device, &self.digest, body)
    }

    /// A digest with its signature, as `paylatch_bench_ta` takes it, in hexadecimal.
    ///
    /// # Panics
    /// When the test key is none.
    pub fn signed(&self) -> String {
        let key = LENDER.public();
        let digest = self.digest_of(b"a body");
        let Bytes(signature): Signature = LENDER.sign(&digest);
        let point = p256::PublicKey::from_sec1_bytes(&key.0).expect("a key").to_sec1_point(false);
        let (x, y) = (point.x().expect("a point"), point.y().expect("a point"));
        let bytes = [&key.0[..], x, y, &digest.0, &signature].concat();
        assert_eq!(bytes.len(), SIGNED);
        hex::encode(bytes)
    }
}

/// The development OEM key.
fn oem() -> Result<PrivateKey> {
    let path = repository().join("ta/keys/development-oem.pem");
    let pem =
        std::fs::read_to_string(&path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    match PrivateKey::read(&pem) {
        Ok(PrivatePem::Plain(key)) => Ok(key),
        _ => Err(Failure(format!("{}: not a plain private key", path.display()))),
    }
}
