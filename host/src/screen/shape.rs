//! Paths, and the pixels that they cover.
//!
//! Coordinates are pixels, y downwards. Curves are quadratic or cubic, never arcs:
//! what is added, multiplied and divided is the same on every machine, sines are not.

use zeno::{Command, Fill, Mask as Rasterizer, Point};

use crate::screen::pixmap::Mask;
use crate::screen::rect::Rect;

/// A path to be filled.
#[derive(Clone, Debug, Default)]
pub struct Path(Vec<Command>);

/// How far the handles of a cubic curve reach that stands for a quarter of a circle.
pub(super) const QUARTER: f32 = 0.552_284_8;

impl Path {
    /// Begins a part.
    pub fn move_to(&mut self, x: f32, y: f32) {
        self.0.push(Command::MoveTo(Point::new(x, y)));
    }

    /// A straight line.
    pub fn line_to(&mut self, x: f32, y: f32) {
        self.0.push(Command::LineTo(Point::new(x, y)));
    }

    /// A quadratic curve, by way of its control point.
    pub fn quad_to(&mut self, (cx, cy): (f32, f32), (x, y): (f32, f32)) {
        self.0.push(Command::QuadTo(Point::new(cx, cy), Point::new(x, y)));
    }

    /// A cubic curve, by way of its control points.
    pub fn curve_to(&mut self, (ax, ay): (f32, f32), (bx, by): (f32, f32), (x, y): (f32, f32)) {
        self.0.push(Command::CurveTo(Point::new(ax, ay), Point::new(bx, by), Point::new(x, y)));
    }

    /// Ends a part where it began.
    pub fn close(&mut self) {
        self.0.push(Command::Close);
    }

    /// A closed part with straight sides.
    pub fn polygon(&mut self, corners: &[(f32, f32)]) {
        for (i, &(x, y)) in corners.iter().enumerate() {
            if i == 0 { self.move_to(x, y) } else { self.line_to(x, y) }
        }
        self.close();
    }

    /// A closed rectangle with round corners.
    pub fn round(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32) {
        let radius = radius.min(width / 2.0).min(height / 2.0);
        let handle = radius * (1.0 - QUARTER);
        let (right, bottom) = (x + width, y + height);
        self.move_to(x + radius, y);
        self.line_to(right - radius, y);
        self.curve_to((right - handle, y), (right, y + handle), (right, y + radius));
        self.line_to(right, bottom - radius);
        self.curve_to((right, bottom - handle), (right - handle, bottom), (right - radius, bottom));
        self.line_to(x + radius, bottom);
        self.curve_to((x + handle, bottom), (x, bottom - handle), (x, bottom - radius));
        self.line_to(x, y + radius);
        self.curve_to((x, y + handle), (x + handle, y), (x + radius, y));
        self.close();
    }

    /// A closed ellipse.
    pub fn ellipse(&mut self, (x, y): (f32, f32), (rx, ry): (f32, f32)) {
        let (hx, hy) = (rx * QUARTER, ry * QUARTER);
        self.move_to(x, y - ry);
        self.curve_to((x + hx, y - ry), (x + rx, y - hy), (x + rx, y));
        self.curve_to((x + rx, y + hy), (x + hx, y + ry), (x, y + ry));
        self.curve_to((x - hx, y + ry), (x - rx, y + hy), (x - rx, y));
        self.curve_to((x - rx, y - hy), (x - hx, y - ry), (x, y - ry));
        self.close();
    }

    /// A closed ellipse the other way round: a hole in another part.
    pub fn hole(&mut self, (x, y): (f32, f32), (rx, ry): (f32, f32)) {
        // Mirrored, it runs the other way.
        self.ellipse((x, y), (-rx, ry));
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it covers. A part within a part is a hole if `holes` says so; else the
    /// directions of the parts decide, as in fonts.
    pub fn mask(&self, holes: bool) -> Mask {
        let fill = if holes { Fill::EvenOdd } else { Fill::NonZero };
        let (coverage, placed) = Rasterizer::new(&self.0).style(fill).render();
        let side = |pixels: u32| i32::try_from(pixels).unwrap_or_default();
        let rect = Rect::new(placed.left, placed.top, side(placed.width), side(placed.height));
        Mask { rect, coverage }
    }
}

/// A filled rectangle with round corners, at 0, 0.
pub fn round_rect(width: i32, height: i32, radius: i32) -> Mask {
    let mut path = Path::default();
    path.round(0.0, 0.0, width as f32, height as f32, radius as f32);
    path.mask(false)
}

/// The outline of such a rectangle, `thick` pixels inwards.
pub fn round_ring(width: i32, height: i32, radius: i32, thick: i32) -> Mask {
    let mut path = Path::default();
    let (outer, inner) = (radius as f32, (radius - thick).max(0) as f32);
    path.round(0.0, 0.0, width as f32, height as f32, outer);
    let thin = thick as f32;
    let (width, height) = ((width - 2 * thick) as f32, (height - 2 * thick) as f32);
    if width > 0.0 && height > 0.0 {
        path.round(thin, thin, width, height, inner);
    }
    path.mask(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_covers_itself() {
        let mask = round_rect(9, 5, 0);
        assert_eq!(mask.rect, Rect::new(0, 0, 9, 5));
        assert!(mask.coverage.iter().all(|&covered| covered == 255));
    }

    #[test]
    fn corners_are_round_and_rings_have_holes() {
        let at = |mask: &Mask, x: usize, y: usize| mask.coverage[y * 20 + x];
        let filled = round_rect(20, 20, 8);
        assert!(at(&filled, 0, 0) == 0 && at(&filled, 10, 0) == 255 && at(&filled, 10, 10) == 255);
        let ring = round_ring(20, 20, 8, 3);
        assert!(at(&ring, 0, 0) == 0 && at(&ring, 10, 1) == 255 && at(&ring, 10, 10) == 0);
    }

    #[test]
    fn an_empty_path_covers_nothing() {
        assert!(Path::default().mask(false).coverage.is_empty());
    }
}
