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
        let device = Device { directory: Self::new_directory(name) };
        device.make(&[])?;
        Ok(device)
    }

    fn new_directory(name: &str) -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        std::env::temp_dir().join(format!("paylatch-{}-{number}-{name}", std::process::id()))
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

    /// Switches on with these options of `qemu/run` and stops at U-Boot's
    /// prompt, with the eMMC not yet looked for.
    ///
    /// # Errors
    /// When U-Boot does not stop.
    pub fn stop_in_bootloader(&self, options: &[&str]) -> Result<Emulator> {
        const ATTEMPTS: u32 = 20;
        for _ in 0..ATTEMPTS {
            let mut emulator = Emulator::start(&self.directory, options)?;
            // Before, the serial port is set up anew and forgets what was typed.
            emulator.wait_for("Core:")?;
            if emulator.type_until(" ", &["=> ", "pci_mmc"])? == 0 {
                emulator.send("\n")?;
                emulator.wait_for("=> ")?;
                return Ok(emulator);
            }
            // It looked for a key before the one typed had arrived.
        }
        Err(Failure(format!("the bootloader did not stop in {ATTEMPTS} attempts")))
    }

    /// Switches on with these options of `qemu/run` and waits for the OS's
    /// shell; the bootloader does not ask the lock for its state, so that the OS
    /// is the first to ask.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn boot_unasked(&self, options: &[&str]) -> Result<Emulator> {
        let mut emulator = self.stop_in_bootloader(options)?;
        emulator.send(&format!("{}\n", boot_command_without("paylatch status; ")?))?;
        emulator.wait_for_shell()?;
        Ok(emulator)
    }

    /// Another device with the very same eMMC and flash, fuses included.
    ///
    /// # Errors
    /// When it can't be copied.
    pub fn copy(&self, name: &str) -> Result<Device> {
        let copy = Device { directory: Self::new_directory(name) };
        std::fs::create_dir_all(&copy.directory)
            .map_err(|e| Failure(format!("{}: {e}", copy.directory.display())))?;
        let status = Command::new("cp")
            .arg("--sparse=always")
            .args(["emmc.img", "flash.img"].map(|file| self.directory.join(file)))
            .arg(&copy.directory)
            .status()
            .map_err(|e| Failure(format!("cp: {e}")))?;
        if status.success() { Ok(copy) } else { Err(Failure(format!("cp ended with {status}"))) }
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

/// The bootloader's own boot command with `part` left out.
fn boot_command_without(part: &str) -> Result<String> {
    let path = repository().join("qemu/u-boot/config");
    let config =
        std::fs::read_to_string(&path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    config
        .lines()
        .find_map(|line| line.strip_prefix("CONFIG_BOOTCOMMAND=\"")?.strip_suffix('"'))
        .filter(|command| command.contains(part))
        .map(|command| command.replace(part, ""))
        .ok_or_else(|| Failure(format!("{}: no boot command with {part:?}", path.display())))
}

impl Drop for Device {
    fn drop(&mut self) {
        // A left-over directory is no failure.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
