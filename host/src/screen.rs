//! The lock screen: what a phone that is locked, or may be, says to its owner.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`facts`] | what is told: only what the trusted application has answered |
//! | [`state`] | where the owner is; keys and fingers in, what is to be done out |
//! | [`code`] | a code from the hotline, as it is typed |
//! | [`language`], [`catalogue`] | the languages, and the texts of `host/locales/` |
//! | [`page`] | what a page consists of |
//! | [`arrange`], [`rect`] | where that stands on a display |
//! | [`text`], [`fonts`] | shaping and breaking lines, with which fonts |
//! | [`qr_code`] | an address, or any text, for a camera |
//! | [`palette`], [`icon`], [`shape`], [`built_in`] | colours, pictures, paths, glyphs for when there are no fonts |
//! | [`pixmap`], [`png`] | the picture |
//!
//! Nothing here knows of a display or of an input device: whoever has those gives an
//! [`Event`] and gets an [`Outcome`] and, where something
//! looks different now, a picture.
//!
//! **The same bits everywhere.** Pictures are compared exactly, those of a device with
//! those of a PC. What decides about a pixel is whole numbers, or fractions that are
//! added, multiplied, divided and rounded; fonts are known by their digest, and no glyph
//! is hinted.

pub mod arrange;
mod bare;
pub mod built_in;
pub mod catalogue;
pub mod code;
pub mod facts;
pub mod fonts;
mod glyphs;
pub mod icon;
pub mod language;
pub mod page;
mod pages;
mod paint;
pub mod palette;
pub mod pixmap;
pub mod png;
pub mod qr_code;
pub mod rect;
pub mod shape;
pub mod state;
#[cfg(test)]
mod tests;
pub mod text;

use self::arrange::Arrangement;
use self::catalogue::Catalogue;
use self::facts::Facts;
use self::fonts::Fonts;
use self::glyphs::Glyphs;
use self::language::Language;
use self::pixmap::{Pixmap, Size};
use self::state::{Event, Outcome, Said, State};
use self::text::Setter;

/// Draws pages.
pub struct Artist {
    fonts: Fonts,
    setter: Setter,
    glyphs: Glyphs,
    catalogue: Catalogue,
}

impl Artist {
    /// With these fonts.
    pub fn new(fonts: Fonts) -> Self {
        let catalogue = Catalogue::new(Language::English);
        Artist { fonts, setter: Setter::default(), glyphs: Glyphs::default(), catalogue }
    }

    /// The fonts.
    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// Where everything is.
    pub fn arrange(&mut self, state: &State, facts: &Facts, size: Size) -> Arrangement {
        if !self.fonts.can_write() {
            return bare::arrange(state, facts, size);
        }
        let language = match self.fonts.can_write_in(state.language) {
            true => state.language,
            false => Language::English,
        };
        if self.catalogue.language() != language {
            self.catalogue = Catalogue::new(language);
        }
        let (fonts, setter) = (&mut self.fonts, &mut self.setter);
        arrange::arrange(fonts, setter, &self.catalogue, state, facts, size)
    }

    /// The picture of an arrangement of this artist's.
    pub fn paint(&mut self, shown: &Arrangement) -> Pixmap {
        paint::paint(&self.fonts, &mut self.glyphs, shown)
    }

    /// The picture of a state.
    pub fn draw(&mut self, state: &State, facts: &Facts, size: Size) -> Pixmap {
        let shown = self.arrange(state, facts, size);
        self.paint(&shown)
    }
}

/// A screen in use: it is drawn anew only when it looks different.
pub struct Screen {
    artist: Artist,
    size: Size,
    state: State,
    facts: Facts,
    shown: Arrangement,
    /// Whether `shown` was not painted yet.
    fresh: bool,
}

impl Screen {
    /// A screen of this size.
    pub fn new(mut artist: Artist, size: Size, state: State, facts: Facts) -> Self {
        let shown = artist.arrange(&state, &facts, size);
        Screen { artist, size, state, facts, shown, fresh: true }
    }

    /// Where the owner is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes what the owner did.
    pub fn take(&mut self, event: Event) -> Outcome {
        let before = self.state.clone();
        let outcome = self.state.take(event, &self.facts, &self.shown);
        if self.state != before {
            self.arrange();
        }
        outcome
    }

    /// A code was wrong.
    pub fn code_was_wrong(&mut self) {
        self.state.code_was_wrong();
        self.arrange();
    }

    /// Says something, until the owner goes on.
    pub fn say(&mut self, said: Said) {
        self.state.say(said);
        self.arrange();
    }

    /// What is told.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Has it painted anew though it looks the same: something else is there now.
    pub fn repaint(&mut self) {
        self.fresh = true;
    }

    /// Takes what the lock answers now.
    pub fn tell(&mut self, facts: Facts) {
        if self.facts == facts {
            return;
        }
        let (before, now) = (self.facts.status.state, facts.status.state);
        if before != now {
            self.state.changed(before, now);
        }
        self.facts = facts;
        self.arrange();
    }

    /// Takes another size of the display.
    pub fn resize(&mut self, size: Size) {
        if self.size != size {
            self.size = size;
            self.arrange();
        }
    }

    /// The picture, if it is not the one that was taken last.
    pub fn picture(&mut self) -> Option<Pixmap> {
        std::mem::take(&mut self.fresh).then(|| self.artist.paint(&self.shown))
    }

    fn arrange(&mut self) {
        let shown = self.artist.arrange(&self.state, &self.facts, self.size);
        if shown != self.shown {
            self.fresh = true;
        }
        self.shown = shown;
    }
}
