//! QR codes.

use super::{Column, Desk, Item};
use crate::screen::palette::Ink;
use crate::screen::qr_code::Code;
use crate::screen::rect::Rect;

impl Desk<'_> {
    /// The code of a text; nothing, if it is too long for one, which no address is.
    pub(super) fn qr_code(&mut self, column: &mut Column, text: &str) {
        let Some(code) = Code::of(text) else { return };
        let across = code.side();
        let most = column.width.min(self.size.height() * 3 / 5);
        let module = (self.ems(1_400) / across).max(3).min(most / across).max(1);
        let side = module * across;
        let (x, y) = (self.at_start(*column, side), column.y);
        self.push(Item::Fill(Rect::new(x, y, side, side), Ink::Code.ground()));
        for dark in code.dark() {
            let (x, y) = (x + dark.x * module, y + dark.y * module);
            let rect = Rect::new(x, y, dark.width * module, dark.height * module);
            self.push(Item::Fill(rect, Ink::Code.text()));
        }
        column.y += side;
    }
}
