//! The real lock over a platform in memory, as it is asked and handed things.
//! All of it can be cloned, so that a test can try what it likes from one point.

pub mod medium;

use std::rc::Rc;

use paylatch_proto::api::{Event, Outcome, Reply, Request, Status};
use paylatch_proto::bytes::Bytes;
use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::state::{State, StateWords, usable};
use paylatch_proto::voucher::{Policy, Voucher};
use paylatch_ta::Lock;
use paylatch_ta::config::Config;

pub use crate::keys::{BUYER, DESK, ESCROW, LENDER, OEM, OTHER_PHONE, PHONE, STRANGER, TestKey};

use self::medium::{Medium, Trouble};
use crate::codes::{self, Shown, Typed};
use crate::keys::TestDevice;
use crate::messages;

/// Notice time of the voucher, in seconds of use.
pub const NOTICE: u32 = 3600;

/// What the voucher allows.
pub const POLICY: Policy =
    Policy { notice: NOTICE, hotline: true, usable: usable::LENDER_APP | usable::CLOCK };

/// What an answer came to.
pub type Answer = Result<(Outcome, State), Refusal>;

/// A device on the bench: its storage, and its lock.
#[derive(Clone, PartialEq, Eq)]
pub struct Bench {
    lock: Lock<Medium>,
    config: Config,
    /// What enrolled it or will.
    pub enrolment: Enrolment,
}

/// A voucher of the OEM's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    device: TestDevice,
    /// `body ‖ signature`.
    pub voucher: Rc<[u8]>,
    /// The voucher digest.
    digest: Bytes<32>,
}

impl Enrolment {
    /// By [`LENDER`], with a notice time of [`NOTICE`], an escrow or none, a
    /// sunset in days of use or none.
    pub fn new(device: &TestDevice, escrow: bool, sunset: Option<u32>) -> Enrolment {
        let voucher = Voucher {
            desk: Some(DESK.public()),
            escrow: escrow.then(|| ESCROW.public()),
            sunset,
            policy: POLICY,
            ..messages::voucher(device)
        };
        let body = messages::encode(&voucher);
        let digest = sign::digest(sign::VOUCHER, &body);
        let voucher = messages::join(&body, &OEM.sign(&digest)).into();
        Enrolment { device: *device, voucher, digest }
    }

    /// A message under this enrolment, as whoever it is signs it.
    pub fn message(&self, signer: TestKey, command: Command) -> Vec<u8> {
        let is_release = matches!(command, Command::Release);
        let domain = if signer == ESCROW && is_release { sign::ESCROW } else { sign::LENDER };
        self.signed(signer, domain, &self.body(signer, None, 0, command))
    }

    /// A release.
    pub fn release(&self, signer: TestKey) -> Vec<u8> {
        self.message(signer, Command::Release)
    }

    /// The loan goes from [`LENDER`] to [`BUYER`].
    pub fn rekey(&self, sequence: u64) -> Vec<u8> {
        let body = self.body(LENDER, Some(BUYER), 0, sale_to(BUYER, sequence));
        self.signed(LENDER, sign::LENDER, &body)
    }

    /// A message's body; that of a sale with a proof by `prover`.
    pub fn body(
        &self,
        signer: TestKey,
        prover: Option<TestKey>,
        issued_at: u32,
        command: Command,
    ) -> Vec<u8> {
        let mut body = messages::body(&self.device, signer, command);
        body.header.issued_at = issued_at;
        if let Some(prover) = prover {
            messages::prove(&self.device, &self.digest, prover, &mut body);
        }
        messages::encode(&body)
    }

    /// `body ‖ signature` under a domain for messages.
    pub fn signed(&self, signer: TestKey, domain: sign::Domain, body: &[u8]) -> Vec<u8> {
        let digest = sign::message_digest(domain, &self.device.id(), &self.digest, body);
        messages::join(body, &signer.sign(&digest))
    }
}

/// The order of a sale; its proof is still to be made.
pub fn sale_to(lender: TestKey, sequence: u64) -> Command {
    let (lender, proof) = (lender.public(), Bytes([0; 64]));
    Command::Rekey { sequence, lender, desk: None, contact: contact(0), proof }
}

/// The voucher's contact record.
pub fn first_contact() -> Contact {
    messages::contact()
}

/// One of many others.
pub fn contact(number: u32) -> Contact {
    Contact { note: messages::text(&format!("{number}")), ..messages::contact() }
}

/// A seal for a device.
pub fn seal(device: &TestDevice) -> Vec<u8> {
    let body = messages::encode(&messages::seal(device));
    messages::join(&body, &OEM.sign(&sign::digest(sign::SEAL, &body)))
}

impl Bench {
    /// Fresh from the factory, and on.
    pub fn fresh(enrolment: Enrolment) -> Bench {
        let config = Config { oem: OEM.public(), notice_min: 2, security_version: 1 };
        let lock = Lock::new(Medium::new(&enrolment.device), config);
        Bench { lock, config, enrolment }
    }

    /// Enrolled with an escrow, and on.
    ///
    /// # Panics
    /// When the voucher is not taken.
    pub fn enrolled(sunset: Option<u32>) -> Bench {
        let mut bench = Bench::fresh(Enrolment::new(&PHONE, true, sunset));
        assert_eq!(bench.enrol(), Ok((Outcome::Applied, State::Unlocked)));
        bench
    }

    /// Power is cut and comes back; the storage is as it was.
    pub fn power_cycle(&mut self) {
        let mut medium = self.medium().clone();
        medium.seconds = 0;
        self.lock = Lock::new(medium, self.config);
    }

    /// Power is cut and comes back, with an honest storage.
    pub fn power_cut(&mut self) {
        self.medium().honest();
        self.power_cycle();
    }

    /// The same with another build of the application.
    pub fn power_cut_and_build(&mut self, security_version: u32) {
        self.config.security_version = security_version;
        self.power_cut();
    }

    /// The platform.
    pub fn medium(&mut self) -> &mut Medium {
        self.lock.env()
    }

    /// No write is done after the next so many.
    pub fn cut_after(&mut self, writes: u32) {
        self.medium().trouble = Some(Trouble::cut_after(writes));
    }

    /// What a bootloader is told.
    pub fn words(&mut self) -> StateWords {
        self.lock.state()
    }

    /// The state.
    ///
    /// # Panics
    /// When the word is no state's code.
    pub fn state(&mut self) -> State {
        State::from_code(self.words().state).expect("a state's code")
    }

    /// The word beside it.
    pub fn detail(&mut self) -> u32 {
        self.words().detail
    }

    /// One call.
    pub fn call(&mut self, request: &Request) -> Reply {
        self.lock.process(request)
    }

    /// One call, as bytes both ways.
    pub fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        self.lock.call(request, &mut [0; limits::REPLY]).to_vec()
    }

    /// The same without the count of the storage's calls, which no lock knows.
    pub fn uncounted(&self) -> Bench {
        let mut bench = self.clone();
        (bench.medium().calls, bench.medium().writes) = (0, 0);
        bench
    }

    /// A call that is to change something.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When the reply is of another kind.
    pub fn ask(&mut self, request: &Request) -> Answer {
        match self.call(request) {
            Reply::Done(done) => Ok((done.outcome, done.state)),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// What the screens are told.
    ///
    /// # Panics
    /// When the reply is of another kind.
    pub fn status(&mut self) -> Status {
        match self.call(&Request::Status) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// The last events, none at a fault.
    ///
    /// # Panics
    /// When the reply is of another kind.
    pub fn history(&mut self) -> Vec<Event> {
        match self.call(&Request::History) {
            Reply::History(events) => events.to_vec(),
            Reply::Refused(Refusal::Fault) => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// The contact record, if there is one to show.
    ///
    /// # Panics
    /// When the reply is of another kind.
    pub fn contact(&mut self) -> Option<Contact> {
        match self.call(&Request::Contact) {
            Reply::Contact(contact) => Some(contact),
            Reply::Refused(Refusal::Fault | Refusal::NotAvailable) => None,
            other => panic!("{other:?}"),
        }
    }

    /// Hands in a message.
    ///
    /// # Errors
    /// The refusal.
    pub fn apply(&mut self, message: &[u8]) -> Answer {
        self.ask(&Request::Apply(message))
    }

    /// The two groups of a code that is typed; who looks what the phone shows leaves no
    /// trace.
    pub fn code(&self, typed: Typed) -> [u32; 2] {
        let mut bench = self.clone();
        bench.medium().honest();
        codes::groups(Shown::by(|request| bench.call(request)).as_ref(), typed)
    }

    /// Tries a hotline code.
    ///
    /// # Errors
    /// The refusal.
    pub fn hotline(&mut self, groups: [u32; 2]) -> Answer {
        self.ask(&Request::Hotline { groups })
    }

    /// Hands in its voucher.
    ///
    /// # Errors
    /// The refusal.
    pub fn enrol(&mut self) -> Answer {
        let voucher = Rc::clone(&self.enrolment.voucher);
        self.ask(&Request::Enrol { nonce: Bytes([0; 32]), voucher: &voucher })
    }

    /// Hands in a seal for this device.
    ///
    /// # Errors
    /// The refusal.
    pub fn seal(&mut self) -> Answer {
        let seal = seal(&self.enrolment.device);
        self.ask(&Request::Seal { nonce: Bytes([0; 32]), seal: &seal })
    }

    /// Hands in a release with the voucher and rekeys that prove its key.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// When there are more rekeys than a request holds.
    pub fn recover(&mut self, rekeys: &[&[u8]], release: &[u8]) -> Answer {
        let voucher = Rc::clone(&self.enrolment.voucher);
        let rekeys = heapless::Vec::from_slice(rekeys).expect("few rekeys");
        self.ask(&Request::Recover { voucher: &voucher, rekeys, release })
    }
}
