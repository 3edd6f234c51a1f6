//! CSV files with a row for each device.
//!
//! The first line names the columns, in any order. An empty field is as good as
//! a missing column. A column that means nothing is refused: it may be a slip of
//! the pen in one that does.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use csv::{ErrorKind, StringRecord};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Kind, Result};

/// Columns that every batch may have: the issuer's own name for a device, which
/// comes back in the output; and what is left of an output that is handed in
/// again.
const ALWAYS: [&str; 3] = ["device", "reference", "text"];

/// One row, or none for a command line that names one device.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    fields: Option<(&'a Columns, &'a StringRecord)>,
    /// Line in the file, from 1.
    pub line: u64,
}

impl Row<'_> {
    /// Stands for a command line without a file.
    pub const NONE: Row<'static> = Row { fields: None, line: 0 };

    /// The field in this column; `None` when it is empty or there is none.
    pub fn get(&self, column: &str) -> Option<&str> {
        let (columns, record) = self.fields?;
        let field = record.get(columns.place(column)?)?.trim();
        Some(field).filter(|field| !field.is_empty())
    }
}

/// As they are named in the first line, in their order.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn place(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }
}

/// A CSV file that can be gone through more than once.
pub struct Batch<'a> {
    path: &'a Path,
    known: &'a [&'a str],
    /// What it was like when it was opened.
    version: Version,
}

/// Length in bytes, and when it was written last.
type Version = (u64, Option<SystemTime>);

impl<'a> Batch<'a> {
    /// Rows of `path`; `known` are the columns that mean something beside
    /// `device`, `reference` and `text`.
    ///
    /// # Errors
    /// [`Kind::Io`] when it can't be read, [`Kind::Input`] when it can't be read
    /// twice.
    pub fn open(path: &'a Path, known: &'a [&'a str]) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|e| Error::io(path, &e))?;
        if meta.is_file() {
            Ok(Batch { path, known, version: version(&meta) })
        } else {
            Err(Error::new(
                Kind::Input,
                format!("{}: is not a regular file; it is read twice", path.display()),
            ))
        }
    }

    /// Hands each row to `each`, good or unreadable, with a bar on the terminal
    /// that shows how far it has come; a line that `each` answers goes to standard
    /// error. Returns how many rows there were.
    ///
    /// # Errors
    /// [`Kind::Io`] when the file can't be read, [`Kind::Input`] for its first
    /// line or when there is no row, and whatever `each` ends it with.
    pub fn each(
        &self,
        label: &'static str,
        mut each: impl FnMut(Row<'_>, Result<()>) -> Result<Option<String>>,
    ) -> Result<u64> {
        let io = |e| Error::io(self.path, &e);
        let file = File::open(self.path).map_err(io)?;
        let bar = bar(label, file.metadata().map_err(io)?.len());
        let mut reader = csv::Reader::from_reader(bar.wrap_read(file));
        let columns = self.columns(&mut reader)?;
        let mut record = StringRecord::new();
        let mut count = 0;
        loop {
            let said = match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    each(Row { fields: Some((&columns, &record)), line }, Ok(()))?
                }
                Err(error) => {
                    let (problem, line) = self.unreadable(error)?;
                    each(Row { fields: None, line }, Err(Error::new(Kind::Input, problem)))?
                }
            };
            if let Some(said) = said {
                bar.suspend(|| eprintln!("{said}"));
            }
            count += 1;
        }
        bar.finish_and_clear();
        if count == 0 {
            return Err(self.bad("has no rows"));
        }
        Ok(count)
    }

    /// That what was signed is what was checked.
    ///
    /// # Errors
    /// [`Kind::Input`] when the file is not what it was when it was opened.
    pub fn check_unchanged(&self) -> Result<()> {
        let meta = std::fs::metadata(self.path).map_err(|e| Error::io(self.path, &e))?;
        if version(&meta) == self.version {
            Ok(())
        } else {
            Err(self.bad("was changed while it was read; nothing was written; try again"))
        }
    }

    fn bad(&self, problem: impl std::fmt::Display) -> Error {
        Error::new(Kind::Input, format!("{}: {problem}", self.path.display()))
    }

    fn columns(&self, reader: &mut csv::Reader<impl Read>) -> Result<Columns> {
        let head = reader.headers().map_err(|e| match e.into_kind() {
            ErrorKind::Io(e) => Error::io(self.path, &e),
            _ => self.bad("the first line is not text (UTF-8)"),
        })?;
        let mut columns = Columns::default();
        for name in head.iter().map(str::trim) {
            if !ALWAYS.contains(&name) && !self.known.contains(&name) {
                let known: Vec<&str> = ALWAYS.iter().chain(self.known).copied().collect();
                return Err(self.bad(format!(
                    "column `{}` means nothing here; the first line names columns out of: {}",
                    name.escape_debug(),
                    known.join(", ")
                )));
            }
            if columns.place(name).is_some() {
                return Err(self.bad(format!("column `{name}` is there twice")));
            }
            columns.names.push(name.to_owned());
        }
        if columns.place("device").is_none() {
            return Err(self.bad("has no column `device`"));
        }
        Ok(columns)
    }

    /// What is wrong with a row that can't be taken apart, and its line.
    fn unreadable(&self, error: csv::Error) -> Result<(String, u64)> {
        let line = error.position().map_or(0, csv::Position::line);
        match error.into_kind() {
            ErrorKind::Io(e) => Err(Error::io(self.path, &e)),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                Ok((format!("{len} fields, but {expected_len} columns"), line))
            }
            ErrorKind::Utf8 { err, .. } => {
                Ok((format!("field {} is not text (UTF-8)", err.field() + 1), line))
            }
            _ => Ok(("can't be read as CSV".into(), line)),
        }
    }
}

fn version(meta: &Metadata) -> Version {
    (meta.len(), meta.modified().ok())
}

/// A progress bar over so many bytes; nothing where there is no terminal.
fn bar(label: &'static str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{msg:10} [{bar:40}] {percent:>3} %  {eta} left")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(label);
    bar
}
