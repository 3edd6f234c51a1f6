//! Small pictures beside words. None says anything that the words do not.

use crate::screen::pixmap::Mask;
use crate::screen::shape::{Path, QUARTER};

/// A picture of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// A closed padlock.
    Lock,
    /// An open padlock.
    Open,
    /// A hook: this is so.
    Check,
    /// An exclamation mark in a triangle: look here.
    Attention,
    /// A letter i in a disc: for your information.
    Information,
    /// A globe: languages.
    Globe,
    /// A large and a small letter: text size.
    Letters,
    /// More is above.
    Up,
    /// More is below.
    Down,
    /// An arrow with a cross: takes away the last digit. It points left.
    Erase,
}

/// The pictures are drawn on a square of so many units.
const UNITS: f32 = 24.0;

impl Icon {
    /// What it covers of a square of `side` pixels, at 0, 0.
    pub fn mask(self, side: i32) -> Mask {
        let unit = side as f32 / UNITS;
        let mut path = Drawing { path: Path::default(), unit };
        match self {
            Icon::Lock => {
                path.shackle(0.0);
                path.body();
            }
            Icon::Open => {
                path.shackle(-6.0);
                path.body();
            }
            Icon::Check => path.polygon(&[
                (3.0, 13.0),
                (5.6, 10.4),
                (9.6, 14.4),
                (18.6, 5.0),
                (21.2, 7.6),
                (9.6, 19.6),
            ]),
            Icon::Attention => {
                path.polygon(&[(12.0, 1.5), (23.5, 21.5), (0.5, 21.5)]);
                path.polygon(&[(10.7, 8.0), (13.3, 8.0), (13.0, 15.0), (11.0, 15.0)]);
                path.ellipse((12.0, 17.9), (1.4, 1.4));
            }
            Icon::Information => {
                path.ellipse((12.0, 12.0), (10.5, 10.5));
                path.ellipse((12.0, 7.0), (1.6, 1.6));
                path.polygon(&[(10.7, 10.2), (13.3, 10.2), (13.3, 18.0), (10.7, 18.0)]);
            }
            Icon::Globe => path.globe(),
            Icon::Letters => {
                path.letter(0.5, 20.5, 12.5, 17.0, 2.4);
                path.letter(14.0, 20.5, 9.0, 11.0, 1.9);
            }
            Icon::Up => path.polygon(&[
                (12.0, 6.5),
                (21.5, 16.0),
                (19.2, 18.3),
                (12.0, 11.1),
                (4.8, 18.3),
                (2.5, 16.0),
            ]),
            Icon::Down => path.polygon(&[
                (12.0, 17.5),
                (2.5, 8.0),
                (4.8, 5.7),
                (12.0, 12.9),
                (19.2, 5.7),
                (21.5, 8.0),
            ]),
            Icon::Erase => {
                path.polygon(&[(0.5, 12.0), (7.5, 4.5), (23.5, 4.5), (23.5, 19.5), (7.5, 19.5)]);
                path.polygon(&[
                    (11.0, 9.6),
                    (12.6, 8.0),
                    (15.0, 10.4),
                    (17.4, 8.0),
                    (19.0, 9.6),
                    (16.6, 12.0),
                    (19.0, 14.4),
                    (17.4, 16.0),
                    (15.0, 13.6),
                    (12.6, 16.0),
                    (11.0, 14.4),
                    (13.4, 12.0),
                ]);
            }
        }
        // A globe's lines cross, and a crossing is no hole.
        path.path.mask(self != Icon::Globe)
    }
}

/// A path in units.
struct Drawing {
    path: Path,
    unit: f32,
}

impl Drawing {
    fn polygon(&mut self, corners: &[(f32, f32)]) {
        let unit = self.unit;
        let corners: Vec<_> = corners.iter().map(|&(x, y)| (x * unit, y * unit)).collect();
        self.path.polygon(&corners);
    }

    fn ellipse(&mut self, (x, y): (f32, f32), (rx, ry): (f32, f32)) {
        let unit = self.unit;
        self.path.ellipse((x * unit, y * unit), (rx * unit, ry * unit));
    }

    fn hole(&mut self, (x, y): (f32, f32), (rx, ry): (f32, f32)) {
        let unit = self.unit;
        self.path.hole((x * unit, y * unit), (rx * unit, ry * unit));
    }

    fn round(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32) {
        let u = self.unit;
        self.path.round(x * u, y * u, width * u, height * u, radius * u);
    }

    /// A padlock's bow, moved to the side.
    fn shackle(&mut self, by: f32) {
        let mut half = |outer: f32, top: f32| {
            let u = self.unit;
            let (left, mid, right) =
                ((12.0 + by - outer) * u, (12.0 + by) * u, (12.0 + by + outer) * u);
            let (top, bend, bottom) = (top * u, (top + outer) * u, 10.5 * u);
            let handle = outer * (1.0 - QUARTER) * u;
            self.path.move_to(left, bottom);
            self.path.line_to(left, bend);
            self.path.curve_to((left, top + handle), (left + handle, top), (mid, top));
            self.path.curve_to((right - handle, top), (right, top + handle), (right, bend));
            self.path.line_to(right, bottom);
            self.path.close();
        };
        half(6.0, 1.5);
        half(3.3, 4.2);
    }

    /// A padlock's body with its hole.
    fn body(&mut self) {
        self.round(3.5, 10.5, 17.0, 12.5, 2.0);
        self.round(10.7, 14.0, 2.6, 5.5, 1.3);
    }

    /// A disc's edge, a meridian and three parallels.
    fn globe(&mut self) {
        let mid = (12.0, 12.0);
        self.ellipse(mid, (11.0, 11.0));
        self.hole(mid, (9.3, 9.3));
        self.ellipse(mid, (5.0, 10.0));
        self.hole(mid, (3.5, 9.3));
        for (y, half) in [(6.4, 8.0), (11.2, 10.0), (16.0, 8.0)] {
            let (left, right) = (12.0 - half, 12.0 + half);
            self.polygon(&[(left, y), (right, y), (right, y + 1.6), (left, y + 1.6)]);
        }
    }

    /// A capital A.
    fn letter(&mut self, left: f32, base: f32, width: f32, height: f32, stroke: f32) {
        let (mid, top) = (left + width / 2.0, base - height);
        let bar = base - height * 0.36;
        self.polygon(&[
            (left, base),
            (mid - stroke * 0.6, top),
            (mid + stroke * 0.6, top),
            (left + width, base),
            (left + width - stroke, base),
            (left + width * 0.78, bar + stroke * 0.8),
            (left + width * 0.22, bar + stroke * 0.8),
            (left + stroke, base),
        ]);
        self.polygon(&[
            (mid, top + stroke * 1.3),
            (left + width * 0.70, bar - stroke * 0.2),
            (left + width * 0.30, bar - stroke * 0.2),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::rect::Rect;

    #[test]
    fn every_icon_stays_in_its_square() {
        let icons = [
            Icon::Lock,
            Icon::Open,
            Icon::Check,
            Icon::Attention,
            Icon::Information,
            Icon::Globe,
            Icon::Letters,
            Icon::Up,
            Icon::Down,
            Icon::Erase,
        ];
        for icon in icons {
            for side in [10, 24, 117] {
                let mask = icon.mask(side);
                let square = Rect::new(0, 0, side, side);
                assert_eq!(mask.rect.intersect(square), mask.rect, "{icon:?} of {side}");
                assert!(mask.coverage.iter().any(|&covered| covered > 127), "{icon:?} of {side}");
            }
        }
    }
}
