//! The phones that inputs are given to: one for each state that a phone can be in.

use paylatch_proto::api::{Outcome, Request};
use paylatch_proto::message::Command;
use paylatch_proto::state::Reason;
use paylatch_rig::bench::{Bench, Enrolment, LENDER, NOTICE};

/// All of them, of one enrolment.
///
/// # Panics
/// When what makes them is not taken.
pub fn of(enrolment: &Enrolment) -> Vec<Bench> {
    let fresh = Bench::fresh(enrolment.clone());
    let on = |mut bench: Bench, act: &dyn Fn(&mut Bench)| {
        act(&mut bench);
        bench
    };
    let order = |command: Command| {
        let message = enrolment.message(LENDER, command);
        move |bench: &mut Bench| {
            let answer = bench.apply(&message);
            assert!(matches!(answer, Ok((Outcome::Applied, _))), "{answer:?}");
        }
    };
    let enrolled = on(fresh.clone(), &|bench| assert!(bench.enrol().is_ok()));
    let sealed = on(fresh.clone(), &|bench| assert!(bench.seal().is_ok()));
    let noticed = on(enrolled.clone(), &order(Command::Notice { sequence: 1 }));
    let due = on(noticed.clone(), &|bench| bench.medium().seconds += u64::from(NOTICE));
    let reason = Reason::PaymentOverdue;
    let locked = on(due.clone(), &order(Command::Lock { sequence: 2, reason }));
    let leased = on(enrolled.clone(), &order(Command::UnlockFor { sequence: 3, seconds: NOTICE }));
    let past = on(leased.clone(), &|bench| bench.medium().seconds += u64::from(NOTICE));
    let sold = on(locked.clone(), &|bench| {
        let sale = bench.enrolment.rekey(4);
        assert!(bench.apply(&sale).is_ok());
    });
    let released = on(locked.clone(), &|bench| {
        let release = bench.enrolment.release(LENDER);
        assert!(bench.apply(&release).is_ok());
    });
    let cut_off = on(enrolled.clone(), &|bench| {
        let sale = bench.enrolment.rekey(4);
        bench.cut_after(3);
        assert!(bench.apply(&sale).is_ok());
        bench.power_cut();
    });
    let shut_down = on(leased.clone(), &|bench| {
        assert!(bench.ask(&Request::Shutdown).is_ok());
        bench.power_cut();
    });
    let damaged = |bench: &Bench, records: &[&str]| {
        let mut bench = bench.clone();
        for record in records {
            bench.medium().damage(record);
        }
        bench.power_cut();
        bench
    };
    let no_state = damaged(&locked, &["state"]);
    let no_keys = damaged(&sold, &["keys.0", "keys.1"]);
    let nothing = damaged(&leased, &["state", "keys.0", "keys.1", "contact.0", "contact.1"]);
    let silent = on(locked.clone(), &|bench| {
        bench.power_cut();
        bench.medium().silent = vec!["state", "keys.0", "keys.1"];
    });
    vec![
        fresh, enrolled, sealed, noticed, due, locked, leased, past, sold, released, cut_off,
        shut_down, no_state, no_keys, nothing, silent,
    ]
}
