//! The keypad: from left to right in every language, as on a phone.

use super::{Column, Desk};
use crate::screen::icon::Icon;
use crate::screen::page::{Button, Look};
use crate::screen::state::Action;

/// Displays of fewer ems than this have the keys in two rows, so that the digits stay in
/// sight above them.
const LOW: i32 = 24;

impl Desk<'_> {
    pub(super) fn keypad(&mut self, column: &mut Column) {
        let digits = |digits: &[u8]| -> Vec<Option<Button>> {
            let key =
                |&digit: &u8| Some(Button::new(Action::Digit(digit), digit.to_string(), Look::Key));
            digits.iter().map(key).collect()
        };
        let erase = Button::new(Action::Erase, String::new(), Look::Key).with(Icon::Erase);
        let rows = if self.size.height() < LOW * self.em {
            let mut last = digits(&[7, 8, 9, 0]);
            last.extend([None, Some(erase)]);
            vec![digits(&[1, 2, 3, 4, 5, 6]), last]
        } else {
            let last = [vec![None], digits(&[0]), vec![Some(erase)]].concat();
            vec![digits(&[1, 2, 3]), digits(&[4, 5, 6]), digits(&[7, 8, 9]), last]
        };
        let keys = rows.iter().map(Vec::len).max().and_then(|keys| i32::try_from(keys).ok());
        let keys = keys.unwrap_or(1).max(1);
        let gap = self.ems(45);
        let width = ((column.width - (keys - 1) * gap) / keys).min(self.ems(700));
        let left = self.at_start(*column, keys * width + (keys - 1) * gap);
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
