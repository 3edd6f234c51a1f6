//! The phone is locked.

use paylatch_proto::state::{Reason, usable};

use super::shared;
use crate::screen::catalogue::Catalogue;
use crate::screen::facts::{Facts, Why};
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Button, Look, Value};
use crate::screen::state::{Action, State};

/// What works besides emergency calls, which always do.
const WORKS: [(u16, &str); 6] = [
    (usable::INCOMING_CALLS, "works-incoming-calls"),
    (usable::OUTGOING_CALLS, "works-outgoing-calls"),
    (usable::MESSAGES, "works-messages"),
    (usable::LENDER_APP, "works-lender-app"),
    (usable::CLOCK, "works-clock"),
    (usable::HEALTH, "works-health"),
];

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

/// What still works.
pub fn works(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let bits = facts.status.enrolment.map_or(0, |enrolment| enrolment.policy.usable);
    blocks.push(Block::Heading(catalogue.text("works-title")));
    blocks.push(Block::Item(catalogue.text("works-emergency")));
    let works = WORKS.iter().filter(|(bit, _)| bits & bit != 0);
    blocks.extend(works.map(|(_, id)| Block::Item(catalogue.text(id))));
}
