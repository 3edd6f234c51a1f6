//! What the watch does for the OS and on its screen.

use paylatch::error::{Error, Result};
use paylatch::{hotline, text, words};
use paylatch_proto::state::State;

use crate::commands::Phone;
use crate::link::Link;
use crate::mode::Mode;
use crate::screen::{Screen, Typed};
use crate::system::Action;
use crate::watch::{KINDS, Watcher};

const NOT_YET: &str =
    "The phone is not restricted any more, but could not be made ready. This is tried again.";

impl Watcher<'_> {
    /// Does what was typed on the screen.
    pub fn obey_screen(&mut self) -> Result<()> {
        let Some(screen) = self.screen() else { return Ok(()) };
        let (name, typed) = (screen.name(), screen.read());
        let typed = match typed {
            Ok(typed) => typed,
            Err(error) => return self.events.lasting(Some(&name), &error).map(drop),
        };
        for typed in typed {
            let answer = match typed {
                Typed::Again => {
                    self.outdated = true;
                    continue;
                }
                Typed::Text(line) => self.hand_in_once(&name, text::parse(&line, &KINDS))?,
                Typed::Code(digits) => self.try_code(&name, hotline::groups(&digits))?,
                Typed::Emergency(number) => self.act(Action::Emergency(number))?,
                Typed::Off => self.act(Action::Off)?,
            };
            self.say(&answer)?;
        }
        Ok(())
    }

    /// Holds the OS in the mode that follows from the state, and shows the
    /// screen while it is restricted.
    pub fn hold(&mut self, state: Option<State>, due: bool) -> Result<()> {
        let ended = self.holder.as_mut().map(|holder| holder.system.ended());
        for (action, result) in ended.unwrap_or_default() {
            let said = self.ended(&action, result, state)?;
            self.say(&said)?;
        }
        let Some(holder) = &mut self.holder else { return Ok(()) };
        let wanted = holder.wanted(state);
        if let Some(mode) = holder.next(wanted, due) {
            if let (Mode::Usable, Some(screen)) = (mode, &mut holder.screen) {
                screen.close(&last_words(&mut self.link));
            }
            if let Err(error) = holder.change(mode) {
                self.events.lasting(Some(&holder.system.name()), &error)?;
            }
        }
        if holder.shows() { self.show(wanted) } else { Ok(()) }
    }

    fn screen(&mut self) -> Option<&mut Screen> {
        self.holder.as_mut()?.screen.as_mut()
    }

    /// Runs the program for the owner; gives back what to say of it.
    fn act(&mut self, action: Action) -> Result<String> {
        let Some(holder) = &mut self.holder else { return Ok(String::new()) };
        match holder.system.start(action.clone()) {
            Err(error) => self.ended(&action, Err(error), None),
            Ok(()) => Ok(match action {
                Action::Emergency(number) => format!("Calling {number} ..."),
                _ => "Switching off ...".to_owned(),
            }),
        }
    }

    /// Tells how a run of the program ended; gives back what to say of it.
    fn ended(
        &mut self,
        action: &Action,
        result: Result<()>,
        state: Option<State>,
    ) -> Result<String> {
        let Some(holder) = &mut self.holder else { return Ok(String::new()) };
        let program = holder.system.name();
        if let Action::Emergency(number) = action {
            self.events.emergency(number, result.is_ok())?;
        }
        if let Action::Mode(mode) = action {
            holder.ended(*mode, &result);
            return match result {
                Ok(()) => {
                    self.events.over(Some(&program));
                    self.events.mode(*mode, state)
                }
                Err(error) => self.events.lasting(Some(&program), &error).map(drop),
            }
            .map(|()| String::new());
        }
        let Err(error) = result else { return Ok(String::new()) };
        self.events.failed(Some(&program), &error)?;
        Ok(match action {
            Action::Emergency(number) => {
                format!("{number} could not be called. Try again, or try another number.")
            }
            _ => "The phone could not be switched off. Try again.".to_owned(),
        })
    }

    /// Shows the screen where it is not shown, or shows what is no more.
    fn show(&mut self, wanted: Mode) -> Result<()> {
        let Some(screen) = self.screen() else { return Ok(()) };
        let (name, opened) = (screen.name(), screen.open());
        match opened {
            Err(error) => return self.events.lasting(Some(&name), &error).map(drop),
            Ok(false) if !self.outdated => return Ok(()),
            Ok(opened) => {
                if opened {
                    self.events.over(Some(&name));
                }
            }
        }
        self.outdated = false;
        let mut words = status_words(&mut self.link);
        if wanted == Mode::Usable {
            words = format!("{words}\n\n{NOT_YET}");
        }
        match self.screen().map(|screen| screen.show(&words)) {
            Some(Err(error)) => self.events.lasting(Some(&name), &error).map(drop),
            _ => Ok(()),
        }
    }

    fn say(&mut self, text: &str) -> Result<()> {
        let Some(screen) = self.screen().filter(|_| !text.is_empty()) else { return Ok(()) };
        let (name, said) = (screen.name(), screen.say(text));
        match said {
            Err(error) => self.events.lasting(Some(&name), &error).map(drop),
            Ok(()) => Ok(()),
        }
    }
}

/// What `paylatch status` prints; without an answer, why there is none.
fn status_words(link: &mut Link) -> String {
    let asked = link.call(|phone| Ok((phone.status()?, phone.contact_if_any()?)));
    match asked {
        Ok((status, contact)) => words::status(&status, contact.as_ref()),
        Err(error) => unanswered(&error),
    }
}

fn unanswered(error: &Error) -> String {
    format!("The phone's lock can't be asked, so the phone is treated as locked: {error}.")
}

/// The line that stays when the screen goes: until when the phone can be used,
/// or that it is the owner's for good.
fn last_words(link: &mut Link) -> String {
    let status = link.call(Phone::status).map(|status| words::status(&status, None));
    status.map_or_else(|_| "The phone can be used.".into(), |words| words.replace('\n', " "))
}
