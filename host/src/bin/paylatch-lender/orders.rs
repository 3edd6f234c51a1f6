use std::path::PathBuf;

use clap::{Args, Subcommand};
use paylatch::error::{Error, Kind, Result};
use paylatch::issue::order::{self, Dated, NewLender, Order, OtherRoles};
use paylatch::issue::program::batch::Row;
use paylatch::issue::program::contact::{self, ContactFile};
use paylatch::issue::program::date::{Issued, Sequence};
use paylatch::issue::program::keys::{self, Holder, Means, NewHolder};
use paylatch::issue::program::product::OutputArgs;
use paylatch::issue::program::target::Enrolled;
use paylatch::issue::program::value;
use paylatch::issue::program::work::Work;
use paylatch::words;
use paylatch_proto::state::Reason;

/// What a lender orders. `K` says how the signature comes about.
#[derive(Subcommand)]
pub enum Orders<K: Means> {
    /// Give notice: a lock becomes possible once the voucher's notice time has run
    ///
    /// CSV columns: device, voucher, reference, sequence.
    Notice(Plain<K>),
    /// Lock, while a notice allows it
    ///
    /// CSV columns: device, voucher, reference, sequence, reason.
    Lock(Lock<K>),
    /// Unlock, with no deadline
    ///
    /// CSV columns: device, voucher, reference, sequence.
    Unlock(Plain<K>),
    /// Unlock for a time of use; then it locks by itself
    ///
    /// CSV columns: device, voucher, reference, sequence, time.
    UnlockFor(UnlockFor<K>),
    /// Release: the phone is its owner's, for good
    ///
    /// CSV columns: device, voucher, reference.
    Release(Release<K>),
    /// Hand the loan over to another lender
    ///
    /// The new lender's key has to sign first, then the present lender's. Where
    /// they are in two hands, start with `prepare rekey`; the new lender runs
    /// `sign` on it, and then the present one does.
    ///
    /// CSV columns: device, voucher, reference, sequence, and name, phone,
    /// payment, note, minor_units, currency, language of the new contact record.
    Rekey(Rekey<K>),
    /// Replace the contact record that the screens show
    ///
    /// CSV columns: device, voucher, reference, sequence, and name, phone,
    /// payment, note, minor_units, currency, language.
    Contact(Contact<K>),
}

#[derive(Args)]
pub struct Plain<K: Means> {
    #[command(flatten)]
    enrolled: Enrolled,
    #[command(flatten)]
    key: K,
    #[command(flatten)]
    sequence: Sequence,
    #[command(flatten)]
    issued: Issued,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
pub struct Lock<K: Means> {
    /// Shown to the owner: payment-overdue, reported-lost, reported-stolen or
    /// agreement-breached
    #[arg(long, required_unless_present = "csv")]
    reason: Option<String>,
    #[command(flatten)]
    plain: Plain<K>,
}

#[derive(Args)]
pub struct UnlockFor<K: Means> {
    /// Time of use, like 24h, 3d or 90 (seconds)
    #[arg(long, value_name = "TIME", required_unless_present = "csv")]
    time: Option<String>,
    #[command(flatten)]
    plain: Plain<K>,
}

#[derive(Args)]
pub struct Release<K: Means> {
    /// The key is the escrow's, not the lender's
    #[arg(long)]
    escrow: bool,
    #[command(flatten)]
    enrolled: Enrolled,
    #[command(flatten)]
    key: K,
    #[command(flatten)]
    issued: Issued,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
pub struct Rekey<K: Means> {
    #[command(flatten)]
    new: K::New,
    /// Public key of the new lender's desk, for hotline codes: PEM
    #[arg(long, value_name = "FILE")]
    new_desk_key: Option<PathBuf>,
    /// Public key of the OEM, which the new keys must differ from: PEM
    #[arg(long, value_name = "FILE")]
    oem_key: Option<PathBuf>,
    #[command(flatten)]
    contact: ContactFile,
    #[command(flatten)]
    plain: Plain<K>,
}

#[derive(Args)]
pub struct Contact<K: Means> {
    #[command(flatten)]
    contact: ContactFile,
    #[command(flatten)]
    plain: Plain<K>,
}

impl<K: Means> Orders<K> {
    pub fn output(&self) -> &OutputArgs {
        match self {
            Orders::Notice(plain) | Orders::Unlock(plain) => &plain.output,
            Orders::Lock(lock) => &lock.plain.output,
            Orders::UnlockFor(unlock) => &unlock.plain.output,
            Orders::Release(release) => &release.output,
            Orders::Rekey(rekey) => &rekey.plain.output,
            Orders::Contact(contact) => &contact.plain.output,
        }
    }

    pub fn run(self) -> Result<()> {
        match self {
            Orders::Notice(plain) => plain.run(&[], |_| Ok(Order::Notice)),
            Orders::Unlock(plain) => plain.run(&[], |_| Ok(Order::Unlock)),
            Orders::Lock(lock) => lock.run(),
            Orders::UnlockFor(unlock) => unlock.run(),
            Orders::Release(release) => release.run(),
            Orders::Rekey(rekey) => rekey.run(),
            Orders::Contact(contact) => contact.run(),
        }
    }
}

impl<K: Means> Plain<K> {
    fn run(&self, columns: &[&str], order: impl Fn(&Row<'_>) -> Result<Order>) -> Result<()> {
        let holders = [self.key.holder()?];
        let [lender] = &holders;
        let dated = self.sequence.dated(&self.issued)?;
        self.work(&holders, columns, |row| {
            let (enrolment, _) = self.enrolled.of(row)?;
            order::by_lender(&order(row)?, &enrolment, of_row(dated, row)?, lender.public_key())
        })
    }

    fn work(
        &self,
        holders: &[Holder],
        columns: &[&str],
        prepare: impl Fn(&Row<'_>) -> Result<paylatch::issue::Prepared>,
    ) -> Result<()> {
        let columns = [&["voucher", "sequence"], columns].concat();
        let work = Work {
            holders,
            csv: &self.enrolled.csv,
            columns: &columns,
            output: &self.output,
            digest_out: self.key.digest_out(),
        };
        work.run(prepare)
    }
}

/// A row's own sequence number comes before the one for all.
fn of_row(dated: Dated, row: &Row<'_>) -> Result<Dated> {
    match row.get("sequence") {
        None => Ok(dated),
        Some(sequence) => {
            let sequence = value::number(sequence).map_err(|e| e.of("column sequence"))?;
            Ok(Dated { sequence, ..dated })
        }
    }
}

/// A value from the row's column, else from the option, which is read once.
fn either<T: Copy>(
    row: &Row<'_>,
    column: &'static str,
    option: Option<T>,
    read: impl Fn(&str) -> Result<T>,
) -> Result<T> {
    let named = |e: Error| e.of(format_args!("column {column}"));
    match (row.get(column), option) {
        (Some(text), _) => read(text).map_err(named),
        (None, Some(value)) => Ok(value),
        (None, None) => Err(named(Error::new(Kind::Input, format!("missing, and no --{column}")))),
    }
}

fn reason(text: &str) -> Result<Reason> {
    let name = text.trim().replace('-', "_");
    Reason::ALL.into_iter().find(|reason| words::reason_name(*reason) == name).ok_or_else(|| {
        let names = Reason::ALL.map(|reason| words::reason_name(reason).replace('_', "-"));
        Error::new(
            Kind::Input,
            format!("`{}` is no reason; one of {}", text.escape_debug(), names.join(", ")),
        )
    })
}

impl<K: Means> Lock<K> {
    fn run(&self) -> Result<()> {
        let given = self.reason.as_deref().map(reason).transpose();
        let given = given.map_err(|e| e.of("--reason"))?;
        self.plain.run(&["reason"], |row| either(row, "reason", given, reason).map(Order::Lock))
    }
}

impl<K: Means> UnlockFor<K> {
    fn run(&self) -> Result<()> {
        let given = self.time.as_deref().map(value::seconds).transpose();
        let given = given.map_err(|e| e.of("--time"))?;
        self.plain
            .run(&["time"], |row| either(row, "time", given, value::seconds).map(Order::UnlockFor))
    }
}

impl<K: Means> Release<K> {
    fn run(&self) -> Result<()> {
        let holders = [self.key.holder()?];
        let [signer] = &holders;
        let issued_at = self.issued.at()?;
        let work = Work {
            holders: &holders,
            csv: &self.enrolled.csv,
            columns: &["voucher", "sequence"],
            output: &self.output,
            digest_out: self.key.digest_out(),
        };
        work.run(|row| {
            let (enrolment, _) = self.enrolled.of(row)?;
            let key = signer.public_key();
            if self.escrow {
                order::release_by_escrow(&enrolment, issued_at, key)
            } else {
                // A release carries no sequence number; any stands for none.
                let dated = Dated { sequence: 1, issued_at };
                order::by_lender(&Order::Release, &enrolment, dated, key)
            }
        })
    }
}

impl<K: Means> Rekey<K> {
    fn run(&self) -> Result<()> {
        let holders = [self.plain.key.holder()?, self.new.holder()?];
        let [lender, new] = &holders;
        let desk = self.new_desk_key.as_deref().map(keys::public).transpose()?;
        let oem = self.oem_key.as_deref().map(keys::public).transpose()?;
        let base = self.contact.base()?;
        let dated = self.plain.sequence.dated(&self.plain.issued)?;
        self.plain.work(&holders, &contact::COLUMNS, |row| {
            let (enrolment, voucher) = self.plain.enrolled.of(row)?;
            let others = OtherRoles {
                escrow: voucher.and_then(|voucher| voucher.escrow),
                oem: oem.as_deref().copied(),
            };
            let terms = NewLender { key: *new.public_key(), desk, contact: base.with(row)? };
            order::rekey(&terms, &enrolment, of_row(dated, row)?, lender.public_key(), &others)
        })
    }
}

impl<K: Means> Contact<K> {
    fn run(&self) -> Result<()> {
        let base = self.contact.base()?;
        self.plain.run(&contact::COLUMNS, |row| {
            base.with(row).map(|contact| Order::Contact(Box::new(contact)))
        })
    }
}
