//! Notices, deadlines and the sunset: all in seconds of use.

use paylatch_proto::limits::{DAY, NOTICE_WINDOW, UPTIME_STEP};
use paylatch_proto::refusal::Refusal;

use serde_json::Value;

use super::attack::Attacked;
use super::bench::{Bench, LOCK, NOTICE};
use super::forge;
use crate::issuer::{LENDER, OEM};
use crate::{Failure, Result};

/// Seconds of use that commands may take on the device. A start may take more.
const SLACK: u64 = 300;

impl<P: Attacked> Bench<'_, P> {
    /// Expects that what is told in seconds from now is in `seconds`, or a
    /// little less.
    pub fn about(&mut self, what: &str, field: &str, seconds: u64) -> Result<()> {
        let seen = self.enrolled(field)?;
        let fits = seen
            .as_u64()
            .is_some_and(|seen| (seconds.saturating_sub(SLACK)..=seconds).contains(&seen));
        self.tally.expect(format_args!("{what}: {field} {seconds}, seen {seen}"), true, fits);
        Ok(())
    }

    /// At what uptime that comes which is told in seconds from now.
    fn comes_at(&mut self, field: &str) -> Result<u64> {
        let status = self.phone.status()?;
        let [seconds, uptime] = [&status["enrolment"][field], &status["uptime"]].map(Value::as_u64);
        seconds
            .zip(uptime)
            .map(|(seconds, uptime)| seconds + uptime)
            .ok_or_else(|| Failure(format!("no {field} in {status}")))
    }

    /// Expects that `what` takes so many seconds from what is told as `field`,
    /// beside the time of use that it takes itself.
    fn takes_from(
        &mut self,
        what: &str,
        field: &str,
        seconds: u64,
        happens: impl FnOnce(&mut P) -> Result<()>,
    ) -> Result<()> {
        let before = self.comes_at(field)?;
        happens(&mut self.phone)?;
        let after = self.comes_at(field)?;
        self.tally.expect(format_args!("{what}: {field}"), before - seconds, after);
        Ok(())
    }

    /// Lets time pass until so many seconds before that which is told as `field`.
    fn pass_until(&mut self, field: &str, seconds: u64) -> Result<()> {
        let left = self.enrolled(field)?.as_u64().unwrap_or_default();
        self.phone.pass(left.saturating_sub(seconds))
    }

    fn none(&mut self, what: &str, field: &str) -> Result<()> {
        let seen = self.enrolled(field)?;
        self.tally.expect(format_args!("{what}: {field}"), "null".into(), seen.to_string());
        Ok(())
    }

    /// Expects that the lender's message is taken.
    fn order(&mut self, what: &str, order: &[&str], outcome: &str, state: &str) -> Result<()> {
        let text = self.next(order)?;
        self.takes(what, &text, outcome, state)
    }

    fn no_lock(&mut self, what: &str, why: Refusal) -> Result<()> {
        let lock = self.next(LOCK)?;
        self.refuses(what, "apply", &lock, why)
    }

    fn event(&mut self, what: &str, kind: &str) -> Result<()> {
        let history = self.phone.ask(&["history"])?;
        let last = history["events"].as_array().and_then(|events| events.last());
        let last = last.and_then(|event| event["event"].as_str()).unwrap_or_default();
        self.tally.expect(format_args!("{what}: the last event"), kind, last);
        Ok(())
    }
}

/// A notice: how it runs, and what ends it.
///
/// # Errors
/// When the phone does not answer.
pub fn notice<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    bench.unlocked()?;
    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.about("a notice", "lock_possible_in", NOTICE)?;
    bench.about("a notice", "notice_ends_in", NOTICE + NOTICE_WINDOW)?;
    let early = bench.next(LOCK)?;
    bench.refuses("a lock at once", "apply", &early, Refusal::NoticeStillRuns)?;

    bench.phone.pass(NOTICE / 2)?;
    bench.about("half of it", "lock_possible_in", NOTICE / 2)?;
    bench.refuses("a lock at half of it", "apply", &early, Refusal::NoticeStillRuns)?;
    bench.takes_from("a clean start", "lock_possible_in", 0, P::power_cycle)?;
    bench.takes_from("a power cut", "lock_possible_in", 0, P::power_cut)?;
    bench.takes_from("a power cut", "notice_ends_in", 0, P::power_cut)?;
    bench.event("a power cut", "power_cut")?;
    bench.refuses("a lock then", "apply", &early, Refusal::NoticeStillRuns)?;

    bench.pass_until("lock_possible_in", 0)?;
    bench.about("it has run", "lock_possible_in", 0)?;
    bench.is("it has run, and no lock was sent", "unlocked")?;
    bench.takes("the lock that came too early", &early, "applied", "locked")?;
    bench.event("the lock", "locked")?;
    let reason = bench.phone.status()?["reason"].clone();
    bench.tally.expect("the reason", Some("payment_overdue"), reason.as_str());
    bench.none("the lock spends the notice", "lock_possible_in")?;
    bench.order("an unlock", &["unlock"], "applied", "unlocked")?;
    bench.no_lock("a second lock by the same notice", Refusal::NoNotice)?;

    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.phone.pass(NOTICE / 2)?;
    bench.order("a notice while one runs", &["notice"], "already_applied", "unlocked")?;
    bench.about("the first start stays", "lock_possible_in", NOTICE / 2)?;
    bench.phone.pass(NOTICE / 2)?;
    bench.order("an unlock ends it", &["unlock"], "applied", "unlocked")?;
    bench.none("an unlock ends it", "lock_possible_in")?;
    bench.no_lock("a lock after that", Refusal::NoNotice)?;

    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.phone.pass(NOTICE)?;
    let for_a_time = ["unlock-for", "--time", "2d"];
    bench.order("an unlock for a time ends it", &for_a_time, "applied", "unlocked")?;
    bench.none("an unlock for a time ends it", "lock_possible_in")?;
    bench.no_lock("a lock after that", Refusal::NoNotice)
}

/// A notice's window: a lock is possible for 30 days of use, then it is spent.
///
/// # Errors
/// When the phone does not answer.
pub fn window<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    bench.unlocked()?;
    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.phone.pass(NOTICE + NOTICE_WINDOW - SLACK)?;
    bench.about("at the end of its window", "lock_possible_in", 0)?;
    bench.order("a lock at the end of its window", LOCK, "applied", "locked")?;

    bench.unlocked()?;
    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.phone.pass(NOTICE + NOTICE_WINDOW)?;
    bench.none("30 days after it has run", "lock_possible_in")?;
    bench.no_lock("a lock by a spent notice", Refusal::NoNotice)?;
    bench.order("a new notice", &["notice"], "applied", "unlocked")?;
    bench.no_lock("a lock at once", Refusal::NoticeStillRuns)?;
    bench.phone.pass(NOTICE)?;
    bench.order("a lock by the new notice", LOCK, "applied", "locked")
}

/// What a lender unlocks for a time locks by itself.
///
/// # Errors
/// When the phone does not answer.
pub fn deadline<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    bench.unlocked()?;
    let granted = |bench: &mut Bench<P>, time: &str, what: &str, seconds| {
        bench.order(what, &["unlock-for", "--time", time], "applied", "unlocked")?;
        bench.about(what, "locks_in", seconds)
    };
    granted(bench, "10s", "never less than the notice time", NOTICE)?;
    granted(bench, "5d", "longer", 5 * DAY)?;
    granted(bench, "2d", "never less than was granted", 5 * DAY)?;
    bench.takes_from("a clean start", "locks_in", 0, P::power_cycle)?;
    bench.takes_from("a power cut", "locks_in", UPTIME_STEP, P::power_cut)?;
    bench.takes_from("a start after it", "locks_in", 0, P::power_cycle)?;
    bench.pass_until("locks_in", SLACK)?;
    bench.is("before the deadline", "unlocked")?;
    bench.phone.pass(SLACK)?;
    bench.is("past the deadline", "locked")?;
    let passed = bench.phone.status()?["deadline_passed"].as_bool();
    bench.tally.expect("why", Some(true), passed);
    bench.phone.power_cycle()?;
    bench.is("past the deadline, after a clean start", "locked")?;
    bench.order("a lock then", LOCK, "already_applied", "locked")?;
    bench.order("a notice then", &["notice"], "already_applied", "locked")?;

    // A locked phone gets what it is given, and no notice time.
    bench.order("ten minutes", &["unlock-for", "--time", "10m"], "applied", "unlocked")?;
    let seen = bench.enrolled("locks_in")?.as_u64();
    bench.tally.expect("ten minutes for a locked phone", true, seen.is_some_and(|s| s <= 600));
    bench.phone.power_cut()?;
    bench.is("a power cut takes the rest", "locked")?;
    bench.order("an unlock", &["unlock"], "applied", "unlocked")?;
    bench.none("an unlock ends a deadline", "locks_in")?;
    bench.phone.pass(DAY)?;
    bench.is("a day later", "unlocked")?;

    // A lock by notice ends a deadline, and the time that was left of it.
    granted(bench, "10d", "ten days", 10 * DAY)?;
    bench.order("a notice", &["notice"], "applied", "unlocked")?;
    bench.phone.pass(NOTICE)?;
    bench.order("a lock", LOCK, "applied", "locked")?;
    bench.none("a lock ends a deadline", "locks_in")
}

/// A phone without an escrow, whose lender has gone, releases itself.
///
/// # Errors
/// When the phone does not answer.
pub fn sunset<P: Attacked>(bench: &mut Bench<P>) -> Result<()> {
    bench.renew()?;
    let id = bench.enrolment()?.device;
    bench.voucher = forge::voucher(bench.issuer, OEM, id, |voucher| {
        voucher.escrow = None;
        voucher.sunset = Some(3);
        voucher.policy.notice = NOTICE as u32;
    })?;
    bench.locked()?;
    bench.about("the sunset", "releases_in", 3 * DAY - NOTICE)?;
    bench.takes_from("a power cut", "releases_in", 0, P::power_cut)?;
    bench.pass_until("releases_in", SLACK)?;
    bench.is("before the sunset", "locked")?;
    bench.phone.pass(SLACK)?;
    bench.is("the sunset, while locked", "released")?;
    bench.event("the sunset", "released_by_sunset")?;
    bench.phone.power_cycle()?;
    bench.is("after the sunset and a start", "released")?;
    let notice = bench.issuer.message(LENDER, &bench.voucher, bench.sequence + 1, &["notice"])?;
    bench.refuses("a notice after the sunset", "apply", &notice, Refusal::Released)
}
