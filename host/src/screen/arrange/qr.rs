//! QR codes.

use qrcode::{Color, EcLevel, QrCode};

use super::{Column, Desk, Item};
use crate::screen::palette::Ink;
use crate::screen::rect::Rect;

/// The modules of light around a code that ISO/IEC 18004 asks for.
const QUIET_ZONE: i32 = 4;

impl Desk<'_> {
    /// The code of a text; nothing, if it is too long for one, which no address is.
    pub(super) fn qr_code(&mut self, column: &mut Column, text: &str) {
        let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return };
        let Ok(modules) = i32::try_from(code.width()) else { return };
        let across = modules + 2 * QUIET_ZONE;
        let most = column.width.min(self.size.height() * 3 / 5);
        let module = (self.ems(1_400) / across).max(3).min(most / across).max(1);
        let side = module * across;
        let (x, y) = (self.at_start(*column, side), column.y);
        self.push(Item::Fill(Rect::new(x, y, side, side), Ink::Code.ground()));
        let colours = code.to_colors();
        for (row, line) in (0..).zip(colours.chunks(code.width())) {
            let y = y + (row + QUIET_ZONE) * module;
            for (begin, run) in dark_runs(line) {
                let x = x + (begin + QUIET_ZONE) * module;
                let rect = Rect::new(x, y, run * module, module);
                self.push(Item::Fill(rect, Ink::Code.text()));
            }
        }
        column.y += side;
    }
}

/// Where dark modules stand beside each other: the first, and how many.
fn dark_runs(line: &[Color]) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for (at, _) in (0..).zip(line).filter(|(_, colour)| **colour == Color::Dark) {
        match runs.last_mut() {
            Some((begin, count)) if *begin + *count == at => *count += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found() {
        let (light, dark) = (Color::Light, Color::Dark);
        assert_eq!(dark_runs(&[dark, dark, light, dark]), [(0, 2), (3, 1)]);
        assert_eq!(dark_runs(&[light]), []);
    }
}
