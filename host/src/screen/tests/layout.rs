//! Nothing is clipped, overlaps or lacks a glyph.

use super::fixtures::{SIZES, artist, locked, longest, pages, size};
use crate::screen::Artist;
use crate::screen::arrange::{Arrangement, Item, Target};
use crate::screen::facts::Facts;
use crate::screen::language::Language;
use crate::screen::rect::Rect;
use crate::screen::state::{Action, State};

/// Where the glyphs of a text are drawn.
fn inked(artist: &mut Artist, item: &Item) -> Option<Rect> {
    let Item::Text(laid, x, y, _) = item else { return None };
    let mut all: Option<Rect> = None;
    for glyph in &laid.glyphs {
        let mask = artist.glyphs.mask(&artist.fonts, glyph.key);
        if mask.coverage.is_empty() {
            continue;
        }
        let (left, top) = (mask.rect.x + x + glyph.x, mask.rect.y + y + glyph.y);
        let (right, bottom) = (left + mask.rect.width, top + mask.rect.height);
        all = Some(all.map_or(Rect::new(left, top, right - left, bottom - top), |all| {
            let (x, y) = (all.x.min(left), all.y.min(top));
            Rect::new(x, y, all.right().max(right) - x, all.bottom().max(bottom) - y)
        }));
    }
    all
}

fn check(artist: &mut Artist, what: &str, shown: &Arrangement) {
    assert_eq!(shown.unknown, 0, "{what}: a character that no font has");
    let width = shown.size.width();
    for (items, height) in [(&shown.content, shown.height), (&shown.bar, shown.size.height())] {
        let mut before: Vec<Rect> = Vec::new();
        for item in items {
            if let Item::Fill(rect, _) | Item::Ring(rect, ..) | Item::Icon(_, rect, _) = item {
                assert!(
                    rect.x >= 0 && rect.right() <= width && rect.y >= 0,
                    "{what}: {rect:?} is clipped"
                );
            }
            let Some(rect) = inked(artist, item) else { continue };
            assert!(rect.x >= 0 && rect.right() <= width, "{what}: {rect:?} is clipped");
            assert!(rect.y >= 0 && rect.bottom() <= height, "{what}: {rect:?} is clipped");
            for other in &before {
                assert!(rect.intersect(*other).is_empty(), "{what}: {rect:?} over {other:?}");
            }
            before.push(rect);
        }
    }
    assert!(shown.view.height > 0, "{what}: no page is seen");
    for target in shown.targets() {
        let area = if target.fixed {
            shown.size.rect()
        } else {
            Rect { height: shown.height, ..shown.size.rect() }
        };
        assert_eq!(target.rect.intersect(area), target.rect, "{what}: {target:?}");
        let over = |other: &&Target| {
            other.fixed == target.fixed
                && other.action != target.action
                && !other.rect.intersect(target.rect).is_empty()
        };
        assert_eq!(shown.targets().iter().find(over), None, "{what}: over {target:?}");
    }
    let emergency = shown.target(Action::Emergency).expect("an emergency button");
    assert_eq!(shown.in_sight(emergency), emergency.rect, "{what}: emergency");
    assert!(emergency.rect.y >= shown.view.bottom(), "{what}: emergency");
}

#[test]
fn every_page_in_every_language_fits_every_display() {
    let mut artist = artist();
    for language in Language::ALL {
        for (name, mut state, facts) in pages(language) {
            for pixels in SIZES {
                for large in [false, true] {
                    state.large = large;
                    let shown = artist.arrange(&state, &facts, size(pixels));
                    let what = format!("{name}, {language:?}, {pixels:?}, large: {large}");
                    check(&mut artist, &what, &shown);
                }
            }
        }
    }
}

#[test]
fn the_longest_record_of_every_script_fits() {
    let mut artist = artist();
    for letters in ["W", "Ж", "हि", "عربي", "ภาษา", "中", "a ", "1 "] {
        let facts = Facts { contact: Some(longest(letters)), ..locked() };
        for language in [Language::English, Language::Arabic] {
            let mut state = State::new(language);
            state.amount_shown = true;
            for pixels in SIZES {
                state.large = pixels.0 == 240;
                let shown = artist.arrange(&state, &facts, size(pixels));
                check(&mut artist, &format!("{letters}, {language:?}, {pixels:?}"), &shown);
            }
        }
    }
}

#[test]
fn the_same_twice_is_the_same() {
    let (mut one, mut other) = (artist(), artist());
    for language in [Language::Hindi, Language::Arabic, Language::Thai] {
        let state = State::new(language);
        let picture = one.draw(&state, &locked(), size((480, 854)));
        assert_eq!(picture, other.draw(&state, &locked(), size((480, 854))));
        assert_eq!(picture, one.draw(&state, &locked(), size((480, 854))));
    }
}
