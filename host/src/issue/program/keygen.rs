//! `keygen`: a new key pair.

use std::path::{Path, PathBuf};

use clap::Args;
use paylatch_proto::sign;
use serde::Serialize;
use zeroize::Zeroizing;

use super::keys::{self, Passphrase};
use crate::cli::Printer;
use crate::error::{Error, Kind, Result};
use crate::issue::{PrivateKey, Signer, store};

/// Make a key pair: a private key that only you can read, and its public half
#[derive(Args)]
pub struct Keygen {
    /// Where the private key goes; nothing is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where the public key goes [default: FILE with .pub.pem in place of .pem]
    #[arg(long, value_name = "FILE")]
    public_out: Option<PathBuf>,
    /// Encrypt the private key; the passphrase is asked for unless it is given
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Made<'a> {
    key: &'a Path,
    public: &'a Path,
    public_key: String,
    key_id: String,
    encrypted: bool,
}

impl Keygen {
    /// Makes the pair.
    ///
    /// # Errors
    /// [`Kind::Io`] when one of the files is there already or can't be written,
    /// [`Kind::Key`] without a passphrase where one is needed.
    pub fn run(&self) -> Result<()> {
        let public_out = self.public_out.clone().unwrap_or_else(|| public_name(&self.out));
        for path in [&self.out, &public_out] {
            if path.symlink_metadata().is_ok() {
                return Err(store::exists(path));
            }
        }
        let passphrase = self.new_passphrase()?;
        let key = PrivateKey::generate()?;
        let pem = key.to_pem(passphrase.as_ref().map(|p| p.as_slice()))?;
        let public_pem = key.to_public_pem()?;
        store::new_secret(&self.out, pem.as_bytes())?;
        if let Err(error) = store::new_public(&public_out, public_pem.as_bytes()) {
            // A private key alone would stand in the way of the next try.
            let _ = std::fs::remove_file(&self.out);
            return Err(error);
        }
        let made = Made {
            key: &self.out,
            public: &public_out,
            public_key: key.public_key().to_string(),
            key_id: sign::key_id(key.public_key()).to_string(),
            encrypted: passphrase.is_some(),
        };
        let text = format!(
            "private key: {}{}\npublic key: {}\nkey id: {}",
            made.key.display(),
            if made.encrypted { " (encrypted)" } else { "" },
            made.public.display(),
            made.key_id
        );
        Printer::new(self.json).show(&made, &text)
    }

    fn new_passphrase(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let bad = |message: &str| Error::new(Kind::Key, message);
        let given = self.passphrase.given()?;
        match (self.encrypt, given) {
            (true, None) if keys::can_ask() => {
                let first = keys::ask("Passphrase of the new key: ")?;
                if first.is_empty() {
                    return Err(bad("the passphrase is empty"));
                }
                if first != keys::ask("The same again: ")? {
                    return Err(bad("the two passphrases differ"));
                }
                Ok(Some(first))
            }
            (true, None) => {
                Err(bad("--encrypt needs a passphrase: --passphrase-file or --passphrase-env"))
            }
            (_, given) => Ok(given),
        }
    }
}

fn public_name(private: &Path) -> PathBuf {
    match private.extension() {
        Some(extension) if extension == "pem" => private.with_extension("pub.pem"),
        _ => {
            let mut name = private.as_os_str().to_owned();
            name.push(".pub.pem");
            name.into()
        }
    }
}
