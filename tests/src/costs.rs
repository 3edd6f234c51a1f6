//! What the lock costs, beside OP-TEE's own TA and OP-TEE's own check of a signature in
//! the same image: instructions, RPMB requests, bytes.
//!
//! Nobody types and nothing is random, so each run is the same to the instruction: the
//! device's keys, what is handed in and in which order, all is fixed before it starts.

mod baseline;
mod figures;
pub mod issuing;
mod messages;
mod power_on;

pub use baseline::{Baseline, compilers};
pub use figures::{Figures, ISSUING, Row, TABLE};

use std::path::Path;

use paylatch_proto::api::{self, Request};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::{TA_UUID, limits};
use paylatch_rig::codes;

use crate::device::{Device, built};
use crate::{Failure, Result, cross, repository};

use messages::Messages;
use power_on::{Asked, PowerOn};

/// The device's fuses: hardware key and die id.
const FUSES: [&str; 2] = ["000102030405060708090a0b0c0d0e0f", "101112131415161718191a1b1c1d1e1f"];
/// How often what is warm is done; the least counts, as a timer's tick falls into some.
const OFTEN: u32 = 32;
/// How often what takes longer is done.
const SELDOM: u32 = 5;
/// Messages that are applied before it is measured again what one costs.
const MORE: u32 = 100;
/// Sessions that are open when it is measured again what a question costs.
const SESSIONS: u32 = 16;

/// Measures all of it, on a device that `make bench` has built.
///
/// # Errors
/// When the device does not do what it is told.
pub fn measure() -> Result<Figures> {
    let device = Device::with_fuses("costs", FUSES)?;
    let mut figures = Figures::default();

    let mut first = PowerOn::new(&device, Asked::Never);
    first.call(&Request::Identity, "identity", 1)?;
    let messages = Messages::for_device(first.run()?.identity()?)?;

    let mut setting_up = PowerOn::new(&device, Asked::Twice);
    for (name, request) in messages.set_up() {
        setting_up.call(&request, name, 1)?;
        if name == "notice" {
            setting_up.wait(3);
        }
    }
    // Its record is made.
    setting_up.line("avb-write", "avb-first", 2);
    setting_up.call(&Request::Shutdown, "shutdown", 1)?;
    let seen = setting_up.run()?;
    seen.all_applied(messages.set_up().map(|(name, _)| name))?;
    figures.set("uboot_state_insns", seen.asked(1)?);

    let mut cold = PowerOn::new(&device, Asked::Never);
    cold.line("state", "state-cold", 1);
    cold.call(&Request::Shutdown, "shutdown", 1)?;
    let cold = cold.run()?;
    figures.set("state_cold_insns", cold.instructions("state-cold")?);
    figures.set("state_cold_rpmb_reads", cold.reads("state-cold")?);
    figures.set("state_cold_rpmb_writes", cold.writes("state-cold")?);
    let without = cold.instructions("userspace")?;

    let mut peer = PowerOn::new(&device, Asked::Never);
    peer.line("avb-read", "avb-cold", 1);
    let peer = peer.run()?;
    figures.set("avb_state_cold_insns", peer.instructions("avb-cold")?);
    figures.set("avb_state_cold_rpmb_reads", peer.reads("avb-cold")?);
    if peer.instructions("userspace")? != without {
        return Err(Failure("two power-ons that are the same differ".into()));
    }

    let seen = warm(&device, &messages)?;
    figures.set("uboot_state_cold_insns", seen.asked(0)?);
    figures.set("boot_added_insns", seen.instructions("userspace")?.saturating_sub(without));
    let empty = seen.instructions("empty-memref")?;
    for (key, name) in [
        ("empty_insns", "empty"),
        ("open_insns", "open"),
        ("state_insns", "state"),
        ("state_waiting_insns", "state-waiting"),
        ("avb_state_insns", "avb-read"),
        ("avb_write_insns", "avb-write"),
        ("state_sessions_insns", "state-sessions"),
        ("apply_insns", "apply"),
        ("apply_late_insns", "apply-late"),
        ("contact_short_insns", "contact-short"),
        ("contact_long_insns", "contact-long"),
        ("forged_insns", "forged"),
        ("stale_insns", "stale"),
        ("code_insns", "code-wrong"),
        ("attest_insns", "attest"),
    ] {
        figures.set(key, seen.instructions(name)?);
    }
    for (key, name) in [("verify_insns", "verify"), ("optee_verify_insns", "verify-optee")] {
        figures.set(key, seen.instructions(name)?.saturating_sub(empty));
    }
    figures.set("apply_rpmb_writes", seen.writes("apply")?);
    figures.set("code_rpmb_writes", seen.writes("code-wrong")?);
    figures.set("forged_rpmb_requests", seen.requests("forged")?);
    figures.set("stale_rpmb_requests", seen.requests("stale")?);
    figures.set("state_rpmb_requests", seen.requests("state")?);

    figures.set("ta_bytes", size(Path::new(&built("lock.stripped.elf")))?);
    figures.set("avb_ta_bytes", size(Path::new(&built("avb.stripped.elf")))?);
    for (key, what) in [("ta_stack_bytes", "stack"), ("ta_heap_bytes", "heap")] {
        figures.set(key, recorded(what)?);
    }
    Ok(figures)
}

/// The program that the device runs, built for it.
///
/// # Errors
/// When it can't be built.
pub fn client() -> Result<Vec<u8>> {
    let options = [
        format!("-DLOCK_UUID={}", cross::uuid(TA_UUID)?),
        format!("-DBENCH_UUID={}", cross::uuid(paylatch_bench_ta::UUID)?),
        format!("-DREQUEST_SIZE={}", limits::REQUEST),
        format!("-DREPLY_SIZE={}", limits::REPLY),
        format!("-DCOMMAND_STATE={}", api::COMMAND_STATE),
        format!("-DCOMMAND_CALL={}", api::COMMAND_CALL),
        format!("-DNOTHING={}", paylatch_bench_ta::NOTHING),
        format!("-DVERIFY={}", paylatch_bench_ta::VERIFY),
        format!("-DVERIFY_OPTEE={}", paylatch_bench_ta::VERIFY_OPTEE),
        "-lteec".into(),
    ];
    cross::build("costs", &[repository().join("tests/src/costs/client.c")], &options)
}

/// All that can be asked of a device that has been asked before.
fn warm(device: &Device, messages: &Messages) -> Result<power_on::Seen> {
    let mut on = PowerOn::new(device, Asked::Once);
    on.line("open lock", "open", OFTEN);
    on.line("empty", "empty", OFTEN);
    on.line("state", "state", OFTEN);
    let signed = messages.signed();
    for (what, name, times) in [
        (format!("empty {signed}"), "empty-memref", OFTEN),
        (format!("verify {signed}"), "verify", SELDOM),
        (format!("verify-optee {signed}"), "verify-optee", 2),
        ("avb-read".into(), "avb-read", SELDOM),
        ("avb-write".into(), "avb-write", 2 * SELDOM),
    ] {
        on.line(&what, name, times);
    }
    on.call(&Request::Attest { nonce: messages::NONCE }, "attest", SELDOM)?;
    on.call(&Request::Apply(&messages.forged()), "forged", SELDOM)?;
    on.call(&Request::Apply(&messages.stale()), "stale", SELDOM)?;
    let mut unlocks = messages.unlocks();
    for (name, count) in [("apply", SELDOM), ("apply-more", MORE), ("apply-late", SELDOM)] {
        for message in unlocks.by_ref().take(count as usize) {
            on.call(&Request::Apply(&message), name, 1)?;
        }
    }
    for (name, longest) in [("contact-short", false), ("contact-long", true)] {
        for message in messages.contacts(longest, SELDOM.into()) {
            on.call(&Request::Apply(&message), name, 1)?;
        }
    }
    on.keep("lock", SESSIONS);
    on.line("state", "state-sessions", OFTEN);
    on.call(&Request::Apply(&messages.unlock_for_a_day()), "unlock-for", 1)?;
    on.line("state", "state-waiting", OFTEN);
    on.call(&Request::Hotline { groups: codes::NO_CODE }, "code-wrong", 1)?;
    let seen = on.run()?;
    seen.all_applied(["apply", "apply-late", "contact-short", "contact-long", "unlock-for"])?;
    seen.refused("forged", Refusal::BadSignature)?;
    seen.refused("stale", Refusal::Stale)?;
    seen.refused("code-wrong", Refusal::WrongCode)?;
    Ok(seen)
}

fn size(file: &Path) -> Result<u64> {
    let meta = std::fs::metadata(file);
    meta.map(|meta| meta.len()).map_err(|e| Failure(format!("{}: {e}", file.display())))
}

/// What `make memory-test` compares: bytes of stack or heap at most.
///
/// # Errors
/// When `ta/memory` has no such figure.
pub fn recorded(what: &str) -> Result<u64> {
    let memory = std::fs::read_to_string(repository().join("ta/memory"))
        .map_err(|e| Failure(format!("ta/memory: {e}")))?;
    memory
        .lines()
        .find_map(|line| line.strip_prefix(what)?.trim().parse().ok())
        .ok_or_else(|| Failure(format!("ta/memory: no figure for {what}")))
}
