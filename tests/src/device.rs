//! An emulated device: what stays when the power is off.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::emulator::Emulator;
use crate::{Failure, Result, repository};

/// A device: its eMMC and its flash, in a directory that goes with it.
pub struct Device {
    directory: PathBuf,
}

impl Device {
    /// A device fresh from the factory, with fuses of its own.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn new(name: &str) -> Result<Device> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("paylatch-{}-{number}-{name}", std::process::id()));
        let device = Device { directory };
        device.make(&[])?;
        Ok(device)
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Switches on and waits for the OS's shell.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn boot(&self) -> Result<Emulator> {
        self.boot_with(&[])
    }

    /// The same with options of `qemu/run`.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn boot_with(&self, options: &[&str]) -> Result<Emulator> {
        let mut emulator = Emulator::start(&self.directory, options)?;
        emulator.wait_for_shell()?;
        Ok(emulator)
    }

    /// Switches on and stops at U-Boot's prompt, with the eMMC not yet looked for.
    ///
    /// # Errors
    /// When U-Boot does not stop.
    pub fn stop_in_bootloader(&self) -> Result<Emulator> {
        let mut emulator = Emulator::start(&self.directory, &[])?;
        // What is typed before U-Boot listens is lost; what comes after its
        // prompt is harmless.
        emulator.wait_for("U-Boot")?;
        for _ in 0..200 {
            emulator.send(" ")?;
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        emulator.send("\n")?;
        emulator.wait_for("=> ")?;
        Ok(emulator)
    }

    /// A factory reset: `userdata` is made anew.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn factory_reset(&self) -> Result<()> {
        self.make(&["--userdata"])
    }

    /// A reflash: the whole user area is overwritten and made anew.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn reflash(&self) -> Result<()> {
        self.make(&["--user-area"])
    }

    fn make(&self, options: &[&str]) -> Result<()> {
        let output = Command::new(repository().join("qemu/mkdevice"))
            .args(options)
            .arg(&self.directory)
            .output()
            .map_err(|e| Failure(format!("qemu/mkdevice: {e}")))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(Failure(format!("qemu/mkdevice: {}", String::from_utf8_lossy(&output.stderr))))
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // A left-over directory is no failure.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
