//! Dates and sequence numbers on command lines.

use std::path::PathBuf;

use clap::Args;

use crate::error::Result;
use crate::issue::order::Dated;
use crate::issue::sequence;

/// When it was issued.
#[derive(Args)]
pub struct Issued {
    /// Date in Unix seconds, for people only [default: now]
    #[arg(long, value_name = "SECONDS")]
    issued_at: Option<u32>,
}

/// Place in the order of messages.
#[derive(Args)]
pub struct Sequence {
    /// Sequence number [default: the present Unix seconds]; a device refuses one
    /// below the last it has taken, and another message with the same one
    #[arg(long, value_name = "NUMBER", conflicts_with = "sequence_file")]
    sequence: Option<u64>,
    /// Take the sequence number from this file, which remembers the last one:
    /// strictly increasing, even within a second
    #[arg(long, value_name = "FILE")]
    sequence_file: Option<PathBuf>,
}

impl Issued {
    /// Unix seconds.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io) when the computer's clock is wrong.
    pub fn at(&self) -> Result<u32> {
        self.issued_at.map_or_else(sequence::now, Ok)
    }
}

impl Sequence {
    /// Date and number.
    ///
    /// # Errors
    /// Those of [`sequence::next`].
    pub fn dated(&self, issued: &Issued) -> Result<Dated> {
        let sequence = match (self.sequence, &self.sequence_file) {
            (Some(sequence), _) => sequence,
            (None, Some(path)) => sequence::next(path)?,
            (None, None) => u64::from(sequence::now()?),
        };
        Ok(Dated { sequence, issued_at: issued.at()? })
    }
}
