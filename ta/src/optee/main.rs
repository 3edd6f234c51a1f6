//! The lock as an OP-TEE trusted application: entry points, nothing else.
//!
//! Single instance, many sessions, kept alive: the state is held in memory
//! after the first read, so that asking costs no storage access and an OS that
//! later withholds the storage can't make the application forget.
#![no_std]
#![no_main]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)] // the entry points that the attributes make

#[cfg(feature = "measure")]
mod measure;
mod platform;

use core::cell::RefCell;

use optee_utee::prelude::*;
use optee_utee::{ErrorKind, Result};
use paylatch_proto::{api, limits};
use paylatch_ta::Lock;
use paylatch_ta::config::Config;

use platform::OpTee;

/// The instance's lock.
struct Instance {
    lock: RefCell<Made>,
    #[cfg(feature = "measure")]
    stack: RefCell<Option<measure::Stack>>,
}

/// The lock, once it is made. All zeros before, so that it is no part of the image.
#[repr(u32)]
#[allow(clippy::large_enum_variant)] // there is one, and no heap to box it on
enum Made {
    Not = 0,
    Lock(Lock<OpTee>),
}

// SAFETY: OP-TEE enters a single-instance application with one thread at a
// time; a second session waits until the first call has returned.
unsafe impl Sync for Instance {}

static INSTANCE: Instance = Instance {
    lock: RefCell::new(Made::Not),
    #[cfg(feature = "measure")]
    stack: RefCell::new(None),
};

#[ta_create]
fn create() -> Result<()> {
    #[cfg(feature = "measure")]
    INSTANCE.stack.replace(Some(measure::Stack::paint()));
    let mut instance = INSTANCE.lock.try_borrow_mut().map_err(|_| ErrorKind::BadState)?;
    *instance = Made::Lock(Lock::new(OpTee, Config::BUILD));
    Ok(())
}

#[ta_open_session]
fn open_session(
    _: &mut (ParameterNone, ParameterNone, ParameterNone, ParameterNone),
) -> Result<()> {
    Ok(())
}

#[ta_close_session]
fn close_session() {}

#[ta_destroy]
fn destroy() {}

#[ta_invoke_command]
fn invoke_command(command: u32, parameters: &mut ParametersAny) -> Result<()> {
    if cfg!(feature = "failing") {
        return Err(ErrorKind::Generic.into());
    }
    let mut instance = INSTANCE.lock.try_borrow_mut().map_err(|_| ErrorKind::BadState)?;
    let Made::Lock(lock) = &mut *instance else { return Err(ErrorKind::BadState.into()) };
    let result = match command {
        api::COMMAND_STATE => state(lock, parameters),
        api::COMMAND_CALL => call(lock, parameters),
        _ => Err(ErrorKind::NotSupported.into()),
    };
    #[cfg(feature = "measure")]
    if let Some(stack) = *INSTANCE.stack.borrow() {
        measure::say(stack);
    }
    result
}

fn state(lock: &mut Lock<OpTee>, parameters: &mut ParametersAny) -> Result<()> {
    let (first, second, third, fourth) = parameters;
    let (first, second) = (first.as_value_output()?, second.as_value_output()?);
    third.as_none()?;
    fourth.as_none()?;
    let words = lock.state();
    first.set_a(words.state);
    first.set_b(words.detail);
    second.set_a(words.seconds);
    second.set_b(words.flags);
    Ok(())
}

fn call(lock: &mut Lock<OpTee>, parameters: &mut ParametersAny) -> Result<()> {
    let (first, second, third, fourth) = parameters;
    let (request, reply) = (first.as_memref_input()?, second.as_memref_output()?);
    third.as_none()?;
    fourth.as_none()?;
    // Before anything is done: an answer that can't be given must not follow
    // a change that was made.
    if reply.buffer_len() < limits::REPLY {
        return Err(ErrorKind::ShortBuffer.into());
    }
    if request.buffer_len() > limits::REQUEST {
        return Err(ErrorKind::ExcessData.into());
    }
    let mut bytes = [0; limits::REQUEST];
    let length = request.read_at(0, &mut bytes)?;
    let request = bytes.get(..length).ok_or(ErrorKind::BadParameters)?;
    let mut room = [0; limits::REPLY];
    reply.set_output(lock.call(request, &mut room))
}

/// In place of libutee's, which makes ready for big numbers (GlobalPlatform's `TEE_BigInt`),
/// of which there are none here: 14 KB of memory, and 2 KB of code.
// SAFETY: the signature is libutee's; it is called once, before anything else, and nothing
// depends on what it does.
#[unsafe(no_mangle)]
extern "C" fn _TEE_MathAPI_Init() {}

/// In place of libutee's, which is asked for one thing: whether the processor tags memory, for
/// the heap, of which next to nothing is used here. 2 KB of code.
// SAFETY: the signature is GlobalPlatform's; nothing is written.
#[unsafe(no_mangle)]
extern "C" fn TEE_GetPropertyAsU32(
    _set: *const core::ffi::c_void,
    _name: *const core::ffi::c_char,
    _value: *mut u32,
) -> u32 {
    const TEE_ERROR_ITEM_NOT_FOUND: u32 = 0xffff_0008;
    TEE_ERROR_ITEM_NOT_FOUND
}

/// In place of libutils', which brings 4 KB of formatting in: libutee's assertions say nothing
/// here. They end in a panic, of which OP-TEE's core tells where it was.
// SAFETY: the caller of a function with variable arguments cleans up after it (AAPCS64), so
// it may take none; nothing depends on what it does.
#[unsafe(no_mangle)]
extern "C" fn __wrap_trace_printf() {}

/// What OP-TEE's loader reads: generated from the build script's settings.
#[allow(missing_docs, non_upper_case_globals, clippy::all, clippy::undocumented_unsafe_blocks)]
mod header {
    include!(concat!(env!("OUT_DIR"), "/user_ta_header.rs"));
}
