//! A device in memory: the real lock with the vectors' secret, random numbers
//! and time.

use std::collections::BTreeMap;
use std::rc::Rc;

use paylatch_proto::api::{Done, Outcome, Reply, Request};
use paylatch_proto::bytes::Nonce;
use paylatch_proto::hotline::Action;
use paylatch_proto::limits;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{State, StateWords};
use paylatch_proto::statement::DeviceKeys;
use paylatch_rig::bench::medium::Medium;
use paylatch_rig::codes::{self, Shown, Typed};
use paylatch_rig::keys::{DEVICES, OEM, TestDevice};
use paylatch_rig::messages::{encode, join, seal};
use paylatch_ta::Lock;

use super::keys::config;
use super::{Accepted, Kind, Step, Tried, named};

/// A device in memory.
pub struct Device {
    lock: Lock<Medium>,
}

const NONCE: Nonce = paylatch_proto::bytes::Bytes([0x5a; 32]);

impl Device {
    /// Fresh from the factory.
    pub fn new(device: &TestDevice) -> Device {
        Device { lock: Lock::new(Medium::new(device), config()) }
    }

    /// One of the vectors' devices, fresh from the factory.
    ///
    /// # Panics
    /// When there is none of this name.
    pub fn called(name: &str) -> Device {
        let device = DEVICES.iter().find(|device| device.name == name);
        Device::new(device.unwrap_or_else(|| panic!("no device is called {name}")))
    }

    /// One call.
    ///
    /// # Panics
    /// When the reply is not one.
    pub fn call(&mut self, request: &Request) -> Reply {
        let mut bytes = [0; limits::REQUEST];
        let bytes = postcard::to_slice(request, &mut bytes).expect("a request fits");
        postcard::from_bytes(&self.call_bytes(bytes)).expect("a reply")
    }

    /// One call, as bytes both ways.
    pub fn call_bytes(&mut self, request: &[u8]) -> Vec<u8> {
        self.lock.call(request, &mut [0; limits::REPLY]).to_vec()
    }

    /// Power is cut, and comes back.
    fn cut(&mut self) {
        let medium = self.lock.env().clone();
        self.lock = Lock::new(medium, config());
    }

    /// The four words.
    pub fn state(&mut self) -> StateWords {
        self.lock.state()
    }

    /// The records as they are stored.
    pub fn records(&mut self) -> BTreeMap<&'static str, Rc<[u8]>> {
        self.lock.env().records.clone()
    }

    /// Hands in `body ‖ signature` as what it is.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// For a statement or certificate, which no device takes.
    pub fn take(&mut self, kind: Kind, bytes: &[u8]) -> Result<(Outcome, State), Refusal> {
        let reply = self.call(&match kind {
            Kind::Message => Request::Apply(bytes),
            Kind::Voucher => Request::Enrol { nonce: NONCE, voucher: bytes },
            Kind::Seal => Request::Seal { nonce: NONCE, seal: bytes },
            Kind::Statement | Kind::Certificate => panic!("no device takes a {kind:?}"),
        });
        match reply {
            Reply::Done(Done { outcome, state, .. }) => Ok((outcome, state)),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// Does the steps; every message of them has to be taken.
    ///
    /// # Panics
    /// When one is refused.
    pub fn follow(&mut self, accepted: &[Accepted], steps: &[Step]) {
        for step in steps {
            match step {
                Step::Take(name) => {
                    let vector = named(accepted, name);
                    if let Err(refusal) = self.take(vector.kind, &vector.bytes()) {
                        panic!("{name} is refused: {refusal:?}");
                    }
                }
                Step::Use(seconds) => self.lock.env().seconds += seconds,
                Step::Cut => {
                    self.call(&Request::Tick);
                    self.cut();
                }
                Step::Damage(name) => {
                    self.lock.env().damage(name);
                    self.cut();
                }
                Step::Try(tried) => {
                    let groups = self.hotline_code(*tried);
                    let reply = self.call(&Request::Hotline { groups });
                    let is_done = matches!(reply, Reply::Done(_));
                    assert_eq!(is_done, *tried == Tried::Right, "{reply:?}");
                }
            }
        }
    }

    /// The two groups of a code for what the device shows now, by its first desk.
    ///
    /// # Panics
    /// When it takes none.
    pub fn hotline_code(&mut self, tried: Tried) -> [u32; 2] {
        let shown = Shown::by(|request| self.call(request)).expect("it takes codes");
        let typed = match tried {
            Tried::Right => Typed::Right(Action::Day),
            Tried::Wrong => Typed::Wrong(Action::Week),
        };
        codes::groups(Some(&shown), typed)
    }

    /// A statement.
    ///
    /// # Panics
    /// When there is none.
    pub fn attest(&mut self, nonce: Nonce) -> Vec<u8> {
        match self.call(&Request::Attest { nonce }) {
            Reply::Statement(statement) => statement.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// The keys that a device has from its first enrolment or seal on.
    ///
    /// # Panics
    /// When the seal is refused.
    pub fn sealed_keys(device: &TestDevice) -> DeviceKeys {
        let mut sealed = Device::new(device);
        let body = encode(&seal(device));
        let digest = paylatch_proto::sign::digest(paylatch_proto::sign::SEAL, &body);
        let taken = sealed.take(Kind::Seal, &join(&body, &OEM.sign(&digest)));
        assert_eq!(taken, Ok((Outcome::Applied, State::Released)));
        match sealed.call(&Request::Identity) {
            Reply::Identity(identity) => identity.keys.expect("it is sealed"),
            other => panic!("{other:?}"),
        }
    }
}
