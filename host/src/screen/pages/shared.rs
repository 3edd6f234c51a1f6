//! What several pages have.

use crate::screen::catalogue::Catalogue;
use crate::screen::facts::{Facts, shown};
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Button, Look, Value};
use crate::screen::palette::Ink;
use crate::screen::state::{Action, Place, Said, State};
use crate::words;

/// Language and text size: on top, for whoever can't read the rest. And the way back.
pub(crate) fn header(place: Place, state: &State, catalogue: &Catalogue) -> Block {
    let small = |action, text| Button::new(action, text, Look::Small);
    let size = if state.large { "text-smaller" } else { "text-larger" };
    let size = small(Action::TextSize, catalogue.text(size)).with(Icon::Letters);
    let back = small(Action::Back, catalogue.text("back"));
    let language = small(Action::Languages, catalogue.language().name().to_owned());
    let language = language.with(Icon::Globe);
    Block::Buttons(match place {
        Place::Main => vec![language, size],
        Place::Languages => vec![back, size],
        Place::Code => vec![back, language, size],
    })
}

/// What became of what the owner did.
pub(crate) fn said(said: Said, catalogue: &Catalogue) -> Block {
    let (icon, ink, id) = match said {
        Said::Calling => (Icon::Information, Ink::Body, "said-calling"),
        Said::NotCalled => (Icon::Attention, Ink::Slip, "said-not-called"),
        Said::NotTaken => (Icon::Attention, Ink::Slip, "said-not-taken"),
        Said::NotOff => (Icon::Attention, Ink::Slip, "said-not-off"),
        Said::NotReady => (Icon::Information, Ink::Body, "said-not-ready"),
    };
    Block::Mark((icon, ink, catalogue.text(id)))
}

/// The lender's name, under a label.
pub fn lender(label: &str, facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    if let Some(contact) = facts.contact() {
        blocks.push(Block::Fact(catalogue.text(label), Value::Name(shown(&contact.name))));
    }
}

/// Whom to call, and what to say then.
pub fn call(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    if let Some(contact) = facts.contact() {
        blocks.push(Block::Heading(catalogue.text("call-title")));
        blocks.push(Block::Value(Value::Name(shown(&contact.name))));
        blocks.push(Block::Value(Value::Number(shown(&contact.phone))));
    }
    number(facts, catalogue, blocks);
}

/// The phone's own number, to be read out.
pub fn number(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    if let Some(number) = facts.device_number() {
        blocks.push(Block::Fact(catalogue.text("number-title"), Value::Number(number)));
        blocks.push(Block::Quiet(catalogue.text("number-why")));
    }
}

/// The lender's own words.
pub fn note(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    if let Some(contact) = facts.contact().filter(|contact| !contact.note.trim().is_empty()) {
        let note = Value::Note(shown(&contact.note), contact.language.to_string());
        blocks.push(Block::Fact(catalogue.text("note-title"), note));
    }
}

/// How to pay, and how much, once it is asked for.
pub fn pay(state: &State, facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let text = |id| catalogue.text(id);
    let Some(contact) = facts.contact() else { return };
    blocks.push(Block::Heading(text("pay-title")));
    if let Some(amount) = &contact.amount {
        let (value, button) = if state.amount_shown {
            (Value::Number(words::amount(amount)), "amount-hide")
        } else {
            (Value::Words(text("amount-hidden")), "amount-show")
        };
        blocks.push(Block::Fact(text("amount-title"), value));
        let button = Button::new(Action::Amount, text(button), Look::Plain);
        blocks.push(Block::Buttons(vec![button]));
    }
    if contact.payment.trim().is_empty() {
        blocks.push(Block::Text(text("pay-call")));
    } else {
        let address = shown(&contact.payment);
        blocks.push(Block::Value(Value::Address(address.clone())));
        blocks.push(Block::QrCode(address));
        blocks.push(Block::Quiet(text("pay-scan")));
    }
}

/// What to do when the owner does not agree.
pub fn dispute(catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(catalogue.text("dispute-title")));
    blocks.push(Block::Text(catalogue.text("dispute")));
}

/// When it becomes the owner's by itself; and what time is counted.
pub fn times(facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let sunset = facts.status.enrolment.and_then(|enrolment| enrolment.sunset_in);
    if let Some(seconds) = sunset {
        let span = Value::Words(catalogue.span(seconds));
        blocks.push(Block::Fact(catalogue.text("sunset-in"), span));
    }
    blocks.push(Block::Quiet(catalogue.text("use-explained")));
}

/// Something that is so, and good.
pub fn good(id: &str, catalogue: &Catalogue) -> Block {
    Block::Mark((Icon::Check, Ink::Well, catalogue.text(id)))
}

/// The button that switches the phone off.
pub fn off(catalogue: &Catalogue) -> Block {
    Block::Buttons(vec![Button::new(Action::Off, catalogue.text("off"), Look::Plain)])
}
