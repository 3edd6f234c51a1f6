//! How a request to the storage can be answered.

use std::fmt;

use paylatch_rig::prove::{at_length, by_length};

/// How a request is answered, as `qemu/rpmb_fault.h` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is done with it.
    pub kind: &'static str,
    /// A result code, or a number of bytes.
    pub argument: u32,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{:x}", self.kind, self.argument)
    }
}

impl Answer {
    /// This result instead of the answer.
    pub const fn code(argument: u32) -> Answer {
        Answer { kind: "code", argument }
    }

    /// This result after the request was served.
    pub const fn late(argument: u32) -> Answer {
        Answer { kind: "late", argument }
    }
}

/// Served as it should be.
pub const HONEST: Answer = Answer { kind: "none", argument: 0 };

/// Served, but the answer does not arrive.
pub const LOST: Answer = Answer { kind: "lose", argument: 0 };

/// What a normal world can answer: the result codes of GlobalPlatform's APIs and
/// of OP-TEE, and some that are none.
pub const CODES: &[(&str, u32)] = &[
    ("GENERIC", 0xffff_0000),
    ("ACCESS_DENIED", 0xffff_0001),
    ("CANCEL", 0xffff_0002),
    ("ACCESS_CONFLICT", 0xffff_0003),
    ("EXCESS_DATA", 0xffff_0004),
    ("BAD_FORMAT", 0xffff_0005),
    ("BAD_PARAMETERS", 0xffff_0006),
    ("BAD_STATE", 0xffff_0007),
    ("ITEM_NOT_FOUND", 0xffff_0008),
    ("NOT_IMPLEMENTED", NOT_IMPLEMENTED),
    ("NOT_SUPPORTED", NOT_SUPPORTED),
    ("NO_DATA", 0xffff_000b),
    ("OUT_OF_MEMORY", 0xffff_000c),
    ("BUSY", 0xffff_000d),
    ("COMMUNICATION", 0xffff_000e),
    ("SECURITY", 0xffff_000f),
    ("SHORT_BUFFER", SHORT_BUFFER),
    ("EXTERNAL_CANCEL", 0xffff_0011),
    ("OVERFLOW", 0xffff_300f),
    ("TARGET_DEAD", 0xffff_3024),
    ("STORAGE_NO_SPACE", 0xffff_3041),
    ("MAC_INVALID", 0xffff_3071),
    ("SIGNATURE_INVALID", 0xffff_3072),
    ("TIME_NOT_SET", 0xffff_5000),
    ("TIME_NEEDS_RESET", 0xffff_5001),
    ("CORRUPT_OBJECT", 0xf010_0001),
    ("CORRUPT_OBJECT_2", 0xf010_0002),
    ("STORAGE_NOT_AVAILABLE", 0xf010_0003),
    ("STORAGE_NOT_AVAILABLE_2", 0xf010_0004),
    ("an unknown code", 0x1234_5678),
    ("1", 1),
    ("all ones", u32::MAX),
];
/// To the first probe, these two make OP-TEE look for a tee-supplicant.
pub const NOT_IMPLEMENTED: u32 = 0xffff_0009;
/// As [`NOT_IMPLEMENTED`].
pub const NOT_SUPPORTED: u32 = 0xffff_000a;
/// To the second probe, this one makes OP-TEE probe again.
pub const SHORT_BUFFER: u32 = 0xffff_0010;

/// Those that OP-TEE's core, its library for applications, or the lock treat in a
/// way of their own.
pub const TELLING: &[u32] =
    &[0xffff_0000, 0xffff_0008, SHORT_BUFFER, 0xffff_000e, 0xffff_3041, 0xf010_0001, 0xf010_0003];

/// Lies that are no result code: a bit flipped in each field of a frame that its
/// MAC covers, and in the MAC; answers that are dropped, lost, cut short, or older.
pub const LIES: &[Answer] = &[
    flip(196), // the MAC
    flip(228), // data
    flip(484), // the nonce
    flip(503), // the write counter
    flip(505), // the address
    flip(507), // how many blocks
    flip(509), // the result
    flip(511), // the kind of answer
    Answer { kind: "drop", argument: 0 },
    LOST,
    Answer { kind: "short", argument: 0 },
    Answer { kind: "short", argument: 300 },
    Answer { kind: "replay", argument: 0 },
];

const fn flip(argument: u32) -> Answer {
    Answer { kind: "flip", argument }
}

/// Each code instead of an answer.
pub fn codes() -> impl Iterator<Item = Answer> {
    CODES.iter().map(|&(_, code)| Answer::code(code))
}

/// What the request at this position is answered with: every lie, and every
/// telling code with and without the request being served. Of the other codes one
/// at each position, all in turn; all of them at length.
pub fn answers(position: u32) -> Vec<Answer> {
    let others: Vec<Answer> = codes().filter(|a| !TELLING.contains(&a.argument)).collect();
    let turn = position as usize % others.len();
    let others = if at_length() { &others[..] } else { &others[turn..=turn] };
    let telling = TELLING.iter().map(|&code| Answer::code(code));
    let late = TELLING.iter().map(|&code| Answer::late(code));
    telling.chain(late).chain(others.iter().copied()).chain(LIES.iter().copied()).collect()
}

/// Fewer of them, where each costs more: every lie, and three codes that sound
/// like a verdict; all answers at length.
pub fn lies(position: u32) -> Vec<Answer> {
    if at_length() {
        return answers(position);
    }
    let codes = [0xffff_0000, 0xffff_0008, 0xf010_0001].map(Answer::code);
    codes.into_iter().chain(LIES.iter().copied()).collect()
}

/// Fewer still: of [`lies`] each third, all of them in three turns.
pub fn some_lies(turn: u32) -> Vec<Answer> {
    let each = by_length(3, 1);
    lies(turn).into_iter().skip(turn as usize % each).step_by(each).collect()
}
