//! The OEM, lenders and escrow of the tests, who issue with the real programs.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::{Failure, Result, program, repository};

/// A directory of keys and contact records; it goes when this is dropped.
pub struct Issuer {
    directory: PathBuf,
}

/// The lender who sells the phone.
pub const LENDER: &str = "lender";
/// The lender who buys the loan.
pub const BUYER: &str = "buyer";
/// The lender's desk, which owners call.
pub const DESK: &str = "desk";
/// Nobody here.
pub const STRANGER: &str = "stranger";
/// The escrow.
pub const ESCROW: &str = "escrow";
/// The OEM, with the development key.
pub const OEM: &str = "oem";

impl Issuer {
    /// Makes keys for everybody, with `paylatch-lender keygen`.
    ///
    /// # Errors
    /// When the programs fail.
    pub fn new() -> Result<Issuer> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("paylatch-{}-keys-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).map_err(|e| Failure(format!("{e}")))?;
        let issuer = Issuer { directory };
        for who in [LENDER, DESK, BUYER, STRANGER, ESCROW] {
            issuer.run("paylatch-lender", &["keygen", "--out", &issuer.key(who)])?;
        }
        issuer.write(
            "lender.json",
            r#"{"name": "Acme Credit", "phone": "+1 555 010 0199", "payment": "acme.example/pay",
               "note": "Call us, we find a way.", "amount": {"minor_units": 4200, "currency": "USD"},
               "language": "en"}"#,
        )?;
        issuer.write(
            "buyer.json",
            r#"{"name": "Best Loans", "phone": "+1 555 010 0142", "language": "en"}"#,
        )?;
        Ok(issuer)
    }

    /// Path of a private key.
    pub fn key(&self, who: &str) -> String {
        if who == OEM {
            repository().join("ta/keys/development-oem.pem").display().to_string()
        } else {
            self.path(&format!("{who}.pem"))
        }
    }

    /// Path of a public key.
    pub fn public_key(&self, who: &str) -> String {
        self.key(who).replace(".pem", ".pub.pem")
    }

    /// Path of a file in the directory.
    pub fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// Writes a file into the directory.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.path(name);
        std::fs::write(&path, text).map_err(|e| Failure(format!("{path}: {e}")))?;
        Ok(path)
    }

    /// Runs a program and returns what it printed.
    ///
    /// # Errors
    /// When it does not end well.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(program(name)?)
            .args(arguments)
            .output()
            .map_err(|e| Failure(format!("{name}: {e}")))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            let problem = String::from_utf8_lossy(&output.stderr);
            Err(Failure(format!("{name} {arguments:?}: {problem}")))
        }
    }

    /// A voucher for `device` with this notice time in seconds, an escrow, and
    /// [`LENDER`] as the lender; `more` are further options.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn voucher(&self, device: &str, notice: u32, more: &[&str]) -> Result<String> {
        let (key, lender, escrow) =
            (self.key(OEM), self.public_key(LENDER), self.public_key(ESCROW));
        let (contact, notice) = (self.path("lender.json"), format!("{notice}s"));
        let mut arguments = vec!["voucher", "--key", &key, "--lender-key", &lender];
        arguments.extend(["--escrow-key", &escrow, "--contact", &contact]);
        arguments.extend(["--notice", &notice, "--notice-min", "2s", "--device", device]);
        arguments.extend(["--usable", "incoming-calls,lender-app"]);
        arguments.extend(more);
        self.run("paylatch-oem", &arguments)
    }

    /// The voucher's options for a lender who has a desk.
    pub fn with_desk(&self) -> [String; 3] {
        ["--hotline".into(), "--desk-key".into(), self.public_key(DESK)]
    }

    /// A hotline code of the desk's for a phone: its identity, the challenge that it
    /// shows, and for how long.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn code(&self, identity: &Value, challenge: &str, time: &str) -> Result<String> {
        let key = self.key(DESK);
        let [device, agreement] =
            ["device", "agreement_key"].map(|field| identity[field].as_str().unwrap_or_default());
        let mut arguments = vec!["code", "--key", &key, "--device", device];
        arguments.extend(["--agreement-key", agreement, "--challenge", challenge, "--time", time]);
        self.run("paylatch-lender", &arguments)
    }

    /// A seal for `device`.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn seal(&self, device: &str) -> Result<String> {
        self.run("paylatch-oem", &["seal", "--key", &self.key(OEM), "--device", device])
    }

    /// A message by `who` to the enrolment of `voucher`: `order` is the
    /// command and its options, without the sequence number.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn message(
        &self,
        who: &str,
        voucher: &str,
        sequence: u64,
        order: &[&str],
    ) -> Result<String> {
        let (key, sequence) = (self.key(who), sequence.to_string());
        let mut arguments = order.to_vec();
        arguments.extend(["--key", &key, "--voucher-file", voucher, "--sequence", &sequence]);
        self.run("paylatch-lender", &arguments)
    }

    /// A release by a lender, or by [`ESCROW`].
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn release(&self, who: &str, voucher: &str) -> Result<String> {
        let key = self.key(who);
        let mut arguments = vec!["release", "--key", &key, "--voucher-file", voucher];
        if who == ESCROW {
            arguments.push("--escrow");
        }
        self.run("paylatch-lender", &arguments)
    }

    /// The present lender's and the buyer's rekey.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn rekey(&self, voucher: &str, sequence: u64) -> Result<String> {
        self.sale(LENDER, BUYER, voucher, sequence)
    }

    /// A rekey from one lender to another, who is [`LENDER`] or [`BUYER`].
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn sale(&self, from: &str, to: &str, voucher: &str, sequence: u64) -> Result<String> {
        let (new, contact) = (self.key(to), self.contact(to));
        self.message(from, voucher, sequence, &["rekey", "--new-key", &new, "--contact", &contact])
    }

    /// Path of a contact record: that of [`LENDER`] or [`BUYER`].
    pub fn contact(&self, who: &str) -> String {
        self.path(&format!("{who}.json"))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
