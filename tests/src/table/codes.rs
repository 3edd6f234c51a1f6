//! Hotline codes: what each comes to, and what they wait for.

use paylatch::{hotline, words};
use paylatch_proto::hotline::{Action, Mistyped};
use paylatch_proto::limits::{DAY, HOTLINE_WAIT};
use paylatch_proto::refusal::Refusal;
use paylatch_rig::codes;
use serde_json::Value;

use super::attack::Attacked;
use super::bench::{Bench, NOTICE};
use super::rows::Given;
use crate::{Failure, Result};

/// On a phone that takes them, which is taken from the factory for it.
///
/// # Errors
/// When the phone does not answer, or can't be brought into a state.
pub fn all<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    bench.renew()?;
    bench.unlocked()?;
    refuses(bench, "a code where there is no desk", [100_009, 0], Refusal::NoHotline)?;
    bench.renew()?;
    refuses(bench, "a code before a voucher", [100_009, 0], Refusal::NotEnrolled)?;
    let desk = bench.issuer.with_desk();
    let desk: Vec<&str> = desk.iter().map(String::as_str).collect();
    bench.voucher = bench.issuer.voucher(&bench.id, NOTICE as u32, &desk)?;
    bench.unlocked()?;
    let code = made(bench, Action::Day)?;
    refuses(bench, "a code for an unlocked phone", code, Refusal::NotLocked)?;
    bench.bring(Given::Locked)?;

    // Of the challenge before the lock: compared, and so counted.
    let says = typed(bench, code)?;
    bench.tally.refused("a code of before the last message", Refusal::WrongCode, &says);
    counted(bench, "a code of before the last message", 1)?;
    let right = made(bench, Action::ThreeDays)?;
    refuses(bench, "the right code at once", right, Refusal::TooEarly)?;
    bench.phone.power_cut()?;
    refuses(bench, "the right code after a power cut", right, Refusal::TooEarly)?;
    bench.phone.pass(HOTLINE_WAIT)?;
    let [first, second] = right;
    let slip = |group: u32| group / 10 * 10 + (group + 1) % 10;
    for (what, groups, group) in [
        ("a slip in the first group", [slip(first), second], Mistyped::First),
        ("a slip in the second group", [first, slip(second)], Mistyped::Second),
    ] {
        refuses(bench, what, groups, Refusal::MistypedCode(group))?;
    }
    let says = typed(bench, codes::wrong(right))?;
    bench.tally.refused("a wrong code", Refusal::WrongCode, &says);
    counted(bench, "a wrong code", 2)?;
    bench.phone.pass(HOTLINE_WAIT)?;
    refuses(bench, "the wait is twice as long", right, Refusal::TooEarly)?;
    bench.phone.pass(HOTLINE_WAIT)?;
    taken(bench, "the right code", right, 3 * DAY)?;
    let says = typed(bench, right)?;
    bench.tally.refused("the same code again", Refusal::WrongCode, &says);
    bench.phone.pass(HOTLINE_WAIT)?;
    let shorter = made(bench, Action::Day)?;
    taken(bench, "a code for less than was granted", shorter, 3 * DAY - HOTLINE_WAIT)
}

/// The groups that the desk tells for what the phone shows.
fn made<P: Attacked>(bench: &mut Bench<P>, action: Action) -> Result<[u32; 2]> {
    let identity = bench.phone.ask(&["identity"])?;
    let challenge = bench.enrolled("hotline_challenge")?;
    let time = format!("{}s", action.seconds());
    let code = bench.issuer.code(&identity, challenge.as_str().unwrap_or_default(), &time)?;
    hotline::groups(&code).map_err(|e| Failure(e.to_string()))
}

/// What the phone says to a code that is typed.
fn typed<P: Attacked>(bench: &mut Bench<P>, [first, second]: [u32; 2]) -> Result<String> {
    Ok(bench.phone.answer(&["code", &format!("{first:06} {second:06}")])?.says)
}

fn refuses<P: Attacked>(
    bench: &mut Bench<P>,
    what: &str,
    groups: [u32; 2],
    why: Refusal,
) -> Result<()> {
    let before = bench.snapshot()?;
    let says = typed(bench, groups)?;
    bench.tally.refused(what, why, &says);
    // The wait runs down.
    let same = |mut seen: Value| {
        if let Some(enrolment) = seen["status"]["enrolment"].as_object_mut() {
            enrolment.remove("hotline_wait");
        }
        seen
    };
    let after = bench.snapshot()?;
    bench.tally.expect(format_args!("{what}: what stays"), same(before), same(after));
    Ok(())
}

fn counted<P: Attacked>(bench: &mut Bench<P>, what: &str, tried: u64) -> Result<()> {
    let seen = bench.enrolled("hotline_tried")?;
    bench.tally.expect(format_args!("{what}: counted"), Some(tried), seen.as_u64());
    bench.is(what, words::state_name(paylatch_proto::state::State::Locked))
}

fn taken<P: Attacked>(
    bench: &mut Bench<P>,
    what: &str,
    groups: [u32; 2],
    seconds: u64,
) -> Result<()> {
    let says = typed(bench, groups)?;
    bench.tally.expect(what, "applied", &says);
    bench.is(what, "unlocked")?;
    bench.about(what, "locks_in", seconds)?;
    let tried = bench.enrolled("hotline_tried")?;
    bench.tally.expect(format_args!("{what}: counted anew"), Some(0), tried.as_u64());
    Ok(())
}
