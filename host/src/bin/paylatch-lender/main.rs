//! The lender's program: keys, messages to devices, and what devices say back.

mod orders;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use orders::Orders;
use paylatch::cli;
use paylatch::error::Result;
use paylatch::issue::program::attach::{Attach, Sign};
use paylatch::issue::program::inspect::Inspect;
use paylatch::issue::program::keygen::Keygen;
use paylatch::issue::program::keys::{Preparing, Signing};
use verify::Verify;

/// Issue the messages of a lender: notice, lock, unlock, release and the rest
///
/// One message on standard output, or with --csv one for each row of a file.
/// Where the key is in an HSM or a key service, `prepare` writes the digest to
/// sign and `attach` puts the signature on.
#[derive(Parser)]
#[command(name = "paylatch-lender", version, after_long_help = cli::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Keygen(Keygen),
    Inspect(Inspect),
    Verify(Verify),
    #[command(flatten)]
    Order(Orders<Signing>),
    /// Check a message and write what has to be signed, for a key that is elsewhere
    Prepare {
        #[command(subcommand)]
        order: Orders<Preparing>,
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
            Command::Verify(command) => command.json,
            Command::Order(order) => order.output().json,
            Command::Prepare { order } => order.output().json,
            Command::Sign(command) => command.output.json,
            Command::Attach(command) => command.output.json,
            Command::Completions { .. } | Command::Man { .. } => false,
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Command::Keygen(command) => command.run(),
            Command::Inspect(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Order(order) => order.run(),
            Command::Prepare { order } => order.run(),
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
    cli::finish("paylatch-lender", command.run(), json)
}
