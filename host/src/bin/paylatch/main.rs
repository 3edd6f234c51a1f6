//! `paylatch`: the program on the device. See `paylatch --help`.

mod attest;
mod cli;
mod commands;
mod messages;
mod simulate;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use paylatch::cli::finish;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.json;
    finish("paylatch", commands::run(cli), json)
}
