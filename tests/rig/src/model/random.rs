//! Long random sequences. A step is chosen by what it is to the phone at that
//! point (the last message again, a second before the deadline), so that a
//! sequence stays telling when a part of it is left out.

use paylatch_proto::hotline::{Action, Mistyped};
use paylatch_proto::limits::{SEQUENCE_END, SEQUENCE_JUMP, UPTIME_STEP};
use paylatch_proto::state::Reason;
use paylatch_ta::env::StorageError;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::message::{Made, Message, Order};
use super::phone::{Phone, Terms};
use super::step::{Spoilt, Step};
use crate::bench::medium::{Counted, How, Trouble};
use crate::bench::{BUYER, ESCROW, LENDER, NOTICE, OEM, STRANGER, TestKey};
use crate::codes::Typed;

/// What happens next.
#[derive(Clone, Debug)]
pub enum Move {
    /// A step as it is.
    Step(Step),
    /// A message.
    Message(Order, Number, Signer, Made),
    /// The last message or contact message again, signed in this way.
    Again(bool, Made),
    /// An otherwise good message of this order for another phone.
    Elsewhere(Order),
    /// A recovery, with the sales or without.
    Recover(Signer, Made, bool),
    /// Time passes until so many seconds from a limit.
    Until(Limit, i8),
    /// Power is cut in the midst of it.
    CutIn(Box<Move>, u32),
}

/// A message's number.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// So many above the last.
    Above(u64),
    /// The last one's, with another date.
    Last,
    /// One below the last.
    Below,
    /// The greatest there is, and one more.
    End(u64),
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub enum Signer {
    /// Whoever is the lender.
    TheLender,
    /// Somebody.
    Key(TestKey),
}

/// A limit in time.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The notice has run.
    Lock,
    /// The notice is spent.
    Spent,
    /// The deadline.
    Deadline,
    /// The sunset.
    Sunset,
    /// Uptime is due to be stored.
    Store,
    /// A hotline code may be tried.
    Code,
}

impl Signer {
    fn key(self, phone: &Phone) -> TestKey {
        match self {
            Signer::TheLender => phone.kept.lender,
            Signer::Key(key) => key,
        }
    }
}

impl Move {
    /// The step that it is to this phone.
    pub fn step(&self, phone: &Phone) -> Step {
        match self {
            Move::Step(step) => step.clone(),
            Move::Message(order, number, signer, made) => {
                let mut message = Message::new(*order, 0);
                if let Order::Rekey { to, .. } = &mut message.order
                    && !phone.terms.escrow
                    && *to == ESCROW
                {
                    // The escrow signs under a domain of its own.
                    *to = BUYER;
                }
                let last = last(phone, message.is_contact());
                let number_of_last = last.map_or(0, |last| last.sequence);
                message.sequence = match number {
                    _ if *order == Order::Release => 0,
                    Number::Above(gap) => number_of_last.saturating_add(*gap),
                    Number::Last => number_of_last,
                    Number::Below => number_of_last.saturating_sub(1),
                    Number::End(beyond) => SEQUENCE_END - 1 + beyond,
                };
                if matches!(number, Number::Last) {
                    message.issued_at = last.map_or(0, |last| last.issued_at + 1);
                }
                message.signer = signer.key(phone);
                message.made = *made;
                Step::Hand(message)
            }
            Move::Again(contact, made) => match last(phone, *contact) {
                Some(last) => Step::Hand(Message { made: *made, ..last }),
                None => Step::Ask,
            },
            Move::Elsewhere(order) => {
                let sequence = last(phone, false).map_or(1, |last| last.sequence + 1);
                Step::Hand(Message { elsewhere: true, ..Message::new(*order, sequence) })
            }
            Move::Recover(signer, made, with_sales) => {
                let release = Message::new(Order::Release, 0);
                let release = Message { signer: signer.key(phone), made: *made, ..release };
                // No more fit into a request.
                Step::Recover(release, *with_sales && phone.kept.sales.len() <= 4)
            }
            Move::Until(limit, seconds) => {
                let left = left(phone, *limit).unwrap_or(0);
                Step::Pass(left.saturating_add_signed((*seconds).into()))
            }
            Move::CutIn(inner, writes) => Step::CutIn(Box::new(inner.step(phone)), *writes),
        }
    }
}

fn last(phone: &Phone, contact: bool) -> Option<Message> {
    if contact { phone.kept.last_contact } else { phone.kept.last }
}

/// Seconds of use until a limit, if there is one.
fn left(phone: &Phone, limit: Limit) -> Option<u64> {
    let mut phone = phone.clone();
    let view = phone.view();
    let (uptime, enrolment) = view.enrolled?;
    match limit {
        Limit::Lock => enrolment.notice.map(|notice| notice.lock_in),
        Limit::Spent => enrolment.notice.map(|notice| notice.ends_in),
        Limit::Deadline => enrolment.deadline_in,
        Limit::Sunset => enrolment.sunset_in,
        Limit::Code => enrolment.hotline.map(|hotline| hotline.wait),
        Limit::Store => Some((phone.kept.uptime + UPTIME_STEP).saturating_sub(uptime)),
    }
}

/// Vouchers with an escrow, a sunset, or both.
pub fn terms() -> impl Strategy<Value = Terms> {
    prop_oneof![
        3 => Just(Terms { escrow: true, sunset: None }),
        2 => (1_u32..60).prop_map(|days| Terms { escrow: true, sunset: Some(days) }),
        2 => (1_u32..60).prop_map(|days| Terms { escrow: false, sunset: Some(days) }),
    ]
}

/// Sequences of up to so many moves.
pub fn moves(most: usize) -> impl Strategy<Value = Vec<Move>> {
    vec(any_move(), 1..=most)
}

fn any_move() -> impl Strategy<Value = Move> {
    let simple = prop_oneof![
        24 => any_message(),
        6 => (any_order(), 1_u64..3).prop_map(|(order, gap)| {
            Move::Message(order, Number::Above(gap), Signer::TheLender, Made::Well)
        }),
        3 => (any::<bool>(), any_made()).prop_map(|(contact, made)| Move::Again(contact, made)),
        1 => any_order().prop_map(Move::Elsewhere),
        1 => (any_signer(), any_made(), any::<bool>())
            .prop_map(|(signer, made, sales)| Move::Recover(signer, made, sales)),
        12 => (any_limit(), -1_i8..=1).prop_map(|(limit, off)| Move::Until(limit, off)),
        2 => (0_u64..2 * UPTIME_STEP).prop_map(|seconds| Move::Step(Step::Pass(seconds))),
        5 => Just(Move::Step(Step::Tick)),
        3 => Just(Move::Step(Step::Ask)),
        6 => any_code().prop_map(|typed| Move::Step(Step::Code(typed))),
        4 => Just(Move::Step(Step::Shutdown)),
        4 => Just(Move::Step(Step::Enrol)),
        1 => Just(Move::Step(Step::EnrolAgain)),
        1 => Just(Move::Step(Step::Seal)),
        6 => Just(Move::Step(Step::Cut)),
        3 => any_trouble().prop_map(|trouble| Move::Step(Step::Fail(trouble))),
        3 => Just(Move::Step(Step::Honest)),
    ];
    let spoilt = prop_oneof![
        Just(Spoilt::State),
        Just(Spoilt::NoState),
        Just(Spoilt::Keys),
        Just(Spoilt::All)
    ];
    let simple = simple.boxed();
    prop_oneof![
        78 => simple.clone(),
        4 => (simple, 0_u32..6).prop_map(|(inner, writes)| Move::CutIn(Box::new(inner), writes)),
        1 => spoilt.prop_map(|spoilt| Move::Step(Step::Spoil(spoilt))),
    ]
}

fn any_message() -> impl Strategy<Value = Move> {
    let number = prop_oneof![
        8 => (1_u64..3).prop_map(Number::Above),
        2 => Just(Number::Last),
        2 => Just(Number::Below),
        1 => (SEQUENCE_JUMP..=SEQUENCE_JUMP + 1).prop_map(Number::Above),
        1 => (0_u64..2).prop_map(Number::End),
    ];
    (any_order(), number, any_signer(), any_made())
        .prop_map(|(order, number, signer, made)| Move::Message(order, number, signer, made))
}

fn any_order() -> impl Strategy<Value = Order> {
    let seconds = prop_oneof![
        Just(0),
        Just(1),
        NOTICE - 1..=NOTICE + 1,
        Just(3 * NOTICE),
        Just(900),
        Just(u32::MAX)
    ];
    let to = prop_oneof![6 => Just(BUYER), 4 => Just(LENDER), 1 => Just(ESCROW), 1 => Just(OEM)];
    prop_oneof![
        6 => Just(Order::Notice),
        2 => prop::sample::select(&Reason::ALL).prop_map(Order::Lock),
        5 => Just(Order::Lock(Reason::PaymentOverdue)),
        4 => Just(Order::Unlock),
        5 => seconds.prop_map(Order::UnlockFor),
        1 => Just(Order::Release),
        2 => (to, prop::bool::weighted(0.8)).prop_map(|(to, proven)| Order::Rekey { to, proven }),
        2 => (0_u32..3).prop_map(Order::Contact),
    ]
}

fn any_signer() -> impl Strategy<Value = Signer> {
    let keys = vec![LENDER, BUYER, ESCROW, STRANGER, OEM];
    option::weighted(0.3, prop::sample::select(keys))
        .prop_map(|key| key.map_or(Signer::TheLender, Signer::Key))
}

fn any_made() -> impl Strategy<Value = Made> {
    prop_oneof![
        8 => Just(Made::Well),
        2 => Just(Made::Rewritten),
        1 => Just(Made::ByAStranger),
        1 => Just(Made::ForAnotherEnrolment),
    ]
}

fn any_code() -> impl Strategy<Value = Typed> {
    let action = || prop::sample::select(&Action::ALL);
    prop_oneof![
        4 => action().prop_map(Typed::Right),
        4 => action().prop_map(Typed::Wrong),
        1 => action().prop_map(Typed::WrongFirst),
        1 => Just(Typed::Lengthened),
        1 => prop_oneof![Just(Mistyped::First), Just(Mistyped::Second)].prop_map(Typed::Slip),
    ]
}

fn any_limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        4 => Just(Limit::Lock),
        1 => Just(Limit::Spent),
        4 => Just(Limit::Deadline),
        1 => Just(Limit::Sunset),
        3 => Just(Limit::Store),
        3 => Just(Limit::Code),
    ]
}

/// A storage that does not answer, or does what it says it did not.
fn any_trouble() -> impl Strategy<Value = Trouble> {
    let how = prop_oneof![
        Just(How::Fails(StorageError::Unavailable)),
        Just(How::DoneButFails(StorageError::Unavailable)),
        Just(How::Torn),
    ];
    let counted = prop_oneof![Just(Counted::Calls), Just(Counted::Writes)];
    (counted, 0_u32..6, any::<bool>(), how).prop_map(|(counted, after, for_good, how)| Trouble {
        counted,
        after,
        for_good,
        how,
    })
}
