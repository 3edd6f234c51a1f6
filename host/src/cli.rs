//! What all three programs do alike: how they end, completions, man pages.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::view;

/// The exit codes, for `--help` and man pages; [`crate::error`] has the same table.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the lock refused it, or a verification failed
  2  the command line is wrong
  3  a text, file, row or value is not what it must be
  4  a key can't be used
  5  there is no device to talk to
  6  the device is at fault or could not store it: try again
  7  a file or stream could not be read or written";

/// Prints results: for people, or with `--json` one object a line.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    json: bool,
}

impl Printer {
    /// As `--json` says.
    pub fn new(json: bool) -> Self {
        Printer { json }
    }

    /// Prints, on standard error, what went wrong beside what the program was to
    /// do: it goes on, and ends with another code.
    pub fn warn(self, program: &str, error: &Error) {
        complain(program, error, self.json);
    }

    /// Prints `value` for a script or `text` for people.
    ///
    /// # Errors
    /// As [`print()`].
    pub fn show(self, value: &impl Serialize, text: &str) -> Result<()> {
        let mut line = if self.json {
            serde_json::to_string(value)
                .map_err(|e| Error::new(Kind::Io, format!("the result can't be printed: {e}")))?
        } else {
            text.to_owned()
        };
        line.push('\n');
        print(line.as_bytes())
    }
}

/// Ends a program: one line on standard error for what went wrong (with `json`
/// a [`view::Failure`]), and the exit code of [`crate::error`].
pub fn finish(program: &str, result: Result<()>, json: bool) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    complain(program, &error, json);
    error.exit_code()
}

fn complain(program: &str, error: &Error, json: bool) {
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to tell whom when standard error is closed.
    let _ = match serde_json::to_string(&view::failure(error)) {
        Ok(line) if json => writeln!(stderr, "{line}"),
        _ => writeln!(stderr, "{program}: {error}"),
    };
}

/// Writes to standard output.
///
/// # Errors
/// [`Kind::Io`]; a reader that has gone away is none.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io(Path::new("standard output"), &e))
        }
        _ => Ok(()),
    }
}

/// Prints the completions of `command` for a shell.
///
/// # Errors
/// [`Kind::Io`].
pub fn completions(mut command: Command, shell: Shell) -> Result<()> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&script)
}

/// Writes the man pages of `command` and of each of its subcommands into a
/// directory, which is made when it is not there.
///
/// # Errors
/// [`Kind::Io`].
pub fn man(command: Command, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(command, directory))
        .map_err(|e| Error::new(Kind::Io, format!("{}: {e}", directory.display())))
}
