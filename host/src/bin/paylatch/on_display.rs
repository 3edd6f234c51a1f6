//! The lock screen on the phone's display.

mod input;
mod keys;
mod kms;

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use paylatch::error::Result;
use paylatch::screen::facts::{Facts, Situation};
use paylatch::screen::fonts::Fonts;
use paylatch::screen::language::Language;
use paylatch::screen::state::{Outcome, Said, State};
use paylatch::screen::{Artist, Screen};
use paylatch_proto::api::Status;
use paylatch_proto::refusal::Refusal;

use self::input::Inputs;
use self::kms::Kms;
use crate::link::RETRY;
use crate::lock_screen::{Answer, EMERGENCY, LockScreen, Told, Typed};
use crate::watch::Wake;

const CARDS: &str = "/dev/dri";
const INPUTS: &str = "/dev/input";
/// How often it is looked whether a display or an input device has come or gone.
const LOOK: Duration = Duration::from_secs(1);
/// How long the thanks stay on a display that nobody else takes.
const THANKS: Duration = Duration::from_secs(30);

/// The lock screen on a display.
pub struct OnDisplay {
    fonts: PathBuf,
    wake: Sender<Wake>,
    shown: Option<Shown>,
    retry_at: Option<Instant>,
    looked: Instant,
    /// Of the last time: an owner chooses once.
    chosen: Option<(Language, bool)>,
    /// Where only the thanks are left: until when.
    thanks_until: Option<Instant>,
    /// The notice, or the deadline, that the owner has gone on from.
    dismissed: Option<Pending>,
}

/// What is shown, and what with.
struct Shown {
    /// `None` while the display is unplugged.
    kms: Option<Kms>,
    /// `None` until there is something to show.
    screen: Option<Screen>,
    /// `None` where events can't be had, and behind the thanks.
    inputs: Option<Inputs>,
}

/// What an owner is told of ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Notice { possible: bool, sequence: u64 },
    Deadline { sequence: u64 },
}

impl Pending {
    fn of(facts: &Facts) -> Option<Pending> {
        let sequence = facts.status.enrolment?.sequence;
        match facts.situation() {
            Situation::Notice(notice) => {
                Some(Pending::Notice { possible: notice.lock_in == 0, sequence })
            }
            Situation::Deadline(_) => Some(Pending::Deadline { sequence }),
            _ => None,
        }
    }
}

impl OnDisplay {
    pub fn new(fonts: &Path, wake: Sender<Wake>) -> Self {
        OnDisplay {
            fonts: fonts.to_owned(),
            wake,
            shown: None,
            retry_at: None,
            looked: Instant::now(),
            chosen: None,
            thanks_until: None,
            dismissed: None,
        }
    }

    /// Takes the display and what is typed on, if it has not; says whether it has only now.
    fn take(&mut self) -> Result<bool> {
        if self.shown.is_some() || self.retry_at.is_some_and(|at| Instant::now() < at) {
            return Ok(false);
        }
        self.retry_at = Some(Instant::now() + RETRY);
        let kms = Kms::open(Path::new(CARDS))?;
        let mut inputs = Inputs::new(Path::new(INPUTS), self.wake.clone()).ok();
        inputs.iter_mut().for_each(Inputs::find);
        self.looked = Instant::now();
        self.shown = Some(Shown { kms: Some(kms), screen: None, inputs });
        Ok(true)
    }

    /// Shows these facts.
    fn tell(&mut self, facts: &Facts) -> Result<()> {
        let Some(shown) = &mut self.shown else { return Ok(()) };
        if let Some(screen) = &mut shown.screen {
            screen.tell(facts.clone());
        } else if let Some(kms) = &shown.kms {
            let (language, large) = self.chosen.unwrap_or((facts.language(), false));
            let state = State { large, ..State::new(language) };
            let artist = Artist::new(Fonts::load(&self.fonts));
            shown.screen = Some(Screen::new(artist, kms.size(), state, facts.clone()));
        }
        let painted = shown.paint();
        self.or_leave(painted)
    }

    fn say(&mut self, said: Said) -> Result<()> {
        self.change(|screen| screen.say(said))
    }

    fn change(&mut self, change: impl FnOnce(&mut Screen)) -> Result<()> {
        let Some(shown) = &mut self.shown else { return Ok(()) };
        shown.screen.as_mut().map(change);
        let painted = shown.paint();
        self.or_leave(painted)
    }

    /// Gives all of it back.
    fn leave(&mut self) {
        if let Some(screen) = self.shown.take().and_then(|shown| shown.screen) {
            let state = screen.state();
            self.chosen = Some((state.language, state.large));
        }
        (self.retry_at, self.thanks_until) = (None, None);
    }

    /// A display that fails is left, and taken again later.
    fn or_leave<T>(&mut self, result: Result<T>) -> Result<T> {
        result.inspect_err(|_| {
            self.leave();
            self.retry_at = Some(Instant::now() + RETRY);
        })
    }

    /// Has a look at what may have come or gone.
    fn look(&mut self) -> Result<()> {
        if self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        let Some(shown) = &mut self.shown else { return Ok(()) };
        shown.inputs.iter_mut().for_each(Inputs::find);
        if shown.kms.as_ref().is_some_and(|kms| !kms.is_there()) {
            shown.kms = None;
        }
        if shown.kms.is_none()
            && let Ok(kms) = Kms::open(Path::new(CARDS))
        {
            if let Some(screen) = &mut shown.screen {
                screen.resize(kms.size());
                screen.repaint();
            }
            shown.kms = Some(kms);
        }
        shown.paint()
    }
}

impl Shown {
    /// Puts on the display what looks different from what is there.
    fn paint(&mut self) -> Result<()> {
        let (Some(kms), Some(screen)) = (&mut self.kms, &mut self.screen) else { return Ok(()) };
        match screen.picture() {
            Some(picture) => kms.show(&picture),
            None => Ok(()),
        }
    }
}

impl LockScreen for OnDisplay {
    fn name(&self) -> String {
        "the display".to_owned()
    }

    fn open(&mut self) -> Result<bool> {
        if self.thanks_until.is_some() {
            self.leave();
        }
        self.take()
    }

    fn close(&mut self, told: &Told) {
        // What can't be shown any more is not needed.
        let _ = self.tell(&told.facts);
        let Some(shown) = &mut self.shown else { return };
        shown.inputs = None;
        shown.kms.iter().for_each(Kms::let_go);
        self.thanks_until = Some(Instant::now() + THANKS);
        self.dismissed = Pending::of(&told.facts);
    }

    fn usable(&mut self, told: &Told) -> Result<()> {
        match self.thanks_until {
            Some(until) if Instant::now() < until => return Ok(()),
            Some(_) => self.leave(),
            None => {}
        }
        let pending = Pending::of(&told.facts);
        if pending.is_none() || pending == self.dismissed {
            self.leave();
            return Ok(());
        }
        // Where the OS has the display, what is to come is the OS's to show.
        let _ = self.take().and_then(|_| self.tell(&told.facts));
        Ok(())
    }

    fn read(&mut self) -> Result<Vec<Typed>> {
        let looked = self.look();
        self.or_leave(looked)?;
        let Some(Shown { kms, screen, inputs: Some(inputs) }) = &mut self.shown else {
            return Ok(Vec::new());
        };
        let done = inputs.done();
        // Nothing is pressed that is not seen.
        let (Some(kms), Some(screen)) = (kms, screen) else { return Ok(Vec::new()) };
        let (mut typed, mut over) = (Vec::new(), false);
        for input in done {
            match screen.take(input.on(kms.size())) {
                Outcome::Nothing => {}
                Outcome::Emergency => typed.push(Typed::Emergency(EMERGENCY.to_owned())),
                Outcome::Code(groups) => typed.push(Typed::Groups(groups)),
                Outcome::Off => typed.push(Typed::Off),
                Outcome::Continue => over = true,
            }
        }
        if over && screen.facts().status.state.usable() {
            self.dismissed = Pending::of(screen.facts());
            self.leave();
            return Ok(typed);
        }
        let painted = self.shown.as_mut().map_or(Ok(()), Shown::paint);
        self.or_leave(painted).map(|()| typed)
    }

    fn show(&mut self, told: &Told) -> Result<()> {
        self.tell(&told.facts)?;
        if told.not_ready {
            self.say(Said::NotReady)?;
        }
        Ok(())
    }

    fn later(&mut self, status: &Status) -> Result<()> {
        let screen = self.shown.as_ref().and_then(|shown| shown.screen.as_ref());
        match screen.map(|screen| screen.facts().later(*status)) {
            Some(later) => self.tell(&later),
            None => Ok(()),
        }
    }

    fn answer(&mut self, answer: &Answer) -> Result<()> {
        match answer {
            // The page shows what it did.
            Answer::Taken(_) | Answer::SwitchingOff => Ok(()),
            Answer::NotTaken(error) if error.refusal() == Some(Refusal::WrongCode) => {
                self.change(Screen::code_was_wrong)
            }
            Answer::NotTaken(_) => self.say(Said::NotTaken),
            Answer::Calling(_) => self.say(Said::Calling),
            Answer::NotCalled(_) => self.say(Said::NotCalled),
            Answer::NotOff => self.say(Said::NotOff),
        }
    }
}
