//! What `watch` prints: with `--json` one object a line, told apart by `event`.

use std::collections::BTreeMap;

use paylatch::cli::Printer;
use paylatch::error::{Error, Result};
use paylatch::{view, words};
use paylatch_proto::api::Done;
use paylatch_proto::state::State;
use serde::Serialize;

use crate::commands::done_words;
use crate::lock_screen::Answer;
use crate::mode::Mode;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Seen<'a> {
    /// At the start, and whenever something changed.
    Status(Box<view::Status>),
    /// A text was taken.
    Taken {
        source: &'a str,
        #[serde(flatten)]
        done: view::Done,
    },
    /// A text was refused, or something went wrong; the watch goes on.
    Failed {
        source: Option<&'a str>,
        #[serde(flatten)]
        failure: view::Failure,
    },
    /// The OS is restricted or usable now, for this state (`null`: the lock
    /// can't be asked).
    Mode { mode: Mode, state: Option<&'static str> },
    /// An emergency call was asked for; whether the program that makes it did.
    Emergency { number: &'a str, ok: bool },
    /// The lock was told of a good boot.
    GoodBoot,
    /// The watch ended; the uptime is stored.
    Stopped,
}

/// Tells what is seen.
pub struct Events {
    printer: Printer,
    /// Whether a failure to print ends the watch.
    strict: bool,
    /// What fails and goes on failing, by its source: it is told once.
    lasting: BTreeMap<String, Error>,
}

impl Events {
    pub fn new(printer: Printer, strict: bool) -> Self {
        Events { printer, strict, lasting: BTreeMap::new() }
    }

    pub fn status(&self, status: view::Status) -> Result<()> {
        let words = status.words.clone();
        self.show(&Seen::Status(Box::new(status)), &words)
    }

    pub fn taken(&self, source: &str, done: &Done) -> Result<()> {
        let seen = Seen::Taken { source, done: view::done(done) };
        self.show(&seen, &format!("{source}: {}", done_words(done)))
    }

    /// What is answered to who handed something in: what is told of it, as JSON.
    pub fn answer(source: &str, answer: &Answer) -> String {
        let seen = match answer {
            Answer::Taken(done) => Seen::Taken { source, done: view::done(done) },
            Answer::NotTaken(error) => {
                Seen::Failed { source: Some(source), failure: view::failure(error) }
            }
            _ => return String::new(),
        };
        serde_json::to_string(&seen).unwrap_or_default()
    }

    pub fn failed(&self, source: Option<&str>, error: &Error) -> Result<()> {
        let words = match source {
            Some(source) if !error.to_string().starts_with(source) => {
                error.clone().of(source).to_string()
            }
            _ => error.to_string(),
        };
        self.show(&Seen::Failed { source, failure: view::failure(error) }, &words)
    }

    /// A failure that will be met again until it is [over](Events::over); says
    /// whether it is news.
    pub fn lasting(&mut self, source: Option<&str>, error: &Error) -> Result<bool> {
        let key = source.unwrap_or_default();
        if self.lasting.get(key) == Some(error) {
            return Ok(false);
        }
        self.lasting.insert(key.to_owned(), error.clone());
        self.failed(source, error).map(|()| true)
    }

    /// What failed does not any more; says whether it did.
    pub fn over(&mut self, source: Option<&str>) -> bool {
        self.lasting.remove(source.unwrap_or_default()).is_some()
    }

    pub fn mode(&self, mode: Mode, state: Option<State>) -> Result<()> {
        let state = state.map(words::state_name);
        let words = match (mode, state) {
            (Mode::Usable, _) => "The OS is usable.".to_owned(),
            (Mode::Restricted, Some(state)) => format!("The OS is restricted: {state}."),
            (Mode::Restricted, None) => "The OS is restricted: the lock can't be asked.".into(),
        };
        self.show(&Seen::Mode { mode, state }, &words)
    }

    pub fn emergency(&self, number: &str, ok: bool) -> Result<()> {
        let became = if ok { "called" } else { "could not be called" };
        let words = format!("Emergency call: {number} {became}.");
        self.show(&Seen::Emergency { number, ok }, &words)
    }

    pub fn good_boot(&self) -> Result<()> {
        let words = "The OS has booted well: older builds of the lock are refused from now on.";
        self.show(&Seen::GoodBoot, words)
    }

    pub fn stopped(&self) -> Result<()> {
        self.show(&Seen::Stopped, "Stopped; the time of use is stored.")
    }

    fn show(&self, seen: &Seen, words: &str) -> Result<()> {
        match self.printer.show(seen, words) {
            // Whoever holds the OS restricted goes on, heard or not.
            Err(_) if !self.strict => Ok(()),
            shown => shown,
        }
    }
}
