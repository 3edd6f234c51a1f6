//! The power is cut at a chosen write: what an eMMC held after each of the
//! writes to it, from QEMU's log of them.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::device::{Device, layout};
use crate::life::Act;
use crate::phone::Emulated;
use crate::{Failure, Result};

/// The device mapper's log-writes format, as QEMU's `blklogwrites` has it:
/// little-endian words of 64 bits, in units of sectors.
const MAGIC: u64 = 0x006a_7366_7773_6872;
const SECTOR: usize = 512;
/// An entry without data: sectors were discarded.
const DISCARDED: u64 = 4;

/// One write to the eMMC.
struct Write {
    at: u64,
    data: Vec<u8>,
}

/// An eMMC as it was at power-on, and all writes to it since.
pub struct Recording {
    base: Device,
    writes: Vec<Write>,
    /// Writes before the operation that is of interest.
    begin: usize,
    rpmb: u64,
}

impl Recording {
    /// Switches a copy of `base` on, runs `before` and then `operation`, and cuts
    /// the power. Without `before`, switching on is part of the operation.
    ///
    /// # Errors
    /// When the device does not boot, an operation fails, or nothing was written.
    pub fn of(base: &Device, before: Option<&Act>, operation: &Act) -> Result<Recording> {
        let base = base.copy("base")?;
        let mut phone = Emulated::of(base.copy("recorded")?);
        let log = phone.device.directory().join("writes");
        std::fs::write(&log, []).map_err(|e| Failure(format!("{}: {e}", log.display())))?;
        let options = ["--log-writes", &log.to_string_lossy()];
        phone.power_on_with(|device| device.boot_with(&options))?;
        let begin = match before {
            Some(before) => {
                before(&mut phone)?;
                read(&log)?.len()
            }
            None => 0,
        };
        operation(&mut phone)?;
        phone.cut_power();
        let recording = Recording { base, writes: read(&log)?, begin, rpmb: layout("RPMB_SIZE")? };
        if recording.cuts().count() < 2 {
            return Err(Failure("the operation wrote nothing to the RPMB".into()));
        }
        Ok(recording)
    }

    /// The moments to cut the power at: before the operation's first write to
    /// the RPMB, and after each of them; as numbers of writes.
    pub fn cuts(&self) -> impl Iterator<Item = usize> {
        let after = self.writes.iter().enumerate().skip(self.begin);
        let after = after.filter(|(_, write)| write.at < self.rpmb).map(|(i, _)| i + 1);
        std::iter::once(self.begin).chain(after)
    }

    /// The device after so many writes, switched off.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn device(&self, writes: usize) -> Result<Device> {
        let device = self.base.copy("cut")?;
        let path = device.directory().join("emmc.img");
        let failure = |e| Failure(format!("{}: {e}", path.display()));
        let image = OpenOptions::new().write(true).open(&path).map_err(failure)?;
        for write in self.writes.iter().take(writes) {
            image.write_all_at(&write.data, write.at).map_err(failure)?;
        }
        Ok(device)
    }
}

/// All writes of a log, which QEMU may still be writing to.
fn read(path: &Path) -> Result<Vec<Write>> {
    let broken = || Failure(format!("{}: no log of writes", path.display()));
    let log = std::fs::read(path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    let word = |at: usize| {
        let bytes = log.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes)
    };
    // Before the first write there is not even a head.
    let count = match word(0) {
        Some(MAGIC) => word(16).ok_or_else(broken)?,
        _ => 0,
    };
    let mut writes = Vec::new();
    let mut at = SECTOR;
    for _ in 0..count {
        let (Some(sector), Some(sectors), Some(flags)) = (word(at), word(at + 8), word(at + 16))
        else {
            return Err(broken());
        };
        at += SECTOR;
        if flags & DISCARDED == 0 {
            let length = usize::try_from(sectors).map_err(|_| broken())? * SECTOR;
            let data = log.get(at..at + length).ok_or_else(broken)?.to_vec();
            writes.push(Write { at: sector * SECTOR as u64, data });
            at += length;
        }
    }
    Ok(writes)
}
