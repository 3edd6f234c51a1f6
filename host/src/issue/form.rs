//! What a device would refuse by its form, refused before anything is signed.

use paylatch_proto::bytes::Signature;
use paylatch_proto::limits;
use paylatch_proto::message::{self, Body, Command};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::statement::Certificate;
use paylatch_proto::voucher::{Seal, Voucher};

use super::prepared::{Prepared, Purpose};
use crate::error::{Error, Kind, Result};
use crate::words;

/// A refusal by form, in our words.
pub(crate) fn form(refusal: Refusal) -> Error {
    Error::new(Kind::Input, words::refusal(refusal))
}

/// Checks the numbers and the record of a command.
pub(crate) fn check_command(command: &Command) -> Result<()> {
    if let Some(sequence) = command.sequence()
        && !(1..limits::SEQUENCE_END).contains(&sequence)
    {
        return Err(Error::new(
            Kind::Input,
            format!("sequence {sequence}: must be from 1 to {}", limits::SEQUENCE_END - 1),
        ));
    }
    match command {
        Command::UnlockFor { seconds: 0, .. } => Err(form(Refusal::ZeroTime)),
        Command::Rekey { contact, .. } | Command::Contact { contact, .. } => {
            contact.check().map_err(|field| form(Refusal::BadContact(field)))
        }
        _ => Ok(()),
    }
}

/// Checks that a body read back says what it was prepared for.
pub(crate) fn check_body(prepared: &Prepared) -> Result<()> {
    let other = |what| Error::new(Kind::Input, format!("body: names another {what}"));
    let malformed = |refusal| form(refusal).of("body");
    let device = match prepared.purpose {
        Purpose::Voucher => {
            let voucher: Voucher = whole(&prepared.body).map_err(malformed)?;
            voucher.check(&prepared.signer, 0).map_err(malformed)?;
            voucher.device
        }
        Purpose::Seal => whole::<Seal>(&prepared.body).map_err(malformed)?.device,
        Purpose::Certificate => whole::<Certificate>(&prepared.body).map_err(malformed)?.device,
        Purpose::Lender | Purpose::Escrow | Purpose::RekeyProof => {
            let mut body = prepared.body.clone();
            if prepared.purpose == Purpose::RekeyProof {
                body.extend_from_slice(&Signature::default().0);
            }
            let Body { header, command } = whole(&body).map_err(malformed)?;
            check_command(&command).map_err(|e| e.of("body"))?;
            if prepared.purpose == Purpose::Escrow && command != Command::Release {
                return Err(malformed(Refusal::EscrowReleasesOnly));
            }
            let by = prepared.then.as_ref().unwrap_or(&prepared.signer);
            if header.signer != sign::key_id(by).short() {
                return Err(other("signer"));
            }
            if header.device != prepared.device.short() {
                return Err(other("device"));
            }
            match (prepared.purpose, command) {
                (Purpose::RekeyProof, Command::Rekey { lender, .. })
                    if lender == prepared.signer => {}
                (Purpose::RekeyProof, _) => return Err(other("new lender")),
                _ => {}
            }
            return Ok(());
        }
    };
    if device == prepared.device { Ok(()) } else { Err(other("device")) }
}

fn whole<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> core::result::Result<T, Refusal> {
    message::check_version(body)?;
    message::decode(body)
}
