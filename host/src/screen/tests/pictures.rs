//! The pictures in `docs/screen/`, which are what is drawn, to the last bit.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::fixtures::{artist, pages, size};
use crate::screen::language::Language;
use crate::screen::palette::Colour;
use crate::screen::pixmap::Pixmap;
use crate::screen::png;
use crate::screen::state::Action;

const PORTRAIT: (u32, u32) = (480, 854);
const LANDSCAPE: (u32, u32) = (854, 480);

/// The rest of what can be shown, in English.
const MORE: [&str; 7] =
    ["amount", "languages", "code-slip", "notice", "thanks-until", "released", "fault"];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screen")
}

fn pixels(file: &Path) -> Option<Vec<u32>> {
    let decoder = ::png::Decoder::new(BufReader::new(File::open(file).ok()?));
    let mut reader = decoder.read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut bytes).ok()?;
    let pixel = |rgb: &[u8; 3]| u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]);
    Some(bytes.as_chunks().0.iter().map(pixel).collect())
}

/// With `PAYLATCH_PICTURES=write` they are written anew: to be looked at, each of them.
#[test]
fn the_pictures_in_the_documents_are_what_is_drawn() {
    let write = std::env::var("PAYLATCH_PICTURES").is_ok_and(|what| what == "write");
    let mut artist = artist();
    let mut differ = Vec::new();
    for language in Language::ALL {
        for (name, mut state, facts) in pages(language) {
            let english = language == Language::English && MORE.contains(&name);
            if name != "locked" && !english {
                continue;
            }
            for (word, wanted) in [("portrait", PORTRAIT), ("landscape", LANDSCAPE)] {
                if english && word == "landscape" {
                    continue;
                }
                let shown = artist.arrange(&state, &facts, size(wanted));
                if let (true, Some(amount)) = (state.amount_shown, shown.target(Action::Amount)) {
                    state.scroll = shown.scroll_to(amount.rect);
                }
                let drawn = artist.draw(&state, &facts, size(wanted));
                let file = directory().join(format!("{}-{name}-{word}.png", language.tag()));
                if write {
                    fs::create_dir_all(directory()).unwrap();
                    png::write(&drawn, File::create(&file).unwrap()).unwrap();
                }
                if pixels(&file).as_deref() != Some(drawn.pixels()) {
                    differ.push(file.file_name().unwrap().to_owned());
                }
            }
        }
    }
    assert!(differ.is_empty(), "not what is drawn: {differ:?}");
}

#[test]
fn a_picture_is_read_as_it_was_written() {
    let mut drawn = Pixmap::new(size((240, 320)), Colour(0x01_02fd));
    drawn.fill(drawn.size().rect().grow(-9), Colour(0xfe_0080), drawn.size().rect());
    let file = tempfile::NamedTempFile::new().unwrap();
    png::write(&drawn, &file).unwrap();
    assert_eq!(pixels(file.path()).as_deref(), Some(drawn.pixels()));
}
