//! A terminal that is written to and read by lines, without ever waiting for it
//! and without becoming its session's.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use paylatch::error::{Error, Kind, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, Termios,
    tcflush, tcgetattr, tcsetattr,
};

/// A line of this length or longer is dropped: the driver itself clips there.
const LINE: usize = 4_095;
/// The most that is read at once, so that a flood does not hold up the rest.
const READ: usize = 4 * LINE;
/// The most that waits to be written; what does not fit is not shown.
const OUTPUT: usize = 16 * 1024;
/// How long a terminal that is left may take for what was written to it.
const LEAVE: Duration = Duration::from_millis(500);

/// What was typed, up to Enter.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// An open terminal. Dropped, it has its modes back, and what was typed and not
/// read is gone.
pub struct Terminal {
    path: PathBuf,
    file: OwnedFd,
    before: Termios,
    lines: Lines,
    output: Vec<u8>,
}

impl Terminal {
    /// Opens a terminal. What was typed before was typed for someone else.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error| io(path, error);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
        let before = tcgetattr(&file).map_err(|error| match error {
            Errno::NOTTY => Error::new(Kind::Io, "not a terminal").of(path.display()),
            error => failed(error),
        })?;
        tcsetattr(&file, OptionalActions::Now, &modes(&before)).map_err(failed)?;
        tcflush(&file, QueueSelector::IFlush).map_err(failed)?;
        let lines = Lines::default();
        Ok(Terminal { path: path.to_owned(), file, before, lines, output: Vec::new() })
    }

    /// The lines that were typed since it was last read.
    pub fn read(&mut self) -> Result<Vec<Line>> {
        // A terminal that was hung up reads as one where nothing is typed.
        let mut asked = PollFd::new(&self.file, PollFlags::IN);
        match poll(std::slice::from_mut(&mut asked), Some(&Timespec::default())) {
            Ok(_) if asked.revents().contains(PollFlags::HUP) => {
                return Err(io(&self.path, Errno::IO));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(io(&self.path, error)),
        }
        let mut lines = Vec::new();
        let mut buffer = [0; LINE];
        let mut left = READ;
        while left > 0 {
            match rustix::io::read(&self.file, &mut buffer) {
                Ok(0) | Err(Errno::AGAIN) => break,
                Ok(count) => {
                    left = left.saturating_sub(count);
                    lines.extend(self.lines.take(buffer.get(..count).unwrap_or_default()));
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(io(&self.path, error)),
            }
        }
        Ok(lines)
    }

    /// Writes lines, as far as the terminal takes them now; the rest waits.
    /// Control characters do not reach it.
    pub fn write(&mut self, text: &str) -> Result<()> {
        let plain: String = text.chars().map(plain).chain(['\n']).collect();
        if self.output.len() + plain.len() <= OUTPUT {
            self.output.extend(plain.bytes());
        }
        self.flush()
    }

    /// Writes what waits, as far as the terminal takes it now.
    pub fn flush(&mut self) -> Result<()> {
        while !self.output.is_empty() {
            match rustix::io::write(&self.file, &self.output) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(io(&self.path, error)),
            }
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let until = Instant::now() + LEAVE;
        while self.flush().is_ok() && !self.output.is_empty() && Instant::now() < until {
            std::thread::sleep(LEAVE / 50);
        }
        // A terminal that is gone has neither input nor modes.
        let _ = tcflush(&self.file, QueueSelector::IFlush);
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}

/// Lines, echo and nothing else: no key makes a signal or holds up the output.
fn modes(before: &Termios) -> Termios {
    let mut modes = before.clone();
    let encoding = before.input_modes & InputModes::IUTF8;
    modes.input_modes = InputModes::ICRNL | InputModes::IGNBRK | encoding;
    modes.output_modes = OutputModes::OPOST | OutputModes::ONLCR;
    modes.control_modes |= ControlModes::CREAD;
    modes.local_modes = LocalModes::ICANON
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK
        | LocalModes::ECHOCTL
        | LocalModes::ECHOKE;
    modes
}

fn io(path: &Path, error: Errno) -> Error {
    Error::io(path, &error.into())
}

fn plain(c: char) -> char {
    if c.is_control() && c != '\n' { '?' } else { c }
}

/// Makes lines of what is read, of bounded length.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    too_long: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.begun);
                let too_long = std::mem::take(&mut self.too_long);
                lines.push(if too_long { Line::TooLong } else { Line::Whole(line) });
            } else if self.begun.len() + 1 >= LINE {
                self.too_long = true;
            } else {
                self.begun.push(byte);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"on"), []);
        assert_eq!(lines.take(b"e\n\ntwo"), [Line::Whole(b"one".into()), Line::Whole(vec![])]);
        assert_eq!(lines.take(b"\n"), [Line::Whole(b"two".into())]);
        assert_eq!(lines.take(&[b'x'; LINE - 1]), []);
        assert_eq!(lines.take(b"\n"), [Line::Whole(vec![b'x'; LINE - 1])]);
        assert_eq!(lines.take(&[b'x'; LINE]), []);
        assert_eq!(lines.take(&[b'x'; 3 * LINE]), []);
        assert_eq!(lines.begun.len(), LINE - 1);
        assert_eq!(lines.take(b"\nnext\n"), [Line::TooLong, Line::Whole(b"next".into())]);
    }

    #[test]
    fn no_control_character_is_shown() {
        let shown: String = "a\u{1b}[2J\u{9b}b\r\n".chars().map(plain).collect();
        assert_eq!(shown, "a?[2J?b?\n");
    }
}
