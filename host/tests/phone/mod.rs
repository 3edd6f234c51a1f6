//! A simulated phone, those who sign for it, and the program on it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use paylatch::hotline;
use paylatch::issue::desk::{self, Caller};
use paylatch::issue::order::{self, Dated, Enrolment, Order};
use paylatch::issue::{PrivateKey, Signer, keys::PrivatePem, oem};
use paylatch_proto::bytes::{Bytes, DeviceId};
use paylatch_proto::contact::{Amount, Contact};
use paylatch_proto::hotline::{Action, Code};
use paylatch_proto::state::usable;
use paylatch_proto::voucher::{Policy, Voucher};
use serde_json::Value;
use tempfile::TempDir;

pub const DAY: u32 = 86_400;
pub const NOTICE: u32 = 3 * DAY;

/// A simulated phone in a directory of its own.
pub struct Phone {
    directory: TempDir,
}

/// How a run of the program ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// The run ended well.
    pub fn ok(self) -> Run {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self
    }

    /// The run ended with this code, and one line that says this.
    pub fn fails(self, code: i32, says: &str) -> Run {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(says), "`{}` does not say `{says}`", self.err);
        if code != 2 {
            assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        }
        self
    }
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paylatch"));
    command.env_remove("PAYLATCH_SIMULATOR").env_remove("PAYLATCH_TEXTS");
    command
}

pub fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Run {
        code: status.code().expect("an exit code"),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

impl Phone {
    pub fn new() -> Self {
        let phone = Phone { directory: tempfile::tempdir().unwrap() };
        phone.run(&["simulator", "new"]).ok();
        phone
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("--simulator").arg(self.path("phone")).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    pub fn status(&self) -> Value {
        self.run(&["--json", "status"]).json()
    }

    pub fn device(&self) -> DeviceId {
        let identity = self.run(&["--json", "identity"]).ok().json();
        paylatch::hex::decode(identity["device"].as_str().unwrap()).unwrap()
    }

    pub fn advance(&self, time: &str) {
        self.run(&["simulator", "advance", time]).ok();
    }
}

/// Those who sign.
pub struct Signers {
    pub oem: PrivateKey,
    pub lender: PrivateKey,
    pub desk: PrivateKey,
    pub escrow: PrivateKey,
}

impl Signers {
    pub fn new() -> Self {
        let pem = include_str!("../../../ta/keys/development-oem.pem");
        let PrivatePem::Plain(oem) = PrivateKey::read(pem).unwrap() else {
            panic!("the development key is not encrypted")
        };
        let [lender, desk, escrow] = [(); 3].map(|()| PrivateKey::generate().unwrap());
        Signers { oem, lender, desk, escrow }
    }

    pub fn voucher(&self, device: &DeviceId) -> Loan<'_> {
        let terms = oem::Terms {
            lender: *self.lender.public_key(),
            desk: Some(*self.desk.public_key()),
            escrow: Some(*self.escrow.public_key()),
            sunset: Some(400),
            policy: Policy { notice: NOTICE, hotline: true, usable: usable::INCOMING_CALLS },
            contact: contact(),
        };
        let voucher = oem::voucher(&terms, device, 1, self.oem.public_key(), 2).unwrap();
        let issued = voucher.sign(&self.oem).unwrap();
        let digest = Voucher::parse(&issued.bytes).unwrap().digest;
        Loan {
            signers: self,
            voucher: issued.text(),
            enrolment: Enrolment { device: *device, voucher: digest },
        }
    }

    pub fn seal(&self, device: &DeviceId) -> String {
        oem::seal(device, 1, self.oem.public_key()).unwrap().sign(&self.oem).unwrap().text()
    }
}

/// One phone's loan.
pub struct Loan<'a> {
    pub signers: &'a Signers,
    pub voucher: String,
    pub enrolment: Enrolment,
}

impl Loan<'_> {
    pub fn message(&self, sequence: u64, order: Order) -> String {
        let lender = &self.signers.lender;
        let dated = Dated { sequence, issued_at: 1 };
        let prepared =
            order::by_lender(&order, &self.enrolment, dated, lender.public_key()).unwrap();
        prepared.sign(lender).unwrap().text()
    }

    /// The code for what the phone shows now.
    pub fn code(&self, phone: &Phone, action: Action) -> Code {
        let identity = phone.run(&["--json", "identity"]).ok().json();
        let agreement = identity["agreement_key"].as_str().unwrap();
        let agreement = paylatch::hex::decode(agreement).unwrap();
        let status = phone.status();
        let challenge = status["enrolment"]["hotline_challenge"].as_str().unwrap();
        let challenge = hotline::challenge(challenge).unwrap();
        let caller = Caller { device: self.enrolment.device, agreement };
        desk::code(&self.signers.desk, &caller, challenge, action).unwrap()
    }

    pub fn escrow_release(&self) -> String {
        let escrow = &self.signers.escrow;
        let prepared = order::release_by_escrow(&self.enrolment, 1, escrow.public_key()).unwrap();
        prepared.sign(escrow).unwrap().text()
    }
}

/// Whom the owner calls.
pub fn contact() -> Contact {
    let text = |text: &str| text.try_into().unwrap();
    Contact {
        name: text("Acme Credit"),
        phone: "+1 555 010 0199".try_into().unwrap(),
        payment: "https://pay.example".try_into().unwrap(),
        note: heapless::String::new(),
        amount: Some(Amount { minor_units: 4_200, currency: Bytes(*b"USD") }),
        language: "en".try_into().unwrap(),
    }
}
