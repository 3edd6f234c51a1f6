//! RPMB requests as the emulated eMMC sees them.

use std::path::Path;

use crate::{Failure, Result};

/// What has to be among QEMU's options for them to be traced into a file.
pub fn trace_options(file: &Path) -> [String; 4] {
    ["-trace".into(), "sdcard_rpmb_*".into(), "-D".into(), file.display().to_string()]
}

/// An RPMB request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read the write counter.
    Counter,
    /// An authenticated write; which block, is not told.
    Write,
    /// Read the result of the write.
    Outcome,
    /// Read these blocks.
    Read(Vec<u16>),
}

impl Request {
    /// A read of one block.
    pub fn read(block: u16) -> Request {
        Request::Read(vec![block])
    }
}

/// What the eMMC has traced so far.
///
/// # Errors
/// When the trace can't be read or understood.
pub fn traced(file: &Path) -> Result<Vec<Request>> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|e| Failure(format!("{}: {e}", file.display())))?;
    let mut requests = Vec::new();
    for line in text.lines() {
        take(line, &mut requests)
            .map_err(|problem| Failure(format!("{}: {problem}", file.display())))?;
    }
    Ok(requests)
}

/// Takes one line of a trace, which may be of something else.
///
/// # Errors
/// When it is of a request and can't be understood.
pub fn take(line: &str, requests: &mut Vec<Request>) -> Result<()> {
    const REQUEST: &str = "sdcard_rpmb_write_block req 0x";
    const BLOCK_READ: &str = "sdcard_rpmb_read_block resp 0x400 read_addr 0x";
    let strange = || Failure(format!("not understood: {line}"));
    let number = |mark| {
        let (_, rest) = line.split_once(mark)?;
        u16::from_str_radix(rest.split(' ').next()?, 16).ok()
    };
    if let Some(kind) = number(REQUEST) {
        requests.push(match kind {
            2 => Request::Counter,
            3 => Request::Write,
            4 => Request::Read(Vec::new()),
            5 => Request::Outcome,
            _ => return Err(strange()),
        });
    } else if let Some(block) = number(BLOCK_READ) {
        match requests.last_mut() {
            Some(Request::Read(blocks)) => blocks.push(block),
            _ => return Err(strange()),
        }
    }
    Ok(())
}
