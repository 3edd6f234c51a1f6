//! The keypad: rows from left to right in every language, as on a phone.

use super::{Column, Desk};
use crate::screen::icon::Icon;
use crate::screen::page::{Button, Look};
use crate::screen::state::Action;

impl Desk<'_> {
    pub(super) fn keypad(&mut self, column: &mut Column) {
        let gap = self.ems(45);
        let width = ((column.width - 2 * gap) / 3).min(self.ems(600));
        let left = self.at_start(*column, 3 * width + 2 * gap);
        let digit = |digit: u8| {
            let text = digit.to_string();
            Some(Button::new(Action::Digit(digit), text, Look::Key))
        };
        let erase = Button::new(Action::Erase, String::new(), Look::Key).with(Icon::Erase);
        let rows = [
            [digit(1), digit(2), digit(3)],
            [digit(4), digit(5), digit(6)],
            [digit(7), digit(8), digit(9)],
            [None, digit(0), Some(erase)],
        ];
        for (i, row) in rows.into_iter().enumerate() {
            if i > 0 {
                column.y += gap;
            }
            let mut tall = 0;
            let mut x = left;
            for key in row {
                if let Some(key) = key {
                    tall = tall.max(self.button(&key, Column { x, y: column.y, width }, 0));
                }
                x += width + gap;
            }
            column.y += tall;
        }
    }
}
