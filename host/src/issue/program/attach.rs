//! `sign` and `attach`: from what was prepared to the message.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use clap::Args;
use paylatch_proto::bytes::Signature;

use super::keys::{Means, Signing};
use super::product::{Layout, OutputArgs, Product, Results};
use crate::error::{Error, Kind, Result};
use crate::hex;
use crate::issue::{Prepared, signer};

/// Sign what was prepared, with a key file
#[derive(Args)]
pub struct Sign {
    /// What `prepare` wrote
    #[arg(long, value_name = "FILE")]
    prepared: PathBuf,
    #[command(flatten)]
    key: Signing,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Put a signature that an HSM or a key service made on what was prepared
#[derive(Args)]
pub struct Attach {
    /// What `prepare` wrote
    #[arg(long, value_name = "FILE")]
    prepared: PathBuf,
    /// Signature over the digest: 64 bytes r ‖ s or DER, as they are, in
    /// hexadecimal or in Base64; for many, one a line in the same order
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl Sign {
    /// Signs all of it.
    ///
    /// # Errors
    /// [`Kind::Input`] for what was not prepared, [`Kind::Key`] for another key.
    pub fn run(&self) -> Result<()> {
        let holders = [self.key.holder()?];
        let key = holders.first().map(|holder| **holder.public_key());
        let sign = |_, prepared: Prepared| {
            if key != Some(prepared.signer) {
                let signer = prepared.signer;
                return Err(Error::new(
                    Kind::Key,
                    format!("{}: is another key than {signer}", self.key.key.display()),
                ));
            }
            Product::make(prepared, &holders)
        };
        each(&self.prepared, &self.output, sign, |_| Ok(()))
    }
}

impl Attach {
    /// Puts on all signatures; every one is verified before any result is written.
    ///
    /// # Errors
    /// [`Kind::Input`] for what was not prepared or is no signature,
    /// [`Kind::Refused`] for a signature that does not verify.
    pub fn run(&self) -> Result<()> {
        let path = &self.signature;
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, &e))?;
        let signatures = signatures(&bytes).map_err(|e| e.of(path.display()))?;
        let uneven = |prepared: usize| {
            let problem = format!("holds {} signatures for {prepared} messages", signatures.len());
            Error::new(Kind::Input, problem).of(path.display())
        };
        let attach = |place: usize, prepared| match signatures.get(place) {
            Some(signature) => Product::attach(prepared, signature),
            None => Err(uneven(place + 1)),
        };
        each(&self.prepared, &self.output, attach, |count| {
            if count == signatures.len() { Ok(()) } else { Err(uneven(count)) }
        })
    }
}

/// One signature as it is, or one a line in hexadecimal or Base64.
fn signatures(bytes: &[u8]) -> Result<Vec<Signature>> {
    if let Ok(signature) = signer::read_signature(bytes) {
        return Ok(vec![signature]);
    }
    let text = str::from_utf8(bytes).unwrap_or_default();
    let mut signatures = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line = line.trim();
        let signature = hex::decode_any(line)
            .or_else(|_| Base64::decode_vec(line))
            .map_err(|_| Error::new(Kind::Input, "neither hexadecimal nor Base64"))
            .and_then(|bytes| signer::read_signature(&bytes));
        signatures.push(signature.map_err(|e| e.of(format_args!("line {}", at + 1)))?);
    }
    if signatures.is_empty() {
        return signer::read_signature(bytes).map(|signature| vec![signature]);
    }
    Ok(signatures)
}

/// Goes through what was prepared; results are let go of only after `end`.
fn each(
    path: &Path,
    output: &OutputArgs,
    mut step: impl FnMut(usize, Prepared) -> Result<Product>,
    end: impl FnOnce(usize) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(|e| Error::io(path, &e))?;
    let mut all = serde_json::Deserializer::from_reader(BufReader::new(file))
        .into_iter::<Prepared>()
        .enumerate()
        .map(|(place, prepared)| match prepared {
            Ok(prepared) => Ok((place, prepared)),
            Err(e) if e.is_io() => Err(Error::io(path, &e.into())),
            Err(e) => {
                let place = place + 1;
                let problem = format!("message {place}: is not what `prepare` wrote: {e}");
                Err(Error::new(Kind::Input, problem).of(path.display()))
            }
        });
    let first = all.next().transpose()?;
    let second = all.next().transpose()?;
    let layout = match (&second, output.json) {
        (_, true) => Layout::Json,
        (None, _) => Layout::Text,
        (Some(_), _) => Layout::Csv,
    };
    let mut results = Results::begin(output.out.as_deref(), layout, false)?;
    let mut count = 0;
    for item in first.into_iter().chain(second).map(Ok).chain(all) {
        let (place, prepared) = item?;
        let named = |e: Error| e.of(format_args!("{}: message {}", path.display(), place + 1));
        results.add(&step(place, prepared).map_err(named)?)?;
        count = place + 1;
    }
    if count == 0 {
        return Err(Error::new(Kind::Input, "is empty").of(path.display()));
    }
    end(count)?;
    results.commit()
}
