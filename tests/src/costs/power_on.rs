//! One power-on of the device that is measured: a script is handed to it, nobody types,
//! and it switches itself off.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use paylatch_proto::api::{self, Outcome, Reply, Request};
use paylatch_proto::bytes::DeviceId;
use paylatch_proto::limits;
use paylatch_proto::refusal::Refusal;

use crate::device::Device;
use crate::rpmb;
use crate::{Failure, Result, repository};

/// A power-on takes some seconds. One that does not end by then is stuck.
const PATIENCE: &str = "600";

/// How often the bootloader asks the lock for its state before it boots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Not at all: the device without the lock.
    Never,
    /// As it does on a phone.
    Once,
    /// And once more.
    Twice,
}

/// What is to be done in one power-on.
pub struct PowerOn<'a> {
    device: &'a Device,
    asked: Asked,
    script: String,
}

impl<'a> PowerOn<'a> {
    /// Nothing yet.
    pub fn new(device: &'a Device, asked: Asked) -> PowerOn<'a> {
        PowerOn { device, asked, script: String::new() }
    }

    /// A line of the client's script, under a name, so many times.
    pub fn line(&mut self, what: &str, name: &str, times: u32) {
        self.script += &format!("{what} {name} {times}\n");
    }

    /// A request for the lock.
    ///
    /// # Errors
    /// When it is too long for one.
    pub fn call(&mut self, request: &Request, name: &str, times: u32) -> Result<()> {
        let mut room = [0; limits::REQUEST];
        let bytes = postcard::to_slice(request, &mut room);
        let bytes = bytes.map_err(|e| Failure(format!("{name}: {e}")))?;
        self.line(&format!("call {}", hex::encode(bytes)), name, times);
        Ok(())
    }

    /// So many more sessions with an application are opened, and stay open.
    pub fn keep(&mut self, application: &str, count: u32) {
        self.script += &format!("keep {application} {count}\n");
    }

    /// Guest time passes.
    pub fn wait(&mut self, seconds: u32) {
        self.script += &format!("wait {seconds}\n");
    }

    /// Switches on, and waits until it has switched itself off.
    ///
    /// # Errors
    /// When it does not, or says that something failed.
    pub fn run(self) -> Result<Seen> {
        let directory = self.device.directory();
        let file = |name: &str| directory.join(name);
        let write = |name: &str, text: &str| {
            let path = file(name);
            std::fs::write(&path, text).map_err(|e| Failure(format!("{}: {e}", path.display())))
        };
        let ask = match self.asked {
            Asked::Never => "",
            Asked::Once => "ticks paylatch status; ",
            Asked::Twice => "ticks paylatch status; ticks paylatch status; ",
        };
        write(
            "bootloader.txt",
            &format!(
                "bench={ask}qfw load ${{kernel_addr_r}} ${{ramdisk_addr_r}} && booti \
                 ${{kernel_addr_r}} ${{ramdisk_addr_r}}:${{filesize}} ${{fdtcontroladdr}}\n"
            ),
        )?;
        self.device.put_system(&file("bootloader.txt"))?;
        write("script", &self.script)?;
        let trace = file("trace.log");
        // QEMU adds to one that is there.
        let _ = std::fs::remove_file(&trace);
        let output = Command::new("timeout")
            .arg(PATIENCE)
            .arg(repository().join("qemu/run"))
            .arg(directory)
            // What the host gives comes at no certain instruction.
            .arg("--no-rng")
            .args(["--append", "rdinit=/usr/bin/paylatch-costs"])
            .args(["-icount", "shift=0,sleep=off", "-seed", "1"])
            .args(["-rtc", "clock=vm,base=2026-01-01", "-serial", "stdio"])
            .args(["-serial", &format!("file:{}", file("secure.log").display())])
            .arg("-fw_cfg")
            .arg(format!("name=opt/paylatch/costs,file={}", file("script").display()))
            .args(rpmb::trace_options(&trace))
            .args(["-trace", "pl011_write"])
            .stdin(Stdio::null())
            .output()
            .map_err(|e| Failure(format!("qemu/run: {e}")))?;
        let console = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        if !output.status.success() || !console.contains("costs: done") {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(Failure(format!(
                "the device failed ({}):\n{console}{error}",
                output.status
            )));
        }
        Seen::of(&console, &trace)
    }
}

/// What a power-on has shown.
pub struct Seen {
    /// Ticks, by name; the least of those that have the same name.
    ticks: BTreeMap<String, u64>,
    /// What the lock answered.
    replies: BTreeMap<String, Vec<Reply>>,
    /// What the bootloader's questions took, in ticks.
    asked: Vec<u64>,
    /// RPMB requests, by name; the most of those that have the same name.
    requests: BTreeMap<String, Vec<rpmb::Request>>,
    /// Instructions of a tick.
    tick: u64,
}

impl Seen {
    fn of(console: &str, trace: &Path) -> Result<Seen> {
        const SECOND: u64 = 1_000_000_000; // instructions, with shift=0
        let mut seen = Seen {
            ticks: BTreeMap::new(),
            replies: BTreeMap::new(),
            asked: Vec::new(),
            requests: requests(trace)?,
            tick: 0,
        };
        for line in console.lines() {
            let strange = || Failure(format!("not understood: {line}"));
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["ticks", _, took] => seen.asked.push(took.parse().map_err(|_| strange())?),
                ["costs:", "frequency", hertz] => {
                    let hertz: u64 = hertz.parse().map_err(|_| strange())?;
                    seen.tick = SECOND.checked_div(hertz).ok_or_else(strange)?;
                }
                ["costs:", "begin", _] | ["costs:", "done"] => {}
                ["costs:", "reply", name, text] => {
                    let bytes = hex::decode(text).map_err(|_| strange())?;
                    let reply = postcard::from_bytes(&bytes).map_err(|_| strange())?;
                    seen.replies.entry(name.into()).or_default().push(reply);
                }
                ["costs:", name, ticks] => {
                    let ticks = ticks.parse().map_err(|_| strange())?;
                    let least = seen.ticks.entry(name.into()).or_insert(ticks);
                    *least = ticks.min(*least);
                }
                ["costs:", ..] => return Err(strange()),
                _ => {}
            }
        }
        Ok(seen)
    }

    /// Instructions of what has this name, at least.
    ///
    /// # Errors
    /// When it was not done.
    pub fn instructions(&self, name: &str) -> Result<u64> {
        let ticks = self.ticks.get(name).ok_or_else(|| missing(name))?;
        Ok(ticks * self.tick)
    }

    /// Instructions of one of the bootloader's questions.
    ///
    /// # Errors
    /// When it did not ask so often.
    pub fn asked(&self, which: usize) -> Result<u64> {
        let ticks = self.asked.get(which).ok_or_else(|| missing("the bootloader's question"))?;
        Ok(ticks * self.tick)
    }

    /// RPMB requests of what has this name, at most.
    ///
    /// # Errors
    /// When it was not done.
    pub fn requests(&self, name: &str) -> Result<u64> {
        self.count(name, |_| true)
    }

    /// Those that read blocks.
    ///
    /// # Errors
    /// When it was not done.
    pub fn reads(&self, name: &str) -> Result<u64> {
        self.count(name, |request| matches!(request, rpmb::Request::Read(_)))
    }

    /// Those that write.
    ///
    /// # Errors
    /// When it was not done.
    pub fn writes(&self, name: &str) -> Result<u64> {
        self.count(name, |request| *request == rpmb::Request::Write)
    }

    fn count(&self, name: &str, counts: impl Fn(&rpmb::Request) -> bool) -> Result<u64> {
        let requests = self.requests.get(name).ok_or_else(|| missing(name))?;
        Ok(requests.iter().filter(|request| counts(request)).count() as u64)
    }

    /// The device id that was told.
    ///
    /// # Errors
    /// When there was none.
    pub fn identity(&self) -> Result<DeviceId> {
        match self.replies.get("identity").and_then(|replies| replies.first()) {
            Some(Reply::Identity(api::Identity { device, .. })) => Ok(*device),
            other => Err(Failure(format!("no identity, but {other:?}"))),
        }
    }

    /// That all these were taken.
    ///
    /// # Errors
    /// When one was not.
    pub fn all_applied(&self, names: impl IntoIterator<Item = &'static str>) -> Result<()> {
        self.all(
            names,
            "applied",
            |reply| matches!(reply, Reply::Done(done) if done.outcome == Outcome::Applied),
        )
    }

    /// That this was refused so.
    ///
    /// # Errors
    /// When it was not.
    pub fn refused(&self, name: &'static str, refusal: Refusal) -> Result<()> {
        self.all([name], "refused", |reply| *reply == Reply::Refused(refusal))
    }

    fn all(
        &self,
        names: impl IntoIterator<Item = &'static str>,
        what: &str,
        holds: impl Fn(&Reply) -> bool,
    ) -> Result<()> {
        for name in names {
            let replies = self.replies.get(name).ok_or_else(|| missing(name))?;
            if let Some(reply) = replies.iter().find(|reply| !holds(reply)) {
                return Err(Failure(format!("{name} is not {what}: {reply:?}")));
            }
        }
        Ok(())
    }
}

fn missing(name: &str) -> Failure {
    Failure(format!("nothing was told of {name}"))
}

/// The requests between what the client says on the console, which is traced as well.
fn requests(trace: &Path) -> Result<BTreeMap<String, Vec<rpmb::Request>>> {
    const WRITTEN: &str = "pl011_write addr 0x000 value 0x";
    let text = std::fs::read_to_string(trace);
    let text = text.map_err(|e| Failure(format!("{}: {e}", trace.display())))?;
    let mut found: BTreeMap<String, Vec<rpmb::Request>> = BTreeMap::new();
    let (mut line, mut of, mut requests) = (String::new(), None, Vec::new());
    for event in text.lines() {
        if let Some((_, value)) = event.split_once(WRITTEN) {
            let value = value.split(' ').next().and_then(|hex| u32::from_str_radix(hex, 16).ok());
            match value.and_then(char::from_u32) {
                Some('\n') => {
                    if let Some(name) = line.trim().strip_prefix("costs: begin ") {
                        of = Some(name.to_owned());
                        requests.clear();
                    } else if let (Some(_), Some(name)) = (line.find("costs: "), of.take()) {
                        let most = found.entry(name).or_default();
                        if requests.len() >= most.len() {
                            *most = std::mem::take(&mut requests);
                        }
                    }
                    line.clear();
                }
                Some(character) => line.push(character),
                None => return Err(Failure(format!("{}: {event}", trace.display()))),
            }
        } else {
            rpmb::take(event, &mut requests)?;
        }
    }
    Ok(found)
}
