//! The C library. `include/paylatch.h` is generated from this file by
//! `paylatch-header`; `cargo rustc -p paylatch --lib --crate-type staticlib`
//! builds `libpaylatch.a`.
//!
//! Every function that can fail gives an exit code of [`crate::error`]: 0 is
//! done, and [`paylatch_last_error`] has the line that says what went wrong.

use std::cell::RefCell;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use paylatch_proto::api::Done;

use crate::client::Client;
use crate::error::{Error, Kind, Result};
use crate::transport::{self, Transport};
use crate::{hotline, text, view};

/// Done.
pub const PAYLATCH_OK: i32 = 0;
/// The lock refused it.
pub const PAYLATCH_ERROR_REFUSED: i32 = 1;
/// An argument is missing or too small.
pub const PAYLATCH_ERROR_USAGE: i32 = 2;
/// A text is not what it must be.
pub const PAYLATCH_ERROR_INPUT: i32 = 3;
/// A key can't be used.
pub const PAYLATCH_ERROR_KEY: i32 = 4;
/// There is no device to talk to.
pub const PAYLATCH_ERROR_NO_DEVICE: i32 = 5;
/// The device is at fault or could not store it: try again.
pub const PAYLATCH_ERROR_FAULT: i32 = 6;
/// A file could not be read or written.
pub const PAYLATCH_ERROR_IO: i32 = 7;

const _: () = assert!(
    PAYLATCH_ERROR_REFUSED == Kind::Refused as i32
        && PAYLATCH_ERROR_USAGE == Kind::Usage as i32
        && PAYLATCH_ERROR_INPUT == Kind::Input as i32
        && PAYLATCH_ERROR_KEY == Kind::Key as i32
        && PAYLATCH_ERROR_NO_DEVICE == Kind::NoDevice as i32
        && PAYLATCH_ERROR_FAULT == Kind::Fault as i32
        && PAYLATCH_ERROR_IO == Kind::Io as i32
);

/// A connection to a lock. One thread at a time may use it.
pub struct Paylatch {
    client: Client<Box<dyn Transport>>,
}

/// The state, as a bootloader is told. The codes are in `paylatch_state.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaylatchState {
    /// PAYLATCH_STATE_...; anything else, 0 too, means locked.
    pub state: u32,
    /// PAYLATCH_REASON_... while locked, PAYLATCH_FAULT_... at a fault,
    /// PAYLATCH_DETAIL_..., else 0.
    pub detail: u32,
    /// Seconds of use until the state changes by itself or a lock becomes
    /// possible; PAYLATCH_NO_CHANGE for never.
    pub seconds: u32,
    /// PAYLATCH_USABLE_... in the lower half, the protocol's version in the upper.
    pub flags: u32,
}

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Opens a connection: to this device's TEE, or with `simulator` not NULL to
/// the simulated phone in that file. Close it with paylatch_close.
///
/// # Safety
/// `simulator` is NULL or a string that ends with a 0; `handle` points to room
/// for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_open(
    simulator: *const c_char,
    handle: *mut *mut Paylatch,
) -> i32 {
    report(|| {
        // SAFETY: the caller promises that `handle` is NULL or room for a pointer.
        let handle = unsafe { handle.as_mut() }.ok_or_else(|| missing("handle"))?;
        *handle = std::ptr::null_mut();
        // SAFETY: the caller promises NULL or a string that ends with a 0.
        let simulator = (!simulator.is_null()).then(|| unsafe { CStr::from_ptr(simulator) });
        let path = simulator.map(|path| Path::new(OsStr::from_bytes(path.to_bytes())));
        let client = Client::new(transport::open(path)?);
        *handle = Box::into_raw(Box::new(Paylatch { client }));
        Ok(())
    })
}

/// Closes a connection. NULL is nothing to close.
///
/// # Safety
/// `handle` is NULL or came from paylatch_open and was not closed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_close(handle: *mut Paylatch) {
    if !handle.is_null() {
        // SAFETY: the caller promises that it came from `Box::into_raw` in
        // `paylatch_open` and is not used again.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// Asks for the state. It is cheap, and answered in every state.
///
/// # Safety
/// `handle` came from paylatch_open; `state` points to a paylatch_state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_get_state(
    handle: *mut Paylatch,
    state: *mut PaylatchState,
) -> i32 {
    report(|| {
        // SAFETY: the caller promises that `state` is NULL or points to one.
        let state = unsafe { state.as_mut() }.ok_or_else(|| missing("state"))?;
        *state = PaylatchState::default();
        // SAFETY: the caller's promise about `handle` is passed on.
        let words = unsafe { client(handle) }?.state()?;
        *state = PaylatchState {
            state: words.state,
            detail: words.detail,
            seconds: words.seconds,
            flags: words.flags,
        };
        Ok(())
    })
}

/// Hands in a lender's message or an escrow's release, as text. What became of
/// it is written into `json`, as `paylatch --json apply` prints it; `json` may
/// be NULL. A `json` that is too small does not undo what was done: the message
/// handed in again answers that it was applied already.
///
/// # Safety
/// `handle` came from paylatch_open; `message` is a string that ends with a 0;
/// `json` is NULL or room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_apply(
    handle: *mut Paylatch,
    message: *const c_char,
    json: *mut c_char,
    size: usize,
) -> i32 {
    // SAFETY: the caller's promises are passed on.
    unsafe {
        done(handle, ("message", message), (json, size), |client, text| {
            let message = text::parse(text, &[paylatch_proto::armour::Kind::Message])?;
            client.apply(&message.bytes)
        })
    }
}

/// Tries a hotline code: twelve digits, with spaces or hyphens anywhere between
/// them. What became of it is written into `json`, as `paylatch --json code`
/// prints it; `json` may be NULL.
///
/// # Safety
/// `handle` came from paylatch_open; `digits` is a string that ends with a 0;
/// `json` is NULL or room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_hotline_code(
    handle: *mut Paylatch,
    digits: *const c_char,
    json: *mut c_char,
    size: usize,
) -> i32 {
    // SAFETY: the caller's promises are passed on.
    unsafe {
        done(handle, ("digits", digits), (json, size), |client, text| {
            client.hotline(hotline::groups(&String::from_utf8_lossy(text))?)
        })
    }
}

/// Writes the status into `json`, as `paylatch --json status` prints it.
/// `needed`, where it is not NULL, gets the bytes that takes, with the 0 at the
/// end. 4096 are enough.
///
/// # Safety
/// `handle` came from paylatch_open; `json` is room for `size` bytes; `needed`
/// is NULL or points to a size_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_status_json(
    handle: *mut Paylatch,
    json: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> i32 {
    report(|| {
        // SAFETY: the caller's promise about `handle` is passed on.
        let client = unsafe { client(handle) }?;
        let status = client.status()?;
        let contact = client.contact_if_any()?;
        let text = to_json(&view::status(&status, contact.as_ref()))?;
        // SAFETY: the caller promises NULL or a size_t.
        if let Some(needed) = unsafe { needed.as_mut() } {
            *needed = text.len() + 1;
        }
        if json.is_null() {
            return Err(missing("json"));
        }
        // SAFETY: not NULL, and the caller promises room for `size` bytes.
        unsafe { fill(json, size, &text) }
    })
}

/// Lets the lock see that time passes. The OS calls it every few minutes.
///
/// # Safety
/// `handle` came from paylatch_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_tick(handle: *mut Paylatch) -> i32 {
    // SAFETY: the caller's promise about `handle` is passed on.
    report(|| unsafe { client(handle) }?.tick().map(drop))
}

/// Tells the lock of a clean shutdown.
///
/// # Safety
/// `handle` came from paylatch_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_shutdown(handle: *mut Paylatch) -> i32 {
    // SAFETY: the caller's promise about `handle` is passed on.
    report(|| unsafe { client(handle) }?.shutdown().map(drop))
}

/// Writes what went wrong in this thread's last call that failed into `text`,
/// one line, cut short where `size` is too small. Gives the bytes that all of
/// it takes, with the 0 at the end.
///
/// # Safety
/// `text` is NULL or room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paylatch_last_error(text: *mut c_char, size: usize) -> usize {
    LAST_ERROR.with_borrow(|error| {
        if !text.is_null() && size > 0 {
            let cut = error.floor_char_boundary(size - 1);
            // SAFETY: not NULL, the caller promises room for `size` bytes, and
            // `cut` is less than `size`.
            unsafe { copy(text, error.as_bytes().split_at(cut).0) };
        }
        error.len() + 1
    })
}

/// Hands in the text of a named parameter, and writes what became of it into `json`.
///
/// # Safety
/// `handle` came from paylatch_open; the text is NULL or a string that ends with a 0;
/// `json` is NULL or room for `size` bytes.
unsafe fn done(
    handle: *mut Paylatch,
    (name, text): (&str, *const c_char),
    (json, size): (*mut c_char, usize),
    act: impl FnOnce(&mut Client<Box<dyn Transport>>, &[u8]) -> Result<Done>,
) -> i32 {
    report(|| {
        if text.is_null() {
            return Err(missing(name));
        }
        // SAFETY: not NULL, and the caller promises a string that ends with a 0.
        let text = unsafe { CStr::from_ptr(text) };
        // SAFETY: the caller's promise about `handle` is passed on.
        let done = act(unsafe { client(handle) }?, text.to_bytes())?;
        if json.is_null() {
            return Ok(());
        }
        // SAFETY: not NULL, and the caller promises room for `size` bytes.
        unsafe { fill(json, size, &to_json(&view::done(&done))?) }
    })
}

/// Runs a call; keeps the line of a failure for `paylatch_last_error`.
fn report(call: impl FnOnce() -> Result<()>) -> i32 {
    match call() {
        Ok(()) => PAYLATCH_OK,
        Err(error) => {
            let code = error.kind() as i32;
            LAST_ERROR.set(error.to_string().replace('\0', " "));
            code
        }
    }
}

/// # Safety
/// `handle` is NULL or came from `paylatch_open`, was not closed and is used by
/// this thread only.
unsafe fn client<'a>(handle: *mut Paylatch) -> Result<&'a mut Client<Box<dyn Transport>>> {
    // SAFETY: as promised by the caller.
    let handle = unsafe { handle.as_mut() }.ok_or_else(|| missing("handle"))?;
    Ok(&mut handle.client)
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::new(Kind::Io, format!("the result can't be written: {e}")))
}

/// # Safety
/// `buffer` is room for `size` bytes.
unsafe fn fill(buffer: *mut c_char, size: usize, text: &str) -> Result<()> {
    if text.len() >= size {
        return Err(Error::new(
            Kind::Usage,
            format!("the buffer has {size} bytes, {} are needed", text.len() + 1),
        ));
    }
    // SAFETY: the caller promises `size` bytes of room, more than `text` has.
    unsafe { copy(buffer, text.as_bytes()) };
    Ok(())
}

/// # Safety
/// `buffer` is room for `bytes` and a 0.
unsafe fn copy(buffer: *mut c_char, bytes: &[u8]) {
    // SAFETY: the caller promises the room; what is copied is this library's
    // own and overlaps with none of the caller's.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), buffer, bytes.len());
        buffer.add(bytes.len()).write(0);
    }
}

fn missing(argument: &str) -> Error {
    Error::new(Kind::Usage, format!("`{argument}` is NULL"))
}
