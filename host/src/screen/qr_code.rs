//! A text as a QR code.

use qrcode::{Color, EcLevel, QrCode};

use crate::error::{Error, Kind, Result};
use crate::screen::palette::Ink;
use crate::screen::pixmap::{Pixmap, Size};
use crate::screen::png;
use crate::screen::rect::Rect;

/// The modules of light around a code that ISO/IEC 18004 asks for.
const QUIET_ZONE: i32 = 4;
/// Width and height of a module in a picture, in pixels.
const MODULE: i32 = 8;

/// A code: dark and light modules.
pub struct Code {
    modules: i32,
    colours: Vec<Color>,
}

impl Code {
    /// The code of a text, of which a seventh may be unreadable; `None` if the text is too
    /// long for one.
    pub fn of(text: &str) -> Option<Code> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let modules = i32::try_from(code.width()).ok()?;
        Some(Code { modules, colours: code.to_colors() })
    }

    /// Width and height in modules, with the quiet zone.
    pub fn side(&self) -> i32 {
        self.modules + 2 * QUIET_ZONE
    }

    /// What of it is dark, in modules.
    pub fn dark(&self) -> impl Iterator<Item = Rect> {
        let width = usize::try_from(self.modules).unwrap_or(1);
        let lines = (QUIET_ZONE..).zip(self.colours.chunks(width));
        lines.flat_map(|(y, line)| {
            let runs = dark_runs(line).into_iter();
            runs.map(move |(begin, run)| Rect::new(begin + QUIET_ZONE, y, run, 1))
        })
    }

    /// A picture of the code of a text, as PNG.
    ///
    /// # Errors
    /// [`Kind::Input`] when the text is too long for a code.
    pub fn png(text: &str) -> Result<Vec<u8>> {
        let too_long = || Error::new(Kind::Input, "the text is too long for a QR code");
        let picture = Code::of(text).and_then(|code| code.picture()).ok_or_else(too_long)?;
        let mut file = Vec::new();
        png::write(&picture, &mut file).map(|()| file)
    }

    /// `None` if it would be larger than a picture may be, which none is.
    fn picture(&self) -> Option<Pixmap> {
        let side = u32::try_from(self.side() * MODULE).ok()?;
        let size = Size::new(side, side)?;
        let mut picture = Pixmap::new(size, Ink::Code.ground());
        for dark in self.dark() {
            let [x, y, width, height] =
                [dark.x, dark.y, dark.width, dark.height].map(|modules| modules * MODULE);
            picture.fill(Rect::new(x, y, width, height), Ink::Code.text(), size.rect());
        }
        Some(picture)
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

    #[test]
    fn what_is_too_long_is_no_code() {
        let text = "A".repeat(5_000);
        assert!(Code::of(&text).is_none());
        assert_eq!(Code::png(&text).unwrap_err().kind(), Kind::Input);
    }

    #[cfg(feature = "pictures")]
    #[test]
    fn what_is_drawn_is_read() {
        // The longest text of all: a voucher's.
        let text = format!("PAYLATCH1:{}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(20));
        assert_eq!(crate::qr::read(&Code::png(&text).unwrap()).unwrap(), [text]);
    }
}
