//! Rectangles of pixels.

/// A rectangle, in pixels; right and bottom edge are not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width; none where it is not above 0.
    pub width: i32,
    /// Height; none where it is not above 0.
    pub height: i32,
}

impl Rect {
    /// A rectangle.
    pub const fn new(x: i32, y: i32, width: i32, height: i32) -> Self {
        Rect { x, y, width, height }
    }

    /// Where it ends to the right.
    pub const fn right(&self) -> i32 {
        self.x + self.width
    }

    /// Where it ends below.
    pub const fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// Whether a point is in it.
    pub fn contains(&self, x: i32, y: i32) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    /// The part that both have.
    #[must_use]
    pub fn intersect(&self, other: Rect) -> Rect {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = (self.right().min(other.right()) - x).max(0);
        let height = (self.bottom().min(other.bottom()) - y).max(0);
        Rect { x, y, width, height }
    }

    /// Moved down.
    #[must_use]
    pub const fn down(self, by: i32) -> Rect {
        Rect { y: self.y + by, ..self }
    }

    /// Larger by so much on each side; smaller, if negative.
    #[must_use]
    pub const fn grow(self, by: i32) -> Rect {
        Rect::new(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(&self) -> bool {
        self.width <= 0 || self.height <= 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_as_said() {
        let rect = Rect::new(2, 3, 4, 5);
        assert!(rect.contains(2, 3) && rect.contains(5, 7));
        assert!(!rect.contains(6, 3) && !rect.contains(2, 8));
        assert_eq!(rect.intersect(Rect::new(4, 0, 10, 5)), Rect::new(4, 3, 2, 2));
        assert!(rect.intersect(Rect::new(6, 3, 1, 1)).is_empty());
        assert_eq!(rect.grow(1), Rect::new(1, 2, 6, 7));
    }
}
