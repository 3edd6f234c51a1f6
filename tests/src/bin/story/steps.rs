//! The steps of the story.

use std::path::Path;

use paylatch_proto::armour;
use paylatch_proto::limits;
use paylatch_tests::issuer::{BUYER, ESCROW, Issuer, LENDER, OEM, STRANGER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::{Failure, Result};

use crate::narrator::Narrator;
use crate::openssl;

/// Notice time of the story's voucher, in seconds of use.
const NOTICE: u64 = 3600;

/// The story so far.
pub struct Story<'a> {
    narrator: &'a mut Narrator,
    issuer: &'a Issuer,
    phone: Emulated,
    /// The phone's id.
    id: String,
    /// Its voucher.
    voucher: String,
    /// The OEM's certificate over its keys.
    certificate: String,
    /// Digest of the owner's file.
    digest: String,
}

impl<'a> Story<'a> {
    pub fn begin(narrator: &'a mut Narrator, issuer: &'a Issuer, phone: Emulated) -> Result<Self> {
        let (id, voucher, certificate, digest) = Default::default();
        Ok(Story { narrator, issuer, phone, id, voucher, certificate, digest })
    }

    // 1
    pub fn factory(&mut self) -> Result<()> {
        self.narrator.step("In the factory");
        let mut other = Emulated::new("sealed")?;
        let other_id = id(&mut other)?;
        self.id = id(&mut self.phone)?;
        self.expect_state("a fresh phone's state", "unprovisioned")?;
        self.narrator.expect("two phones are two", "true", self.id != other_id);

        let foreign = self.issuer.voucher(&other_id, NOTICE as u32, &[])?;
        self.hand_in("provision", "the other phone's voucher", &foreign, "other_device")?;
        self.voucher = self.issuer.voucher(&self.id, NOTICE as u32, &[])?;
        let nonce = "5a".repeat(32);
        let answer = self.phone.ask(&["provision", &self.voucher, "--nonce", &nonce])?;
        self.narrator.expect("its own voucher", "applied", word(&answer, "outcome"));
        self.certificate = self.certify(word(&answer, "statement"), &nonce)?;
        let voucher = self.voucher.clone();
        self.hand_in("provision", "the same voucher again", &voucher, "already_applied")?;
        let another = self.issuer.voucher(&self.id, 2 * NOTICE as u32, &[])?;
        self.hand_in("provision", "another voucher", &another, "already_enrolled")?;
        self.expect_state("enrolled, and usable", "unlocked")?;

        let seal = self.issuer.seal(&other_id)?;
        let sealed = other.hand_in("provision", &seal)?;
        self.narrator.expect("the other phone is sealed as not financed", "applied", sealed);
        other.power_cycle()?;
        self.narrator.expect("its state after power-off", "released", other.state()?);
        let refused = other.hand_in("provision", &foreign)?;
        self.narrator.expect("a voucher for it now", "released", refused);
        Ok(())
    }

    // 2
    pub fn owners_file(&mut self) -> Result<()> {
        self.narrator.step("The owner takes a photo");
        self.digest = take_photo(&mut self.phone)?;
        self.narrator.expect("its digest is known", 64, self.digest.len());
        Ok(())
    }

    // 3
    pub fn notice_and_lock(&mut self) -> Result<()> {
        self.narrator.step("A payment is overdue");
        self.send(LENDER, "a notice of one hour of use", 10, &["notice"], "applied")?;
        self.tell_owner()?;
        self.send(LENDER, "a lock at once", 11, LOCK, "notice_still_runs")?;
        self.phone.pass(NOTICE)?;
        self.expect_state("an hour of use later, no lock was sent", "unlocked")?;
        self.send(LENDER, "the lock, once the notice has run", 11, LOCK, "applied")?;
        self.expect_state("the phone", "locked")?;
        self.tell_owner()
    }

    // 4
    pub fn power_off_and_on(&mut self) -> Result<()> {
        self.narrator.step("Off and on again");
        self.phone.power_cycle()?;
        self.expect_state("after a new start", "locked")?;
        self.expect_file("the owner's photo", true)
    }

    // 5
    pub fn factory_reset_and_reflash(&mut self) -> Result<()> {
        self.narrator.step("Somebody tries to wash the lock off");
        self.phone.power_off()?;
        self.phone.device.factory_reset()?;
        self.phone.power_on()?;
        self.expect_state("after a factory reset", "locked")?;
        self.phone.power_off()?;
        self.phone.device.reflash()?;
        self.phone.power_on()?;
        self.expect_state("after a reflash of everything", "locked")?;
        self.expect_file("the photo (who wipes a phone wipes the photo)", false)
    }

    // 6
    pub fn messages_that_are_refused(&mut self) -> Result<()> {
        self.narrator.step("Somebody tries to talk it open");
        let before = self.what_stays()?;
        let unlock = self.message(LENDER, 20, &["unlock"])?;
        let stranger = self.message(STRANGER, 20, &["unlock"])?;
        // The stranger signs, but says it is the lender: bytes 5 to 8 name the signer.
        let forged = changed(&stranger, |bytes| {
            let lender = decoded(&unlock).unwrap_or_default();
            bytes[5..9].copy_from_slice(&lender[5..9]);
        })?;
        let altered =
            changed(&self.message(LENDER, 12, &["unlock-for", "--time", "1h"])?, |bytes| {
                let last = bytes.len() - limits::SIGNATURE - 1;
                bytes[last] ^= 0x10;
            })?;
        let clipped = unlock[..unlock.len() - 8].to_owned();
        let foreign_id = "0f".repeat(32);
        let foreign = self.issuer.voucher(&foreign_id, NOTICE as u32, &[])?;
        let other_device = self.issuer.message(LENDER, &foreign, 20, &["unlock"])?;
        let lock = self.message(LENDER, 11, LOCK)?;
        let again = self.phone.hand_in("apply", &lock)?;
        self.narrator.expect("the same sequence number, new content", "conflict", again);
        for (what, text, why) in [
            ("a forged unlock", &forged, "bad_signature"),
            ("an altered message", &altered, "bad_signature"),
            (
                "a clipped text",
                &clipped,
                "not a whole message: bytes are missing at the end; copy the whole text",
            ),
            ("another lender's unlock", &stranger, "other_signer"),
            ("another phone's unlock", &other_device, "other_device"),
        ] {
            self.hand_in("apply", what, text, why)?;
        }
        self.send(LENDER, "an older message", 5, &["unlock"], "stale")?;
        let after = self.what_stays()?;
        self.narrator.expect("what the phone remembers", before, after);

        self.hand_in("apply", "the true unlock", &unlock, "applied")?;
        self.hand_in("apply", "the very same unlock again", &unlock, "already_applied")?;
        self.expect_state("the phone", "unlocked")?;
        self.send(LENDER, "a late, older lock", 19, LOCK, "stale")?;
        self.expect_state("so who has paid stays unlocked", "unlocked")
    }

    // 7
    pub fn unlock_for_a_time(&mut self) -> Result<()> {
        self.narrator.step("Unlocked for two hours of use");
        let two_hours = ["unlock-for", "--time", "2h"];
        self.send(LENDER, "two hours, paid for in advance", 30, &two_hours, "applied")?;
        self.phone.pass(3600)?;
        self.phone.power_cycle()?;
        self.expect_state("after one hour and a new start", "unlocked")?;
        self.phone.emulator()?.shell("date -s 2036-01-01; hwclock -w")?;
        self.expect_state("with the date ten years ahead", "unlocked")?;
        self.phone.pass(3600)?;
        self.expect_state("after the second hour", "locked")?;
        self.phone.emulator()?.shell("date -s 2016-01-01; hwclock -w")?;
        self.expect_state("with the date ten years back", "locked")?;
        self.phone.power_cycle()?;
        self.expect_state("after a new start", "locked")?;
        self.tell_owner()?;
        self.send(LENDER, "an unlock", 31, &["unlock"], "applied")
    }

    // 8
    pub fn the_loan_is_sold(&mut self) -> Result<()> {
        self.narrator.step("The loan is sold");
        self.expect_lender("Acme Credit")?;
        let rekey = self.issuer.rekey(&self.voucher, 40)?;
        self.hand_in("apply", "a rekey, signed by both lenders", &rekey, "applied")?;
        self.expect_lender("Best Loans")?;
        self.send(LENDER, "a message of the first lender", 41, &["notice"], "other_signer")?;
        self.send(BUYER, "a notice of the new one", 42, &["notice"], "applied")?;
        self.send(BUYER, "and its end", 43, &["unlock"], "applied")
    }

    // 9
    pub fn release(&mut self) -> Result<()> {
        self.narrator.step("The last payment");
        let release = self.issuer.release(BUYER, &self.voucher)?;
        let fits = release.len() <= limits::SMS_CHARS;
        self.narrator.expect("the release fits one SMS of 160 characters", true, fits);
        self.narrator.quote(&release);
        self.hand_in("apply", "the release", &release, "applied")?;
        self.tell_owner()?;
        self.phone.power_cycle()?;
        self.expect_state("after a new start", "released")?;
        self.send(BUYER, "a lock", 50, LOCK, "released")?;
        let rekey = self.issuer.rekey(&self.voucher, 51)?;
        self.hand_in("apply", "a rekey", &rekey, "released")?;
        let voucher = self.issuer.voucher(&self.id, NOTICE as u32, &["--sunset", "1000"])?;
        self.hand_in("provision", "a new voucher", &voucher, "released")?;
        self.expect_statement()
    }

    pub fn escrow(&mut self, phone: Emulated) -> Result<()> {
        self.narrator.step("Another phone, whose lender is gone");
        self.phone = phone;
        self.id = id(&mut self.phone)?;
        self.digest = take_photo(&mut self.phone)?;
        self.voucher = self.issuer.voucher(&self.id, NOTICE as u32, &[])?;
        let voucher = self.voucher.clone();
        self.hand_in("provision", "its voucher", &voucher, "applied")?;
        self.send(LENDER, "a notice", 10, &["notice"], "applied")?;
        self.phone.pass(NOTICE)?;
        self.send(LENDER, "a lock", 11, LOCK, "applied")?;
        self.expect_state("the phone", "locked")?;
        let release = self.issuer.release(ESCROW, &self.voucher)?;
        let fits = release.len() <= limits::SMS_CHARS;
        self.narrator.expect("the escrow's release fits one SMS", true, fits);
        self.hand_in("apply", "the escrow's release", &release, "applied")?;
        self.phone.power_cycle()?;
        self.expect_state("after a new start", "released")?;
        self.expect_file("the owner's photo, never touched", true)?;
        self.phone.power_off()
    }

    // ---- what the steps are made of --------------------------------------

    fn hand_in(&mut self, verb: &str, what: &str, text: &str, expected: &str) -> Result<()> {
        let seen = self.phone.hand_in(verb, text)?;
        self.narrator.expect(what, expected, seen);
        Ok(())
    }

    fn message(&self, who: &str, sequence: u64, order: &[&str]) -> Result<String> {
        self.issuer.message(who, &self.voucher, sequence, order)
    }

    fn send(
        &mut self,
        who: &str,
        what: &str,
        sequence: u64,
        order: &[&str],
        expected: &str,
    ) -> Result<()> {
        let text = self.message(who, sequence, order)?;
        self.hand_in("apply", what, &text, expected)
    }

    fn expect_state(&mut self, what: &str, expected: &str) -> Result<()> {
        let seen = self.phone.state()?;
        self.narrator.expect(what, expected, seen);
        Ok(())
    }

    fn expect_file(&mut self, what: &str, there: bool) -> Result<()> {
        let seen = self.phone.emulator()?.shell("sha256sum /data/photo")?.text;
        let unchanged = seen.starts_with(&self.digest);
        let words = |unchanged| if unchanged { "unchanged" } else { "gone" };
        self.narrator.expect(what, words(there), words(unchanged));
        Ok(())
    }

    fn expect_lender(&mut self, expected: &str) -> Result<()> {
        let contact = self.phone.ask(&["contact"])?;
        self.narrator.expect("whom the screen names", expected, word(&contact, "name"));
        Ok(())
    }

    /// What the phone tells its owner.
    fn tell_owner(&mut self) -> Result<()> {
        let words = self.phone.paylatch(&["status"])?.text;
        self.narrator.quote(&words);
        Ok(())
    }

    /// What must not change when something is refused.
    fn what_stays(&mut self) -> Result<String> {
        let status = self.phone.ask(&["status"])?;
        let history = self.phone.paylatch(&["--json", "history"])?.text;
        let enrolment = &status["enrolment"];
        let events = history.lines().filter(|line| line.starts_with('{')).count();
        Ok(format!(
            "{}, sequence {}, contact {}, lender {}, {events} events",
            status["state"],
            enrolment["sequence"],
            enrolment["contact_sequence"],
            enrolment["lender"],
        ))
    }

    fn certify(&self, statement: &str, nonce: &str) -> Result<String> {
        let file = self.issuer.write("statement.txt", statement)?;
        let key = self.issuer.key(OEM);
        let arguments = ["certify", "--key", &key, "--statement", &file, "--nonce", nonce];
        self.issuer.run("paylatch-oem", &[&arguments[..], &["--device", &self.id]].concat())
    }

    fn expect_statement(&mut self) -> Result<()> {
        let nonce = "c3".repeat(32);
        let certificate = self.certificate.clone();
        let arguments =
            ["attest", "--nonce", &nonce, "--certificate", &certificate, "--der", "/tmp/der"];
        let statement = self.phone.paylatch(&arguments)?;
        let directory = self.issuer.path("der");
        fetch(&mut self.phone, "/tmp/der", Path::new(&directory))?;
        let seen = openssl::verify(Path::new(&directory), &self.issuer.public_key(OEM));
        let seen = seen.map_or_else(|failure| failure.to_string(), |()| "verified".into());
        self.narrator.expect("statement and certificate, by OpenSSL alone", "verified", seen);

        let files = [
            self.issuer.write("statement.txt", &statement.text)?,
            self.issuer.write("certificate.txt", &certificate)?,
            self.issuer.public_key(OEM),
        ];
        let arguments = ["verify", "--json", "--statement", &files[0], "--certificate", &files[1]];
        let more = ["--oem-key", &files[2], "--nonce", &nonce, "--device", &self.id];
        let verdict = self.issuer.run("paylatch-lender", &[&arguments[..], &more].concat())?;
        let verdict: serde_json::Value =
            serde_json::from_str(&verdict).map_err(|e| Failure(format!("{verdict}: {e}")))?;
        self.narrator.expect("and what it says", "released", word(&verdict, "state"));
        Ok(())
    }
}

const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];

fn id(phone: &mut Emulated) -> Result<String> {
    Ok(word(&phone.ask(&["identity"])?, "device").to_owned())
}

fn word<'v>(value: &'v serde_json::Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or("(nothing)")
}

/// Writes a file into `userdata`; its digest.
fn take_photo(phone: &mut Emulated) -> Result<String> {
    let command = "dd if=/dev/urandom of=/data/photo bs=64k count=1 2>/dev/null; sync; \
                   sha256sum /data/photo";
    let text = phone.emulator()?.shell(command)?.text;
    Ok(text.split_whitespace().next().unwrap_or_default().to_owned())
}

/// Copies the files of a directory on the phone to this side.
fn fetch(phone: &mut Emulated, from: &str, to: &Path) -> Result<()> {
    let failure = |e: std::io::Error| Failure(format!("{}: {e}", to.display()));
    std::fs::create_dir_all(to).map_err(failure)?;
    let names = phone.emulator()?.shell(&format!("ls {from}"))?.text;
    for name in names.split_whitespace() {
        let hex = phone.emulator()?.shell(&format!("hexdump -ve '1/1 \"%02x\"' {from}/{name}"))?;
        let bytes = hex::decode(hex.text.trim()).map_err(|e| Failure(format!("{name}: {e}")))?;
        std::fs::write(to.join(name), bytes).map_err(failure)?;
    }
    Ok(())
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    let mut buffer = [0; limits::MESSAGE];
    armour::decode(text, &mut buffer)
        .map(|(_, bytes)| bytes.to_vec())
        .map_err(|e| Failure(format!("{text}: {e:?}")))
}

/// The same message with something changed in its bytes.
fn changed(text: &str, change: impl FnOnce(&mut [u8])) -> Result<String> {
    let mut bytes = decoded(text)?;
    change(&mut bytes);
    Ok(armour::encode(armour::Kind::Message, &bytes).collect())
}
