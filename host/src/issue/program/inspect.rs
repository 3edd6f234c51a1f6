//! `inspect`: what a text says.

use clap::Args;
use paylatch_proto::armour::Kind;

use crate::cli::Printer;
use crate::error::Result;
use crate::issue::inspect;
use crate::text;

/// Show what a message, voucher, seal, statement or certificate says; nothing
/// is verified
#[derive(Args)]
pub struct Inspect {
    /// A file, the text itself, or - for standard input
    text: String,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

impl Inspect {
    /// Shows it.
    ///
    /// # Errors
    /// Those of [`text::read`].
    pub fn run(&self) -> Result<()> {
        let text = text::read(&self.text, &Kind::ALL)?;
        let fields = inspect::inspect(&text)?;
        Printer::new(self.json).show(&fields, &inspect::lines(&fields))
    }
}
