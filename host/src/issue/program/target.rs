//! For which device: one on the command line, or many in a CSV file.

use std::path::PathBuf;

use clap::Args;
use paylatch_proto::armour::Kind as TextKind;
use paylatch_proto::bytes::{DeviceId, Digest};
use paylatch_proto::voucher::Voucher;

use super::batch::Row;
use crate::error::{Error, Kind, Result};
use crate::issue::order::{self, Enrolment};
use crate::{hex, text};

/// Many devices.
#[derive(Args)]
pub struct Csv {
    /// CSV file with a row for each device; its first line names the columns
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Go on past bad rows, and report each in the output's column `error`;
    /// otherwise one bad row is enough for nothing to be written
    #[arg(long)]
    pub keep_going: bool,
}

/// The device of a voucher or a seal.
#[derive(Args)]
pub struct Device {
    /// Device id, 64 hexadecimal digits
    #[arg(long, value_name = "ID", conflicts_with = "csv", required_unless_present = "csv")]
    device: Option<String>,
    /// Many devices.
    #[command(flatten)]
    pub csv: Csv,
}

/// The enrolment of a message.
#[derive(Args)]
pub struct Enrolled {
    /// Device id, 64 hexadecimal digits; not needed with --voucher-file
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "csv",
        required_unless_present_any = ["csv", "voucher_file"]
    )]
    device: Option<String>,
    /// Voucher digest, 64 hexadecimal digits: which enrolment
    #[arg(
        long,
        value_name = "DIGEST",
        conflicts_with_all = ["csv", "voucher_file"],
        required_unless_present_any = ["csv", "voucher_file"]
    )]
    voucher: Option<String>,
    /// The voucher itself: a file, its text, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    voucher_file: Option<String>,
    /// Many devices.
    #[command(flatten)]
    pub csv: Csv,
}

fn missing(what: &str) -> Error {
    Error::new(Kind::Input, format!("{what}: missing"))
}

impl Device {
    /// The device of this row, or of the command line.
    ///
    /// # Errors
    /// [`Kind::Input`], which names column or option.
    pub fn of(&self, row: &Row<'_>) -> Result<DeviceId> {
        match &self.device {
            Some(device) => hex::decode(device).map_err(|e| e.of("--device")),
            None => device(row),
        }
    }
}

impl Enrolled {
    /// The enrolment of this row, or of the command line; and the voucher,
    /// where it was given itself.
    ///
    /// # Errors
    /// [`Kind::Input`], which names column or option.
    pub fn of(&self, row: &Row<'_>) -> Result<(Enrolment, Option<Voucher>)> {
        if let Some(source) = &self.voucher_file {
            let voucher =
                text::read(source, &[TextKind::Voucher]).map_err(|e| e.of("--voucher-file"))?;
            let (enrolment, voucher) = order::enrolment(&voucher.bytes)?;
            if let Some(given) = &self.device {
                let given = hex::decode(given).map_err(|e| e.of("--device"))?;
                check_same(&given, &enrolment.device)?;
            }
            return Ok((enrolment, Some(voucher)));
        }
        if let (Some(device), Some(voucher)) = (&self.device, &self.voucher) {
            let device = hex::decode(device).map_err(|e| e.of("--device"))?;
            let voucher = hex::decode(voucher).map_err(|e| e.of("--voucher"))?;
            return Ok((Enrolment { device, voucher }, None));
        }
        let device = device(row)?;
        let column = |e: Error| e.of("column voucher");
        let voucher = row.get("voucher").ok_or_else(|| missing("column voucher"))?;
        if !voucher.contains(':') {
            let voucher: Digest = hex::decode(voucher).map_err(column)?;
            return Ok((Enrolment { device, voucher }, None));
        }
        let voucher = text::parse(voucher.as_bytes(), &[TextKind::Voucher]).map_err(column)?;
        let (enrolment, voucher) = order::enrolment(&voucher.bytes).map_err(column)?;
        check_same(&device, &enrolment.device).map_err(column)?;
        Ok((enrolment, Some(voucher)))
    }
}

fn device(row: &Row<'_>) -> Result<DeviceId> {
    let device = row.get("device").ok_or_else(|| missing("column device"))?;
    hex::decode(device).map_err(|e| e.of("column device"))
}

fn check_same(given: &DeviceId, named: &DeviceId) -> Result<()> {
    if given == named {
        Ok(())
    } else {
        Err(Error::new(Kind::Input, format!("the voucher is for device {named}, not {given}")))
    }
}
