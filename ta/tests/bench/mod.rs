//! The lock over a storage in memory that can be cut off, silenced or damaged,
//! and the keys of everybody who signs.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use paylatch_proto::WIRE_VERSION;
use paylatch_proto::api::{Outcome, Reply, Request, Status};
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, PublicKey};
use paylatch_proto::contact::Contact;
use paylatch_proto::message::{Body, Command, Header};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::State;
use paylatch_proto::voucher::{Policy, Seal, Voucher};
use paylatch_ta::Lock;
use paylatch_ta::config::Config;
use paylatch_ta::env::{
    Clock, Factory, Identity, PlatformError, Record, Rng, Storage, StorageError,
};

const SECRET: [u8; 32] = [9; 32];
/// Notice time of the voucher, in seconds of use.
pub const NOTICE: u32 = 3600;

/// What an attacker does to the storage, and what it holds.
#[derive(Default)]
pub struct Medium {
    pub records: BTreeMap<&'static str, Vec<u8>>,
    pub seconds: u64,
    /// Records that don't answer.
    pub silent: Vec<&'static str>,
    /// Writes that still succeed; `None` for all.
    pub writes_left: Option<u32>,
    /// Writes that succeeded.
    pub writes: u32,
}

#[derive(Clone, Default)]
pub struct Platform(Rc<RefCell<Medium>>);

impl Medium {
    fn put(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        match &mut self.writes_left {
            Some(0) => return Err(StorageError::Unavailable),
            Some(left) => *left -= 1,
            None => {}
        }
        self.writes += 1;
        self.records.insert(record.name(), bytes.to_vec());
        Ok(())
    }
}

impl Storage for Platform {
    fn read(&mut self, record: Record, bytes: &mut [u8]) -> Result<(), StorageError> {
        let medium = self.0.borrow();
        if medium.silent.contains(&record.name()) {
            return Err(StorageError::Unavailable);
        }
        let stored = medium.records.get(record.name()).ok_or(StorageError::Absent)?;
        if stored.len() != bytes.len() {
            return Err(StorageError::Corrupt);
        }
        bytes.copy_from_slice(stored);
        Ok(())
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.borrow_mut().put(record, bytes)
    }

    fn write(&mut self, record: Record, bytes: &[u8]) -> Result<(), StorageError> {
        let mut medium = self.0.borrow_mut();
        if medium.records.contains_key(record.name()) {
            medium.put(record, bytes)
        } else {
            Err(StorageError::Absent)
        }
    }
}

impl Rng for Platform {
    fn random(&mut self, bytes: &mut [u8]) -> Result<(), PlatformError> {
        bytes.fill(7);
        Ok(())
    }
}

impl Clock for Platform {
    fn seconds(&self) -> u64 {
        self.0.borrow().seconds
    }
}

impl Identity for Platform {
    fn secret(&mut self) -> Result<[u8; 32], PlatformError> {
        Ok(SECRET)
    }
}

impl Factory for Platform {}

/// Who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Who {
    Oem = 1,
    Lender = 2,
    Buyer = 3,
    Escrow = 4,
}

fn key(who: Who) -> SigningKey {
    SigningKey::from_slice(&[who as u8; 32]).unwrap()
}

pub fn public(who: Who) -> PublicKey {
    Bytes(key(who).verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap())
}

fn sign(who: Who, digest: &Digest) -> Bytes<64> {
    let signature: Signature = key(who).sign_prehash(&digest.0).unwrap();
    Bytes(signature.to_bytes().into())
}

fn contact() -> Contact {
    Contact {
        name: "Lender".try_into().unwrap(),
        phone: "1".try_into().unwrap(),
        payment: heapless::String::new(),
        note: heapless::String::new(),
        amount: None,
        language: heapless::String::new(),
    }
}

/// A device on the bench: its storage, and while it is on, its lock.
pub struct Bench {
    platform: Platform,
    lock: Lock<Platform>,
    security_version: u32,
    voucher: Vec<u8>,
    digest: Digest,
}

/// What an answer came to.
pub type Answer = Result<(Outcome, State), Refusal>;

impl Bench {
    /// Fresh from the factory, and on.
    pub fn fresh() -> Bench {
        let platform = Platform::default();
        let (voucher, digest) = (Vec::new(), Bytes::default());
        let lock = Lock::new(platform.clone(), config(1));
        Bench { platform, lock, security_version: 1, voucher, digest }
    }

    /// Enrolled, and on.
    pub fn enrolled(sunset: Option<u32>) -> Bench {
        let mut bench = Bench::fresh();
        let voucher = Voucher {
            version: WIRE_VERSION,
            device: device(),
            issued_at: 0,
            lender: public(Who::Lender),
            desk: None,
            escrow: Some(public(Who::Escrow)),
            sunset,
            policy: Policy { notice: NOTICE, hotline: false, usable: 0 },
            contact: contact(),
        };
        let mut buffer = [0; 1000];
        let body = postcard::to_slice(&voucher, &mut buffer).unwrap();
        bench.digest = sign::digest(sign::VOUCHER, body);
        bench.voucher = [&*body, &sign(Who::Oem, &bench.digest).0].concat();
        let voucher = bench.voucher.clone();
        let request = Request::Enrol { nonce: Bytes([0; 32]), voucher: &voucher };
        assert_eq!(bench.ask(&request), Ok((Outcome::Applied, State::Unlocked)));
        bench
    }

    /// Power is cut and comes back, with an honest storage.
    pub fn power_cut(&mut self) {
        {
            let mut medium = self.medium();
            medium.seconds = 0;
            medium.silent.clear();
            medium.writes_left = None;
        }
        self.lock = Lock::new(self.platform.clone(), config(self.security_version));
    }

    /// The same with another build of the application.
    pub fn power_cut_and_build(&mut self, security_version: u32) {
        self.security_version = security_version;
        self.power_cut();
    }

    pub fn medium(&self) -> RefMut<'_, Medium> {
        self.platform.0.borrow_mut()
    }

    /// Flips a bit of a record, as no storage should.
    pub fn damage(&self, record: &str) {
        self.medium().records.get_mut(record).unwrap()[20] ^= 1;
    }

    pub fn state(&mut self) -> State {
        State::from_code(self.lock.state().state).unwrap()
    }

    pub fn detail(&mut self) -> u32 {
        self.lock.state().detail
    }

    pub fn ask(&mut self, request: &Request) -> Answer {
        match self.lock.process(request) {
            Reply::Done(done) => Ok((done.outcome, done.state)),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    pub fn status(&mut self) -> Status {
        match self.lock.process(&Request::Status) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub fn apply(&mut self, message: &[u8]) -> Answer {
        self.ask(&Request::Apply(message))
    }

    /// A seal for this device.
    pub fn seal(&mut self) -> Answer {
        let seal = Seal { version: WIRE_VERSION, device: device(), issued_at: 0 };
        let mut buffer = [0; 64];
        let body = postcard::to_slice(&seal, &mut buffer).unwrap();
        let signature = sign(Who::Oem, &sign::digest(sign::SEAL, body));
        let seal = [&*body, &signature.0].concat();
        self.ask(&Request::Seal { nonce: Bytes([0; 32]), seal: &seal })
    }

    /// A release with the voucher and rekeys that prove its key.
    pub fn recover(&mut self, rekeys: &[&[u8]], release: &[u8]) -> Answer {
        let voucher = self.voucher.clone();
        let rekeys = heapless::Vec::from_slice(rekeys).unwrap();
        self.ask(&Request::Recover { voucher: &voucher, rekeys, release })
    }

    pub fn message(&self, who: Who, command: Command) -> Vec<u8> {
        let release = matches!(command, Command::Release);
        let domain = if who == Who::Escrow && release { sign::ESCROW } else { sign::LENDER };
        self.signed(who, domain, command)
    }

    pub fn release(&self, who: Who) -> Vec<u8> {
        self.message(who, Command::Release)
    }

    /// The loan goes from lender to buyer.
    pub fn rekey(&self, sequence: u64) -> Vec<u8> {
        let (lender, proof) = (public(Who::Buyer), Bytes([0; 64]));
        let command = Command::Rekey { sequence, lender, desk: None, contact: contact(), proof };
        self.signed(Who::Lender, sign::LENDER, command)
    }

    fn signed(&self, who: Who, domain: Domain, command: Command) -> Vec<u8> {
        let header = Header {
            version: WIRE_VERSION,
            device: device().short(),
            signer: sign::key_id(&public(who)).short(),
            issued_at: 0,
        };
        let digest =
            |domain, bytes: &[u8]| sign::message_digest(domain, &device(), &self.digest, bytes);
        let is_rekey = matches!(command, Command::Rekey { .. });
        let mut buffer = [0; 1000];
        let mut body = Body { header, command }.encode(&mut buffer).unwrap().to_vec();
        if is_rekey {
            body.truncate(body.len() - 64);
            let proof = sign(Who::Buyer, &digest(sign::REKEY_PROOF, &body));
            body.extend(proof.0);
        }
        let signature = sign(who, &digest(domain, &body));
        [body, signature.0.to_vec()].concat()
    }
}

fn device() -> DeviceId {
    sign::device_id(&SECRET)
}

fn config(security_version: u32) -> Config {
    Config { oem: public(Who::Oem), notice_min: 2, security_version }
}
