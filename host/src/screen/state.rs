//! Where the owner is on the screen, and what keys and fingers do there.

use paylatch_proto::state::State as Phase;

use crate::screen::arrange::{Arrangement, Target};
use crate::screen::code::Typed;
use crate::screen::facts::Facts;
use crate::screen::language::Language;

/// Which page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The one that the situation begins with.
    #[default]
    Main,
    /// The choice of the language.
    Languages,
    /// A code from the hotline.
    Code,
}

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An emergency call.
    Emergency,
    /// To the choice of the language.
    Languages,
    /// This language.
    Choose(Language),
    /// Larger or smaller text.
    TextSize,
    /// Shows or hides the amount.
    Amount,
    /// To the code from the hotline.
    EnterCode,
    /// Types a digit.
    Digit(u8),
    /// Takes the last digit back.
    Erase,
    /// Tries the code.
    Send,
    /// Back to the main page.
    Back,
    /// Away from the screen, where the phone can be used.
    Continue,
    /// Switches the phone off.
    Off,
    /// To what is above.
    Up,
    /// To what is below.
    Down,
}

/// What the owner did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The key for the next button.
    Next,
    /// The key for the one before.
    Previous,
    /// The key that presses the button in focus.
    Activate,
    /// A digit's key.
    Digit(u8),
    /// The key that takes back.
    Backspace,
    /// The key that leaves.
    Escape,
    /// A tap, in pixels from the display's upper left corner.
    Touch(i32, i32),
    /// The page was pushed up by so many pixels; down, if negative.
    Scroll(i32),
}

/// What is to be done about it outside of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Nothing,
    /// An emergency call.
    Emergency,
    /// Try this code: two groups of six digits, each with its check digit. A wrong one is
    /// to be [told](State::code_was_wrong).
    Code([u32; 2]),
    /// Leave the screen.
    Continue,
    /// Switch the phone off.
    Off,
}

/// What became of what the owner did, where no page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// An emergency call is being made.
    Calling,
    /// It could not be made.
    NotCalled,
    /// A code or a text was refused, and not as a wrong code.
    NotTaken,
    /// The phone could not be switched off.
    NotOff,
    /// The phone may be used, and could not be made ready.
    NotReady,
}

/// Where the owner is. Two that are equal are drawn equally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The page that was asked for.
    pub place: Place,
    /// The language.
    pub language: Language,
    /// Whether the text is large.
    pub large: bool,
    /// The button that the keys are at.
    pub focus: Option<Action>,
    /// Whether the amount is shown.
    pub amount_shown: bool,
    /// The code as far as it is typed.
    pub typed: Typed,
    /// Whether the last code was wrong.
    pub wrong: bool,
    /// What is said until the owner goes on.
    pub said: Option<Said>,
    /// Whether it was unlocked just now.
    pub thanks: bool,
    /// How far the page is pushed up, in pixels.
    pub scroll: i32,
}

impl State {
    /// At the beginning.
    pub fn new(language: Language) -> Self {
        State {
            place: Place::Main,
            language,
            large: false,
            focus: None,
            amount_shown: false,
            typed: Typed::default(),
            wrong: false,
            said: None,
            thanks: false,
            scroll: 0,
        }
    }

    /// The page that is shown: what the facts do not allow is the main one.
    pub fn place(&self, facts: &Facts) -> Place {
        match self.place {
            Place::Code if facts.takes_codes().is_none() => Place::Main,
            place => place,
        }
    }

    /// The code, where it can be tried.
    pub fn code(&self, facts: &Facts) -> Option<[u32; 2]> {
        let now = facts.takes_codes().is_some_and(|hotline| hotline.wait == 0);
        self.typed.whole().filter(|_| now)
    }

    /// A code was wrong.
    pub fn code_was_wrong(&mut self) {
        self.typed.clear();
        self.wrong = true;
    }

    /// Says something, on top of the page.
    pub fn say(&mut self, said: Said) {
        if said == Said::NotTaken {
            self.typed.clear();
        }
        self.said = Some(said);
        self.scroll = 0;
    }

    /// The phone's state has changed: what was done on the old page is over, and who was
    /// locked out is thanked.
    pub fn changed(&mut self, before: Phase, now: Phase) {
        self.go(Place::Main);
        self.thanks = before == Phase::Locked && now.usable();
    }

    /// Takes what the owner did on what is shown.
    pub fn take(&mut self, event: Event, facts: &Facts, shown: &Arrangement) -> Outcome {
        self.said = None;
        match event {
            Event::Next => self.move_focus(shown, Step::Next),
            Event::Previous => self.move_focus(shown, Step::Previous),
            Event::Activate => return self.activate(facts, shown),
            Event::Digit(digit) if self.place(facts) == Place::Code => {
                self.type_digit(digit, facts, shown);
            }
            Event::Backspace if self.place(facts) == Place::Code => self.typed.pop(),
            Event::Digit(_) | Event::Backspace => {}
            Event::Escape => self.go(Place::Main),
            Event::Touch(x, y) => {
                if let Some(target) = shown.target_at(x, y) {
                    let action = target.action;
                    if !matches!(action, Action::Up | Action::Down) {
                        self.focus = Some(action);
                    }
                    return self.act(action, facts, shown);
                }
            }
            Event::Scroll(by) => self.scroll = shown.scrolled(shown.scroll.saturating_add(by)),
        }
        Outcome::Nothing
    }

    /// Presses the button in focus; one that is out of sight is only brought back.
    fn activate(&mut self, facts: &Facts, shown: &Arrangement) -> Outcome {
        let Some(target) = self.focus.and_then(|action| shown.target(action)) else {
            return Outcome::Nothing;
        };
        if !shown.in_sight(target).is_empty() {
            return self.act(target.action, facts, shown);
        }
        self.scroll = shown.scroll_to(target.rect);
        Outcome::Nothing
    }

    fn act(&mut self, action: Action, facts: &Facts, shown: &Arrangement) -> Outcome {
        match action {
            Action::Emergency => return Outcome::Emergency,
            Action::Continue => return Outcome::Continue,
            Action::Off => return Outcome::Off,
            Action::Send => {
                return self.code(facts).map_or(Outcome::Nothing, Outcome::Code);
            }
            Action::Languages => self.go(Place::Languages),
            Action::Choose(language) => {
                self.language = language;
                self.go(Place::Main);
            }
            Action::TextSize => {
                self.large = !self.large;
                self.scroll = 0;
            }
            Action::Amount => self.amount_shown = !self.amount_shown,
            Action::EnterCode => self.go(Place::Code),
            Action::Digit(digit) => self.type_digit(digit, facts, shown),
            Action::Erase => self.typed.pop(),
            Action::Back => self.go(Place::Main),
            Action::Up => self.scroll = shown.scrolled(shown.scroll - shown.page_step()),
            Action::Down => self.scroll = shown.scrolled(shown.scroll + shown.page_step()),
        }
        Outcome::Nothing
    }

    /// To another page: what was typed or shown before is not there any more.
    fn go(&mut self, place: Place) {
        *self = State {
            place,
            focus: None,
            amount_shown: false,
            typed: Typed::default(),
            wrong: false,
            said: None,
            scroll: 0,
            ..self.clone()
        };
    }

    /// Types a digit; with the last one, what tries the code comes into sight.
    fn type_digit(&mut self, digit: u8, facts: &Facts, shown: &Arrangement) {
        self.wrong = false;
        self.typed.push(digit);
        if self.code(facts).is_some() {
            self.focus = Some(Action::Send);
            self.scroll = shown.end();
        }
    }

    /// Moves the focus, or pushes the page where the next button is further away: so
    /// that whoever has keys alone passes all that is written.
    fn move_focus(&mut self, shown: &Arrangement, step: Step) {
        let targets: Vec<&Target> = shown.focusable().collect();
        let now = self.focus.and_then(|focus| targets.iter().position(|t| t.action == focus));
        let last = targets.len().saturating_sub(1);
        let (next, turns) = match (now, step) {
            (None, Step::Next) => (0, false),
            (None, Step::Previous) => (last, true),
            (Some(now), Step::Next) => {
                if now >= last {
                    (0, true)
                } else {
                    (now + 1, false)
                }
            }
            (Some(now), Step::Previous) => {
                if now == 0 {
                    (last, true)
                } else {
                    (now - 1, false)
                }
            }
        };
        let Some(target) = targets.get(next) else { return };
        // What stays in sight follows what is scrolled.
        let wanted = match (target.fixed, step) {
            (true, Step::Next) => shown.end(),
            (true, Step::Previous) => shown.scroll,
            (false, _) => shown.scroll_to(target.rect),
        };
        let steps = shown.page_step();
        if turns || (wanted - shown.scroll).abs() <= steps {
            let passed = target.fixed && wanted != shown.scroll && !turns;
            self.scroll = wanted;
            if !passed {
                self.focus = Some(target.action);
            }
        } else {
            self.scroll = shown.scroll + steps * (wanted - shown.scroll).signum();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Next,
    Previous,
}
