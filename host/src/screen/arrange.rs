//! Where the parts of a page stand on a display.
//!
//! All is measured in ems, the height of the text; an em follows the display's
//! narrower side, so that a phone shows about 22 of them beside each other, three
//! millimetres each. What does not fit is scrolled; the bar with the emergency button
//! is not.

mod button;
mod keypad;
mod qr;

use crate::screen::catalogue::Catalogue;
use crate::screen::facts::Facts;
use crate::screen::fonts::Fonts;
use crate::screen::icon::Icon;
use crate::screen::language::Language;
use crate::screen::page::{Block, Button, Cells, Mark, Page, Value, page};
use crate::screen::palette::{Colour, Ink};
use crate::screen::pixmap::Size;
use crate::screen::rect::Rect;
use crate::screen::state::{Action, State};
use crate::screen::text::{Direction, Laid, Setter, Side, Style, Wrap};

/// Ems across the narrower side.
const EMS: i32 = 22;
/// The least em, in pixels: below, letters are not legible.
const LEAST_EM: i32 = 14;
/// Columns beside each other have at least so many ems each.
const COLUMN: i32 = 16;
/// Where a language has no font; in English, which is what there is then.
const NO_FONT: &str = "The letters of the chosen language are missing on this phone.";

/// Something to press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it does.
    pub action: Action,
    /// Where it is: on the display if `fixed`, else on the page.
    pub rect: Rect,
    /// Whether it stays in sight.
    pub fixed: bool,
}

/// Something to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A rectangle.
    Fill(Rect, Colour),
    /// One with round corners of this radius.
    Round(Rect, i32, Colour),
    /// The outline of such a one, so thick.
    Ring(Rect, i32, i32, Colour),
    /// A text, from its upper left corner.
    Text(Laid, i32, i32, Ink),
    /// A picture in a square.
    Icon(Icon, Rect, Colour),
}

/// A page on a display. Two that are equal look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// The display's size.
    pub size: Size,
    /// How far the page is pushed up, in pixels.
    pub scroll: i32,
    /// Characters that no font has.
    pub unknown: usize,
    /// Where the page is seen.
    pub(super) view: Rect,
    /// Its height, all of it.
    pub(super) height: i32,
    /// What is on it, from its upper left corner.
    pub(super) content: Vec<Item>,
    /// What stays in sight, from the display's upper left corner.
    pub(super) bar: Vec<Item>,
    pub(super) targets: Vec<Target>,
    pub(super) em: i32,
}

impl Arrangement {
    /// All that can be pressed, in the order in which keys pass it.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// What keys pass: the arrows are for fingers, as keys scroll by themselves.
    pub fn focusable(&self) -> impl Iterator<Item = &Target> {
        let arrow = |target: &&Target| matches!(target.action, Action::Up | Action::Down);
        self.targets.iter().filter(move |target| !arrow(target))
    }

    /// Where an action is.
    pub fn target(&self, action: Action) -> Option<&Target> {
        self.targets.iter().find(|target| target.action == action)
    }

    /// What is at a point of the display.
    pub fn target_at(&self, x: i32, y: i32) -> Option<&Target> {
        let seen = self.view.contains(x, y);
        let on_page = y - self.view.y + self.scroll;
        let hit = |target: &&Target| match target.fixed {
            true => target.rect.contains(x, y),
            false => seen && target.rect.contains(x, on_page),
        };
        self.targets.iter().find(hit)
    }

    /// Where a target is on the display, as far as it is in sight.
    pub fn in_sight(&self, target: &Target) -> Rect {
        match target.fixed {
            true => target.rect.intersect(self.size.rect()),
            false => target.rect.down(self.view.y - self.scroll).intersect(self.view),
        }
    }

    /// How far the page can be pushed up.
    pub fn end(&self) -> i32 {
        (self.height - self.view.height).max(0)
    }

    /// So far, or as far as it can be.
    pub fn scrolled(&self, to: i32) -> i32 {
        to.clamp(0, self.end())
    }

    /// How far an arrow pushes the page.
    pub fn page_step(&self) -> i32 {
        (self.view.height * 3 / 4).max(1)
    }

    /// How far the page has to be pushed up or down for all of a rectangle to be seen.
    pub fn scroll_to(&self, rect: Rect) -> i32 {
        let (top, bottom) = (rect.y - self.em, rect.bottom() + self.em);
        let lowest = bottom - self.view.height;
        self.scrolled(self.scroll.max(lowest).min(top))
    }
}

/// The pixels of an em.
fn em(size: Size, large: bool) -> i32 {
    let em = (size.width().min(size.height()) / EMS).max(LEAST_EM);
    if large { em * 7 / 5 } else { em }
}

/// Arranges the page of a state.
pub(super) fn arrange(
    fonts: &mut Fonts,
    setter: &mut Setter,
    catalogue: &Catalogue,
    state: &State,
    facts: &Facts,
    size: Size,
) -> Arrangement {
    let mut page = page(state, facts, catalogue);
    if catalogue.language() != state.language {
        page.blocks.push(Block::Mark((Icon::Attention, Ink::Body, NO_FONT.to_owned())));
    }
    let language = catalogue.language();
    let focus = state.focus;
    let em = em(size, state.large);
    let mut desk = Desk { fonts, setter, language, em, focus, size, pieces: Pieces::default() };
    let height = desk.content(&page);
    let content = std::mem::take(&mut desk.pieces);
    let (view, scroll) = desk.bar(&page, height, state.scroll);
    let bar = desk.pieces;
    Arrangement {
        size,
        scroll,
        unknown: content.unknown + bar.unknown,
        view,
        height,
        content: content.items,
        bar: bar.items,
        targets: [content.targets, bar.targets].concat(),
        em,
    }
}

/// What was arranged.
#[derive(Default)]
struct Pieces {
    items: Vec<Item>,
    targets: Vec<Target>,
    unknown: usize,
    /// Whether targets stay in sight.
    fixed: bool,
}

/// Where blocks go: a column, filled from above.
#[derive(Clone, Copy)]
struct Column {
    x: i32,
    y: i32,
    width: i32,
}

/// What a text looks like.
#[derive(Clone, Copy)]
struct Look {
    /// Hundredths of an em.
    size: i32,
    bold: bool,
    ink: Ink,
}

const BODY: Look = Look { size: 100, bold: false, ink: Ink::Body };
const STRONG: Look = Look { bold: true, ..BODY };
const QUIET: Look = Look { size: 85, ink: Ink::Quiet, ..BODY };
const HEADING: Look = Look { size: 115, ..STRONG };
const TITLE: Look = Look { size: 155, ..STRONG };
const NUMBER: Look = Look { size: 140, ..STRONG };

/// Arranges.
struct Desk<'a> {
    fonts: &'a mut Fonts,
    setter: &'a mut Setter,
    language: Language,
    em: i32,
    focus: Option<Action>,
    size: Size,
    pieces: Pieces,
}

impl Desk<'_> {
    /// Hundredths of an em, in pixels.
    fn ems(&self, hundredths: i32) -> i32 {
        self.em * hundredths / 100
    }

    fn rtl(&self) -> bool {
        self.language.is_rtl()
    }

    fn direction(&self) -> Direction {
        if self.rtl() { Direction::Rtl } else { Direction::Ltr }
    }

    /// Where lines begin.
    fn start(&self) -> Side {
        if self.rtl() { Side::Right } else { Side::Left }
    }

    /// The left edge of what is `width` wide and stands at the start of a column.
    fn at_start(&self, column: Column, width: i32) -> i32 {
        if self.rtl() { column.x + column.width - width } else { column.x }
    }

    fn push(&mut self, item: Item) {
        self.pieces.items.push(item);
    }

    fn style(&self, look: Look) -> Style<'static> {
        // Long words in large letters are made smaller rather than broken.
        let wrap = if look.bold { Wrap::Whole } else { Wrap::Words };
        Style {
            size: self.ems(look.size),
            bold: look.bold,
            direction: self.direction(),
            side: self.start(),
            wrap,
            language: self.language.tag(),
        }
    }

    fn lay(&mut self, text: &str, style: Style, width: i32) -> Laid {
        let laid = self.setter.set(self.fonts, text, style, width);
        self.pieces.unknown += laid.unknown;
        laid
    }

    /// Sets a text at the column's end, and moves that.
    fn write(&mut self, column: &mut Column, text: &str, style: Style, ink: Ink) {
        let laid = self.lay(text, style, column.width);
        let height = laid.height;
        self.push(Item::Text(laid, column.x, column.y, ink));
        column.y += height;
    }

    /// Arranges what is scrolled; answers its height.
    fn content(&mut self, page: &Page) -> i32 {
        let margin = self.ems(75);
        let (width, gap) = (self.size.width(), 2 * margin);
        let beside = page.blocks.iter().position(|block| *block == Block::Beside);
        let half = (width - 2 * margin - gap) / 2;
        let wide = width > self.size.height() && half >= COLUMN * self.em;
        let whole = Column { x: margin, y: margin, width: width - 2 * margin };
        let (Some(beside), true) = (beside, wide) else {
            return self.column(&page.blocks, whole) + margin;
        };
        let (left, right) = (margin, margin + half + gap);
        let (first, second) = if self.rtl() { (right, left) } else { (left, right) };
        let (one, other) = page.blocks.split_at(beside);
        let one = self.column(one, Column { x: first, width: half, ..whole });
        let other = self.column(other, Column { x: second, width: half, ..whole });
        one.max(other) + margin
    }

    /// Arranges blocks below each other; answers where they end.
    fn column(&mut self, blocks: &[Block], mut column: Column) -> i32 {
        let mut first = true;
        for block in blocks {
            if *block == Block::Beside {
                continue;
            }
            if !first {
                column.y += self.ems(match block {
                    Block::Heading(_) => 90,
                    Block::Item(_) => 25,
                    Block::Buttons(_) | Block::QrCode(_) | Block::Keypad => 70,
                    _ => 45,
                });
            }
            self.block(block, &mut column, first);
            first = false;
        }
        column.y
    }

    fn block(&mut self, block: &Block, column: &mut Column, first: bool) {
        match block {
            Block::Title(icon, text) => self.marked(column, *icon, Ink::Accent, text, TITLE),
            Block::Heading(text) => {
                if !first {
                    let rule = Rect::new(column.x, column.y, column.width, self.line());
                    self.push(Item::Fill(rule, Colour::KEY));
                    column.y += self.ems(60);
                }
                self.write(column, text, self.style(HEADING), HEADING.ink);
            }
            Block::Text(text) => self.write(column, text, self.style(BODY), BODY.ink),
            Block::Quiet(text) => self.write(column, text, self.style(QUIET), QUIET.ink),
            Block::Mark(mark) => self.mark(column, mark),
            Block::OneOf(chosen, marks) => self.one_of(column, *chosen, marks),
            Block::Item(text) => self.marked(column, Icon::Check, Ink::Well, text, BODY),
            Block::Fact(label, value) => {
                self.write(column, label, self.style(QUIET), QUIET.ink);
                self.value(column, value);
            }
            Block::Value(value) => self.value(column, value),
            Block::Buttons(buttons) => self.buttons(column, buttons),
            Block::QrCode(text) => self.qr_code(column, text),
            Block::Cells(cells) => self.cells(column, cells),
            Block::Keypad => self.keypad(column),
            Block::Beside => {}
        }
    }

    /// The thickness of a line.
    fn line(&self) -> i32 {
        self.ems(7).max(1)
    }

    fn mark(&mut self, column: &mut Column, (icon, ink, text): &Mark) {
        self.marked(column, *icon, *ink, text, Look { ink: *ink, ..STRONG });
    }

    /// One of several marks, with the room of the tallest.
    fn one_of(&mut self, column: &mut Column, chosen: usize, marks: &[Mark]) {
        let top = column.y;
        let mut bottom = top;
        for (i, mark) in marks.iter().enumerate() {
            let count = self.pieces.items.len();
            column.y = top;
            self.mark(column, mark);
            bottom = bottom.max(column.y);
            if i != chosen {
                self.pieces.items.truncate(count);
            }
        }
        column.y = bottom;
    }

    /// Words behind a picture.
    fn marked(&mut self, column: &mut Column, icon: Icon, ink: Ink, text: &str, look: Look) {
        let side = self.ems(look.size);
        let gap = self.ems(45);
        let words = column.width - side - gap;
        let laid = self.lay(text, self.style(look), words);
        let line = laid.height / i32::try_from(laid.lines.len().max(1)).unwrap_or(1);
        let icon_x = self.at_start(*column, side);
        let square = Rect::new(icon_x, column.y + (line - side) / 2, side, side);
        self.push(Item::Icon(icon, square, ink.text()));
        let x = if self.rtl() { column.x } else { column.x + side + gap };
        let height = laid.height.max(side);
        self.push(Item::Text(laid, x, column.y, look.ink));
        column.y += height;
    }

    fn value(&mut self, column: &mut Column, value: &Value) {
        let style = self.style(STRONG);
        match value {
            Value::Words(text) => self.write(column, text, style, STRONG.ink),
            Value::Name(text) => {
                let style = Style { direction: Direction::Own, ..style };
                self.write(column, text, style, STRONG.ink);
            }
            Value::Note(text, language) => {
                let style = self.style(BODY);
                let style = Style { direction: Direction::Own, language, ..style };
                self.write(column, text, style, BODY.ink);
            }
            Value::Number(text) => {
                let style = self.style(NUMBER);
                let style =
                    Style { direction: Direction::Ltr, wrap: Wrap::Never, language: "en", ..style };
                self.write(column, text, style, NUMBER.ink);
            }
            Value::Address(text) => {
                let wrap = Wrap::Words;
                let style = Style { direction: Direction::Ltr, wrap, language: "en", ..style };
                self.write(column, text, style, STRONG.ink);
            }
        }
    }

    fn buttons(&mut self, column: &mut Column, buttons: &[Button]) {
        let fonts = &*self.fonts;
        let can_write =
            |b: &&Button| b.language.is_none_or(|language| fonts.can_write_in(language));
        let buttons: Vec<&Button> = buttons.iter().filter(can_write).collect();
        let gap = self.ems(60);
        let mut row = 0;
        let mut used = 0;
        for (i, button) in buttons.iter().enumerate() {
            let small = button.look == crate::screen::page::Look::Small;
            let width = match small {
                true => self.natural_width(button).min(column.width),
                false => column.width,
            };
            if i > 0 && (!small || used + gap + width > column.width) {
                column.y += row + gap;
                (row, used) = (0, 0);
            }
            let skip = if used > 0 { used + gap } else { 0 };
            let x = match self.rtl() {
                true => column.x + column.width - skip - width,
                false => column.x + skip,
            };
            row = row.max(self.button(button, Column { x, y: column.y, width }, 0));
            used = skip + width;
        }
        column.y += row;
    }

    /// Arranges what stays in sight; answers where the page is seen, and how far it is
    /// pushed up.
    fn bar(&mut self, page: &Page, height: i32, scroll: i32) -> (Rect, i32) {
        self.pieces.fixed = true;
        let (width, bottom) = (self.size.width(), self.size.height());
        let (pad, gap, margin) = (self.ems(50), self.ems(60), self.ems(75));
        let inner = width - 2 * margin;
        let count = i32::try_from(page.bar.len()).unwrap_or(1).max(1);
        let alone = count == 1 && width > bottom;
        let side_by_side = inner >= self.em * if alone { 20 } else { 28 };
        // Measured first, as the bar grows upwards.
        let measure = |desk: &mut Self, room: i32| {
            let heights = |desk: &mut Self, width: i32| -> Vec<i32> {
                page.bar.iter().map(|button| desk.button_height(button, width)).collect()
            };
            if side_by_side {
                let part = (room - (count - 1) * gap) / count;
                (part, heights(desk, part).into_iter().max().unwrap_or(0))
            } else {
                (room, heights(desk, room).into_iter().sum::<i32>() + (count - 1) * gap)
            }
        };
        let (mut part, mut tall) = measure(self, inner);
        let overflows = height > bottom - tall - 2 * pad;
        let arrows = self.ems(640);
        if overflows && side_by_side {
            (part, tall) = measure(self, inner - arrows - gap);
        }
        let top = bottom - tall - 2 * pad;
        let strip = if overflows && !side_by_side { self.ems(150) } else { 0 };
        let view = Rect::new(0, 0, width, (top - strip).max(1));
        let end = (height - view.height).max(0);
        let scroll = scroll.clamp(0, end);
        let line = self.line();
        self.push(Item::Fill(Rect::new(0, view.bottom(), width, line), Colour::QUIET));
        if overflows {
            let place = match (side_by_side, self.rtl()) {
                (false, _) => Rect::new(0, view.bottom(), width, strip),
                (true, true) => Rect::new(margin, top + pad, arrows, tall),
                (true, false) => Rect::new(margin + inner - arrows, top + pad, arrows, tall),
            };
            self.arrows(place, scroll > 0, scroll < end);
            self.scroll_bar(view, height, scroll);
        }
        let mut y = top + pad;
        let mut x = if self.rtl() { margin + inner - part } else { margin };
        for button in &page.bar {
            let least = if side_by_side { tall } else { 0 };
            let used = self.button(button, Column { x, y, width: part }, least);
            match (side_by_side, self.rtl()) {
                (true, true) => x -= part + gap,
                (true, false) => x += part + gap,
                (false, _) => y += used + gap,
            }
        }
        (view, scroll)
    }

    /// Says that there is more, above or below; for fingers, the way there.
    fn arrows(&mut self, place: Rect, up: bool, down: bool) {
        let side = self.ems(110);
        let half = place.width / 2;
        for (shown, icon, action, x) in
            [(up, Icon::Up, Action::Up, 0), (down, Icon::Down, Action::Down, half)]
        {
            if shown {
                let rect = Rect::new(place.x + x, place.y, half, place.height);
                let (left, top) = ((half - side) / 2, (place.height - side) / 2);
                let square = Rect::new(rect.x + left, rect.y + top, side, side);
                self.push(Item::Icon(icon, square, Colour::ACCENT));
                self.pieces.targets.push(Target { action, rect, fixed: true });
            }
        }
    }

    fn scroll_bar(&mut self, view: Rect, height: i32, scroll: i32) {
        let thick = self.ems(20).max(3);
        let x = if self.rtl() { 1 } else { view.width - thick - 1 };
        let part = |length: i32| {
            let share = i64::from(view.height) * i64::from(length) / i64::from(height.max(1));
            i32::try_from(share).unwrap_or_default()
        };
        let length = part(view.height).max(thick * 2).min(view.height);
        let y = view.y + part(scroll).min(view.height - length);
        self.push(Item::Round(Rect::new(x, y, thick, length), thick / 2, Colour::QUIET));
    }

    /// Both groups beside each other: so they stay in sight over the keypad.
    fn cells(&mut self, column: &mut Column, cells: &Cells) {
        let (gap, apart) = (self.ems(20), self.ems(70));
        let each = i32::try_from(cells.count).unwrap_or(1).max(1);
        let gaps = 2 * (each - 1) * gap + apart;
        let width = ((column.width - gaps) / (2 * each)).min(self.ems(180));
        let height = self.ems(220);
        let mut x = self.at_start(*column, 2 * each * width + gaps);
        let style = Style {
            direction: Direction::Ltr,
            side: Side::Middle,
            wrap: Wrap::Never,
            language: "en",
            ..self.style(NUMBER)
        };
        for (group, digits) in cells.groups.iter().enumerate() {
            for place in 0..cells.count {
                let rect = Rect::new(x, column.y, width, height);
                let here = cells.next == Some(group) && place == digits.len();
                let thick = if here { self.line() * 3 } else { self.line() };
                let colour = if here { Colour::ACCENT } else { Colour::QUIET };
                self.push(Item::Ring(rect, self.ems(25), thick, colour));
                if let Some(digit) = digits.get(place) {
                    let laid = self.lay(&digit.to_string(), style, width);
                    let y = column.y + (height - laid.height) / 2;
                    self.push(Item::Text(laid, x, y, Ink::Body));
                }
                x += width + gap;
            }
            x += apart - gap;
        }
        column.y += height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn the_text_follows_the_display() {
        assert_eq!(em(size(240, 320), false), 14);
        assert_eq!(em(size(240, 320), true), 19);
        assert_eq!(em(size(1080, 2340), false), 49);
        assert_eq!(em(size(2340, 1080), false), 49);
        assert_eq!(em(size(2160, 3840), false), 98);
    }
}
