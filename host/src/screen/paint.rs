//! An arrangement as pixels.

use crate::screen::arrange::{Arrangement, Item};
use crate::screen::fonts::Fonts;
use crate::screen::glyphs::Glyphs;
use crate::screen::palette::Colour;
use crate::screen::pixmap::Pixmap;
use crate::screen::rect::Rect;
use crate::screen::shape;

/// Paints all of it.
pub(super) fn paint(fonts: &Fonts, glyphs: &mut Glyphs, shown: &Arrangement) -> Pixmap {
    let mut picture = Pixmap::new(shown.size, Colour::PAPER);
    let mut brush = Brush { fonts, glyphs, picture: &mut picture, clip: shown.view, down: 0 };
    brush.down = shown.view.y - shown.scroll;
    shown.content.iter().for_each(|item| brush.item(item));
    brush.clip = shown.size.rect();
    brush.down = 0;
    shown.bar.iter().for_each(|item| brush.item(item));
    picture
}

struct Brush<'a> {
    fonts: &'a Fonts,
    glyphs: &'a mut Glyphs,
    picture: &'a mut Pixmap,
    clip: Rect,
    /// How far everything is moved down.
    down: i32,
}

impl Brush<'_> {
    fn item(&mut self, item: &Item) {
        let down = self.down;
        let unseen = |rect: Rect| rect.down(down).intersect(self.clip).is_empty();
        match item {
            Item::Fill(rect, colour) => self.picture.fill(rect.down(down), *colour, self.clip),
            Item::Round(rect, radius, colour) if !unseen(*rect) => {
                let mask = shape::round_rect(rect.width, rect.height, *radius);
                self.picture.lay(&mask, rect.x, rect.y + down, *colour, self.clip);
            }
            Item::Ring(rect, radius, thick, colour) if !unseen(*rect) => {
                let mask = shape::round_ring(rect.width, rect.height, *radius, *thick);
                self.picture.lay(&mask, rect.x, rect.y + down, *colour, self.clip);
            }
            Item::Icon(icon, rect, colour) if !unseen(*rect) => {
                let mask = icon.mask(rect.width);
                self.picture.lay(&mask, rect.x, rect.y + down, *colour, self.clip);
            }
            Item::Round(..) | Item::Ring(..) | Item::Icon(..) => {}
            Item::Text(laid, x, y, ink) => {
                for glyph in &laid.glyphs {
                    let baseline = y + glyph.y + down;
                    // Beyond two ems no glyph reaches.
                    let reach = 2 * i32::from(glyph.key.size);
                    let near = Rect::new(self.clip.x, baseline - reach, 1, 2 * reach);
                    if near.intersect(self.clip).is_empty() {
                        continue;
                    }
                    let mask = self.glyphs.mask(self.fonts, glyph.key);
                    self.picture.lay(&mask, x + glyph.x, baseline, ink.text(), self.clip);
                }
            }
        }
    }
}
