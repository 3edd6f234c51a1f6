//! What happens to a phone.

use paylatch_proto::state::Fault;

use super::message::Message;
use crate::bench::medium::Trouble;
use crate::codes::Typed;

/// Something that happens to a phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A message is handed in.
    Hand(Message),
    /// Its voucher is handed in.
    Enrol,
    /// Another voucher for this phone is handed in, once it has one.
    EnrolAgain,
    /// A seal is handed in.
    Seal,
    /// A release is handed in with the voucher and, or not, the sales so far.
    Recover(Message, bool),
    /// A hotline code is typed.
    Code(Typed),
    /// Somebody asks for the state.
    Ask,
    /// The OS says that time passes.
    Tick,
    /// The OS announces a clean shutdown.
    Shutdown,
    /// Time passes, in seconds of use.
    Pass(u64),
    /// Power is cut and comes back; from then on the storage is honest.
    Cut,
    /// Power is cut after so many writes of a step, and comes back.
    CutIn(Box<Step>, u32),
    /// The storage fails, from now on.
    Fail(Trouble),
    /// The storage is honest again.
    Honest,
    /// Records of an enrolled phone are spoilt while it is off.
    Spoil(Spoilt),
}

/// Which records are spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// The state is damaged.
    State,
    /// The state is gone.
    NoState,
    /// All keys are damaged.
    Keys,
    /// State and keys are damaged.
    All,
}

impl Spoilt {
    /// What the phone then says, and whether keys can be read.
    pub fn fault(self) -> (Fault, bool) {
        match self {
            Spoilt::State => (Fault::StateCorrupt, true),
            Spoilt::NoState => (Fault::StateMissing, true),
            Spoilt::Keys => (Fault::KeysCorrupt, false),
            Spoilt::All => (Fault::StateCorrupt, false),
        }
    }
}
