//! The OEM's program: vouchers, seals, and certificates over devices' keys.

mod documents;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use documents::Documents;
use paylatch::cli;
use paylatch::error::Result;
use paylatch::issue::program::attach::{Attach, Sign};
use paylatch::issue::program::inspect::Inspect;
use paylatch::issue::program::keygen::Keygen;
use paylatch::issue::program::keys::{Preparing, Signing};

/// Issue what a device maker signs: vouchers, seals and certificates
///
/// One on standard output, or with --csv one for each row of a file. Where the
/// key is in an HSM or a key service, `prepare` writes the digest to sign and
/// `attach` puts the signature on.
#[derive(Parser)]
#[command(name = "paylatch-oem", version, after_long_help = cli::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Keygen(Keygen),
    Inspect(Inspect),
    #[command(flatten)]
    Document(Documents<Signing>),
    /// Check a document and write what has to be signed, for a key that is elsewhere
    Prepare {
        #[command(subcommand)]
        document: Documents<Preparing>,
    },
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

impl Command {
    fn json(&self) -> bool {
        match self {
            Command::Keygen(command) => command.json,
            Command::Inspect(command) => command.json,
            Command::Document(document) => document.output().json,
            Command::Prepare { document } => document.output().json,
            Command::Sign(command) => command.output.json,
            Command::Attach(command) => command.output.json,
            Command::Completions { .. } | Command::Man { .. } => false,
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Command::Keygen(command) => command.run(),
            Command::Inspect(command) => command.run(),
            Command::Document(document) => document.run(),
            Command::Prepare { document } => document.run(),
            Command::Sign(command) => command.run(),
            Command::Attach(command) => command.run(),
            Command::Completions { shell } => cli::completions(Cli::command(), shell),
            Command::Man { directory } => cli::man(Cli::command(), &directory),
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let json = command.json();
    cli::finish("paylatch-oem", command.run(), json)
}
