//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use paylatch::cli::EXIT_CODES;
use paylatch_proto::bytes::Nonce;

/// Asks the lock of this phone, and hands in messages.
///
/// The lock runs in the phone's TEE. This program has no authority over it:
/// only messages that a lender, an escrow or the phone's maker signed have.
/// A TEXT is a file, `-` for standard input, or the text itself.
#[derive(Parser)]
#[command(name = "paylatch", version, after_help = EXIT_CODES, max_term_width = 90)]
pub struct Cli {
    /// Print results as JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,

    /// Use the simulated phone in this file instead of the TEE.
    #[arg(long, global = true, value_name = "FILE", env = "PAYLATCH_SIMULATOR")]
    pub simulator: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Say what state the phone is in, why, until when, whom to call and how to pay.
    ///
    /// Ends with exit code 6 when the state is a fault.
    Status,
    /// Say who the phone is: its id, its keys, and the maker's key it obeys.
    Identity,
    /// Enrol with a voucher, or release with a seal, in the factory.
    ///
    /// Prints the phone's statement, by which the maker certifies its keys.
    Provision(Provision),
    /// Hand in a lender's message or an escrow's release.
    Apply {
        /// The message: a file, `-`, or the text itself.
        #[arg(value_name = "TEXT")]
        message: String,
    },
    /// Hand in a release at a fault, with the voucher that proves its key.
    Recover(Recover),
    /// Have the phone sign a statement of its state.
    Attest(Attest),
    /// List the last events.
    History,
    /// Say whom to call and how to pay.
    Contact,
    /// Let the lock see that time passes.
    Tick,
    /// Tell the lock of a clean shutdown.
    Shutdown,
    /// Tell the lock that the OS has booted well: older builds of it are refused from now on.
    GoodBoot,
    /// Watch the state: tick, print changes, apply messages as they come.
    ///
    /// Runs until SIGTERM or SIGINT, and ends with a clean shutdown.
    Watch(Watch),
    /// Make or steer a simulated phone.
    #[command(subcommand)]
    Simulator(Simulator),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write man pages.
    Man {
        /// Into this directory.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

#[derive(Args)]
pub struct Provision {
    /// The voucher or seal: a file, `-`, or the text itself.
    #[arg(value_name = "TEXT")]
    pub text: String,
    #[command(flatten)]
    pub question: Question,
}

#[derive(Args)]
pub struct Question {
    /// The asker's fresh number, 64 hexadecimal digits; without it, a random one.
    #[arg(long, value_name = "HEX", value_parser = paylatch::hex::decode::<32>)]
    pub nonce: Option<Nonce>,
    /// Write the statement to this file rather than standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct Recover {
    /// The voucher the phone was enrolled with.
    #[arg(long, value_name = "TEXT")]
    pub voucher: String,
    /// A rekey since then; several in their order.
    #[arg(long = "rekey", value_name = "TEXT")]
    pub rekeys: Vec<String>,
    /// The release.
    #[arg(value_name = "TEXT")]
    pub release: String,
}

#[derive(Args)]
pub struct Attest {
    #[command(flatten)]
    pub question: Question,
    /// Also write into this directory what OpenSSL verifies: statement.bin,
    /// statement.der, device.pem.
    ///
    /// Verify with `openssl dgst -sha256 -verify device.pem -signature
    /// statement.der statement.bin`, and likewise certificate.der and
    /// certificate.bin with the maker's public key.
    #[arg(long, value_name = "DIR")]
    pub der: Option<PathBuf>,
    /// Check the maker's certificate over the phone's keys against the
    /// statement; with --der, also write certificate.bin and certificate.der.
    #[arg(long, value_name = "TEXT")]
    pub certificate: Option<String>,
}

#[derive(Args)]
pub struct Watch {
    /// How often to look at least: `30s`, `5m`.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = interval)]
    pub interval: Duration,
    /// A directory where messages, vouchers and seals are dropped, or `-` for
    /// one a line on standard input.
    ///
    /// A file that was taken is renamed to NAME.applied, a refused one to
    /// NAME.refused. Names that begin with a dot or end in .part or .tmp are
    /// left alone: write under such a name, then rename.
    #[arg(long, value_name = "DIR")]
    pub messages: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Simulator {
    /// Make a phone fresh from the factory, in a new file.
    New,
    /// Let time of use pass: `3d`, `12h`, `1h 30m`.
    Advance {
        /// How much.
        #[arg(value_name = "TIME", value_parser = time)]
        time: Duration,
    },
    /// Cut the power: the next start finds that the last one did not end cleanly.
    PowerCut,
    /// Make the secure storage answer or not, to see what a fault looks like.
    Storage {
        /// Whether it answers.
        answers: Switch,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It answers.
    On,
    /// It does not answer.
    Off,
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write `90s`, `15m`, `12h`, `3d` or `1h 30m`"))
}

fn interval(text: &str) -> Result<Duration, String> {
    match time(text)? {
        short if short < Duration::from_secs(1) => Err("at least one second".into()),
        interval => Ok(interval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
