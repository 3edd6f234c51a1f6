//! Attacks on the lock, and accidents of its owner, that once worked or nearly
//! did; each must come to nothing.

use paylatch_proto::api::{Outcome, Request};
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::state::{DETAIL_UNTIL_POWER_OFF, Fault, NO_CHANGE, Reason, State};
use paylatch_rig::bench::{
    BUYER, Bench, ESCROW, Enrolment, LENDER, NOTICE, PHONE, STRANGER, TestKey, contact, sale_to,
};

/// Power cuts are charged to deadlines; charged to the sunset they would be a
/// way to bring it nearer, in days instead of years.
#[test]
fn power_cuts_do_not_bring_the_sunset_nearer() {
    let mut bench = Bench::enrolled(Some(2));
    for _ in 0..2 * limits::DAY / limits::UPTIME_STEP + 10 {
        bench.power_cut();
        assert_eq!(bench.state(), State::Unlocked);
    }
    assert_eq!(bench.status().enrolment.unwrap().sunset_in, Some(2 * limits::DAY));
    bench.medium().seconds = 2 * limits::DAY;
    assert_eq!(bench.state(), State::Released);
}

/// The scrub of the old keys is prevented; the dead key then releases while
/// the storage is made to hide the live one.
#[test]
fn a_sold_loans_key_does_not_release_for_good() {
    let mut bench = Bench::enrolled(None);
    let release = bench.enrolment.release(LENDER);
    let rekey = bench.enrolment.rekey(1);
    bench.cut_after(3);
    assert!(bench.apply(&rekey).is_ok());
    bench.power_cut();
    bench.medium().silent = vec!["state", "keys.1"];
    assert_eq!(bench.state(), State::Fault);
    // What can be read says so; it holds until the live record answers.
    assert_eq!(bench.apply(&release), Ok((Outcome::ReleasedUntilPowerOff, State::Released)));
    bench.medium().silent.clear();
    assert_eq!(bench.state(), State::Unlocked);
    assert_eq!(bench.apply(&release), Err(Refusal::OtherSigner));
    bench.power_cut();
    assert_eq!(bench.state(), State::Unlocked);
}

/// A rekey that was cut off before its commit never happened.
#[test]
fn an_uncommitted_rekey_leaves_no_key_behind() {
    let mut bench = Bench::enrolled(None);
    let (lender, buyer) = (bench.enrolment.release(LENDER), bench.enrolment.release(BUYER));
    let rekey = bench.enrolment.rekey(1);
    for writes in 0..3 {
        bench.power_cut();
        assert_eq!(bench.state(), State::Unlocked);
        bench.cut_after(writes);
        assert_eq!(bench.apply(&rekey), Err(Refusal::NotStored));
        bench.power_cut();
        assert_eq!(bench.state(), State::Unlocked);
        bench.power_cut();
        bench.medium().silent = vec!["state"];
        assert_eq!(bench.apply(&buyer), Err(Refusal::OtherSigner), "after {writes} writes");
    }
    bench.power_cut();
    bench.medium().damage("state");
    assert_eq!(bench.state(), State::Fault);
    assert_eq!(bench.apply(&lender), Ok((Outcome::Applied, State::Released)));
}

/// The new lender's record is damaged and the old one's was never scrubbed:
/// the chain of messages knows better than what can still be read.
#[test]
fn a_longer_chain_beats_an_older_record() {
    let mut bench = Bench::enrolled(None);
    let (old, new) = (bench.enrolment.release(LENDER), bench.enrolment.release(BUYER));
    let rekey = bench.enrolment.rekey(1);
    bench.cut_after(3);
    assert!(bench.apply(&rekey).is_ok());
    bench.medium().damage("keys.1");
    bench.power_cut();
    assert_eq!(bench.detail(), Fault::KeysCorrupt.code());
    assert_eq!(bench.recover(&[], &new), Err(Refusal::OtherSigner));
    assert_eq!(bench.recover(&[&rekey], &old), Ok((Outcome::Applied, State::Released)));
    let mut bench = Bench::enrolled(None);
    bench.cut_after(3);
    assert!(bench.apply(&rekey).is_ok());
    bench.medium().damage("keys.1");
    bench.power_cut();
    assert_eq!(bench.recover(&[&rekey], &new), Ok((Outcome::Applied, State::Released)));
    bench.power_cut();
    assert_eq!(bench.state(), State::Released);
}

/// A former lender signs sales of his own, as many as it takes to be longer than what
/// can be read: they do not lead through the lender that can be.
#[test]
fn a_longer_chain_of_a_former_lender_is_none() {
    let mut bench = Bench::enrolled(None);
    let rekey = bench.enrolment.rekey(1);
    assert!(bench.apply(&rekey).is_ok());
    bench.medium().damage("state");
    bench.power_cut();
    assert_eq!(bench.detail(), Fault::StateCorrupt.code());
    let sale = |of: &Enrolment, from: TestKey, to: TestKey| {
        of.signed(from, sign::LENDER, &of.body(from, Some(to), 0, sale_to(to, 9)))
    };
    let of = bench.enrolment.clone();
    let by = |signer| of.release(signer);
    let (there, back) = (sale(&of, LENDER, STRANGER), sale(&of, STRANGER, LENDER));
    assert_eq!(bench.recover(&[&there, &back], &by(LENDER)), Err(Refusal::OtherSigner));
    assert_eq!(bench.recover(&[&there, &back], &by(STRANGER)), Err(Refusal::OtherSigner));
    // Nor under another voucher of the same phone.
    let other = Enrolment::new(&PHONE, false, Some(7));
    bench.enrolment = other.clone();
    let chain = [sale(&other, LENDER, BUYER), sale(&other, BUYER, LENDER)];
    let chain = [&*chain[0], &*chain[1]];
    assert_eq!(bench.recover(&chain, &other.release(LENDER)), Err(Refusal::OtherSigner));
    assert_eq!(bench.state(), State::Fault);
    // The buyer's own sale, which the phone has not seen, leads through the buyer.
    bench.enrolment = of.clone();
    let onward = sale(&of, BUYER, STRANGER);
    let released = Ok((Outcome::Applied, State::Released));
    assert_eq!(bench.recover(&[&rekey, &onward], &by(STRANGER)), released);
}

/// The place for the next contact record or keys is lost: it is made anew, so that
/// no sale is refused for ever.
#[test]
fn a_lost_slot_is_made_anew() {
    for (lost, rekeyed) in [("contact.1", false), ("contact.1", true), ("keys.1", true)] {
        let mut bench = Bench::enrolled(None);
        bench.medium().records.remove(lost);
        let message = if rekeyed {
            bench.enrolment.rekey(1)
        } else {
            let command = Command::Contact { sequence: 1, contact: contact(1) };
            bench.enrolment.message(LENDER, command)
        };
        assert_eq!(bench.apply(&message), Ok((Outcome::Applied, State::Unlocked)), "{lost}");
        bench.power_cut();
        let number = if rekeyed { 0 } else { 1 };
        assert_eq!(bench.contact(), Some(contact(number)), "{lost}");
    }
}

/// A clean mark set at the beginning of a session does not make the session free.
#[test]
fn an_early_shutdown_does_not_stop_the_clock() {
    let mut bench = Bench::enrolled(None);
    let lease = Command::UnlockFor { sequence: 1, seconds: 86_400 };
    let lease = bench.enrolment.message(LENDER, lease);
    assert!(bench.apply(&lease).is_ok());
    for _ in 0..200 {
        bench.power_cut();
        bench.medium().seconds = 1;
        let _ = bench.ask(&Request::Shutdown);
        bench.medium().seconds = 800;
        let _ = bench.ask(&Request::Tick);
        let _ = bench.ask(&Request::Shutdown);
    }
    assert_eq!(bench.state(), State::Locked);
}

/// Nobody ticks while a deadline passes: power cuts do not bring it back.
#[test]
fn a_deadline_that_was_seen_to_pass_stays_passed() {
    let lease = Command::UnlockFor { sequence: 1, seconds: 86_400 };
    for question in [Request::Status, Request::Tick, Request::History] {
        let mut bench = Bench::enrolled(None);
        let lease = bench.enrolment.message(LENDER, lease.clone());
        assert!(bench.apply(&lease).is_ok());
        bench.medium().seconds = 86_400;
        bench.call(&question);
        bench.power_cut();
        assert_eq!(bench.state(), State::Locked, "{question:?}");
    }
}

/// Nobody ticks while a notice's window passes: what is told then is stored.
#[test]
fn a_notice_that_a_tick_found_spent_stays_spent() {
    let mut bench = Bench::enrolled(None);
    let notice = bench.enrolment.message(LENDER, Command::Notice { sequence: 1 });
    assert!(bench.apply(&notice).is_ok());
    bench.medium().seconds = u64::from(NOTICE) + limits::NOTICE_WINDOW;
    assert!(bench.ask(&Request::Tick).is_ok());
    bench.power_cut();
    let reason = Reason::PaymentOverdue;
    let lock = bench.enrolment.message(LENDER, Command::Lock { sequence: 2, reason });
    assert_eq!(bench.apply(&lock), Err(Refusal::NoNotice));
}

/// Nor can clean marks be used to wear the storage out, or be had without end.
#[test]
fn clean_marks_are_counted() {
    let mut bench = Bench::enrolled(None);
    let lease = Command::UnlockFor { sequence: 1, seconds: 86_400 };
    let lease = bench.enrolment.message(LENDER, lease);
    assert!(bench.apply(&lease).is_ok());
    let before = bench.medium().writes;
    for second in 0..800 {
        bench.medium().seconds = second;
        let _ = bench.ask(&Request::Shutdown);
        let _ = bench.ask(&Request::Tick);
    }
    let written = bench.medium().writes - before;
    assert!(written <= 5, "{written} writes");
    let left = bench.status().enrolment.unwrap().deadline_in.unwrap();
    bench.power_cut();
    let after = bench.status().enrolment.unwrap().deadline_in.unwrap();
    assert!(after <= left + 800 - limits::UPTIME_STEP, "{left} s, then {after} s");
}

/// Released is final, whatever build reads the record.
#[test]
fn an_older_build_leaves_a_released_phone_alone() {
    let mut bench = Bench::enrolled(None);
    let release = bench.enrolment.release(LENDER);
    assert!(bench.apply(&release).is_ok());
    bench.power_cut_and_build(2);
    assert!(bench.ask(&Request::GoodBoot).is_ok());
    bench.power_cut_and_build(1);
    assert_eq!(bench.state(), State::Released);

    let mut bench = Bench::enrolled(None);
    bench.medium().damage("state");
    bench.power_cut_and_build(2);
    assert!(bench.apply(&release).is_ok());
    bench.power_cut_and_build(1);
    assert_eq!(bench.state(), State::Released);

    let mut bench = Bench::enrolled(None);
    bench.power_cut_and_build(2);
    assert!(bench.ask(&Request::GoodBoot).is_ok());
    bench.power_cut_and_build(1);
    assert_eq!(bench.detail(), Fault::OldBuild.code(), "an enrolled one still refuses it");
}

/// An older build judges a release by the keys that the record means, not by those
/// of a sale that was cut.
#[test]
fn an_older_build_keeps_nobody_from_a_release() {
    let mut bench = Bench::enrolled(None);
    let [buyer, lender] = [BUYER, LENDER].map(|by| bench.enrolment.release(by));
    bench.power_cut_and_build(2);
    assert!(bench.ask(&Request::GoodBoot).is_ok());
    let rekey = bench.enrolment.rekey(1);
    bench.cut_after(1);
    assert!(bench.apply(&rekey).is_err());
    bench.power_cut_and_build(1);
    assert_eq!(bench.detail(), Fault::OldBuild.code());
    assert_eq!(bench.apply(&buyer), Err(Refusal::OtherSigner));
    let held = Ok((Outcome::ReleasedUntilPowerOff, State::Released));
    assert_eq!(bench.apply(&lender), held);
}

/// A clock that runs backwards is a fault of the chip: what time remains goes on from
/// what is stored, charged as for a power cut.
#[test]
fn a_clock_that_runs_backwards_stops_no_deadline() {
    let mut bench = Bench::fresh(Enrolment::new(&PHONE, true, None));
    bench.medium().seconds = 10_000;
    assert!(bench.enrol().is_ok());
    let lease = Command::UnlockFor { sequence: 1, seconds: 7200 };
    let lease = bench.enrolment.message(LENDER, lease);
    assert!(bench.apply(&lease).is_ok());
    bench.medium().seconds = 4_000;
    assert_eq!(bench.state(), State::Unlocked);
    let left = 7200 - limits::UPTIME_STEP;
    assert_eq!(bench.status().enrolment.unwrap().deadline_in, Some(left));
    bench.medium().seconds += left - 1;
    assert_eq!(bench.state(), State::Unlocked);
    bench.medium().seconds += 1;
    assert_eq!(bench.state(), State::Locked);
}

/// What can't be stored holds until power-off: a release, a sunset, a seal.
#[test]
fn storage_that_takes_no_writes_strands_nobody() {
    let held = Ok((Outcome::ReleasedUntilPowerOff, State::Released));
    let mut bench = Bench::enrolled(None);
    let release = bench.enrolment.release(ESCROW);
    bench.cut_after(0);
    assert_eq!(bench.apply(&release), held);
    assert_eq!(bench.detail(), DETAIL_UNTIL_POWER_OFF);
    bench.medium().honest();
    assert_eq!((bench.state(), bench.detail()), (State::Released, 0), "stored at last");
    bench.power_cut();
    assert_eq!(bench.state(), State::Released);

    let mut bench = Bench::enrolled(Some(1));
    bench.medium().seconds = limits::DAY;
    bench.cut_after(0);
    assert_eq!((bench.state(), bench.detail()), (State::Released, DETAIL_UNTIL_POWER_OFF));
    bench.power_cut();
    bench.cut_after(0);
    assert_eq!(bench.state(), State::Fault, "this power-on has not run a day");
    bench.medium().seconds = limits::DAY;
    assert_eq!(bench.state(), State::Released);

    let mut bench = Bench::fresh(Enrolment::new(&PHONE, true, None));
    bench.cut_after(0);
    assert_eq!(bench.seal(), held);
    bench.power_cut();
    assert_eq!(bench.state(), State::Unprovisioned);
}

/// Under a seal that could not be stored the records go on, but the state that
/// is shown does not change by itself.
#[test]
fn a_release_that_is_held_changes_at_power_off_only() {
    let mut bench = Bench::enrolled(None);
    let notice = bench.enrolment.message(LENDER, Command::Notice { sequence: 1 });
    assert!(bench.apply(&notice).is_ok());
    bench.power_cut();
    bench.medium().silent = vec!["state"];
    assert_eq!(bench.seal(), Ok((Outcome::ReleasedUntilPowerOff, State::Released)));
    bench.medium().honest();
    let words = bench.words();
    assert_eq!((words.state, words.seconds), (State::Released.code(), NO_CHANGE));
    bench.power_cut();
    assert_eq!((bench.state(), bench.words().seconds), (State::Unlocked, NOTICE));
}

/// Who was enrolled at this power-on is not fresh from the factory, even if the
/// storage tells, authenticated, that every record is gone.
#[test]
fn records_that_vanish_leave_no_fresh_phone() {
    let mut bench = Bench::enrolled(None);
    let notice = bench.enrolment.message(LENDER, Command::Notice { sequence: 1 });
    bench.medium().records.clear();
    assert_eq!(bench.apply(&notice), Err(Refusal::NotStored));
    assert_eq!((bench.state(), bench.detail()), (State::Fault, Fault::StateMissing.code()));
    assert_eq!(bench.enrol(), Err(Refusal::Fault));
}

/// A notice is never shortened by power cuts, and a lock needs it whole.
#[test]
fn power_cuts_do_not_shorten_a_notice() {
    let mut bench = Bench::enrolled(None);
    let notice = bench.enrolment.message(LENDER, Command::Notice { sequence: 1 });
    assert!(bench.apply(&notice).is_ok());
    let reason = Reason::PaymentOverdue;
    let lock = bench.enrolment.message(LENDER, Command::Lock { sequence: 2, reason });
    for _ in 0..2 * u64::from(NOTICE) / limits::UPTIME_STEP {
        bench.power_cut();
        assert_eq!(bench.apply(&lock), Err(Refusal::NoticeStillRuns));
    }
    bench.medium().seconds = NOTICE.into();
    assert_eq!(bench.apply(&lock), Ok((Outcome::Applied, State::Locked)));
}
