//! The OEM's program: vouchers, seals, and certificates over devices' keys.

mod documents;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use documents::Documents;
use paylatch::cli;
use paylatch::error::Result;
use paylatch::issue::program::keys::{Preparing, Signing};
use paylatch::issue::program::tools::Tools;

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
    #[command(flatten)]
    Document(Documents<Signing>),
    /// Check a document and write what has to be signed, for a key that is elsewhere
    Prepare {
        #[command(subcommand)]
        document: Documents<Preparing>,
    },
    #[command(flatten)]
    Tool(Tools),
}

impl Command {
    fn json(&self) -> bool {
        match self {
            Command::Document(document) => document.output().json,
            Command::Prepare { document } => document.output().json,
            Command::Tool(tool) => tool.json(),
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Command::Document(document) => document.run(),
            Command::Prepare { document } => document.run(),
            Command::Tool(tool) => tool.run(Cli::command()),
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let json = command.json();
    cli::finish("paylatch-oem", command.run(), json)
}
