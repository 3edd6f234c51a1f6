use heapless::Vec;
use paylatch_proto::api::{Event, EventKind};
use paylatch_proto::bytes::{Bytes, DeviceId};
use paylatch_proto::limits;
use paylatch_proto::state::{Reason, State};

use super::cursor::{Reader, Writer, seal};
use super::{ATOMIC, FORMAT, Unreadable};
use crate::env::Slot;

/// Format of a state record with something in what is remembered of hotline codes.
const WITH_CODES: u16 = 2;
/// The hotline codes' bookkeeping: turn 4, failures 4, wait 8, spare 6.
const HOTLINE: usize = 4 + 4 + 8 + 6;
/// An event: kind and uptime.
const EVENT: usize = 1 + 4;

/// Size of the state record: format 2, phase 4, least security version 4,
/// device 16, uptime and charges 8 + 8, clean mark 4, notice and deadline 8 + 8,
/// sequences 8 + 8, last messages 16 + 16, slots and reason 3 × 1, slot digests
/// 16 + 16, hotline 22, events 8 × 5, spare 9, check 16.
pub const STATE_LEN: usize =
    2 + 4 + 4 + 16 + 16 + 4 + 16 + 16 + 32 + 3 + 32 + HOTLINE + limits::EVENTS * EVENT + 9 + 16;
const _: () = assert!(STATE_LEN <= ATOMIC, "the commit must be one atomic write");

const CLEAN: u32 = 0x93c5_3a6c;
const NOT_CLEAN: u32 = 0x6c3a_c593;
const NONE: u64 = u64::MAX;
const NO_EVENT: u8 = 0xff;

/// The commit point for everything: what the lock remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRecord {
    /// Never [`State::Fault`]. `Unlocked` with a deadline behind it is locked.
    pub phase: State,
    /// The least security version that may run.
    pub security_version: u32,
    /// Whose record it is: the first half of the device id.
    pub device: Bytes<16>,
    /// Seconds of use since enrolment.
    pub uptime: u64,
    /// Seconds charged for unclean ends: part of deadlines' clock, not of a
    /// notice's nor the sunset's.
    pub charged: u64,
    /// Whether the last power-on ended with a clean shutdown.
    pub clean: bool,
    /// Uptime at which the notice began.
    pub notice: Option<u64>,
    /// Uptime plus charges at which the device locks.
    pub deadline: Option<u64>,
    /// The last sequence number taken.
    pub sequence: u64,
    /// The last contact sequence number taken.
    pub contact_sequence: u64,
    /// By what the message of that number is known again.
    pub last: Bytes<16>,
    /// By what the contact message of that number is known again.
    pub last_contact: Bytes<16>,
    /// The live slot of keys.
    pub keys: Slot,
    /// The live slot of the contact.
    pub contact: Slot,
    /// Why the lender locked.
    pub reason: Option<Reason>,
    /// Check of the live keys record.
    pub keys_check: Bytes<16>,
    /// Check of the live contact record.
    pub contact_check: Bytes<16>,
    /// What is remembered of hotline codes.
    pub hotline: Hotline,
    /// The last events, oldest first.
    pub events: Vec<Event, { limits::EVENTS }>,
}

/// What is remembered of hotline codes; all 0 in a record of format 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hotline {
    /// Counts up with each code and each message that was taken: the challenge follows
    /// from it.
    pub turn: u32,
    /// Codes that were tried since a right one or a message of the lender's, one that was
    /// right or is being compared among them.
    pub tried: u32,
    /// Uptime at which the next one may be tried.
    pub wait_until: u64,
}

impl StateRecord {
    /// A record in `phase` of this device, with nothing else in it.
    pub fn new(phase: State, device: &DeviceId) -> StateRecord {
        StateRecord {
            phase,
            security_version: 0,
            device: device.half(),
            uptime: 0,
            charged: 0,
            clean: false,
            notice: None,
            deadline: None,
            sequence: 0,
            contact_sequence: 0,
            last: Bytes::default(),
            last_contact: Bytes::default(),
            keys: Slot::A,
            contact: Slot::A,
            reason: None,
            keys_check: Bytes::default(),
            contact_check: Bytes::default(),
            hotline: Hotline::default(),
            events: Vec::new(),
        }
    }

    /// Whether it is this device's.
    pub fn is_of(&self, device: &DeviceId) -> bool {
        self.device == device.half()
    }

    /// With the slots that another record says are live.
    #[must_use]
    pub fn with_slots_of(self, other: &StateRecord) -> StateRecord {
        StateRecord {
            keys: other.keys,
            keys_check: other.keys_check,
            contact: other.contact,
            contact_check: other.contact_check,
            ..self
        }
    }

    /// Adds an event; the oldest goes when there are too many.
    pub fn remember(&mut self, kind: EventKind) {
        if self.events.is_full() {
            self.events.remove(0);
        }
        let uptime = u32::try_from(self.uptime).unwrap_or(u32::MAX);
        // There is room: one was just taken out of a full list.
        let _ = self.events.push(Event { kind, uptime });
    }

    /// A build that knows no hotline codes must not forget what was counted: it takes the
    /// record for one of a newer format. Where nothing was, it can be gone back to.
    fn format(&self) -> u16 {
        let codes = self.hotline != Hotline::default()
            || self.events.iter().any(|event| event.kind == EventKind::UnlockedByCode);
        if codes { WITH_CODES } else { FORMAT }
    }

    /// Its bytes in storage.
    pub fn encode(&self) -> [u8; STATE_LEN] {
        let mut bytes = [0; STATE_LEN];
        let mut to = Writer::new(&mut bytes);
        to.put(self.format().to_le_bytes());
        to.put(self.phase.code().to_le_bytes());
        to.put(self.security_version.to_le_bytes());
        to.put(self.device.0);
        to.put(self.uptime.to_le_bytes());
        to.put(self.charged.to_le_bytes());
        to.put(if self.clean { CLEAN } else { NOT_CLEAN }.to_le_bytes());
        to.put(self.notice.unwrap_or(NONE).to_le_bytes());
        to.put(self.deadline.unwrap_or(NONE).to_le_bytes());
        to.put(self.sequence.to_le_bytes());
        to.put(self.contact_sequence.to_le_bytes());
        to.put(self.last.0);
        to.put(self.last_contact.0);
        to.put([self.keys as u8]);
        to.put([self.contact as u8]);
        to.put([self.reason.map_or(0, |reason| reason.code() as u8)]);
        to.put(self.keys_check.0);
        to.put(self.contact_check.0);
        to.put(self.hotline.turn.to_le_bytes());
        to.put(self.hotline.tried.to_le_bytes());
        to.put(self.hotline.wait_until.to_le_bytes());
        to.put([0; HOTLINE - 16]);
        for i in 0..limits::EVENTS {
            let event = self.events.get(i);
            to.put([event.map_or(NO_EVENT, |event| event.kind as u8)]);
            to.put(event.map_or(0, |event| event.uptime).to_le_bytes());
        }
        seal(&mut bytes);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn decode(bytes: &[u8; STATE_LEN]) -> Result<StateRecord, Unreadable> {
        let mut from = Reader::checked(bytes, WITH_CODES)?;
        let phase = match State::from_code(u32::from_le_bytes(from.take()?)) {
            None | Some(State::Fault) => return Err(Unreadable::Damaged),
            Some(phase) => phase,
        };
        let security_version = u32::from_le_bytes(from.take()?);
        let device = Bytes(from.take()?);
        let uptime = u64::from_le_bytes(from.take()?);
        let charged = u64::from_le_bytes(from.take()?);
        let clean = match u32::from_le_bytes(from.take()?) {
            CLEAN => true,
            NOT_CLEAN => false,
            _ => return Err(Unreadable::Damaged),
        };
        let notice = some_unless(u64::from_le_bytes(from.take()?), NONE);
        let deadline = some_unless(u64::from_le_bytes(from.take()?), NONE);
        let sequence = u64::from_le_bytes(from.take()?);
        let contact_sequence = u64::from_le_bytes(from.take()?);
        let last = Bytes(from.take()?);
        let last_contact = Bytes(from.take()?);
        let keys = slot(from.take()?)?;
        let contact = slot(from.take()?)?;
        let reason = match from.take()? {
            [0] => None,
            [code] => Some(Reason::from_code(code.into()).ok_or(Unreadable::Damaged)?),
        };
        let keys_check = Bytes(from.take()?);
        let contact_check = Bytes(from.take()?);
        let hotline = Hotline {
            turn: u32::from_le_bytes(from.take()?),
            tried: u32::from_le_bytes(from.take()?),
            wait_until: u64::from_le_bytes(from.take()?),
        };
        let _spare: [u8; HOTLINE - 16] = from.take()?;
        let mut events = Vec::new();
        for _ in 0..limits::EVENTS {
            let [kind] = from.take()?;
            let uptime = u32::from_le_bytes(from.take()?);
            if kind != NO_EVENT {
                let kind = *EventKind::ALL.get(usize::from(kind)).ok_or(Unreadable::Damaged)?;
                events.push(Event { kind, uptime }).map_err(|_| Unreadable::Damaged)?;
            }
        }
        Ok(StateRecord {
            phase,
            security_version,
            device,
            uptime,
            charged,
            clean,
            notice,
            deadline,
            sequence,
            contact_sequence,
            last,
            last_contact,
            keys,
            contact,
            reason,
            keys_check,
            contact_check,
            hotline,
            events,
        })
    }
}

fn some_unless(value: u64, none: u64) -> Option<u64> {
    (value != none).then_some(value)
}

fn slot(byte: [u8; 1]) -> Result<Slot, Unreadable> {
    match byte {
        [0] => Ok(Slot::A),
        [1] => Ok(Slot::B),
        _ => Err(Unreadable::Damaged),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec;

    fn full() -> StateRecord {
        let mut record = StateRecord {
            security_version: 1,
            uptime: 0x0203_0405_0607_0809,
            charged: 2700,
            clean: true,
            notice: Some(3),
            deadline: Some(4),
            sequence: 5,
            contact_sequence: 6,
            last: Bytes([7; 16]),
            last_contact: Bytes([8; 16]),
            keys: Slot::B,
            contact: Slot::B,
            reason: Some(Reason::AgreementBreached),
            keys_check: Bytes([9; 16]),
            contact_check: Bytes([10; 16]),
            hotline: Hotline { turn: 12, tried: 13, wait_until: 14 },
            ..StateRecord::new(State::Locked, &Bytes([11; 32]))
        };
        for kind in EventKind::ALL {
            record.remember(kind);
        }
        record
    }

    #[test]
    fn comes_back() {
        let empty = StateRecord::new(State::Unprovisioned, &Bytes([1; 32]));
        for record in [empty, full()] {
            let bytes = record.encode();
            assert_eq!(StateRecord::decode(&bytes), Ok(record));
            for i in 0..STATE_LEN {
                let mut damaged = bytes;
                damaged[i] ^= 1;
                assert!(StateRecord::decode(&damaged).is_err(), "byte {i}");
            }
        }
    }

    #[test]
    fn keeps_the_last_eight_events() {
        let kinds: Vec<EventKind, 8> = full().events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds[..], EventKind::ALL[EventKind::ALL.len() - 8..]);
        assert_eq!(full().events[0].uptime, u32::MAX);
    }

    #[test]
    fn a_build_without_codes_is_told_of_a_newer_format_only_where_it_would_forget() {
        let format = |record: &StateRecord| record.encode()[..2].to_vec();
        let blank = StateRecord { hotline: Hotline::default(), ..full() };
        let mut before = blank.clone();
        before.events.retain(|event| event.kind != EventKind::UnlockedByCode);
        assert_eq!((format(&full()), format(&before)), (vec![2, 0], vec![1, 0]));
        assert_eq!(format(&blank), [2, 0], "it would not know the event");
        for hotline in [
            Hotline { turn: 1, ..Hotline::default() },
            Hotline { tried: 1, ..Hotline::default() },
            Hotline { wait_until: 1, ..Hotline::default() },
        ] {
            let record = StateRecord { hotline, ..before.clone() };
            assert_eq!(format(&record), [2, 0]);
            assert_eq!(StateRecord::decode(&record.encode()), Ok(record));
        }
    }

    #[test]
    fn a_newer_format_is_told_apart() {
        let mut bytes = full().encode();
        bytes[0] = 3;
        assert_eq!(StateRecord::decode(&bytes), Err(Unreadable::Newer));
        bytes[0] = 0;
        assert_eq!(StateRecord::decode(&bytes), Err(Unreadable::Damaged));
    }

    #[test]
    fn an_unset_record_is_damaged() {
        assert_eq!(StateRecord::decode(&[0; STATE_LEN]), Err(Unreadable::Damaged));
        assert_eq!(StateRecord::decode(&[0xff; STATE_LEN]), Err(Unreadable::Newer));
    }
}
