//! Whoever keeps the lock from its records gets a fault, never a state to their
//! liking: the eMMC is missing, not yet looked for, keyed otherwise or not at
//! all, or the normal world answers a request to it with whatever it likes. The
//! application lives, nothing is erased, and the next honest start has its state.
//!
//! Without our patches to OP-TEE (`qemu/optee`) these tests fail, but for the one
//! of a probe that is not supported.

use paylatch_proto::state::State;
use paylatch_rig::prove::{by_length, report};
use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::emulator::idle;
use paylatch_tests::issuer::LENDER;
use paylatch_tests::liar::{
    Answer, CODES, LIES, LOST, LyingOs, NOT_IMPLEMENTED, NOT_SUPPORTED, SHORT_BUFFER, TELLING,
    answers, codes, lies,
};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::phones::{LOCK, LOCKED_AT, Phones};
use paylatch_tests::shipped::{state_of, told};

/// A write that is not answered well is repeated, this many times in all.
const TRIES_OF_A_WRITE: u32 = 10;

/// Requests before anything else: reset of the probes, a probe, the write counter.
const PROBES: u32 = 3;
/// Requests after these, before the first record is looked for: a read of the
/// file system's head, a write of it, a read again.
const HEAD: u32 = 3;

/// Some that sound like a verdict on a record.
const VERDICTS: &[Answer] =
    &[Answer::code(0xffff_0008), Answer::code(0xf010_0001), Answer::late(0xf010_0001), FLIPPED];

/// A bit of the data is flipped.
const FLIPPED: Answer = Answer { kind: "flip", argument: 228 };

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
    the_first_read(|phones| &phones.locked, "locked", answers)
}

#[test]
fn whatever_answers_the_first_read_of_a_fresh_phone() -> Result<()> {
    the_first_read(|phones| &phones.fresh, "unprovisioned", answers)
}

#[test]
fn whatever_answers_the_first_read_of_an_unlocked_phone() -> Result<()> {
    the_first_read(|phones| &phones.unlocked, "unlocked", lies)
}

/// What the first probe is answered with: it has no frames.
fn to_the_first_probe(all: Vec<Answer>) -> Vec<Answer> {
    // With these OP-TEE turns to a tee-supplicant.
    without_frames(all, &[NOT_IMPLEMENTED, NOT_SUPPORTED])
}

/// What the second probe is answered with. The eMMC's id, from which its key is
/// derived, is altered in its first or its last byte but one: the last is a checksum.
/// When it is not told of one, OP-TEE probes again.
fn to_the_second_probe(all: Vec<Answer>) -> Vec<Answer> {
    let id = [0, 14].map(|argument| Answer { kind: "flip", argument });
    [&without_frames(all, &[SHORT_BUFFER])[..], &id].concat()
}

fn without_frames(all: Vec<Answer>, codes: &[u32]) -> Vec<Answer> {
    let keep = |a: &Answer| match a.kind {
        "code" => !codes.contains(&a.argument),
        kind => kind == "late",
    };
    all.into_iter().filter(keep).collect()
}

/// Where an eMMC's kind, its size, and how much it writes at once are in what is
/// told of it: after its id of 16 bytes.
const ABOUT_THE_EMMC: [u32; 3] = [16, 24, 32];

/// What the normal world says of the eMMC besides its id is not authenticated:
/// it is a fault, or makes no difference.
#[test]
fn a_probe_that_lies_about_the_emmc() -> Result<()> {
    let phones = Phones::get()?;
    for argument in ABOUT_THE_EMMC {
        let answer = Answer { kind: "flip", argument };
        let mut os = LyingOs::cold(&phones.locked, "about-the-emmc")?;
        let tried = os.one(answer, 1, 1, "status")?;
        assert!(tried.spoilt(), "nothing was spoilt: {tried:?}");
        let said = tried.said["state"].as_str().unwrap_or_default();
        assert!(["fault", "locked"].contains(&said), "{tried:?}");
        // What it now knows of the eMMC holds until power-off.
        let unlock = format!("apply {}", phones.unlock(LOCKED_AT + 1)?);
        let tried = os.honest(&unlock)?;
        let (state, right) = if tried.exit == 0 { ("unlocked", 1) } else { ("locked", 0) };
        let mut os = os.again()?;
        let status = os.phone.status()?;
        assert_eq!(status["state"], state, "{answer}: {status}");
        assert_eq!(status["enrolment"]["sequence"], LOCKED_AT + right, "{answer}: {status}");
        phones.must_be_whole(&mut os.phone, state)?;
    }
    Ok(())
}

fn the_first_read(
    device: impl FnOnce(&Phones) -> &Device,
    state: &str,
    all: fn(u32) -> Vec<Answer>,
) -> Result<()> {
    let phones = Phones::get()?;
    let device = device(&phones);
    let mut os = LyingOs::cold(device, "cold")?;
    let before = os.rpmb()?;
    let mut cases = 0;
    let mut sweep = |os: &mut LyingOs, after: u32, answers: &[Answer]| -> Result<()> {
        for tried in os.each(answers, (after, 1), "tick", None)? {
            tried.must_fail("fault");
            cases += 1;
        }
        // The fault is told as one of the way to the storage, not of a record.
        let some: Vec<Answer> =
            answers.iter().filter(|answer| VERDICTS.contains(answer)).copied().collect();
        for tried in os.each(&some, (after, 0), "status", None)? {
            assert!(tried.spoilt(), "nothing was spoilt: {tried:?}");
            assert_eq!(tried.exit, 6, "{tried:?}");
            let fault = tried.said["fault"].as_str().unwrap_or_default();
            assert!(["storage_unavailable", "write_unconfirmed"].contains(&fault), "{tried:?}");
            cases += 1;
        }
        assert!(os.rpmb()? == before, "the RPMB was written after {after} requests");
        Ok(())
    };
    let first = &VERDICTS[..1];
    sweep(&mut os, 0, &to_the_first_probe(all(0)))?;
    sweep(&mut os, 1, &to_the_second_probe(all(1)))?;
    sweep(&mut os, PROBES - 1, &all(2))?;
    // Once the probes were answered well, the head of the file system is
    // read, written as it is, and read again, until all went well.
    sweep(&mut os, PROBES, first)?;
    sweep(&mut os, 0, &all(3))?;
    sweep(&mut os, HEAD - 1, &all(4))?;
    sweep(&mut os, HEAD, first)?;
    let mut after = 0;
    let passed = loop {
        let tried = os.one(first[0], after, 1, "tick")?;
        if tried.exit == 0 {
            break tried;
        }
        sweep(&mut os, after, &all(5 + after))?;
        after += 1;
    };
    let floor = by_length(9 * LIES.len(), 800);
    report(&format!("lies about the first read, {state}"), cases, floor as u64, &[]);
    passed.must_be(state);
    // What passes is either nothing spoilt, or the write of a start, repeated.
    let last = if state == "unprovisioned" { after } else { after + 2 };
    assert_eq!(passed.requests, last, "{passed:?}");
    assert!(after >= 4, "only {after} requests");
    phones.must_be_whole(&mut os.phone, state)?;
    os.phone.power_cut()?;
    assert_eq!(os.phone.state()?, "unlocked");
    Ok(())
}

#[test]
fn whatever_answers_a_message_being_stored() -> Result<()> {
    let phones = Phones::get()?;
    let mut os = LyingOs::warm(&phones.locked, "storing")?;
    let mut sequence = LOCKED_AT + 1;
    let apply = format!("apply {}", phones.unlock(sequence)?);
    let mut cases = 0;
    // A read fails: nothing was written, and with the next honest answer the
    // lock knows again what it knew.
    let mut after = 0;
    let passed = loop {
        let tried = os.one(VERDICTS[0], after, 1, &apply)?;
        if tried.exit == 0 {
            break tried;
        }
        os.honest("tick")?.must_be("locked");
        let before = os.rpmb()?;
        for pair in os.each(&answers(after), (after, 1), &apply, Some("tick"))?.chunks(2) {
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
    let floor = by_length(3 * LIES.len() + CODES.len(), 280);
    report("lies while a message is stored", cases, floor as u64, &[]);
    assert!(after >= 3, "only {after} requests");
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
    let mut os = LyingOs::warm(&phones.locked, "unanswered")?;
    let honest =
        format!("apply {}", phones.issuer.message(LENDER, &phones.voucher, LOCKED_AT + 1, LOCK)?);
    let write = os.honest(&honest)?;
    write.must_apply("already_applied");
    let write = write.requests - 1;
    let unlock = format!("apply {}", phones.unlock(LOCKED_AT + 2)?);
    let spoil = |os: &mut LyingOs, answer, count| -> Result<()> {
        let tried = os.one(answer, write, count, &unlock)?;
        tried.must_fail("not_stored");
        assert_eq!(tried.requests, write + TRIES_OF_A_WRITE, "{tried:?}");
        for _ in 0..2 {
            os.honest("tick")?.must_refuse("fault");
        }
        assert_eq!(os.phone.state()?, "fault");
        Ok(())
    };
    for &code in TELLING {
        spoil(&mut os, Answer::code(code), 0)?;
        os = os.again()?;
        assert_eq!(told(&os.phone.emulator()?.log()), [Some(State::Locked)]);
        assert_eq!(os.phone.ask(&["status"])?["enrolment"]["sequence"], LOCKED_AT + 1);
    }
    for lost in [Answer::late(TELLING[0]), FLIPPED, LOST] {
        let mut os = LyingOs::warm(&phones.locked, "lost")?;
        os.honest(&honest)?.must_apply("already_applied");
        spoil(&mut os, lost, 1)?;
        os = os.again()?;
        assert_eq!(told(&os.phone.emulator()?.log()), [Some(State::Unlocked)]);
        os.honest(&unlock)?.must_apply("already_applied");
        phones.must_be_whole(&mut os.phone, "unlocked")?;
    }
    os.honest(&unlock)?.must_apply("applied");
    phones.must_be_whole(&mut os.phone, "unlocked")
}

/// The same for the write of each power-on's first look at the file system.
#[test]
fn the_first_write_is_never_answered_well() -> Result<()> {
    let phones = Phones::get()?;
    let lost = Answer::late(TELLING[0]);
    for (answer, count) in [0xffff_0000, 0xf010_0001]
        .map(|code| (Answer::code(code), 0))
        .into_iter()
        .chain([(lost, 1), (FLIPPED, 1), (LOST, 1)])
    {
        let mut os = LyingOs::cold(&phones.locked, "first-write")?;
        let before = os.rpmb()?;
        let write = PROBES + HEAD - 2;
        let tried = os.one(answer, write, count, "tick")?;
        tried.must_fail("fault");
        assert_eq!(tried.requests, write + TRIES_OF_A_WRITE, "{tried:?}");
        os.honest("tick")?.must_refuse("fault");
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
    let mut os = LyingOs::warm(&phones.locked, "later")?;
    os.phone.emulator()?.shell("echo 0000:00:01.0 >/sys/bus/pci/drivers/sdhci-pci/unbind")?;
    assert_eq!(os.phone.state()?, "locked");
    let unlock = format!("apply {}", phones.unlock(LOCKED_AT + 1)?);
    os.honest(&unlock)?.must_fail("not_stored");
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
        let mut os = LyingOs::cold(device, "supplicant")?;
        let not_served = Answer::code(code);
        // With the processor idle, or each second is as long as one of the host's, or longer.
        let wait = idle("timeout -s KILL 2 paylatch --json status");
        let spoil = format!("spoil {not_served} 0 1; {wait}");
        let killed = os.phone.emulator()?.shell(&spoil)?;
        assert_eq!((killed.code, killed.text.trim()), (137, "Killed"), "{killed:?}");
        os.phone.emulator()?.shell("honest")?;
        assert_eq!(os.phone.state()?, state);
        let mut os = os.again()?;
        phones.must_be_whole(&mut os.phone, state)?;
    }
    Ok(())
}
