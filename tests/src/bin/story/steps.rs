//! The steps of the story.

use std::path::Path;
use std::process::Command;

use paylatch_proto::armour;
use paylatch_proto::{limits, sign};
use paylatch_tests::device::built;
use paylatch_tests::issuer::{BUYER, DESK, ESCROW, Issuer, LENDER, OEM, STRANGER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::shipped::{Outcome, Shipped};
use paylatch_tests::{Failure, Result, repository};

use crate::narrator::Narrator;
use crate::openssl;

/// Notice time of the story's voucher, in seconds of use.
const NOTICE: u64 = 3600;

/// The story so far.
pub struct Story<'a> {
    narrator: &'a mut Narrator,
    issuer: &'a Issuer,
    phone: Shipped,
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
    // 1
    pub fn in_the_factory(narrator: &'a mut Narrator, issuer: &'a Issuer) -> Result<Self> {
        narrator.step("In the factory");
        let (mut phone, mut other) = (Emulated::new("story")?, Emulated::new("sealed")?);
        let (id, other_id) = (id(&mut phone)?, id(&mut other)?);
        narrator.expect("a fresh phone's state", "unprovisioned", phone.state()?);
        narrator.expect("two phones are two", "true", id != other_id);

        let foreign = issuer.voucher(&other_id, NOTICE as u32, &[])?;
        let refused = phone.hand_in("provision", &foreign)?;
        narrator.expect("the other phone's voucher", "other_device", refused);
        let desk = issuer.with_desk();
        let desk: Vec<&str> = desk.iter().map(String::as_str).collect();
        let voucher = issuer.voucher(&id, NOTICE as u32, &desk)?;
        let nonce = "5a".repeat(32);
        let answer = phone.ask(&["provision", &voucher, "--nonce", &nonce])?;
        narrator.expect("its own voucher", "applied", word(&answer, "outcome"));
        let certificate = certify(issuer, &id, word(&answer, "statement"), &nonce)?;
        let again = phone.hand_in("provision", &voucher)?;
        narrator.expect("the same voucher again", "already_applied", again);
        let another = issuer.voucher(&id, 2 * NOTICE as u32, &[])?;
        let refused = phone.hand_in("provision", &another)?;
        narrator.expect("another voucher", "already_enrolled", refused);
        narrator.expect("enrolled, and usable", "unlocked", phone.state()?);

        let seal = issuer.seal(&other_id)?;
        let sealed = other.hand_in("provision", &seal)?;
        narrator.expect("the other phone is sealed as not financed", "applied", sealed);
        other.power_cycle()?;
        narrator.expect("its state after power-off", "released", other.state()?);
        let refused = other.hand_in("provision", &foreign)?;
        narrator.expect("a voucher for it now", "released", refused);

        let phone = ship(phone)?;
        let digest = String::new();
        Ok(Story { narrator, issuer, phone, id, voucher, certificate, digest })
    }

    // 2
    pub fn first_start(&mut self) -> Result<()> {
        self.narrator.step("Shipped: the first start of the signed system");
        self.switch_on("bootloader, OS and library say", "unlocked")
    }

    // 3
    pub fn owners_file(&mut self) -> Result<()> {
        self.narrator.step("The owner takes a photo");
        self.digest = take_photo(&mut self.phone)?;
        self.narrator.expect("its digest is known", 64, self.digest.len());
        Ok(())
    }

    // 4
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

    // 5
    pub fn power_off_and_on(&mut self) -> Result<()> {
        self.narrator.step("Off and on again");
        self.phone.power_off()?;
        self.switch_on("bootloader, OS and library say", "locked")?;
        self.expect_file("the owner's photo", true)
    }

    // 6
    pub fn factory_reset_and_reflash(&mut self) -> Result<()> {
        self.narrator.step("Somebody tries to wash the lock off");
        self.phone.power_off()?;
        self.phone.device.factory_reset()?;
        self.switch_on("after a factory reset", "locked")?;
        self.phone.power_off()?;
        self.phone.device.reflash()?;
        self.switch_on("after a reflash of everything", "locked")?;
        self.expect_file("the photo (who wipes a phone wipes the photo)", false)
    }

    // 7
    pub fn another_system(&mut self) -> Result<()> {
        self.narrator.step("Somebody puts another system in");
        self.phone.power_off()?;
        let fit = self.issuer.path("unsigned.fit");
        let made =
            Command::new(repository().join("qemu/mkfit")).args(["--unsigned", &fit]).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(Failure("qemu/mkfit failed".into()));
        }
        self.phone.device.put_system(Path::new(&fit))?;
        let outcome = self.phone.power_on(&[])?;
        self.narrator.expect("one that nobody signed", "NotBooted", format!("{outcome:?}"));
        self.phone.power_off()?;
        self.phone.device.put_system(Path::new(&built("boot.fit")))?;
        self.switch_on("the maker's, back in its place", "locked")
    }

    // 8
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

    // 9
    pub fn unlock_for_a_time(&mut self) -> Result<()> {
        self.narrator.step("Unlocked for two hours of use");
        let two_hours = ["unlock-for", "--time", "2h"];
        self.send(LENDER, "two hours, paid for in advance", 30, &two_hours, "applied")?;
        self.phone.pass(3600)?;
        self.phone.power_off()?;
        self.switch_on("after one hour and a new start", "unlocked")?;
        self.phone.shell("date -s 2036-01-01; hwclock -w")?;
        self.expect_state("with the date ten years ahead", "unlocked")?;
        self.phone.pass(3600)?;
        self.expect_state("after the second hour", "locked")?;
        self.phone.power_off()?;
        self.phone.set_date("2016-01-01");
        self.switch_on("after a new start, with the date ten years back", "locked")?;
        self.tell_owner()
    }

    // 10
    pub fn a_phone_call(&mut self) -> Result<()> {
        self.narrator.step("An owner who can only make a phone call");
        let status = self.phone.status()?;
        let challenge = word(&status["enrolment"], "hotline_challenge").to_owned();
        let certificate = self.issuer.write("certificate.txt", &self.certificate)?;
        let (key, oem) = (self.issuer.key(DESK), self.issuer.public_key(OEM));
        let mut arguments = vec!["code", "--key", &key, "--certificate", &certificate];
        arguments.extend(["--oem-key", &oem, "--challenge", &challenge, "--time", "24h"]);
        let code = self.issuer.run("paylatch-lender", &arguments)?;
        self.narrator.quote(&format!("{challenge}: what the owner reads out\n{code}: the answer"));
        let mut slip = code.clone().into_bytes();
        slip.swap(2, 3);
        if slip[2] == slip[3] {
            slip[2] ^= 1;
        }
        let slip = String::from_utf8_lossy(&slip).into_owned();
        self.hand_in("code", "two digits mixed up: no try is lost", &slip, "mistyped_code")?;
        self.hand_in("code", "the code, typed on the lock screen", &code, "applied")?;
        self.expect_state("for 24 hours of use", "unlocked")?;
        self.hand_in("code", "the same code again", &code, "wrong_code")?;
        self.phone.power_off()?;
        self.switch_on("after a new start", "unlocked")?;
        self.send(LENDER, "an unlock", 31, &["unlock"], "applied")
    }

    // 11
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

    // 12
    pub fn release(&mut self) -> Result<()> {
        self.narrator.step("The last payment");
        let release = self.issuer.release(BUYER, &self.voucher)?;
        let fits = release.len() <= limits::SMS_CHARS;
        self.narrator.expect("the release fits one SMS of 160 characters", true, fits);
        self.narrator.quote(&release);
        self.hand_in("apply", "the release", &release, "applied")?;
        self.tell_owner()?;
        self.phone.power_off()?;
        self.switch_on("after a new start", "released")?;
        self.send(BUYER, "a lock", 50, LOCK, "released")?;
        let rekey = self.issuer.rekey(&self.voucher, 51)?;
        self.hand_in("apply", "a rekey", &rekey, "released")?;
        let voucher = self.issuer.voucher(&self.id, NOTICE as u32, &["--sunset", "1000"])?;
        self.hand_in("provision", "a new voucher", &voucher, "released")?;
        self.expect_statement()
    }

    // 13
    pub fn escrow(&mut self) -> Result<()> {
        self.narrator.step("Another phone, whose lender is gone");
        let mut phone = Emulated::new("escrow")?;
        self.id = id(&mut phone)?;
        self.voucher = self.issuer.voucher(&self.id, NOTICE as u32, &[])?;
        let enrolled = phone.hand_in("provision", &self.voucher)?;
        self.narrator.expect("its voucher", "applied", enrolled);
        self.phone = ship(phone)?;
        self.phone.power_on(&[])?;
        self.digest = take_photo(&mut self.phone)?;
        self.send(LENDER, "a notice", 10, &["notice"], "applied")?;
        self.phone.pass(NOTICE)?;
        self.send(LENDER, "a lock", 11, LOCK, "applied")?;
        self.expect_state("the phone", "locked")?;
        let release = self.issuer.release(ESCROW, &self.voucher)?;
        let fits = release.len() <= limits::SMS_CHARS;
        self.narrator.expect("the escrow's release fits one SMS", true, fits);
        self.hand_in(
            "apply",
            "the escrow's release, typed on the lock screen",
            &release,
            "applied",
        )?;
        self.phone.power_off()?;
        self.switch_on("after a new start", "released")?;
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

    /// Switches on; all three who ask are told this state, and the phone is
    /// usable or shows its lock screen accordingly.
    fn switch_on(&mut self, what: &str, expected: &str) -> Result<()> {
        let outcome = self.phone.power_on(&[])?;
        let views = self.phone.views()?;
        let told = match views.agreed() {
            Some(Some(state)) if state.usable() == (outcome == Outcome::Usable) => {
                paylatch::words::state_name(state).to_owned()
            }
            _ => format!("{outcome:?}, {views:?}"),
        };
        self.narrator.expect(what, expected, told);
        Ok(())
    }

    fn expect_state(&mut self, what: &str, expected: &str) -> Result<()> {
        let seen = self.phone.state()?;
        self.narrator.expect(what, expected, seen);
        Ok(())
    }

    fn expect_file(&mut self, what: &str, there: bool) -> Result<()> {
        let unchanged = match self.phone.outcome() {
            Outcome::Usable => {
                self.phone.shell("sha256sum /data/photo")?.text.starts_with(&self.digest)
            }
            // A locked phone shows nobody its data: from the eMMC itself.
            _ => self
                .phone
                .device
                .read_file("/photo")
                .is_ok_and(|photo| sign::sha256(&[&photo]).to_string() == self.digest),
        };
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
        let status = self.phone.status()?;
        let enrolment = &status["enrolment"];
        Ok(format!(
            "{}, sequence {}, contact {}, lender {}",
            status["state"],
            enrolment["sequence"],
            enrolment["contact_sequence"],
            enrolment["lender"],
        ))
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

fn certify(issuer: &Issuer, id: &str, statement: &str, nonce: &str) -> Result<String> {
    let file = issuer.write("statement.txt", statement)?;
    let key = issuer.key(OEM);
    let arguments = ["certify", "--key", &key, "--statement", &file, "--nonce", nonce];
    issuer.run("paylatch-oem", &[&arguments[..], &["--device", id]].concat())
}

/// The phone leaves the factory, with the firmware that is shipped.
fn ship(mut phone: Emulated) -> Result<Shipped> {
    phone.power_off()?;
    phone.device.ship()?;
    Ok(Shipped::of(phone.device))
}

fn id(phone: &mut Emulated) -> Result<String> {
    Ok(word(&phone.ask(&["identity"])?, "device").to_owned())
}

fn word<'v>(value: &'v serde_json::Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or("(nothing)")
}

/// Writes a file into `userdata`; its digest.
fn take_photo(phone: &mut Shipped) -> Result<String> {
    let command = "dd if=/dev/urandom of=/data/photo bs=64k count=1 2>/dev/null; sync; \
                   sha256sum /data/photo";
    let text = phone.shell(command)?.text;
    Ok(text.split_whitespace().next().unwrap_or_default().to_owned())
}

/// Copies the files of a directory on the phone to this side.
fn fetch(phone: &mut Shipped, from: &str, to: &Path) -> Result<()> {
    let failure = |e: std::io::Error| Failure(format!("{}: {e}", to.display()));
    std::fs::create_dir_all(to).map_err(failure)?;
    let names = phone.shell(&format!("ls {from}"))?.text;
    for name in names.split_whitespace() {
        let hex = phone.shell(&format!("hexdump -ve '1/1 \"%02x\"' {from}/{name}"))?;
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
