//! The program that makes the OS restricted or usable, calls emergency numbers
//! and switches off. It runs beside the watch, which never waits for it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use paylatch::error::{Error, Kind, Result};

use crate::mode::Mode;

/// How long the program may take to make the OS restricted or usable. A call
/// takes as long as it takes.
const LIMIT: Duration = Duration::from_secs(60);
/// How many runs for the owner there may be at once.
const MOST: usize = 16;

/// What the program is run for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Mode(Mode),
    /// The number's digits.
    Emergency(String),
    Off,
}

impl Action {
    fn arguments(&self) -> Vec<&str> {
        match self {
            Action::Mode(Mode::Restricted) => vec!["restricted"],
            Action::Mode(Mode::Usable) => vec!["usable"],
            Action::Emergency(number) => vec!["emergency", number],
            Action::Off => vec!["off"],
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arguments().join(" "))
    }
}

/// The program, and its runs that have not ended.
pub struct System {
    program: PathBuf,
    running: Vec<Running>,
}

struct Running {
    action: Action,
    child: Child,
    since: Instant,
}

impl System {
    pub fn new(program: &Path) -> Self {
        System { program: program.to_owned(), running: Vec::new() }
    }

    /// What its failures are told of.
    pub fn name(&self) -> String {
        self.program.display().to_string()
    }

    /// Starts a run.
    pub fn start(&mut self, action: Action) -> Result<()> {
        if self.running.len() >= MOST && !matches!(action, Action::Mode(_)) {
            return Err(failed(&action, "too many of its runs have not ended"));
        }
        // Standard output is the watch's own.
        let child = Command::new(&self.program)
            .args(action.arguments())
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .spawn()
            .map_err(|error| failed(&action, format!("can't be started: {error}")))?;
        self.running.push(Running { action, child, since: Instant::now() });
        Ok(())
    }

    /// The runs that have ended since it was last asked, and how.
    pub fn ended(&mut self) -> Vec<(Action, Result<()>)> {
        let mut ended = Vec::new();
        self.running.retain_mut(|run| match run.poll() {
            None => true,
            Some(result) => {
                ended.push((run.action.clone(), result));
                false
            }
        });
        ended
    }

    /// The mode that it is at work on, and for how long.
    pub fn changing(&self) -> Option<(Mode, Duration)> {
        self.running.iter().find_map(|run| match run.action {
            Action::Mode(mode) => Some((mode, run.since.elapsed())),
            _ => None,
        })
    }
}

impl Running {
    fn poll(&mut self) -> Option<Result<()>> {
        let result = match self.child.try_wait() {
            Ok(None) if !self.overdue() => return None,
            Ok(None) => {
                // It may have ended by now, which is as well.
                let _ = self.child.kill();
                let _ = self.child.wait();
                Err(format!("did not end within {} seconds", LIMIT.as_secs()))
            }
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(ending(status)),
            Err(error) => Err(error.to_string()),
        };
        Some(result.map_err(|said| failed(&self.action, said)))
    }

    fn overdue(&self) -> bool {
        matches!(self.action, Action::Mode(_)) && self.since.elapsed() > LIMIT
    }
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => format!("was ended ({status})"),
    }
}

fn failed(action: &Action, said: impl fmt::Display) -> Error {
    Error::new(Kind::Io, format!("`{action}`: {said}"))
}
