//! Pictures to be looked at.

use std::fs::{self, File};
use std::path::PathBuf;

use super::fixtures::{artist, pages, size};
use crate::screen::language::Language;
use crate::screen::png;

/// `PAYLATCH_PICTURES=DIR cargo test … -- --ignored gallery`; all of a page, unless
/// `PAYLATCH_SIZES` names other sizes than these.
#[test]
#[ignore = "writes pictures for people"]
fn gallery() {
    let directory =
        PathBuf::from(std::env::var_os("PAYLATCH_PICTURES").expect("PAYLATCH_PICTURES"));
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
                let mut part = 0;
                loop {
                    let shown = artist.arrange(&state, &facts, size);
                    let file = format!("{}-{name}-{wanted}-{part}.png", language.tag());
                    let file = File::create(directory.join(file)).unwrap();
                    png::write(&artist.paint(&shown), file).unwrap();
                    if shown.scroll >= shown.end() {
                        break;
                    }
                    state.scroll = shown.scrolled(shown.scroll + shown.view.height);
                    part += 1;
                }
                state.scroll = 0;
            }
        }
    }
}
