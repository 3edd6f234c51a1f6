//! What the lock screens have in common, on a terminal and on the display.

use paylatch::error::{Error, Result};
#[cfg(feature = "display")]
use paylatch::screen::facts::Facts;
use paylatch::words;
use paylatch_proto::api::{Done, Status};

use crate::commands::done_words;

/// The emergency number of GSM (3GPP TS 22.101), which every network takes.
pub const EMERGENCY: &str = "112";

const NOT_READY: &str =
    "The phone is not restricted any more, but could not be made ready. This is tried again.";

/// What the owner typed or pressed.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Text(Vec<u8>),
    /// More digits than any emergency number has.
    Code(String),
    /// The two groups of a code.
    #[cfg(feature = "display")]
    Groups([u32; 2]),
    Emergency(String),
    Off,
    Again,
}

/// What is to be shown.
pub struct Told {
    /// In words; where the lock can't be asked, that it can't.
    pub words: String,
    /// In one line, without whom to call.
    pub brief: String,
    /// For a drawn page.
    #[cfg(feature = "display")]
    pub facts: Facts,
    /// Whether the phone may be used, and could not be made ready.
    pub not_ready: bool,
}

impl Told {
    /// In words, whole.
    pub fn whole(&self) -> String {
        match self.not_ready {
            true => format!("{}\n\n{NOT_READY}", self.words),
            false => self.words.clone(),
        }
    }
}

/// What became of what the owner typed or pressed.
pub enum Answer {
    Taken(Box<Done>),
    NotTaken(Error),
    /// This number.
    Calling(String),
    NotCalled(String),
    SwitchingOff,
    NotOff,
}

impl Answer {
    pub fn words(&self) -> String {
        match self {
            Answer::Taken(done) => done_words(done),
            Answer::NotTaken(error) => {
                let why = error.refusal().map(words::refusal);
                format!("Not taken: {}.", why.map_or(error.to_string(), str::to_owned))
            }
            Answer::Calling(number) => format!("Calling {number} ..."),
            Answer::NotCalled(number) => {
                format!("{number} could not be called. Try again, or try another number.")
            }
            Answer::SwitchingOff => "Switching off ...".to_owned(),
            Answer::NotOff => "The phone could not be switched off. Try again.".to_owned(),
        }
    }
}

/// A lock screen. One that fails is closed, and opened again after a while.
pub trait LockScreen {
    /// What its failures and what is typed on it are told of.
    fn name(&self) -> String;

    /// Takes what it is shown on, if it has not; says whether it has only now.
    fn open(&mut self) -> Result<bool>;

    /// Gives it back, with a last word.
    fn close(&mut self, told: &Told);

    /// While the phone may be used: says what is to come.
    fn usable(&mut self, _told: &Told) -> Result<()> {
        Ok(())
    }

    /// What was typed; what can't be meant is answered at once.
    fn read(&mut self) -> Result<Vec<Typed>>;

    /// Shows something else, if it is open.
    fn show(&mut self, told: &Told) -> Result<()>;

    /// Shows that time has passed, if it is open.
    fn later(&mut self, _status: &Status) -> Result<()> {
        Ok(())
    }

    /// Answers what was typed, if it is open.
    fn answer(&mut self, answer: &Answer) -> Result<()>;
}
