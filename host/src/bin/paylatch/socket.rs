//! Where apps hand texts in: a local socket.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::thread;
use std::time::Duration;

use paylatch::error::{Error, Kind, Result};

use crate::watch::Wake;

/// How many may be connected at once; who comes then is sent away.
const MOST: usize = 8;
/// The longest line, in bytes: a voucher's text with room for white space.
const LONGEST: u64 = 4096;
/// For how long nothing may come from who is connected.
const PATIENCE: Duration = Duration::from_secs(60);

/// A socket that is listened on; its name goes with it.
pub struct Socket {
    path: PathBuf,
}

impl Socket {
    /// Listens. Each line is a text and wakes the watch; it is answered with one line of JSON.
    ///
    /// # Errors
    /// [`Kind::Io`]: another program listens there, or it can't be made.
    pub fn listen(path: &Path, wake: Sender<Wake>) -> Result<Socket> {
        let failed = |error| Error::io(path, &error);
        // What a watch that was killed has left.
        match UnixStream::connect(path) {
            Ok(_) => {
                let error = Error::new(Kind::Io, "another program listens on this socket");
                return Err(error.of(path.display()));
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && is_socket(path) => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        thread::spawn(move || accept(&listener, &wake));
        Ok(Socket { path: path.to_owned() })
    }
}

/// A file of another kind refuses a connection, too, and is not ours to remove.
fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever finds it finds nobody there.
        let _ = fs::remove_file(&self.path);
    }
}

fn accept(listener: &UnixListener, wake: &Sender<Wake>) {
    let connected = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Too many files are open, for now.
            thread::sleep(Duration::from_secs(1));
            continue;
        };
        if connected.fetch_add(1, Ordering::Relaxed) >= MOST {
            connected.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (wake, connected) = (wake.clone(), Arc::clone(&connected));
        thread::spawn(move || {
            // Who goes away in the middle need not be told.
            let _ = serve(stream, &wake);
            connected.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn serve(stream: UnixStream, wake: &Sender<Wake>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut to = stream.try_clone()?;
    let mut from = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        from.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        // What is longer is no text, and its rest is not one, either.
        let whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (answer, answered) = mpsc::channel();
        if wake.send(Wake::Asked { line, answer }).is_err() {
            return Ok(());
        }
        let Ok(answer) = answered.recv() else { return Ok(()) };
        writeln!(to, "{answer}")?;
        if !whole {
            return Ok(());
        }
    }
}
