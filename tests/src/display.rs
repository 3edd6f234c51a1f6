//! A phone's display, keys and touch, from outside: through QEMU's monitor (QMP).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use paylatch::screen::pixmap::Size;
use serde_json::{Value, json};

use crate::{Failure, Result};

/// The display of a phone that is switched on.
pub struct Display {
    monitor: BufReader<UnixStream>,
    directory: PathBuf,
    size: Size,
}

/// What a display looks like: the pixels row by row, each `0x00RRGGBB`.
#[derive(Clone, PartialEq, Eq)]
pub struct Photograph {
    /// Its size.
    pub size: (u32, u32),
    /// All of them.
    pub pixels: Vec<u32>,
}

/// The greatest value of an axis of QEMU's touch screen.
const AXIS: i64 = 0x7fff;

/// The options of `qemu/run` for a phone in `directory` with a display of this size;
/// `--no-input` besides is one without keys and touch.
pub fn options(directory: &Path, size: Size) -> [String; 4] {
    let size = format!("{}x{}", size.width(), size.height());
    let socket = socket(directory).display().to_string();
    ["--display".into(), size, "-qmp".into(), format!("unix:{socket},server=on,wait=off")]
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("monitor")
}

impl Display {
    /// That of the phone in `directory`, which was switched on with [`options`].
    ///
    /// # Errors
    /// When its monitor does not answer.
    pub fn of(directory: &Path, size: Size) -> Result<Display> {
        let failed = |error| Failure(format!("the emulator's monitor: {error}"));
        let stream = UnixStream::connect(socket(directory)).map_err(failed)?;
        let monitor = BufReader::new(stream);
        let mut display = Display { monitor, directory: directory.to_owned(), size };
        display.next()?;
        display.ask("qmp_capabilities", json!({}))?;
        Ok(display)
    }

    /// That of its phone.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Presses and lets go a key, by QEMU's name for it.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn press(&mut self, key: &str) -> Result<()> {
        for down in [true, false] {
            let key = json!({ "type": "qcode", "data": key });
            self.input(json!([{ "type": "key", "data": { "down": down, "key": key } }]))?;
        }
        Ok(())
    }

    /// Taps on a pixel.
    ///
    /// # Errors
    /// When the monitor does not answer.
    pub fn tap(&mut self, x: i32, y: i32) -> Result<()> {
        self.finger("begin", x, y)?;
        self.finger("end", x, y)
    }

    /// Drags a finger from one pixel to another.
    ///
    /// # Errors
    /// When the monitor does not answer.
    pub fn drag(&mut self, from: (i32, i32), to: (i32, i32)) -> Result<()> {
        self.finger("begin", from.0, from.1)?;
        self.finger("update", to.0, to.1)?;
        self.finger("end", to.0, to.1)
    }

    fn finger(&mut self, what: &str, x: i32, y: i32) -> Result<()> {
        // By no number is a finger known that is gone.
        let finger = if what == "end" { -1 } else { 1 };
        let touch = |what: &str, axis: &str, value: i64| {
            let data = json!({
                "type": what, "slot": 0, "tracking-id": finger, "axis": axis, "value": value,
            });
            json!({ "type": "mtt", "data": data })
        };
        // The middle of the pixel.
        let along =
            |pixel: i32, all: i32| (2 * i64::from(pixel) + 1) * (AXIS + 1) / (2 * i64::from(all));
        let (x, y) = (along(x, self.size.width()), along(y, self.size.height()));
        let mut events = Vec::new();
        if what != "update" {
            events.push(touch(what, "x", x));
        }
        if what != "end" {
            events.extend([touch("data", "x", x), touch("data", "y", y)]);
        }
        self.input(Value::Array(events))
    }

    fn input(&mut self, events: Value) -> Result<()> {
        self.ask("input-send-event", json!({ "events": events })).map(drop)
    }

    /// What it looks like now.
    ///
    /// # Errors
    /// When it can't be photographed.
    pub fn photograph(&mut self) -> Result<Photograph> {
        let path = self.directory.join("photograph.ppm");
        self.ask("screendump", json!({ "filename": path.display().to_string() }))?;
        let bytes = std::fs::read(&path).map_err(|e| Failure(format!("the photograph: {e}")))?;
        ppm(&bytes).ok_or_else(|| Failure("the photograph can't be read".into()))
    }

    /// Keeps a photograph, as PNG.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep(&mut self, path: &Path) -> Result<()> {
        let path = path.display().to_string();
        self.ask("screendump", json!({ "filename": path, "format": "png" })).map(drop)
    }

    /// Runs a command of the monitor.
    ///
    /// # Errors
    /// When it fails.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let line = json!({ "execute": command, "arguments": arguments });
        writeln!(self.monitor.get_mut(), "{line}")
            .map_err(|e| Failure(format!("the emulator's monitor: {e}")))?;
        loop {
            let answer = self.next()?;
            if let Some(error) = answer.get("error") {
                return Err(Failure(format!("{line}: {error}")));
            }
            // Events come between.
            if let Some(returned) = answer.get("return") {
                return Ok(returned.clone());
            }
        }
    }

    fn next(&mut self) -> Result<Value> {
        let mut line = String::new();
        let read = self.monitor.read_line(&mut line);
        read.map_err(|e| Failure(format!("the emulator's monitor: {e}")))?;
        serde_json::from_str(&line).map_err(|e| Failure(format!("the emulator's monitor: {e}")))
    }
}

/// A picture as QEMU writes it: binary PPM, three bytes a pixel, but each row as long as a
/// multiple of four.
fn ppm(bytes: &[u8]) -> Option<Photograph> {
    let mut rest = bytes;
    let mut words = [""; 4];
    for word in &mut words {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        *word = std::str::from_utf8(rest.get(..end)?).ok()?;
        rest = rest.get(end + 1..)?;
    }
    let ["P6", width, height, "255"] = words else { return None };
    let size: (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
    let pixel = |rgb: &[u8; 3]| u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]);
    let row = 3 * usize::try_from(size.0).ok()?;
    let rows = rest.chunks_exact(row.next_multiple_of(4).max(4));
    let pixels: Vec<u32> =
        rows.flat_map(|line| line[..row].as_chunks().0.iter().map(pixel)).collect();
    (pixels.len() as u64 == u64::from(size.0) * u64::from(size.1))
        .then_some(Photograph { size, pixels })
}
