//! `simulator`: makes and steers a simulated phone.

use std::path::Path;

use paylatch::cli::Printer;
use paylatch::client::Client;
use paylatch::error::{Error, Kind, Result};
use paylatch::transport::simulator::Simulator;
use paylatch::{view, words};

use crate::cli;

pub fn run(command: &cli::Simulator, file: Option<&Path>, printer: Printer) -> Result<()> {
    let path = file.ok_or_else(|| {
        let or = if cfg!(feature = "optee") { "" } else { " or set PAYLATCH_SIMULATOR" };
        Error::new(Kind::Usage, format!("which simulated phone? Give --simulator FILE{or}"))
    })?;
    let simulator = match command {
        cli::Simulator::New => Simulator::create(path)?,
        cli::Simulator::Advance { time } => {
            let mut simulator = Simulator::open(path)?;
            simulator.advance(*time)?;
            simulator
        }
        cli::Simulator::PowerCut => {
            let mut simulator = Simulator::open(path)?;
            simulator.power_cut()?;
            // Asking now would be the next start already.
            let done = serde_json::json!({ "power_cut": true });
            return printer.show(&done, "The power was cut.");
        }
        cli::Simulator::Storage { storage } => {
            let mut simulator = Simulator::open(path)?;
            simulator.set_storage(*storage)?;
            simulator
        }
    };
    let mut phone = Client::new(simulator);
    let status = phone.status()?;
    let contact = phone.contact_if_any()?;
    let seen = view::status(&status, contact.as_ref());
    let text = match command {
        cli::Simulator::New => format!(
            "A phone fresh from the factory is in {}. Its device id: {}",
            path.display(),
            seen.device.as_deref().unwrap_or("unknown")
        ),
        cli::Simulator::Advance { time } => {
            format!("{} of use passed.\n{}", words::span(time.as_secs()), seen.words)
        }
        cli::Simulator::PowerCut | cli::Simulator::Storage { .. } => seen.words.clone(),
    };
    printer.show(&seen, &text)
}
