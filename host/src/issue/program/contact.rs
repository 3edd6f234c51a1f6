//! Contact records on command lines: a JSON file, and columns that change it
//! from row to row.

use std::path::PathBuf;

use clap::Args;
use paylatch_proto::contact::Contact;

use super::batch::Row;
use super::value;
use crate::error::{Error, Kind, Result};
use crate::issue::contact::{AmountFields, ContactFields};

/// Columns that replace fields of the contact record.
pub const COLUMNS: [&str; 7] =
    ["name", "phone", "payment", "note", "minor_units", "currency", "language"];

/// Which contact record.
#[derive(Args)]
pub struct ContactFile {
    /// Contact record: JSON with name, phone, and as wanted payment, note,
    /// amount {minor_units, currency} and language
    #[arg(long, value_name = "FILE", required_unless_present = "csv")]
    contact: Option<PathBuf>,
}

/// What the file says, before rows change it.
#[derive(Clone, Default)]
pub struct Base {
    fields: ContactFields,
    // Checked once, and good for every row that changes nothing.
    whole: Option<Contact>,
}

impl ContactFile {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`Kind::Io`], or [`Kind::Input`], which names the file and the field.
    pub fn base(&self) -> Result<Base> {
        let Some(path) = &self.contact else { return Ok(Base::default()) };
        let json = value::text_file(path, Kind::Input)?;
        let named = |e: Error| e.of(path.display());
        let fields = ContactFields::from_json(&json).map_err(named)?;
        let whole = fields.check().map_err(named)?;
        Ok(Base { fields, whole: Some(whole) })
    }
}

impl Base {
    /// The record for this row.
    ///
    /// # Errors
    /// [`Kind::Input`], which names the field.
    pub fn with(&self, row: &Row<'_>) -> Result<Contact> {
        if let Some(whole) = &self.whole
            && COLUMNS.iter().all(|column| row.get(column).is_none())
        {
            return Ok(whole.clone());
        }
        let mut fields = self.fields.clone();
        for (column, field) in [
            ("name", &mut fields.name),
            ("phone", &mut fields.phone),
            ("payment", &mut fields.payment),
            ("note", &mut fields.note),
            ("language", &mut fields.language),
        ] {
            if let Some(text) = row.get(column) {
                *field = text.to_owned();
            }
        }
        let units = row.get("minor_units");
        let currency = row.get("currency");
        if units.is_some() || currency.is_some() {
            let base = fields.amount.take();
            let minor_units = match units {
                Some(units) => value::number(units).map_err(|e| e.of("column minor_units"))?,
                None => base.as_ref().map(|amount| amount.minor_units).ok_or_else(|| {
                    Error::new(Kind::Input, "column minor_units: missing beside a currency")
                })?,
            };
            let currency = currency.map(str::to_owned).or(base.map(|amount| amount.currency));
            let currency = currency.ok_or_else(|| {
                Error::new(Kind::Input, "column currency: missing beside minor_units")
            })?;
            fields.amount = Some(AmountFields { minor_units, currency });
        }
        fields.check()
    }
}
