//! The screen where there are no fonts: a few English words in built-in glyphs, the
//! numbers, and the emergency button.

use crate::screen::arrange::{Arrangement, Item, Target};
use crate::screen::built_in::{self, HEIGHT, WIDTH};
use crate::screen::facts::{Facts, Situation};
use crate::screen::palette::{Colour, Ink};
use crate::screen::pixmap::Size;
use crate::screen::rect::Rect;
use crate::screen::state::{Action, State};
use paylatch_proto::state::Fault;

/// Characters across the narrower side.
const CHARACTERS: i32 = 26;

/// Arranges what can be said.
pub(super) fn arrange(state: &State, facts: &Facts, size: Size) -> Arrangement {
    let pixel = (size.width().min(size.height()) / (CHARACTERS * (WIDTH + 1))).max(1);
    let line = pixel * (HEIGHT + 4);
    let margin = pixel * WIDTH;
    let mut desk = Desk { pixel, content: Vec::new(), bar: Vec::new(), targets: Vec::new() };
    let mut y = margin;
    for words in said(facts) {
        for words in lines(&words, (size.width() - margin) / (pixel * (WIDTH + 1))) {
            desk.write(&words, margin, y, Ink::Body);
            y += line;
        }
        y += line / 2;
    }
    let width = size.width() - 2 * margin;
    let tall = pixel * (HEIGHT + 10);
    let mut buttons = vec![(Action::Emergency, "SOS", Colour::EMERGENCY, Ink::OnEmergency)];
    if facts.status.state.usable() {
        buttons.push((Action::Continue, "CONTINUE", Colour::ACCENT, Ink::OnAccent));
    } else {
        buttons.push((Action::Off, "OFF", Colour::ACCENT, Ink::OnAccent));
    }
    let mut top = size.height();
    for (action, words, colour, ink) in buttons {
        top -= tall + margin;
        let rect = Rect::new(margin, top, width, tall);
        desk.button(action, words, rect, colour, ink, state.focus == Some(action));
    }
    let view = Rect::new(0, 0, size.width(), (top - margin).max(1));
    // Keys pass the emergency button last, as everywhere.
    desk.targets.reverse();
    Arrangement {
        size,
        scroll: state.scroll.clamp(0, (y - view.height).max(0)),
        unknown: 0,
        view,
        height: y,
        content: desk.content,
        bar: desk.bar,
        targets: desk.targets,
        em: line,
    }
}

fn said(facts: &Facts) -> Vec<String> {
    let mut said = vec![match facts.situation() {
        Situation::Locked(_) => "THIS PHONE IS LOCKED".to_owned(),
        Situation::Notice(_) => "THIS PHONE MAY BE LOCKED".to_owned(),
        Situation::Deadline(_) | Situation::Unlocked => "THIS PHONE IS UNLOCKED".to_owned(),
        Situation::Released | Situation::ReleasedForNow => "THIS PHONE IS YOURS".to_owned(),
        Situation::Fault(fault) => format!("LOCK FAULT F{}", fault.map_or(0, Fault::code)),
        Situation::Fresh => "NOT SET UP".to_owned(),
    }];
    said.push("YOUR DATA ARE SAFE. NOTHING IS ERASED.".to_owned());
    if let Some(contact) = facts.contact() {
        said.push(format!("CALL {}", contact.phone));
    }
    if let Some(number) = facts.device_number() {
        said.push(format!("PHONE NUMBER {number}"));
    }
    said.push("FONTS ARE MISSING".to_owned());
    said
}

/// Lines of at most `most` characters, ended between words where they have some.
fn lines(words: &str, most: i32) -> Vec<String> {
    let most = usize::try_from(most).unwrap_or(1).max(1);
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let room = lines.last().is_some_and(|line| line.len() + 1 + word.len() <= most);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

struct Desk {
    pixel: i32,
    content: Vec<Item>,
    bar: Vec<Item>,
    targets: Vec<Target>,
}

impl Desk {
    fn glyphs(&self, words: &str, x: i32, y: i32, ink: Ink) -> Vec<Item> {
        let pixel = self.pixel;
        let mut items = Vec::new();
        for (place, c) in (0..).zip(words.chars()) {
            let left = x + place * (WIDTH + 1) * pixel;
            for (row, line) in (0..).zip(built_in::rows(c)) {
                for (at, _) in (0..).zip(line.bytes()).filter(|&(_, dot)| dot == b'#') {
                    let rect = Rect::new(left + at * pixel, y + row * pixel, pixel, pixel);
                    items.push(Item::Fill(rect, ink.text()));
                }
            }
        }
        items
    }

    fn write(&mut self, words: &str, x: i32, y: i32, ink: Ink) {
        let glyphs = self.glyphs(words, x, y, ink);
        self.content.extend(glyphs);
    }

    fn button(
        &mut self,
        action: Action,
        words: &str,
        rect: Rect,
        colour: Colour,
        ink: Ink,
        focus: bool,
    ) {
        self.bar.push(Item::Fill(rect, colour));
        let pixel = self.pixel;
        let length = i32::try_from(words.len()).unwrap_or_default();
        let wide = length * (WIDTH + 1) * pixel - pixel;
        let (x, y) = ((rect.width - wide) / 2, (rect.height - HEIGHT * pixel) / 2);
        let glyphs = self.glyphs(words, rect.x + x, rect.y + y, ink);
        self.bar.extend(glyphs);
        if focus {
            self.bar.push(Item::Ring(rect.grow(3 * pixel), 0, 2 * pixel, Colour::INK));
        }
        self.targets.push(Target { action, rect, fixed: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(lines("CALL +1 555 010", 8), ["CALL +1", "555 010"]);
        assert_eq!(lines("UNBREAKABLE", 4), ["UNBREAKABLE"]);
    }
}
