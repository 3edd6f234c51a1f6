//! Messages as the model sees them, and the bytes that they are.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use paylatch_proto::bytes::Signature;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::sign;
use paylatch_proto::state::Reason;

use crate::bench::{self, ESCROW, Enrolment, LENDER, OTHER_PHONE, PHONE, STRANGER, TestKey};
use crate::messages;

/// What a message orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A notice.
    Notice,
    /// A lock.
    Lock(Reason),
    /// An unlock.
    Unlock,
    /// An unlock for so many seconds of use.
    UnlockFor(u32),
    /// A release.
    Release,
    /// A sale to this key.
    Rekey {
        /// The new lender.
        to: TestKey,
        /// Whether the proof is the new lender's.
        proven: bool,
    },
    /// One of many contact records.
    Contact(u32),
}

/// What is true of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// By the signer that the message names.
    Well,
    /// The same, with n - s in the place of s.
    Rewritten,
    /// By another key.
    ByAStranger,
    /// By its signer, for another enrolment of this phone.
    ForAnotherEnrolment,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it orders.
    pub order: Order,
    /// Its number; a release has none.
    pub sequence: u64,
    /// Whom it names as its signer.
    pub signer: TestKey,
    /// Its date, by which two messages of one number may differ.
    pub issued_at: u32,
    /// Whether it is for another phone.
    pub elsewhere: bool,
    /// What is true of its signature.
    pub made: Made,
}

/// By the part that mostly differs.
impl Hash for Message {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.sequence, self.issued_at, self.signer).hash(hasher);
    }
}

impl Message {
    /// By the first lender, as it should be.
    pub fn new(order: Order, sequence: u64) -> Message {
        let made = Made::Well;
        Message { order, sequence, signer: LENDER, issued_at: 0, elsewhere: false, made }
    }

    /// The escrow's release.
    pub fn escrow_release() -> Message {
        Message { signer: ESCROW, ..Message::new(Order::Release, 0) }
    }

    /// Whether its signature is that of whom it names, for this enrolment.
    pub fn is_genuine(&self) -> bool {
        matches!(self.made, Made::Well | Made::Rewritten)
    }

    /// Whether its number is one of the contact messages'.
    pub fn is_contact(&self) -> bool {
        matches!(self.order, Order::Contact(_))
    }

    /// Whether its body is that of the other, byte for byte.
    pub fn is_same(&self, other: &Message) -> bool {
        // A sale's body holds a proof, which covers the enrolment.
        let proof = |message: &Message| {
            matches!(message.order, Order::Rekey { .. })
                && message.made == Made::ForAnotherEnrolment
        };
        let body = |message: &Message| Message { made: Made::Well, ..*message };
        body(self) == body(other) && proof(self) == proof(other)
    }

    /// `body ‖ signature`, for a phone that `enrolment` is or will be that of.
    pub fn bytes(&self, enrolment: &Enrolment) -> Vec<u8> {
        let mine;
        let enrolment = if self.elsewhere {
            mine = Enrolment::new(&OTHER_PHONE, true, None);
            &mine
        } else if self.made == Made::ForAnotherEnrolment {
            mine = Enrolment::new(&PHONE, true, Some(4_711));
            &mine
        } else {
            enrolment
        };
        let sequence = self.sequence;
        let command = match self.order {
            Order::Notice => Command::Notice { sequence },
            Order::Lock(reason) => Command::Lock { sequence, reason },
            Order::Unlock => Command::Unlock { sequence },
            Order::UnlockFor(seconds) => Command::UnlockFor { sequence, seconds },
            Order::Release => Command::Release,
            Order::Contact(number) => {
                Command::Contact { sequence, contact: bench::contact(number) }
            }
            Order::Rekey { to, .. } => bench::sale_to(to, sequence),
        };
        let prover = match self.order {
            Order::Rekey { to, proven: true } => Some(to),
            Order::Rekey { .. } => Some(STRANGER),
            _ => None,
        };
        let body = enrolment.body(self.signer, prover, self.issued_at, command);
        let domain = match self.order {
            Order::Release if self.signer == ESCROW => sign::ESCROW,
            _ => sign::LENDER,
        };
        let hand = if self.made == Made::ByAStranger { STRANGER } else { self.signer };
        let mut bytes = enrolment.signed(hand, domain, &body);
        if self.made == Made::Rewritten {
            rewrite(&mut bytes);
        }
        bytes
    }
}

/// Puts the other valid signature in the place of a message's.
pub fn rewrite(message: &mut [u8]) {
    if let Some(signature) = message.last_chunk_mut::<{ limits::SIGNATURE }>() {
        let Signature { 0: other } = messages::rewritten(&(*signature).into());
        *signature = other;
    }
}

/// What messages are, in bytes.
pub struct Texts {
    enrolment: Enrolment,
    made: RefCell<HashMap<Message, Rc<[u8]>>>,
}

impl Texts {
    /// For a phone of this enrolment.
    pub fn new(enrolment: Enrolment) -> Rc<Texts> {
        Rc::new(Texts { enrolment, made: RefCell::default() })
    }

    /// `body ‖ signature`.
    pub fn of(&self, message: &Message) -> Rc<[u8]> {
        let mut made = self.made.borrow_mut();
        let text = made.entry(*message).or_insert_with(|| message.bytes(&self.enrolment).into());
        Rc::clone(text)
    }
}
