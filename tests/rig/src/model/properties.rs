//! What must hold at every step, by name. The model is asked for a phone's terms
//! and who has a say, never for what is right: a property looks at what the lock
//! shows before a step and after it, with an honest storage, and tries what it likes
//! on copies.

use paylatch_proto::api::{Enrolment, EventKind, Hotline, Outcome};
use paylatch_proto::limits::{DAY, HOTLINE_WAIT, HOTLINE_WAIT_MAX, UPTIME_STEP};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::state::{Fault, State};

use super::message::{Message, Order, rewrite};
use super::step::Step;
use super::trial::Trial;
use super::view::{View, after_a_cut, asked, look};
use crate::bench::medium::{Counted, How, Trouble};
use crate::bench::{Answer, ESCROW, NOTICE, TestKey};
use crate::codes::Typed;

/// A step of the lock.
pub struct Evidence<'a> {
    /// Before it.
    pub before: &'a Trial,
    /// What happened.
    pub step: &'a Step,
    /// What the lock answered.
    pub answer: Option<Answer>,
    /// After it.
    pub after: &'a Trial,
}

/// Says what does not hold.
pub type Holds = Result<(), String>;

/// A property of a step.
pub type OfStep = fn(&Evidence) -> Holds;
/// A property of a phone.
pub type OfPhone = fn(&Trial) -> Holds;

/// What must hold of every step, by name.
pub const OF_STEPS: [(&str, OfStep); 10] = [
    ("released is final", released_is_final),
    ("no opening without authority", no_opening_without_authority),
    ("no lock outside the window", no_lock_outside_the_window),
    ("an older message changes nothing", older_changes_nothing),
    ("a refused message changes nothing", refused_changes_nothing),
    ("the same message twice changes nothing", same_twice_changes_nothing),
    ("a power cut leaves old or new", a_power_cut_leaves_old_or_new),
    ("a sale leaves no old keys", a_sale_leaves_no_old_keys),
    ("a wrong code is counted and makes wait", a_wrong_code_is_counted),
    ("a code works once", a_code_works_once),
];

/// What must hold of every phone that steps lead to.
pub const OF_PHONES: [(&str, OfPhone); 1] =
    [("a lender can't strand an owner", a_lender_cannot_strand_an_owner)];

/// Checks what must hold of a step.
///
/// # Errors
/// The name of the first property that does not hold, and what was seen.
pub fn of_step(evidence: &Evidence) -> Holds {
    let named = |e, name| format!("{name}: {e}");
    OF_STEPS.iter().try_for_each(|(name, holds)| holds(evidence).map_err(|e| named(e, name)))
}

/// Checks what must hold of a phone.
///
/// # Errors
/// As [`of_step`].
pub fn of_phone(trial: &Trial) -> Holds {
    let named = |e, name| format!("{name}: {e}");
    OF_PHONES.iter().try_for_each(|(name, holds)| holds(trial).map_err(|e| named(e, name)))
}

impl Evidence<'_> {
    /// What it showed before, and would have after a power cut.
    fn was(&self) -> &[View; 2] {
        &self.before.seen
    }

    /// What it shows now, and would after a power cut.
    fn is(&self) -> &[View; 2] {
        &self.after.seen
    }

    /// What was handed in or done, if power was cut in it or not.
    fn deed(&self) -> &Step {
        if let Step::CutIn(inner, _) = self.step { inner } else { self.step }
    }

    /// Whether power went.
    fn power_went(&self) -> bool {
        matches!(self.step, Step::Cut | Step::CutIn(..) | Step::Spoil(_))
    }

    /// Seconds of use that passed.
    fn passed(&self) -> u64 {
        if let Step::Pass(seconds) = self.deed() { *seconds } else { 0 }
    }

    fn troubled(&self) -> bool {
        self.before.bench.clone().medium().trouble.is_some()
    }

    /// Whether the message is from who is shown as the lender, and newer.
    fn is_a_newer_order(&self, message: &Message) -> bool {
        let Some((_, enrolment)) = &self.was()[0].enrolled else { return false };
        let contact = message.is_contact();
        let last = if contact { enrolment.contact_sequence } else { enrolment.sequence };
        message.is_genuine()
            && !message.elsewhere
            && sign::key_id(&message.signer.public()).short() == enrolment.lender
            && message.sequence > last
    }

    /// Whether a release is from somebody with a say.
    fn may_release(&self, release: &Message, lenders: &[TestKey]) -> bool {
        release.order == Order::Release
            && release.is_genuine()
            && !release.elsewhere
            && (lenders.contains(&release.signer)
                || self.before.phone().terms.escrow && release.signer == ESCROW)
    }

    /// Whether what was done may open a phone.
    fn may_open(&self, was: &View, is: &View) -> bool {
        let lender = self.before.phone().kept.lender;
        let begun = self.before.worlds.iter().filter_map(|world| world.kept.begun);
        // Those whose keys a sale that was not stored left, while the state can't be read.
        let silent = was.state == State::Fault || self.troubled();
        let mut lenders: Vec<_> = begun.filter(|_| silent).chain([lender]).collect();
        match self.deed() {
            Step::Hand(message) if message.order == Order::Release => {
                self.may_release(message, &lenders) && is.state == State::Released
            }
            Step::Hand(message) => {
                matches!(message.order, Order::Unlock | Order::UnlockFor(_))
                    && self.is_a_newer_order(message)
                    && is.state == State::Unlocked
            }
            Step::Recover(release, with_sales) => {
                // Without its sales a voucher proves its own lender.
                let first = crate::bench::LENDER;
                if was.state == State::Fault && !with_sales {
                    lenders.push(first);
                }
                self.may_release(release, &lenders) && is.state == State::Released
            }
            Step::Code(typed) => {
                matches!(typed, Typed::Right(_))
                    && was.codes().is_some_and(|codes| codes.wait == 0)
                    && is.state == State::Unlocked
            }
            Step::Enrol => was.state == State::Unprovisioned && is.state == State::Unlocked,
            Step::Seal => {
                matches!(was.state, State::Unprovisioned | State::Fault) || self.troubled()
            }
            _ => false,
        }
    }
}

/// Once released, nothing takes it back; what could not be stored holds as long
/// as power is on.
fn released_is_final(evidence: &Evidence) -> Holds {
    let ([was, was_cut], [is, is_cut]) = (evidence.was(), evidence.is());
    let lost = |was: &View, is: &View| was.state == State::Released && is.state != State::Released;
    if lost(was_cut, is_cut) {
        return Err(format!("stored, and now {:?}", is_cut.state));
    }
    if lost(was, is) && !evidence.power_went() {
        return Err(format!("released, and now {:?}", is.state));
    }
    Ok(())
}

/// A phone that may not be used is opened by its lender's newer message, by a
/// release, a seal or the sunset; and never by a power cut.
fn no_opening_without_authority(evidence: &Evidence) -> Holds {
    let [was, was_cut] = evidence.was();
    for is in evidence.is() {
        // What nobody asked about is lost with the power; and a clean shutdown
        // saves what a power cut would have taken.
        if was.state.usable() || was_cut.state.usable() || !is.state.usable() {
            continue;
        }
        let terms = evidence.before.phone().terms;
        let uptime = is.enrolled.as_ref().map(|(uptime, _)| *uptime);
        let last = is.events.as_ref().and_then(|events| events.last());
        let sunset = last.is_some_and(|event| {
            event.kind == EventKind::ReleasedBySunset
                && terms.sunset.is_some_and(|days| u64::from(event.uptime) >= u64::from(days) * DAY)
        });
        if !evidence.may_open(was, is) && !sunset {
            return Err(format!("{:?} became {:?} at {uptime:?}", was.state, is.state));
        }
    }
    let [is, is_cut] = evidence.is();
    if !is.state.usable() && is_cut.state.usable() {
        // Nobody has asked yet: whoever does, makes it last.
        let mut asked = evidence.after.bench.clone();
        asked.medium().honest();
        asked.state();
        let cut = after_a_cut(&asked).state();
        if cut.usable() {
            return Err(format!("told as {:?}, and {cut:?} after a power cut", is.state));
        }
    }
    Ok(())
}

/// A usable phone locks by a lock inside a notice's window, or by a deadline
/// that left it the notice time and was never brought nearer; and a notice runs
/// its time.
fn no_lock_outside_the_window(evidence: &Evidence) -> Holds {
    let ([was, was_cut], [is, is_cut]) = (evidence.was(), evidence.is());
    let (Some((_, then)), State::Unlocked) = (&was.enrolled, was.state) else { return Ok(()) };
    let passed = evidence.passed();
    // A power cut takes as much from a deadline.
    let cut = if evidence.power_went() { UPTIME_STEP } else { 0 };
    if is.state == State::Locked {
        let in_window = then.notice.is_some_and(|notice| notice.lock_in == 0 && notice.ends_in > 0);
        let by_lock = matches!(evidence.deed(), Step::Hand(message)
            if matches!(message.order, Order::Lock(_)) && evidence.is_a_newer_order(message));
        let past = then.deadline_in.is_some_and(|left| left <= passed.saturating_add(cut));
        if !(by_lock && in_window || past) {
            return Err(format!("locked by {:?} out of {then:?}", evidence.step));
        }
    }
    let Some((_, now)) = &is.enrolled else { return Ok(()) };
    if is.state == State::Unlocked
        && let Some(left) = now.deadline_in
    {
        let least = then.deadline_in.unwrap_or(NOTICE.into());
        let least = least.saturating_sub(passed.saturating_add(cut));
        if left < least {
            return Err(format!("{left} s are left, not {least}: {then:?}, then {now:?}"));
        }
        if is_cut.state == State::Locked && left > UPTIME_STEP {
            return Err(format!("a power cut takes {left} s"));
        }
    }
    if let Some(notice) = now.notice {
        // What nobody asked about is lost with the power: the notice runs again.
        let runs = then.notice.filter(|notice| notice.ends_in > passed);
        let again = was_cut.enrolled.as_ref().filter(|_| evidence.power_went());
        let again = again.and_then(|(_, then)| then.notice);
        let before = [runs, again].into_iter().flatten().map(|notice| notice.lock_in);
        let least = before.min().unwrap_or(NOTICE.into());
        if notice.lock_in < least.saturating_sub(passed) {
            return Err(format!("a notice has {} s left, not {least}", notice.lock_in));
        }
    }
    Ok(())
}

/// Below the last number nothing is taken and nothing changes.
fn older_changes_nothing(evidence: &Evidence) -> Holds {
    let (Step::Hand(message), Some((_, enrolment))) = (evidence.step, &evidence.was()[0].enrolled)
    else {
        return Ok(());
    };
    let last = if message.is_contact() { enrolment.contact_sequence } else { enrolment.sequence };
    if message.order == Order::Release || message.sequence >= last {
        return Ok(());
    }
    if !matches!(evidence.answer, Some(Err(_))) {
        return Err(format!(
            "{} after {last} was answered {:?}",
            message.sequence, evidence.answer
        ));
    }
    if evidence.was()[0] != evidence.is()[0] {
        return Err(format!("{} after {last} changed what is shown", message.sequence));
    }
    Ok(())
}

/// After a refusal the lock is, to the byte, what it is after a mere question.
fn refused_changes_nothing(evidence: &Evidence) -> Holds {
    if !matches!(evidence.answer, Some(Err(_))) || evidence.troubled() {
        return Ok(());
    }
    // The one refusal that counts: see below.
    if evidence.answer == Some(Err(Refusal::WrongCode)) {
        return Ok(());
    }
    let mut asked = evidence.before.bench.clone();
    asked.state();
    if asked.uncounted() != evidence.after.bench.uncounted() {
        return Err(format!("{:?}, and yet it changed", evidence.answer));
    }
    Ok(())
}

/// What was taken is taken once, however it is signed the second time.
fn same_twice_changes_nothing(evidence: &Evidence) -> Holds {
    let (Step::Hand(message), Some(Ok(_))) = (evidence.step, evidence.answer) else {
        return Ok(());
    };
    if evidence.troubled() {
        return Ok(());
    }
    let text = evidence.after.texts.of(message);
    let mut rewritten = text.to_vec();
    rewrite(&mut rewritten);
    for again in [&*text, &rewritten] {
        let mut bench = evidence.after.bench.clone();
        let answer = bench.apply(again);
        let taken = Ok((Outcome::AlreadyApplied, evidence.is()[0].state));
        let held = Ok((Outcome::ReleasedUntilPowerOff, State::Released));
        if answer != taken && answer != held {
            return Err(format!("the second time it was answered {answer:?}"));
        }
        if bench.uncounted() != evidence.after.bench.uncounted() {
            return Err("the second time it changed something".into());
        }
    }
    Ok(())
}

/// From here the escrow's release, or the sunset, makes it the owner's for good.
fn a_lender_cannot_strand_an_owner(trial: &Trial) -> Holds {
    let is = &trial.seen[0];
    let terms = trial.phone().terms;
    let mut bench = trial.bench.clone();
    bench.medium().honest();
    let release = trial.texts.of(&Message::escrow_release());
    let answer = match (is.state, &is.enrolled) {
        (State::Fault, _) if terms.escrow => {
            let by_fault = [Fault::StateMissing, Fault::StateCorrupt, Fault::KeysCorrupt];
            if !by_fault.iter().any(|fault| fault.code() == is.detail) {
                return Err(format!("a fault of code {} with an honest storage", is.detail));
            }
            match bench.apply(&release) {
                Err(Refusal::Fault) => bench.recover(&[], &release),
                answer => answer,
            }
        }
        (State::Unlocked | State::Locked, Some(_)) if terms.escrow => bench.apply(&release),
        (State::Unlocked | State::Locked, Some((_, enrolment))) => {
            let left = enrolment.sunset_in.ok_or("there is no way out")?;
            bench.medium().seconds += left;
            Ok((Outcome::Applied, bench.state()))
        }
        _ => return Ok(()),
    };
    if answer != Ok((Outcome::Applied, State::Released)) {
        return Err(format!("the way out was answered {answer:?}"));
    }
    bench.power_cut();
    if bench.state() != State::Released {
        return Err("the release was not stored".into());
    }
    Ok(())
}

/// Once a sale is answered as done, one slot of keys is blank.
fn a_sale_leaves_no_old_keys(evidence: &Evidence) -> Holds {
    let Step::Hand(Message { order: Order::Rekey { .. }, .. }) = evidence.step else {
        return Ok(());
    };
    if evidence.troubled() || !matches!(evidence.answer, Some(Ok((Outcome::Applied, _)))) {
        return Ok(());
    }
    let mut bench = evidence.after.bench.clone();
    let is_blank = |record: &[u8]| record.iter().all(|byte| *byte == 0);
    let mut slot = |name| bench.medium().records.get(name).is_some_and(|bytes| is_blank(bytes));
    if slot("keys.0") == slot("keys.1") {
        return Err("not one slot of keys is blank".into());
    }
    Ok(())
}

/// A wrong code changes nothing but the count and the wait, and no power cut takes
/// these back; and no code is compared before the wait is over.
fn a_wrong_code_is_counted(evidence: &Evidence) -> Holds {
    let Step::Code(_) = evidence.step else { return Ok(()) };
    let [was, _] = evidence.was();
    if evidence.troubled() {
        return Ok(());
    }
    let Some(codes) = was.codes() else { return Ok(()) };
    let compared = matches!(evidence.answer, Some(Ok(_) | Err(Refusal::WrongCode)));
    if compared && codes.wait > 0 {
        return Err(format!("compared, {} s too early", codes.wait));
    }
    if evidence.answer != Some(Err(Refusal::WrongCode)) {
        return Ok(());
    }
    let wait = HOTLINE_WAIT_MAX.min(HOTLINE_WAIT << codes.tried.min(10));
    let counted = Hotline { tried: codes.tried + 1, wait, ..codes };
    // What a power cut now takes from a deadline is another property's.
    let [is, is_cut] = evidence.is();
    let should = was.clone().with_codes(counted);
    if *is != should {
        return Err(format!("not only counted: {is:?} is not {should:?}"));
    }
    if is_cut.state != State::Released && is_cut.codes() != Some(counted) {
        return Err(format!("after a power cut {:?} is not {counted:?}", is_cut.codes()));
    }
    Ok(())
}

/// The challenge is another one after a code that was right and after each message
/// that was taken, and a code that was right is wrong then.
fn a_code_works_once(evidence: &Evidence) -> Holds {
    if evidence.troubled() {
        return Ok(());
    }
    let (Some(was), Some(is)) = (&evidence.was()[0].enrolled, &evidence.is()[0].enrolled) else {
        return Ok(());
    };
    let numbers = |of: &Enrolment| (of.sequence, of.contact_sequence);
    let taken = numbers(&was.1) != numbers(&is.1);
    let by_code = matches!((evidence.step, evidence.answer), (Step::Code(_), Some(Ok(_))));
    let (Some(before), Some(after)) = (was.1.hotline, is.1.hotline) else { return Ok(()) };
    if (taken || by_code) && before.challenge == after.challenge {
        return Err(format!("the challenge is still {}", after.challenge));
    }
    let (Step::Code(typed), true) = (evidence.step, by_code) else { return Ok(()) };
    let groups = evidence.before.bench.code(*typed);
    let mut bench = evidence.after.bench.clone();
    let answer = bench.hotline(groups);
    if answer != Err(Refusal::WrongCode) {
        return Err(format!("the second time it was answered {answer:?}"));
    }
    let left = |view: &View| view.enrolled.as_ref().and_then(|(_, is)| is.deadline_in);
    if left(&look(&bench)) != left(&evidence.is()[0]) {
        return Err("the second time it changed the deadline".into());
    }
    Ok(())
}

/// Power that fails after any write of a step, or tears it, leaves what was
/// before or what is after.
fn a_power_cut_leaves_old_or_new(evidence: &Evidence) -> Holds {
    if evidence.troubled() || evidence.power_went() || evidence.answer.is_none() {
        return Ok(());
    }
    let begun = evidence.before.bench.clone().medium().writes;
    let writes = evidence.after.bench.clone().medium().writes - begun;
    let [at_once, mut now] = asked(&evidence.before.bench);
    let asking = now.medium().writes - begun;
    // What a start finishes of what was cut, its own mark and a held release take a
    // write each; the model says what is between them (`Step::CutIn`).
    let mut known: Vec<_> = [&at_once, &now].map(|asked| look(&after_a_cut(asked))).into();
    known.extend((1..asking).map(|after| {
        let mut started = evidence.before.bench.clone();
        started.cut_after(after);
        started.state();
        look(&after_a_cut(&started))
    }));
    // A code is counted before it is compared.
    if let Step::Code(Typed::Right(action)) = evidence.step {
        let mut counted = evidence.before.clone();
        counted.do_step(&Step::Code(Typed::Wrong(*action)));
        known.push(look(&after_a_cut(&counted.bench)));
    }
    known.extend([evidence.was()[1].clone(), evidence.is()[1].clone()]);
    for after in 0..writes {
        let how = How::Torn;
        let trouble = Trouble { counted: Counted::Writes, after, for_good: true, how };
        let mut trial = evidence.before.clone();
        trial.bench.medium().trouble = Some(trouble);
        trial.do_step(evidence.step);
        let seen = look(&after_a_cut(&trial.bench));
        if !known.contains(&seen) {
            return Err(format!("after {after} of {writes} writes: {seen:?}"));
        }
    }
    Ok(())
}
