//! An owner in front of a phone: does something on the screen, and sees what it shows.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use paylatch::screen::catalogue::Catalogue;
use paylatch::screen::facts::Facts;
use paylatch::screen::fonts::Fonts;
use paylatch::screen::language::Language;
use paylatch::screen::pixmap::{Pixmap, Size};
use paylatch::screen::rect::Rect;
use paylatch::screen::state::{Action, Event, Outcome, Said, State};
use paylatch::screen::{Artist, png};
use paylatch::words;
use paylatch_proto::api::{self, EventKind, Notice, Status};
use paylatch_proto::bytes::Bytes;
use paylatch_proto::contact::{Amount, Contact};
use paylatch_proto::hotline::Challenge;
use paylatch_proto::state::{self, Fault, Reason};
use paylatch_proto::voucher::Policy;
use serde_json::Value;

use crate::device::built;
use crate::display::{Display, Photograph};
use crate::emulator::LOGS;
use crate::shipped::state_of;
use crate::{Failure, Result, repository};

/// For how long a display may show something else.
const PATIENCE: Duration = Duration::from_secs(300);

/// An owner, who knows what the phone's lock has said, and has the same screen drawn on a
/// PC: the phone's must be the same to the last pixel, after whatever is done on it.
pub struct Owner {
    display: Display,
    artist: Artist,
    /// Where the screen is.
    pub state: State,
    /// What it tells.
    pub facts: Facts,
}

impl Owner {
    /// Looks at a phone that shows these facts, with the fonts that are in it.
    ///
    /// # Errors
    /// When it shows something else.
    pub fn before(display: Display, facts: Facts) -> Result<Owner> {
        Owner::with_fonts(display, facts, Fonts::load(Path::new(&built("fonts"))))
    }

    /// The same, with these fonts.
    ///
    /// # Errors
    /// When it shows something else.
    pub fn with_fonts(display: Display, facts: Facts, fonts: Fonts) -> Result<Owner> {
        let state = State::new(facts.language());
        let mut owner = Owner { display, artist: Artist::new(fonts), state, facts };
        owner.must_see()?;
        Ok(owner)
    }

    /// The display.
    pub fn display(&mut self) -> &mut Display {
        &mut self.display
    }

    /// Presses a key, which on the screen is this event.
    ///
    /// # Errors
    /// When the phone then shows something else.
    pub fn press(&mut self, key: &str, event: Event) -> Result<Outcome> {
        self.display.press(key)?;
        self.take(event)
    }

    /// Types digits.
    ///
    /// # Errors
    /// When the phone then shows something else.
    pub fn type_digits(&mut self, digits: &str) -> Result<()> {
        for digit in digits.chars().filter_map(|c| c.to_digit(10)) {
            let event = Event::Digit(u8::try_from(digit).unwrap_or_default());
            self.press(&digit.to_string(), event)?;
        }
        Ok(())
    }

    /// Goes to a button by the keys that go to the next one, and presses it.
    ///
    /// # Errors
    /// When there is no such button, or the phone shows something else on the way.
    pub fn choose(&mut self, action: Action) -> Result<Outcome> {
        self.go_to(action)?;
        self.press("ret", Event::Activate)
    }

    fn go_to(&mut self, action: Action) -> Result<()> {
        const STEPS: u32 = 200;
        for _ in 0..STEPS {
            let shown = self.artist.arrange(&self.state, &self.facts, self.display.size());
            let target = shown.target(action).filter(|_| self.state.focus == Some(action));
            if target.is_some_and(|target| !shown.in_sight(target).is_empty()) {
                return Ok(());
            }
            self.press("tab", Event::Next)?;
        }
        Err(Failure(format!("no key leads to {action:?}")))
    }

    /// The same where what follows is seen only once the phone has done it.
    ///
    /// # Errors
    /// As [`choose`](Owner::choose).
    pub fn choose_unseen(&mut self, action: Action) -> Result<Outcome> {
        self.go_to(action)?;
        self.display.press("ret")?;
        Ok(self.does(Event::Activate))
    }

    /// Taps on a button that is in sight.
    ///
    /// # Errors
    /// When it is not, or the phone then shows something else.
    pub fn tap(&mut self, action: Action) -> Result<Outcome> {
        let place = self.in_sight(action);
        let place = place.ok_or_else(|| Failure(format!("{action:?} is not in sight")))?;
        let (x, y) = (place.x + place.width / 2, place.y + place.height / 2);
        self.display.tap(x, y)?;
        self.take(Event::Touch(x, y))
    }

    fn in_sight(&mut self, action: Action) -> Option<Rect> {
        let shown = self.artist.arrange(&self.state, &self.facts, self.display.size());
        let place = shown.target(action).map(|target| shown.in_sight(target));
        place.filter(|place| !place.is_empty())
    }

    /// Taps on a button that is in sight, and goes to another with keys.
    ///
    /// # Errors
    /// As [`choose`](Owner::choose).
    pub fn use_button(&mut self, action: Action) -> Result<Outcome> {
        if self.in_sight(action).is_some() { self.tap(action) } else { self.choose(action) }
    }

    /// Pushes the page up by a quarter of the display.
    ///
    /// # Errors
    /// When the phone then shows something else.
    pub fn push_up(&mut self) -> Result<()> {
        let (width, height) = (self.display.size().width(), self.display.size().height());
        let by = height / 4;
        self.display.drag((width / 2, height / 2), (width / 2, height / 2 - by))?;
        self.take(Event::Scroll(by)).map(drop)
    }

    fn take(&mut self, event: Event) -> Result<Outcome> {
        let outcome = self.does(event);
        self.must_see().map(|()| outcome)
    }

    fn does(&mut self, event: Event) -> Outcome {
        let shown = self.artist.arrange(&self.state, &self.facts, self.display.size());
        self.state.take(event, &self.facts, &shown)
    }

    /// Is told on the screen.
    ///
    /// # Errors
    /// When the phone shows something else.
    pub fn hear(&mut self, said: Said) -> Result<()> {
        self.state.say(said);
        self.must_see()
    }

    /// Learns that the lock says something else now.
    ///
    /// # Errors
    /// When the phone shows something else.
    pub fn learn(&mut self, facts: Facts) -> Result<()> {
        let (before, now) = (self.facts.status.state, facts.status.state);
        if before != now {
            self.state.changed(before, now);
        }
        self.facts = facts;
        self.must_see()
    }

    /// The phone shows what is drawn here, or some seconds later did.
    ///
    /// # Errors
    /// When it does not for a long time.
    pub fn must_see(&mut self) -> Result<()> {
        const LATER: u64 = 120;
        self.must_see_later(0..LATER)
    }

    /// The phone shows what is drawn here so many seconds later.
    ///
    /// # Errors
    /// When it does not for a long time.
    pub fn must_see_later(&mut self, seconds: Range<u64>) -> Result<()> {
        let begin = Instant::now();
        let mut wanted: Vec<(Facts, Pixmap)> = Vec::new();
        let mut seen: Option<Photograph> = None;
        let facts = self.facts.clone();
        let mut candidates = seconds.map(|seconds| later(&facts, seconds));
        let mut words = Vec::new();
        while begin.elapsed() < PATIENCE {
            let photograph = self.display.photograph()?;
            let same = |drawn: &Pixmap| drawn.pixels() == photograph.pixels;
            let mut found = wanted.iter().find(|(_, drawn)| same(drawn)).map(|(f, _)| f.clone());
            while found.is_none() && seen.as_ref() != Some(&photograph) {
                // Those that are drawn alike are drawn once.
                let Some(facts) = candidates.next() else { break };
                let spans = spans(&facts);
                if words.contains(&spans) {
                    continue;
                }
                words.push(spans);
                let drawn = self.artist.draw(&self.state, &facts, self.display.size());
                found = same(&drawn).then(|| facts.clone());
                wanted.push((facts, drawn));
                if wanted.len() == 1 {
                    break;
                }
            }
            if let Some(facts) = found {
                self.facts = facts;
                return Ok(());
            }
            seen = Some(photograph);
            // The phone needs the processor to draw.
            std::thread::sleep(Duration::from_millis(20));
        }
        self.complain(seen, wanted.first().map(|(_, drawn)| drawn))
    }

    /// Keeps what there is to look at.
    fn complain(&self, seen: Option<Photograph>, wanted: Option<&Pixmap>) -> Result<()> {
        let phone = self.display.directory();
        let name = phone.file_name().unwrap_or_default();
        let directory = repository().join("target/screen").join(name);
        let failed = |e| Failure(format!("{}: {e}", directory.display()));
        std::fs::create_dir_all(&directory).map_err(failed)?;
        let seen =
            seen.and_then(|seen| Pixmap::of(Size::new(seen.size.0, seen.size.1)?, seen.pixels));
        for (name, picture) in [("seen.png", seen.as_ref()), ("wanted.png", wanted)] {
            let Some(picture) = picture else { continue };
            let file = std::fs::File::create(directory.join(name)).map_err(failed)?;
            png::write(picture, file).map_err(|e| Failure(e.to_string()))?;
        }
        for log in LOGS {
            std::fs::copy(phone.join(log), directory.join(log)).map_err(failed)?;
        }
        let (state, kept) = (&self.state, directory.display());
        Err(Failure(format!("the display shows something else: {kept}; {state:?}")))
    }
}

/// The same, seconds later, as far as the lock has not answered anything new.
fn later(facts: &Facts, seconds: u64) -> Facts {
    let mut status = Status { uptime: facts.status.uptime + seconds, ..facts.status };
    if let Some(enrolment) = &mut status.enrolment {
        let run = |left: &mut u64| *left = left.saturating_sub(seconds);
        enrolment.notice.iter_mut().for_each(|notice| {
            run(&mut notice.lock_in);
            run(&mut notice.ends_in);
        });
        enrolment.deadline_in.iter_mut().for_each(run);
        enrolment.sunset_in.iter_mut().for_each(run);
        enrolment.hotline.iter_mut().for_each(|hotline| run(&mut hotline.wait));
    }
    facts.later(status)
}

/// All that a page says of times.
fn spans(facts: &Facts) -> Vec<String> {
    let catalogue = Catalogue::new(Language::English);
    let enrolment = facts.status.enrolment;
    let notice = enrolment.and_then(|e| e.notice);
    [
        facts.locked_for,
        notice.map(|notice| notice.lock_in),
        notice.map(|notice| notice.ends_in),
        enrolment.and_then(|e| e.deadline_in),
        enrolment.and_then(|e| e.sunset_in),
        enrolment.and_then(|e| e.hotline).map(|hotline| hotline.wait),
    ]
    .into_iter()
    .map(|time| time.map_or(String::new(), |seconds| catalogue.span(seconds)))
    .collect()
}

/// What the service says of the state, as it says it: the last line of its kind; of a phone
/// that was locked last at this second of its use.
///
/// # Errors
/// When it has said nothing, or something else.
pub fn facts(log: &str, locked_at: u64) -> Result<Facts> {
    let last = log.lines().rev().find(|line| line.starts_with(r#"{"event":"status""#));
    let object = last.and_then(|line| serde_json::from_str(line).ok());
    let object: Value = object.ok_or_else(|| Failure("no status yet".into()))?;
    read(&object, locked_at).ok_or_else(|| Failure(format!("not a status: {object}")))
}

fn read(object: &Value, locked_at: u64) -> Option<Facts> {
    let state = state_of(object["state"].as_str()?)?;
    let fault = object["fault"].as_str();
    let detail = if object["deadline_passed"] == true {
        state::DETAIL_DEADLINE_PASSED
    } else if object["until_power_off"] == true {
        state::DETAIL_UNTIL_POWER_OFF
    } else {
        let fault = Fault::ALL.into_iter().find(|f| Some(words::fault_name(*f)) == fault);
        fault.map_or(0, Fault::code)
    };
    let device = object["device"].as_str().and_then(bytes);
    let reason = object["reason"].as_str();
    let reason = Reason::ALL.into_iter().find(|r| Some(words::reason_name(*r)) == reason);
    let enrolment = match &object["enrolment"] {
        Value::Null => None,
        object => Some(enrolment(object, reason)?),
    };
    let status = Status { state, detail, device, uptime: object["uptime"].as_u64()?, enrolment };
    let contact = match &object["contact"] {
        Value::Null => None,
        object => Some(contact(object)?),
    };
    let locked = api::Event { kind: EventKind::Locked, uptime: u32::try_from(locked_at).ok()? };
    Some(Facts::of(status, contact, &[locked]))
}

fn enrolment(object: &Value, reason: Option<Reason>) -> Option<api::Enrolment> {
    let short = |name: &str| object[name].as_str().and_then(bytes);
    let usable = object["usable_while_locked"].as_array()?;
    let usable = (0..16).map(|bit| 1 << bit).filter(|&bit| {
        words::usable_names(bit).iter().any(|name| usable.iter().any(|value| value == name))
    });
    let notice = object["lock_possible_in"].as_u64().zip(object["notice_ends_in"].as_u64());
    let challenge = object["hotline_challenge"]
        .as_str()
        .and_then(|digits| Challenge::from_number(digits.replace(' ', "").parse().ok()?).ok());
    Some(api::Enrolment {
        voucher: bytes(object["voucher"].as_str()?)?,
        lender: short("lender")?,
        escrow: short("escrow"),
        sequence: object["sequence"].as_u64()?,
        contact_sequence: object["contact_sequence"].as_u64()?,
        reason,
        notice: notice.map(|(lock_in, ends_in)| Notice { lock_in, ends_in }),
        deadline_in: object["locks_in"].as_u64(),
        sunset_in: object["releases_in"].as_u64(),
        policy: Policy {
            notice: u32::try_from(object["notice"].as_u64()?).ok()?,
            hotline: object["hotline"].as_bool()?,
            usable: usable.sum(),
        },
        hotline: challenge.and_then(|challenge| {
            Some(api::Hotline {
                challenge: challenge.number(),
                wait: object["hotline_wait"].as_u64()?,
                tried: u32::try_from(object["hotline_tried"].as_u64()?).ok()?,
            })
        }),
    })
}

fn contact(object: &Value) -> Option<Contact> {
    let text = |name: &str| object[name].as_str();
    let amount = object["amount_minor_units"].as_u64().zip(text("currency"));
    Some(Contact {
        name: text("name")?.try_into().ok()?,
        phone: text("phone")?.try_into().ok()?,
        payment: text("payment")?.try_into().ok()?,
        note: text("note")?.try_into().ok()?,
        amount: match amount {
            None => None,
            Some((minor_units, currency)) => {
                Some(Amount { minor_units, currency: Bytes(currency.as_bytes().try_into().ok()?) })
            }
        },
        language: text("language")?.try_into().ok()?,
    })
}

fn bytes<const N: usize>(digits: &str) -> Option<Bytes<N>> {
    Some(Bytes(hex::decode(digits).ok()?.try_into().ok()?))
}
