//! One device or many: prepares, signs and writes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::batch::{Batch, Row};
use super::keys::Holder;
use super::product::{Failed, Layout, OutputArgs, Product, Results};
use super::target::Csv;
use crate::error::{Error, Kind, Result};
use crate::issue::Prepared;
use crate::issue::store;

/// A command that makes one message for each device.
pub struct Work<'a> {
    /// Who can sign, or for whom it is prepared.
    pub holders: &'a [Holder],
    /// Many devices, or one.
    pub csv: &'a Csv,
    /// Columns that mean something, beside those that always do.
    pub columns: &'a [&'a str],
    /// Where results go.
    pub output: &'a OutputArgs,
    /// Where the bare digest goes, of one device.
    pub digest_out: Option<&'a Path>,
}

impl Work<'_> {
    /// Does it; `prepare` is called for each row, once to check and once more
    /// to sign.
    ///
    /// # Errors
    /// What `prepare` says. For a file with bad rows, the kind of the first bad
    /// one: each is named on standard error, and nothing is written unless the
    /// user asked to go on past them.
    pub fn run(&self, prepare: impl Fn(&Row<'_>) -> Result<Prepared>) -> Result<()> {
        match &self.csv.csv {
            None if self.csv.keep_going => {
                Err(Error::new(Kind::Usage, "--keep-going goes with --csv only"))
            }
            None => self.one(prepare(&Row::NONE)?),
            Some(path) => self.many(path, |row| {
                let mut prepared = prepare(row)?;
                prepared.reference = row.get("reference").map(str::to_owned);
                Ok(prepared)
            }),
        }
    }

    fn one(&self, prepared: Prepared) -> Result<()> {
        let product = Product::make(prepared, self.holders)?;
        let layout = if self.output.json { Layout::Json } else { Layout::Text };
        let mut results = Results::begin(self.output.out.as_deref(), layout, false)?;
        results.add(&product)?;
        if let (Some(path), Some(digest)) = (self.digest_out, product.digest()) {
            let mut file = store::Output::begin(path)?;
            std::io::Write::write_all(&mut file, &digest.0).map_err(|e| Error::io(path, &e))?;
            file.commit()?;
        }
        results.commit()
    }

    fn many(&self, path: &Path, prepare: impl Fn(&Row<'_>) -> Result<Prepared>) -> Result<()> {
        let batch = Batch::open(path, self.columns)?;
        if !self.csv.keep_going {
            self.check(path, &batch, &prepare)?;
        }
        let layout = if self.output.json { Layout::Json } else { Layout::Csv };
        let mut results = Results::begin(self.output.out.as_deref(), layout, self.csv.keep_going)?;
        let mut seen = Seen::default();
        let mut bad = Bad::default();
        let count = batch.each("signing", |row, readable| {
            let product = readable
                .and_then(|()| prepare(&row))
                .and_then(|prepared| seen.first(&prepared, row.line).map(|()| prepared))
                .and_then(|prepared| Product::make(prepared, self.holders));
            match product {
                Ok(product) => results.add(&product).map(|()| None),
                Err(error) if self.csv.keep_going && of_row(&error) => {
                    bad.note(&error);
                    results.add_failed(&failed(&row, &error.to_string())).map(|()| None)
                }
                Err(error) => Err(error.of(format_args!("{}: line {}", path.display(), row.line))),
            }
        })?;
        results.commit()?;
        bad.end(path, count, "see `error` in the output")
    }

    /// Goes through the whole file, and names every bad row.
    fn check(
        &self,
        path: &Path,
        batch: &Batch<'_>,
        prepare: &impl Fn(&Row<'_>) -> Result<Prepared>,
    ) -> Result<()> {
        let mut seen = Seen::default();
        let mut bad = Bad::default();
        let count = batch.each("checking", |row, readable| {
            let checked = readable
                .and_then(|()| prepare(&row))
                .and_then(|prepared| seen.first(&prepared, row.line));
            match checked {
                Err(error) if of_row(&error) => {
                    bad.note(&error);
                    let said = format!("{}: line {}: {error}", path.display(), row.line);
                    Ok(Some(said))
                }
                other => other.map(|()| None),
            }
        })?;
        bad.end(path, count, "nothing was written; correct them, or give --keep-going")
    }
}

/// Whether the row is to blame, and not the whole undertaking.
fn of_row(error: &Error) -> bool {
    matches!(error.kind(), Kind::Input | Kind::Refused)
}

#[derive(Default)]
struct Bad {
    count: u64,
    first: Option<Kind>,
}

impl Bad {
    fn note(&mut self, error: &Error) {
        self.count += 1;
        self.first.get_or_insert(error.kind());
    }

    fn end(&self, path: &Path, rows: u64, what: &str) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some(kind) => Err(Error::new(
                kind,
                format!("{}: {} of {rows} rows are bad; {what}", path.display(), self.count),
            )),
        }
    }
}

fn failed<'a>(row: &'a Row<'_>, error: &'a str) -> Failed<'a> {
    Failed { reference: row.get("reference"), device: row.get("device"), line: row.line, error }
}

/// Rows that were there already: two messages for one device under the same
/// number, or two vouchers, of which the device would refuse the second.
#[derive(Default)]
struct Seen {
    // Half of a device id tells devices apart as well as the whole.
    lines: HashMap<([u8; 16], u64), u64>,
}

impl Seen {
    fn first(&mut self, prepared: &Prepared, line: u64) -> Result<()> {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(prepared.device.0) {
            *to = from;
        }
        match self.lines.entry((half, prepared.sequence().unwrap_or(0))) {
            Entry::Vacant(entry) => {
                entry.insert(line);
                Ok(())
            }
            Entry::Occupied(entry) => Err(Error::new(
                Kind::Input,
                format!(
                    "column device: the same device as in line {}, under the same sequence number",
                    entry.get()
                ),
            )),
        }
    }
}
