//! A code from the hotline.

use crate::screen::catalogue::Catalogue;
use crate::screen::code::{GROUP, Group};
use crate::screen::facts::{Facts, shown};
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Button, Cells, Look, Value};
use crate::screen::palette::Ink;
use crate::screen::state::{Action, State};

/// What to say at the phone, and where to type what is said there.
pub(crate) fn code(state: &State, facts: &Facts, catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    let text = |id| catalogue.text(id);
    let Some(hotline) = facts.takes_codes() else { return };
    blocks.push(Block::Title(Icon::Lock, text("code-title")));
    blocks.push(Block::Quiet(text("code-what")));
    if let Some(contact) = facts.contact() {
        let number = Value::Number(shown(&contact.phone));
        blocks.push(Block::Fact(text("code-call"), number));
    }
    if let Some(number) = facts.device_number() {
        blocks.push(Block::Fact(text("code-number"), Value::Number(number)));
    }
    let challenge = Value::Number(hotline.challenge.to_string());
    blocks.push(Block::Fact(text("code-challenge"), challenge));
    blocks.push(Block::Beside);
    if hotline.wait > 0 {
        let span = Value::Words(catalogue.span(hotline.wait));
        blocks.push(Block::Fact(text("code-wait"), span));
        blocks.push(Block::Quiet(text("use-explained")));
    }
    blocks.push(Block::Text(text("code-type")));
    let typed = &state.typed;
    let groups = [0, 1].map(|group| typed.group(group).to_vec());
    blocks.push(Block::Cells(Cells { groups, count: GROUP, next: typed.next() }));
    let marks = MARKS.map(|(icon, ink, id)| (icon, ink, text(id)));
    blocks.push(Block::OneOf(standing(state), marks.to_vec()));
    blocks.push(Block::Keypad);
    let mut send = Button::new(Action::Send, text("code-send"), Look::Main);
    send.enabled = state.code(facts).is_some();
    blocks.push(Block::Buttons(vec![send]));
}

/// What is said of the digits while they are typed.
const MARKS: [(Icon, Ink, &str); 7] = [
    (Icon::Information, Ink::Body, "code-first-begun"),
    (Icon::Check, Ink::Well, "code-first-well"),
    (Icon::Attention, Ink::Slip, "code-first-slip"),
    (Icon::Information, Ink::Body, "code-second-begun"),
    (Icon::Check, Ink::Well, "code-second-well"),
    (Icon::Attention, Ink::Slip, "code-second-slip"),
    (Icon::Attention, Ink::Slip, "code-wrong"),
];

/// Which of the [marks](MARKS) is true now.
fn standing(state: &State) -> usize {
    let typed = &state.typed;
    match (typed.standing(0), typed.standing(1)) {
        _ if state.wrong => 6,
        (Group::Begun, _) => 0,
        (Group::Mistyped, _) => 2,
        (Group::WellTyped, Group::Begun) if typed.group(1).is_empty() => 1,
        (Group::WellTyped, Group::Begun) => 3,
        (Group::WellTyped, Group::WellTyped) => 4,
        (Group::WellTyped, Group::Mistyped) => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_has_its_words() {
        use crate::screen::language::Language;
        for (digits, wrong, id) in [
            ("", false, "code-first-begun"),
            ("12345", false, "code-first-begun"),
            ("123459", false, "code-first-well"),
            ("123450", false, "code-first-slip"),
            ("1234597", false, "code-second-begun"),
            ("123459789016", false, "code-second-well"),
            ("123459789012", false, "code-second-slip"),
            ("", true, "code-wrong"),
        ] {
            let mut state = State::new(Language::English);
            state.wrong = wrong;
            digits.bytes().for_each(|digit| state.typed.push(digit - b'0'));
            assert_eq!(MARKS[standing(&state)].2, id, "{digits}");
        }
    }
}
