//! `screen`: draws the lock screen of a phone to a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use paylatch::cli::Printer;
use paylatch::error::{Error, Kind, Result};
use paylatch::screen::Artist;
use paylatch::screen::facts::Facts;
use paylatch::screen::fonts::Fonts;
use paylatch::screen::png;
use paylatch::screen::state::State;
use serde::Serialize;

use crate::cli::Draw;
use crate::commands::Phone;

/// What `screen` prints with `--json`.
#[derive(Serialize)]
struct Drawn {
    width: i32,
    height: i32,
    language: &'static str,
    /// How far the page can be scrolled, pixels.
    scrolls: i32,
    /// How many buttons keys can reach.
    buttons: usize,
    /// Characters that no font has.
    unknown_characters: usize,
}

/// Draws; where the lock can't be asked, what is to be said then, and ends with why.
pub fn run(
    arguments: &Draw,
    phone: impl FnOnce() -> Result<Phone>,
    printer: Printer,
) -> Result<()> {
    let asked = phone().and_then(|mut phone| Facts::ask(&mut phone));
    let (facts, failure) = match asked {
        Ok(facts) => (facts, None),
        Err(error) => (Facts::unknown(), Some(error)),
    };
    let directory = &arguments.fonts.directory;
    let fonts = Fonts::load(directory);
    let warn = |what: String| {
        printer.warn("paylatch", &Error::new(Kind::Input, what).of(directory.display()));
    };
    if fonts.can_write() {
        fonts.problems().iter().for_each(|problem| warn(problem.to_string()));
    } else {
        warn("the fonts are not there; drawn with the few glyphs that are built in".into());
    }
    let mut artist = Artist::new(fonts);
    let mut state = State::new(arguments.language.unwrap_or_else(|| facts.language()));
    state.place = arguments.page.into();
    state.large = arguments.large_text;
    state.amount_shown = arguments.show_amount;
    state.thanks = arguments.thanks;
    state.scroll = arguments.scroll;
    let size = arguments.size;
    if let Some(number) = arguments.focus {
        let shown = artist.arrange(&state, &facts, size);
        let target = number.checked_sub(1).and_then(|at| shown.focusable().nth(at));
        let target = target.ok_or_else(|| {
            let count = shown.focusable().count();
            Error::new(Kind::Usage, format!("--focus {number}: there are {count} buttons"))
        })?;
        state.focus = Some(target.action);
        if !target.fixed && arguments.scroll == 0 {
            state.scroll = shown.scroll_to(target.rect);
        }
    }
    let shown = artist.arrange(&state, &facts, size);
    let picture = artist.paint(&shown);
    let failed = |error: std::io::Error| Error::io(&arguments.png, &error);
    if arguments.png == Path::new("-") {
        png::write(&picture, std::io::stdout().lock())?;
    } else {
        let mut file = BufWriter::new(File::create(&arguments.png).map_err(failed)?);
        png::write(&picture, &mut file)?;
        file.flush().map_err(failed)?;
        let drawn = Drawn {
            width: size.width(),
            height: size.height(),
            language: state.language.tag(),
            scrolls: shown.end(),
            buttons: shown.focusable().count(),
            unknown_characters: shown.unknown,
        };
        printer.show(&drawn, &format!("The screen is in {}.", arguments.png.display()))?;
    }
    failure.map_or(Ok(()), Err)
}
