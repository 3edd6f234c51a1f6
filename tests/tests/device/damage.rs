//! Flash loses bits, and the RPMB then gives them with a good MAC: whichever byte of
//! what is stored is damaged, the phone is what it was or at fault, the application
//! lives, and whoever has a release gets in.
//!
//! With PAYLATCH_PROVE=1, in each 16 bytes; else in one of nine.
//!
//! Without the third of our patches to OP-TEE (`qemu/optee`) this test fails.

use paylatch_tests::device::Device;
use paylatch_tests::issuer::ESCROW;
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::phones::Phones;
use paylatch_tests::prove::{at_length, report};
use paylatch_tests::shipped::{state_of, told};
use paylatch_tests::{Failure, Result};

/// Bytes of which one is damaged.
const GROUP: usize = 16;
/// Of so many groups `make test` has one.
const FEW: usize = 9;

#[test]
fn of_a_locked_phone() -> Result<()> {
    let phones = Phones::get()?;
    let stored = phones.locked.rpmb()?;
    let used = stored.chunks(GROUP).enumerate();
    let used: Vec<usize> =
        used.filter(|(_, group)| group.iter().any(|byte| *byte != 0)).map(|(i, _)| i).collect();
    let every = if at_length() { 1 } else { FEW };
    let release = phones.issuer.release(ESCROW, &phones.voucher)?;
    let mut wrong = Vec::new();
    let mut cases = 0;
    for group in used.iter().step_by(every) {
        // Another byte of each group, and another bit.
        let at = group * GROUP + group % GROUP;
        let device = phones.locked.copy("damaged")?;
        device.damage_rpmb(at, 1 << (group % 8))?;
        cases += 1;
        if let Err(what) = let_go(device, &phones.voucher, &release) {
            wrong.push(format!("byte {at}: {what}"));
        }
    }
    report("damage of what is stored", cases, if at_length() { 100 } else { 12 }, &wrong);
    Ok(())
}

/// The phone is locked or at fault, says so twice, and takes the escrow's release;
/// where that can't be stored, at each start.
fn let_go(device: Device, voucher: &str, release: &str) -> Result<()> {
    let mut phone = Emulated::of(device);
    for start in 0..2 {
        phone.power_on()?;
        let state = phone.state()?;
        must(told(&phone.emulator()?.log()) == [state_of(&state)], "the bootloader", &state)?;
        must(phone.state()? == state, "asked again", &state)?;
        match (start, state.as_str()) {
            (1, "released") => return Ok(()),
            (0, "locked") | (_, "fault") => {}
            _ => return must(false, "the state", &state),
        }
        let contact = phone.paylatch(&["--json", "contact"])?;
        must(contact.code != NO_DEVICE, "the contact", &contact.text)?;
        let says = phone.answer(&["recover", "--voucher", voucher, release])?.says;
        must(says == "applied" || says == "released_until_power_off", "the release", &says)?;
        let state = phone.state()?;
        must(state == "released", "after the release", &state)?;
        phone.cut_power();
    }
    Ok(())
}

/// The program's exit code where the TEE does not answer.
const NO_DEVICE: i32 = 5;

fn must(holds: bool, what: &str, seen: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure(format!("{what}: {seen}"))) }
}
