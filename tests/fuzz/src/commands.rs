//! Calls to a phone: of any bytes and any size, and real ones altered.
//!
//! Every call is answered with a whole reply. What is refused changes nothing;
//! what is taken is something that somebody with a say has signed; no record
//! ever goes.

use paylatch_proto::api::{Reply, Request};
use paylatch_proto::hotline::Action;
use paylatch_proto::limits;
use paylatch_proto::message;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;
use paylatch_rig::bench::{Bench, Enrolment, PHONE};
use paylatch_rig::codes::Typed;

use crate::choices::Choices;
use crate::phones;
use crate::requests::{self, Requests, body_of};

/// The most steps of an input: each can cost a signature or ten.
const STEPS: usize = 4;

struct World {
    phones: Vec<Bench>,
    requests: Requests,
}

thread_local! {
    static WORLD: World = {
        let enrolment = Enrolment::new(&PHONE, true, None);
        let (phones, mut requests) = (phones::of(&enrolment), requests::of(&enrolment));
        requests.all.extend(phones.iter().flat_map(|phone| {
            [Typed::Right(Action::Day), Typed::Wrong(Action::Week)].map(|typed| {
                requests::bytes_of(&Request::Hotline { groups: phone.code(typed) })
            })
        }));
        World { phones, requests }
    };
}

/// The target.
///
/// # Panics
/// When something does not hold.
pub fn run(input: &[u8]) {
    WORLD.with(|World { phones, requests }| {
        let mut choices = Choices::new(input);
        let mut bench = phones[usize::from(choices.byte()) % phones.len()].clone();
        for _ in 0..STEPS {
            if choices.is_empty() {
                break;
            }
            step(&mut bench, &mut choices, requests);
        }
    });
}

/// The first byte of a step.
pub mod what {
    /// A real request: its number, and what is altered in it.
    pub const REAL: u8 = 0;
    /// A request of any bytes: their number, and the bytes; zeros where too few.
    pub const ANY: u8 = 1;
    /// The four words.
    pub const STATE: u8 = 2;
    /// Time passes.
    pub const PASS: u8 = 3;
    /// Power is cut.
    pub const CUT: u8 = 4;
    /// How many there are.
    pub const COUNT: u8 = 5;
}

fn step(bench: &mut Bench, choices: &mut Choices, requests: &Requests) {
    match choices.byte() % what::COUNT {
        what::REAL => {
            let at = usize::from(choices.byte()) % requests.all.len();
            let request = altered(requests.all[at].clone(), choices);
            call(bench, &request, requests);
        }
        what::ANY => {
            let length = usize::from(choices.word());
            let mut request = choices.bytes(length).to_vec();
            request.resize(length, 0);
            call(bench, &request, requests);
        }
        what::STATE => {
            let words = bench.words();
            assert!(State::from_code(words.state).is_some(), "{words:?}");
            assert_eq!(words, bench.words());
        }
        what::PASS => bench.medium().seconds += u64::from(choices.word()) << (choices.byte() % 16),
        _ => bench.power_cut(),
    }
}

/// Bytes are changed, cut off and added, each by a place and a value.
fn altered(mut request: Vec<u8>, choices: &mut Choices) -> Vec<u8> {
    for _ in 0..choices.byte() % 8 {
        let at = usize::from(choices.word()) % (request.len() + 1);
        match choices.byte() {
            0 => request.truncate(at),
            1 => request.insert(at, choices.byte()),
            2 => drop(request.splice(at.., choices.bytes(limits::MESSAGE).iter().copied())),
            change => {
                if let Some(byte) = request.get_mut(at) {
                    *byte ^= change;
                }
            }
        }
    }
    request
}

fn call(bench: &mut Bench, request: &[u8], requests: &Requests) {
    let before = bench.uncounted();
    let mut asked = before.clone();
    let was = asked.state();
    let reply = bench.answer(request);
    assert!(reply.len() <= limits::REPLY);
    let reply = match message::decode::<Reply>(&reply) {
        Ok(read) => read,
        Err(refusal) => panic!("{reply:?} is no reply: {refusal:?}"),
    };
    if request.len() > limits::REQUEST {
        assert_eq!(reply, Reply::Refused(Refusal::TooLong));
    }
    let read = message::decode::<Request>(request);
    if let Err(refusal) = read
        && request.len() <= limits::REQUEST
    {
        assert_eq!(reply, Reply::Refused(refusal));
    }
    // What is no request does not even make the lock look at the time.
    let after = bench.uncounted();
    let changed = after != asked.uncounted() && after != before;
    if let Reply::Refused(refusal) = reply {
        let counts = refusal == Refusal::WrongCode;
        assert!(!changed || counts, "{refusal:?}, and yet it changed");
    }
    let records = &asked.medium().records;
    assert!(records.keys().all(|record| bench.medium().records.contains_key(record)));
    let is = bench.state();
    if !changed {
        assert_eq!(was, is);
        return;
    }
    let is_signed = |text: &[u8]| assert!(requests.signed.contains(body_of(text)), "{text:?}");
    match read.expect("what is not read changes nothing") {
        Request::Enrol { voucher, .. } => is_signed(voucher),
        Request::Seal { seal, .. } => is_signed(seal),
        Request::Apply(message) => is_signed(message),
        // Where the enrolment can be read, the rest is ignored.
        Request::Recover { release, .. } => is_signed(release),
        Request::Tick | Request::Shutdown | Request::GoodBoot => assert_eq!(was, is),
        Request::Hotline { .. } if matches!(reply, Reply::Refused(_)) => assert_eq!(was, is),
        Request::Hotline { groups } => {
            let mut right = Action::ALL.into_iter().map(Typed::Right);
            assert!(right.any(|typed| asked.code(typed) == groups), "{groups:?}");
        }
        other => panic!("{other:?} changed something"),
    }
}
