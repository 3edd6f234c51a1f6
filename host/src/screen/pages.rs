//! The pages.

mod code;
mod fault;
mod languages;
mod locked;
mod shared;
mod usable;

pub(super) use self::code::code;
pub(super) use self::languages::languages;
pub(super) use self::shared::{header, said};

use crate::screen::catalogue::Catalogue;
use crate::screen::facts::{Facts, Situation};
use crate::screen::page::Block;
use crate::screen::state::State;

/// The page that a situation begins with.
pub(super) fn main(state: &State, facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    match facts.situation() {
        Situation::Locked(why) => locked::locked(why, state, facts, catalogue, blocks),
        Situation::Notice(notice) => usable::notice(notice, state, facts, catalogue, blocks),
        Situation::Deadline(seconds) => {
            usable::deadline(seconds, state, facts, catalogue, blocks);
        }
        Situation::Unlocked => usable::thanks(None, catalogue, blocks),
        Situation::Released => usable::released(catalogue, blocks),
        Situation::ReleasedForNow => usable::released_for_now(catalogue, blocks),
        Situation::Fault(fault) => fault::fault(fault, facts, catalogue, blocks),
        Situation::Fresh => fault::fresh(facts, catalogue, blocks),
    }
}
