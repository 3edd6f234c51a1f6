//! `paylatch`: the program on the device. See `paylatch --help`.

mod attest;
mod cli;
mod commands;
#[cfg(feature = "screen")]
mod draw;
mod events;
mod hand_in;
mod hold;
mod link;
mod lock_screen;
mod messages;
mod mode;
#[cfg(feature = "display")]
mod on_display;
mod on_terminal;
mod simulate;
mod socket;
mod system;
mod terminal;
mod texts;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use paylatch::cli::finish;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.json;
    finish("paylatch", commands::run(cli), json)
}
