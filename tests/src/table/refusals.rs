//! Every refusal, each with its own reason; nothing changes.

use paylatch::issue::Signer;
use paylatch::{text, words};
use paylatch_proto::api::{Reply, Request};
use paylatch_proto::armour::Kind;
use paylatch_proto::contact::ContactField;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::state::{Reason, usable};
use paylatch_proto::voucher::Voucher;

use super::attack::Attacked;
use super::bench::{Bench, LOCK, NOTICE};
use super::forge::{self, contact, misleading, no_key};
use super::rows::Given;
use crate::issuer::{BUYER, ESCROW, LENDER, OEM, STRANGER};
use crate::{Failure, Result};

/// Offset of the command in a body whose date takes five bytes.
const COMMAND: usize = 14;

fn bytes(message: &str) -> Result<Vec<u8>> {
    text::read(message, &[Kind::Message]).map(|t| t.bytes).map_err(|e| Failure(format!("{e}")))
}

fn message(bytes: &[u8]) -> String {
    text::armour(Kind::Message, bytes)
}

/// What is wrong with a voucher.
type Change<'a> = &'a dyn Fn(&mut Voucher);

/// Vouchers and seals that a phone without a voucher refuses.
///
/// # Errors
/// When the phone does not answer.
pub fn vouchers<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let issuer = bench.issuer;
    let id = bench.enrolment()?.device;
    let [lender, escrow, oem] = [LENDER, ESCROW, OEM].map(|who| forge::public(issuer, who));
    let (lender, escrow, oem) = (lender?, escrow?, oem?);

    let cases: [(&str, Refusal, Change); 13] = [
        ("another version", Refusal::UnknownVersion, &|v| v.version = 2),
        ("another device", Refusal::OtherDevice, &|v| v.device.0[31] ^= 1),
        ("a short notice", Refusal::NoticeTooShort, &|v| v.policy.notice = 1),
        ("no way out", Refusal::NoWayOut, &|v| v.escrow = None),
        ("a way out too late", Refusal::NoWayOut, &|v| {
            (v.escrow, v.sunset) = (None, Some(limits::SUNSET_MAX + 1));
        }),
        ("an unknown policy", Refusal::UnknownPolicy, &|v| v.policy.usable = usable::ALL + 1),
        ("hotline codes and no desk", Refusal::UnknownPolicy, &|v| v.policy.hotline = true),
        ("lender and escrow in one", Refusal::KeysNotDistinct, &|v| v.escrow = Some(lender)),
        ("lender and desk in one", Refusal::KeysNotDistinct, &|v| v.desk = Some(lender)),
        ("desk and escrow in one", Refusal::KeysNotDistinct, &|v| v.desk = Some(escrow)),
        ("lender and OEM in one", Refusal::KeysNotDistinct, &|v| v.lender = oem),
        ("a lender's key that is none", Refusal::BadKey, &|v| v.lender = no_key()),
        ("a misleading contact", Refusal::BadContact(ContactField::Name), &|v| {
            v.contact = misleading();
        }),
    ];
    for (what, why, change) in cases {
        let voucher = forge::voucher(issuer, OEM, id, change)?;
        bench.refuses(&format!("a voucher with {what}"), "provision", &voucher, why)?;
    }
    let forged = forge::voucher(issuer, STRANGER, id, |_| ())?;
    bench.refuses("a forged voucher", "provision", &forged, Refusal::BadSignature)?;

    let other = issuer.seal(&"0f".repeat(32))?;
    bench.refuses("another phone's seal", "provision", &other, Refusal::OtherDevice)?;
    let mut seal = text::read(&issuer.seal(&bench.id)?, &[Kind::Seal])
        .map_err(|e| Failure(format!("{e}")))?
        .bytes;
    let last = seal.len() - 1;
    seal[last] ^= 1;
    let altered = text::armour(Kind::Seal, &seal);
    bench.refuses("an altered seal", "provision", &altered, Refusal::BadSignature)?;
    nothing_to_show(bench)
}

/// A phone that is not enrolled has no contact to show.
///
/// # Errors
/// When the phone does not answer.
pub fn nothing_to_show<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let says = bench.phone.answer(&["contact"])?.says;
    bench.tally.refused("no contact to show", Refusal::NotAvailable, &says);
    Ok(())
}

/// The refusal's name that a request gets.
fn refusal<P: Attacked>(bench: &mut Bench<P>, request: &[u8]) -> Result<String> {
    let reply = bench.phone.call(request)?;
    match postcard::from_bytes(&reply) {
        Ok(Reply::Refused(refusal)) => Ok(words::refusal_name(refusal).into()),
        other => Ok(format!("{other:?}")),
    }
}

fn encoded(request: &Request) -> Result<Vec<u8>> {
    let mut buffer = [0; limits::REQUEST];
    let bytes = postcard::to_slice(request, &mut buffer);
    bytes.map(|bytes| bytes.to_vec()).map_err(|e| Failure(format!("{e}")))
}

/// What is not of the form the protocol gives: refused by the lock, and by the
/// program before that.
///
/// # Errors
/// When the phone does not answer.
pub fn form<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let lender = forge::key(bench.issuer, LENDER)?;
    let signer = (&lender, &**lender.public_key(), sign::LENDER);
    let enrolment = bench.enrolment()?;
    bench.sequence += 1;
    let lock = Command::Lock { sequence: bench.sequence, reason: Reason::ReportedLost };
    let whole = enrolment.message(signer, lock.clone(), |_| ())?;
    let made = |change: fn(&mut Vec<u8>)| enrolment.message(signer, lock.clone(), change);

    let cases = [
        ("a message without its last byte", whole[..whole.len() - 1].to_vec(), Refusal::Truncated),
        ("no message", Vec::new(), Refusal::Truncated),
        ("a byte after the last field", made(|body| body.push(0))?, Refusal::TrailingBytes),
        ("no such reason", made(|body| body[COMMAND + 2] = 4)?, Refusal::Malformed),
        ("660 bytes", vec![1; limits::MESSAGE + 1], Refusal::TooLong),
    ];
    for (what, bytes, why) in cases {
        let before = bench.snapshot()?;
        let says = refusal(bench, &encoded(&Request::Apply(&bytes))?)?;
        bench.tally.refused(what, why, &says);
        let says = bench.phone.hand_in("apply", &message(&bytes))?;
        let expected = match why {
            Refusal::TooLong => "longer than any Paylatch text; copy only this one".into(),
            _ => format!("not a whole message: {}", words::refusal(why)),
        };
        bench.tally.expect(format_args!("{what}, by the program"), expected, says);
        bench.unchanged(what, &before)?;
    }

    let request = encoded(&Request::Apply(&whole))?;
    let with = |more: &[u8]| [&request, more].concat();
    for (what, bytes, why) in [
        ("no request", Vec::new(), Refusal::Truncated),
        ("a clipped request", request[..request.len() - 1].to_vec(), Refusal::Truncated),
        ("a request and a byte", with(&[0]), Refusal::TrailingBytes),
        ("a request that there is not", vec![0x7f], Refusal::Malformed),
    ] {
        let before = bench.snapshot()?;
        let says = refusal(bench, &bytes)?;
        bench.tally.refused(what, why, &says);
        bench.unchanged(what, &before)?;
    }

    let other_version = message(&made(|body| body[0] = 2)?);
    bench.refuses("another version", "apply", &other_version, Refusal::UnknownVersion)?;
    let other_command = message(&made(|body| body[COMMAND] = Command::COUNT)?);
    bench.refuses("another command", "apply", &other_command, Refusal::UnknownCommand)
}

/// Whoever has no say here.
///
/// # Errors
/// When the phone does not answer.
pub fn who<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let issuer = bench.issuer;
    bench.sequence += 1;
    let (sequence, voucher) = (bench.sequence, bench.voucher.clone());
    let unlock = Command::Unlock { sequence };
    let enrolment = bench.enrolment()?;
    let [lender, stranger, escrow] = [LENDER, STRANGER, ESCROW].map(|who| forge::key(issuer, who));
    let (lender, stranger, escrow) = (lender?, stranger?, escrow?);

    let foreign = issuer.voucher(&"0f".repeat(32), NOTICE as u32, &[])?;
    let text = issuer.message(LENDER, &foreign, sequence, &["unlock"])?;
    bench.refuses("another phone's unlock", "apply", &text, Refusal::OtherDevice)?;
    let text = issuer.message(STRANGER, &voucher, sequence, &["unlock"])?;
    bench.refuses("a stranger's unlock", "apply", &text, Refusal::OtherSigner)?;
    let text = issuer.release(STRANGER, &voucher)?;
    bench.refuses("a stranger's release", "apply", &text, Refusal::OtherSigner)?;

    for (order, what) in [
        (&["notice"][..], "the escrow's notice"),
        (LOCK, "the escrow's lock"),
        (&["unlock"], "the escrow's unlock"),
        (&["unlock-for", "--time", "1h"], "the escrow's unlock for a time"),
        (&["contact", "--contact", &issuer.contact(LENDER)], "the escrow's contact"),
    ] {
        let text = issuer.message(ESCROW, &voucher, sequence, order)?;
        bench.refuses(what, "apply", &text, Refusal::EscrowReleasesOnly)?;
    }
    let text = issuer.sale(ESCROW, BUYER, &voucher, sequence)?;
    bench.refuses("the escrow's rekey", "apply", &text, Refusal::EscrowReleasesOnly)?;

    let another = issuer.voucher(&bench.id, NOTICE as u32, &["--sunset", "1000"])?;
    let others = issuer.message(LENDER, &another, sequence, &["unlock"])?;
    let mut altered = bytes(&issuer.message(LENDER, &voucher, sequence, LOCK)?)?;
    let reason = altered.len() - limits::SIGNATURE - 1;
    altered[reason] ^= 1;
    let by = |who, says, domain, command: &Command| {
        enrolment.message((who, says, domain), command.clone(), |_| ()).map(|m| message(&m))
    };
    let (lenders, escrows) = (&**lender.public_key(), &**escrow.public_key());
    for (what, text) in [
        ("an unlock of another enrolment", others),
        ("an altered lock", message(&altered)),
        ("a forged unlock", by(&stranger, lenders, sign::LENDER, &unlock)?),
        ("a forged release", by(&stranger, lenders, sign::LENDER, &Command::Release)?),
        ("a forged release by the escrow", {
            by(&stranger, escrows, sign::ESCROW, &Command::Release)?
        }),
        ("an unlock under the escrow's domain", by(&lender, lenders, sign::ESCROW, &unlock)?),
        ("a release under the escrow's domain", {
            by(&lender, lenders, sign::ESCROW, &Command::Release)?
        }),
        ("the escrow's release under the lender's domain", {
            by(&escrow, escrows, sign::LENDER, &Command::Release)?
        }),
    ] {
        bench.refuses(what, "apply", &text, Refusal::BadSignature)?;
    }
    Ok(())
}

/// What the lender itself may not.
///
/// # Errors
/// When the phone does not answer.
pub fn what<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let issuer = bench.issuer;
    bench.sequence += 1;
    bench.contact_sequence += 1;
    let (sequence, enrolment) = (bench.sequence, bench.enrolment()?);
    let lender = forge::key(issuer, LENDER)?;
    let (buyer, stranger) = (forge::key(issuer, BUYER)?, forge::key(issuer, STRANGER)?);
    let (escrow, oem) = (forge::public(issuer, ESCROW)?, forge::public(issuer, OEM)?);

    let zero = enrolment.order(&lender, Command::UnlockFor { sequence, seconds: 0 })?;
    bench.refuses("no time", "apply", &zero, Refusal::ZeroTime)?;
    let misled = Refusal::BadContact(ContactField::Name);
    let command = Command::Contact { sequence: bench.contact_sequence, contact: misleading() };
    let text = enrolment.order(&lender, command)?;
    bench.refuses("a misleading contact", "apply", &text, misled)?;

    let new = **buyer.public_key();
    let (seller, stranger_key) = (**lender.public_key(), **stranger.public_key());
    for (what, prover, terms, why) in [
        ("a proof by another key", &stranger, (new, None, contact()), Refusal::BadProof),
        ("a proof by the seller", &lender, (new, None, contact()), Refusal::BadProof),
        ("a key that is none", &buyer, (no_key(), None, contact()), Refusal::BadKey),
        ("a desk's key that is none", &buyer, (new, Some(no_key()), contact()), Refusal::BadKey),
        ("one key twice", &buyer, (new, Some(new), contact()), Refusal::KeysNotDistinct),
        ("the escrow's key", &buyer, (escrow, None, contact()), Refusal::KeysNotDistinct),
        ("the OEM's key", &buyer, (oem, None, contact()), Refusal::KeysNotDistinct),
        ("the OEM's key for the desk", &buyer, (new, Some(oem), contact()), {
            Refusal::KeysNotDistinct
        }),
        ("a misleading contact", &buyer, (new, Some(stranger_key), misleading()), misled),
        ("the seller as the desk, no proof", &stranger, (new, Some(seller), contact()), {
            Refusal::BadProof
        }),
    ] {
        let text = enrolment.rekey(&lender, prover, sequence, terms)?;
        bench.refuses(&format!("a rekey with {what}"), "apply", &text, why)?;
    }
    Ok(())
}

/// What can't be stored is not done, and can be handed in again.
///
/// # Errors
/// When the phone does not answer.
pub fn not_stored<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let text = bench.next_contact(BUYER)?;
    let before = bench.snapshot()?;
    bench.phone.deny_writing()?;
    let says = bench.phone.hand_in("apply", &text)?;
    bench.phone.be_honest()?;
    bench.tally.refused("a contact that can't be stored", Refusal::NotStored, &says);
    bench.unchanged("a contact that can't be stored", &before)?;
    bench.takes("the same contact, handed in again", &text, "applied", "unlocked")
}

/// What lets no phone go at a fault: whoever has no say, and chains that do not
/// lead from the OEM to who released.
///
/// # Errors
/// When the phone does not answer.
pub fn recovery<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    let issuer = bench.issuer;
    bench.bring(Given::Readable)?;
    if bench.lender != BUYER {
        bench.renew()?;
        bench.bring(Given::Readable)?;
    }
    let (id, voucher, enrolment) = (bench.id.clone(), bench.voucher.clone(), bench.enrolment()?);
    let release = |who| issuer.release(who, &voucher);
    let [stranger_key, lender_key] = [STRANGER, LENDER].map(|who| forge::key(issuer, who));
    let (stranger_key, lender_key) = (stranger_key?, lender_key?);
    let signer = (&stranger_key, &forge::public(issuer, BUYER)?, sign::LENDER);
    let forged = message(&enrolment.message(signer, Command::Release, |_| ())?);

    let bait = bench.next_contact(BUYER)?;
    let before = bench.snapshot()?;
    for (what, text, why) in [
        ("a stranger's release", &release(STRANGER)?, Refusal::OtherSigner),
        ("the seller's release", &release(LENDER)?, Refusal::OtherSigner),
        ("a forged release", &forged, Refusal::BadSignature),
    ] {
        bench.phone.hide_state(&bait)?;
        let says = bench.phone.hand_in("apply", text)?;
        bench.phone.be_honest()?;
        bench.tally.refused(format_args!("at a fault, {what}"), why, &says);
        bench.unchanged(what, &before)?;
    }

    let rekeys: Vec<&str> = bench.rekeys.iter().map(String::as_str).collect();
    let other = issuer.voucher(&"0f".repeat(32), NOTICE as u32, &[])?;
    let unsigned = forge::voucher(issuer, STRANGER, enrolment.device, |_| ())?;
    let another = issuer.voucher(&id, NOTICE as u32, &["--sunset", "1000"])?;
    let stolen = issuer.sale(STRANGER, BUYER, &voucher, 1)?;
    let terms = (forge::public(issuer, BUYER)?, None, contact());
    let unproven = enrolment.rekey(&lender_key, &stranger_key, 1, terms)?;
    let no_rekey = issuer.message(LENDER, &voucher, 1, &["unlock"])?;
    let (ours, strangers) = (release(BUYER)?, release(STRANGER)?);
    let cases: [(&str, &str, &[&str], &str, Refusal); 9] = [
        ("another phone's voucher", &other, &rekeys, &ours, Refusal::OtherDevice),
        ("a forged voucher", &unsigned, &rekeys, &ours, Refusal::BadSignature),
        ("the voucher of another enrolment", &another, &rekeys, &ours, Refusal::BadSignature),
        ("a rekey by a stranger", &voucher, &[&stolen], &ours, Refusal::BadSignature),
        ("a rekey without proof", &voucher, &[&unproven], &ours, Refusal::BadProof),
        ("an unlock for a rekey", &voucher, &[&no_rekey], &ours, Refusal::Malformed),
        ("a rekey left out", &voucher, &[], &ours, Refusal::OtherSigner),
        ("a stranger's release", &voucher, &rekeys, &strangers, Refusal::OtherSigner),
        ("an unlock for a release", &voucher, &[], &no_rekey, Refusal::Malformed),
    ];
    bench.phone.silence(&bait)?;
    for (what, voucher, rekeys, release, why) in cases {
        let mut arguments = vec!["recover", "--voucher", voucher];
        arguments.extend(rekeys.iter().flat_map(|rekey| ["--rekey", rekey]));
        arguments.push(release);
        let says = bench.phone.answer(&arguments)?.says;
        bench.tally.refused(format_args!("recovery with {what}"), why, &says);
        let state = bench.phone.state()?;
        bench.tally.expect(format_args!("recovery with {what}: the state"), "fault", &state);
    }
    bench.phone.be_honest()?;
    bench.unchanged("recovery refused", &before)
}
