//! The lock: loads, decides, commits, answers.
//!
//! What keeps it simple:
//! 1. Authority is only ever a verified signature; no caller has any.
//! 2. The state record is the commit point: what is in memory changes only
//!    after its write was confirmed. After a failed write nothing is known
//!    until the record has been read again.
//! 3. Absence is believed only of a storage that authenticates it, and only
//!    when no record at all is there.
//! 4. Records are never erased and never overwritten by a guess.
//! 5. A release that can't be stored holds until power-off.

use heapless::Vec;
use paylatch_proto::api::{
    Done, Enrolment, EventKind, Identity, Notice, Outcome, Reply, Request, Status,
};
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, Nonce, PublicKey};
use paylatch_proto::contact::Contact;
use paylatch_proto::message::{Command, Message};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Role};
use paylatch_proto::state::{
    DETAIL_DEADLINE_PASSED, DETAIL_UNTIL_POWER_OFF, Fault, NO_CHANGE, State, StateWords,
};
use paylatch_proto::statement::{DeviceKeys, FLAG_UNTIL_POWER_OFF, Statement};
use paylatch_proto::voucher::{Seal, Voucher, check_roles};
use paylatch_proto::{WIRE_VERSION, limits};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::crypto;
use crate::env::{Env, Record, Slot, StorageError};
use crate::records::{
    CONTACT_LEN, ContactRecord, KEYS_LEN, KeysRecord, STATE_LEN, StateRecord, Terms, Unreadable,
    check,
};

/// The installment lock over a platform.
#[derive(Clone, PartialEq, Eq)]
pub struct Lock<E> {
    // Fixed at construction.
    env: E,
    config: Config,
    created: u64,
    // Latched: the first of each is kept until power-off.
    device: Option<DeviceId>,
    boot: Option<Boot>,
    unstored_release: Option<UnstoredRelease>,
    // Changes in use.
    clean_marks: u8,
    stored: Stored,
}

/// What is known of the storage.
#[allow(clippy::large_enum_variant)] // there is one, and no heap to box it on
#[derive(Clone, PartialEq, Eq)]
enum Stored {
    /// Nothing; why. Tried again at the next question.
    Unknown(Fault),
    /// No enrolment and no seal.
    Empty,
    /// A confirmed state record, and the live keys record unless it is released.
    Live { state: StateRecord, keys: Option<KeysRecord> },
}

/// Where uptime stood when this power-on first read it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Boot {
    clock: u64,
    uptime: u64,
    charged: u64,
}

/// A release that holds until power-off.
#[derive(Clone, Copy, PartialEq, Eq)]
struct UnstoredRelease {
    by: EventKind,
    authority: Authority,
}

/// Whose word a release is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Authority {
    /// The OEM's seal: never written over an enrolment that was merely silent.
    Oem,
    /// This key's under this enrolment (a sunset counts as the lender's). Once
    /// the enrolment can be read, it is stored if the key has a say there, and
    /// forgotten if not.
    Key { voucher: Digest, key: PublicKey },
}

impl Authority {
    fn is_of(self, terms: &Terms) -> bool {
        match self {
            Authority::Oem => false,
            Authority::Key { voucher, key } => {
                voucher == terms.voucher && (key == terms.lender || Some(key) == terms.escrow)
            }
        }
    }
}

/// A device that is not financed.
const SEALED: UnstoredRelease =
    UnstoredRelease { by: EventKind::Sealed, authority: Authority::Oem };

/// Clean marks that one power-on may set: a caller can't wear the storage out
/// with them, and who asks for more is charged as for a power cut.
const CLEAN_MARKS: u8 = 4;

type Answer<T> = Result<T, Refusal>;

impl<E: Env> Lock<E> {
    /// A lock that has not yet looked at its storage. Uptime counts from here.
    pub fn new(env: E, config: Config) -> Self {
        let created = env.seconds();
        let stored = Stored::Unknown(Fault::StorageUnavailable);
        Lock {
            env,
            config,
            created,
            device: None,
            boot: None,
            unstored_release: None,
            clean_marks: 0,
            stored,
        }
    }

    /// The platform under it.
    pub fn env(&mut self) -> &mut E {
        &mut self.env
    }

    /// Answers `STATE`. Once loaded, it costs no access to storage.
    pub fn state(&mut self) -> StateWords {
        self.refresh();
        let (state, detail) = self.judge();
        let (seconds, usable) = match &self.stored {
            Stored::Live { state: record, keys: Some(KeysRecord { terms: Some(terms), .. }) }
                if state != State::Released =>
            {
                (next_change(&self.at_now(record), terms), terms.policy.usable)
            }
            _ => (NO_CHANGE, 0),
        };
        let flags = u32::from(WIRE_VERSION) << 16 | u32::from(usable);
        StateWords { state: state.code(), detail, seconds, flags }
    }

    /// Answers `CALL`: a postcard [`Request`] in, a postcard [`Reply`] out.
    /// Never fails: what is wrong with a request is in its reply.
    pub fn call<'r>(&mut self, request: &[u8], reply: &'r mut [u8; limits::REPLY]) -> &'r [u8] {
        let answer = match postcard::take_from_bytes::<Request>(request) {
            _ if request.len() > limits::REQUEST => Reply::Refused(Refusal::TooLong),
            Ok((request, [])) => self.process(&request),
            Ok(_) => Reply::Refused(Refusal::TrailingBytes),
            Err(postcard::Error::DeserializeUnexpectedEnd) => Reply::Refused(Refusal::Truncated),
            Err(_) => Reply::Refused(Refusal::Malformed),
        };
        // Every reply fits: `limits::REPLY` is derived from the largest.
        postcard::to_slice(&answer, reply).map_or(&[], |bytes| &*bytes)
    }

    /// Answers one request.
    pub fn process(&mut self, request: &Request) -> Reply {
        self.refresh();
        let answer = match *request {
            Request::Identity => self.identity().map(Reply::Identity),
            Request::Enrol { ref nonce, voucher } => self.enrol(nonce, voucher).map(Reply::Done),
            Request::Seal { ref nonce, seal } => self.seal(nonce, seal).map(Reply::Done),
            Request::Apply(message) => self.apply(message).map(Reply::Done),
            Request::Recover { voucher, ref rekeys, release } => {
                self.recover(voucher, rekeys, release).map(Reply::Done)
            }
            Request::Attest { ref nonce } => self.attest(nonce).map(Reply::Statement),
            Request::Status => Ok(Reply::Status(self.status())),
            Request::Contact => self.contact().map(Reply::Contact),
            Request::History => self.history(),
            Request::Tick => self.store_uptime(false).map(Reply::Done),
            Request::Shutdown => self.store_uptime(true).map(Reply::Done),
            Request::GoodBoot => self.good_boot().map(Reply::Done),
        };
        answer.unwrap_or_else(Reply::Refused)
    }

    // ---- loading ---------------------------------------------------------

    /// Loads what is not loaded, and lets happen what time has brought.
    fn refresh(&mut self) {
        if let Stored::Unknown(_) = self.stored {
            self.stored = self.load().unwrap_or_else(Stored::Unknown);
        }
        if let Stored::Live { state, keys: Some(KeysRecord { terms: Some(terms), .. }) } =
            &self.stored
        {
            let mut next = self.at_now(state);
            // What the record itself disproves is not held any longer.
            self.unstored_release = self.unstored_release.filter(|release| {
                release.authority == Authority::Oem || release.authority.is_of(terms)
            });
            if next.sunset(terms) {
                let authority = Authority::Key { voucher: terms.voucher, key: terms.lender };
                let by = EventKind::ReleasedBySunset;
                self.unstored_release = Some(UnstoredRelease { by, authority });
            }
            if let Some(release) = self.unstored_release
                && release.authority.is_of(terms)
            {
                next.release(release.by);
                // After a failed write the release is held until power-off.
                let _ = self.commit(next, None);
            } else if next.effective() != state.effective() {
                // A deadline that was seen to pass stays passed, even if power is
                // cut before uptime is next stored. If this fails: a fault, for now.
                let _ = self.commit(next, None);
            }
        }
        if let Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } = self.stored
        {
            self.unstored_release = None;
        }
    }

    fn load(&mut self) -> Result<Stored, Fault> {
        let device = self.device()?;
        let mut bytes = [0; STATE_LEN];
        let record = match self.env.read(Record::State, &mut bytes) {
            Ok(()) => StateRecord::decode(&bytes).map_err(|unreadable| match unreadable {
                Unreadable::Damaged => Fault::StateCorrupt,
                Unreadable::Newer => Fault::NewerFormat,
            })?,
            Err(StorageError::Absent) => return self.nothing_at_all(),
            Err(StorageError::Corrupt) => return Err(Fault::StateCorrupt),
            Err(StorageError::Unavailable) => return Err(Fault::StorageUnavailable),
        };
        if !record.is_of(&device) {
            return Err(Fault::OtherDevice);
        }
        // Released is final, whatever build reads it.
        if record.security_version > self.config.security_version && record.phase != State::Released
        {
            return Err(Fault::OldBuild);
        }
        match record.phase {
            State::Unprovisioned if self.env.open() => Ok(Stored::Empty),
            State::Unprovisioned | State::Fault => Err(Fault::StateMissing),
            State::Released => Ok(Stored::Live { state: record, keys: None }),
            State::Unlocked | State::Locked => {
                let keys = self.load_keys(&record)?;
                let terms = keys.terms.ok_or(Fault::KeysCorrupt)?;
                let state = self.charge(record.clone());
                // A sunset that has come needs no boot store, which may never
                // succeed again: the release is stored, or held, instead.
                if !self.at_now(&state).sunset(&terms) {
                    self.blank_other_keys(state.keys)?;
                    if state != record {
                        let written = self.env.write(Record::State, &state.encode());
                        written.map_err(|_| Fault::WriteUnconfirmed)?;
                    }
                }
                Ok(Stored::Live { state, keys: Some(keys) })
            }
        }
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
    fn nothing_at_all(&mut self) -> Result<Stored, Fault> {
        if !self.env.open() || self.boot.is_some() {
            return Err(Fault::StateMissing);
        }
        for slot in [Slot::A, Slot::B] {
            let keys = self.env.read(Record::Keys(slot), &mut [0; KEYS_LEN]);
            let contact = self.env.read(Record::Contact(slot), &mut [0; CONTACT_LEN]);
            for result in [keys, contact] {
                match result {
                    Err(StorageError::Absent) => {}
                    Err(StorageError::Unavailable) => return Err(Fault::StorageUnavailable),
                    Ok(()) | Err(StorageError::Corrupt) => return Err(Fault::StateMissing),
                }
            }
        }
        Ok(Stored::Empty)
    }

    fn load_keys(&mut self, state: &StateRecord) -> Result<KeysRecord, Fault> {
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        match self.env.read(Record::Keys(state.keys), bytes.as_mut_slice()) {
            Ok(()) if check(bytes.as_slice()) == state.keys_check => {}
            Err(StorageError::Unavailable) => return Err(Fault::StorageUnavailable),
            _ => return Err(Fault::KeysCorrupt),
        }
        let keys = KeysRecord::decode(&bytes).map_err(|unreadable| match unreadable {
            Unreadable::Damaged => Fault::KeysCorrupt,
            Unreadable::Newer => Fault::NewerFormat,
        })?;
        if Some(keys.device) == self.device { Ok(keys) } else { Err(Fault::OtherDevice) }
    }

    /// The record as this power-on has to store it at first: without the clean
    /// mark. Where it was cleared already, the last power-on ended unclean and
    /// is charged for, once in each power-on.
    fn charge(&mut self, mut state: StateRecord) -> StateRecord {
        let boot = *self.boot.get_or_insert_with(|| {
            let charge = if state.clean { 0 } else { limits::UPTIME_STEP };
            let charged = state.charged.saturating_add(charge);
            Boot { clock: self.created, uptime: state.uptime, charged }
        });
        if boot.charged > state.charged {
            state.charged = boot.charged;
            state.remember(EventKind::PowerCut);
        }
        state.uptime = state.uptime.max(boot.uptime);
        state.clean = false;
        state
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
        let mut state = state.clone();
        if let Some(boot) = self.boot {
            let passed = self.env.seconds().saturating_sub(boot.clock);
            state.uptime = state.uptime.max(boot.uptime.saturating_add(passed));
        }
        state
    }

    /// Writes the state record; only then is it what the lock knows. `keys` is
    /// what the new state's live slot holds, if that changed.
    fn commit(&mut self, mut next: StateRecord, keys: Option<KeysRecord>) -> Answer<()> {
        next.clean = false;
        self.write_state(next, keys)
    }

    fn write_state(&mut self, next: StateRecord, keys: Option<KeysRecord>) -> Answer<()> {
        if self.env.write(Record::State, &next.encode()).is_err() {
            return Err(self.unconfirmed());
        }
        let before = core::mem::replace(&mut self.stored, Stored::Unknown(Fault::WriteUnconfirmed));
        let keys = keys.or(match before {
            Stored::Live { keys, .. } => keys,
            _ => None,
        });
        self.stored = Stored::Live { state: next, keys };
        Ok(())
    }

    /// A write failed: nothing is known until the record has been read again.
    fn unconfirmed(&mut self) -> Refusal {
        self.stored = Stored::Unknown(Fault::WriteUnconfirmed);
        Refusal::NotStored
    }

    fn create(&mut self, record: Record, bytes: &[u8]) -> Answer<()> {
        self.env.create(record, bytes).map_err(|_| self.unconfirmed())
    }

    fn write_slot(&mut self, record: Record, bytes: &[u8]) -> Answer<()> {
        self.env.write(record, bytes).map_err(|_| self.unconfirmed())
    }

    // ---- the state, told -------------------------------------------------

    fn judge(&self) -> (State, u32) {
        match &self.stored {
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                (State::Released, 0)
            }
            _ if self.unstored_release.is_some() => (State::Released, DETAIL_UNTIL_POWER_OFF),
            Stored::Unknown(fault) => (State::Fault, fault.code()),
            Stored::Empty => (State::Unprovisioned, 0),
            Stored::Live { state, .. } => match (state.phase, self.at_now(state).effective()) {
                (State::Unlocked, State::Locked) => (State::Locked, DETAIL_DEADLINE_PASSED),
                (_, State::Locked) => (State::Locked, state.reason.map_or(0, |r| r.code())),
                (_, effective) => (effective, 0),
            },
        }
    }

    fn done(&self, outcome: Outcome) -> Done {
        let (state, detail) = self.judge();
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
        let (state, detail) = self.judge();
        let mut status = Status { state, detail, device: self.device, uptime: 0, enrolment: None };
        if let Stored::Live { state, keys } = &self.stored {
            let now = self.at_now(state);
            status.uptime = now.uptime;
            if let Some(KeysRecord { terms: Some(terms), .. }) = keys {
                status.enrolment = Some(enrolment(&now, terms));
            }
        }
        status
    }

    fn history(&mut self) -> Answer<Reply> {
        match &self.stored {
            Stored::Unknown(_) => Err(Refusal::Fault),
            Stored::Empty => Ok(Reply::History(Vec::new())),
            Stored::Live { state, .. } => Ok(Reply::History(state.events.clone())),
        }
    }

    fn contact(&mut self) -> Answer<Contact> {
        let state = match &self.stored {
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
        let seed = match &self.stored {
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
        let (state, detail) = self.judge();
        let device = self.device.ok_or(Refusal::Fault)?;
        let Stored::Live { state: record, keys: live } = &self.stored else {
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
        let signed = Voucher::parse(bytes)?;
        let device = self.device().map_err(|_| Refusal::Fault)?;
        if signed.body.device != device {
            return Err(Refusal::OtherDevice);
        }
        match &self.stored {
            Stored::Unknown(_) => return Err(Refusal::Fault),
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                return Err(Refusal::Released);
            }
            Stored::Live { keys, .. } => {
                let terms = keys.as_ref().and_then(|keys| keys.terms);
                return if terms.is_some_and(|terms| terms.voucher == signed.digest) {
                    Ok(self.with_statement(Outcome::AlreadyApplied, nonce))
                } else {
                    Err(Refusal::AlreadyEnrolled)
                };
            }
            Stored::Empty => {}
        }
        crypto::verify(&self.config.oem, &signed.digest, &signed.signature)?;
        let voucher = &signed.body;
        voucher.check(&self.config.oem, self.config.notice_min)?;
        for key in [Some(&voucher.lender), voucher.desk.as_ref(), voucher.escrow.as_ref()] {
            key.map_or(Ok(()), crypto::check_key)?;
        }
        let terms = Terms {
            voucher: signed.digest,
            lender: voucher.lender,
            desk: voucher.desk,
            escrow: voucher.escrow,
            sunset: voucher.sunset,
            policy: voucher.policy,
        };
        self.begin(device, Some(terms), Some(&voucher.contact))?;
        Ok(self.with_statement(Outcome::Applied, nonce))
    }

    fn seal(&mut self, nonce: &Nonce, bytes: &[u8]) -> Answer<Done> {
        let signed = Seal::parse(bytes)?;
        let device = self.device().map_err(|_| Refusal::Fault)?;
        if signed.body.device != device {
            return Err(Refusal::OtherDevice);
        }
        crypto::verify(&self.config.oem, &signed.digest, &signed.signature)?;
        match &self.stored {
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                Ok(self.with_statement(Outcome::AlreadyApplied, nonce))
            }
            Stored::Live { .. } => Err(Refusal::AlreadyEnrolled),
            Stored::Unknown(_) => {
                self.release_at_fault(SEALED);
                Ok(self.with_statement(Outcome::Applied, nonce))
            }
            Stored::Empty => {
                if self.begin(device, None, None).is_err() {
                    self.release_at_fault(SEALED);
                }
                Ok(self.with_statement(Outcome::Applied, nonce))
            }
        }
    }

    /// Makes all records, each at its full size, the state's commit last.
    fn begin(
        &mut self,
        device: DeviceId,
        terms: Option<Terms>,
        contact: Option<&Contact>,
    ) -> Answer<()> {
        let mut seed = Zeroizing::new([0; 32]);
        self.env.random(seed.as_mut_slice()).map_err(|_| Refusal::Fault)?;
        let keys = KeysRecord { generation: 1, device, seed, terms };
        let keys_bytes = keys.encode();
        let contact_bytes = match contact {
            Some(contact) => ContactRecord::encode(contact).map_err(|_| Refusal::TooLong)?,
            None => [0; CONTACT_LEN],
        };
        let mut state = StateRecord::new(State::Unprovisioned, &device);
        self.create(Record::State, &state.encode())?;
        self.create(Record::Keys(Slot::A), keys_bytes.as_slice())?;
        self.create(Record::Keys(Slot::B), &[0; KEYS_LEN])?;
        self.create(Record::Contact(Slot::A), &contact_bytes)?;
        self.create(Record::Contact(Slot::B), &[0; CONTACT_LEN])?;
        state.keys_check = check(keys_bytes.as_slice());
        state.contact_check = check(&contact_bytes);
        if keys.terms.is_some() {
            state.phase = State::Unlocked;
            state.remember(EventKind::Enrolled);
        } else {
            state.phase = State::Released;
            state.remember(EventKind::Sealed);
        }
        // Should the commit be there although its write was not confirmed,
        // reading it back must not charge for a power cut.
        self.boot = Some(Boot { clock: self.env.seconds(), uptime: 0, charged: 0 });
        self.commit(state, Some(keys))
    }

    // ---- the lender's and the escrow's word ------------------------------

    fn apply(&mut self, bytes: &[u8]) -> Answer<Done> {
        let message = Message::parse(bytes)?;
        let device = self.device().map_err(|_| Refusal::Fault)?;
        if message.body.header.device != device.short() {
            return Err(Refusal::OtherDevice);
        }
        let release = matches!(message.body.command, Command::Release);
        match &self.stored {
            Stored::Empty => Err(Refusal::NotEnrolled),
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } if release => {
                Ok(self.done(Outcome::AlreadyApplied))
            }
            Stored::Live { state: StateRecord { phase: State::Released, .. }, .. } => {
                Err(Refusal::Released)
            }
            Stored::Unknown(_) if release => {
                let (_, terms) = self.readable_terms().ok_or(Refusal::Fault)?;
                let release = verify_release(&message, &device, &terms)?;
                self.release_at_fault(release);
                Ok(self.done(Outcome::Applied))
            }
            Stored::Unknown(_) => Err(Refusal::Fault),
            Stored::Live { state, keys } => {
                let keys = keys.clone().ok_or(Refusal::Fault)?;
                let terms = keys.terms.ok_or(Refusal::Fault)?;
                let now = self.at_now(state);
                if release {
                    self.release(&message, &device, &terms, now)
                } else {
                    self.obey(&message, &device, keys, &terms, now)
                }
            }
        }
    }

    fn release(
        &mut self,
        message: &Message,
        device: &DeviceId,
        terms: &Terms,
        mut next: StateRecord,
    ) -> Answer<Done> {
        let release = verify_release(message, device, terms)?;
        next.release(release.by);
        if self.commit(next, None).is_err() {
            self.unstored_release = Some(release);
        }
        Ok(self.done(Outcome::Applied))
    }

    fn obey(
        &mut self,
        message: &Message,
        device: &DeviceId,
        keys: KeysRecord,
        terms: &Terms,
        mut next: StateRecord,
    ) -> Answer<Done> {
        let command = &message.body.command;
        let sequence = command.sequence().ok_or(Refusal::Malformed)?;
        let same = sign::same_message(Role::Lender, message.signed);
        let is_contact = matches!(command, Command::Contact { .. });
        let (last, last_same) = if is_contact {
            (&mut next.contact_sequence, &mut next.last_contact)
        } else {
            (&mut next.sequence, &mut next.last)
        };
        if *last == sequence && *last_same == same {
            return Ok(self.done(Outcome::AlreadyApplied));
        }
        let signer = message.body.header.signer;
        if signer != sign::key_id(&terms.lender).short() {
            let escrow = terms.escrow.is_some_and(|key| sign::key_id(&key).short() == signer);
            return Err(if escrow { Refusal::EscrowReleasesOnly } else { Refusal::OtherSigner });
        }
        let digest = message.digest(sign::LENDER, device, &terms.voucher);
        crypto::verify(&terms.lender, &digest, &message.signature)?;
        StateRecord::check_sequence(*last, sequence)?;
        (*last, *last_same) = (sequence, same);
        let outcome = next.obey(command, &terms.policy)?;
        match command {
            Command::Rekey { lender, desk, contact, proof, .. } => {
                crypto::check_key(lender)?;
                desk.as_ref().map_or(Ok(()), crypto::check_key)?;
                check_roles(lender, desk.as_ref(), terms.escrow.as_ref(), &self.config.oem)?;
                contact.check().map_err(Refusal::BadContact)?;
                let digest = message.proof_digest(device, &terms.voucher);
                crypto::verify(lender, &digest, proof).map_err(|_| Refusal::BadProof)?;
                let terms = Terms { lender: *lender, desk: *desk, ..*terms };
                self.rekey(next, keys, terms, contact)?;
            }
            Command::Contact { contact, .. } => {
                contact.check().map_err(Refusal::BadContact)?;
                self.replace_contact(&mut next, contact)?;
                self.commit(next, None)?;
            }
            _ => self.commit(next, None)?,
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
    ) -> Answer<()> {
        let old = next.keys;
        let generation = keys.generation.saturating_add(1);
        let keys = KeysRecord { generation, terms: Some(terms), ..keys };
        let bytes = keys.encode();
        self.write_slot(Record::Keys(old.other()), bytes.as_slice())?;
        self.replace_contact(&mut next, contact)?;
        next.keys = old.other();
        next.keys_check = check(bytes.as_slice());
        self.commit(next, Some(keys))?;
        // The rekey stands. What fails here is finished at the next boot.
        let _ = self.blank_other_keys(old.other());
        Ok(())
    }

    fn replace_contact(&mut self, next: &mut StateRecord, contact: &Contact) -> Answer<()> {
        let bytes = ContactRecord::encode(contact).map_err(|_| Refusal::TooLong)?;
        next.contact = next.contact.other();
        next.contact_check = check(&bytes);
        self.write_slot(Record::Contact(next.contact), &bytes)
    }

    // ---- fault recovery --------------------------------------------------

    /// The readable keys record of the highest generation: that and its terms.
    fn readable_terms(&mut self) -> Option<(u32, Terms)> {
        let device = self.device?;
        let mut best: Option<KeysRecord> = None;
        for slot in [Slot::A, Slot::B] {
            let mut bytes = Zeroizing::new([0; KEYS_LEN]);
            if self.env.read(Record::Keys(slot), bytes.as_mut_slice()).is_ok()
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

    /// Takes a release where no enrolment can be read: the voucher proves the
    /// first lender and the escrow, each rekey the next lender.
    fn recover(&mut self, voucher: &[u8], rekeys: &[&[u8]], release: &[u8]) -> Answer<Done> {
        let device = self.device().map_err(|_| Refusal::Fault)?;
        if !matches!(self.stored, Stored::Unknown(_)) {
            return self.apply(release);
        }
        if let Some((generation, _)) = self.readable_terms() {
            // A chain that is longer than what can be read knows better.
            let known = u32::try_from(rekeys.len()).unwrap_or(u32::MAX).saturating_add(1);
            match self.apply(release) {
                Err(Refusal::OtherSigner | Refusal::BadSignature) if known > generation => {}
                answer => return answer,
            }
        }
        let voucher = Voucher::parse(voucher)?;
        if voucher.body.device != device {
            return Err(Refusal::OtherDevice);
        }
        crypto::verify(&self.config.oem, &voucher.digest, &voucher.signature)?;
        let mut terms = Terms {
            voucher: voucher.digest,
            lender: voucher.body.lender,
            desk: voucher.body.desk,
            escrow: voucher.body.escrow,
            sunset: voucher.body.sunset,
            policy: voucher.body.policy,
        };
        for rekey in rekeys {
            let message = Message::parse(rekey)?;
            let Command::Rekey { lender, proof, .. } = &message.body.command else {
                return Err(Refusal::Malformed);
            };
            let digest = message.digest(sign::LENDER, &device, &terms.voucher);
            crypto::verify(&terms.lender, &digest, &message.signature)?;
            let digest = message.proof_digest(&device, &terms.voucher);
            crypto::verify(lender, &digest, proof).map_err(|_| Refusal::BadProof)?;
            terms.lender = *lender;
        }
        let release = Message::parse(release)?;
        if release.body.header.device != device.short() {
            return Err(Refusal::OtherDevice);
        }
        if !matches!(release.body.command, Command::Release) {
            return Err(Refusal::Malformed);
        }
        let release = verify_release(&release, &device, &terms)?;
        self.release_at_fault(release);
        Ok(self.done(Outcome::Applied))
    }

    /// Released for this power-on, and stored over a damaged record; never over
    /// another device's, a newer build's, or one that was merely silent.
    fn release_at_fault(&mut self, release: UnstoredRelease) {
        // A key's word may be stored later, the OEM's may not: it is not replaced.
        if self.unstored_release.is_none() || release.authority != Authority::Oem {
            self.unstored_release = Some(release);
        }
        let Stored::Unknown(fault) = self.stored else { return };
        let damaged =
            matches!(fault, Fault::StateMissing | Fault::StateCorrupt | Fault::KeysCorrupt);
        let Some(device) = self.device else { return };
        if !damaged {
            return;
        }
        let mut state = StateRecord::new(State::Unlocked, &device);
        state.release(release.by);
        let bytes = state.encode();
        let written = match self.env.write(Record::State, &bytes) {
            Err(StorageError::Absent) => self.env.create(Record::State, &bytes),
            written => written,
        };
        if written.is_ok() {
            self.stored = Stored::Live { state, keys: None };
            self.unstored_release = None;
        }
    }

    // ---- housekeeping ----------------------------------------------------

    /// Stores uptime when it is due; at shutdown with the clean mark.
    fn store_uptime(&mut self, shutdown: bool) -> Answer<Done> {
        if let Stored::Live { state, keys: Some(KeysRecord { terms: Some(terms), .. }) } =
            &self.stored
            && state.phase != State::Released
        {
            let mut next = self.at_now(state);
            let due = next.uptime.saturating_sub(state.uptime) >= limits::UPTIME_STEP;
            let passed = next.uptime > state.uptime;
            if shutdown && (passed || !state.clean) {
                next.clean = self.clean_marks < CLEAN_MARKS;
                // One write more takes the last mark away again.
                if next.clean || state.clean {
                    self.clean_marks = self.clean_marks.saturating_add(1);
                    self.write_state(next, None)?;
                }
            } else if due && state.pending(terms) {
                self.commit(next, None)?;
            }
        }
        if let Stored::Unknown(_) = self.stored {
            Err(Refusal::Fault)
        } else {
            Ok(self.done(Outcome::Applied))
        }
    }

    fn good_boot(&mut self) -> Answer<Done> {
        let this = self.config.security_version;
        match &self.stored {
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
                self.commit(next, None)?;
                Ok(self.done(Outcome::Applied))
            }
        }
    }
}

/// A release, once its signature is verified.
fn verify_release(message: &Message, device: &DeviceId, terms: &Terms) -> Answer<UnstoredRelease> {
    let signer = message.body.header.signer;
    let is = |key: &PublicKey| sign::key_id(key).short() == signer;
    let (key, domain, by) = match terms.escrow {
        _ if is(&terms.lender) => (terms.lender, sign::LENDER, EventKind::ReleasedByLender),
        Some(escrow) if is(&escrow) => (escrow, sign::ESCROW, EventKind::ReleasedByEscrow),
        _ => return Err(Refusal::OtherSigner),
    };
    let voucher = terms.voucher;
    crypto::verify(&key, &message.digest(domain, device, &voucher), &message.signature)?;
    Ok(UnstoredRelease { by, authority: Authority::Key { voucher, key } })
}

fn enrolment(now: &StateRecord, terms: &Terms) -> Enrolment {
    let until = |at: u64, from: u64| at.saturating_sub(from);
    Enrolment {
        voucher: terms.voucher,
        lender: sign::key_id(&terms.lender).short(),
        escrow: terms.escrow.map(|key| sign::key_id(&key).short()),
        sequence: now.sequence,
        contact_sequence: now.contact_sequence,
        reason: now.reason,
        notice: now.notice_window(&terms.policy).map(|(from, to)| Notice {
            lock_in: until(from, now.uptime),
            ends_in: until(to, now.uptime),
        }),
        deadline_in: now.deadline.map(|at| until(at, now.clock())),
        sunset_in: terms
            .sunset
            .map(|days| until(u64::from(days).saturating_mul(limits::DAY), now.uptime)),
        policy: terms.policy,
    }
}

/// Seconds of use until the state changes by itself or a lock becomes possible.
fn next_change(now: &StateRecord, terms: &Terms) -> u32 {
    if now.phase == State::Released {
        return NO_CHANGE;
    }
    let enrolment = enrolment(now, terms);
    let locked = now.effective() == State::Locked;
    let notice = enrolment.notice.filter(|_| !locked).map(|notice| notice.lock_in);
    let deadline = enrolment.deadline_in.filter(|_| !locked);
    [notice, deadline, enrolment.sunset_in]
        .into_iter()
        .flatten()
        .min()
        .map_or(NO_CHANGE, |seconds| u32::try_from(seconds).unwrap_or(NO_CHANGE - 1))
}
