//! The lender's program: keys, messages to devices, and what devices say back.

mod code;
mod orders;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use code::Code;
use orders::Orders;
use paylatch::cli;
use paylatch::error::Result;
use paylatch::issue::program::keys::{Preparing, Signing};
use paylatch::issue::program::tools::Tools;
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
    #[command(flatten)]
    Order(Orders<Signing>),
    /// Check a message and write what has to be signed, for a key that is elsewhere
    Prepare {
        #[command(subcommand)]
        order: Orders<Preparing>,
    },
    Code(Code),
    Verify(Verify),
    #[command(flatten)]
    Tool(Tools),
}

impl Command {
    fn json(&self) -> bool {
        match self {
            Command::Order(order) => order.output().json,
            Command::Prepare { order } => order.output().json,
            Command::Code(command) => command.json,
            Command::Verify(command) => command.json,
            Command::Tool(tool) => tool.json(),
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Command::Order(order) => order.run(),
            Command::Prepare { order } => order.run(),
            Command::Code(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Tool(tool) => tool.run(Cli::command()),
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let json = command.json();
    cli::finish("paylatch-lender", command.run(), json)
}
