use std::path::PathBuf;

use clap::{Args, Subcommand};
use paylatch::error::{Error, Kind, Result};
use paylatch::issue::oem::{self, Terms};
use paylatch::issue::program::batch::Row;
use paylatch::issue::program::contact::{self, Base, ContactFile};
use paylatch::issue::program::date::Issued;
use paylatch::issue::program::keys::{self, Means};
use paylatch::issue::program::product::OutputArgs;
use paylatch::issue::program::target::Device;
use paylatch::issue::program::value;
use paylatch::issue::program::work::Work;
use paylatch::issue::{Prepared, statement};
use paylatch::{hex, text, words};
use paylatch_proto::limits;
use paylatch_proto::state::usable;
use paylatch_proto::voucher::Policy;

/// What an OEM signs. `K` says how the signature comes about.
#[derive(Subcommand)]
pub enum Documents<K: Means> {
    /// Enrol a device with a lender
    ///
    /// CSV columns: device, reference, notice, sunset, and name, phone, payment,
    /// note, minor_units, currency, language of the contact record.
    Voucher(Voucher<K>),
    /// Seal a device as not financed
    ///
    /// CSV columns: device, reference.
    Seal(Seal<K>),
    /// Verify the statement that came back from provisioning, and certify the
    /// device's keys
    ///
    /// CSV columns: device, reference, statement, nonce.
    Certify(Certify<K>),
}

#[derive(Args)]
struct Common<K: Means> {
    #[command(flatten)]
    device: Device,
    #[command(flatten)]
    key: K,
    #[command(flatten)]
    issued: Issued,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
pub struct Voucher<K: Means> {
    /// The lender's public key: PEM
    #[arg(long, value_name = "FILE")]
    lender_key: PathBuf,
    /// Public key of the lender's desk, for hotline codes: PEM
    #[arg(long, value_name = "FILE")]
    desk_key: Option<PathBuf>,
    /// Public key that can release when the lender is gone: PEM
    #[arg(long, value_name = "FILE")]
    escrow_key: Option<PathBuf>,
    /// Days of use after which the device releases itself; this or --escrow-key
    /// is needed, so that no lender can leave a brick
    #[arg(long, value_name = "DAYS")]
    sunset: Option<u32>,
    /// Time of use between a notice and the earliest lock, like 3d or 72h
    #[arg(long, value_name = "TIME", required_unless_present = "csv")]
    notice: Option<String>,
    /// The least notice time the devices were built with (`paylatch identity`
    /// shows it) [default: that of release builds, three days]
    #[arg(long, value_name = "TIME")]
    notice_min: Option<String>,
    /// Take hotline codes
    #[arg(long, requires = "desk_key")]
    hotline: bool,
    /// What stays usable while locked, beside emergency calls: incoming-calls,
    /// outgoing-calls, messages, lender-app, clock, health
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    usable: Vec<String>,
    #[command(flatten)]
    contact: ContactFile,
    #[command(flatten)]
    common: Common<K>,
}

#[derive(Args)]
pub struct Seal<K: Means> {
    #[command(flatten)]
    common: Common<K>,
}

#[derive(Args)]
pub struct Certify<K: Means> {
    /// The statement: a file, its text, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "csv", required_unless_present = "csv")]
    statement: Option<String>,
    /// The number the device was provisioned with, 64 hexadecimal digits
    #[arg(long, value_name = "NONCE", conflicts_with = "csv", required_unless_present = "csv")]
    nonce: Option<String>,
    #[command(flatten)]
    common: Common<K>,
}

impl<K: Means> Documents<K> {
    pub fn output(&self) -> &OutputArgs {
        match self {
            Documents::Voucher(voucher) => &voucher.common.output,
            Documents::Seal(seal) => &seal.common.output,
            Documents::Certify(certify) => &certify.common.output,
        }
    }

    pub fn run(self) -> Result<()> {
        match self {
            Documents::Voucher(voucher) => voucher.run(),
            Documents::Seal(seal) => seal.run(),
            Documents::Certify(certify) => certify.run(),
        }
    }
}

impl<K: Means> Common<K> {
    fn run(
        &self,
        columns: &[&str],
        prepare: impl Fn(&Row<'_>, u32, &paylatch::issue::CurveKey) -> Result<Prepared>,
    ) -> Result<()> {
        let holders = [self.key.holder()?];
        let [oem] = &holders;
        let issued_at = self.issued.at()?;
        let work = Work {
            holders: &holders,
            csv: &self.device.csv,
            columns,
            output: &self.output,
            digest_out: self.key.digest_out(),
        };
        work.run(|row| prepare(row, issued_at, oem.public_key()))
    }
}

impl<K: Means> Voucher<K> {
    fn run(&self) -> Result<()> {
        let lender = keys::public(&self.lender_key)?;
        let desk = self.desk_key.as_deref().map(keys::public).transpose()?;
        let escrow = self.escrow_key.as_deref().map(keys::public).transpose()?;
        let notice = option("--notice", self.notice.as_deref())?;
        let notice_min = option("--notice-min", self.notice_min.as_deref())?
            .unwrap_or(limits::NOTICE_MIN_RELEASE);
        let usable = self.usable()?;
        let base: Base = self.contact.base()?;
        let columns = [&["notice", "sunset"], &contact::COLUMNS[..]].concat();
        self.common.run(&columns, |row, issued_at, oem| {
            let device = self.common.device.of(row)?;
            let notice = match row.get("notice") {
                Some(text) => value::seconds(text).map_err(|e| e.of("column notice"))?,
                None => notice.ok_or_else(|| {
                    Error::new(Kind::Input, "column notice: missing, and no --notice")
                })?,
            };
            let sunset = match row.get("sunset") {
                Some(text) => Some(value::number(text).map_err(|e| e.of("column sunset"))?),
                None => self.sunset,
            };
            let policy = Policy { notice, hotline: self.hotline, usable };
            let terms = Terms { lender, desk, escrow, sunset, policy, contact: base.with(row)? };
            oem::voucher(&terms, &device, issued_at, oem, notice_min)
        })
    }

    fn usable(&self) -> Result<u16> {
        let known: Vec<(u16, &str)> = (0..u16::BITS)
            .map(|bit| 1 << bit)
            .filter(|bit| usable::ALL & bit != 0)
            .flat_map(|bit| words::usable_names(bit).into_iter().map(move |name| (bit, name)))
            .collect();
        self.usable.iter().try_fold(0, |bits, name| {
            let wanted = name.trim().replace('-', "_");
            match known.iter().find(|(_, name)| *name == wanted) {
                Some((bit, _)) => Ok(bits | bit),
                None => {
                    let names: Vec<_> = known.iter().map(|(_, n)| n.replace('_', "-")).collect();
                    Err(Error::new(
                        Kind::Input,
                        format!(
                            "--usable: `{}` is none of {}",
                            name.escape_debug(),
                            names.join(", ")
                        ),
                    ))
                }
            }
        })
    }
}

fn option(name: &str, text: Option<&str>) -> Result<Option<u32>> {
    text.map(value::seconds).transpose().map_err(|e| e.of(name))
}

impl<K: Means> Seal<K> {
    fn run(&self) -> Result<()> {
        self.common
            .run(&[], |row, issued_at, oem| oem::seal(&self.common.device.of(row)?, issued_at, oem))
    }
}

impl<K: Means> Certify<K> {
    fn run(&self) -> Result<()> {
        let kinds = [paylatch_proto::armour::Kind::Statement];
        let column = |row: &Row<'_>, name: &'static str| {
            row.get(name)
                .map(str::to_owned)
                .ok_or_else(|| Error::new(Kind::Input, format!("column {name}: missing")))
        };
        let given =
            self.statement.as_deref().map(|source| text::read(source, &kinds)).transpose()?;
        self.common.run(&["statement", "nonce"], |row, issued_at, oem| {
            let device = self.common.device.of(row)?;
            let nonce = match &self.nonce {
                Some(nonce) => hex::decode(nonce).map_err(|e| e.of("--nonce"))?,
                None => hex::decode(&column(row, "nonce")?).map_err(|e| e.of("column nonce"))?,
            };
            let said = match &given {
                Some(given) => given.clone(),
                None => text::parse(column(row, "statement")?.as_bytes(), &kinds)
                    .map_err(|e| e.of("column statement"))?,
            };
            oem::certificate(
                &statement::at_enrolment(&said.bytes, &nonce, &device)?,
                issued_at,
                oem,
            )
        })
    }
}
