//! What all three programs do alike: how they end, completions, man pages.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;

use crate::error::{Error, Kind, Result};
use crate::view;

/// Ends a program: one line on standard error for what went wrong (with `json`
/// a [`view::Failure`]), and the exit code of [`crate::error`].
pub fn finish(program: &str, result: Result<()>, json: bool) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to tell whom when standard error is closed.
    let _ = match serde_json::to_string(&view::failure(&error)) {
        Ok(line) if json => writeln!(stderr, "{line}"),
        _ => writeln!(stderr, "{program}: {error}"),
    };
    error.exit_code()
}

/// Writes to standard output.
///
/// # Errors
/// [`Kind::Io`].
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|e| Error::io(Path::new("standard output"), &e))
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
