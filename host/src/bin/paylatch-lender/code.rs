use std::path::PathBuf;

use clap::Args;
use paylatch::cli::Printer;
use paylatch::error::{Error, Kind, Result};
use paylatch::issue::desk::{self, Caller};
use paylatch::issue::program::keys::{self, Passphrase};
use paylatch::issue::program::value;
use paylatch::{hex, hotline, text, words};
use paylatch_proto::armour;
use paylatch_proto::hotline::Action;
use serde::Serialize;

/// Make a hotline code, which unlocks a phone for a time, for an owner who calls
///
/// The phone's screen shows a number; the owner reads it out, and types the
/// twelve digits of the code. This needs the desk's key alone, which signs
/// nothing. A code works once, and only while the phone shows that number.
#[derive(Args)]
pub struct Code {
    /// The desk's private key: PKCS#8 PEM, plain or encrypted
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
    /// The OEM's certificate over the device's keys: a file or its text
    #[arg(long, value_name = "FILE", requires = "oem_key")]
    #[arg(required_unless_present = "device", conflicts_with = "device")]
    certificate: Option<String>,
    /// The OEM's public key: PEM
    #[arg(long, value_name = "FILE")]
    oem_key: Option<PathBuf>,
    /// The device, 64 hexadecimal digits, where its certificate was verified before
    #[arg(long, value_name = "ID", requires = "agreement_key")]
    device: Option<String>,
    /// That device's agreement key, 66 hexadecimal digits
    #[arg(long, value_name = "KEY", requires = "device")]
    agreement_key: Option<String>,
    /// The nine digits that the phone shows
    #[arg(long, value_name = "DIGITS")]
    challenge: String,
    /// For how long: 24h, 72h or 7d of use
    #[arg(long, value_name = "TIME")]
    time: String,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `code` prints with `--json`.
#[derive(Serialize)]
struct Made {
    /// Two groups of six digits.
    code: String,
    /// The device id.
    device: String,
    /// Nine digits in groups of three.
    challenge: String,
    /// Seconds of use.
    seconds: u64,
}

impl Code {
    pub fn run(&self) -> Result<()> {
        let challenge = hotline::challenge(&self.challenge).map_err(|e| e.of("--challenge"))?;
        let action = action(&self.time).map_err(|e| e.of("--time"))?;
        let caller = self.caller()?;
        let key = keys::private(&self.key, &self.passphrase)?;
        let made = Made {
            code: desk::code(&key, &caller, challenge, action)?.to_string(),
            device: caller.device.to_string(),
            challenge: challenge.to_string(),
            seconds: action.seconds(),
        };
        Printer::new(self.json).show(&made, &made.code)
    }

    fn caller(&self) -> Result<Caller> {
        match (&self.certificate, &self.oem_key, &self.device, &self.agreement_key) {
            (Some(certificate), Some(oem), ..) => {
                let oem = keys::public(oem)?;
                let certificate = text::read(certificate, &[armour::Kind::Certificate])?;
                Caller::certified(&certificate.bytes, &oem)
            }
            (_, _, Some(device), Some(key)) => Ok(Caller {
                device: hex::decode(device).map_err(|e| e.of("--device"))?,
                agreement: hex::decode(key).map_err(|e| e.of("--agreement-key"))?,
            }),
            // The command line was checked.
            _ => Err(Error::new(Kind::Usage, "give --certificate and --oem-key")),
        }
    }
}

fn action(time: &str) -> Result<Action> {
    let seconds = u64::from(value::seconds(time)?);
    Action::ALL.into_iter().find(|action| action.seconds() == seconds).ok_or_else(|| {
        let spans = Action::ALL.map(|action| words::span(action.seconds())).join(", ");
        Error::new(Kind::Input, format!("a code is for one of {spans} of use"))
    })
}
