//! The order of messages.

use paylatch::issue::PrivateKey;
use paylatch::text;
use paylatch_proto::armour::Kind;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_rig::messages::rewritten;

use super::attack::Attacked;
use super::bench::{Bench, LOCK};
use super::forge::{self, Enrolment, contact};
use crate::{Failure, Result};

/// The numbers that all but releases and contacts share, on an unlocked phone.
///
/// # Errors
/// When the phone does not answer.
pub fn numbers<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let (issuer, voucher, who) = (bench.issuer, bench.voucher.clone(), bench.lender);
    let unlock = bench.next(&["unlock"])?;
    bench.takes("an unlock", &unlock, "applied", "unlocked")?;
    let last = bench.sequence;
    let numbered = |sequence, order: &[&str]| issuer.message(who, &voucher, sequence, order);

    for (what, sequence, order, why) in [
        ("a late, older lock", last - 1, LOCK, Refusal::Stale),
        ("an older notice", last - 1, &["notice"], Refusal::Stale),
        ("the first unlock of all", 1, &["unlock"], Refusal::Stale),
        ("a lock of the same number", last, LOCK, Refusal::Conflict),
        ("a notice of the same number", last, &["notice"], Refusal::Conflict),
        ("an unlock for a time of the same number", last, &["unlock-for", "--time", "1h"], {
            Refusal::Conflict
        }),
        ("too far a jump", last + limits::SEQUENCE_JUMP + 1, &["unlock"], Refusal::SequenceJump),
    ] {
        bench.refuses(what, "apply", &numbered(sequence, order)?, why)?;
    }
    let sale = issuer.sale(who, bench.other_lender(), &voucher, last)?;
    bench.refuses("a rekey of the same number", "apply", &sale, Refusal::Conflict)?;
    let key = forge::key(issuer, who)?;
    let end = Command::Unlock { sequence: limits::SEQUENCE_END };
    let end = bench.enrolment()?.order(&key, end)?;
    bench.refuses("a number past the end", "apply", &end, Refusal::SequenceJump)?;

    again(bench, "the same unlock", &unlock)?;
    again(bench, "the same unlock, its signature rewritten", &other_signature(&unlock)?)?;
    let far = last + limits::SEQUENCE_JUMP;
    bench.sequence = far;
    bench.takes("as far as may be", &numbered(far, &["unlock"])?, "applied", "unlocked")?;
    bench.refuses("the former one", "apply", &unlock, Refusal::Stale)?;

    // A refused message takes no number.
    let lock = bench.next(LOCK)?;
    bench.refuses("a lock without a notice", "apply", &lock, Refusal::NoNotice)?;
    let unlock = numbered(bench.sequence, &["unlock"])?;
    bench.takes("an unlock of its number", &unlock, "applied", "unlocked")?;
    bench.refuses("that lock again", "apply", &lock, Refusal::Conflict)
}

/// Contacts have numbers of their own: a text can't overtake an unlock.
///
/// # Errors
/// When the phone does not answer.
pub fn contact_numbers<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let (issuer, key) = (bench.issuer, forge::key(bench.issuer, bench.lender)?);
    let enrolment = bench.enrolment()?;
    let before = bench.enrolled("sequence")?;
    let far = bench.contact_sequence + limits::SEQUENCE_JUMP;
    let numbered = |sequence| contact_of(&enrolment, &key, sequence);

    bench.refuses("too far a contact", "apply", &numbered(far + 1)?, Refusal::SequenceJump)?;
    let end = numbered(limits::SEQUENCE_END)?;
    bench.refuses("a contact past the end", "apply", &end, Refusal::SequenceJump)?;
    bench.contact_sequence += 1;
    let last = bench.contact_sequence;
    let taken = numbered(last)?;
    bench.takes("a contact, numbered far below the unlock", &taken, "applied", "unlocked")?;
    bench.refuses("an older contact", "apply", &numbered(last - 1)?, Refusal::Stale)?;
    let order = ["contact", "--contact", &issuer.contact(bench.lender)];
    let conflict = issuer.message(bench.lender, &bench.voucher.clone(), last, &order)?;
    bench.refuses("another contact of the same number", "apply", &conflict, Refusal::Conflict)?;
    again(bench, "the same contact", &taken)?;
    let after = bench.enrolled("sequence")?;
    bench.tally.expect("the lender's other number", before, after);
    let unlock = bench.next(&["unlock"])?;
    bench.takes("an unlock after contacts", &unlock, "applied", "unlocked")
}

/// The sale: the same rekey again is known, although its key is dead.
///
/// # Errors
/// When the phone does not answer.
pub fn sale<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let (issuer, voucher, seller) = (bench.issuer, bench.voucher.clone(), bench.lender);
    let notice = bench.next(&["notice"])?;
    bench.takes("a notice", &notice, "applied", "unlocked")?;
    let rekey = bench.sale()?;
    bench.takes("a rekey", &rekey, "applied", "unlocked")?;
    bench.sold(&rekey);
    let runs = bench.enrolled("lock_possible_in")?;
    bench.tally.expect("the notice that ran at the sale", "null".into(), runs.to_string());
    again(bench, "the same rekey", &rekey)?;
    again(bench, "the same rekey, its signature rewritten", &other_signature(&rekey)?)?;
    for (what, order) in [("unlock", &["unlock"][..]), ("notice", &["notice"]), ("lock", LOCK)] {
        let text = issuer.message(seller, &voucher, bench.sequence + 1, order)?;
        bench.refuses(&format!("the seller's {what}"), "apply", &text, Refusal::OtherSigner)?;
    }
    let text = issuer.release(seller, &voucher)?;
    bench.refuses("the seller's release", "apply", &text, Refusal::OtherSigner)?;
    let key = forge::key(issuer, seller)?;
    let text = contact_of(&bench.enrolment()?, &key, bench.contact_sequence + 1)?;
    bench.refuses("the seller's contact", "apply", &text, Refusal::OtherSigner)?;
    let unlock = bench.next(&["unlock"])?;
    bench.takes("the buyer's unlock", &unlock, "applied", "unlocked")?;
    bench.refuses("the rekey, when it is no longer the last", "apply", &rekey, Refusal::OtherSigner)
}

fn contact_of(enrolment: &Enrolment, key: &PrivateKey, sequence: u64) -> Result<String> {
    enrolment.order(key, Command::Contact { sequence, contact: contact() })
}

/// Already applied, and nothing at all changes.
fn again<P: Attacked>(bench: &mut Bench<P>, what: &str, text: &str) -> Result<()> {
    let before = bench.snapshot()?;
    bench.takes(what, text, "already_applied", "unlocked")?;
    bench.unchanged(what, &before)
}

/// The same message with the other valid signature, which anyone can make.
fn other_signature(message: &str) -> Result<String> {
    let read = |e: paylatch::error::Error| Failure(format!("{e}"));
    let bytes = text::read(message, &[Kind::Message]).map_err(read)?.bytes;
    let (body, signature) = paylatch_proto::message::split(&bytes)
        .map_err(|refusal| Failure(format!("{refusal:?}")))?;
    Ok(text::armour(Kind::Message, &[body, &rewritten(&signature).0].concat()))
}
