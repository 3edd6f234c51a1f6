//! DESIGN.md's table of messages by states, as data.

use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;

/// In what a phone is when a message comes: a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Fresh from the factory.
    Unprovisioned,
    /// Enrolled and usable, with neither notice nor deadline.
    Unlocked,
    /// Locked by its lender.
    Locked,
    /// Released by its lender.
    Released,
    /// At fault: the storage is silent, so the enrolment can't be read.
    Silent,
    /// At fault: the state can't be read, the enrolment can.
    Readable,
    /// Sealed: as released.
    Sealed,
}

impl Given {
    /// All columns, in the order of [`TABLE`]'s; the last stands for its fourth.
    pub const ALL: [Given; 7] = [
        Given::Unprovisioned,
        Given::Unlocked,
        Given::Locked,
        Given::Released,
        Given::Silent,
        Given::Readable,
        Given::Sealed,
    ];

    /// Its column of [`TABLE`].
    pub fn column(self) -> usize {
        match self {
            Given::Sealed => Given::Released as usize,
            given => given as usize,
        }
    }

    /// Whether it is a fault.
    pub fn at_fault(self) -> bool {
        matches!(self, Given::Silent | Given::Readable)
    }
}

/// What is handed in: a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The phone's own voucher: the one it was or will be enrolled with.
    Voucher,
    /// Another voucher for this phone.
    AnotherVoucher,
    /// A seal for this phone.
    Seal,
    /// The lender's notice.
    Notice,
    /// The lender's lock, without a notice.
    Lock,
    /// The lender's unlock.
    Unlock,
    /// The lender's unlock for a time.
    UnlockFor,
    /// The lender's release.
    Release,
    /// The escrow's release.
    EscrowRelease,
    /// The lender's release, with the voucher and the rekeys that prove its key.
    Recover,
    /// The escrow's release, with the voucher.
    EscrowRecover,
    /// The sale of the loan.
    Rekey,
    /// Another contact record.
    Contact,
}

/// What becomes of it: a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It takes effect; the phone is this then.
    Becomes(State),
    /// Already applied: the phone stays what it is.
    Already,
    /// Refused, and nothing changed.
    No(Refusal),
    /// Released for this power-on: there is no storage to keep it in.
    UntilPowerOff,
    /// Released, and stored as soon as the storage takes it.
    LetGo,
    /// Released; whether it is stored depends on what was wrong.
    LetGoForNow,
    /// Elsewhere in the table.
    Elsewhere,
}

use Cell::{Already, Becomes, Elsewhere, LetGo, LetGoForNow, No, UntilPowerOff};
use Message::{
    AnotherVoucher, Contact, EscrowRecover, EscrowRelease, Lock, Notice, Recover, Rekey, Release,
    Seal, Unlock, UnlockFor, Voucher,
};

const UNLOCKED: Cell = Becomes(State::Unlocked);
const LOCKED: Cell = Becomes(State::Locked);
const RELEASED: Cell = Becomes(State::Released);
/// Not enrolled.
const NONE: Cell = No(Refusal::NotEnrolled);
/// Already enrolled.
const TAKEN: Cell = No(Refusal::AlreadyEnrolled);
/// Released.
const FINAL: Cell = No(Refusal::Released);
const FAULT: Cell = No(Refusal::Fault);
const NO_NOTICE: Cell = No(Refusal::NoNotice);

/// The table. A lock inside a notice's window, a notice while one runs, and
/// what a time to unlock for may be, are in `super::time`.
#[rustfmt::skip]
pub const TABLE: [(Message, [Cell; 6]); 13] = [
    //               Unprovisioned  Unlocked   Locked     Released  Fault:          Fault:
    //                                                              nothing read    enrolment read
    (Voucher,        [UNLOCKED,     Already,   Already,   FINAL,    FAULT,          FAULT]),
    (AnotherVoucher, [Elsewhere,    TAKEN,     TAKEN,     FINAL,    FAULT,          FAULT]),
    (Seal,           [RELEASED,     TAKEN,     TAKEN,     Already,  UntilPowerOff,  LetGoForNow]),
    (Notice,         [NONE,         UNLOCKED,  Already,   FINAL,    FAULT,          FAULT]),
    (Lock,           [NONE,         NO_NOTICE, Already,   FINAL,    FAULT,          FAULT]),
    (Unlock,         [NONE,         UNLOCKED,  UNLOCKED,  FINAL,    FAULT,          FAULT]),
    (UnlockFor,      [NONE,         UNLOCKED,  UNLOCKED,  FINAL,    FAULT,          FAULT]),
    (Release,        [NONE,         RELEASED,  RELEASED,  Already,  FAULT,          LetGo]),
    (EscrowRelease,  [NONE,         RELEASED,  RELEASED,  Already,  FAULT,          LetGo]),
    (Recover,        [NONE,         Elsewhere, Elsewhere, Already,  UntilPowerOff,  LetGo]),
    (EscrowRecover,  [NONE,         Elsewhere, Elsewhere, Already,  UntilPowerOff,  Elsewhere]),
    (Rekey,          [NONE,         UNLOCKED,  LOCKED,    FINAL,    FAULT,          FAULT]),
    (Contact,        [NONE,         UNLOCKED,  LOCKED,    FINAL,    FAULT,          FAULT]),
];
