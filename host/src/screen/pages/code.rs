//! A code from the hotline.

use crate::screen::catalogue::Catalogue;
use crate::screen::code::{GROUP, Group};
use crate::screen::facts::{Facts, shown};
use crate::screen::icon::Icon;
use crate::screen::page::{Block, Button, Cells, Look, Value, standing};
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
    let challenge = Value::Number(challenge(hotline.challenge));
    blocks.push(Block::Fact(text("code-challenge"), challenge));
    blocks.push(Block::Beside);
    blocks.push(Block::Text(text("code-type")));
    for (group, label) in ["code-first", "code-second"].into_iter().enumerate() {
        let before = group == 0 || state.typed.standing(0) == Group::WellTyped;
        let standing_now = state.typed.standing(group);
        blocks.push(Block::Cells(Cells {
            label: text(label),
            digits: state.typed.group(group).to_vec(),
            count: GROUP,
            next: before && standing_now == Group::Begun,
        }));
        blocks.extend(standing(standing_now, catalogue));
    }
    if state.wrong {
        blocks.push(Block::Mark(Icon::Attention, Ink::Slip, text("code-wrong")));
    }
    if hotline.wait > 0 {
        let span = Value::Words(catalogue.span(hotline.wait));
        blocks.push(Block::Fact(text("code-wait"), span));
    }
    blocks.push(Block::Keypad);
    let mut send = Button::new(Action::Send, text("code-send"), Look::Main);
    send.enabled = state.code(facts).is_some();
    blocks.push(Block::Buttons(vec![send]));
    if hotline.wait > 0 {
        blocks.push(Block::Quiet(text("use-explained")));
    }
}

/// Nine digits in groups of three.
fn challenge(number: u32) -> String {
    let (high, low) = (number / 1_000_000, number % 1_000_000);
    format!("{high:03} {:03} {:03}", low / 1_000, low % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_in_threes() {
        assert_eq!(challenge(123_456_780), "123 456 780");
        assert_eq!(challenge(5_724), "000 005 724");
    }
}
