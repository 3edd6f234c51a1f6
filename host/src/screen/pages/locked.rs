//! The phone is locked.

use paylatch_proto::state::Reason;

use super::shared;
use crate::screen::catalogue::Catalogue;
use crate::screen::facts::{Facts, Why};
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Button, Look, Value};
use crate::screen::state::{Action, State};
use crate::words;

pub fn locked(
    why: Why,
    state: &State,
    facts: &Facts,
    catalogue: &Catalogue,
    blocks: &mut Vec<Block>,
) {
    let text = |id| catalogue.text(id);
    blocks.push(Block::Title(Icon::Lock, text("locked-title")));
    shared::lender("locked-by", facts, catalogue, blocks);
    blocks.push(Block::Fact(text("locked-why"), Value::Words(text(reason(why)))));
    if let Some(seconds) = facts.locked_for {
        blocks.push(Block::Fact(text("locked-for"), Value::Words(catalogue.span(seconds))));
    }
    blocks.push(shared::good("data-title", catalogue));
    blocks.push(Block::Text(text("data-safe")));
    shared::note(facts, catalogue, blocks);
    shared::call(facts, catalogue, blocks);
    if facts.takes_codes().is_some() {
        let button = Button::new(Action::EnterCode, text("code-button"), Look::Main);
        blocks.push(Block::Buttons(vec![button]));
    }
    blocks.push(Block::Beside);
    if is_about_money(why, facts) {
        shared::pay(state, facts, catalogue, blocks);
        blocks.push(Block::Text(text("pay-then")));
    }
    works(facts, catalogue, blocks);
    shared::dispute(catalogue, blocks);
    shared::times(facts, catalogue, blocks);
    blocks.push(shared::off(catalogue));
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Reason(Reason::PaymentOverdue) => "reason-payment-overdue",
        Why::Reason(Reason::ReportedLost) => "reason-reported-lost",
        Why::Reason(Reason::ReportedStolen) => "reason-reported-stolen",
        Why::Reason(Reason::AgreementBreached) => "reason-agreement-breached",
        Why::DeadlinePassed => "reason-deadline-passed",
        Why::Unknown => "reason-unknown",
    }
}

/// Whoever has lost a phone is told how to pay only where the lender says so.
fn is_about_money(why: Why, facts: &Facts) -> bool {
    let lost = matches!(why, Why::Reason(Reason::ReportedLost | Reason::ReportedStolen));
    let says = |facts: &Facts| {
        let contact = facts.contact();
        contact.is_some_and(|contact| contact.amount.is_some() || !contact.payment.is_empty())
    };
    facts.contact().is_some() && (!lost || says(facts))
}

/// What still works: emergency calls always do.
pub fn works(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let bits = facts.status.enrolment.map_or(0, |enrolment| enrolment.policy.usable);
    blocks.push(Block::Heading(catalogue.text("works-title")));
    blocks.push(Block::Item(catalogue.text("works-emergency")));
    let works = words::usable_names(bits).into_iter();
    let works = works.map(|name| format!("works-{}", name.replace('_', "-")));
    blocks.extend(works.map(|id| Block::Item(catalogue.text(&id))));
}
