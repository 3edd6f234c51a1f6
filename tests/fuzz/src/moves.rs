//! Moves of the model's random sequences, a few bytes each.

use paylatch_proto::hotline::{Action, Mistyped};
use paylatch_proto::limits::SEQUENCE_JUMP;
use paylatch_proto::state::Reason;
use paylatch_rig::bench::medium::{Counted, How, Trouble};
use paylatch_rig::bench::{BUYER, ESCROW, LENDER, NOTICE, OEM, STRANGER};
use paylatch_rig::codes::Typed;
use paylatch_rig::model::message::{Made, Order};
use paylatch_rig::model::random::{Limit, Move, Number, Signer};
use paylatch_rig::model::step::{Spoilt, Step};
use paylatch_ta::env::StorageError;

use crate::choices::Choices;

/// The next move.
pub fn next(choices: &mut Choices) -> Move {
    match choices.byte() % 17 {
        // What a lender does.
        0..3 => Move::Message(order(choices), Number::Above(1), Signer::TheLender, Made::Well),
        3..5 => message(choices),
        5 => Move::Again(choices.of(&[false, true]), made(choices)),
        6 => Move::Elsewhere(order(choices)),
        7 => Move::Recover(signer(choices), made(choices), choices.of(&[true, false])),
        8 => {
            let limits = [
                Limit::Lock,
                Limit::Deadline,
                Limit::Sunset,
                Limit::Store,
                Limit::Spent,
                Limit::Code,
            ];
            Move::Until(choices.of(&limits), choices.of(&[0, -1, 1]))
        }
        9 => Move::Step(Step::Pass(choices.word().into())),
        10 => Move::Step(choices.of(&[Step::Tick, Step::Ask, Step::Shutdown].each_ref()).clone()),
        11 => {
            Move::Step(choices.of(&[Step::Enrol, Step::EnrolAgain, Step::Seal].each_ref()).clone())
        }
        12 => Move::Step(Step::Cut),
        13 => {
            let writes = u32::from(choices.byte() % 6);
            Move::CutIn(Box::new(simple(choices)), writes)
        }
        14 => Move::Step(trouble(choices)),
        16 => Move::Step(Step::Code(code(choices))),
        _ => {
            let all = [Spoilt::State, Spoilt::NoState, Spoilt::Keys, Spoilt::All];
            Move::Step(Step::Spoil(choices.of(&all)))
        }
    }
}

/// One in which power can be cut.
fn simple(choices: &mut Choices) -> Move {
    loop {
        match next(choices) {
            Move::CutIn(..) => {}
            Move::Step(Step::Cut | Step::Fail(_) | Step::Honest | Step::Spoil(_)) => {}
            simple => return simple,
        }
    }
}

fn message(choices: &mut Choices) -> Move {
    let number = match choices.byte() % 8 {
        0..3 => Number::Above(1),
        3 => Number::Last,
        4 => Number::Below,
        5 => Number::Above(SEQUENCE_JUMP),
        6 => Number::Above(SEQUENCE_JUMP + 1),
        _ => Number::End(u64::from(choices.byte() % 2)),
    };
    Move::Message(order(choices), number, signer(choices), made(choices))
}

fn order(choices: &mut Choices) -> Order {
    match choices.byte() % 8 {
        0 => Order::Notice,
        1 => Order::Lock(choices.of(&Reason::ALL)),
        2 => Order::Unlock,
        3 | 4 => {
            let times = [3 * NOTICE, 0, 1, NOTICE - 1, NOTICE, NOTICE + 1, 900, u32::MAX];
            Order::UnlockFor(choices.of(&times))
        }
        5 => Order::Release,
        6 => Order::Rekey {
            to: choices.of(&[BUYER, LENDER, ESCROW, OEM]),
            proven: choices.of(&[true, false]),
        },
        _ => Order::Contact(u32::from(choices.byte() % 3)),
    }
}

fn code(choices: &mut Choices) -> Typed {
    match choices.byte() % 6 {
        0 | 1 => Typed::Right(choices.of(&Action::ALL)),
        2 => Typed::Wrong(choices.of(&Action::ALL)),
        3 => Typed::WrongFirst(choices.of(&Action::ALL)),
        4 => Typed::Lengthened,
        _ => Typed::Slip(choices.of(&[Mistyped::First, Mistyped::Second])),
    }
}

fn signer(choices: &mut Choices) -> Signer {
    let keys = [LENDER, BUYER, ESCROW, STRANGER, OEM].map(Signer::Key);
    if choices.byte().is_multiple_of(2) { Signer::TheLender } else { choices.of(&keys) }
}

fn made(choices: &mut Choices) -> Made {
    choices.of(&[Made::Well, Made::Rewritten, Made::ByAStranger, Made::ForAnotherEnrolment])
}

/// A storage that does not answer, or does what it says it did not; or an
/// honest one again.
fn trouble(choices: &mut Choices) -> Step {
    let unavailable = StorageError::Unavailable;
    let how = [How::Fails(unavailable), How::DoneButFails(unavailable), How::Torn];
    let Some(how) = how.get(usize::from(choices.byte() % 4)) else { return Step::Honest };
    Step::Fail(Trouble {
        counted: choices.of(&[Counted::Calls, Counted::Writes]),
        after: u32::from(choices.byte() % 6),
        for_good: choices.of(&[false, true]),
        how: *how,
    })
}
