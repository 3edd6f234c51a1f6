//! Handing texts in: each to the request it is for, and at a fault with what is
//! kept to prove it.

use paylatch::client;
use paylatch::error::{Error, Result};
use paylatch::text::Text;
use paylatch_proto::api::Done;
use paylatch_proto::armour;
use paylatch_proto::bytes::Nonce;
use paylatch_proto::limits::RECOVERY_REKEYS;
use paylatch_proto::refusal::Refusal;

use crate::commands::Phone;
use crate::texts::{Kept, Texts, is_release};

/// Hands a text in; `nonce` is for a voucher's or seal's statement, a fresh one
/// where nobody asked. A message needs none, and so waits for no random numbers,
/// which a system has only some time after its start. A release that the phone can't check by its own records is
/// handed in again with the voucher and the rekeys that are kept.
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
    let mut rekeys: Vec<&[u8]> = kept.rekeys.iter().map(Vec::as_slice).collect();
    if rekeys.len() > RECOVERY_REKEYS {
        // The lender's key can't be proven then; the escrow's needs no rekeys.
        rekeys.clear();
    }
    let mut refused = error;
    for voucher in &kept.vouchers {
        match phone.recover(voucher, &rekeys, release) {
            Err(error) if error.refusal().is_some() => refused = error,
            answer => return answer,
        }
    }
    Err(refused)
}

/// What is said of a text that was taken and could not be kept.
pub fn not_kept(error: Error) -> Error {
    Error::new(error.kind(), format!("{error}; the text was taken, but keep it yourself"))
}
