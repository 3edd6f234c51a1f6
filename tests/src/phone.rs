//! A phone with the lock in it, asked through `paylatch`'s command line: the
//! emulated device or the simulator. What is tested on one is tested on both.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::device::Device;
use crate::emulator::{Emulator, Output};
use crate::table::attack::Damage;
use crate::{Failure, Result, program};

/// A nonce for a voucher or a seal: for one of its own, a phone waits until it has
/// random numbers, which takes it long when its time is counted in instructions.
pub const NONCE: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";

/// A phone that is switched on.
pub trait Phone {
    /// Runs `paylatch ARGUMENTS` on the phone.
    ///
    /// # Errors
    /// When the phone does not answer at all; not when it refuses.
    fn paylatch(&mut self, arguments: &[&str]) -> Result<Output>;

    /// Lets seconds of use pass; the lock is ticked at their end.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn pass(&mut self, seconds: u64) -> Result<()>;

    /// Switches off cleanly and on again.
    ///
    /// # Errors
    /// When the phone does not come back.
    fn power_cycle(&mut self) -> Result<()>;

    /// Takes the power away and switches on again.
    ///
    /// # Errors
    /// When the phone does not come back.
    fn power_cut(&mut self) -> Result<()>;

    /// Runs `paylatch --json ARGUMENTS`, which must end well, and reads its answer.
    ///
    /// # Errors
    /// When it fails.
    fn ask(&mut self, arguments: &[&str]) -> Result<Value> {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let output = self.paylatch(&all)?;
        if output.code != 0 {
            return Err(Failure(format!("paylatch {arguments:?}: {}", output.text)));
        }
        json(&output.text)
    }

    /// Hands in a voucher, seal or message with `verb` (`provision`, `apply`);
    /// what came of it: the outcome's name, the refusal's, or the program's error
    /// for a text that did not get as far as the lock.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn hand_in(&mut self, verb: &str, text: &str) -> Result<String> {
        let nonce: &[&str] = if verb == "provision" { &["--nonce", NONCE] } else { &[] };
        self.answer(&[&[verb, text], nonce].concat()).map(|answer| answer.says)
    }

    /// Runs `paylatch --json ARGUMENTS`, and tells what the phone says to it.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn answer(&mut self, arguments: &[&str]) -> Result<Answer> {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let output = self.paylatch(&all)?;
        // A release that was not stored is both an outcome and an error.
        ["outcome", "refusal", "error"]
            .iter()
            .find_map(|field| {
                objects(&output.text).find_map(|object| {
                    let says = object[*field].as_str()?.to_owned();
                    Some(Answer { says, object })
                })
            })
            .ok_or_else(|| Failure(format!("paylatch {arguments:?}: {}", output.text)))
    }

    /// What `paylatch status` tells, also at a fault, where it ends with an error.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn status(&mut self) -> Result<Value> {
        let output = self.paylatch(&["--json", "status"])?;
        objects(&output.text)
            .find(|object| object["state"].is_string())
            .ok_or_else(|| Failure(format!("paylatch status: {}", output.text)))
    }

    /// The state's name.
    ///
    /// # Errors
    /// When the phone does not answer.
    fn state(&mut self) -> Result<String> {
        Ok(self.status()?["state"].as_str().unwrap_or_default().to_owned())
    }
}

/// What a phone says to what is handed in.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The outcome's name, the refusal's, or the program's error.
    pub says: String,
    /// The whole answer.
    pub object: Value,
}

/// The lines of `text` that are JSON objects, the last one first.
pub(crate) fn objects(text: &str) -> impl Iterator<Item = Value> {
    text.lines()
        .rev()
        .filter_map(|line| serde_json::from_str(line.trim()).ok().filter(Value::is_object))
}

fn json(text: &str) -> Result<Value> {
    objects(text).next().ok_or_else(|| Failure(format!("no JSON in: {text}")))
}

/// The emulated device as a phone.
pub struct Emulated {
    /// What stays when the power is off.
    pub device: Device,
    emulator: Option<Emulator>,
}

impl Emulated {
    /// A phone fresh from the factory, switched on.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn new(name: &str) -> Result<Emulated> {
        let mut phone = Emulated::of(Device::new(name)?);
        phone.power_on()?;
        Ok(phone)
    }

    /// The phone that this device is, switched off.
    pub fn of(device: Device) -> Emulated {
        Emulated { device, emulator: None }
    }

    /// Its console.
    ///
    /// # Errors
    /// When it is switched off.
    pub fn emulator(&mut self) -> Result<&mut Emulator> {
        self.emulator.as_mut().ok_or_else(|| Failure("the phone is switched off".into()))
    }

    /// Switches off cleanly.
    ///
    /// # Errors
    /// When it does not switch off.
    pub fn power_off(&mut self) -> Result<()> {
        self.paylatch(&["shutdown"])?;
        match self.emulator.take() {
            Some(emulator) => emulator.power_off(),
            None => Ok(()),
        }
    }

    /// Switches on.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn power_on(&mut self) -> Result<()> {
        self.power_on_with(Device::boot)
    }

    /// Switches on in another way than [`Device::boot`].
    ///
    /// # Errors
    /// Those of `boot`.
    pub fn power_on_with(&mut self, boot: impl FnOnce(&Device) -> Result<Emulator>) -> Result<()> {
        self.cut_power();
        self.emulator = Some(boot(&self.device)?);
        Ok(())
    }

    /// Takes the power away.
    pub fn cut_power(&mut self) {
        self.emulator = None;
    }

    /// Writes a program into the device's memory, through its console.
    pub(crate) fn install(&mut self, path: &str, program: &[u8]) -> Result<()> {
        // A console's line holds 4,000 characters.
        for part in program.chunks(900) {
            let escaped: String = part.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            self.emulator()?.shell(&format!("printf '{escaped}' >>{path}"))?;
        }
        self.emulator()?.shell(&format!("chmod +x {path}")).map(drop)
    }
}

impl Phone for Emulated {
    fn paylatch(&mut self, arguments: &[&str]) -> Result<Output> {
        let quoted: Vec<String> =
            arguments.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        self.emulator()?.shell(&format!("paylatch {}", quoted.join(" ")))
    }

    fn pass(&mut self, seconds: u64) -> Result<()> {
        self.emulator()?.sleep(seconds)?;
        self.paylatch(&["tick"]).map(drop)
    }

    fn power_cycle(&mut self) -> Result<()> {
        self.power_off()?;
        self.power_on()
    }

    fn power_cut(&mut self) -> Result<()> {
        self.cut_power();
        self.power_on()
    }
}

/// The simulator as a phone.
pub struct Simulated {
    file: PathBuf,
    /// What [`crate::table::attack`] did to its records.
    pub(crate) damage: Damage,
}

impl Simulated {
    /// A simulated phone fresh from the factory, in a new file.
    ///
    /// # Errors
    /// When the simulator fails.
    pub fn new(name: &str) -> Result<Simulated> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let file =
            std::env::temp_dir().join(format!("paylatch-{process}-{number}-{name}.simulator"));
        let _ = std::fs::remove_file(&file);
        let mut phone = Simulated { file, damage: Damage::new() };
        phone.must(&["simulator", "new"])?;
        Ok(phone)
    }

    /// The file it is in.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs `paylatch ARGUMENTS`, which must end well.
    ///
    /// # Errors
    /// When it does not.
    pub fn must(&mut self, arguments: &[&str]) -> Result<()> {
        let output = self.paylatch(arguments)?;
        if output.code == 0 {
            Ok(())
        } else {
            Err(Failure(format!("paylatch {arguments:?}: {}", output.text)))
        }
    }
}

impl Phone for Simulated {
    fn paylatch(&mut self, arguments: &[&str]) -> Result<Output> {
        let output = Command::new(program("paylatch")?)
            .arg("--simulator")
            .arg(&self.file)
            .args(arguments)
            .output()
            .map_err(|e| Failure(format!("paylatch: {e}")))?;
        let text = [output.stdout, output.stderr].map(|s| String::from_utf8_lossy(&s).into_owned());
        Ok(Output { code: output.status.code().unwrap_or(-1), text: text.concat() })
    }

    fn pass(&mut self, seconds: u64) -> Result<()> {
        self.must(&["simulator", "advance", &format!("{seconds}s")])
    }

    fn power_cycle(&mut self) -> Result<()> {
        // Each command of the simulator is a power-on that ends cleanly.
        Ok(())
    }

    fn power_cut(&mut self) -> Result<()> {
        self.must(&["simulator", "power-cut"])
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}
