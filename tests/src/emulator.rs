//! One power-on of the emulated device: QEMU, and its console.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Failure, Result, repository};

/// For how long nothing may come from the console before the emulator counts
/// as stuck. Not a measure of speed: ten times what a slow machine was seen to need.
const PATIENCE: Duration = Duration::from_secs(300);

/// Asks the OS for a loop that keeps the processor busy, so that guest time, of which an
/// idle guest passes hours in a moment, does not race ahead while nobody asks for anything.
const AWAKE: &str = "name=opt/paylatch/awake,string=1";

/// The option of QEMU by which guest time is counted in instructions.
const COUNTED: [&str; 2] = ["-icount", "shift=0,sleep=off"];

/// What a device's two consoles have said since it was switched on, in its directory: the
/// normal world's and the secure world's.
pub const LOGS: [&str; 2] = ["console.log", "secure.log"];

/// A running emulator. Dropping it is a power cut.
pub struct Emulator {
    qemu: Child,
    console: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    /// All that came from the console.
    log: Vec<u8>,
    /// Up to where it was read.
    read: usize,
    /// The secure world's console.
    secure: PathBuf,
    /// Whether applications may die.
    mortal: bool,
    /// Whether it may stand still: its time is counted in instructions, and nobody but its
    /// console's user waits for it.
    may_rest: bool,
    /// Whether it does.
    rests: bool,
}

/// What a command on the device's shell printed, and its exit code.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code.
    pub code: i32,
    /// What it printed, on both outputs.
    pub text: String,
}

impl Emulator {
    /// Switches on the device in `directory`, with these options of `qemu/run`, or
    /// of QEMU after them.
    ///
    /// Guest time is counted in instructions: it does not depend on the
    /// machine, and waiting costs next to nothing.
    ///
    /// # Errors
    /// When the emulator can't be started.
    pub fn start(directory: &Path, options: &[&str]) -> Result<Emulator> {
        Emulator::start_on("2026-01-01", directory, options)
    }

    /// The same on another date.
    ///
    /// # Errors
    /// When the emulator can't be started.
    pub fn start_on(date: &str, directory: &Path, options: &[&str]) -> Result<Emulator> {
        Emulator::launch(date, directory, &[options, &COUNTED].concat())
    }

    /// The same with two processors that run at once, in the host's time.
    ///
    /// # Errors
    /// When the emulator can't be started.
    pub fn start_parallel(directory: &Path) -> Result<Emulator> {
        Emulator::launch("2026-01-01", directory, &["-smp", "2", "-accel", "tcg,thread=multi"])
    }

    fn launch(date: &str, directory: &Path, options: &[&str]) -> Result<Emulator> {
        let [copy, secure] = LOGS.map(|log| directory.join(log));
        let mut qemu = Command::new(repository().join("qemu/run"))
            .arg(directory)
            .args(options)
            .args(["-seed", "1", "-fw_cfg", AWAKE])
            .args(["-rtc", &format!("clock=vm,base={date}"), "-serial", "stdio"])
            .args(["-serial", &format!("file:{}", secure.display())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|e| Failure(format!("qemu/run: {e}")))?;
        let console = qemu.stdin.take();
        let mut from = qemu.stdout.take().ok_or_else(|| Failure("no console".into()))?;
        let (to, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // To be looked at while a test waits.
            let mut copy = std::fs::File::create(copy).ok();
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if let Some(copy) = &mut copy {
                    let _ = copy.write_all(&buffer[..count]);
                }
                if to.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let may_rest = options.contains(&COUNTED[0]) && !options.contains(&"-qmp");
        Ok(Emulator {
            qemu,
            console,
            output,
            log: Vec::new(),
            read: 0,
            secure,
            mortal: false,
            may_rest,
            rests: false,
        })
    }

    /// Stands still until somebody types or waits: a processor that is kept busy for
    /// nobody costs the tests beside it theirs. The phone does not notice.
    ///
    /// # Errors
    /// When the emulator has ended.
    fn rest(&mut self) -> Result<()> {
        if self.may_rest && !self.rests {
            self.signal(Signal::STOP)?;
            self.rests = true;
        }
        Ok(())
    }

    fn wake(&mut self) -> Result<()> {
        if self.rests {
            self.signal(Signal::CONT)?;
            self.rests = false;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.qemu), signal).map_err(|e| Failure(format!("QEMU: {e}")))
    }

    /// Applications may die from now on, as OP-TEE's own tests want of theirs; its
    /// core still may not.
    pub fn let_applications_die(&mut self) {
        self.mortal = true;
    }

    /// What the secure world says of a panic of its own.
    fn deaths(&self) -> Vec<String> {
        let log = std::fs::read(&self.secure).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let application = |line: &str| line.contains("TA panicked") || line.contains("User mode");
        let dead = |line: &&str| line.contains("anic") || line.contains("abort");
        let counts = |line: &&str| !(self.mortal && application(line));
        log.lines().filter(dead).filter(counts).map(str::to_owned).collect()
    }

    /// Waits until `mark` comes from the console, and returns what came before it.
    ///
    /// # Errors
    /// When the emulator ends or nothing comes for a long time; the error shows
    /// the end of the console's log.
    pub fn wait_for(&mut self, mark: &str) -> Result<String> {
        self.wait_for_any(&[mark]).map(|(_, before)| before)
    }

    /// Waits until one of `marks` comes; which is the first, and what came before it.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn wait_for_any(&mut self, marks: &[&str]) -> Result<(usize, String)> {
        loop {
            if let Some(found) = self.find(marks) {
                self.rest()?;
                return Ok(found);
            }
            self.wake()?;
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.log.extend(bytes),
                Err(RecvTimeoutError::Timeout) => return self.stuck("says nothing more", marks),
                Err(RecvTimeoutError::Disconnected) => return self.stuck("has ended", marks),
            }
        }
    }

    /// Waits until all of `marks` have come, in whatever order.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn wait_for_all(&mut self, marks: &[&str]) -> Result<()> {
        let begin = self.read;
        let mut end = begin;
        for mark in marks {
            self.read = begin;
            self.wait_for(mark)?;
            end = end.max(self.read);
        }
        self.read = end;
        Ok(())
    }

    /// Types `text` every few milliseconds until one of `marks` comes from the
    /// console; which.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn type_until(&mut self, text: &str, marks: &[&str]) -> Result<usize> {
        let begin = Instant::now();
        loop {
            if let Some((which, _)) = self.find(marks) {
                return Ok(which);
            }
            self.send(text)?;
            match self.output.recv_timeout(Duration::from_millis(3)) {
                Ok(bytes) => self.log.extend(bytes),
                Err(RecvTimeoutError::Timeout) if begin.elapsed() < PATIENCE => {}
                Err(RecvTimeoutError::Timeout) => return self.stuck("says nothing", marks),
                Err(RecvTimeoutError::Disconnected) => return self.stuck("has ended", marks),
            }
        }
    }

    /// Which of `marks` has come first, and what came before it; both count as read.
    fn find(&mut self, marks: &[&str]) -> Option<(usize, String)> {
        let unread = &self.log[self.read..];
        let places = marks.iter().map(|mark| find(unread, mark.as_bytes()));
        let (which, at) = places
            .enumerate()
            .filter_map(|(which, at)| Some((which, at?)))
            .min_by_key(|&(_, at)| at)?;
        let before = String::from_utf8_lossy(&unread[..at]).replace('\r', "");
        self.read += at + marks[which].len();
        Some((which, before))
    }

    fn stuck<T>(&self, what: &str, marks: &[&str]) -> Result<T> {
        let log = self.log();
        let tail = log.len().saturating_sub(2000);
        let tail = log.get(log.ceil_char_boundary(tail)..).unwrap_or(&log);
        Err(Failure(format!("the device {what} before {marks:?} came. Its console:\n{tail}")))
    }

    /// All that came from the console so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.log).replace('\r', "")
    }

    /// Types `text` on the console.
    ///
    /// # Errors
    /// When the emulator has ended.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.wake()?;
        let console =
            self.console.as_mut().ok_or_else(|| Failure("the console is closed".into()))?;
        console
            .write_all(text.as_bytes())
            .and_then(|()| console.flush())
            .map_err(|e| Failure(format!("the device's console: {e}")))
    }

    /// Waits for the device's shell.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn wait_for_shell(&mut self) -> Result<()> {
        self.wait_for("PAYLATCH-DEVICE-READY")?;
        let busy = self.shell("kill -0 $BUSY")?;
        if busy.code == 0 {
            Ok(())
        } else {
            Err(Failure(format!("the device's processor is not kept busy: {}", busy.text)))
        }
    }

    /// Runs a command on the device's shell; a line of at most 4,000 characters.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn shell(&mut self, command: &str) -> Result<Output> {
        self.send(&shell_line(command))?;
        let text = self.wait_for(SHELL_END)?.trim_start_matches('\n').to_owned();
        let code = self.wait_for(" @@")?;
        let code = code.parse().map_err(|_| Failure(format!("exit code {code:?}")))?;
        Ok(Output { code, text })
    }

    /// Lets guest time pass, with the processor idle.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub fn sleep(&mut self, seconds: u64) -> Result<()> {
        self.shell(&idle(&format!("sleep {seconds}"))).map(drop)
    }

    /// Switches off from the device's shell and waits for the emulator's end.
    ///
    /// # Errors
    /// When the emulator does not end, or not well.
    pub fn power_off(mut self) -> Result<()> {
        self.send("sync; umount /data 2>/dev/null; poweroff -f\n")?;
        self.wait_for_end()
    }

    /// Waits for the emulator's end.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub fn wait_for_end(mut self) -> Result<()> {
        self.wake()?;
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.log.extend(bytes),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.qemu.wait().map_err(|e| Failure(format!("QEMU: {e}")))?;
                    return if status.success() {
                        Ok(())
                    } else {
                        self.stuck(&format!("ended with {status}"), &["power-off"])
                    };
                }
            }
        }
        self.stuck("does not switch off", &["power-off"])
    }
}

/// Whatever a phone goes through, its secure world lives.
impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
        if !std::thread::panicking() {
            let deaths = self.deaths();
            assert!(deaths.is_empty(), "the secure world died:\n{}", deaths.join("\n"));
        }
    }
}

/// A command for the device's shell that waits with the processor idle: of what would wake
/// it each second or minute of a day, the kernel's statistics and its source of random
/// numbers, from which it has had its seed, are left out.
pub fn idle(command: &str) -> String {
    const QUIET: &str = "{ echo 86400 >/proc/sys/vm/stat_interval; \
        echo none >/sys/class/misc/hw_random/rng_current; } 2>/dev/null";
    format!("kill -STOP $BUSY; {QUIET}; {command}; code=$?; kill -CONT $BUSY; (exit $code)")
}

/// What ends a command's output on the device's shell; its exit code and " @@" follow.
pub(crate) const SHELL_END: &str = "@@end ";

/// The line that runs a command on the device's shell and prints [`SHELL_END`].
pub(crate) fn shell_line(command: &str) -> String {
    // Split, so that an echo of the line is not taken for the mark.
    format!("{{ {command}\n}} 2>&1; echo \"@@\"\"end $? @@\"\n")
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}
