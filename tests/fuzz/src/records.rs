//! Changes to what a phone has stored. Records are authenticated, so whoever
//! could write them could write any state: nothing here is about authority.
//!
//! Whatever stands there, the lock answers; a fault changes no byte; no record
//! ever goes; the phone is as open as its records say and not more; a power cut
//! opens nothing; and where the keys are whole, the escrow's release lets go.

use std::collections::BTreeMap;
use std::rc::Rc;

use paylatch_proto::api::{Reply, Request};
use paylatch_proto::limits;
use paylatch_proto::message;
use paylatch_proto::sign;
use paylatch_proto::state::{NO_CHANGE, State};
use paylatch_proto::voucher::sunset_has_come;
use paylatch_rig::bench::{Bench, ESCROW, Enrolment, PHONE};
use paylatch_ta::env::{Record, Slot};
use paylatch_ta::records::{KEYS_LEN, KeysRecord, STATE_LEN, StateRecord, check};

use crate::choices::Choices;
use crate::phones;

/// Records by name, as they are stored.
type Records = BTreeMap<&'static str, Rc<[u8]>>;

/// Names, by the number that an input gives.
const NAMES: [&str; 5] = ["state", "keys.0", "keys.1", "contact.0", "contact.1"];

struct World {
    phones: Vec<Bench>,
    release: Vec<u8>,
}

thread_local! {
    static WORLD: World = {
        let enrolment = Enrolment::new(&PHONE, true, Some(30));
        World { phones: phones::of(&enrolment), release: enrolment.release(ESCROW) }
    };
}

/// How a changed record's check is made to hold again: bits of the second byte.
pub mod mend {
    /// Of those that were changed, or of none.
    pub const CHECKS: u8 = 1;
    /// The state is made to know its slots as they are.
    pub const SLOTS: u8 = 2;
}

/// What happens last: the second byte's upper half.
pub mod last {
    /// The escrow's release.
    pub const RELEASE: u8 = 0x10;
    /// A statement.
    pub const STATEMENT: u8 = 0x20;
    /// Time passes.
    pub const TIME: u8 = 0x30;
}

/// The target.
///
/// # Panics
/// When something does not hold.
pub fn run(input: &[u8]) {
    WORLD.with(|World { phones, release }| {
        let mut choices = Choices::new(input);
        let mut bench = phones[usize::from(choices.byte()) % phones.len()].clone();
        bench.power_cut();
        let how = choices.byte();
        let whole_keys = change(&mut bench, how, &mut choices);
        let before = bench.medium().records.clone();

        let state = told(&mut bench);
        is_as_stored(&mut bench, &before, state);
        let is_fault = state == State::Fault;
        assert!(!is_fault || bench.medium().records == before, "a fault, and yet it wrote");
        for request in [Request::Status, Request::Contact, Request::History, Request::Tick] {
            answered(&mut bench, &request);
        }
        assert_eq!(told(&mut bench), state);
        let mut cut = bench.clone();
        cut.power_cut();
        let later = told(&mut cut);
        // A power cut brings a deadline nearer, and nothing else.
        let locks = (state, later) == (State::Unlocked, State::Locked);
        assert!(later == state || locks, "{state:?}, and {later:?} after a power cut");

        match how & 0xf0 {
            last::RELEASE => let_go(&mut bench, release, whole_keys),
            last::STATEMENT => {
                answered(&mut bench, &Request::Attest { nonce: Default::default() });
                answered(&mut bench, &Request::Shutdown);
                assert_eq!(told(&mut bench), state);
            }
            last::TIME => {
                let medium = bench.medium();
                medium.seconds = medium.seconds.saturating_add(u64::MAX >> (how & 0xc) >> 20);
                time_passed(&mut bench, state);
            }
            _ => answered(&mut bench, &Request::GoodBoot),
        }
        let after = &bench.medium().records;
        assert!(before.keys().all(|record| after.contains_key(record)), "a record is gone");
    });
}

/// Changes records; says whether no keys were changed.
fn change(bench: &mut Bench, how: u8, choices: &mut Choices) -> bool {
    let records = &mut bench.medium().records;
    let (mut changed, mut whole_keys) = (Vec::new(), true);
    while !choices.is_empty() {
        let act = choices.byte();
        let name = NAMES[usize::from(act) % NAMES.len()];
        whole_keys &= !name.starts_with("keys");
        changed.push(name);
        let Some(record) = records.get_mut(name) else { continue };
        let bytes = Rc::make_mut(record);
        if bytes.len() < 8 {
            continue;
        }
        match act / NAMES.len() as u8 {
            0 => drop(records.remove(name)),
            1 => *record = bytes[..bytes.len() / 2].into(),
            2 => {
                let at = usize::from(choices.byte()) % (bytes.len() - 7);
                bytes[at..at + 8].copy_from_slice(&choices.long().to_le_bytes());
            }
            _ => {
                let at = usize::from(choices.word()) % bytes.len();
                bytes[at] = choices.byte();
            }
        }
    }
    if how & mend::CHECKS != 0 {
        for name in changed {
            if let Some(record) = records.get_mut(name) {
                seal(record);
            }
        }
    }
    if how & mend::SLOTS != 0
        && let Some(mut state) = state_of(records)
    {
        let check_of = |name: Record| records.get(name.name()).map(|bytes| check(bytes));
        state.keys_check = check_of(Record::Keys(state.keys)).unwrap_or_default();
        state.contact_check = check_of(Record::Contact(state.contact)).unwrap_or_default();
        records.insert("state", Rc::new(state.encode()));
    }
    whole_keys
}

/// Makes a record's check hold.
fn seal(record: &mut Rc<[u8]>) {
    if let Some((body, last)) = Rc::make_mut(record).split_last_chunk_mut::<16>() {
        *last = check(body).0;
    }
}

fn state_of(records: &Records) -> Option<StateRecord> {
    let bytes: &[u8; STATE_LEN] = (&**records.get("state")?).try_into().ok()?;
    let state = StateRecord::decode(bytes).ok()?;
    assert_eq!(StateRecord::decode(&state.encode()).as_ref(), Ok(&state));
    Some(state)
}

fn keys_of(records: &Records, slot: Slot) -> Option<KeysRecord> {
    let bytes: &[u8; KEYS_LEN] = (&**records.get(Record::Keys(slot).name())?).try_into().ok()?;
    let keys = KeysRecord::decode(bytes).ok()?;
    assert!(KeysRecord::decode(&keys.encode()).is_ok_and(|again| again == keys));
    Some(keys)
}

/// The state, twice the same.
fn told(bench: &mut Bench) -> State {
    let words = bench.words();
    assert_eq!(words, bench.words());
    State::from_code(words.state).expect("a state's code")
}

/// A whole reply to each of the simple requests.
fn answered(bench: &mut Bench, request: &Request) {
    let mut room = [0; limits::REQUEST];
    let reply = bench.answer(postcard::to_slice(request, &mut room).expect("room"));
    assert!(message::decode::<Reply>(&reply).is_ok(), "{request:?} was answered {reply:?}");
}

/// What is told is what the records say, read here a second time.
fn is_as_stored(bench: &mut Bench, records: &Records, told: State) {
    let state = state_of(records).filter(|state| {
        state.is_of(&sign::device_id(&PHONE.secret))
            && (state.security_version <= 1 || state.phase == State::Released)
    });
    let keys = state.as_ref().and_then(|state| {
        let whole = check(records.get(Record::Keys(state.keys).name())?) == state.keys_check;
        keys_of(records, state.keys).filter(|keys| whole && keys.device == PHONE.id())?.terms
    });
    let Some(state) = &state else {
        let fresh = records.is_empty();
        let expected = if fresh { State::Unprovisioned } else { State::Fault };
        return assert_eq!(told, expected);
    };
    let sunset = |uptime| keys.and_then(|terms| Some(sunset_has_come(terms.sunset?, uptime)));
    let allowed: &[State] = match (state.phase, keys) {
        (State::Released, _) => &[State::Released],
        (State::Unprovisioned, _) => &[State::Unprovisioned],
        (_, None) => &[State::Fault],
        _ if sunset(state.uptime) == Some(true) => &[State::Released],
        (State::Locked, _) => &[State::Locked],
        (_, Some(_)) if state.deadline.is_none() => &[State::Unlocked],
        _ if state.deadline.is_some_and(|at| state.clock() >= at) => &[State::Locked],
        _ => &[State::Unlocked, State::Locked],
    };
    assert!(allowed.contains(&told), "{told:?} by {state:?}");
    let released = state.phase == State::Released;
    assert!(!released || bench.words().seconds == NO_CHANGE);
}

/// The escrow's release lets go of every phone that has its keys.
fn let_go(bench: &mut Bench, release: &[u8], whole_keys: bool) {
    let was = told(bench);
    let enrolled = keys_of(&bench.medium().records, Slot::A)
        .is_some_and(|keys| keys.terms.is_some())
        || keys_of(&bench.medium().records, Slot::B).is_some_and(|keys| keys.terms.is_some());
    let answer = bench.recover(&[], release);
    if whole_keys && enrolled && was != State::Unprovisioned {
        assert!(answer.is_ok(), "{was:?} answered {answer:?}");
        assert_eq!(told(bench), State::Released);
    }
    if was == State::Released {
        assert_eq!(told(bench), was);
    }
}

/// Time opens by the sunset only, and takes back no release.
fn time_passed(bench: &mut Bench, was: State) {
    let is = told(bench);
    match was {
        State::Released | State::Unprovisioned | State::Fault => assert_eq!(is, was),
        State::Locked => assert!(matches!(is, State::Locked | State::Released)),
        State::Unlocked => assert!(!matches!(is, State::Unprovisioned | State::Fault)),
    }
    bench.power_cut();
    let later = told(bench);
    assert!(is != State::Released || later == is, "a release was lost: {later:?}");
}
