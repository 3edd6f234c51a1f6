//! Handing texts in: each to the request it is for, and at a fault with what is
//! kept to prove it.

use paylatch::client;
use paylatch::error::{Error, Result};
use paylatch::text::Text;
use paylatch_proto::api::Done;
use paylatch_proto::armour;
use paylatch_proto::bytes::{Nonce, PublicKey};
use paylatch_proto::limits::RECOVERY_REKEYS;
use paylatch_proto::message::{Command, Message};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::key_id;
use paylatch_proto::voucher::Voucher;

use crate::commands::Phone;
use crate::texts::{Kept, Texts, is_release};

/// Hands a text in; `nonce` is for a voucher's or seal's statement, a fresh one
/// where nobody asked. A message needs none, and so waits for no random numbers,
/// which a system has only some time after its start. A release that the phone
/// can't check by its own records is handed in again with the voucher and the
/// rekeys that are kept.
pub fn hand_in(
    phone: &mut Phone,
    texts: Option<&Texts>,
    nonce: Option<Nonce>,
    text: &Text,
) -> Result<Done> {
    let nonce = || nonce.map_or_else(client::fresh_nonce, Ok);
    match text.kind {
        armour::Kind::Voucher => phone.enrol(nonce()?, &text.bytes),
        armour::Kind::Seal => phone.seal(nonce()?, &text.bytes),
        _ => match phone.apply(&text.bytes) {
            // A file that can't be read leaves the lock's answer as it is.
            Err(error) if is_release(text) => match texts.map(Texts::read) {
                Some(Ok(kept)) => prove(phone, &kept, &text.bytes, error),
                _ => Err(error),
            },
            answer => answer,
        },
    }
}

/// Hands in what is kept, at a fault: seals, then releases. The first that
/// releases ends it; `None` when neither is kept.
pub fn offer(phone: &mut Phone, kept: &Kept) -> Result<Option<Done>> {
    let mut refused = None;
    for seal in &kept.seals {
        match phone.seal(client::fresh_nonce()?, seal) {
            Err(error) if error.refusal().is_some() => refused = Some(error),
            answer => return answer.map(Some),
        }
    }
    for release in &kept.releases {
        let answer = phone.apply(release);
        match answer.or_else(|error| prove(phone, kept, release, error)) {
            Err(error) if error.refusal().is_some() => refused = Some(error),
            answer => return answer.map(Some),
        }
    }
    refused.map_or(Ok(None), Err)
}

/// Hands in a release that was refused with `error` once more, with its proof,
/// if that can help.
fn prove(phone: &mut Phone, kept: &Kept, release: &[u8], error: Error) -> Result<Done> {
    let helps = [Refusal::Fault, Refusal::OtherSigner, Refusal::BadSignature];
    if !error.refusal().is_some_and(|refusal| helps.contains(&refusal)) {
        return Err(error);
    }
    let mut refused = error;
    for voucher in &kept.vouchers {
        let Some(rekeys) = sales(kept, voucher, release) else { continue };
        match phone.recover(voucher, &rekeys, release) {
            Err(error) if error.refusal().is_some() => refused = error,
            answer => return answer,
        }
    }
    Err(refused)
}

/// The rekeys that lead from a voucher's lender to the present one, which the
/// escrow's release does not need. `None` where the voucher is another phone's,
/// or there are more than one recovery takes. By what the texts say; whether it
/// is true is for the lock.
fn sales<'a>(kept: &'a Kept, voucher: &[u8], release: &[u8]) -> Option<Vec<&'a [u8]>> {
    let voucher = Voucher::parse(voucher).ok()?.body;
    let to = Message::parse(release).ok()?.body.header;
    if voucher.device.short() != to.device {
        return None;
    }
    let short = |key: &PublicKey| key_id(key).short();
    if voucher.escrow.as_ref().map(short) == Some(to.signer) {
        return Some(Vec::new());
    }
    let mut signer = short(&voucher.lender);
    let mut sales = Vec::new();
    for text in &kept.rekeys {
        let Ok(Message { body, .. }) = Message::parse(text) else { continue };
        // The same sale may be there twice: anyone can rewrite a signature.
        if let (true, Command::Rekey { lender, .. }) = (body.header.signer == signer, &body.command)
        {
            sales.push(text.as_slice());
            signer = short(lender);
        }
    }
    (sales.len() <= RECOVERY_REKEYS).then_some(sales)
}

/// What is said of a text that was taken and could not be kept.
pub fn not_kept(error: Error) -> Error {
    Error::new(error.kind(), format!("{error}; the text was taken, but keep it yourself"))
}
