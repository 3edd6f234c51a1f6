//! Damage of what is stored that comes with a good MAC: a bit here and there of the
//! RPMB's contents flips, as in worn flash. Then what is stored is damaged, the phone
//! is what it was or at fault, the application lives, and whoever has a release gets
//! in, or a seal where the phone is at fault.
//!
//! With PAYLATCH_PROVE=1, in each 16 bytes and in each byte of what the file table
//! says of a file; else in some of them.
//!
//! Without the third of our patches to OP-TEE (`qemu/optee`) this test fails.

use paylatch_rig::prove::{at_length, by_length, report};
use paylatch_tests::device::Device;
use paylatch_tests::issuer::ESCROW;
use paylatch_tests::phone::{Emulated, NONCE, Phone};
use paylatch_tests::phones::Phones;
use paylatch_tests::shipped::{state_of, told};
use paylatch_tests::{Failure, Result};

/// Bytes of which one is damaged.
const GROUP: usize = 16;
/// Of so many groups `make test` has one.
const FEW: usize = 13;

/// OP-TEE's file table in the RPMB (`struct rpmb_fat_entry`): where it begins, and
/// an entry's length; in its first 16 bytes, the file's address, size and flags.
const TABLE: usize = 512;
const ENTRY: usize = 256;
const FLAGS: usize = 8;
const IS_ACTIVE: u8 = 1;
const IS_LAST: u8 = 2;

/// Bytes to damage, and the bits of them.
fn spots(stored: &[u8]) -> Vec<(usize, u8)> {
    let is_used = |group: &usize| stored[group * GROUP..][..GROUP].iter().any(|byte| *byte != 0);
    let used = (0..stored.len() / GROUP).filter(is_used);
    // Another byte of each, though groups repeat in what is stored, and another bit.
    let mut spots: Vec<_> = used
        .step_by(by_length(FEW, 1))
        .map(|group| (group * GROUP + (group * 7 + group / 16) % GROUP, 1 << (group / 3 % 8)))
        .collect();
    let files = (TABLE..).step_by(ENTRY).take_while(|entry| stored[entry + FLAGS] & IS_LAST == 0);
    let files: Vec<usize> = files.collect();
    if at_length() {
        for entry in files {
            spots.extend((entry..entry + FLAGS + 4).map(|at| (at, 1 << (at % 7))));
            spots.extend([IS_ACTIVE, IS_LAST].map(|flag| (entry + FLAGS, flag)));
        }
    } else {
        spots.extend([(files[0] + FLAGS, IS_ACTIVE), (files[2] + FLAGS, IS_LAST)]);
    }
    spots
}

#[test]
fn of_a_locked_phone() -> Result<()> {
    let phones = Phones::get()?;
    let release = phones.issuer.release(ESCROW, &phones.voucher)?;
    let release = ["recover", "--voucher", &phones.voucher, &release];
    let seal = phones.issuer.seal(&phones.id)?;
    let seal = ["provision", &seal, "--nonce", NONCE];
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (at, bits) in spots(&phones.locked.rpmb()?) {
        let mut is_fault = false;
        for (what, word) in [("a release", &release), ("a seal", &seal)] {
            if what == "a seal" && !is_fault {
                continue;
            }
            let device = phones.locked.copy("damaged")?;
            device.damage_rpmb(at, bits)?;
            cases += 1;
            match let_go(device, word) {
                Ok(fault) => is_fault = fault,
                Err(failure) => wrong.push(format!("byte {at}, bits {bits}, {what}: {failure}")),
            }
        }
    }
    report("damage of what is stored", cases, by_length(16, 300), &wrong);
    Ok(())
}

/// The phone is locked or at fault, says so twice, and takes the word that lets it go;
/// where that can't be stored, at each start. Whether it was at fault.
fn let_go(device: Device, word: &[&str]) -> Result<bool> {
    let mut phone = Emulated::of(device);
    let mut is_fault = false;
    for start in 0..2 {
        phone.power_on()?;
        let state = phone.state()?;
        let asked = told(&phone.emulator()?.log());
        must(asked == [state_of(&state)], "the bootloader", &format!("{asked:?}, then {state}"))?;
        let again = phone.state()?;
        must(again == state, "asked again", &again)?;
        is_fault |= state == "fault";
        match (start, &*state) {
            (0, "locked") | (_, "fault") => {}
            (1, "released") => return Ok(is_fault),
            _ => return Err(Failure(format!("the state: {state}"))),
        }
        let contact = phone.paylatch(&["--json", "contact"])?;
        must(contact.code != NO_DEVICE, "the contact", &contact.text)?;
        let says = phone.answer(word)?.says;
        must(says == "applied" || says == "released_until_power_off", "the word", &says)?;
        let state = phone.state()?;
        must(state == "released", "after it", &state)?;
        phone.cut_power();
    }
    Ok(is_fault)
}

/// `paylatch`'s exit code where no application answers.
const NO_DEVICE: i32 = 5;

fn must(holds: bool, what: &str, seen: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure(format!("{what}: {seen}"))) }
}
