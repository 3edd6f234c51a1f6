//! The lock: loads, decides, commits, answers.
//!
//! What keeps it simple:
//! 1. Authority is only ever a verified signature, or for a time a hotline code that the
//!    lender's desk and the device agreed on; no caller has any.
//! 2. The state record is the commit point: what is in memory changes only
//!    after its write was confirmed. After a failed write nothing is known
//!    until the record has been read again.
//! 3. Absence is believed only of a storage that authenticates it, and only
//!    when no record at all is there.
//! 4. Records are never erased and never overwritten by a guess.
//! 5. A release that can't be stored holds until power-off.
//! 6. What opens is decided twice, from two copies of what is known, so that no
//!    one skipped instruction or flipped bit makes a refusal an acceptance.

use core::hint::black_box;

use heapless::Vec;
use paylatch_proto::api::{
    Done, Enrolment, EventKind, Hotline, Identity, Notice, Outcome, Reply, Request, Status,
};
use paylatch_proto::bytes::{Bytes, DeviceId, Nonce};
use paylatch_proto::contact::Contact;
use paylatch_proto::hotline::Code;
use paylatch_proto::message::{Command, Message};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign;
use paylatch_proto::state::{DETAIL_UNTIL_POWER_OFF, Fault, NO_CHANGE, State, StateWords};
use paylatch_proto::statement::{DeviceKeys, FLAG_UNTIL_POWER_OFF, Statement};
use paylatch_proto::voucher::{Seal, Voucher};
use paylatch_proto::{WIRE_VERSION, limits};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::crypto::{self, Verifier};
use crate::decide::{self, Answer, Bench, Chain, Order};
use crate::env::{Env, Record, Slot, StorageError};
use crate::known::{Boot, Known, Release, Stored, Twice};
use crate::records::{
    CONTACT_LEN, ContactRecord, KEYS_LEN, KeysRecord, STATE_LEN, StateRecord, Terms, Unreadable,
    check,
};
use crate::rules::Moment;
use crate::verdict::Verdict;
use crate::warrant::{Judge, Warrant, Word, is_damage};

/// The installment lock over a platform.
#[derive(Clone, PartialEq, Eq)]
pub struct Lock<E> {
    // Fixed at construction.
    env: E,
    config: Config,
    // The clock when uptime began to count, for each of what is known.
    began: [u64; 2],
    // Latched: the first of each is kept until power-off.
    device: Option<DeviceId>,
    // Changes in use.
    clean_marks: u8,
    known: Twice,
    // Whether the request at hand has come to [`Done`]; bad between requests.
    is_done: Verdict,
}

/// Whether what was read is not there.
#[inline(never)]
fn absent(read: Result<(), StorageError>) -> Result<(), Fault> {
    match read {
        Err(StorageError::Absent) => Ok(()),
        Err(StorageError::Unavailable) => Err(Fault::StorageUnavailable),
        Ok(()) | Err(StorageError::Corrupt) => Err(Fault::StateMissing),
    }
}

/// A reply as postcard; its length. A refusal that would be read as something else is none,
/// and neither is a `Done` of an earlier request that memory still has.
#[inline(never)]
fn write(answer: &Reply, is_done: Verdict, reply: &mut [u8; limits::REPLY]) -> usize {
    let refused = matches!(answer, Reply::Refused(_));
    if matches!(answer, Reply::Done(_)) && is_done != Verdict::Good {
        return 0;
    }
    match postcard::to_slice(answer, reply) {
        Ok(bytes) if refused == (bytes.first() == Some(&Reply::REFUSED)) => bytes.len(),
        // Every reply fits: `limits::REPLY` is derived from the largest.
        _ => 0,
    }
}

/// Clean marks that one power-on may set: a caller can't wear the storage out
/// with them, and who asks for more is charged as for a power cut.
const CLEAN_MARKS: u8 = 4;

impl<E: Env> Lock<E> {
    /// A lock that has not yet looked at its storage. Uptime counts from here.
    pub fn new(env: E, config: Config) -> Self {
        let began = env.seconds();
        let began = [began, black_box(began)];
        let nothing = || Known::nothing(Fault::StorageUnavailable);
        let known = Twice { first: nothing(), second: nothing() };
        Lock { env, config, began, device: None, clean_marks: 0, known, is_done: Verdict::Bad }
    }

    /// The platform under it.
    pub fn env(&mut self) -> &mut E {
        &mut self.env
    }

    /// Answers `STATE`. Once loaded, it costs no access to storage.
    pub fn state(&mut self) -> StateWords {
        let before = self.clock();
        self.refresh(before);
        // Looked at again: no one instruction has both wrong. And what was read anew may
        // wait for something.
        let after = self.clock();
        let now = [before.or(after), after];
        let (state, detail) = self.tell_at(now);
        let (seconds, usable) = match self.known.first.enrolled() {
            Some((record, terms)) if state != State::Released => (
                next_change(record, self.known.first.at(record, after), terms),
                terms.policy.usable,
            ),
            _ => (NO_CHANGE, 0),
        };
        let flags = u32::from(WIRE_VERSION) << 16 | u32::from(usable);
        // Two codes that differ have no third one in common.
        let state = state.code() & black_box(self.tell_at(black_box(now)).0).code();
        StateWords { state, detail, seconds, flags }
    }

    /// Answers `CALL`: a postcard [`Request`] in, a postcard [`Reply`] out.
    /// Never fails: what is wrong with a request is in its reply.
    pub fn call<'r>(&mut self, request: &[u8], reply: &'r mut [u8; limits::REPLY]) -> &'r [u8] {
        let answer = match postcard::take_from_bytes::<Request>(request) {
            _ if request.len() > limits::REQUEST => Reply::Refused(Refusal::TooLong),
            Ok((request, [])) => self.answer(&request),
            Ok(_) => Reply::Refused(Refusal::TrailingBytes),
            Err(postcard::Error::DeserializeUnexpectedEnd) => Reply::Refused(Refusal::Truncated),
            Err(_) => Reply::Refused(Refusal::Malformed),
        };
        let is_done = core::mem::replace(&mut self.is_done, Verdict::Bad);
        let length = write(&answer, is_done, reply);
        reply.get(..length).unwrap_or_default()
    }

    /// Answers one request.
    pub fn process(&mut self, request: &Request) -> Reply {
        let reply = self.answer(request);
        self.is_done = Verdict::Bad;
        reply
    }

    /// Not inlined: nothing that was refused falls into it.
    #[inline(never)]
    fn answer(&mut self, request: &Request) -> Reply {
        self.refresh(Some(self.env.seconds()));
        let answer = match *request {
            Request::Identity => self.identity().map(Reply::Identity),
            Request::Enrol { ref nonce, voucher } => self.enrol(nonce, voucher).map(Reply::Done),
            Request::Seal { ref nonce, seal } => self.seal(nonce, seal).map(Reply::Done),
            Request::Apply(message) => self.apply(message).map(Reply::Done),
            Request::Recover { voucher, ref rekeys, release } => {
                self.recover(Chain { voucher, rekeys, release, through: None }).map(Reply::Done)
            }
            Request::Attest { ref nonce } => self.attest(nonce).map(Reply::Statement),
            Request::Status => Ok(Reply::Status(self.status())),
            Request::Contact => self.contact().map(Reply::Contact),
            Request::History => self.history(),
            Request::Tick => self.store_uptime(false).map(Reply::Done),
            Request::Shutdown => self.store_uptime(true).map(Reply::Done),
            Request::GoodBoot => self.good_boot().map(Reply::Done),
            Request::Hotline { groups } => self.hotline(groups).map(Reply::Done),
        };
        answer.unwrap_or_else(Reply::Refused)
    }

    /// The platform's clock, if time can change what is told: to look at it is most of
    /// what `STATE` costs.
    fn clock(&self) -> Option<u64> {
        let waits = self.known.first.waits() || self.known.second.waits();
        waits.then(|| self.env.seconds())
    }

    // ---- loading ---------------------------------------------------------

    /// Loads what is not loaded, and lets happen what time has brought: the platform's
    /// clock shows `now`, if it was looked at.
    fn refresh(&mut self, now: Option<u64>) {
        let began_never = now.is_some_and(|now| self.known.began_never(now));
        if self.known.agree() != Verdict::Good || began_never {
            self.start_anew();
        }
        if let Stored::Unknown(_) = self.known.first.stored {
            match self.load() {
                Ok(stored) => self.known.first.stored = stored,
                Err(fault) => self.nothing_known(fault),
            }
        }
        self.known.first.let_go();
        self.known.second.let_go();
        self.let_time_work(now);
    }

    /// Nobody makes what is known differ, or time run backwards, but a fault of the
    /// chip: all is read again. Where nothing tells what time had passed, this counts
    /// as a power cut, and uptime goes on from what is stored.
    fn start_anew(&mut self) {
        let now = self.env.seconds();
        let Twice { first, second } = &self.known;
        let [first, second] =
            [first, second].map(|known| known.boot.filter(|boot| boot.is_whole(now)));
        let boot = match (first, second) {
            (Some(first), Some(second)) if first != second => None,
            _ => first.or(second),
        };
        if boot.is_none() {
            self.began = [now, black_box(now)];
        }
        let nothing = || Known { boot, ..Known::nothing(Fault::WriteUnconfirmed) };
        self.known = Twice { first: nothing(), second: nothing() };
    }

    fn let_time_work(&mut self, now: Option<u64>) {
        let Some((state, terms)) = self.known.first.enrolled() else { return };
        let moment = self.known.first.at(state, now);
        let (outlives, sunset) = (moment.outlives(&terms.policy), moment.sunset(terms));
        if !outlives && !sunset && self.known.first.held.is_empty() {
            return;
        }
        let (mut next, terms) = (StateRecord { uptime: moment.uptime, ..state.clone() }, *terms);
        if sunset {
            let _ = self.hold(Release::sunset(&terms), &mut Warrant::of_nobody(Word::Time));
        }
        if let Some(held) = self.known.first.held_under(&terms) {
            next.release(held.by);
            // After a failed write the release is held until power-off.
            let _ = self.commit_unsigned(next, Word::Held);
        } else if outlives {
            // What was seen to pass stays passed, even if power is cut before
            // uptime is next stored. If this fails: a fault, for now.
            let _ = self.commit_unsigned(next, Word::Time);
        }
    }

    /// Reads the records once, and understands them twice: the first is returned, the
    /// second kept, so that no skipped instruction has both taken from elsewhere.
    fn load(&mut self) -> Result<Stored, Fault> {
        let device = self.device()?;
        let mut bytes = [0; STATE_LEN];
        match self.env.read(Record::State, &mut bytes) {
            Ok(()) => {}
            Err(StorageError::Absent) => return self.nothing_at_all(&device),
            Err(StorageError::Corrupt) => return Err(Fault::StateCorrupt),
            Err(StorageError::Unavailable) => return Err(Fault::StorageUnavailable),
        }
        let first = self.understand(&bytes, &device)?;
        let second = self.understand(black_box(&bytes), &device)?;
        match first.phase {
            State::Unprovisioned if self.env.open() => self.fresh(&device),
            State::Unprovisioned | State::Fault => Err(Fault::StateMissing),
            State::Released => {
                self.known.second.stored = Stored::Live { state: second, keys: None };
                Ok(Stored::Live { state: first, keys: None })
            }
            State::Unlocked | State::Locked => self.load_enrolled(&first, second),
        }
    }

    /// The state record of these bytes, if it may be believed here.
    #[inline(never)]
    fn understand(&self, bytes: &[u8; STATE_LEN], device: &DeviceId) -> Result<StateRecord, Fault> {
        let record = StateRecord::decode(bytes).map_err(|unreadable| match unreadable {
            Unreadable::Damaged => Fault::StateCorrupt,
            Unreadable::Newer => Fault::NewerFormat,
        })?;
        if !record.is_of(device) {
            return Err(Fault::OtherDevice);
        }
        // Released is final, whatever build reads it.
        if record.security_version > self.config.security_version && record.phase != State::Released
        {
            return Err(Fault::OldBuild);
        }
        Ok(record)
    }

    fn load_enrolled(
        &mut self,
        record: &StateRecord,
        second: StateRecord,
    ) -> Result<Stored, Fault> {
        let bytes = self.read_keys(record.keys)?;
        let keys = self.understand_keys(&bytes, record)?;
        let second_keys = self.understand_keys(black_box(&bytes), &second)?;
        let terms = keys.terms.ok_or(Fault::KeysCorrupt)?;
        let [began, again] = self.began;
        let state = self.known.first.charge(record.clone(), began);
        let second = self.known.second.charge(second, black_box(again));
        // A sunset that has come needs no boot store, which may never
        // succeed again: the release is stored, or held, instead.
        if !self.at_now(&state).sunset(&terms) {
            self.blank_other_keys(state.keys)?;
            if state != *record {
                let bytes = state.encode();
                if StateRecord::decode(&bytes).as_ref() != Ok(&second) {
                    return Err(Fault::WriteUnconfirmed);
                }
                let written = self.env.write(Record::State, &bytes);
                written.map_err(|_| Fault::WriteUnconfirmed)?;
            }
        }
        self.known.second.stored = Stored::Live { state: second, keys: Some(second_keys) };
        Ok(Stored::Live { state, keys: Some(keys) })
    }

    fn device(&mut self) -> Result<DeviceId, Fault> {
        if let Some(device) = self.device {
            return Ok(device);
        }
        let secret = Zeroizing::new(self.env.secret().map_err(|_| Fault::Platform)?);
        let device = sign::device_id(&secret);
        self.device = Some(device);
        Ok(device)
    }

    /// Fresh from the factory only if no record at all is there, and none was
    /// since power came.
    fn nothing_at_all(&mut self, device: &DeviceId) -> Result<Stored, Fault> {
        if !self.env.open() || self.known.first.boot.is_some() {
            return Err(Fault::StateMissing);
        }
        self.no_other_record()?;
        self.fresh(device)
    }

    /// What looked fresh; a storage that now says otherwise is none.
    fn fresh(&mut self, device: &DeviceId) -> Result<Stored, Fault> {
        self.look_again(device);
        match self.known.second.stored {
            Stored::Empty => Ok(Stored::Empty),
            _ => Err(Fault::StorageUnavailable),
        }
    }

    /// The second judgement of a phone that looks fresh. Nothing that was read says
    /// so, only the way the processor took: so it reads for itself.
    #[inline(never)]
    fn look_again(&mut self, device: &DeviceId) {
        let mut bytes = [0; STATE_LEN];
        let fresh = match self.env.read(Record::State, &mut bytes) {
            Ok(()) => {
                let state = self.understand(&bytes, device);
                state.is_ok_and(|state| state.phase == State::Unprovisioned)
            }
            Err(StorageError::Absent) => {
                self.known.second.boot.is_none() && self.no_other_record().is_ok()
            }
            Err(_) => false,
        };
        if fresh && self.env.open() {
            self.known.second.stored = Stored::Empty;
        }
    }

    /// Whether neither keys nor contact are there.
    #[inline(never)]
    fn no_other_record(&mut self) -> Result<(), Fault> {
        for slot in [Slot::A, Slot::B] {
            absent(self.env.read(Record::Keys(slot), &mut [0; KEYS_LEN]))?;
            absent(self.env.read(Record::Contact(slot), &mut [0; CONTACT_LEN]))?;
        }
        Ok(())
    }

    fn load_keys(&mut self, state: &StateRecord) -> Result<KeysRecord, Fault> {
        let bytes = self.read_keys(state.keys)?;
        self.understand_keys(&bytes, state)
    }

    fn read_keys(&mut self, slot: Slot) -> Result<Zeroizing<[u8; KEYS_LEN]>, Fault> {
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        match self.env.read(Record::Keys(slot), bytes.as_mut_slice()) {
            Ok(()) => Ok(bytes),
            Err(StorageError::Unavailable) => Err(Fault::StorageUnavailable),
            Err(_) => Err(Fault::KeysCorrupt),
        }
    }

    /// The keys record of these bytes, if it is the one that the state means.
    #[inline(never)]
    fn understand_keys(
        &self,
        bytes: &[u8; KEYS_LEN],
        state: &StateRecord,
    ) -> Result<KeysRecord, Fault> {
        if check(bytes) != state.keys_check {
            return Err(Fault::KeysCorrupt);
        }
        let keys = KeysRecord::decode(bytes).map_err(|unreadable| match unreadable {
            Unreadable::Damaged => Fault::KeysCorrupt,
            Unreadable::Newer => Fault::NewerFormat,
        })?;
        if Some(keys.device) == self.device { Ok(keys) } else { Err(Fault::OtherDevice) }
    }

    /// Overwrites what a rekey left in the slot that is not live: the old keys,
    /// or new ones that were never committed. Neither has a say.
    fn blank_other_keys(&mut self, live: Slot) -> Result<(), Fault> {
        let other = Record::Keys(live.other());
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        match self.env.read(other, bytes.as_mut_slice()) {
            Ok(()) if bytes.iter().all(|byte| *byte == 0) => Ok(()),
            Err(StorageError::Unavailable) => Err(Fault::StorageUnavailable),
            _ => self.env.create(other, &[0; KEYS_LEN]).map_err(|_| Fault::WriteUnconfirmed),
        }
    }

    // ---- time and commit -------------------------------------------------

    /// The record as of now.
    fn at_now(&self, state: &StateRecord) -> StateRecord {
        let uptime = self.known.first.at(state, Some(self.env.seconds())).uptime;
        StateRecord { uptime, ..state.clone() }
    }

    /// Writes the state record; only then is it what the lock knows. `keys` is
    /// what the new state's live slot holds, if that changed.
    fn commit(
        &mut self,
        mut next: StateRecord,
        keys: Option<KeysRecord>,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        next.clean = false;
        self.write_state(next, keys, warrant)
    }

    /// Commits what nobody has to sign.
    fn commit_unsigned(&mut self, mut next: StateRecord, word: Word) -> Answer<()> {
        next.clean = false;
        self.write_unsigned(next, word)
    }

    /// Not inlined: each caller would have a warrant's room on its stack.
    #[inline(never)]
    fn write_unsigned(&mut self, next: StateRecord, word: Word) -> Answer<()> {
        self.write_state(next, None, &mut Warrant::of_nobody(word))
    }

    fn write_state(
        &mut self,
        next: StateRecord,
        keys: Option<KeysRecord>,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        let bytes = next.encode();
        // What will be read is judged.
        let second = StateRecord::decode(&bytes).map_err(|_| Refusal::Fault)?;
        self.may_become(&second, keys.as_ref(), warrant)?;
        if self.env.write(Record::State, &bytes).is_err() {
            return Err(self.unconfirmed());
        }
        self.known.first.store(next, keys.clone());
        self.known.second.store(second, keys);
        Ok(())
    }

    /// Whether what is stored may become that: judged by the second of what is known.
    fn may_become(
        &self,
        next: &StateRecord,
        keys: Option<&KeysRecord>,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        warrant.entitles(&self.judge()?, next, keys)
    }

    fn judge(&self) -> Answer<Judge<'_>> {
        let (known, seconds) = (&self.known.second, self.env.seconds());
        Ok(Judge { bench: self.bench()?, known, seconds })
    }

    /// Who decides.
    fn bench(&self) -> Answer<Bench<'_>> {
        Ok(Bench { config: &self.config, device: self.device.ok_or(Refusal::Fault)? })
    }

    /// For the signatures of one request. (Random numbers that fail keep nobody
    /// from a release.)
    fn verifier(&mut self) -> Verifier {
        let mut blinding = [0; 2];
        let drawn = self.env.random(&mut blinding);
        Verifier::new(drawn.map_or(0, |()| u16::from_le_bytes(blinding)))
    }

    /// Holds a release until power-off.
    fn hold(&mut self, release: Release, warrant: &mut Warrant) -> Answer<()> {
        let second = warrant.releases(&self.judge()?)?;
        self.known.first.hold(release);
        self.known.second.hold(second);
        Ok(())
    }

    /// A write failed: nothing is known until the record has been read again.
    fn unconfirmed(&mut self) -> Refusal {
        self.nothing_known(Fault::WriteUnconfirmed);
        Refusal::NotStored
    }

    fn nothing_known(&mut self, fault: Fault) {
        self.known.first.forget(fault);
        self.known.second.forget(black_box(fault));
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Answer<()> {
        self.env.create(record, bytes).map_err(|_| self.unconfirmed())
    }

    // ---- the state, told -------------------------------------------------

    /// The state and `STATE`'s detail, now.
    fn tell(&self) -> (State, u32) {
        self.tell_at([Some(self.env.seconds()), Some(self.env.seconds())])
    }

    /// An open state is told when both copies say so, each at its own second;
    /// where they differ, a deadline has just passed, or it is a fault.
    #[inline(never)]
    fn tell_at(&self, now: [Option<u64>; 2]) -> (State, u32) {
        let first = self.known.first.tell(now[0]);
        let second = self.known.second.tell(now[1]);
        if first == second || second.0 == State::Locked {
            second
        } else {
            (State::Fault, Fault::WriteUnconfirmed.code())
        }
    }

    fn done(&mut self, outcome: Outcome) -> Done {
        self.is_done = Verdict::Good;
        let (state, detail) = self.tell();
        let outcome = if detail == DETAIL_UNTIL_POWER_OFF && state == State::Released {
            Outcome::ReleasedUntilPowerOff
        } else {
            outcome
        };
        Done { outcome, state, statement: None }
    }

    fn identity(&mut self) -> Answer<Identity> {
        let device = self.device().map_err(|_| Refusal::Fault)?;
        let keys = self.device_keys().ok().map(|(_, keys)| keys);
        Ok(Identity {
            device,
            oem: self.config.oem,
            notice_min: self.config.notice_min,
            security_version: self.config.security_version,
            keys,
        })
    }

    fn status(&mut self) -> Status {
        let (state, detail) = self.tell();
        let mut status = Status { state, detail, device: self.device, uptime: 0, enrolment: None };
        if let Stored::Live { state, keys } = &self.known.first.stored {
            let now = self.at_now(state);
            status.uptime = now.uptime;
            if let Some(keys) = keys
                && let Some(terms) = &keys.terms
            {
                status.enrolment = Some(enrolment(&now, keys, terms));
            }
        }
        status
    }

    fn history(&mut self) -> Answer<Reply> {
        match &self.known.first.stored {
            Stored::Unknown(_) => Err(Refusal::Fault),
            Stored::Empty => Ok(Reply::History(Vec::new())),
            Stored::Live { state, .. } => Ok(Reply::History(state.events.clone())),
        }
    }

    fn contact(&mut self) -> Answer<Contact> {
        let state = match &self.known.first.stored {
            Stored::Unknown(_) => return Err(Refusal::Fault),
            Stored::Empty => return Err(Refusal::NotAvailable),
            Stored::Live { state, .. } => state,
        };
        let (slot, expected) = (state.contact, state.contact_check);
        let mut bytes = [0; CONTACT_LEN];
        match self.env.read(Record::Contact(slot), &mut bytes) {
            Ok(()) if check(&bytes) == expected => {
                ContactRecord::decode(&bytes).map_err(|_| Refusal::NotAvailable)
            }
            _ => Err(Refusal::NotAvailable),
        }
    }

    /// The seed and the public keys; after a release read from storage now.
    fn device_keys(&mut self) -> Answer<(Zeroizing<[u8; 32]>, DeviceKeys)> {
        let seed = match &self.known.first.stored {
            Stored::Unknown(_) => return Err(Refusal::Fault),
            Stored::Empty => return Err(Refusal::NotEnrolled),
            Stored::Live { keys: Some(keys), .. } => keys.seed.clone(),
            Stored::Live { state, keys: None } => {
                let state = state.clone();
                self.load_keys(&state).map_err(|_| Refusal::NotAvailable)?.seed
            }
        };
        let keys = crypto::device_keys(&seed).map_err(|_| Refusal::NotAvailable)?;
        Ok((seed, keys))
    }

    fn attest(&mut self, nonce: &Nonce) -> Answer<Vec<u8, { limits::STATEMENT }>> {
        let (seed, keys) = self.device_keys()?;
        let (state, detail) = self.tell();
        let device = self.device.ok_or(Refusal::Fault)?;
        let Stored::Live { state: record, keys: live } = &self.known.first.stored else {
            return Err(Refusal::Fault);
        };
        let (sequence, contact_sequence) = (record.sequence, record.contact_sequence);
        let terms = match live {
            Some(live) => live.terms,
            None => {
                let record = record.clone();
                self.load_keys(&record).map_err(|_| Refusal::NotAvailable)?.terms
            }
        };
        let until_power_off = state == State::Released && detail == DETAIL_UNTIL_POWER_OFF;
        let statement = Statement {
            version: WIRE_VERSION,
            device,
            nonce: *nonce,
            state,
            flags: if until_power_off { FLAG_UNTIL_POWER_OFF } else { 0 },
            sequence,
            contact_sequence,
            voucher: terms.map_or(Bytes::default(), |terms| terms.voucher),
            keys,
            security_version: self.config.security_version,
        };
        let mut body = [0; limits::STATEMENT_BODY];
        let body = postcard::to_slice(&statement, &mut body).map_err(|_| Refusal::NotAvailable)?;
        let digest = sign::digest(sign::STATEMENT, body);
        let signature = crypto::sign(&seed, &digest).map_err(|_| Refusal::NotAvailable)?;
        let mut signed = Vec::from_slice(body).map_err(|_| Refusal::NotAvailable)?;
        signed.extend_from_slice(&signature.0).map_err(|_| Refusal::NotAvailable)?;
        Ok(signed)
    }

    fn with_statement(&mut self, outcome: Outcome, nonce: &Nonce) -> Done {
        Done { statement: self.attest(nonce).ok(), ..self.done(outcome) }
    }

    // ---- the OEM's word --------------------------------------------------

    fn enrol(&mut self, nonce: &Nonce, bytes: &[u8]) -> Answer<Done> {
        let voucher = Voucher::parse(bytes)?;
        let device = self.device().map_err(|_| Refusal::Fault)?;
        if voucher.body.device != device {
            return Err(Refusal::OtherDevice);
        }
        match &self.known.first.stored {
            Stored::Unknown(_) => return Err(Refusal::Fault),
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                return Err(Refusal::Released);
            }
            Stored::Live { keys, .. } => {
                let terms = keys.as_ref().and_then(|keys| keys.terms);
                return if terms.is_some_and(|terms| terms.voucher == voucher.digest) {
                    Ok(self.with_statement(Outcome::AlreadyApplied, nonce))
                } else {
                    Err(Refusal::AlreadyEnrolled)
                };
            }
            Stored::Empty => {}
        }
        let mut verifier = self.verifier();
        let terms = self.bench()?.voucher(&voucher, &mut verifier)?;
        let mut warrant = Warrant { word: Word::Voucher(bytes), verifier };
        self.begin(device, Some(terms), Some(&voucher.body.contact), &mut warrant)?;
        Ok(self.with_statement(Outcome::Applied, nonce))
    }

    fn seal(&mut self, nonce: &Nonce, bytes: &[u8]) -> Answer<Done> {
        let seal = Seal::parse(bytes)?;
        let device = self.device().map_err(|_| Refusal::Fault)?;
        let mut verifier = self.verifier();
        let release = self.bench()?.seal(&seal, &mut verifier)?;
        let mut warrant = Warrant { word: Word::Seal(bytes), verifier };
        match &self.known.first.stored {
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                return Ok(self.with_statement(Outcome::AlreadyApplied, nonce));
            }
            Stored::Live { .. } => return Err(Refusal::AlreadyEnrolled),
            Stored::Unknown(_) => self.release_at_fault(release, &mut warrant)?,
            Stored::Empty => {
                if self.begin(device, None, None, &mut warrant).is_err() {
                    self.release_at_fault(release, &mut warrant)?;
                }
            }
        }
        Ok(self.with_statement(Outcome::Applied, nonce))
    }

    /// Makes all records, each at its full size, the state's commit last.
    fn begin(
        &mut self,
        device: DeviceId,
        terms: Option<Terms>,
        contact: Option<&Contact>,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        let mut seed = Zeroizing::new([0; 32]);
        self.env.random(seed.as_mut_slice()).map_err(|_| Refusal::Fault)?;
        let keys = KeysRecord { generation: 1, device, seed, terms };
        let keys_bytes = keys.encode();
        let contact_bytes = match contact {
            Some(contact) => ContactRecord::encode(contact).map_err(|_| Refusal::TooLong)?,
            None => [0; CONTACT_LEN],
        };
        let empty = StateRecord::new(State::Unprovisioned, &device);
        let mut state = empty.clone();
        state.keys_check = check(keys_bytes.as_slice());
        state.contact_check = check(&contact_bytes);
        if keys.terms.is_some() {
            state.phase = State::Unlocked;
            state.remember(EventKind::Enrolled);
        } else {
            state.phase = State::Released;
            state.remember(EventKind::Sealed);
        }
        // Before anything is overwritten.
        self.may_become(&state, Some(&keys), warrant)?;
        self.create(Record::State, &empty.encode())?;
        self.create(Record::Keys(Slot::A), keys_bytes.as_slice())?;
        self.create(Record::Keys(Slot::B), &[0; KEYS_LEN])?;
        self.create(Record::Contact(Slot::A), &contact_bytes)?;
        self.create(Record::Contact(Slot::B), &[0; CONTACT_LEN])?;
        // Should the commit be there although its write was not confirmed,
        // reading it back must not charge for a power cut.
        let boot = Some(Boot::at(self.env.seconds(), 0, 0));
        (self.known.first.boot, self.known.second.boot) = (boot, boot);
        self.commit(state, Some(keys), warrant)
    }

    // ---- the lender's and the escrow's word ------------------------------

    fn apply(&mut self, bytes: &[u8]) -> Answer<Done> {
        Message::parse(bytes)?;
        self.device().map_err(|_| Refusal::Fault)?;
        let message = self.bench()?.message(bytes)?;
        let release = matches!(message.body.command, Command::Release);
        match &self.known.first.stored {
            Stored::Empty => Err(Refusal::NotEnrolled),
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } if release => {
                Ok(self.done(Outcome::AlreadyApplied))
            }
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                Err(Refusal::Released)
            }
            Stored::Unknown(_) if release => {
                let (_, terms) = self.readable_terms().ok_or(Refusal::Fault)?;
                let mut verifier = self.verifier();
                let release = self.bench()?.release(&message, &terms, &mut verifier)?;
                let mut warrant = Warrant { word: Word::Release(bytes, &terms), verifier };
                self.release_at_fault(release, &mut warrant)?;
                Ok(self.done(Outcome::Applied))
            }
            Stored::Unknown(_) => Err(Refusal::Fault),
            Stored::Live { state, keys } => {
                let keys = keys.clone().ok_or(Refusal::Fault)?;
                let terms = keys.terms.ok_or(Refusal::Fault)?;
                let now = self.at_now(state);
                if release {
                    self.release(&message, bytes, &terms, now)
                } else {
                    self.obey(&message, bytes, keys, &terms, now)
                }
            }
        }
    }

    fn release(
        &mut self,
        message: &Message,
        bytes: &[u8],
        terms: &Terms,
        mut next: StateRecord,
    ) -> Answer<Done> {
        let mut verifier = self.verifier();
        let release = self.bench()?.release(message, terms, &mut verifier)?;
        next.release(release.by);
        let mut warrant = Warrant { word: Word::Message(bytes), verifier };
        if self.commit(next, None, &mut warrant).is_err() {
            warrant.word = Word::Release(bytes, terms);
            self.hold(release, &mut warrant)?;
        }
        Ok(self.done(Outcome::Applied))
    }

    fn obey(
        &mut self,
        message: &Message,
        bytes: &[u8],
        keys: KeysRecord,
        terms: &Terms,
        now: StateRecord,
    ) -> Answer<Done> {
        let mut verifier = self.verifier();
        let order = self.bench()?.order(message, &now, terms, &mut verifier)?;
        let Order::Next(next, outcome) = order else {
            return Ok(self.done(Outcome::AlreadyApplied));
        };
        let mut warrant = Warrant { word: Word::Message(bytes), verifier };
        match &message.body.command {
            Command::Rekey { lender, desk, contact, .. } => {
                let terms = Terms { lender: *lender, desk: *desk, ..*terms };
                self.rekey(next, keys, terms, contact, &mut warrant)?;
            }
            Command::Contact { contact, .. } => self.change(next, None, contact, &mut warrant)?,
            _ => self.commit(next, None, &mut warrant)?,
        }
        Ok(self.done(outcome))
    }

    /// New keys and contact go to the slots that are not live, then the state
    /// switches over, then the old keys are overwritten.
    fn rekey(
        &mut self,
        mut next: StateRecord,
        keys: KeysRecord,
        terms: Terms,
        contact: &Contact,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        let generation = keys.generation.saturating_add(1);
        let keys = KeysRecord { generation, terms: Some(terms), ..keys };
        next.keys = next.keys.other();
        next.keys_check = check(keys.encode().as_slice());
        let live = next.keys;
        self.change(next, Some(keys), contact, warrant)?;
        // The rekey stands. What fails here is finished at the next boot.
        let _ = self.blank_other_keys(live);
        Ok(())
    }

    /// Writes what is new to the slots that are not live, then the state.
    fn change(
        &mut self,
        mut next: StateRecord,
        keys: Option<KeysRecord>,
        contact: &Contact,
        warrant: &mut Warrant,
    ) -> Answer<()> {
        let bytes = ContactRecord::encode(contact).map_err(|_| Refusal::TooLong)?;
        next.contact = next.contact.other();
        next.contact_check = check(&bytes);
        self.may_become(&next, keys.as_ref(), warrant)?;
        if let Some(keys) = &keys {
            self.create(Record::Keys(next.keys), keys.encode().as_slice())?;
        }
        self.create(Record::Contact(next.contact), &bytes)?;
        self.commit(next, keys, warrant)
    }

    // ---- the desk's word -------------------------------------------------

    /// Counts a hotline code, and only then compares it: whoever cuts the power has
    /// tried it.
    #[inline(never)]
    fn hotline(&mut self, groups: [u32; 2]) -> Answer<Done> {
        let code = Code::from_groups(groups).map_err(Refusal::MistypedCode)?;
        let (state, keys) = match &self.known.first.stored {
            Stored::Unknown(_) => return Err(Refusal::Fault),
            Stored::Empty => return Err(Refusal::NotEnrolled),
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                return Err(Refusal::Released);
            }
            Stored::Live { state, keys } => (state, keys.clone().ok_or(Refusal::Fault)?),
        };
        decide::desk(keys.terms.as_ref())?;
        let mut next = self.at_now(state);
        next.try_code()?;
        self.commit_unsigned(next.clone(), Word::Try)?;
        next.clean = false;
        // Whoever makes the processor skip that, or the write fail, has not tried it, either.
        let mut bytes = [0; STATE_LEN];
        let read = self.env.read(Record::State, &mut bytes);
        let stored = read.ok().and_then(|()| StateRecord::decode(&bytes).ok());
        if stored.is_none_or(|stored| stored.hotline != next.hotline) {
            return Err(Refusal::NotStored);
        }
        let action = self.bench()?.code(&code, &next, &keys)?;
        next.unlock_by_code(action);
        let mut warrant = Warrant { word: Word::Code(&code), verifier: Verifier::new(0) };
        self.commit(next, None, &mut warrant)?;
        Ok(self.done(Outcome::Applied))
    }

    // ---- fault recovery --------------------------------------------------

    /// The generation and terms of the keys record that the state means; where one
    /// of the two can't be read, of the highest generation that can. Where the
    /// storage was silent, nothing is known, whatever the fault was before: what was
    /// not read could say otherwise, and no release is stored.
    fn readable_terms(&mut self) -> Option<(u32, Terms)> {
        let device = self.device?;
        let mut bytes = [0; STATE_LEN];
        // Whichever build it is of.
        if self.env.read(Record::State, &mut bytes).is_ok()
            && let Ok(state) = StateRecord::decode(&bytes)
            && state.is_of(&device)
        {
            if state.phase == State::Unprovisioned {
                // Keys that are there were never committed.
                return None;
            }
            if let Ok(keys) = self.load_keys(&state)
                && let Some(terms) = keys.terms
            {
                return Some((keys.generation, terms));
            }
        }
        let mut best: Option<KeysRecord> = None;
        for slot in [Slot::A, Slot::B] {
            let mut bytes = Zeroizing::new([0; KEYS_LEN]);
            let read = self.env.read(Record::Keys(slot), bytes.as_mut_slice());
            if read == Err(StorageError::Unavailable) {
                self.nothing_known(Fault::StorageUnavailable);
            } else if read.is_ok()
                && let Ok(keys) = KeysRecord::decode(&bytes)
                && keys.device == device
                && keys.terms.is_some()
                && best.as_ref().is_none_or(|best| best.generation < keys.generation)
            {
                best = Some(keys);
            }
        }
        best.and_then(|keys| Some((keys.generation, keys.terms?)))
    }

    /// Takes a release where no enrolment can be read.
    fn recover(&mut self, chain: Chain) -> Answer<Done> {
        self.device().map_err(|_| Refusal::Fault)?;
        if !matches!(self.known.first.stored, Stored::Unknown(_)) {
            return self.apply(chain.release);
        }
        let readable = self.readable_terms();
        if let Some((generation, _)) = &readable {
            // A chain that is longer than what can be read knows better.
            let known = u32::try_from(chain.rekeys.len()).unwrap_or(u32::MAX).saturating_add(1);
            match self.apply(chain.release) {
                Err(Refusal::OtherSigner | Refusal::BadSignature) if known > *generation => {}
                answer => return answer,
            }
        }
        let through = readable.as_ref().map(|(generation, terms)| (*generation, terms));
        let chain = Chain { through, ..chain };
        let mut verifier = self.verifier();
        let release = self.bench()?.recovery(&chain, &mut verifier)?;
        let mut warrant = Warrant { word: Word::Recovery(chain), verifier };
        self.release_at_fault(release, &mut warrant)?;
        Ok(self.done(Outcome::Applied))
    }

    /// Released for this power-on, and stored over a damaged record.
    fn release_at_fault(&mut self, release: Release, warrant: &mut Warrant) -> Answer<()> {
        self.hold(release, warrant)?;
        let (Stored::Unknown(fault), Some(device)) = (&self.known.first.stored, self.device) else {
            return Ok(());
        };
        if !is_damage(*fault) {
            return Ok(());
        }
        let mut state = StateRecord::new(State::Unlocked, &device);
        state.release(release.by);
        let bytes = state.encode();
        let second = StateRecord::decode(&bytes).map_err(|_| Refusal::Fault)?;
        self.may_become(&second, None, &mut Warrant::of_nobody(Word::Held))?;
        if self.env.create(Record::State, &bytes).is_ok() {
            for (known, state) in [(&mut self.known.first, state), (&mut self.known.second, second)]
            {
                known.store(state, None);
            }
        }
        Ok(())
    }

    // ---- housekeeping ----------------------------------------------------

    /// Stores uptime when it is due; at shutdown with the clean mark.
    fn store_uptime(&mut self, shutdown: bool) -> Answer<Done> {
        if let Some((state, terms)) = self.known.first.enrolled() {
            let mut next = self.at_now(state);
            let due = next.uptime.saturating_sub(state.uptime) >= limits::UPTIME_STEP;
            let passed = next.uptime > state.uptime;
            if shutdown && (passed || !state.clean) {
                next.clean = self.clean_marks < CLEAN_MARKS;
                // One write more takes the last mark away again.
                if next.clean || state.clean {
                    self.clean_marks = self.clean_marks.saturating_add(1);
                    self.write_unsigned(next, Word::Time)?;
                }
            } else if due && state.pending(terms) {
                self.commit_unsigned(next, Word::Time)?;
            }
        }
        if let Stored::Unknown(_) = self.known.first.stored {
            Err(Refusal::Fault)
        } else {
            Ok(self.done(Outcome::Applied))
        }
    }

    fn good_boot(&mut self) -> Answer<Done> {
        let this = self.config.security_version;
        match &self.known.first.stored {
            Stored::Unknown(_) => Err(Refusal::Fault),
            Stored::Empty => Err(Refusal::NotEnrolled),
            Stored::Live { state, .. }
                if state.security_version >= this || state.phase == State::Released =>
            {
                Ok(self.done(Outcome::AlreadyApplied))
            }
            Stored::Live { state, .. } => {
                let mut next = self.at_now(state);
                next.security_version = this;
                self.commit_unsigned(next, Word::Time)?;
                Ok(self.done(Outcome::Applied))
            }
        }
    }
}

/// What time is to bring, in seconds of use.
struct Ahead {
    notice: Option<Notice>,
    deadline: Option<u64>,
    sunset: Option<u64>,
}

impl Ahead {
    fn of(state: &StateRecord, now: Moment, terms: &Terms) -> Ahead {
        let until = |at: u64, from: u64| at.saturating_sub(from);
        Ahead {
            notice: now.notice_window(&terms.policy).map(|(from, to)| Notice {
                lock_in: until(from, now.uptime),
                ends_in: until(to, now.uptime),
            }),
            deadline: state.deadline.map(|at| until(at, now.clock())),
            sunset: terms
                .sunset
                .map(|days| until(u64::from(days).saturating_mul(limits::DAY), now.uptime)),
        }
    }
}

fn enrolment(now: &StateRecord, keys: &KeysRecord, terms: &Terms) -> Enrolment {
    let Ahead { notice, deadline, sunset } = Ahead::of(now, now.at(now.uptime), terms);
    Enrolment {
        voucher: terms.voucher,
        lender: sign::key_id(&terms.lender).short(),
        escrow: terms.escrow.map(|key| sign::key_id(&key).short()),
        sequence: now.sequence,
        contact_sequence: now.contact_sequence,
        reason: now.reason,
        notice,
        deadline_in: deadline,
        sunset_in: sunset,
        policy: terms.policy,
        hotline: hotline(now, keys),
    }
}

/// What the desk has to be told, where hotline codes are taken.
fn hotline(now: &StateRecord, keys: &KeysRecord) -> Option<Hotline> {
    decide::desk(keys.terms.as_ref()).ok()?;
    let challenge = crypto::challenge(&keys.seed, now.hotline.turn).ok()?;
    let (wait, tried) = (now.hotline_wait(), now.hotline.tried);
    Some(Hotline { challenge: challenge.number(), wait, tried })
}

/// Seconds of use until the state changes by itself or a lock becomes possible.
fn next_change(state: &StateRecord, now: Moment, terms: &Terms) -> u32 {
    if state.phase == State::Released {
        return NO_CHANGE;
    }
    let ahead = Ahead::of(state, now, terms);
    let locked = now.effective() == State::Locked;
    let notice = ahead.notice.filter(|_| !locked).map(|notice| notice.lock_in);
    let deadline = ahead.deadline.filter(|_| !locked);
    [notice, deadline, ahead.sunset]
        .into_iter()
        .flatten()
        .min()
        .map_or(NO_CHANGE, |seconds| u32::try_from(seconds).unwrap_or(NO_CHANGE - 1))
}
