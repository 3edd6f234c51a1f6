//! `watch`: looks, ticks, tells what changed, applies what arrives, holds the OS
//! in its restricted mode unless the phone may be used, and tells the lock of a
//! good boot.

use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use paylatch::cli::Printer;
use paylatch::error::{Error, Kind, Result};
use paylatch::text::{self, Text};
use paylatch::view;
use paylatch_proto::api::{Done, Outcome, Status};
use paylatch_proto::armour;
use paylatch_proto::bytes::{Digest, ShortId};
use paylatch_proto::state::{NO_CHANGE, State, StateWords};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::Watch;
use crate::commands::Phone;
use crate::events::Events;
use crate::hand_in::{self, hand_in};
use crate::link::Link;
use crate::lock_screen::{Answer, Told};
use crate::messages::{self, Inbox};
use crate::mode::{Holder, Mode};
use crate::socket::Socket;
use crate::texts::Texts;

/// How often the state is asked while the OS is restricted, and while it is usable.
const RESTRICTED: Duration = Duration::from_millis(250);
const USABLE: Duration = Duration::from_secs(1);
/// How often it is looked whether the program has changed the mode.
const CHANGING: Duration = Duration::from_millis(50);
/// How often a time is told anew that is written in seconds: one of up to a minute.
const SECOND: Duration = Duration::from_secs(1);
/// How often what is kept is handed in while a fault stays the same.
const OFFER: Duration = Duration::from_secs(30);

/// What apps hand in is told of under this name.
const SOCKET: &str = "the socket";

/// The texts that can be handed in.
pub const KINDS: [armour::Kind; 3] =
    [armour::Kind::Message, armour::Kind::Voucher, armour::Kind::Seal];

/// What wakes the watch before its time.
pub enum Wake {
    /// SIGTERM or SIGINT.
    Stop,
    /// A line on standard input.
    Line(String),
    /// Standard input can't be read any more.
    InputFailed(io::Error),
    /// A line on the socket, and whom to answer.
    Asked { line: Vec<u8>, answer: Sender<String> },
    /// The owner did something on the screen.
    #[cfg(feature = "display")]
    Input,
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
    /// The challenge for a hotline code, how many were tried, whether the next one has to
    /// wait.
    codes: Option<(u32, u32, bool)>,
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
            codes: enrolment.and_then(|e| e.hotline).map(|h| (h.challenge, h.tried, h.wait > 0)),
        }
    }
}

/// Whether one of the times that run down is written in seconds.
fn counts_seconds(status: &Status) -> bool {
    const MINUTE: u64 = 60;
    let Some(enrolment) = &status.enrolment else { return false };
    let notice = enrolment.notice;
    [
        enrolment.hotline.map(|hotline| hotline.wait),
        notice.map(|notice| notice.lock_in),
        notice.map(|notice| notice.ends_in),
        enrolment.deadline_in,
        enrolment.sunset_in,
    ]
    .into_iter()
    .flatten()
    .any(|left| (1..=MINUTE).contains(&left))
}

/// What `STATE` answered, without the times.
#[derive(Clone, Copy, PartialEq, Eq)]
struct StateNow {
    /// `None` for a code that is none, which means locked.
    state: Option<State>,
    detail: u32,
    flags: u32,
}

impl From<StateWords> for StateNow {
    fn from(words: StateWords) -> Self {
        let StateWords { state, detail, flags, .. } = words;
        StateNow { state: State::from_code(state), detail, flags }
    }
}

/// A running watch.
pub struct Watcher<'a> {
    pub link: Link<'a>,
    texts: Option<&'a Texts>,
    pub events: Events,
    inbox: Option<Inbox>,
    pub holder: Option<Holder>,
    interval: Duration,
    /// How long the OS has to be in its mode for a good boot; `None` once the
    /// lock was told.
    good_boot_after: Option<Duration>,
    next_look: Instant,
    /// What the lock last answered; `None` when it could not be asked.
    now: Option<StateNow>,
    /// When the state changes by itself, as far as that was known.
    until_change: Duration,
    told: Option<Picture>,
    /// When a time that is written in seconds is another one.
    next_second: Option<Instant>,
    /// Lines of the kept texts that were told to be unreadable.
    unreadable: Vec<usize>,
    /// The fault at which what is kept was last handed in, and when.
    offered: Option<(u32, Instant)>,
    /// Whether the screen shows what is no more.
    pub outdated: bool,
    /// What was last answered, where only time has passed since what the screen shows.
    pub aged: Option<Status>,
    /// What is told while the phone may be used.
    pub page: Option<Told>,
}

pub fn run(
    arguments: &Watch,
    texts: Option<&Texts>,
    phone: &dyn Fn() -> Result<Phone>,
    printer: Printer,
) -> Result<()> {
    let (wake, woken) = mpsc::channel();
    stop_on_signals(wake.clone())?;
    let holder = Holder::new(arguments, &wake);
    let socket = arguments.socket.as_deref().map(|path| Socket::listen(path, wake.clone()));
    let mut link = Link::new(phone);
    let inbox = match arguments.messages.as_deref() {
        Some(path) if path == Path::new("-") => {
            messages::from_standard_input(wake.clone());
            None
        }
        path => path.map(Inbox::new),
    };
    // Who holds the OS restricted stays, whatever is missing.
    if holder.is_none() {
        link.reach()?;
        inbox.as_ref().map(|inbox| inbox.waiting(true)).transpose()?;
    }
    let mut watcher = Watcher {
        link,
        texts,
        events: Events::new(printer, holder.is_none()),
        inbox,
        holder,
        interval: arguments.interval,
        good_boot_after: Some(arguments.good_boot_after),
        next_look: Instant::now(),
        now: None,
        until_change: Duration::MAX,
        told: None,
        next_second: None,
        unreadable: Vec::new(),
        offered: None,
        outdated: false,
        aged: None,
        page: None,
    };
    // Whoever holds the OS restricted goes on without.
    let _socket = match socket.transpose() {
        Ok(socket) => socket,
        Err(error) if watcher.holder.is_some() => {
            watcher.events.failed(Some(SOCKET), &error)?;
            None
        }
        Err(error) => return Err(error),
    };
    loop {
        watcher.turn()?;
        match woken.recv_timeout(watcher.wait()) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Wake::Line(line)) => {
                let read = text::parse(line.as_bytes(), &KINDS);
                watcher.hand_in_once("standard input", read)?;
                watcher.next_look = Instant::now();
            }
            Ok(Wake::Asked { line, answer }) => {
                let became = watcher.hand_in_once(SOCKET, text::parse(&line, &KINDS))?;
                watcher.next_look = Instant::now();
                // Who has gone away need not be told.
                let _ = answer.send(Events::answer(SOCKET, &became));
            }
            Ok(Wake::InputFailed(error)) => {
                let failed = Error::io(Path::new("standard input"), &error);
                watcher.events.failed(None, &failed)?;
            }
            #[cfg(feature = "display")]
            Ok(Wake::Input) => {}
        }
    }
    match watcher.link.call(Phone::shutdown) {
        // At a fault there is nothing to store, and that was told already.
        Err(error) if error.refusal().is_none() => Err(error),
        _ => watcher.events.stopped(),
    }
}

impl Watcher<'_> {
    fn turn(&mut self) -> Result<()> {
        self.obey_screens()?;
        let due = Instant::now() >= self.next_look;
        self.look(due)?;
        if due {
            self.next_look = Instant::now() + self.until_change.min(self.interval);
        }
        self.hold(self.now.and_then(|now| now.state), due)
    }

    fn wait(&self) -> Duration {
        let left = self.next_look.saturating_duration_since(Instant::now());
        let step = match &self.holder {
            None => return left,
            Some(holder) if holder.system.changing().is_some() => CHANGING,
            Some(holder) if holder.mode() == Mode::Restricted => RESTRICTED,
            Some(_) => USABLE,
        };
        left.min(step)
    }

    // ---- the lock ----------------------------------------------------------

    /// What arrived, what time has brought, what changed. All of it when `due`;
    /// else only what costs nothing or is new.
    fn look(&mut self, due: bool) -> Result<()> {
        let restricted =
            self.holder.as_ref().is_some_and(|holder| holder.mode() == Mode::Restricted);
        if due || restricted {
            self.empty_inbox(due)?;
        }
        match self.ask(due) {
            Ok(()) => {
                self.outdated |= self.events.over(None);
                Ok(())
            }
            Err(error) if error.kind() == Kind::Io && self.holder.is_none() => Err(error),
            Err(error) => {
                self.outdated |= self.events.lasting(None, &error)?;
                Ok(())
            }
        }
    }

    fn ask(&mut self, due: bool) -> Result<()> {
        let ticked = if due { self.link.call(Phone::tick).map(drop) } else { Ok(()) };
        let before = self.now.take();
        let mut words = self.link.state()?;
        if words.state == State::Fault.code() && self.offer(words.detail)? {
            words = self.link.state()?;
        }
        let soon = Some(words.seconds).filter(|&seconds| seconds != NO_CHANGE && seconds > 0);
        self.until_change = soon.map_or(Duration::MAX, |s| Duration::from_secs(s.into()));
        self.now = Some(words.into());
        let counted = self.next_second.is_some_and(|at| at <= Instant::now());
        if due || counted || before != self.now {
            self.tell_change()?;
        }
        match ticked {
            // The status tells of a fault, and why.
            Err(error) if error.refusal().is_none() => Err(error),
            _ if due => self.tell_good_boot(),
            _ => Ok(()),
        }
    }

    /// Tells the lock of a good boot, once the OS has been in its mode for long
    /// enough.
    fn tell_good_boot(&mut self) -> Result<()> {
        let held = self.holder.as_ref().and_then(Holder::held);
        if self.good_boot_after.is_none_or(|after| held.is_none_or(|held| held < after)) {
            return Ok(());
        }
        match self.link.call(Phone::good_boot) {
            Ok(_) => {
                self.good_boot_after = None;
                self.events.good_boot()
            }
            // The status tells of a fault, and of a phone that is not set up.
            Err(error) if error.refusal().is_some() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Hands in what is kept, at a fault; says whether that released the phone.
    fn offer(&mut self, fault: u32) -> Result<bool> {
        let Some(texts) = self.texts else { return Ok(false) };
        if self.offered.is_some_and(|(at, when)| at == fault && when.elapsed() < OFFER) {
            return Ok(false);
        }
        self.offered = Some((fault, Instant::now()));
        let source = texts.path().display().to_string();
        let kept = texts.read();
        if let Ok(kept) = &kept
            && let Some(error) = texts.unreadable(kept)
            && self.unreadable != kept.unreadable
        {
            self.unreadable = kept.unreadable.clone();
            self.events.failed(Some(&source), &error)?;
        }
        let link = &mut self.link;
        let offered = kept.and_then(|kept| link.call(|phone| hand_in::offer(phone, &kept)));
        match offered {
            Ok(None) => Ok(false),
            Ok(Some(done)) => {
                self.events.over(Some(&source));
                self.events.taken(&source, &done).map(|()| true)
            }
            Err(error) => self.events.lasting(Some(&source), &error).map(|_| false),
        }
    }

    fn tell_change(&mut self) -> Result<()> {
        let status = self.link.call(Phone::status)?;
        let picture = Picture::of(&status);
        if self.told.as_ref() != Some(&picture) {
            let contact = self.link.call(Phone::contact_if_any)?;
            self.events.status(view::status(&status, contact.as_ref()))?;
            self.told = Some(picture);
            self.outdated = true;
        }
        self.next_second = counts_seconds(&status).then(|| Instant::now() + SECOND);
        self.aged = Some(status);
        Ok(())
    }

    // ---- what arrives ------------------------------------------------------

    fn empty_inbox(&mut self, due: bool) -> Result<()> {
        let Some(inbox) = &self.inbox else { return Ok(()) };
        let (directory, waiting) = (inbox.name(), inbox.waiting(due));
        let waiting = match waiting {
            Err(error) => return self.events.lasting(Some(&directory), &error).map(drop),
            Ok(waiting) => waiting,
        };
        self.events.over(Some(&directory));
        for path in waiting {
            self.empty_file(&path)?;
        }
        Ok(())
    }

    fn empty_file(&mut self, path: &Path) -> Result<()> {
        let name = path.display().to_string();
        let read = text::read_file(path, &KINDS);
        if let (Err(error), Some(inbox)) = (&read, &mut self.inbox)
            && error.kind() == Kind::Input
            && inbox.may_grow(path)
        {
            inbox.put_off(path);
            return Ok(());
        }
        let handed = self.hand_in(&name, read)?;
        let taken = match &handed {
            Handed::Taken { lasts, .. } => lasts.then_some(true),
            Handed::Refused(error) => {
                let refused = matches!(error.kind(), Kind::Refused | Kind::Input);
                if refused {
                    self.events.failed(Some(&name), error)?;
                } else {
                    self.events.lasting(Some(&name), error)?;
                }
                refused.then_some(false)
            }
        };
        let Some(inbox) = &mut self.inbox else { return Ok(()) };
        // What is not stored, or did not reach the lock, is handed in again.
        let Some(taken) = taken else {
            inbox.put_off(path);
            return Ok(());
        };
        self.events.over(Some(&name));
        match inbox.mark(path, taken) {
            Ok(()) => Ok(()),
            Err(error) => self.events.failed(Some(&name), &error),
        }
    }

    /// Hands in what does not come again.
    pub fn hand_in_once(&mut self, source: &str, read: Result<Text>) -> Result<Answer> {
        match self.hand_in(source, read)? {
            Handed::Taken { done, .. } => Ok(Answer::Taken(done)),
            Handed::Refused(error) => self.not_taken(source, error),
        }
    }

    /// Tries a hotline code.
    pub fn try_code(&mut self, source: &str, groups: Result<[u32; 2]>) -> Result<Answer> {
        // A code that was tried has its wait shown.
        self.next_look = Instant::now();
        let link = &mut self.link;
        match groups.and_then(|groups| link.call(|phone| phone.hotline(groups))) {
            Ok(done) => {
                self.events.taken(source, &done)?;
                Ok(Answer::Taken(Box::new(done)))
            }
            Err(error) => self.not_taken(source, error),
        }
    }

    fn not_taken(&self, source: &str, error: Error) -> Result<Answer> {
        self.events.failed(Some(source), &error)?;
        Ok(Answer::NotTaken(error))
    }

    /// Hands a text in, keeps it if it was taken, and tells so.
    fn hand_in(&mut self, source: &str, read: Result<Text>) -> Result<Handed> {
        let (link, texts) = (&mut self.link, self.texts);
        let handed = read.and_then(|text| {
            let done = link.call(|phone| hand_in(phone, texts, None, &text))?;
            Ok((done, text))
        });
        let (done, text) = match handed {
            Ok(taken) => taken,
            Err(error) => return Ok(Handed::Refused(error)),
        };
        self.events.taken(source, &done)?;
        let mut lasts = done.outcome != Outcome::ReleasedUntilPowerOff;
        if let Some(texts) = texts {
            match texts.keep(&text) {
                Ok(kept) => lasts |= kept,
                Err(error) => {
                    let file = texts.path().display().to_string();
                    self.events.failed(Some(&file), &hand_in::not_kept(error))?;
                }
            }
        }
        Ok(Handed::Taken { done: Box::new(done), lasts })
    }
}

/// What became of a text that was handed in.
enum Handed {
    Taken {
        done: Box<Done>,
        /// Whether it is stored, or kept to be handed in again.
        lasts: bool,
    },
    Refused(Error),
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
