//! The pixels that a glyph covers, from its outline. Nothing is hinted.

use std::collections::HashMap;
use std::rc::Rc;

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::screen::fonts::Fonts;
use crate::screen::pixmap::Mask;
use crate::screen::rect::Rect;
use crate::screen::shape::Path;

/// Glyphs stand at whole pixels and quarters of them.
pub(super) const QUARTERS: i32 = 4;
/// So many masks are kept: a page has a few hundred.
const KEPT: usize = 2048;

/// Which glyph, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The number of its font's file.
    pub face: usize,
    /// Its number in the font.
    pub glyph: u32,
    /// Pixels per em.
    pub size: u16,
    /// Quarters of a pixel by which it is moved to the right.
    pub quarter: u8,
}

/// Masks that were made before.
#[derive(Default)]
pub(super) struct Glyphs {
    masks: HashMap<Key, Rc<Mask>>,
}

impl Glyphs {
    /// What a glyph covers, from the origin on its baseline.
    pub fn mask(&mut self, fonts: &Fonts, key: Key) -> Rc<Mask> {
        if let Some(mask) = self.masks.get(&key) {
            return Rc::clone(mask);
        }
        if self.masks.len() >= KEPT {
            self.masks.clear();
        }
        let mask = Rc::new(
            outline(fonts, key).unwrap_or(Mask { rect: Rect::default(), coverage: Vec::new() }),
        );
        self.masks.insert(key, Rc::clone(&mask));
        mask
    }
}

fn outline(fonts: &Fonts, key: Key) -> Option<Mask> {
    let font = FontRef::new(fonts.face(key.face)?).ok()?;
    let glyph = font.outline_glyphs().get(GlyphId::new(key.glyph))?;
    let settings = DrawSettings::unhinted(Size::new(f32::from(key.size)), LocationRef::default());
    let moved = f32::from(key.quarter) / QUARTERS_F;
    let mut pen = Pen { path: Path::default(), moved };
    glyph.draw(settings, &mut pen).ok()?;
    Some(pen.path.mask(false))
}

const QUARTERS_F: f32 = 4.0;

/// Draws an outline, y upwards, as a path, y downwards.
struct Pen {
    path: Path,
    moved: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(x + self.moved, -y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(x + self.moved, -y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to((cx + self.moved, -cy), (x + self.moved, -y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let moved = self.moved;
        self.path.curve_to((ax + moved, -ay), (bx + moved, -by), (x + moved, -y));
    }

    fn close(&mut self) {
        self.path.close();
    }
}
