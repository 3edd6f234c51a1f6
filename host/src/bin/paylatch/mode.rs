//! Whether the OS is restricted or usable: which follows from the state, and
//! which it is.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use paylatch::error::Result;
use paylatch_proto::state::State;
use serde::Serialize;

use crate::cli;
use crate::link::RETRY;
use crate::lock_screen::LockScreen;
#[cfg(feature = "display")]
use crate::on_display::OnDisplay;
use crate::on_terminal::OnTerminal;
use crate::system::{Action, System};
use crate::watch::Wake;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Restricted,
    Usable,
}

impl Mode {
    /// The mode of a state; of a state that is not known, too.
    pub fn of(state: Option<State>, factory: bool) -> Mode {
        match state {
            Some(state) if state.usable() => Mode::Usable,
            Some(State::Unprovisioned) if factory => Mode::Usable,
            _ => Mode::Restricted,
        }
    }
}

/// Holds the OS in its mode.
pub struct Holder {
    pub system: System,
    pub screens: Vec<Box<dyn LockScreen>>,
    factory: bool,
    /// What the program was last run for, if that succeeded, and since when.
    reached: Option<(Mode, Instant)>,
    /// What it failed to do, and when.
    failed: Option<(Mode, Instant)>,
}

impl Holder {
    /// As the command line says; `None` where it names no program. What the owner does on
    /// a screen that need not be asked wakes the watch.
    pub fn new(arguments: &cli::Watch, wake: &Sender<Wake>) -> Option<Self> {
        let system = System::new(arguments.system.as_deref()?);
        let mut screens: Vec<Box<dyn LockScreen>> = Vec::new();
        if let Some(path) = &arguments.screen {
            screens.push(Box::new(OnTerminal::new(path)));
        }
        #[cfg(feature = "display")]
        if arguments.display {
            screens.push(Box::new(OnDisplay::new(&arguments.fonts.directory, wake.clone())));
        }
        #[cfg(not(feature = "display"))]
        let _ = wake;
        Some(Holder { system, screens, factory: arguments.factory, reached: None, failed: None })
    }

    /// The mode that is to be.
    pub fn wanted(&self, state: Option<State>) -> Mode {
        Mode::of(state, self.factory)
    }

    /// The mode that counts: usable is only what was made so.
    pub fn mode(&self) -> Mode {
        self.reached.map_or(Mode::Restricted, |(mode, _)| mode)
    }

    /// How long the OS has been in the mode that the program has made; `None`
    /// while there is none.
    pub fn held(&self) -> Option<Duration> {
        self.reached.map(|(_, since)| since.elapsed())
    }

    /// Notes how a run for a mode ended.
    pub fn ended(&mut self, mode: Mode, result: &Result<()>) {
        match result {
            Ok(()) => (self.reached, self.failed) = (Some((mode, Instant::now())), None),
            Err(_) => self.failed = Some((mode, Instant::now())),
        }
    }

    /// The mode that the program has to be run for now. What failed is tried
    /// again: restricting soon, the other at the next full look (`due`), so
    /// that the screen stays for a while between two tries.
    pub fn next(&self, wanted: Mode, due: bool) -> Option<Mode> {
        let wait = match self.failed {
            Some((Mode::Usable, _)) if wanted == Mode::Usable => !due,
            Some((Mode::Restricted, when)) if wanted == Mode::Restricted => when.elapsed() < RETRY,
            _ => false,
        };
        let idle = self.system.changing().is_none();
        let reached = self.reached.is_some_and(|(mode, _)| mode == wanted);
        (!reached && idle && !wait).then_some(wanted)
    }

    /// Runs the program for a mode. Until it has succeeded, it may have done
    /// half of it.
    pub fn change(&mut self, mode: Mode) -> Result<()> {
        self.reached = None;
        let started = self.system.start(Action::Mode(mode));
        if started.is_err() {
            self.ended(mode, &started);
        }
        started
    }

    /// Whether the screen is to be shown: while restricted, once whatever was
    /// on the terminal was ended, or did not want to.
    pub fn shows(&self) -> bool {
        match self.system.changing() {
            Some((Mode::Usable, _)) => false,
            Some((Mode::Restricted, time)) => time >= RETRY,
            None => self.mode() == Mode::Restricted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_states_are_usable_and_a_factory_adds_one() {
        for (state, mode, in_factory) in [
            (None, Mode::Restricted, Mode::Restricted),
            (Some(State::Fault), Mode::Restricted, Mode::Restricted),
            (Some(State::Locked), Mode::Restricted, Mode::Restricted),
            (Some(State::Unprovisioned), Mode::Restricted, Mode::Usable),
            (Some(State::Unlocked), Mode::Usable, Mode::Usable),
            (Some(State::Released), Mode::Usable, Mode::Usable),
        ] {
            assert_eq!(Mode::of(state, false), mode);
            assert_eq!(Mode::of(state, true), in_factory);
        }
    }
}
