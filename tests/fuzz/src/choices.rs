//! An input read as choices, a few bytes each, so that a changed byte changes
//! one choice.

/// What is left of an input.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// All of it.
    pub fn new(input: &'a [u8]) -> Self {
        Choices(input)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte; zero once there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    /// The next two bytes, little-endian.
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// The next eight bytes, little-endian.
    pub fn long(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// One of a few.
    pub fn of<T: Copy>(&mut self, few: &[T]) -> T {
        few[usize::from(self.byte()) % few.len()]
    }

    /// The next bytes, at most so many.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}
