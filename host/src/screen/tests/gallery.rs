//! Pictures to be looked at.

use std::fs::{self, File};
use std::path::PathBuf;

use super::fixtures::{artist, pages, size};
use crate::screen::language::Language;
use crate::screen::palette::Colour;
use crate::screen::pixmap::{Pixmap, Size};
use crate::screen::png;
use crate::screen::rect::Rect;

/// `PAYLATCH_GALLERY=DIR cargo test … -- --ignored gallery`; some of them with
/// `PAYLATCH_SIZES`, `PAYLATCH_PAGES` and `PAYLATCH_LANGUAGES`, each a list with commas,
/// and in large text with `PAYLATCH_LARGE=1`.
#[test]
#[ignore = "writes pictures for people"]
fn gallery() {
    let directory = PathBuf::from(std::env::var_os("PAYLATCH_GALLERY").expect("PAYLATCH_GALLERY"));
    fs::create_dir_all(&directory).unwrap();
    let chosen =
        |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let sizes = chosen("PAYLATCH_SIZES", "1080x2340,2340x1080,240x320");
    let only = chosen("PAYLATCH_PAGES", "");
    let tags = chosen("PAYLATCH_LANGUAGES", "");
    let large = chosen("PAYLATCH_LARGE", "") == "1";
    let mut artist = artist();
    for language in Language::ALL {
        if !tags.is_empty() && !tags.split(',').any(|tag| tag == language.tag()) {
            continue;
        }
        for (name, mut state, facts) in pages(language) {
            if !only.is_empty() && !only.split(',').any(|page| page == name) {
                continue;
            }
            state.large = large;
            for wanted in sizes.split(',') {
                let (width, height) = wanted.split_once('x').unwrap();
                let size = size((width.parse().unwrap(), height.parse().unwrap()));
                let mut parts = Vec::new();
                loop {
                    let shown = artist.arrange(&state, &facts, size);
                    parts.push(artist.paint(&shown));
                    if shown.scroll >= shown.end() {
                        break;
                    }
                    state.scroll = shown.scrolled(shown.scroll + shown.view.height);
                }
                let file = format!("{}-{name}-{wanted}.png", language.tag());
                png::write(&beside(&parts), File::create(directory.join(file)).unwrap()).unwrap();
                state.scroll = 0;
            }
        }
    }
}

/// The parts of a page beside each other, as many as a picture may have.
fn beside(parts: &[Pixmap]) -> Pixmap {
    let one = parts[0].size();
    let gap = 8;
    let most = (i32::from(Size::GREATEST) / (one.width() + gap)).max(1);
    let parts = &parts[..parts.len().min(most as usize)];
    let count = parts.len() as i32;
    let width = count * (one.width() + gap) - gap;
    let size = Size::new(width as u32, one.height() as u32).unwrap();
    let mut whole = Pixmap::new(size, Colour::BLACK);
    for (x, part) in (0..count).map(|place| place * (one.width() + gap)).zip(parts) {
        for (y, row) in (0..).zip(part.rows()) {
            for (at, &pixel) in (0..).zip(row) {
                whole.fill(Rect::new(x + at, y, 1, 1), Colour(pixel), size.rect());
            }
        }
    }
    whole
}
