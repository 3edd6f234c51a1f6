//! Whatever the storage does to whichever of its calls, during every operation
//! that changes something: the phone is never more open than before and after
//! it, never fresh from the factory, and once the storage is honest again what
//! was before or what is after; and the operation can be done again.

use paylatch_proto::api::{Outcome, Request};
use paylatch_proto::hotline::Action;
use paylatch_proto::limits::{DAY, UPTIME_STEP};
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{DETAIL_UNTIL_POWER_OFF, Reason, State};
use paylatch_rig::bench::medium::{Counted, How, Trouble};
use paylatch_rig::bench::{
    Answer, BUYER, Bench, ESCROW, Enrolment, LENDER, NOTICE, PHONE, contact,
};
use paylatch_ta::env::StorageError;

use paylatch_rig::codes::Typed;
use paylatch_rig::model::view::{View, after_a_cut, asked, look};
use paylatch_rig::prove;

/// An operation, and a phone that it is done to.
struct Operation {
    name: &'static str,
    bench: Bench,
    act: fn(&mut Bench) -> Answer,
    /// What is stored before the rest of it, on purpose.
    half: fn(&mut Bench) -> Answer,
}

fn lenders(bench: &mut Bench, command: Command) -> Answer {
    let message = bench.enrolment.message(LENDER, command);
    bench.apply(&message)
}

fn notice(bench: &mut Bench) -> Answer {
    lenders(bench, Command::Notice { sequence: 1 })
}

fn lock(bench: &mut Bench) -> Answer {
    lenders(bench, Command::Lock { sequence: 2, reason: Reason::PaymentOverdue })
}

fn unlock_for(bench: &mut Bench) -> Answer {
    lenders(bench, Command::UnlockFor { sequence: 3, seconds: DAY as u32 })
}

fn sale(bench: &mut Bench) -> Answer {
    let sale = bench.enrolment.rekey(4);
    bench.apply(&sale)
}

/// Once it may be tried.
fn code(bench: &mut Bench, typed: Typed) -> Answer {
    let wait = look(bench).codes().map_or(0, |codes| codes.wait);
    bench.medium().seconds += wait;
    let code = bench.code(typed);
    bench.hotline(code)
}

fn right_code(bench: &mut Bench) -> Answer {
    code(bench, Typed::Right(Action::Week))
}

/// Counted, which is all there is to do.
fn wrong_code(bench: &mut Bench) -> Answer {
    match code(bench, Typed::Wrong(Action::Week)) {
        Err(Refusal::WrongCode) => Ok((Outcome::Applied, State::Locked)),
        answer => answer,
    }
}

fn release(bench: &mut Bench) -> Answer {
    let release = bench.enrolment.release(LENDER);
    bench.apply(&release)
}

fn escrow_release(bench: &mut Bench) -> Answer {
    let release = bench.enrolment.release(ESCROW);
    bench.apply(&release)
}

/// The buyer's, with the sale.
fn recover(bench: &mut Bench) -> Answer {
    let (sale, release) = (bench.enrolment.rekey(4), bench.enrolment.release(BUYER));
    bench.recover(&[&sale], &release)
}

fn tick(bench: &mut Bench) -> Answer {
    bench.ask(&Request::Tick)
}

fn shutdown(bench: &mut Bench) -> Answer {
    bench.ask(&Request::Shutdown)
}

/// A question: what it finds is stored.
fn question(bench: &mut Bench) -> Answer {
    let held = bench.detail() == DETAIL_UNTIL_POWER_OFF;
    let outcome = if held { Outcome::ReleasedUntilPowerOff } else { Outcome::Applied };
    Ok((outcome, bench.state()))
}

/// A phone to which these were done.
fn after(sunset: Option<u32>, acts: &[fn(&mut Bench) -> Answer]) -> Bench {
    let mut bench = Bench::enrolled(sunset);
    for act in acts {
        assert!(act(&mut bench).is_ok());
    }
    bench
}

fn passed(mut bench: Bench, seconds: u64) -> Bench {
    bench.medium().seconds += seconds;
    bench
}

fn damaged(mut bench: Bench, records: &[&str]) -> Bench {
    for record in records {
        bench.medium().damage(record);
    }
    after_a_cut(&bench)
}

/// A sale that was cut off before the old keys were blanked.
fn unfinished_sale() -> Bench {
    let mut bench = after(None, &[]);
    bench.cut_after(3);
    assert!(sale(&mut bench).is_ok());
    after_a_cut(&bench)
}

fn locked() -> Bench {
    let mut bench = passed(after(None, &[notice]), NOTICE.into());
    assert_eq!(lock(&mut bench), Ok((Outcome::Applied, State::Locked)));
    bench
}

fn newer_build() -> Bench {
    let mut bench = after(None, &[]);
    bench.power_cut_and_build(2);
    bench
}

fn shut_down(bench: &Bench) -> Bench {
    let mut bench = bench.clone();
    assert!(shutdown(&mut bench).is_ok());
    after_a_cut(&bench)
}

/// Every operation that changes what is stored.
fn operations() -> Vec<Operation> {
    let fresh = || Bench::fresh(Enrolment::new(&PHONE, true, None));
    let leased = || after(None, &[unlock_for]);
    let noticed = || after(None, &[notice]);
    let all_keys = ["keys.0", "keys.1"];
    let operation = |name, bench, act| Operation { name, bench, act, half: question };
    let mut all = vec![
        operation("voucher", fresh(), Bench::enrol),
        operation("seal", fresh(), Bench::seal),
        operation("notice", after(None, &[]), notice),
        operation("lock", passed(noticed(), NOTICE.into()), lock),
        operation("unlock", locked(), |bench| lenders(bench, Command::Unlock { sequence: 3 })),
        operation("unlock for a time", locked(), unlock_for),
        operation("contact", after(None, &[]), |bench| {
            lenders(bench, Command::Contact { sequence: 1, contact: contact(1) })
        }),
        Operation { half: wrong_code, ..operation("hotline code", locked(), right_code) },
        operation("wrong hotline code", locked(), wrong_code),
        operation("sale", locked(), sale),
        operation("the sale's second half", unfinished_sale(), question),
        operation("lender's release", locked(), release),
        operation("escrow's release", locked(), escrow_release),
        operation("release, state damaged", damaged(locked(), &["state"]), escrow_release),
        operation("seal, state damaged", damaged(locked(), &["state"]), Bench::seal),
        operation("seal, keys damaged", damaged(locked(), &all_keys), Bench::seal),
        operation("recovery", damaged(after(None, &[sale]), &all_keys), recover),
        operation("tick", passed(leased(), UPTIME_STEP), tick),
        operation("shutdown", passed(leased(), 1), shutdown),
        operation("deadline", passed(leased(), DAY), question),
        operation("sunset", passed(after(Some(2), &[]), 2 * DAY), question),
        operation("good boot", newer_build(), |bench| bench.ask(&Request::GoodBoot)),
        operation("start", after_a_cut(&leased()), question),
        operation("clean start", shut_down(&leased()), question),
    ];
    // Those that find the lock loaded, at its first question too.
    for i in 0..all.len() {
        let Operation { name, ref bench, act, half } = all[i];
        if look(bench).state != State::Unprovisioned && name != "sunset" && name != "deadline" {
            let seconds = bench.clone().medium().seconds;
            all.push(Operation { name, bench: passed(after_a_cut(bench), seconds), act, half });
        }
    }
    all
}

/// What is kept: what is shown after a power cut, and to an older build.
fn kept(bench: &Bench) -> (View, State) {
    let mut older = bench.clone();
    older.medium().honest();
    older.power_cut_and_build(1);
    (look(&after_a_cut(bench)), older.state())
}

fn all_troubles(bench: &Bench, act: fn(&mut Bench) -> Answer) -> Vec<Trouble> {
    let mut honest = bench.clone();
    honest.medium().calls = 0;
    let _ = act(&mut honest);
    let calls = honest.medium().calls;
    let all = How::ALL.into_iter().flat_map(|how| {
        [false, true].into_iter().flat_map(move |for_good| {
            let counted = Counted::Calls;
            // And one call past the last: what comes after it fails.
            (0..=calls).map(move |after| Trouble { counted, after, for_good, how })
        })
    });
    all.collect()
}

fn is_absence_for_good(trouble: Trouble) -> bool {
    let Trouble { how, for_good, .. } = trouble;
    let absent = [How::Fails(StorageError::Absent), How::DoneButFails(StorageError::Absent)];
    for_good && absent.contains(&how)
}

/// One storage that fails during one operation.
fn case(operation: &Operation, trouble: Trouble) -> Result<Bench, String> {
    let Operation { bench: before, act, .. } = operation;
    let mut done = before.clone();
    let answer = act(&mut done);
    let (was_cut, new) = (kept(before), kept(&done));
    let [at_once, now] = asked(before).map(|asked| kept(&asked));
    let mut half = before.clone();
    let _ = (operation.half)(&mut half);
    let known = [was_cut.clone(), at_once, now, kept(&half), new.clone()];
    let (was, is) = (look(before).state, look(&done).state);

    let mut bench = before.clone();
    bench.medium().trouble = Some(trouble);
    let seen = act(&mut bench);
    let held = is == State::Released;
    // What has been seen to pass and could not be stored is lost with the power.
    let open = was.usable() || is.usable();
    let open_when_cut = open || was_cut.0.state.usable();
    let check = |what: &str, mut bench: Bench, open: bool| {
        let state = bench.state();
        // A storage that lost everything, or says so, is that of a fresh phone.
        let blank = bench.medium().records.is_empty() || is_absence_for_good(trouble);
        match state {
            State::Unprovisioned if was != state && is != state && !blank => {
                Err(format!("{what}: fresh from the factory"))
            }
            State::Unlocked | State::Released if !open => Err(format!("{what}: {state:?}")),
            State::Released if was != state && !held => Err(format!("{what}: {state:?}")),
            state => Ok((state, blank)),
        }
    };
    check("while it fails", bench.clone(), open)?;
    let mut honest = bench.clone();
    honest.medium().honest();
    let (honest, _) = check("once it is honest", honest, open)?;
    let released = matches!(seen, Ok((_, State::Released)));
    if released && honest != State::Released {
        return Err(format!("a release was lost: {honest:?}"));
    }

    let cut = kept(&bench);
    let (_, blank) = check("after a power cut", after_a_cut(&bench), open_when_cut)?;
    if !trouble.how.ends_with_power() {
        let old_or_new = known.iter().any(|known| known.0.state == cut.0.state);
        let allowed = [State::Fault, State::Released].contains(&cut.0.state);
        if !old_or_new && !allowed && !blank {
            return Err(format!("after a power cut: {:?}", cut.0.state));
        }
        return Ok(after_a_cut(&bench));
    }
    // A release over records that could not be read is stored without their history.
    let over_nothing = held && (cut.0.state, cut.1) == (State::Released, State::Released);
    if !known.contains(&cut) && !over_nothing {
        return Err(format!("after a power cut neither old nor new: {cut:?}, not {known:?}"));
    }
    let stored = matches!(seen, Ok((Outcome::Applied, _))) && !matches!(operation.name, "start");
    if stored && seen == answer && cut != new && !over_nothing {
        return Err(format!("answered {seen:?}, and not stored: {cut:?}"));
    }
    // Again, at once and after a power cut.
    let mut at_once = bench.clone();
    at_once.medium().honest();
    let cut = again_at(operation, &bench);
    for (what, mut again) in [("at once", at_once), ("after a power cut", cut)] {
        if blank && what == "at once" {
            continue;
        }
        let answer = act(&mut again);
        let (is, now) = (look(&done), look(&again));
        let essence = |view: &View| {
            let enrolled = view.enrolled.as_ref().map(|(_, e)| (e.lender, e.sequence, e.reason));
            (view.state, enrolled, view.contact.clone())
        };
        if answer.is_err() || essence(&is) != essence(&now) {
            return Err(format!("again {what}: {answer:?}, {now:?}"));
        }
        if kept(&again).0.state != new.0.state {
            return Err(format!("again {what}: not stored"));
        }
    }
    Ok(bench)
}

/// How many cases there are at least; with a second failure, at length.
const FLOOR: u64 = 4_700;
const FLOOR_TWICE: u64 = 90_000;

#[test]
fn every_operation_call_and_error() {
    let (mut cases, mut twice, mut failed) = (0, 0, Vec::new());
    for operation in operations() {
        for trouble in all_troubles(&operation.bench, operation.act) {
            // Where only the records could tell, absence is what a blank phone has.
            if is_absence_for_good(trouble) && look(&operation.bench).state == State::Fault {
                continue;
            }
            cases += 1;
            let interrupted = case(&operation, trouble)
                .map_err(|e| failed.push(format!("{}, {trouble:?}: {e}", operation.name)));
            if !prove::at_length() || !is_a_power_cut(trouble) {
                continue;
            }
            let Ok(bench) = interrupted else { continue };
            let again = Operation { bench: again_at(&operation, &bench), ..operation };
            for second in all_troubles(&again.bench, again.act) {
                if is_absence_for_good(second) {
                    continue;
                }
                twice += 1;
                if let Err(e) = case(&again, second) {
                    let name = operation.name;
                    failed.push(format!("{name}, {trouble:?}, then {second:?}: {e}"));
                }
            }
        }
    }
    prove::report("failing storage", cases, FLOOR, &failed);
    if prove::at_length() {
        prove::report("storage that fails again in the retry", twice, FLOOR_TWICE, &failed);
    }
}

/// Whether nothing is done from some call on, or that call last.
fn is_a_power_cut(trouble: Trouble) -> bool {
    let Trouble { how, for_good, .. } = trouble;
    let unavailable = StorageError::Unavailable;
    for_good && [How::Fails(unavailable), How::DoneButFails(unavailable), How::Torn].contains(&how)
}

/// The phone when the operation is tried again after a power cut.
fn again_at(operation: &Operation, bench: &Bench) -> Bench {
    let seconds = operation.bench.clone().medium().seconds;
    let mut again = after_a_cut(bench);
    again.medium().seconds = seconds;
    again
}
