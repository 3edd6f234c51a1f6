//! A normal world that lies about the storage while messages are handed in one after
//! the other, and one that lies to the bootloader's question: never is more open than
//! before or after, nothing is lost, the application lives, and the next honest start
//! goes on. `absence` has an OS's first question, `changes` what happens once in a life.

use paylatch_proto::state::State;
use paylatch_rig::prove::{by_length, report};
use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::emulator::Emulator;
use paylatch_tests::issuer::{BUYER, LENDER};
use paylatch_tests::liar::{Answer, HONEST, LIES, LOST, LyingOs, answers, some_lies};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::phones::{LOCK, LOCKED_AT, Phones};
use paylatch_tests::shipped::{state_of, told};
use serde_json::Value;

// ---- messages, one after the other, in one power-on ----------------------------

/// Orders that can be given again and again, each as a message that is newer.
struct Orders<'a> {
    phones: &'a Phones,
    order: &'a [&'a str],
    sequence: u64,
    sold: bool,
}

impl Orders<'_> {
    /// What `paylatch` is told to hand in, and the number that the lock then tells.
    fn next(&mut self) -> Result<(String, u64)> {
        self.sequence += 1;
        let Phones { issuer, voucher, .. } = self.phones;
        let text = if self.order[0] == "rekey" {
            // The loan is sold, and sold back.
            let (from, to) = if self.sold { (BUYER, LENDER) } else { (LENDER, BUYER) };
            self.sold = !self.sold;
            issuer.sale(from, to, voucher, self.sequence)?
        } else {
            issuer.message(LENDER, voucher, self.sequence, self.order)?
        };
        Ok((format!("apply {text}"), self.sequence))
    }

    /// The number in what the lock tells.
    fn number(&self, status: &Value) -> u64 {
        let contact = self.order[0] == "contact";
        let field = if contact { "contact_sequence" } else { "sequence" };
        status["enrolment"][field].as_u64().unwrap_or(0)
    }
}

/// Each request of such a message is answered with each lie, once.
fn each_request(
    os: LyingOs,
    (phones, state, order): (&Phones, &str, &[&str]),
    (cases, wrong): (&mut u64, &mut Vec<String>),
) -> Result<LyingOs> {
    let mut os = os;
    let mut orders = Orders { phones, order, sequence: LOCKED_AT, sold: false };
    let mut old = orders.number(&os.phone.status()?);
    orders.sequence = orders.sequence.max(old);
    for after in 0.. {
        let mut spoilt = false;
        for answer in some_lies(after) {
            let (call, new) = orders.next()?;
            let tried = os.one(answer, after, 1, &call)?;
            spoilt |= tried.spoilt();
            *cases += u64::from(tried.spoilt());
            let mut seen = os.honest("status")?;
            if seen.said["state"] == "fault" {
                os = os.again()?;
                seen = os.honest("status")?;
            }
            let number = orders.number(&seen.said);
            let right = if tried.exit == 0 { number == new } else { [old, new].contains(&number) };
            if seen.said["state"] != state || !right {
                wrong.push(format!("{order:?}: {tried:?}, then {}, {number}", seen.said["state"]));
            }
            // What was refused is not spent, and what was not is the same.
            let again = os.honest(&call)?;
            if again.exit != 0 {
                wrong.push(format!("{order:?}: {tried:?}, then {again:?}"));
            }
            old = new;
        }
        if !spoilt {
            break;
        }
    }
    // What it said to be done is stored.
    let mut os = os.again()?;
    let number = orders.number(&os.phone.status()?);
    if number != old {
        wrong.push(format!("{order:?}: {old} was taken, and {number} is stored"));
    }
    Ok(os)
}

fn messages(name: &str, state: &str, orders: &[&[&str]]) -> Result<()> {
    let phones = Phones::get()?;
    let mut os = LyingOs::warm(phones.in_state(state)?, name)?;
    let (mut cases, mut wrong) = (0, Vec::new());
    for order in orders {
        os = each_request(os, (&phones, state, order), (&mut cases, &mut wrong))?;
    }
    let floor = 15 * orders.len() as u64;
    report(&format!("lies about the storage, {name}"), cases, floor, &wrong);
    Ok(())
}

#[test]
fn during_messages_to_an_unlocked_phone() -> Result<()> {
    let contact = Phones::get()?.issuer.contact(BUYER);
    let contact: &[&str] = &["contact", "--contact", &contact];
    messages(
        "unlocked",
        "unlocked",
        &[&["notice"], &["unlock"], &["unlock-for", "--time", "60d"], contact, &["rekey"]],
    )
}

#[test]
fn during_messages_to_a_locked_phone() -> Result<()> {
    messages("locked", "locked", &[LOCK, &["notice"]])
}

// ---- the bootloader ---------------------------------------------------------------

#[test]
fn to_the_bootloader_of_a_locked_phone() -> Result<()> {
    to_the_bootloader("locked")
}

#[test]
fn to_the_bootloader_of_a_fresh_phone() -> Result<()> {
    to_the_bootloader("unprovisioned")
}

#[test]
fn to_the_bootloader_of_an_unlocked_phone() -> Result<()> {
    to_the_bootloader("unlocked")
}

/// Requests before anything else: about the eMMC, and for its write counter.
/// Once they were answered well they are not made again.
const SEARCH: u32 = 2;
/// Requests after these, before the first record is looked for: a read of the
/// file system's head, a write of it, a read again.
const HEAD: u32 = 3;

/// A phone that has stopped in its bootloader, which is the attacker's.
struct LyingBootloader {
    emulator: Emulator,
    right: Option<State>,
    cases: u64,
    wrong: Vec<String>,
}

impl LyingBootloader {
    fn start(device: &Device, right: Option<State>) -> Result<LyingBootloader> {
        let emulator = device.stop_in_bootloader(&[])?;
        let mut it = LyingBootloader { emulator, right, cases: 0, wrong: Vec::new() };
        // The PCI eMMC is known only after it has been looked for.
        it.run("mmc list; mmc dev 0")?;
        Ok(it)
    }

    fn run(&mut self, command: &str) -> Result<String> {
        self.emulator.send(&format!("{command}\n"))?;
        self.emulator.wait_for("=> ")
    }

    /// Asks for the state while `after` requests are served and the next `count`
    /// answered so; whether it is told.
    fn ask(&mut self, answer: Answer, after: u32, count: u32) -> Result<bool> {
        let said = self.run(&format!("rpmb_fault {answer},{after},{count}; paylatch status"))?;
        let left = self.run("rpmb_fault; rpmb_fault none")?;
        let spoilt = count == 0 || left.contains("rpmb_fault: none,");
        let seen = told(&said);
        self.cases += u64::from(spoilt);
        let known = seen == [self.right];
        if !known && (!spoilt || seen != [Some(State::Fault)]) {
            self.wrong.push(format!("{answer} after {after}: {said}"));
        }
        Ok(known)
    }

    /// The same for all these answers, none of which may get through.
    fn sweep(&mut self, after: u32, answers: &[Answer]) -> Result<()> {
        for &answer in answers {
            if self.ask(answer, after, 1)? {
                self.wrong.push(format!("{answer} after {after} did not matter"));
            }
        }
        Ok(())
    }

    fn end(self, name: &str, floor: u64) -> Result<Emulator> {
        report(&format!("lies to the bootloader, {name}"), self.cases, floor, &self.wrong);
        let mut emulator = self.emulator;
        emulator.send("run bootcmd\n")?;
        emulator.wait_for_shell()?;
        Ok(emulator)
    }
}

fn to_the_bootloader(state: &str) -> Result<()> {
    let phones = Phones::get()?;
    let mut phone = Emulated::of(phones.in_state(state)?.copy("bootloader")?);
    let before = phone.device.rpmb()?;
    phone.power_on_with(|device| {
        let mut bootloader = LyingBootloader::start(device, state_of(state))?;
        let not_found = [Answer::code(0xffff_0008)];
        bootloader.sweep(0, &about_the_emmc(answers(0)))?;
        bootloader.sweep(1, &not_found)?;
        bootloader.sweep(0, &answers(1))?;
        bootloader.sweep(1, &not_found)?;
        // The file system's head is read, written, and read again, until all went well.
        bootloader.sweep(0, &answers(2))?;
        bootloader.sweep(HEAD - 1, &answers(3))?;
        bootloader.sweep(HEAD, &not_found)?;
        let mut after = 0;
        loop {
            assert!(device.rpmb()? == before, "the RPMB was written after {after} requests");
            // What gets through is either nothing spoilt, or a write, repeated.
            if bootloader.ask(not_found[0], after, 1)? {
                break;
            }
            bootloader.sweep(after, &answers(4 + after))?;
            after += 1;
        }
        bootloader.end(state, by_length(8 * LIES.len() as u64, 700))
    })?;
    phones.must_be_whole(&mut phone, state)
}

/// What a question about the eMMC, which is no frame, can be answered with.
fn about_the_emmc(all: Vec<Answer>) -> Vec<Answer> {
    all.into_iter().filter(|answer| ["code", "late"].contains(&answer.kind)).collect()
}

/// The first write is never answered well: nobody knows whether it was done.
#[test]
fn to_the_bootloader_about_a_write() -> Result<()> {
    let phones = Phones::get()?;
    let lies = [(0, Answer::code(0xf010_0001)), (1, Answer::late(0xffff_0000)), (1, LOST)];
    for (count, answer) in lies {
        let mut phone = Emulated::of(phones.locked.copy("bootloader")?);
        let before = phone.device.rpmb()?;
        phone.power_on_with(|device| {
            let mut bootloader = LyingBootloader::start(device, Some(State::Locked))?;
            for honest in [false, true] {
                let answer = if honest { HONEST } else { answer };
                let known = bootloader.ask(answer, SEARCH + HEAD - 2, count)?;
                assert!(!known, "{answer} did not matter");
            }
            bootloader.end("a write", 1)
        })?;
        assert_eq!(phone.state()?, "fault");
        assert!(phone.device.rpmb()? == before, "the RPMB was changed");
        phone.power_cut()?;
        phones.must_be_whole(&mut phone, "locked")?;
    }
    Ok(())
}
