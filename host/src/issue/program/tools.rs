//! What both programs can do besides issuing.

use std::path::PathBuf;

use clap::{Command, Subcommand};
use clap_complete::Shell;

use super::attach::{Attach, Sign};
use super::inspect::Inspect;
use super::keygen::Keygen;
use crate::cli;
use crate::error::Result;

/// Their subcommands.
#[derive(Subcommand)]
#[allow(missing_docs)] // each has its own
pub enum Tools {
    Keygen(Keygen),
    Inspect(Inspect),
    Sign(Sign),
    Attach(Attach),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the man pages into a directory
    Man {
        /// The directory; made when it is not there
        directory: PathBuf,
    },
}

impl Tools {
    /// Whether results and errors are to be JSON.
    pub fn json(&self) -> bool {
        match self {
            Tools::Keygen(command) => command.json,
            Tools::Inspect(command) => command.json,
            Tools::Sign(command) => command.output.json,
            Tools::Attach(command) => command.output.json,
            Tools::Completions { .. } | Tools::Man { .. } => false,
        }
    }

    /// Does it, for a program whose command line is `program`.
    ///
    /// # Errors
    /// As each does.
    pub fn run(self, program: Command) -> Result<()> {
        match self {
            Tools::Keygen(command) => command.run(),
            Tools::Inspect(command) => command.run(),
            Tools::Sign(command) => command.run(),
            Tools::Attach(command) => command.run(),
            Tools::Completions { shell } => cli::completions(program, shell),
            Tools::Man { directory } => cli::man(program, &directory),
        }
    }
}
