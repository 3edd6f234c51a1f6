//! A phone as it is shipped: its bootloader starts the signed system, and the
//! system is restricted to the lock screen unless the phone may be used.

use paylatch_proto::state::State;

use crate::device::Device;
use crate::emulator::{Emulator, Output, SHELL_END, idle, shell_line};
use crate::phone::{Phone, objects};
use crate::{Failure, Result};

/// The owner's shell is there.
const USABLE: &str = "PAYLATCH-DEVICE-READY";
/// The OS has become restricted.
const RESTRICTED: &str = r#""event":"mode","mode":"restricted""#;
/// The end of the lock screen. What is typed before is dropped.
const SCREEN: &str = "show this again";
/// The bootloader starts nothing.
const NOT_BOOTED: &str = "paylatch: not booted: ";
/// A text that was typed was taken or refused.
const TAKEN: &str = r#"{"event":"taken""#;
const FAILED: &str = r#"{"event":"failed""#;
/// What the lock screen answers to what it does not understand.
const NOT_UNDERSTOOD: &str = "Not understood.";

/// What a power-on has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The owner's shell.
    Usable,
    /// The lock screen.
    Restricted,
    /// No system: the bootloader says why and switches off.
    NotBooted,
}

/// What three questioners were told in one power-on; `None` where there was no
/// answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// The bootloader's question.
    pub bootloader: Option<State>,
    /// What the bootloader told the OS, in the device tree.
    pub told: Option<State>,
    /// The question of the OS's service.
    pub os: Option<State>,
    /// The C library's question.
    pub library: Option<State>,
}

impl Views {
    /// All of them, when they agree.
    pub fn agreed(&self) -> Option<Option<State>> {
        let same = [self.told, self.os, self.library].iter().all(|view| *view == self.bootloader);
        same.then_some(self.bootloader)
    }

    /// From a console's log.
    fn read(log: &str) -> Views {
        let bootloader = after(log, "paylatch: state 0x").and_then(code);
        let told = after(log, "the bootloader said state 0x").and_then(code);
        let library = line(log, "paylatch-device: the library says: ")
            .and_then(|line| after(line, "(0x").and_then(code));
        let os = log
            .lines()
            .filter_map(|line| objects(line).next())
            .find(|object| object["event"] == "status")
            .and_then(|object| state_of(object["state"].as_str()?));
        Views { bootloader, told, os, library }
    }
}

fn after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

fn line<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    after(text, mark).and_then(|rest| rest.lines().next())
}

fn code(text: &str) -> Option<State> {
    State::from_code(u32::from_str_radix(text.get(..8)?, 16).ok()?)
}

/// The states that the bootloader was told, in their order.
pub fn told(console: &str) -> Vec<Option<State>> {
    console
        .split("paylatch: state 0x")
        .skip(1)
        .map(|rest| u32::from_str_radix(rest.get(..8)?, 16).ok().and_then(State::from_code))
        .collect()
}

/// The state of that name.
pub fn state_of(name: &str) -> Option<State> {
    State::ALL.into_iter().find(|&state| paylatch::words::state_name(state) == name)
}

/// The phone; dropping it is a power cut.
pub struct Shipped {
    /// What stays when the power is off.
    pub device: Device,
    emulator: Option<Emulator>,
    outcome: Outcome,
    date: String,
}

impl Shipped {
    /// The phone that this device is, switched off.
    pub fn of(device: Device) -> Shipped {
        let date = "2026-01-01".to_owned();
        Shipped { device, emulator: None, outcome: Outcome::NotBooted, date }
    }

    /// Switches on, with these options of `qemu/run` or QEMU.
    ///
    /// # Errors
    /// When nothing of an [`Outcome`] comes from its console.
    pub fn power_on(&mut self, options: &[&str]) -> Result<Outcome> {
        let date = self.date.clone();
        self.power_on_with(|device| Emulator::start_on(&date, device.directory(), options))
    }

    /// Switches on in another way, which ends before an [`Outcome`] is there.
    ///
    /// # Errors
    /// When nothing of an [`Outcome`] comes from its console.
    pub fn power_on_with(
        &mut self,
        boot: impl FnOnce(&Device) -> Result<Emulator>,
    ) -> Result<Outcome> {
        self.emulator = None;
        let mut emulator = boot(&self.device)?;
        let (which, before) = emulator.wait_for_any(&[USABLE, SCREEN, NOT_BOOTED])?;
        self.outcome = [Outcome::Usable, Outcome::Restricted, Outcome::NotBooted][which];
        // The service's own words come by another way.
        if self.outcome == Outcome::Restricted && !before.contains(RESTRICTED) {
            emulator.wait_for(RESTRICTED)?;
        }
        self.emulator = Some(emulator);
        Ok(self.outcome)
    }

    /// Switches on another day, from the next start on.
    pub fn set_date(&mut self, date: &str) {
        self.date = date.to_owned();
    }

    /// What this power-on has led to, so far.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Its console.
    ///
    /// # Errors
    /// When it is switched off.
    pub fn emulator(&mut self) -> Result<&mut Emulator> {
        self.emulator.as_mut().ok_or_else(|| Failure("the phone is switched off".into()))
    }

    /// What was told in this power-on.
    ///
    /// # Errors
    /// When it is switched off.
    pub fn views(&mut self) -> Result<Views> {
        Ok(Views::read(&self.emulator()?.log()))
    }

    /// Takes the power away.
    pub fn cut_power(&mut self) {
        self.emulator = None;
    }

    /// Switches off as an owner does.
    ///
    /// # Errors
    /// When it does not switch off.
    pub fn power_off(&mut self) -> Result<()> {
        let mut emulator = match self.emulator.take() {
            None => return Ok(()),
            Some(emulator) => emulator,
        };
        match self.outcome {
            Outcome::Usable => emulator.send("poweroff\n")?,
            Outcome::Restricted => emulator.send("off\n")?,
            Outcome::NotBooted => {}
        }
        emulator.wait_for_end()
    }

    /// Waits until the mode is another one.
    ///
    /// # Errors
    /// When it does not change.
    pub fn wait_for_change(&mut self) -> Result<Outcome> {
        let next = match self.outcome {
            Outcome::Usable => Outcome::Restricted,
            Outcome::Restricted => Outcome::Usable,
            Outcome::NotBooted => return Err(Failure("the phone has not booted".into())),
        };
        let marks: &[&str] =
            if next == Outcome::Usable { &[USABLE] } else { &[RESTRICTED, SCREEN] };
        self.emulator()?.wait_for_all(marks)?;
        self.outcome = next;
        Ok(next)
    }

    /// Runs a command on the owner's shell.
    ///
    /// # Errors
    /// When the phone is restricted, or becomes so before the command has ended.
    pub fn shell(&mut self, command: &str) -> Result<Output> {
        self.shell_or_lock(command)?
            .ok_or_else(|| Failure(format!("{command}: the phone was locked before its end")))
    }

    /// The same; `None` when the phone becomes restricted before it has ended.
    fn shell_or_lock(&mut self, command: &str) -> Result<Option<Output>> {
        if self.outcome != Outcome::Usable {
            return Err(Failure(format!("{command}: the phone may not be used, it has no shell")));
        }
        let emulator = self.emulator()?;
        emulator.send(&shell_line(command))?;
        let (which, text) = emulator.wait_for_any(&[SHELL_END, RESTRICTED, SCREEN])?;
        if which > 0 {
            emulator.wait_for([SCREEN, RESTRICTED][which - 1])?;
            self.outcome = Outcome::Restricted;
            return Ok(None);
        }
        let code = emulator.wait_for(" @@")?;
        let code = code.parse().map_err(|_| Failure(format!("exit code {code:?}")))?;
        Ok(Some(Output { code, text: text.trim_start_matches('\n').to_owned() }))
    }

    /// Types a line on the lock screen; what the console shows until the phone
    /// says what became of a text.
    fn type_text(&mut self, text: &str) -> Result<Output> {
        let emulator = self.emulator()?;
        emulator.send(&format!("{text}\n"))?;
        let (which, _) = emulator.wait_for_any(&[TAKEN, FAILED])?;
        let rest = emulator.wait_for("\n")?;
        let object = format!("{}{rest}", [TAKEN, FAILED][which]);
        Ok(Output { code: i32::try_from(which).unwrap_or(1), text: object })
    }

    /// What the service has said last of the state.
    fn last_status(&mut self) -> Result<String> {
        // Whatever it has to say of what was typed before, it says before this.
        let emulator = self.emulator()?;
        emulator.send("?\n")?;
        emulator.wait_for(NOT_UNDERSTOOD)?;
        let log = emulator.log();
        let last = log.lines().rev().find(|line| line.starts_with(r#"{"event":"status""#));
        last.map(str::to_owned).ok_or_else(|| Failure("no status yet".into()))
    }

    /// Where an answer tells of a state of the other mode, the mode follows.
    fn follow(&mut self, output: &Output) -> Result<()> {
        let state = objects(&output.text).find_map(|object| state_of(object["state"].as_str()?));
        let usable = match self.outcome {
            Outcome::Usable => true,
            Outcome::Restricted => false,
            Outcome::NotBooted => return Ok(()),
        };
        if state.is_some_and(|state| state.usable() != usable) {
            self.wait_for_change()?;
        }
        Ok(())
    }
}

impl Phone for Shipped {
    fn paylatch(&mut self, arguments: &[&str]) -> Result<Output> {
        let output = match (self.outcome, arguments) {
            (Outcome::Usable, _) => {
                let quoted: Vec<String> = arguments
                    .iter()
                    .map(|word| format!("'{}'", word.replace('\'', "'\\''")))
                    .collect();
                self.shell(&format!("paylatch {}", quoted.join(" ")))?
            }
            (Outcome::Restricted, ["--json", "apply" | "code" | "provision", text]) => {
                self.type_text(text)?
            }
            (Outcome::Restricted, ["--json", "status"]) => {
                Output { code: 0, text: self.last_status()? }
            }
            (Outcome::Restricted, ["status"]) => {
                let status = self.last_status()?;
                let words =
                    objects(&status).next().and_then(|o| Some(o["words"].as_str()?.to_owned()));
                Output { code: 0, text: words.unwrap_or_default() }
            }
            // What the service does by itself.
            (Outcome::Restricted, ["tick"]) => Output { code: 0, text: String::new() },
            _ => return Err(Failure(format!("no way to {arguments:?} on a locked phone"))),
        };
        self.follow(&output)?;
        Ok(output)
    }

    fn pass(&mut self, seconds: u64) -> Result<()> {
        if self.shell_or_lock(&idle(&format!("sleep {seconds}")))?.is_some() {
            self.paylatch(&["tick"])?;
        }
        Ok(())
    }

    fn power_cycle(&mut self) -> Result<()> {
        self.power_off()?;
        Shipped::power_on(self, &[]).map(drop)
    }

    fn power_cut(&mut self) -> Result<()> {
        self.cut_power();
        Shipped::power_on(self, &[]).map(drop)
    }
}
