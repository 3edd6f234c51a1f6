//! The lock as a program of entry points for an emulator: compiled as the
//! trusted application is, over a platform in plain memory.
#![no_std]
#![no_main]

use core::cell::RefCell;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use paylatch_chip_program::{Memory, World};
use paylatch_proto::{limits, state::StateWords};
use paylatch_ta::Lock;
use paylatch_ta::config::Config;

/// The instance's lock.
struct Instance(RefCell<Option<Lock<Memory>>>);

// SAFETY: the emulator runs one entry point at a time, on one processor.
unsafe impl Sync for Instance {}

/// Named for the emulator, which flips its bits.
#[unsafe(no_mangle)]
static CHIP_LOCK: Instance = Instance(RefCell::new(None));

/// Power-on: a lock that has not yet looked at its storage.
#[unsafe(no_mangle)]
extern "C" fn chip_start(world: &'static mut World) {
    let config = Config { oem: world.oem, notice_min: 2, security_version: 1 };
    if let Ok(mut lock) = CHIP_LOCK.0.try_borrow_mut() {
        *lock = Some(Lock::new(Memory(world), config));
    }
}

/// Answers `STATE`.
#[unsafe(no_mangle)]
extern "C" fn chip_state(words: &mut [u32; 4]) {
    if let Ok(mut lock) = CHIP_LOCK.0.try_borrow_mut()
        && let Some(lock) = lock.as_mut()
    {
        let StateWords { state, detail, seconds, flags } = lock.state();
        *words = [state, detail, seconds, flags];
    }
}

/// Answers `CALL`; the length of the reply.
#[unsafe(no_mangle)]
extern "C" fn chip_call(
    request: &[u8; limits::REQUEST],
    length: usize,
    reply: &mut [u8; limits::REPLY],
) -> usize {
    let request = request.get(..length);
    match (CHIP_LOCK.0.try_borrow_mut(), request) {
        (Ok(mut lock), Some(request)) => {
            lock.as_mut().map_or(0, |lock| lock.call(request, reply).len())
        }
        _ => 0,
    }
}

/// What the library's own check of a signature says, for comparison: 1 for
/// good, 2 for bad.
#[unsafe(no_mangle)]
extern "C" fn chip_plain(key: &[u8; 33], digest: &[u8; 32], signature: &[u8; 64]) -> u32 {
    let verified = VerifyingKey::from_sec1_bytes(key).and_then(|key| {
        let signature = Signature::from_slice(signature)?;
        key.verify_prehash(digest, &signature)
    });
    if verified.is_ok() { 1 } else { 2 }
}

/// An instruction that there is not: the emulator sees that the program ended.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        // SAFETY: `udf` has no effect but the exception that ends the run.
        unsafe { core::arch::asm!("udf #0") };
    }
}

/// Named by the library that comes with the compiler; nothing unwinds here.
mod unwinding {
    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() -> ! {
        super::ended()
    }

    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}
}

fn ended() -> ! {
    panic!()
}
