//! Keys on command lines: a private one signs at once, a public one prepares
//! what another holder has to sign.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::quick::{QuickKey, Sampled};
use super::value;
use crate::error::{Error, Kind, Result};
use crate::issue::keys::{self, PrivatePem};
use crate::issue::{CurveKey, PrivateKey, Signer};

/// A key as it is at hand.
pub enum Holder {
    /// It can sign here.
    Private(Sampled<QuickKey>),
    /// Someone else signs.
    Public(CurveKey),
}

impl Holder {
    /// The public key.
    pub fn public_key(&self) -> &CurveKey {
        match self {
            Holder::Private(key) => key.public_key(),
            Holder::Public(key) => key,
        }
    }

    /// Of a private key, one in so many of whose signatures is verified.
    ///
    /// # Errors
    /// Those of [`private`].
    fn signing(path: &Path, passphrase: &Passphrase, check: u64) -> Result<Holder> {
        let key = QuickKey::new(&private(path, passphrase)?)?;
        Ok(Holder::Private(Sampled::new(key, check)))
    }
}

/// One in so many signatures is verified where nothing else is said. Verifying takes some ten
/// times as long as signing.
const CHECK: u64 = 1000;

/// How a command comes by its signature.
pub trait Means: Args {
    /// The options that name a rekey's new lender.
    type New: Args + NewHolder;

    /// The key that signs.
    ///
    /// # Errors
    /// Those of [`private`] or [`public`].
    fn holder(&self) -> Result<Holder>;

    /// Where the bare digest goes, if it is wanted.
    fn digest_out(&self) -> Option<&Path>;
}

/// Options that name a new lender's key.
pub trait NewHolder {
    /// The new lender's key.
    ///
    /// # Errors
    /// Those of [`private`] or [`public`].
    fn holder(&self) -> Result<Holder>;
}

/// Signing here.
#[derive(Args)]
pub struct Signing {
    /// Private key that signs: PKCS#8 PEM, plain or encrypted
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Verify one in N of the signatures that are made, the first among them, before anything
    /// is written: 1 for each, 0 for none
    #[arg(long, value_name = "N", default_value_t = CHECK)]
    check: u64,
}

/// Preparing for a signature that is made elsewhere.
#[derive(Args)]
pub struct Preparing {
    /// Public key of whoever signs: PEM
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// Also write the 32 bytes of the digest to this file (not for many)
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    digest_out: Option<PathBuf>,
}

/// The new lender's private key is at hand.
#[derive(Args)]
pub struct NewSigning {
    /// The new lender's private key: PKCS#8 PEM, plain or encrypted
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
    /// File whose first line is the passphrase of the new lender's key
    #[arg(long, value_name = "FILE", conflicts_with = "new_passphrase_env")]
    new_passphrase_file: Option<PathBuf>,
    /// Environment variable that holds the passphrase of the new lender's key
    #[arg(long, value_name = "NAME")]
    new_passphrase_env: Option<String>,
}

/// The new lender proves elsewhere that it holds its key.
#[derive(Args)]
pub struct NewPreparing {
    /// The new lender's public key: PEM
    #[arg(long, value_name = "FILE")]
    new_public_key: PathBuf,
}

/// Where a passphrase comes from; asked for on the terminal otherwise.
#[derive(Args, Clone, Default)]
pub struct Passphrase {
    /// File whose first line is the key's passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_env")]
    passphrase_file: Option<PathBuf>,
    /// Environment variable that holds the key's passphrase
    #[arg(long, value_name = "NAME")]
    passphrase_env: Option<String>,
}

impl Means for Signing {
    type New = NewSigning;

    fn holder(&self) -> Result<Holder> {
        Holder::signing(&self.key, &self.passphrase, self.check)
    }

    fn digest_out(&self) -> Option<&Path> {
        None
    }
}

impl Means for Preparing {
    type New = NewPreparing;

    fn holder(&self) -> Result<Holder> {
        public(&self.public_key).map(Holder::Public)
    }

    fn digest_out(&self) -> Option<&Path> {
        self.digest_out.as_deref()
    }
}

impl NewHolder for NewSigning {
    fn holder(&self) -> Result<Holder> {
        let passphrase = Passphrase {
            passphrase_file: self.new_passphrase_file.clone(),
            passphrase_env: self.new_passphrase_env.clone(),
        };
        // One signature for each of the present lender's.
        Holder::signing(&self.new_key, &passphrase, CHECK)
    }
}

impl NewHolder for NewPreparing {
    fn holder(&self) -> Result<Holder> {
        public(&self.new_public_key).map(Holder::Public)
    }
}

impl Passphrase {
    /// The passphrase that is given, if one is.
    ///
    /// # Errors
    /// [`Kind::Io`] for a file that can't be read, [`Kind::Key`] for an empty
    /// passphrase or a variable that is not set.
    pub fn given(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let (bytes, source) = if let Some(path) = &self.passphrase_file {
            // As OpenSSL's `file:`: up to the first line feed, a carriage return included.
            let mut bytes = Zeroizing::new(value::small_file(path)?);
            let end = bytes.iter().position(|&byte| byte == b'\n');
            bytes.truncate(end.unwrap_or(usize::MAX));
            (bytes, path.display().to_string())
        } else if let Some(name) = &self.passphrase_env {
            let Some(value) = std::env::var_os(name) else {
                return Err(Error::new(
                    Kind::Key,
                    format!(
                        "the environment variable {name} is not set; it should hold the passphrase"
                    ),
                ));
            };
            (Zeroizing::new(value.into_encoded_bytes()), name.clone())
        } else {
            return Ok(None);
        };
        if bytes.is_empty() {
            return Err(Error::new(Kind::Key, format!("{source}: the passphrase is empty")));
        }
        Ok(Some(bytes))
    }
}

/// Whether there is someone to ask.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a passphrase on the terminal.
///
/// # Errors
/// [`Kind::Io`] when the terminal can't be read.
pub fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
    rpassword::prompt_password(prompt)
        .map(|passphrase| Zeroizing::new(passphrase.into_bytes()))
        .map_err(|e| Error::io(Path::new("terminal"), &e))
}

/// Reads a private key.
///
/// # Errors
/// [`Kind::Io`] for a file that can't be read, [`Kind::Key`] for one that holds
/// no P-256 private key or can't be decrypted.
pub fn private(path: &Path, passphrase: &Passphrase) -> Result<PrivateKey> {
    let pem = Zeroizing::new(value::text_file(path, Kind::Key)?);
    let named = |e: Error| e.of(path.display());
    match PrivateKey::read(&pem).map_err(named)? {
        PrivatePem::Plain(key) => Ok(key),
        PrivatePem::Encrypted(encrypted) => {
            let passphrase = match passphrase.given()? {
                Some(passphrase) => passphrase,
                None if can_ask() => ask(&format!("Passphrase of {}: ", path.display()))?,
                None => {
                    return Err(Error::new(
                        Kind::Key,
                        format!(
                            "{}: is encrypted; give its passphrase with --passphrase-file or \
                             --passphrase-env",
                            path.display()
                        ),
                    ));
                }
            };
            encrypted.decrypt(&passphrase).map_err(named)
        }
    }
}

/// Reads a public key.
///
/// # Errors
/// [`Kind::Io`] for a file that can't be read, [`Kind::Key`] for one that holds
/// no P-256 public key.
pub fn public(path: &Path) -> Result<CurveKey> {
    let pem = value::text_file(path, Kind::Key)?;
    keys::public_key(&pem).map_err(|e| e.of(path.display()))
}
