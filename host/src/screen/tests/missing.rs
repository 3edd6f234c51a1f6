//! Fonts that are missing, and texts that would mislead.

use super::fixtures::{SIZES, artist, contact, locked, pages, size, text};
use crate::screen::Artist;
use crate::screen::facts::Facts;
use crate::screen::fonts::Fonts;
use crate::screen::language::Language;
use crate::screen::palette::Colour;
use crate::screen::state::{Action, Event, Outcome, State};

#[test]
fn without_fonts_there_is_still_the_emergency_button() {
    let mut artist = Artist::new(Fonts::none());
    for (name, mut state, facts) in pages(Language::Hindi) {
        for pixels in SIZES {
            let shown = artist.arrange(&state, &facts, size(pixels));
            let emergency = shown.target(Action::Emergency).expect("an emergency button").rect;
            let (x, y) = (emergency.x + 1, emergency.y + 1);
            let outcome = state.take(Event::Touch(x, y), &facts, &shown);
            assert_eq!(outcome, Outcome::Emergency, "{name} on {pixels:?}");
            let picture = artist.paint(&shown);
            let red = picture.pixels().iter().filter(|&&p| p == Colour::EMERGENCY.0).count();
            assert!(red > 1_000, "{name} on {pixels:?}");
        }
    }
}

#[test]
fn a_language_without_its_font_is_in_english_and_says_so() {
    let mut whole = artist();
    let english = whole.arrange(&State::new(Language::English), &locked(), size((480, 854)));
    let directory = tempfile::tempdir().unwrap();
    for file in ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"] {
        let fonts = std::env::var("PAYLATCH_FONTS").unwrap_or_else(|_| {
            concat!(env!("CARGO_MANIFEST_DIR"), "/../target/device/fonts").to_owned()
        });
        std::fs::copy(format!("{fonts}/{file}"), directory.path().join(file)).unwrap();
    }
    std::fs::write(directory.path().join("NotoSansThai-Regular.ttf"), b"altered").unwrap();
    let mut artist = Artist::new(Fonts::load(directory.path()));
    assert_eq!(artist.fonts().problems().len(), 7);
    let shown = artist.arrange(&State::new(Language::Thai), &locked(), size((480, 854)));
    assert!(shown.height > english.height, "it does not say so");
    assert_eq!(shown.unknown, 0);
    let choose =
        State { place: crate::screen::state::Place::Languages, ..State::new(Language::English) };
    let shown = artist.arrange(&choose, &locked(), size((480, 854)));
    let offered = |language| shown.target(Action::Choose(language)).is_some();
    assert!(offered(Language::English) && offered(Language::Russian));
    assert!(!offered(Language::Thai) && !offered(Language::Chinese));
}

#[test]
fn markup_and_placeables_are_letters() {
    let mut artist = artist();
    let facts = |name: &str| {
        let mut record = contact();
        record.name = text(name);
        Facts { contact: Some(record), ..locked() }
    };
    let state = State::new(Language::English);
    let plain = artist.arrange(&state, &facts("{ emergency }</b>"), size((1080, 2340)));
    assert_eq!(plain.unknown, 0);
    let control = artist.arrange(&state, &facts("a\u{1b}[31m\u{202e}b"), size((1080, 2340)));
    let harmless = artist.arrange(&state, &facts("a?[31m?b"), size((1080, 2340)));
    assert_eq!(control, harmless);
}
