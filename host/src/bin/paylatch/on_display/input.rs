//! Keys and touch: the kernel's input devices (evdev), as long as the screen has them.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use evdev::{AbsoluteAxisCode, Device};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::keys::{Axis, Input, Reader};
use crate::watch::Wake;

/// The input devices in a directory. Nobody else has their events until it is dropped.
pub struct Inputs {
    directory: PathBuf,
    wake: Sender<Wake>,
    events: Receiver<Input>,
    send: Sender<Input>,
    /// Each that is read, and that it is read by nobody else; `None`: it can't be.
    devices: BTreeMap<PathBuf, Option<Device>>,
    /// Readable once the readers are to end.
    over: Arc<OwnedFd>,
}

impl Inputs {
    /// Those that are there now, once [`find`](Inputs::find) was called. Each event wakes
    /// the watch.
    ///
    /// # Errors
    /// The kernel has no more room for an event counter.
    pub fn new(directory: &Path, wake: Sender<Wake>) -> io::Result<Self> {
        let (send, events) = mpsc::channel();
        let over = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let directory = directory.to_owned();
        Ok(Inputs { directory, wake, events, send, devices: BTreeMap::new(), over })
    }

    /// Looks for devices that have come or gone. Without any, the screen is only shown.
    pub fn find(&mut self) {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("event"))
            })
            .collect();
        self.devices.retain(|path, _| paths.contains(path));
        for path in paths {
            if !self.devices.contains_key(&path) {
                let device = self.read(&path).ok();
                self.devices.insert(path, device);
            }
        }
    }

    /// What the owner did since it was last asked.
    pub fn done(&self) -> Vec<Input> {
        self.events.try_iter().collect()
    }

    /// Begins to read a device.
    fn read(&self, path: &Path) -> io::Result<Device> {
        let device = Device::open(path)?;
        device.set_nonblocking(true)?;
        // The same open file: what is grabbed here is grabbed for the reader, too.
        let mut held = Device::from_fd(device.as_fd().try_clone_to_owned()?)?;
        held.grab()?;
        let reader = Reader::new(axes(&device));
        let (send, wake, over) = (self.send.clone(), self.wake.clone(), Arc::clone(&self.over));
        thread::spawn(move || follow(device, reader, &send, &wake, &over));
        Ok(held)
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        // The readers end; a device is let go once nothing has it open.
        let _ = rustix::io::write(&self.over, &1_u64.to_ne_bytes());
        for device in self.devices.values_mut().flatten() {
            // One that is gone need not be.
            let _ = device.ungrab();
        }
    }
}

/// Reads a device until it is gone, or nobody wants its events.
fn follow(
    mut device: Device,
    mut reader: Reader,
    send: &Sender<Input>,
    wake: &Sender<Wake>,
    over: &OwnedFd,
) {
    loop {
        let readable = {
            let mut asked = [
                PollFd::new(over, PollFlags::IN),
                PollFd::from_borrowed_fd(device.as_fd(), PollFlags::IN),
            ];
            match poll(&mut asked, None) {
                Ok(_) => asked.map(|fd| !fd.revents().is_empty()),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
        };
        if readable[0] {
            return;
        }
        let events = match device.fetch_events() {
            Ok(events) => events,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        let mut any = false;
        for input in events.filter_map(|event| reader.read(event)) {
            any = true;
            if send.send(input).is_err() {
                return;
            }
        }
        if any && wake.send(Wake::Input).is_err() {
            return;
        }
    }
}

/// The axes across and along the display, of a device that has them.
fn axes(device: &Device) -> Option<[Axis; 2]> {
    let pairs = [
        [AbsoluteAxisCode::ABS_MT_POSITION_X, AbsoluteAxisCode::ABS_MT_POSITION_Y],
        [AbsoluteAxisCode::ABS_X, AbsoluteAxisCode::ABS_Y],
    ];
    let all: Vec<_> = device.get_absinfo().ok()?.collect();
    let axis = |code: AbsoluteAxisCode| {
        let (_, info) = all.iter().find(|(axis, _)| *axis == code)?;
        Some(Axis { least: info.minimum(), greatest: info.maximum() })
    };
    pairs.into_iter().find_map(|[x, y]| Some([axis(x)?, axis(y)?]))
}
