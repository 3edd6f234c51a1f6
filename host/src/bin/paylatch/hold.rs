//! What the watch does for the OS and on its screens.

use paylatch::error::{Error, Result};
#[cfg(feature = "display")]
use paylatch::screen::facts::Facts;
use paylatch::{hotline, text, words};
use paylatch_proto::state::State;

#[cfg(feature = "display")]
use crate::commands::Phone;
use crate::link::Link;
use crate::lock_screen::{Answer, LockScreen, Told, Typed};
use crate::mode::Mode;
use crate::system::Action;
use crate::watch::{KINDS, Watcher};

impl Watcher<'_> {
    /// Does what was typed on the screens.
    pub fn obey_screens(&mut self) -> Result<()> {
        let typed = self.each_screen(LockScreen::read)?;
        for (name, typed) in typed {
            for typed in typed {
                let answer = match typed {
                    Typed::Again => {
                        self.outdated = true;
                        continue;
                    }
                    Typed::Text(line) => self.hand_in_once(&name, text::parse(&line, &KINDS))?,
                    Typed::Code(digits) => self.try_code(&name, hotline::groups(&digits))?,
                    #[cfg(feature = "display")]
                    Typed::Groups(groups) => self.try_code(&name, Ok(groups))?,
                    Typed::Emergency(number) => self.act(Action::Emergency(number))?,
                    Typed::Off => self.act(Action::Off)?,
                };
                self.answer(&answer)?;
            }
        }
        Ok(())
    }

    /// Holds the OS in the mode that follows from the state, and shows the
    /// screens while it is restricted.
    pub fn hold(&mut self, state: Option<State>, due: bool) -> Result<()> {
        let ended = self.holder.as_mut().map(|holder| holder.system.ended());
        for (action, result) in ended.unwrap_or_default() {
            if let Some(answer) = self.ended(&action, result, state)? {
                self.answer(&answer)?;
            }
        }
        let Some(holder) = &mut self.holder else { return Ok(()) };
        let wanted = holder.wanted(state);
        if let Some(mode) = holder.next(wanted, due) {
            if mode == Mode::Usable && !holder.screens.is_empty() {
                let told = told(&mut self.link, false);
                holder.screens.iter_mut().for_each(|screen| screen.close(&told));
            }
            if let Err(error) = holder.change(mode) {
                self.events.lasting(Some(&holder.system.name()), &error)?;
            }
        }
        let (shows, usable) = (holder.shows(), holder.mode() == Mode::Usable);
        match (shows, usable) {
            (true, _) => self.show(wanted),
            (false, true) => self.show_what_is_to_come(),
            (false, false) => Ok(()),
        }
    }

    /// Runs the program for the owner.
    fn act(&mut self, action: Action) -> Result<Answer> {
        let Some(holder) = &mut self.holder else { return Ok(Answer::NotOff) };
        match holder.system.start(action.clone()) {
            Err(error) => {
                let failed = self.ended(&action, Err(error), None)?;
                Ok(failed.unwrap_or(Answer::NotOff))
            }
            Ok(()) => Ok(match action {
                Action::Emergency(number) => Answer::Calling(number),
                _ => Answer::SwitchingOff,
            }),
        }
    }

    /// Tells how a run of the program ended; gives back what to say of it.
    fn ended(
        &mut self,
        action: &Action,
        result: Result<()>,
        state: Option<State>,
    ) -> Result<Option<Answer>> {
        let Some(holder) = &mut self.holder else { return Ok(None) };
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
            .map(|()| None);
        }
        let Err(error) = result else { return Ok(None) };
        self.events.failed(Some(&program), &error)?;
        Ok(Some(match action {
            Action::Emergency(number) => Answer::NotCalled(number.clone()),
            _ => Answer::NotOff,
        }))
    }

    /// Shows the screens where they are not shown, or show what is no more.
    fn show(&mut self, wanted: Mode) -> Result<()> {
        self.page = None;
        for (name, opened) in self.each_screen(LockScreen::open)? {
            if opened {
                self.events.over(Some(&name));
                self.outdated = true;
            }
        }
        if std::mem::take(&mut self.outdated) {
            let told = told(&mut self.link, wanted == Mode::Usable);
            self.each_screen(|screen| screen.show(&told))?;
        } else if let Some(status) = self.aged.take() {
            self.each_screen(|screen| screen.later(&status))?;
        }
        Ok(())
    }

    /// While the phone may be used: a screen may say what is to come.
    fn show_what_is_to_come(&mut self) -> Result<()> {
        if self.holder.as_ref().is_none_or(|holder| holder.screens.is_empty()) {
            return Ok(());
        }
        let page = match self.page.take().filter(|_| !self.outdated) {
            Some(page) => page,
            None => told(&mut self.link, false),
        };
        self.outdated = false;
        self.each_screen(|screen| screen.usable(&page))?;
        self.page = Some(page);
        if let Some(status) = self.aged.take() {
            self.each_screen(|screen| screen.later(&status))?;
        }
        Ok(())
    }

    fn answer(&mut self, answer: &Answer) -> Result<()> {
        self.each_screen(|screen| screen.answer(answer)).map(drop)
    }

    /// Has each screen do something; gives back what came of it, by their names. What
    /// fails is told once.
    fn each_screen<T>(
        &mut self,
        mut act: impl FnMut(&mut (dyn LockScreen + 'static)) -> Result<T>,
    ) -> Result<Vec<(String, T)>> {
        let screens = self.holder.as_mut().map(|holder| &mut holder.screens);
        let mut all = Vec::new();
        for screen in screens.into_iter().flatten() {
            match act(screen.as_mut()) {
                Ok(done) => all.push((screen.name(), done)),
                Err(error) => drop(self.events.lasting(Some(&screen.name()), &error)?),
            }
        }
        Ok(all)
    }
}

/// What there is to show: what `paylatch status` prints; without an answer, why there is
/// none.
fn told(link: &mut Link, not_ready: bool) -> Told {
    let asked = link.call(|phone| Ok((phone.status()?, phone.contact_if_any()?)));
    let (words, brief) = match &asked {
        Ok((status, contact)) => (
            words::status(status, contact.as_ref()),
            words::status(status, None).replace('\n', " "),
        ),
        Err(error) => (unanswered(error), "The phone can be used.".to_owned()),
    };
    #[cfg(feature = "display")]
    let facts = match asked {
        Ok((status, contact)) => {
            // A lock that tells no history tells no "since when".
            let events = link.call(Phone::history).unwrap_or_default();
            Facts::of(status, contact, &events)
        }
        Err(_) => Facts::unknown(),
    };
    Told {
        words,
        brief,
        #[cfg(feature = "display")]
        facts,
        not_ready,
    }
}

fn unanswered(error: &Error) -> String {
    format!("The phone's lock can't be asked, so the phone is treated as locked: {error}.")
}
