//! The lock screen on a terminal: for a phone without a display, and beside one.

use std::path::{Path, PathBuf};
use std::time::Instant;

use paylatch::error::Result;
use paylatch::text;

use crate::link::RETRY;
use crate::lock_screen::{Answer, EMERGENCY, LockScreen, Told, Typed};
use crate::terminal::{Line, Terminal};

const SAFE: &str = "Your data are safe: nothing on this phone is erased.";
const HELP: &str = "\
Type one of these, then Enter:
  emergency               an emergency call; or its number, 2 to 5 digits
  12 digits               the code that you were told by phone
  PAYLATCH1:...           the text you were sent: an unlock, a release, a seal
  off                     switch the phone off
  (nothing)               show this again";
const UNKNOWN: &str = "Not understood. Type emergency, a number of 2 to 5 digits, a code of 12 digits, a text \
     that begins with PAYLATCH, or off. Enter alone shows the screen again.";
const TOO_LONG: &str = "That line was too long and was dropped. Type or paste one text at a time.";

/// The screen; its terminal is open only while it is shown.
pub struct OnTerminal {
    path: PathBuf,
    terminal: Option<Terminal>,
    retry_at: Option<Instant>,
}

impl OnTerminal {
    pub fn new(path: &Path) -> Self {
        OnTerminal { path: path.to_owned(), terminal: None, retry_at: None }
    }

    /// Writes lines, if it is open.
    fn say(&mut self, text: &str) -> Result<()> {
        self.with(|terminal| terminal.write(text)).map(drop)
    }

    /// A terminal that fails is closed, and opened again later.
    fn with<T>(&mut self, act: impl FnOnce(&mut Terminal) -> Result<T>) -> Result<Option<T>> {
        let Some(terminal) = &mut self.terminal else { return Ok(None) };
        act(terminal).map(Some).inspect_err(|_| {
            (self.terminal, self.retry_at) = (None, Some(Instant::now() + RETRY));
        })
    }
}

impl LockScreen for OnTerminal {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn open(&mut self) -> Result<bool> {
        if self.terminal.is_some() || self.retry_at.is_some_and(|at| Instant::now() < at) {
            return Ok(false);
        }
        self.retry_at = Some(Instant::now() + RETRY);
        self.terminal = Some(Terminal::open(&self.path)?);
        Ok(true)
    }

    /// Nothing that was typed is left for whoever has the terminal next.
    fn close(&mut self, told: &Told) {
        if self.terminal.is_some() {
            // Where nobody can read them, they are not needed.
            let _ = self.say(&told.brief);
        }
        (self.terminal, self.retry_at) = (None, None);
    }

    fn read(&mut self) -> Result<Vec<Typed>> {
        let mut typed = Vec::new();
        let lines = self.with(|terminal| terminal.flush().and_then(|()| terminal.read()))?;
        for line in lines.unwrap_or_default() {
            match line {
                Line::TooLong => self.say(TOO_LONG)?,
                Line::Whole(line) => match meaning(&line) {
                    None => self.say(UNKNOWN)?,
                    Some(meant) => typed.push(meant),
                },
            }
        }
        Ok(typed)
    }

    fn show(&mut self, told: &Told) -> Result<()> {
        self.say(&format!("\n{}\n\n{SAFE}\n\n{HELP}\n", told.whole()))
    }

    fn answer(&mut self, answer: &Answer) -> Result<()> {
        self.say(&answer.words())
    }
}

/// What a line means, if anything.
fn meaning(line: &[u8]) -> Option<Typed> {
    let line = line.trim_ascii();
    match line {
        b"" => Some(Typed::Again),
        _ if line.eq_ignore_ascii_case(b"off") => Some(Typed::Off),
        _ if line.eq_ignore_ascii_case(b"emergency") => {
            Some(Typed::Emergency(EMERGENCY.to_owned()))
        }
        _ if text::is_armoured(line) => Some(Typed::Text(line.to_vec())),
        _ if (2..=5).contains(&line.len()) && line.iter().all(u8::is_ascii_digit) => {
            Some(Typed::Emergency(String::from_utf8_lossy(line).into_owned()))
        }
        _ if line.len() > 5 && line.iter().all(|b| b.is_ascii_digit() || b" -".contains(b)) => {
            Some(Typed::Code(String::from_utf8_lossy(line).into_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_understood_or_not() {
        let number = |digits: &str| Some(Typed::Emergency(digits.into()));
        for (line, typed) in [
            ("", Some(Typed::Again)),
            (" \t\r", Some(Typed::Again)),
            ("off", Some(Typed::Off)),
            (" OFF ", Some(Typed::Off)),
            ("emergency", number("112")),
            ("Emergency", number("112")),
            ("11", number("11")),
            ("911", number("911")),
            ("12345", number("12345")),
            ("1", None),
            ("123456", Some(Typed::Code("123456".into()))),
            (" 123456 789012 ", Some(Typed::Code("123456 789012".into()))),
            ("123-456-789-012", Some(Typed::Code("123-456-789-012".into()))),
            ("123456 78901x", None),
            ("-11", None),
            ("1 1 2", None),
            ("٩٩٩", None),
            ("offf", None),
            ("sh", None),
            ("\u{1b}[A", None),
            ("paylatch1:abc", Some(Typed::Text(b"paylatch1:abc".into()))),
        ] {
            assert_eq!(meaning(line.as_bytes()), typed, "{line}");
        }
        assert_eq!(meaning(&[0xff, 0xfe]), None);
    }
}
