//! One device or many: prepares, signs and writes.

use std::path::Path;

use super::batch::{Batch, Row};
use super::keys::Holder;
use super::product::{Failed, Layout, OutputArgs, Product, Results};
use super::sorter::{Sorted, Sorter};
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
        let mut repeated = self.check(path, &batch, &prepare)?;
        let layout = if self.output.json { Layout::Json } else { Layout::Csv };
        let mut results = Results::begin(self.output.out.as_deref(), layout, self.csv.keep_going)?;
        let mut bad = Bad::default();
        let count = batch.each("signing", |row, readable| {
            let product = readable
                .and_then(|()| prepare(&row))
                .and_then(|prepared| repeated.check(row.line).map(|()| prepared))
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
        batch.check_unchanged()?;
        results.commit()?;
        bad.end(path, count, "see `error` in the output")
    }

    /// Goes through the whole file, and names every bad row unless the user asked to go on
    /// past them; then it answers which rows repeat another.
    fn check(
        &self,
        path: &Path,
        batch: &Batch<'_>,
        prepare: &impl Fn(&Row<'_>) -> Result<Prepared>,
    ) -> Result<Repeated> {
        let said = |line, error: &Error| format!("{}: line {line}: {error}", path.display());
        let mut seen = Seen::new();
        let mut bad = Bad::default();
        let count = batch.each("checking", |row, readable| {
            let checked = readable.and_then(|()| prepare(&row));
            match checked.and_then(|prepared| seen.note(&prepared, row.line)) {
                Err(error) if of_row(&error) && self.csv.keep_going => Ok(None),
                Err(error) if of_row(&error) => {
                    bad.note(&error);
                    Ok(Some(said(row.line, &error)))
                }
                other => other.map(|()| None),
            }
        })?;
        let mut repeated = seen.repeated()?;
        if self.csv.keep_going {
            return Ok(repeated);
        }
        while let Some([line, first]) = repeated.take()? {
            let error = repeats(first);
            bad.note(&error);
            eprintln!("{}", said(line, &error));
        }
        bad.end(path, count, "nothing was written; correct them, or give --keep-going")?;
        Ok(repeated)
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

/// Rows by device and sequence number. Two messages for one device under the same
/// number, or two vouchers: the device would refuse the second.
struct Seen(Sorter<4>);

/// Rows that repeat another: their lines in ascending order, each with the first such line.
struct Repeated {
    lines: Sorted<2>,
    next: Option<[u64; 2]>,
}

impl Seen {
    fn new() -> Self {
        Seen(Sorter::default())
    }

    fn note(&mut self, prepared: &Prepared, line: u64) -> Result<()> {
        // Half of a device id tells devices apart as well as the whole.
        let (words, _) = prepared.device.0.as_chunks();
        let mut words = words.iter().map(|word| u64::from_be_bytes(*word));
        let [first, second] = [(); 2].map(|()| words.next().unwrap_or_default());
        self.0.push([first, second, prepared.sequence().unwrap_or(0), line])
    }

    fn repeated(self) -> Result<Repeated> {
        let mut lines = Sorter::default();
        let mut first = None;
        for record in self.0.sorted()? {
            let [a, b, sequence, line] = record?;
            match first {
                Some((like, first)) if like == [a, b, sequence] => lines.push([line, first])?,
                _ => first = Some(([a, b, sequence], line)),
            }
        }
        let mut repeated = Repeated { lines: lines.sorted()?, next: None };
        repeated.take()?;
        Ok(repeated)
    }
}

impl Repeated {
    /// The next one, and goes on to the one after it.
    fn take(&mut self) -> Result<Option<[u64; 2]>> {
        let next = self.lines.next().transpose()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Refuses a line that repeats another; to be asked of lines in ascending order.
    fn check(&mut self, line: u64) -> Result<()> {
        while let Some([repeated, first]) = self.next {
            if repeated > line {
                break;
            }
            self.take()?;
            if repeated == line {
                return Err(repeats(first));
            }
        }
        Ok(())
    }
}

fn repeats(first: u64) -> Error {
    let problem = "column device: the same device as in line";
    Error::new(Kind::Input, format!("{problem} {first}, under the same sequence number"))
}
