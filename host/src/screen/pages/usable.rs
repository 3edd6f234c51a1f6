//! The phone can be used: for now, for a time, or for good.

use paylatch_proto::api::Notice;

use super::shared;
use crate::screen::catalogue::Catalogue;
use crate::screen::facts::Facts;
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Value};
use crate::screen::state::State;

/// A notice of a lock runs.
pub fn notice(
    notice: Notice,
    state: &State,
    facts: &Facts,
    catalogue: &Catalogue,
    blocks: &mut Vec<Block>,
) {
    let text = |id| catalogue.text(id);
    let span = |seconds| Value::Words(catalogue.span(seconds));
    let now = notice.lock_in == 0;
    let title = if now { "notice-now-title" } else { "notice-title" };
    blocks.push(Block::Title(Icon::Information, text(title)));
    shared::lender("notice-by", facts, catalogue, blocks);
    if now {
        blocks.push(Block::Fact(text("notice-ends"), span(notice.ends_in)));
    } else {
        blocks.push(Block::Fact(text("notice-in"), span(notice.lock_in)));
    }
    if let Some(seconds) = facts.status.enrolment.and_then(|enrolment| enrolment.deadline_in) {
        blocks.push(Block::Fact(text("deadline-in"), span(seconds)));
    }
    blocks.push(Block::Text(text(if now { "notice-now-usable" } else { "notice-usable" })));
    blocks.push(shared::good("notice-data", catalogue));
    shared::note(facts, catalogue, blocks);
    prevent("prevent-title", state, facts, catalogue, blocks);
}

/// It is unlocked until a deadline.
pub fn deadline(
    seconds: u64,
    state: &State,
    facts: &Facts,
    catalogue: &Catalogue,
    blocks: &mut Vec<Block>,
) {
    if state.thanks {
        return thanks(Some(seconds), catalogue, blocks);
    }
    let text = |id| catalogue.text(id);
    blocks.push(Block::Title(Icon::Information, text("deadline-title")));
    blocks.push(Block::Fact(text("deadline-in"), Value::Words(catalogue.span(seconds))));
    blocks.push(Block::Text(text("deadline-usable")));
    shared::note(facts, catalogue, blocks);
    prevent("prevent-lock-title", state, facts, catalogue, blocks);
}

/// How to keep it usable.
fn prevent(
    title: &str,
    state: &State,
    facts: &Facts,
    catalogue: &Catalogue,
    blocks: &mut Vec<Block>,
) {
    blocks.push(Block::Heading(catalogue.text(title)));
    blocks.push(Block::Text(catalogue.text("prevent")));
    shared::call(facts, catalogue, blocks);
    blocks.push(Block::Beside);
    shared::pay(state, facts, catalogue, blocks);
    shared::dispute(catalogue, blocks);
    shared::times(facts, catalogue, blocks);
}

/// It was unlocked; for so many seconds of use, if for a time.
pub fn thanks(until: Option<u64>, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let text = |id| catalogue.text(id);
    blocks.push(Block::Title(Icon::Open, text("thanks-title")));
    blocks.push(Block::Text(text("thanks-unlocked")));
    if let Some(seconds) = until {
        blocks.push(Block::Fact(text("thanks-until"), Value::Words(catalogue.span(seconds))));
        blocks.push(Block::Quiet(text("use-explained")));
    }
}

/// It is the owner's for good.
pub fn released(catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    blocks.push(Block::Title(Icon::Open, catalogue.text("released-title")));
    blocks.push(Block::Text(catalogue.text("released")));
}

/// It is the owner's until it is switched off.
pub fn released_for_now(catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    blocks.push(Block::Title(Icon::Open, catalogue.text("released-for-now-title")));
    blocks.push(Block::Text(catalogue.text("released-for-now")));
}
