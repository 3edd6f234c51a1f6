//! The colours, in pairs: whoever writes names a pair, so that each text stands
//! on the ground its contrast was measured on.

/// Red, green and blue, a byte each: `0x00RRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub u32);

impl Colour {
    /// The page.
    pub const PAPER: Colour = Colour(0xfb_faf6);
    /// Text on it.
    pub const INK: Colour = Colour(0x1a_1d21);
    /// Text of less weight.
    pub const QUIET: Colour = Colour(0x48_4f58);
    /// A key, or what is set off from the page.
    pub const KEY: Colour = Colour(0xe6_eaef);
    /// What can be done next.
    pub const ACCENT: Colour = Colour(0x0b_5384);
    /// The emergency button, and nothing else.
    pub const EMERGENCY: Colour = Colour(0xb0_101a);
    /// On accent and emergency.
    pub const WHITE: Colour = Colour(0xff_ffff);
    /// QR codes.
    pub const BLACK: Colour = Colour(0x00_0000);
    /// A slip.
    pub const SLIP: Colour = Colour(0x93_1a12);
    /// No slip.
    pub const WELL: Colour = Colour(0x17_5f33);

    /// Red, green and blue.
    pub const fn channels(self) -> [u8; 3] {
        let [_, red, green, blue] = self.0.to_be_bytes();
        [red, green, blue]
    }
}

/// What something is written with, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The text of the page.
    Body,
    /// Labels and remarks.
    Quiet,
    /// What is a link or a mark of what can be done.
    Accent,
    /// What is wrong.
    Slip,
    /// What is right.
    Well,
    /// On a key.
    OnKey,
    /// On the main button.
    OnAccent,
    /// On the emergency button.
    OnEmergency,
    /// The emergency button's sign.
    Emergency,
    /// QR codes.
    Code,
}

impl Ink {
    /// All of them.
    pub const ALL: [Ink; 10] = [
        Ink::Body,
        Ink::Quiet,
        Ink::Accent,
        Ink::Slip,
        Ink::Well,
        Ink::OnKey,
        Ink::OnAccent,
        Ink::OnEmergency,
        Ink::Emergency,
        Ink::Code,
    ];

    /// The colour it writes with.
    pub const fn text(self) -> Colour {
        match self {
            Ink::Body | Ink::OnKey => Colour::INK,
            Ink::Quiet => Colour::QUIET,
            Ink::Accent => Colour::ACCENT,
            Ink::Slip => Colour::SLIP,
            Ink::Well => Colour::WELL,
            Ink::OnAccent | Ink::OnEmergency => Colour::WHITE,
            Ink::Emergency => Colour::EMERGENCY,
            Ink::Code => Colour::BLACK,
        }
    }

    /// The colour it writes on.
    pub const fn ground(self) -> Colour {
        match self {
            Ink::Body | Ink::Quiet | Ink::Accent | Ink::Slip | Ink::Well => Colour::PAPER,
            Ink::OnKey => Colour::KEY,
            Ink::OnAccent => Colour::ACCENT,
            Ink::OnEmergency => Colour::EMERGENCY,
            Ink::Emergency | Ink::Code => Colour::WHITE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as WCAG 2.2 defines it.
    fn luminance(colour: Colour) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = colour.channels().map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: Colour, other: Colour) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn the_measure_is_right() {
        assert!((contrast(Colour::WHITE, Colour::BLACK) - 21.0).abs() < 1e-9);
        assert!((contrast(Colour(0x76_7676), Colour::WHITE) - 4.54).abs() < 0.005);
    }

    #[test]
    fn every_text_has_the_contrast_of_wcag_aa() {
        for ink in Ink::ALL {
            let ratio = contrast(ink.text(), ink.ground());
            assert!(ratio >= 4.5, "{ink:?}: {ratio:.2}");
        }
    }

    #[test]
    fn what_is_no_text_has_three_to_one() {
        // Buttons, the focus ring and the scroll bar.
        for colour in [Colour::ACCENT, Colour::EMERGENCY, Colour::INK, Colour::QUIET] {
            assert!(contrast(colour, Colour::PAPER) >= 3.0, "{colour:?}");
        }
        assert!(contrast(Colour::INK, Colour::KEY) >= 3.0);
    }
}
