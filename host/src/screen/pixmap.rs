//! A picture in memory.

use crate::screen::palette::Colour;
use crate::screen::rect::Rect;

/// The size of a display, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u16,
    height: u16,
}

impl Size {
    /// The least width and height.
    pub const LEAST: u16 = 120;
    /// The greatest width and height.
    pub const GREATEST: u16 = 8192;

    /// A size.
    ///
    /// Answers `None` outside of [`LEAST`](Size::LEAST) to [`GREATEST`](Size::GREATEST).
    pub fn new(width: u32, height: u32) -> Option<Size> {
        let side = |pixels| {
            let side = u16::try_from(pixels).ok()?;
            (Self::LEAST..=Self::GREATEST).contains(&side).then_some(side)
        };
        Some(Size { width: side(width)?, height: side(height)? })
    }

    /// Width in pixels.
    pub fn width(self) -> i32 {
        self.width.into()
    }

    /// Height in pixels.
    pub fn height(self) -> i32 {
        self.height.into()
    }

    /// All of it.
    pub fn rect(self) -> Rect {
        Rect::new(0, 0, self.width(), self.height())
    }
}

/// How much of each pixel a shape covers, from 0 to 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Where it lies, in pixels from where the shape was asked for.
    pub rect: Rect,
    /// Row by row.
    pub coverage: Vec<u8>,
}

/// A picture: rows from the top, pixels from the left, each `0x00RRGGBB`, which
/// is what DRM calls XRGB8888.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixmap {
    size: Size,
    pixels: Vec<u32>,
}

impl Pixmap {
    /// A picture of one colour.
    pub fn new(size: Size, colour: Colour) -> Self {
        let count = usize::from(size.width) * usize::from(size.height);
        Pixmap { size, pixels: vec![colour.0; count] }
    }

    /// The picture of these pixels, row by row; `None` if they are not as many as the
    /// size has.
    pub fn of(size: Size, pixels: Vec<u32>) -> Option<Self> {
        let count = usize::from(size.width) * usize::from(size.height);
        (pixels.len() == count).then_some(Pixmap { size, pixels })
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.pixels.chunks_exact(usize::from(self.size.width))
    }

    /// Fills what of a rectangle is inside of `clip`.
    pub fn fill(&mut self, rect: Rect, colour: Colour, clip: Rect) {
        let rect = rect.intersect(clip);
        self.with_rows(rect, |_, row| row.fill(colour.0));
    }

    /// Lays a colour over the picture where a mask lies, moved by `x` and `y`, as far
    /// as it is inside of `clip`.
    pub fn lay(&mut self, mask: &Mask, x: i32, y: i32, colour: Colour, clip: Rect) {
        let placed = Rect { x: mask.rect.x + x, y: mask.rect.y + y, ..mask.rect };
        let seen = placed.intersect(clip).intersect(self.size.rect());
        let (Ok(skip), Ok(width)) =
            (usize::try_from(seen.x - placed.x), usize::try_from(placed.width))
        else {
            return;
        };
        self.with_rows(seen, |y, row| {
            let begin = usize::try_from(y - placed.y).unwrap_or_default() * width + skip;
            let coverage = mask.coverage.get(begin..).unwrap_or_default();
            for (pixel, &covered) in row.iter_mut().zip(coverage) {
                *pixel = blend(*pixel, colour, covered);
            }
        });
    }

    fn with_rows(&mut self, rect: Rect, mut act: impl FnMut(i32, &mut [u32])) {
        let rect = rect.intersect(self.size.rect());
        if rect.is_empty() {
            return;
        }
        let at = |pixels: i32| usize::try_from(pixels).unwrap_or_default();
        let rows = self.pixels.chunks_exact_mut(usize::from(self.size.width));
        for (row, y) in rows.skip(at(rect.y)).zip(rect.y..rect.bottom()) {
            if let Some(part) = row.get_mut(at(rect.x)..at(rect.right())) {
                act(y, part);
            }
        }
    }
}

/// Whole numbers only: the same everywhere.
fn blend(under: u32, over: Colour, covered: u8) -> u32 {
    let covered = u32::from(covered);
    let channel = |shift: u32| {
        let (under, over) = (under >> shift & 0xff, over.0 >> shift & 0xff);
        let sum = over * covered + under * (255 - covered);
        ((sum + 127) / 255) << shift
    };
    channel(16) | channel(8) | channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_ends_at_both_colours() {
        let (under, over) = (0x12_3456, Colour(0xfe_dcba));
        assert_eq!(blend(under, over, 0), under);
        assert_eq!(blend(under, over, 255), over.0);
        assert_eq!(blend(0, Colour::WHITE, 128), 0x80_8080);
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let size = Size::new(120, 121).unwrap();
        let mut picture = Pixmap::new(size, Colour::WHITE);
        picture.fill(Rect::new(-5, -5, 500, 6), Colour::BLACK, size.rect());
        assert_eq!(picture.pixels().iter().filter(|&&pixel| pixel == 0).count(), 120);
        let mask = Mask { rect: Rect::new(0, 0, 2, 2), coverage: vec![255; 4] };
        picture.lay(&mask, -1, 119, Colour::BLACK, size.rect());
        picture.lay(&mask, 119, 120, Colour::BLACK, size.rect());
        picture.lay(&mask, 500, 500, Colour::BLACK, size.rect());
        picture.lay(&mask, 10, 10, Colour::BLACK, Rect::new(11, 11, 9, 9));
        let black = |x: usize, y: usize| picture.pixels()[y * 120 + x] == 0;
        assert!(black(0, 119) && black(0, 120) && black(119, 120) && black(11, 11));
        assert_eq!(picture.pixels().iter().filter(|&&pixel| pixel == 0).count(), 124);
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(Size::new(240, 320).is_some() && Size::new(2160, 3840).is_some());
        assert!(Size::new(119, 320).is_none() && Size::new(240, 8193).is_none());
    }
}
