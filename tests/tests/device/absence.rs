//! Whoever keeps the lock from its records gets a fault, never a state to their
//! liking: the eMMC is missing, not yet looked for, keyed otherwise or not at
//! all, or the normal world answers a request to it with whatever it likes. The
//! application lives, nothing is erased, and the next honest start has its state.
//!
//! Without our patches to OP-TEE (`qemu/optee`) these tests fail, but for the one
//! of a probe that is not supported.
#![cfg(feature = "device")]

use std::sync::{Arc, Mutex, PoisonError, Weak};

use paylatch_proto::state::State;
use paylatch_tests::device::Device;
use paylatch_tests::issuer::{Issuer, LENDER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::shipped::{state_of, told};
use paylatch_tests::{Failure, Result};
use serde_json::Value;

/// What a normal world can answer: the result codes of GlobalPlatform's APIs and
/// of OP-TEE, and some that are none.
const CODES: &[(&str, u32)] = &[
    ("GENERIC", 0xffff_0000),
    ("ACCESS_DENIED", 0xffff_0001),
    ("CANCEL", 0xffff_0002),
    ("ACCESS_CONFLICT", 0xffff_0003),
    ("EXCESS_DATA", 0xffff_0004),
    ("BAD_FORMAT", 0xffff_0005),
    ("BAD_PARAMETERS", 0xffff_0006),
    ("BAD_STATE", 0xffff_0007),
    ("ITEM_NOT_FOUND", 0xffff_0008),
    ("NOT_IMPLEMENTED", NOT_IMPLEMENTED),
    ("NOT_SUPPORTED", NOT_SUPPORTED),
    ("NO_DATA", 0xffff_000b),
    ("OUT_OF_MEMORY", 0xffff_000c),
    ("BUSY", 0xffff_000d),
    ("COMMUNICATION", 0xffff_000e),
    ("SECURITY", 0xffff_000f),
    ("SHORT_BUFFER", SHORT_BUFFER),
    ("EXTERNAL_CANCEL", 0xffff_0011),
    ("OVERFLOW", 0xffff_300f),
    ("TARGET_DEAD", 0xffff_3024),
    ("STORAGE_NO_SPACE", 0xffff_3041),
    ("MAC_INVALID", 0xffff_3071),
    ("SIGNATURE_INVALID", 0xffff_3072),
    ("TIME_NOT_SET", 0xffff_5000),
    ("TIME_NEEDS_RESET", 0xffff_5001),
    ("CORRUPT_OBJECT", 0xf010_0001),
    ("CORRUPT_OBJECT_2", 0xf010_0002),
    ("STORAGE_NOT_AVAILABLE", 0xf010_0003),
    ("STORAGE_NOT_AVAILABLE_2", 0xf010_0004),
    ("an unknown code", 0x1234_5678),
    ("1", 1),
    ("all ones", u32::MAX),
];
/// To the first probe, these two make OP-TEE look for a tee-supplicant.
const NOT_IMPLEMENTED: u32 = 0xffff_0009;
const NOT_SUPPORTED: u32 = 0xffff_000a;
/// To the second probe, this one makes OP-TEE probe again.
const SHORT_BUFFER: u32 = 0xffff_0010;

/// Some of them, where each costs a start of its own: those that OP-TEE's core,
/// its library for applications, or the lock treat in a way of their own.
const TELLING: &[u32] =
    &[0xffff_0000, 0xffff_0008, SHORT_BUFFER, 0xffff_000e, 0xffff_3041, 0xf010_0001, 0xf010_0003];

/// A write that is not answered well is repeated, this many times in all.
const TRIES_OF_A_WRITE: u32 = 10;

/// Requests before anything else: reset of the probes, a probe, the write counter.
const PROBES: u32 = 3;
/// Requests after these, before the first record is looked for: a read of the
/// file system's head, a write of it, a read again.
const HEAD: u32 = 3;

/// Functions of the device's shell. `try CODE AFTER COUNT HOW ARGUMENT...` runs
/// `paylatch` while AFTER requests are served and the next COUNT (0: all)
/// answered with CODE, or as HOW says; CODE 0 is honest. It prints how many
/// requests there were, paylatch's exit code and what it said.
const ATTACKER: &str = r#"
P=/sys/module/optee/parameters
honest() { for f in ret after count; do echo 0 >$P/rpmb_fault_$f; done; for f in late flip; do echo N >$P/rpmb_fault_$f; done; }
spoil() { echo $2 >$P/rpmb_fault_after; echo $3 >$P/rpmb_fault_count; case $4 in late) echo Y >$P/rpmb_fault_late ;; flip) echo Y >$P/rpmb_fault_flip ;; esac; echo $1 >$P/rpmb_fault_ret; }
try() { spoil $1 $2 $3 $4; how="$1 $2 $3 $4"; shift 4; read before <$P/rpmb_requests; said=$($RUN paylatch --json "$@" 2>&1); code=$?; read after <$P/rpmb_requests; honest; echo "@try $how $((after - before)) $code" $said; }
"#;

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    code: u32,
    /// `late`: served, then the code all the same; `flip`: served, with a bit
    /// flipped in what was read; `-`: the code and nothing else.
    how: &'static str,
}

const HONEST: Answer = Answer { code: 0, how: "-" };
const FLIPPED: Answer = Answer { code: 0, how: "flip" };

/// Those that sound like a verdict on a record.
const VERDICTS: &[Answer] = &[
    Answer { code: 0xffff_0008, how: "-" },
    Answer { code: 0xf010_0001, how: "-" },
    Answer { code: 0xf010_0001, how: "late" },
    FLIPPED,
];

fn codes() -> impl Iterator<Item = Answer> {
    CODES.iter().map(|&(_, code)| Answer { code, how: "-" })
}

/// Every answer: each code, some of them after the request was served, and
/// frames with a flipped bit.
fn answers() -> impl Iterator<Item = Answer> {
    let late = TELLING.iter().map(|&code| Answer { code, how: "late" });
    codes().chain(late).chain([FLIPPED])
}

/// What came of one `try`.
#[derive(Debug)]
#[allow(dead_code)] // shown when a test fails
struct Tried {
    /// `CODE AFTER COUNT HOW`.
    what: String,
    /// How many requests were to be served first.
    after: u32,
    /// Requests there were in all.
    requests: u32,
    /// Exit code of `paylatch`.
    exit: i32,
    /// What it said first.
    said: Value,
}

impl Tried {
    fn read(line: &str) -> Option<Tried> {
        let words: Vec<&str> = line.trim().splitn(7, ' ').collect();
        Some(Tried {
            what: words.get(..4)?.join(" "),
            after: words.get(1)?.parse().ok()?,
            requests: words.get(4)?.parse().ok()?,
            exit: words.get(5)?.parse().ok()?,
            said: serde_json::Deserializer::from_str(words.get(6)?).into_iter().next()?.ok()?,
        })
    }

    /// At least one request was spoilt, and the lock said `refusal` for it.
    #[track_caller]
    fn must_fail(&self, refusal: &str) {
        assert!(self.requests > self.after, "nothing was spoilt: {self:?}");
        self.must_refuse(refusal);
    }

    #[track_caller]
    fn must_refuse(&self, refusal: &str) {
        assert_eq!(self.exit, 6, "{self:?}");
        assert_eq!(self.said["refusal"], refusal, "{self:?}");
    }

    #[track_caller]
    fn must_be(&self, state: &str) {
        assert_eq!(self.exit, 0, "{self:?}");
        assert_eq!(self.said["state"], state, "{self:?}");
    }

    #[track_caller]
    fn must_apply(&self, outcome: &str) {
        assert_eq!(self.exit, 0, "{self:?}");
        assert_eq!(self.said["outcome"], outcome, "{self:?}");
    }
}

/// A phone whose OS is the attacker's.
struct Attacked {
    phone: Emulated,
}

impl Attacked {
    /// Switches on. Nobody has asked for the state yet, and the probes that
    /// Linux makes of its own accord were answered with an error.
    fn cold(device: &Device, name: &str) -> Result<Attacked> {
        let spoil = ["--append", "optee.rpmb_fault_ret=0xffff0000"];
        let mut os = Attacked::new(device.copy(name)?, |device| device.boot_unasked(&spoil))?;
        let seen = os.phone.emulator()?.shell("cat $P/rpmb_requests $P/rpmb_fault_ret; honest")?;
        let seen: Vec<u32> = seen.text.lines().filter_map(|line| line.parse().ok()).collect();
        assert!(seen.len() == 2 && seen[0] > 0 && seen[1] != 0, "nothing was spoilt: {seen:?}");
        Ok(os)
    }

    /// Switches on; the bootloader has asked for the state.
    fn warm(device: &Device, name: &str) -> Result<Attacked> {
        Attacked::new(device.copy(name)?, Device::boot)
    }

    fn new(
        device: Device,
        boot: impl FnOnce(&Device) -> Result<paylatch_tests::emulator::Emulator>,
    ) -> Result<Attacked> {
        let mut phone = Emulated::of(device);
        phone.power_on_with(boot)?;
        phone.emulator()?.shell(ATTACKER)?;
        Ok(Attacked { phone })
    }

    /// The power is cut, and it is switched on as [`Self::warm`].
    fn again(self) -> Result<Attacked> {
        let mut phone = self.phone;
        phone.power_cut()?;
        phone.emulator()?.shell(ATTACKER)?;
        Ok(Attacked { phone })
    }

    fn run(&mut self, script: &str) -> Result<Vec<Tried>> {
        let text = self.phone.emulator()?.shell(script)?.text;
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("@try "))
            .map(|line| Tried::read(line).ok_or_else(|| Failure(format!("unreadable: {line}"))))
            .collect()
    }

    fn one(&mut self, answer: Answer, after: u32, count: u32, call: &str) -> Result<Tried> {
        let script = format!("try {} {after} {count} {} {call}", answer.code, answer.how);
        let tried = self.run(&script)?.pop();
        tried.ok_or_else(|| Failure(format!("{script}: no answer")))
    }

    /// `call` once for each answer, with `after` requests served and the next
    /// `count` (0: all) spoilt; and after each, `then` with an honest normal world.
    fn each(
        &mut self,
        answers: &[Answer],
        (after, count): (u32, u32),
        call: &str,
        then: Option<&str>,
    ) -> Result<Vec<Tried>> {
        let answers: Vec<String> =
            answers.iter().map(|Answer { code, how }| format!("{code},{how}")).collect();
        let then = then.map_or(String::new(), |then| format!("; try 0 0 0 - {then}"));
        self.run(&format!(
            "for a in {}; do try ${{a%,*}} {after} {count} ${{a#*,}} {call}{then}; done",
            answers.join(" ")
        ))
    }

    /// The RPMB's contents.
    fn rpmb(&self) -> Result<Vec<u8>> {
        self.phone.device.rpmb()
    }
}

/// Phones to copy, and who issues for them.
struct Phones {
    issuer: Issuer,
    voucher: String,
    fresh: Device,
    unlocked: Device,
    locked: Device,
}

/// Sequence number of the lock that [`Phones::locked`] obeyed.
const LOCKED_AT: u64 = 11;

impl Phones {
    /// Made once for all tests that run at the same time.
    fn get() -> Result<Arc<Phones>> {
        static PHONES: Mutex<Weak<Phones>> = Mutex::new(Weak::new());
        let mut shared = PHONES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(phones) = shared.upgrade() {
            return Ok(phones);
        }
        let phones = Arc::new(Phones::make()?);
        *shared = Arc::downgrade(&phones);
        Ok(phones)
    }

    fn make() -> Result<Phones> {
        let issuer = Issuer::new()?;
        let mut phone = Emulated::new("absence")?;
        let identity = phone.ask(&["identity"])?;
        let voucher = issuer.voucher(identity["device"].as_str().unwrap_or_default(), 2, &[])?;
        phone.power_off()?;
        let fresh = phone.device.copy("fresh")?;

        phone.power_on()?;
        assert_eq!(phone.hand_in("provision", &voucher)?, "applied");
        phone.power_off()?;
        let unlocked = phone.device.copy("unlocked")?;

        phone.power_on()?;
        let message = |sequence, order: &[&str]| issuer.message(LENDER, &voucher, sequence, order);
        assert_eq!(phone.hand_in("apply", &message(LOCKED_AT - 1, &["notice"])?)?, "applied");
        phone.pass(3)?;
        assert_eq!(phone.hand_in("apply", &message(LOCKED_AT, LOCK)?)?, "applied");
        phone.power_off()?;
        let locked = phone.device.copy("locked")?;
        Ok(Phones { issuer, voucher, fresh, unlocked, locked })
    }

    fn all(&self) -> [(&Device, &'static str); 3] {
        [(&self.locked, "locked"), (&self.unlocked, "unlocked"), (&self.fresh, "unprovisioned")]
    }

    fn unlock(&self, sequence: u64) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, &["unlock"])
    }

    /// The phone, started honestly, has all it had: its state, and what it takes to leave it.
    fn must_be_whole(&self, phone: &mut Emulated, state: &str) -> Result<()> {
        assert_eq!(phone.state()?, state);
        if state == "unprovisioned" {
            assert_eq!(phone.hand_in("provision", &self.voucher)?, "applied");
            assert_eq!(phone.state()?, "unlocked");
            return Ok(());
        }
        assert_eq!(phone.ask(&["contact"])?["name"], "Acme Credit");
        let history = phone.paylatch(&["--json", "history"])?.text;
        assert!(history.contains("event"), "{history}");
        assert_eq!(phone.hand_in("provision", &self.voucher)?, "already_applied");
        assert_eq!(phone.hand_in("apply", &self.unlock(LOCKED_AT + 1000)?)?, "applied");
        assert_eq!(phone.state()?, "unlocked");
        Ok(())
    }
}

const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];

/// Started with these options of `qemu/run`, bootloader and OS are told of a
/// fault; the storage is as it was, and the next honest start finds its state.
fn a_fault_with(options: &[&str], name: &str) -> Result<()> {
    let phones = Phones::get()?;
    for (device, state) in phones.all() {
        let mut phone = Emulated::of(device.copy(name)?);
        let before = phone.device.rpmb()?;
        phone.power_on_with(|device| device.boot_with(options))?;
        for question in ["status", "tick", "history", "contact"] {
            let output = phone.paylatch(&["--json", question])?;
            assert_ne!(output.code, 0, "{state}, {question}: {}", output.text);
            assert_ne!(output.code, 5, "{state}, {question}: {}", output.text);
        }
        let status = phone.paylatch(&["--json", "status"])?.text;
        assert!(status.contains(r#""fault":"storage_unavailable""#), "{status}");
        assert_eq!(phone.state()?, "fault");
        assert_eq!(phone.hand_in("provision", &phones.voucher)?, "fault");
        assert_eq!(phone.hand_in("apply", &phones.unlock(LOCKED_AT + 1)?)?, "fault");
        assert_eq!(told(&phone.emulator()?.log()), [Some(State::Fault)]);
        phone.cut_power();
        assert!(phone.device.rpmb()? == before, "{state}: the RPMB was written");

        phone.power_on()?;
        assert_eq!(told(&phone.emulator()?.log()), [state_of(state)]);
        phones.must_be_whole(&mut phone, state)?;
    }
    Ok(())
}

#[test]
fn without_an_emmc() -> Result<()> {
    a_fault_with(&["--no-emmc"], "no-emmc")
}

#[test]
fn with_an_emmc_keyed_otherwise() -> Result<()> {
    a_fault_with(&["--rpmb-key", &"5a".repeat(32)], "keyed-otherwise")
}

#[test]
fn with_an_emmc_that_has_no_key() -> Result<()> {
    a_fault_with(&["--rpmb-key", "none"], "unkeyed")
}

#[test]
fn before_the_bootloader_has_looked_for_the_emmc() -> Result<()> {
    let phones = Phones::get()?;
    for (device, state) in phones.all() {
        let mut phone = Emulated::of(device.copy("not-yet")?);
        phone.power_on_with(|device| {
            let mut emulator = device.stop_in_bootloader(&[])?;
            for command in ["paylatch status", "paylatch status", "mmc list; mmc dev 0"] {
                emulator.send(&format!("{command}\n"))?;
                emulator.wait_for("=> ")?;
            }
            emulator.send("paylatch status\n")?;
            emulator.wait_for("=> ")?;
            emulator.send("run bootcmd\n")?;
            emulator.wait_for_shell()?;
            Ok(emulator)
        })?;
        let fault = Some(State::Fault);
        let right = state_of(state);
        assert_eq!(told(&phone.emulator()?.log()), [fault, fault, right, right]);
        phones.must_be_whole(&mut phone, state)?;
    }
    Ok(())
}

#[test]
fn whatever_answers_the_first_read_of_a_locked_phone() -> Result<()> {
    the_first_read(|phones| &phones.locked, "locked", answers().collect())
}

#[test]
fn whatever_answers_the_first_read_of_a_fresh_phone() -> Result<()> {
    the_first_read(|phones| &phones.fresh, "unprovisioned", answers().collect())
}

#[test]
fn whatever_answers_the_first_read_of_an_unlocked_phone() -> Result<()> {
    let some =
        answers().filter(|a| a.how != "late" && (*a == FLIPPED || TELLING.contains(&a.code)));
    the_first_read(|phones| &phones.unlocked, "unlocked", some.collect())
}

fn the_first_read(
    device: impl FnOnce(&Phones) -> &Device,
    state: &str,
    all: Vec<Answer>,
) -> Result<()> {
    let phones = Phones::get()?;
    let device = device(&phones);
    let mut os = Attacked::cold(device, "cold")?;
    let before = os.rpmb()?;
    let mut cases = 0;
    let mut sweep = |os: &mut Attacked, after: u32, answers: &[Answer]| -> Result<()> {
        for tried in os.each(answers, (after, 1), "tick", None)? {
            tried.must_fail("fault");
            cases += 1;
        }
        // The fault is told as one of the way to the storage, not of a record.
        let some: Vec<Answer> =
            answers.iter().filter(|answer| VERDICTS.contains(answer)).copied().collect();
        for tried in os.each(&some, (after, 0), "status", None)? {
            assert!(tried.requests > after, "nothing was spoilt: {tried:?}");
            assert_eq!(tried.exit, 6, "{tried:?}");
            let fault = tried.said["fault"].as_str().unwrap_or_default();
            assert!(["storage_unavailable", "write_unconfirmed"].contains(&fault), "{tried:?}");
            cases += 1;
        }
        assert!(os.rpmb()? == before, "the RPMB was written after {after} requests");
        Ok(())
    };
    let to_a_probe = |other: &[u32]| -> Vec<Answer> {
        let keep = |a: &&Answer| a.how != "flip" && !other.contains(&a.code);
        all.iter().filter(keep).copied().collect()
    };
    sweep(&mut os, 0, &to_a_probe(&[NOT_IMPLEMENTED, NOT_SUPPORTED]))?;
    sweep(&mut os, 1, &to_a_probe(&[SHORT_BUFFER]))?;
    sweep(&mut os, PROBES - 1, &all)?;
    // Once the probes were answered well, the head of the file system is
    // read, written as it is, and read again, until all went well.
    sweep(&mut os, PROBES, &all[..1])?;
    sweep(&mut os, 0, &all)?;
    sweep(&mut os, HEAD - 1, &all)?;
    sweep(&mut os, HEAD, &all[..1])?;
    let mut after = 0;
    let passed = loop {
        let tried = os.one(all[0], after, 1, "tick")?;
        if tried.exit == 0 {
            break tried;
        }
        sweep(&mut os, after, &all)?;
        after += 1;
    };
    println!("{state}: {cases} cases, {after} requests before the last");
    passed.must_be(state);
    // What passes is either nothing spoilt, or the write of a start, repeated.
    let last = if state == "unprovisioned" { after } else { after + 2 };
    assert_eq!(passed.requests, last, "{passed:?}");
    assert!(after >= 4 && cases >= 9 * all.len(), "only {cases} cases, {after} requests");
    phones.must_be_whole(&mut os.phone, state)?;
    os.phone.power_cut()?;
    assert_eq!(os.phone.state()?, "unlocked");
    Ok(())
}

#[test]
fn whatever_answers_a_message_being_stored() -> Result<()> {
    let phones = Phones::get()?;
    let mut os = Attacked::warm(&phones.locked, "storing")?;
    let mut sequence = LOCKED_AT + 1;
    let all: Vec<Answer> = answers().collect();
    let apply = format!("apply {}", phones.unlock(sequence)?);
    let mut cases = 0;
    // A read fails: nothing was written, and with the next honest answer the
    // lock knows again what it knew.
    let mut after = 0;
    let passed = loop {
        let tried = os.one(all[0], after, 1, &apply)?;
        if tried.exit == 0 {
            break tried;
        }
        os.one(HONEST, 0, 0, "tick")?.must_be("locked");
        let before = os.rpmb()?;
        for pair in os.each(&all, (after, 1), &apply, Some("tick"))?.chunks(2) {
            pair[0].must_fail("not_stored");
            pair[1].must_be("locked");
            cases += 1;
        }
        assert!(os.rpmb()? == before, "the RPMB was written after {after} requests");
        after += 1;
    };
    // The write itself is repeated.
    passed.must_apply("applied");
    assert_eq!(passed.requests, after + 2, "{passed:?}");
    for answer in codes() {
        sequence += 1;
        let tried = os.one(answer, after, 1, &format!("apply {}", phones.unlock(sequence)?))?;
        tried.must_apply("applied");
        assert_eq!(tried.requests, after + 2, "nothing was spoilt: {tried:?}");
        cases += 1;
    }
    println!("{cases} cases, {after} requests before the write");
    assert!(after >= 3 && cases >= 150, "only {cases} cases, {after} requests");
    os.phone.power_cut()?;
    assert_eq!(os.phone.ask(&["status"])?["enrolment"]["sequence"], sequence);
    phones.must_be_whole(&mut os.phone, "unlocked")
}

/// No answer to a write is good, however often it is repeated: the message
/// counts as not stored, the lock is at fault for as long as the power is on,
/// and the next start finds the old state, or the new where the write was done.
#[test]
fn a_write_that_is_never_answered_well() -> Result<()> {
    let phones = Phones::get()?;
    let mut os = Attacked::warm(&phones.locked, "unanswered")?;
    let honest =
        format!("apply {}", phones.issuer.message(LENDER, &phones.voucher, LOCKED_AT + 1, LOCK)?);
    let write = os.one(HONEST, 0, 0, &honest)?;
    write.must_apply("already_applied");
    let write = write.requests - 1;
    let unlock = format!("apply {}", phones.unlock(LOCKED_AT + 2)?);
    let spoil = |os: &mut Attacked, answer, count| -> Result<()> {
        let tried = os.one(answer, write, count, &unlock)?;
        tried.must_fail("not_stored");
        assert_eq!(tried.requests, write + TRIES_OF_A_WRITE, "{tried:?}");
        for _ in 0..2 {
            os.one(HONEST, 0, 0, "tick")?.must_refuse("fault");
        }
        assert_eq!(os.phone.state()?, "fault");
        Ok(())
    };
    for &code in TELLING {
        spoil(&mut os, Answer { code, how: "-" }, 0)?;
        os = os.again()?;
        assert_eq!(told(&os.phone.emulator()?.log()), [Some(State::Locked)]);
        assert_eq!(os.phone.ask(&["status"])?["enrolment"]["sequence"], LOCKED_AT + 1);
    }
    for lost in [Answer { code: TELLING[0], how: "late" }, FLIPPED] {
        let mut os = Attacked::warm(&phones.locked, "lost")?;
        os.one(HONEST, 0, 0, &honest)?.must_apply("already_applied");
        spoil(&mut os, lost, 1)?;
        os = os.again()?;
        assert_eq!(told(&os.phone.emulator()?.log()), [Some(State::Unlocked)]);
        os.one(HONEST, 0, 0, &unlock)?.must_apply("already_applied");
        phones.must_be_whole(&mut os.phone, "unlocked")?;
    }
    os.one(HONEST, 0, 0, &unlock)?.must_apply("applied");
    phones.must_be_whole(&mut os.phone, "unlocked")
}

/// The same for the write of each power-on's first look at the file system.
#[test]
fn the_first_write_is_never_answered_well() -> Result<()> {
    let phones = Phones::get()?;
    let lost = Answer { code: TELLING[0], how: "late" };
    for (answer, count) in [0xffff_0000, 0xf010_0001]
        .map(|code| (Answer { code, how: "-" }, 0))
        .into_iter()
        .chain([(lost, 1), (FLIPPED, 1)])
    {
        let mut os = Attacked::cold(&phones.locked, "first-write")?;
        let before = os.rpmb()?;
        let write = PROBES + HEAD - 2;
        let tried = os.one(answer, write, count, "tick")?;
        tried.must_fail("fault");
        assert_eq!(tried.requests, write + TRIES_OF_A_WRITE, "{tried:?}");
        os.one(HONEST, 0, 0, "tick")?.must_refuse("fault");
        assert_eq!(os.phone.state()?, "fault");
        assert!(os.rpmb()? == before, "the RPMB was changed");
        let mut os = os.again()?;
        phones.must_be_whole(&mut os.phone, "locked")?;
    }
    Ok(())
}

/// What is known stays known: an OS that withholds the eMMC after the lock was
/// asked gains nothing, and neither does one that takes it away.
#[test]
fn an_emmc_that_goes_away_later() -> Result<()> {
    let phones = Phones::get()?;
    let mut os = Attacked::warm(&phones.locked, "later")?;
    os.phone.emulator()?.shell("echo 0000:00:01.0 >/sys/bus/pci/drivers/sdhci-pci/unbind")?;
    assert_eq!(os.phone.state()?, "locked");
    let unlock = format!("apply {}", phones.unlock(LOCKED_AT + 1)?);
    os.one(HONEST, 0, 0, &unlock)?.must_fail("not_stored");
    assert_eq!(os.phone.state()?, "fault");
    let mut os = os.again()?;
    phones.must_be_whole(&mut os.phone, "locked")
}

/// "Not supported" in answer to the first probe makes OP-TEE turn to a
/// tee-supplicant, which nobody is here: who asks waits until killed, and the next
/// one is answered well.
#[test]
fn a_probe_that_is_not_supported() -> Result<()> {
    let phones = Phones::get()?;
    let not_supported = phones.all().map(|(device, state)| (device, state, NOT_SUPPORTED));
    let not_implemented = [(&phones.locked, "locked", NOT_IMPLEMENTED)];
    for (device, state, code) in not_supported.into_iter().chain(not_implemented) {
        let mut os = Attacked::cold(device, "supplicant")?;
        let spoil = format!("spoil {code} 0 1 -; timeout -s KILL 2 paylatch --json status");
        let killed = os.phone.emulator()?.shell(&spoil)?;
        assert_eq!((killed.code, killed.text.trim()), (137, "Killed"), "{killed:?}");
        os.phone.emulator()?.shell("honest")?;
        assert_eq!(os.phone.state()?, state);
        let mut os = os.again()?;
        phones.must_be_whole(&mut os.phone, state)?;
    }
    Ok(())
}
