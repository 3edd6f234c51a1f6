//! How fast messages are issued, beside OpenSSL on the same computer in the same run.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::figures::Figures;
use crate::{Failure, Result, repository};

/// Messages in the batch that is measured, and in one whose memory it is compared with.
const BATCH: u64 = 1_000_000;
const SMALL: u64 = 100_000;
/// What the kernel counts a process's time in, per second (`USER_HZ`).
const TICKS: f64 = 100.0;
/// How long OpenSSL is measured, before and after, in seconds.
const SECONDS: &str = "3";

fn failure(what: impl std::fmt::Display, e: impl std::fmt::Display) -> Failure {
    Failure(format!("{what}: {e}"))
}

/// Measures it. Both are counted in the time that their process had a processor.
///
/// # Errors
/// When one of the programs can't be run.
pub fn measure() -> Result<Figures> {
    let desk = Desk::new()?;
    let before = openssl()?;
    let (_, small) = desk.issue(SMALL)?;
    let (seconds, peak) = desk.issue(BATCH)?;
    let mut figures = Figures::default();
    figures.set("issue_per_s", (BATCH as f64 / seconds) as u64);
    figures.set("issue_batch", BATCH);
    figures.set("issue_peak_bytes", peak);
    figures.set("issue_small_peak_bytes", small);
    figures.set("openssl_sign_per_s", before.max(openssl()?) as u64);
    Ok(figures)
}

/// Signatures with ECDSA P-256 that OpenSSL makes in a second.
fn openssl() -> Result<f64> {
    let output = Command::new("openssl").args(["speed", "-seconds", SECONDS, "ecdsap256"]).output();
    let output = output.map_err(|e| failure("openssl", e))?;
    let said = String::from_utf8_lossy(&output.stdout);
    // The last line ends in: sign/s verify/s.
    let rate =
        said.lines().last().and_then(|line| line.split_whitespace().rev().nth(1)?.parse().ok());
    rate.ok_or_else(|| failure("openssl speed", said))
}

/// A lender's desk: a directory, with a key in it.
struct Desk {
    program: PathBuf,
    directory: PathBuf,
}

/// A batch of a million takes half a gigabyte.
impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Desk {
    fn new() -> Result<Desk> {
        let program = repository().join("target/release/paylatch-lender");
        let directory = repository().join("target/tmp/issuing");
        // What an earlier run left.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).map_err(|e| failure(directory.display(), e))?;
        let desk = Desk { program, directory };
        desk.run(&["keygen", "--out", "key.pem"])?;
        Ok(desk)
    }

    /// Issues so many unlocks; the seconds of processor time and the bytes of memory it took.
    fn issue(&self, count: u64) -> Result<(f64, u64)> {
        self.devices(count).map_err(|e| failure("in.csv", e))?;
        let line = ["unlock", "--key", "key.pem", "--csv", "in.csv", "--out", "out.csv"];
        let taken = self.run(&line)?;
        let issued = File::open(self.directory.join("out.csv")).and_then(lines);
        match issued {
            Ok(lines) if lines == count + 1 => Ok(taken),
            Ok(lines) => Err(Failure(format!("out.csv: {lines} lines for {count} devices"))),
            Err(e) => Err(failure("out.csv", e)),
        }
    }

    /// A table of so many devices.
    fn devices(&self, count: u64) -> std::io::Result<()> {
        let mut table = BufWriter::new(File::create(self.directory.join("in.csv"))?);
        writeln!(table, "device,voucher,reference,sequence")?;
        for number in 1..=count {
            // Multiplied by an odd number, so that no two are the same and none is in order.
            let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            writeln!(table, "{id:016x}{id:048x},{id:064x},loan {number},{number}")?;
        }
        table.flush()
    }

    fn run(&self, arguments: &[&str]) -> Result<(f64, u64)> {
        let named = |e: std::io::Error| failure(self.program.display(), e);
        let before = children()?;
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.directory)
            .stdout(Stdio::null())
            .spawn()
            .map_err(named)?;
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        let mut peak = 0;
        let ended = loop {
            if let Some(ended) = child.try_wait().map_err(named)? {
                break ended;
            }
            peak = memory(&status).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(5));
        };
        if !ended.success() {
            return Err(failure(self.program.display(), ended));
        }
        Ok((children()? - before, peak))
    }
}

/// The most memory that a process has used, in bytes (`VmHWM`, proc(5)); `None` when it is gone.
fn memory(status: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Seconds of processor time of the children that have ended (`cutime` and `cstime`, proc(5)).
fn children() -> Result<f64> {
    let path = "/proc/self/stat";
    let stat = std::fs::read_to_string(path).map_err(|e| failure(path, e))?;
    // What follows the name, which may have spaces in it, begins with field 3.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(16 - 3);
    let ticks: Vec<f64> = fields.take(2).filter_map(|field| field.parse().ok()).collect();
    match ticks[..] {
        [user, system] => Ok((user + system) / TICKS),
        _ => Err(failure(path, "not what it should be")),
    }
}

fn lines(mut file: File) -> std::io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match std::io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(lines),
            count => {
                lines += buffer.iter().take(count).filter(|&&byte| byte == b'\n').count() as u64
            }
        }
    }
}
