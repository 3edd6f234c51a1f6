use std::path::PathBuf;

use clap::Args;
use paylatch::cli::Printer;
use paylatch::error::Result;
use paylatch::issue::program::keys;
use paylatch::issue::{inspect, statement};
use paylatch::{hex, text, words};
use paylatch_proto::armour::Kind;
use serde_json::Value;

/// Verify what a device says of itself, by the OEM's public key alone
#[derive(Args)]
pub struct Verify {
    /// The statement: a file, its text, or - for standard input
    #[arg(long, value_name = "FILE")]
    statement: String,
    /// The certificate over the device's keys: a file or its text
    #[arg(long, value_name = "FILE")]
    certificate: String,
    /// The OEM's public key: PEM
    #[arg(long, value_name = "FILE")]
    oem_key: PathBuf,
    /// The number the device was asked with, 64 hexadecimal digits: take a new
    /// random one for each question
    #[arg(long, value_name = "NONCE", required_unless_present = "any_age")]
    nonce: Option<String>,
    /// Take a statement that answers any question, however old
    #[arg(long, conflicts_with = "nonce")]
    any_age: bool,
    /// The device it must be of, 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

impl Verify {
    pub fn run(&self) -> Result<()> {
        let oem = keys::public(&self.oem_key)?;
        let nonce = self.nonce.as_deref().map(hex::decode).transpose();
        let nonce = nonce.map_err(|e| e.of("--nonce"))?;
        let device = self.device.as_deref().map(hex::decode).transpose();
        let device = device.map_err(|e| e.of("--device"))?;
        let said = text::read(&self.statement, &[Kind::Statement])?;
        let certificate = text::read(&self.certificate, &[Kind::Certificate])?;
        let said = statement::verify(
            &said.bytes,
            &certificate.bytes,
            &oem,
            nonce.as_ref(),
            device.as_ref(),
        )?;
        let Value::Object(fields) = inspect::said(&said) else { return Ok(()) };
        let text = format!("verified: {}\n{}", words::state(said.state), inspect::lines(&fields));
        Printer::new(self.json).show(&fields, &text)
    }
}
