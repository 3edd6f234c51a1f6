//! Buttons.

use super::{Column, Desk, Item, Look, QUIET, STRONG, Target};
use crate::screen::page::{Button, Look as Kind};
use crate::screen::palette::{Colour, Ink};
use crate::screen::rect::Rect;
use crate::screen::text::{Direction, Laid, Side, Style, Wrap};

/// The emergency button's sign, which is understood without words.
const SIGN: &str = "SOS";

/// What is written on a button, and how it is set off from the page.
struct Dress {
    ink: Ink,
    /// The colour that it is filled with.
    fill: Option<Colour>,
    /// The colour of its edge.
    edge: Option<Colour>,
}

impl Desk<'_> {
    fn dress(button: &Button) -> Dress {
        let edge = Some(Colour::QUIET);
        match button.look {
            _ if !button.enabled => Dress { ink: Ink::Quiet, fill: None, edge },
            Kind::Main => Dress { ink: Ink::OnAccent, fill: Some(Colour::ACCENT), edge: None },
            Kind::Emergency => {
                Dress { ink: Ink::OnEmergency, fill: Some(Colour::EMERGENCY), edge: None }
            }
            Kind::Plain | Kind::Key => Dress { ink: Ink::OnKey, fill: Some(Colour::KEY), edge },
            Kind::Small => Dress { ink: Ink::Accent, fill: None, edge },
        }
    }

    fn words(&self, button: &Button) -> Style<'static> {
        let look = match button.look {
            Kind::Small => Look { ink: Ink::Accent, ..QUIET },
            Kind::Key => Look { size: 140, ..STRONG },
            _ => STRONG,
        };
        let style = Style { side: Side::Middle, ..self.style(look) };
        match button.language {
            Some(language) => {
                Style { direction: Direction::Own, language: language.tag(), ..style }
            }
            None => style,
        }
    }

    fn padding(&self, button: &Button) -> i32 {
        self.ems(if button.look == Kind::Small { 55 } else { 70 })
    }

    /// The width of what stands before the words, and of the gap to them.
    fn before(&mut self, button: &Button) -> (i32, i32) {
        let gap = self.ems(45);
        match (button.look, button.icon) {
            (Kind::Emergency, _) => (self.sign().width + self.ems(70), gap),
            (_, Some(_)) if button.text.is_empty() => (self.ems(130), 0),
            (_, Some(_)) => (self.ems(105), gap),
            (_, None) => (0, 0),
        }
    }

    fn sign(&mut self) -> Laid {
        let style = Style {
            direction: Direction::Ltr,
            side: Side::Left,
            wrap: Wrap::Never,
            language: "en",
            ..self.style(STRONG)
        };
        self.lay(SIGN, style, self.ems(600))
    }

    /// The width that a button has with its words in one line.
    pub(super) fn natural_width(&mut self, button: &Button) -> i32 {
        let style = self.words(button);
        let (before, gap) = self.before(button);
        let words = self.lay(&button.text, style, self.size.width()).width;
        words + before + gap + 2 * self.padding(button) + 2
    }

    /// The height of a button of this width.
    pub(super) fn button_height(&mut self, button: &Button, width: i32) -> i32 {
        let style = self.words(button);
        let (before, gap) = self.before(button);
        let words = width - 2 * self.padding(button) - before - gap;
        let words =
            if button.text.is_empty() { 0 } else { self.lay(&button.text, style, words).height };
        let least = self.ems(match button.look {
            Kind::Small => 220,
            Kind::Key => return self.ems(245),
            Kind::Main | Kind::Plain => 260,
            Kind::Emergency => 280,
        });
        least.max(words + self.ems(80))
    }

    /// Draws a button, and makes it one; answers its height, at least `least`.
    pub(super) fn button(&mut self, button: &Button, place: Column, least: i32) -> i32 {
        let height = self.button_height(button, place.width).max(least);
        let rect = Rect::new(place.x, place.y, place.width, height);
        let dress = Self::dress(button);
        let radius = self.ems(50);
        if let Some(fill) = dress.fill {
            self.push(Item::Round(rect, radius, fill));
        }
        if let Some(edge) = dress.edge {
            self.push(Item::Ring(rect, radius, self.line(), edge));
        }
        self.label(button, rect, dress.ink);
        if button.enabled {
            let (action, fixed) = (button.action, self.pieces.fixed);
            self.pieces.targets.push(Target { action, rect, fixed });
            if self.focus == Some(action) {
                let (away, thick) = (self.ems(12).max(2), self.ems(18).max(3));
                let ring = rect.grow(away + thick);
                self.push(Item::Ring(ring, radius + away + thick, thick, Colour::INK));
            }
        }
        height
    }

    /// The words in the middle, with what stands before them.
    fn label(&mut self, button: &Button, rect: Rect, ink: Ink) {
        let style = self.words(button);
        let (before, gap) = self.before(button);
        let inner = rect.width - 2 * self.padding(button) - before - gap;
        let laid = match button.text.is_empty() {
            true => Laid::default(),
            false => self.lay(&button.text, style, inner),
        };
        let left = rect.x + (rect.width - before - gap - laid.width) / 2;
        let (icon_x, words_x) = match self.rtl() {
            true => (left + laid.width + gap, left),
            false => (left, left + before + gap),
        };
        // The words stand in the middle of `inner`.
        let words_x = words_x - (inner - laid.width) / 2;
        let words_y = rect.y + (rect.height - laid.height) / 2;
        if button.look == Kind::Emergency {
            let sign = self.sign();
            let tall = self.ems(180);
            let badge = Rect::new(icon_x, rect.y + (rect.height - tall) / 2, before, tall);
            self.push(Item::Round(badge, self.ems(35), Colour::WHITE));
            let x = badge.x + (badge.width - sign.width) / 2;
            let y = badge.y + (badge.height - sign.height) / 2;
            self.push(Item::Text(sign, x, y, Ink::Emergency));
        } else if let Some(icon) = button.icon {
            let square = Rect::new(icon_x, rect.y + (rect.height - before) / 2, before, before);
            self.push(Item::Icon(icon, square, ink.text()));
        }
        self.push(Item::Text(laid, words_x, words_y, ink));
    }
}
