//! What a command makes, and how it is written: text, CSV or JSON.

use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use paylatch_proto::bytes::{DeviceId, Digest, Signature};
use serde::Serialize;
use tempfile::SpooledTempFile;

use super::keys::Holder;
use crate::error::{Error, Kind, Result};
use crate::issue::prepared::{Attached, Issued, Prepared, Purpose};
use crate::issue::store;
use crate::{cli, hex, text};

/// Held back in memory before standard output gets it, bytes; more goes to a
/// temporary file.
const SPOOL: usize = 1 << 20;

/// What most rows of a table take, bytes.
const RECORD: usize = 512;

/// Where results go, and how.
#[derive(Args)]
pub struct OutputArgs {
    /// Write to this file, which comes into being whole or not at all
    /// [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

/// One result.
pub struct Product {
    device: DeviceId,
    reference: Option<String>,
    voucher: Option<Digest>,
    sequence: Option<u64>,
    made: Attached,
}

#[derive(Serialize)]
struct IssuedView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    kind: &'static str,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    text: String,
}

/// A row that came to nothing.
#[derive(Serialize)]
pub struct Failed<'a> {
    /// The row's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<&'a str>,
    /// The device as the row has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<&'a str>,
    /// Line in the input, from 1.
    pub line: u64,
    /// What is wrong.
    pub error: &'a str,
}

impl Product {
    /// Has `prepared` signed by those holders whose turn it is and who can sign
    /// here; what is left unsigned then stays prepared.
    ///
    /// # Errors
    /// [`Kind::Key`] when a key can't sign.
    pub fn make(prepared: Prepared, holders: &[Holder]) -> Result<Self> {
        Self::through(prepared, |prepared| {
            let key = holders.iter().find_map(|holder| match holder {
                Holder::Private(key) if **holder.public_key() == prepared.signer => Some(key),
                _ => None,
            });
            match key {
                Some(key) => prepared.sign_step(key).map(ControlFlow::Continue),
                None => Ok(ControlFlow::Break(prepared)),
            }
        })
    }

    /// Puts on one signature that was made elsewhere.
    ///
    /// # Errors
    /// Those of [`Prepared::attach`].
    pub fn attach(prepared: Prepared, signature: &Signature) -> Result<Self> {
        let mut once = Some(signature);
        Self::through(prepared, |prepared| match once.take() {
            Some(signature) => prepared.attach(signature).map(ControlFlow::Continue),
            None => Ok(ControlFlow::Break(prepared)),
        })
    }

    fn through(
        mut prepared: Prepared,
        mut step: impl FnMut(Prepared) -> Result<ControlFlow<Prepared, Attached>>,
    ) -> Result<Self> {
        let device = prepared.device;
        let reference = prepared.reference.clone();
        let sequence = prepared.sequence();
        let voucher = match prepared.purpose {
            Purpose::Voucher => Some(prepared.digest()),
            _ => prepared.voucher,
        };
        let made = loop {
            match step(prepared)? {
                ControlFlow::Continue(Attached::Next(next)) => prepared = next,
                ControlFlow::Continue(issued) => break issued,
                ControlFlow::Break(rest) => break Attached::Next(rest),
            }
        };
        Ok(Product { device, reference, voucher, sequence, made })
    }

    /// The digest that is still to be signed, if one is.
    pub fn digest(&self) -> Option<Digest> {
        match &self.made {
            Attached::Next(prepared) => Some(prepared.digest()),
            Attached::Issued(_) => None,
        }
    }
}

/// How results are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The bare text of one message.
    Text,
    /// A table of many.
    Csv,
    /// One object a line.
    Json,
}

/// Takes results one after the other and lets go of all of them, or none.
pub struct Results {
    layout: Layout,
    target: Target,
    begun: bool,
    errors: bool,
}

enum Target {
    File(store::Output),
    Stdout(SpooledTempFile),
}

impl Results {
    /// Begins; with `errors`, a table has a column for them.
    ///
    /// # Errors
    /// [`Kind::Io`].
    pub fn begin(out: Option<&Path>, layout: Layout, errors: bool) -> Result<Self> {
        let target = match out {
            Some(path) => Target::File(store::Output::begin(path)?),
            None => Target::Stdout(SpooledTempFile::new(SPOOL)),
        };
        Ok(Results { layout, target, begun: false, errors })
    }

    /// Adds a result.
    ///
    /// # Errors
    /// [`Kind::Io`].
    pub fn add(&mut self, product: &Product) -> Result<()> {
        let issued: &Issued = match &product.made {
            // What is to be signed elsewhere has one form only.
            Attached::Next(prepared) => return self.line(prepared),
            Attached::Issued(issued) => issued,
        };
        let device = hex::encode(&product.device.0);
        let voucher = product.voucher.map(|voucher| hex::encode(&voucher.0));
        match self.layout {
            Layout::Text => self.write(format!("{}\n", issued.text()).as_bytes()),
            Layout::Json => self.line(&IssuedView {
                reference: product.reference.as_deref(),
                kind: text::kind_name(issued.kind),
                device,
                voucher,
                sequence: product.sequence,
                text: issued.text(),
            }),
            Layout::Csv => self.record(&[
                &device,
                product.reference.as_deref().unwrap_or_default(),
                voucher.as_deref().unwrap_or_default(),
                &product.sequence.map(|n| n.to_string()).unwrap_or_default(),
                &issued.text(),
                "",
            ]),
        }
    }

    /// Adds a row that came to nothing.
    ///
    /// # Errors
    /// [`Kind::Io`].
    pub fn add_failed(&mut self, failed: &Failed<'_>) -> Result<()> {
        match self.layout {
            Layout::Text | Layout::Json => self.line(failed),
            Layout::Csv => self.record(&[
                failed.device.unwrap_or_default(),
                failed.reference.unwrap_or_default(),
                "",
                "",
                "",
                &format!("line {}: {}", failed.line, failed.error),
            ]),
        }
    }

    /// Lets go of all results.
    ///
    /// # Errors
    /// [`Kind::Io`].
    pub fn commit(self) -> Result<()> {
        match self.target {
            Target::File(output) => output.commit(),
            Target::Stdout(mut spool) => {
                let io = |e| Error::io(Path::new("temporary file"), &e);
                spool.seek(SeekFrom::Start(0)).map_err(io)?;
                let mut buffer = vec![0; SPOOL.min(64 * 1024)];
                loop {
                    let count = std::io::Read::read(&mut spool, &mut buffer).map_err(io)?;
                    match buffer.get(..count) {
                        Some([]) | None => return Ok(()),
                        Some(bytes) => cli::print(bytes)?,
                    }
                }
            }
        }
    }

    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)
            .map_err(|e| Error::new(Kind::Io, format!("the result can't be written: {e}")))?;
        line.push(b'\n');
        self.write(&line)
    }

    fn record(&mut self, fields: &[&str; 6]) -> Result<()> {
        const HEAD: [&str; 6] = ["device", "reference", "voucher", "sequence", "text", "error"];
        let width = if self.errors { HEAD.len() } else { HEAD.len() - 1 };
        let mut writer = csv::WriterBuilder::new()
            .buffer_capacity(RECORD)
            .from_writer(Vec::with_capacity(RECORD));
        let mut write = |fields: &[&str]| writer.write_record(fields.iter().take(width));
        let written = if self.begun { Ok(()) } else { write(&HEAD) }.and_then(|()| write(fields));
        let broken = |e: String| Error::new(Kind::Io, format!("the table can't be written: {e}"));
        written.map_err(|e| broken(e.to_string()))?;
        let bytes = writer.into_inner().map_err(|e| broken(e.to_string()))?;
        self.begun = true;
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let (written, name) = match &mut self.target {
            Target::File(output) => (output.write_all(bytes), "output"),
            Target::Stdout(spool) => (spool.write_all(bytes), "temporary file"),
        };
        written.map_err(|e| Error::io(Path::new(name), &e))
    }
}
