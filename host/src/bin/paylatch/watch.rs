//! `watch`: looks, ticks, tells what changed, and applies what arrives.

use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use paylatch::cli::Printer;
use paylatch::client;
use paylatch::error::{Error, Kind, Result};
use paylatch::text::{self, Text};
use paylatch::view;
use paylatch_proto::api::{Done, Status};
use paylatch_proto::armour;
use paylatch_proto::bytes::{Digest, ShortId};
use paylatch_proto::state::{NO_CHANGE, State};
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::Watch;
use crate::commands::{Phone, done_words};
use crate::messages::{self, Inbox};

/// What wakes the watch before its time.
pub enum Wake {
    /// SIGTERM or SIGINT.
    Stop,
    /// A line on standard input.
    Line(String),
    /// Standard input can't be read any more.
    InputFailed(io::Error),
}

/// What is printed: with `--json` one object a line, told apart by `event`.
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
    /// The watch ended; the uptime is stored.
    Stopped,
}

/// What is worth telling when it differs: not the times that run down.
#[derive(PartialEq, Eq)]
struct Picture {
    state: State,
    detail: u32,
    lock_possible: Option<bool>,
    deadline: bool,
    voucher: Option<Digest>,
    lender: Option<ShortId>,
    sequences: Option<(u64, u64)>,
}

impl Picture {
    fn of(status: &Status) -> Self {
        let enrolment = status.enrolment.as_ref();
        Picture {
            state: status.state,
            detail: status.detail,
            lock_possible: enrolment.and_then(|e| e.notice).map(|notice| notice.lock_in == 0),
            deadline: enrolment.is_some_and(|e| e.deadline_in.is_some()),
            voucher: enrolment.map(|e| e.voucher),
            lender: enrolment.map(|e| e.lender),
            sequences: enrolment.map(|e| (e.sequence, e.contact_sequence)),
        }
    }
}

struct Watcher<'a> {
    phone: &'a mut Phone,
    printer: Printer,
    inbox: Option<Inbox>,
    told: Option<Picture>,
    /// The last failure told, so that one that lasts is told once.
    failure: Option<(Option<String>, Error)>,
}

pub fn run(arguments: &Watch, phone: &mut Phone, printer: Printer) -> Result<()> {
    let (wake, woken) = mpsc::channel();
    stop_on_signals(wake.clone())?;
    let inbox = match arguments.messages.as_deref() {
        Some(path) if path == Path::new("-") => {
            messages::from_standard_input(wake.clone());
            None
        }
        Some(path) => Some(Inbox::open(path)?),
        None => None,
    };
    let mut watcher = Watcher { phone, printer, inbox, told: None, failure: None };
    loop {
        watcher.look()?;
        let wait = watcher.next_change().map_or(arguments.interval, |t| t.min(arguments.interval));
        match woken.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Wake::Line(line)) => {
                let read = text::parse(line.as_bytes(), &KINDS);
                watcher.hand_in("standard input", read)?;
            }
            Ok(Wake::InputFailed(error)) => {
                let failed = Error::io(Path::new("standard input"), &error);
                watcher.tell_failure(None, &failed)?;
            }
        }
    }
    match watcher.phone.shutdown() {
        // At a fault there is nothing to store, and that was told already.
        Err(error) if error.refusal().is_none() => Err(error),
        _ => printer.show(&Seen::Stopped, "Stopped; the time of use is stored."),
    }
}

const KINDS: [armour::Kind; 3] = [armour::Kind::Message, armour::Kind::Voucher, armour::Kind::Seal];

impl Watcher<'_> {
    /// One look: what arrived, what time has brought, what changed.
    fn look(&mut self) -> Result<()> {
        self.empty_inbox()?;
        let looked = self.phone.tick().map(drop).or_else(|error| match error.refusal() {
            // The status tells of a fault, and why.
            Some(_) => Ok(()),
            None => Err(error),
        });
        match looked.and_then(|()| self.tell_change()) {
            Err(error) if error.kind() == Kind::Io => Err(error),
            Err(error) => self.tell_failure(None, &error),
            Ok(()) => Ok(()),
        }
    }

    /// When the state changes by itself, if that is known.
    fn next_change(&mut self) -> Option<Duration> {
        let state = self.phone.state().ok()?;
        let soon = state.seconds != NO_CHANGE && state.seconds > 0;
        soon.then(|| Duration::from_secs(u64::from(state.seconds)))
    }

    fn empty_inbox(&mut self) -> Result<()> {
        let waiting = match self.inbox.as_ref().map(Inbox::waiting) {
            None => return Ok(()),
            Some(Err(error)) => return self.tell_failure(None, &error),
            Some(Ok(waiting)) => waiting,
        };
        for path in waiting {
            let name = path.display().to_string();
            let read = text::read_file(&path, &KINDS);
            if let (Err(error), Some(inbox)) = (&read, &mut self.inbox)
                && error.kind() == Kind::Input
                && inbox.may_grow(&path)
            {
                continue;
            }
            let taken = match self.hand_in(&name, read)? {
                Handed::Taken => true,
                Handed::Refused => false,
                Handed::Later => continue,
            };
            let marked = self.inbox.as_mut().map_or(Ok(()), |inbox| inbox.mark(&path, taken));
            if let Err(error) = marked {
                self.tell_failure(None, &error)?;
            }
        }
        Ok(())
    }

    fn hand_in(&mut self, source: &str, read: Result<Text>) -> Result<Handed> {
        let done = read.and_then(|text| match text.kind {
            armour::Kind::Voucher => self.phone.enrol(client::fresh_nonce()?, &text.bytes),
            armour::Kind::Seal => self.phone.seal(client::fresh_nonce()?, &text.bytes),
            _ => self.phone.apply(&text.bytes),
        });
        match done {
            Ok(done) => {
                let stored =
                    !matches!(done.outcome, paylatch_proto::api::Outcome::ReleasedUntilPowerOff);
                self.tell_taken(source, &done)?;
                Ok(if stored { Handed::Taken } else { Handed::Later })
            }
            Err(error) => {
                self.tell_failure(Some(source), &error)?;
                Ok(match error.kind() {
                    Kind::Refused | Kind::Input => Handed::Refused,
                    _ => Handed::Later,
                })
            }
        }
    }

    fn tell_change(&mut self) -> Result<()> {
        let status = self.phone.status()?;
        let picture = Picture::of(&status);
        if self.told.as_ref() != Some(&picture) {
            let contact = self.phone.contact_if_any()?;
            let seen = view::status(&status, contact.as_ref());
            let words = seen.words.clone();
            self.printer.show(&Seen::Status(Box::new(seen)), &words)?;
            self.told = Some(picture);
        }
        Ok(())
    }

    fn tell_taken(&mut self, source: &str, done: &Done) -> Result<()> {
        let seen = Seen::Taken { source, done: view::done(done) };
        self.printer.show(&seen, &format!("{source}: {}", done_words(done)))
    }

    fn tell_failure(&mut self, source: Option<&str>, error: &Error) -> Result<()> {
        let failure = Some((source.map(str::to_owned), error.clone()));
        if self.failure == failure {
            return Ok(());
        }
        let words = match source {
            Some(source) => error.clone().of(source).to_string(),
            None => error.to_string(),
        };
        self.printer.show(&Seen::Failed { source, failure: view::failure(error) }, &words)?;
        self.failure = failure;
        Ok(())
    }
}

/// What became of a text that was handed in.
enum Handed {
    Taken,
    Refused,
    /// Not stored, or not reached: it is handed in again at the next look.
    Later,
}

fn stop_on_signals(wake: Sender<Wake>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])
        .map_err(|e| Error::new(Kind::Io, format!("signals can't be watched: {e}")))?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if wake.send(Wake::Stop).is_err() {
                break;
            }
        }
    });
    Ok(())
}
