//! `attest`: a statement, and what OpenSSL reads of it.

use std::fs;
use std::path::{Path, PathBuf};

use p256::ecdsa;
use p256::pkcs8::{EncodePublicKey, LineEnding};
use paylatch::cli::Printer;
use paylatch::client;
use paylatch::error::{Error, Kind, Result};
use paylatch::issue::statement;
use paylatch::issue::store;
#[cfg(feature = "screen")]
use paylatch::screen::qr_code::Code;
use paylatch::{text, words};
use paylatch_proto::armour;
use paylatch_proto::bytes::PublicKey;
use paylatch_proto::message::Signed;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::statement::{Certificate, FLAG_UNTIL_POWER_OFF, Statement};
use serde::Serialize;

use crate::cli::Attest;
use crate::commands::{Phone, write_whole};

/// What `attest` prints with `--json`.
#[derive(Serialize)]
struct Attested {
    statement: String,
    device: String,
    nonce: String,
    state: &'static str,
    until_power_off: bool,
    sequence: u64,
    contact_sequence: u64,
    voucher: String,
    signing_key: String,
    agreement_key: String,
    security_version: u32,
    certified: bool,
}

pub fn run(
    arguments: &Attest,
    phone: impl FnOnce() -> Result<Phone>,
    printer: Printer,
) -> Result<()> {
    let certificate = arguments.certificate.as_deref();
    let certificate =
        certificate.map(|source| text::read(source, &[armour::Kind::Certificate])).transpose()?;
    let question = &arguments.question;
    let file = question.out.as_deref().map(store::Output::begin).transpose()?;
    let files = arguments.der.as_deref().map(Openssl::prepare).transpose()?;
    #[cfg(feature = "screen")]
    let picture = arguments.qr.as_deref().map(store::Output::begin).transpose()?;
    let nonce = question.nonce.map_or_else(client::fresh_nonce, Ok)?;

    let mut phone = phone()?;
    let bytes = phone.attest(nonce)?;
    let parsed = Statement::parse(&bytes)
        .map_err(|_| Error::new(Kind::NoDevice, "the phone's statement can't be read"))?;
    if let Some(certificate) = &certificate {
        let oem = phone.identity()?.oem;
        statement::verify(&bytes, &certificate.bytes, &oem, Some(&nonce), None)?;
    }
    if let Some(files) = files {
        files.write(&parsed, certificate.as_ref().map(|text| text.bytes.as_slice()))?;
    }

    let armoured = text::armour(armour::Kind::Statement, &bytes);
    #[cfg(feature = "screen")]
    if let Some(picture) = picture {
        write_whole(picture, &Code::png(&armoured)?)?;
    }
    let said = &parsed.body;
    let words = match (&question.out, file) {
        (Some(path), Some(file)) => {
            write_whole(file, format!("{armoured}\n").as_bytes())?;
            format!("{}\nThe statement is in {}.", words::state(said.state), path.display())
        }
        _ => armoured.clone(),
    };
    let seen = Attested {
        statement: armoured,
        device: said.device.to_string(),
        nonce: said.nonce.to_string(),
        state: words::state_name(said.state),
        until_power_off: said.flags & FLAG_UNTIL_POWER_OFF != 0,
        sequence: said.sequence,
        contact_sequence: said.contact_sequence,
        voucher: said.voucher.to_string(),
        signing_key: said.keys.signing.to_string(),
        agreement_key: said.keys.agreement.to_string(),
        security_version: said.security_version,
        certified: certificate.is_some(),
    };
    printer.show(&seen, &words)
}

/// A directory of files that `openssl dgst -sha256 -verify` reads.
struct Openssl {
    directory: PathBuf,
}

impl Openssl {
    fn prepare(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory).map_err(|e| Error::io(directory, &e))?;
        Ok(Openssl { directory: directory.to_owned() })
    }

    fn write(&self, statement: &Signed<Statement>, certificate: Option<&[u8]>) -> Result<()> {
        self.signed("statement", sign::STATEMENT, statement)?;
        self.file("device.pem", pem(&statement.body.keys.signing)?.as_bytes())?;
        if let Some(bytes) = certificate {
            let certificate = Certificate::parse(bytes).map_err(Error::refused)?;
            self.signed("certificate", sign::CERTIFICATE, &certificate)?;
        }
        Ok(())
    }

    /// The exact bytes that are signed, and the signature in DER.
    fn signed<T>(&self, name: &str, domain: Domain, signed: &Signed<T>) -> Result<()> {
        let signature = ecdsa::Signature::from_slice(&signed.signature.0)
            .map_err(|_| Error::new(Kind::Input, format!("the {name}'s signature is none")))?;
        let message = [domain.0.as_slice(), signed.signed].concat();
        self.file(&format!("{name}.bin"), &message)?;
        self.file(&format!("{name}.der"), signature.to_der().as_bytes())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_whole(store::Output::begin(&self.directory.join(name))?, bytes)
    }
}

fn pem(key: &PublicKey) -> Result<String> {
    let unreadable = || Error::new(Kind::Key, "the phone's signing key is not a P-256 key");
    p256::PublicKey::from_sec1_bytes(&key.0)
        .map_err(|_| unreadable())?
        .to_public_key_pem(LineEnding::LF)
        .map_err(|_| unreadable())
}
