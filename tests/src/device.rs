//! An emulated device: what stays when the power is off.

use std::os::unix::fs::FileExt;
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
    /// A device in the factory, with fuses of its own: its bootloader is the one
    /// for development, which has a prompt and starts an OS with a root shell.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn new(name: &str) -> Result<Device> {
        let device = Device { directory: Self::new_directory(name) };
        device.make(&["--flash", &built("flash-development.bin")])?;
        Ok(device)
    }

    /// The same with these fuses: the hardware key and the die id, in hexadecimal.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn with_fuses(name: &str, [key, die]: [&str; 2]) -> Result<Device> {
        let device = Device { directory: Self::new_directory(name) };
        let flash = built("flash-development.bin");
        device.make(&["--huk", key, "--die-id", die, "--flash", &flash])?;
        Ok(device)
    }

    /// Puts the firmware in that phones are shipped with: it starts the signed
    /// system of the eMMC and nothing else.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn ship(&self) -> Result<()> {
        self.put_firmware(Path::new(&built("flash.bin")))
    }

    /// Puts other firmware in; the fuses stay.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn put_firmware(&self, flash: &Path) -> Result<()> {
        self.make(&["--firmware", "--flash", &flash.to_string_lossy()])
    }

    /// Puts another system, or anything, at the place of the signed one.
    ///
    /// # Errors
    /// When `qemu/mkdevice` fails.
    pub fn put_system(&self, fit: &Path) -> Result<()> {
        self.make(&["--boot", "--fit", &fit.to_string_lossy()])
    }

    /// The RPMB's contents.
    ///
    /// # Errors
    /// When the eMMC's image can't be read.
    pub fn rpmb(&self) -> Result<Vec<u8>> {
        let size = usize::try_from(layout("RPMB_SIZE")?).unwrap_or(usize::MAX);
        let mut bytes = std::fs::read(self.directory.join("emmc.img"))
            .map_err(|e| Failure(format!("emmc.img: {e}")))?;
        bytes.truncate(size);
        Ok(bytes)
    }

    /// Changes a byte of the RPMB's contents, as worn flash does; the device must be
    /// switched off.
    ///
    /// # Errors
    /// When the eMMC's image can't be changed.
    pub fn damage_rpmb(&self, at: usize, bits: u8) -> Result<()> {
        let (mut byte, at) = ([0], at as u64);
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.directory.join("emmc.img"))
            .and_then(|image| {
                image.read_exact_at(&mut byte, at)?;
                image.write_all_at(&byte.map(|byte| byte ^ bits), at)
            })
            .map_err(|e| Failure(format!("emmc.img: {e}")))
    }

    /// Reads a file of the device's `userdata`, switched off or not.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>> {
        self.userdata(&["-R", &format!("cat {path}")])
    }

    /// Puts a file into the device's `userdata`, which anybody may run; it must be
    /// switched off.
    ///
    /// # Errors
    /// When it can't be written, or is there already.
    pub fn put_file(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let copy = self.directory.join("put");
        std::fs::write(&copy, bytes).map_err(|e| Failure(format!("{}: {e}", copy.display())))?;
        self.userdata(&["-w", "-R", &format!("write {} {path}", copy.display())])?;
        self.userdata(&["-w", "-R", &format!("set_inode_field {path} mode 0100755")])?;
        if self.read_file(path)? == bytes {
            Ok(())
        } else {
            Err(Failure(format!("{path}: not as it was written")))
        }
    }

    /// Runs `debugfs` with these options on `userdata`; what it prints.
    fn userdata(&self, options: &[&str]) -> Result<Vec<u8>> {
        let start = layout("RPMB_SIZE")? + layout("USERDATA_START")?;
        let image = format!("{}?offset={start}", self.directory.join("emmc.img").display());
        let output = Command::new("debugfs")
            .args(options)
            .arg(&image)
            .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
            .output()
            .map_err(|e| Failure(format!("debugfs: {e}")))?;
        let said = String::from_utf8_lossy(&output.stderr);
        // It ends well whatever it finds; its first line names its version.
        if output.status.success() && said.lines().count() <= 1 {
            Ok(output.stdout)
        } else {
            Err(Failure(format!("debugfs {options:?}: {said}")))
        }
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
        Self::stop(|| Emulator::start(&self.directory, options))
    }

    fn stop(start: impl Fn() -> Result<Emulator>) -> Result<Emulator> {
        const ATTEMPTS: u32 = 20;
        for _ in 0..ATTEMPTS {
            let mut emulator = start()?;
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

    /// Switches on with a second processor, which goes on while the first one is
    /// in the secure world, and waits for the OS's shell.
    ///
    /// # Errors
    /// When it does not boot, or has one processor.
    pub fn boot_with_two_processors(&self) -> Result<Emulator> {
        const TREE: &str = "4a000000";
        let mut emulator = Self::stop(|| Emulator::start_parallel(&self.directory))?;
        let set = |name: &str, value: &str| format!("fdt set /cpus/cpu@1 {name} {value}");
        for command in [
            format!("fdt move ${{fdtcontroladdr}} {TREE} 20000"),
            "fdt mknode /cpus cpu@1".into(),
            set("device_type", "cpu"),
            set("compatible", "arm,cortex-a57"),
            set("reg", "<1>"),
            set("enable-method", "psci"),
            format!("setenv fdtcontroladdr {TREE}"),
        ] {
            emulator.send(&format!("{command}\n"))?;
            emulator.wait_for("=> ")?;
        }
        emulator.send("run bootcmd\n")?;
        emulator.wait_for_shell()?;
        let processors = emulator.shell("nproc")?.text;
        if processors.trim() == "2" {
            Ok(emulator)
        } else {
            Err(Failure(format!("there are {processors} processors, not 2")))
        }
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
            .args(["emmc.img", "emmc.key", "flash.img"].map(|file| self.directory.join(file)))
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

/// A file that `make device` has made.
pub fn built(name: &str) -> String {
    let device = std::env::var_os("PAYLATCH_DEVICE").map(PathBuf::from);
    let device = device.unwrap_or_else(|| repository().join("target/device"));
    device.join(name).to_string_lossy().into_owned()
}

/// A number of `qemu/layout`, in bytes.
///
/// # Errors
/// When there is none by that name.
pub fn layout(name: &str) -> Result<u64> {
    let script = format!(". {}/qemu/layout && echo ${name}", repository().display());
    let output = Command::new("bash")
        .args(["-c", &script])
        .output()
        .map_err(|e| Failure(format!("bash: {e}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| Failure(format!("qemu/layout: no number {name}")))
}

/// The bootloader's own boot command with `part` left out.
fn boot_command_without(part: &str) -> Result<String> {
    let path = repository().join("qemu/u-boot/development.config");
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
