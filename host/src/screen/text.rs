//! Text as glyphs in their places: shaped, broken into lines, reordered, aligned.

use std::borrow::Cow;
use std::ops::Range;

use parley::style::{
    FontFamily, FontFamilyName, FontWeight, LineHeight, OverflowWrap, TextWrapMode,
};
use parley::{
    Alignment, AlignmentOptions, BaseDirection, Language as Locale, Layout, LayoutContext,
    PositionedLayoutItem, StyleProperty,
};

use crate::screen::fonts::{FAMILIES, Fonts};
use crate::screen::glyphs::{Key, QUARTERS};

/// Which way a text runs, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
    /// As its first letter does.
    Own,
}

/// To which side lines are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// To the middle.
    Middle,
}

/// How lines may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// Between words; within a word that is longer than a line.
    Words,
    /// The same, but the text is made smaller, down to two thirds, before a word is broken.
    Whole,
    /// Nowhere: the text is made smaller until it fits.
    Never,
}

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style<'a> {
    /// Pixels per em.
    pub size: i32,
    /// Whether it is bold, where its font has that.
    pub bold: bool,
    /// Which way it runs.
    pub direction: Direction,
    /// To which side.
    pub side: Side,
    /// How lines may end.
    pub wrap: Wrap,
    /// The tag (BCP 47) of its language.
    pub language: &'a str,
}

/// A glyph in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// Which.
    pub key: Key,
    /// Its origin, in pixels from the text's left edge.
    pub x: i32,
    /// Its baseline, in pixels from the text's top.
    pub y: i32,
}

/// A text that was set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    /// Height in pixels, all lines.
    pub height: i32,
    /// Width of the longest line, in pixels.
    pub width: i32,
    /// Which bytes of the text each line has.
    pub lines: Vec<Range<usize>>,
    /// How many characters no font has.
    pub unknown: usize,
    pub(super) glyphs: Vec<Glyph>,
}

/// From line to line, in ems: fonts differ in what they ask for, and pages do not.
const LINE: f32 = 1.45;
/// The same for Arabic, which reaches further below its line.
const LINE_ARABIC: f32 = 1.7;
/// The least size that a text is made smaller to, in pixels per em.
const LEAST: i32 = 6;

/// Sets text.
#[derive(Default)]
pub struct Setter {
    context: LayoutContext<()>,
}

impl Setter {
    /// Sets a text in lines of at most `width` pixels.
    pub fn set(&mut self, fonts: &mut Fonts, text: &str, style: Style, width: i32) -> Laid {
        let size = match style.wrap {
            Wrap::Words => style.size,
            Wrap::Whole => {
                let word = |layout: &Layout<()>| layout.calculate_content_widths().min;
                self.fit(fonts, text, style, width, style.size * 2 / 3, word)
            }
            Wrap::Never => self.fit(fonts, text, style, width, LEAST, Layout::width),
        };
        let layout = self.lay(fonts, text, Style { size, ..style }, Some(width));
        read(fonts, &layout)
    }

    /// The size, from a text's own down to `least`, at which what is measured is not wider
    /// than `width`.
    fn fit(
        &mut self,
        fonts: &mut Fonts,
        text: &str,
        style: Style,
        width: i32,
        least: i32,
        measure: impl Fn(&Layout<()>) -> f32,
    ) -> i32 {
        let mut measured = |size| {
            let style = Style { size, ..style };
            pixels(measure(&self.lay(fonts, text, style, None)).ceil())
        };
        let natural = measured(style.size);
        if natural <= width {
            return style.size;
        }
        // Glyphs grow with the size but for rounding.
        let mut size = (style.size * width / natural.max(1)).max(least);
        while size > least && measured(size) > width {
            size -= 1;
        }
        size
    }

    fn lay(
        &mut self,
        fonts: &mut Fonts,
        text: &str,
        style: Style,
        width: Option<i32>,
    ) -> Layout<()> {
        let families = FAMILIES.map(FontFamilyName::named);
        let mut builder = self.context.ranged_builder(&mut fonts.context, text, 1.0, true);
        builder.push_default(FontFamily::List(Cow::Borrowed(&families)));
        builder.push_default(StyleProperty::FontSize(style.size as f32));
        if style.bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::BOLD));
        }
        let line = if style.direction == Direction::Rtl { LINE_ARABIC } else { LINE };
        builder.push_default(LineHeight::FontSizeRelative(line));
        builder.push_default(StyleProperty::Locale(Locale::parse(style.language).ok()));
        match style.wrap {
            // What may be broken only in need does not count as a place to break.
            Wrap::Words | Wrap::Whole => {
                builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::BreakWord));
            }
            Wrap::Never => builder.push_default(StyleProperty::TextWrapMode(TextWrapMode::NoWrap)),
        }
        builder.set_base_direction(match style.direction {
            Direction::Ltr => BaseDirection::Ltr,
            Direction::Rtl => BaseDirection::Rtl,
            Direction::Own => BaseDirection::Auto,
        });
        let mut layout = builder.build(text);
        layout.break_all_lines(width.map(|width| width as f32));
        let side = match style.side {
            Side::Left => Alignment::Left,
            Side::Right => Alignment::Right,
            Side::Middle => Alignment::Center,
        };
        layout.align(side, AlignmentOptions::default());
        layout
    }
}

fn read(fonts: &Fonts, layout: &Layout<()>) -> Laid {
    let (width, height) = (pixels(layout.width().ceil()), pixels(layout.height().ceil()));
    let mut laid = Laid { height, width, ..Laid::default() };
    for line in layout.lines() {
        laid.lines.push(line.text_range());
        for item in line.items() {
            let PositionedLayoutItem::GlyphRun(run) = item else { continue };
            let Some(face) = fonts.face_of(run.run().font().data.id()) else { continue };
            let size = pixels(run.run().font_size()).clamp(0, i32::from(u16::MAX));
            let size = u16::try_from(size).unwrap_or_default();
            // A font that has no bold glyphs draws each twice, a little to the right.
            let twice = run.run().synthesis().embolden();
            let strokes = if twice { vec![0, (i32::from(size) / 6).max(1)] } else { vec![0] };
            for glyph in run.positioned_glyphs() {
                laid.unknown += usize::from(glyph.id == 0);
                for stroke in &strokes {
                    let quarters = pixels((glyph.x * 4.0).round()) + stroke;
                    let quarter = u8::try_from(quarters.rem_euclid(QUARTERS)).unwrap_or_default();
                    laid.glyphs.push(Glyph {
                        key: Key { face, glyph: glyph.id, size, quarter },
                        x: quarters.div_euclid(QUARTERS),
                        y: pixels(glyph.y.round()),
                    });
                }
            }
        }
    }
    laid
}

/// A whole number that is given as a fraction; saturates.
fn pixels(whole: f32) -> i32 {
    whole as i32
}
