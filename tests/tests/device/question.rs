//! What the lock costs at the two moments where somebody waits for it: the
//! bootloader's question on a cold start, counted in RPMB requests at the eMMC, and
//! the time from an unlock to a usable phone. Guest time is counted in
//! instructions: neither depends on the machine.

use std::collections::BTreeMap;
use std::path::Path;

use paylatch_proto::state::State;
use paylatch_ta::env::{Record, Slot};
use paylatch_tests::device::{Device, built};
use paylatch_tests::emulator::Emulator;
use paylatch_tests::fleet::Fleet;
use paylatch_tests::issuer::LENDER;
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::rpmb::{self, Request};
use paylatch_tests::{Failure, Result};

// ---- the bootloader's question ------------------------------------------------

/// Size of an RPMB block, in bytes.
const BLOCK: usize = 256;
/// The block with the header of OP-TEE's RPMB file system.
const HEADER: u16 = 0;
/// The blocks of its FAT that one request reads: `CFG_RPMB_FS_RD_ENTRIES` entries of a
/// block each. OP-TEE keeps none of them; more requests follow only when there are
/// more entries.
const FAT: std::ops::Range<u16> = 2..10;

/// A look through the FAT.
fn fat() -> Request {
    Request::Read(FAT.collect())
}

/// What OP-TEE does before the first object is looked for: it finds its key to be the
/// eMMC's, and makes sure with a write of what is there that no write that was held
/// back earlier can still come.
fn mount() -> Vec<Request> {
    let header = Request::read(HEADER);
    vec![Request::Counter, header.clone(), Request::Write, Request::Outcome, header]
}

/// What the application does with its storage.
#[derive(Clone, Copy, Debug)]
enum Access {
    /// Looks for a record that is not there.
    Miss,
    /// Opens a record and reads it, once.
    Read(Record),
    /// Opens a record and overwrites it in place.
    Write(Record),
}

impl Access {
    /// The requests OP-TEE makes of it: it looks through the FAT at each step, and
    /// reads an object's head, in the same block as the record, when it is opened.
    fn requests(self, blocks: &BTreeMap<&str, u16>) -> Result<Vec<Request>> {
        let block = |record: Record| {
            let block = blocks.get(record.name()).copied().map(Request::read);
            block.ok_or_else(|| Failure(format!("no record {}", record.name())))
        };
        let opened = |data: &Request| vec![fat(), fat(), data.clone()];
        Ok(match self {
            Access::Miss => vec![fat()],
            Access::Read(record) => {
                let data = block(record)?;
                [opened(&data), vec![fat(), data]].concat()
            }
            // The head is in the block that is written: it is read once more.
            Access::Write(record) => {
                let data = block(record)?;
                let write = vec![fat(), data.clone(), Request::Write, Request::Outcome];
                [opened(&data), write].concat()
            }
        })
    }
}

/// Fresh from the factory is what has no record at all, looked for twice: no skipped
/// instruction makes a phone fresh.
const FRESH: &[Access] = &[Access::Miss; 2 * Record::ALL.len()];
/// Released is final: nothing but the state matters.
const RELEASED: &[Access] = &[Access::Read(Record::State)];
/// The state, the live keys, the other slot, which has to be blank; then the boot
/// store: this power-on has not ended cleanly yet.
const FINANCED: &[Access] = &[
    Access::Read(Record::State),
    Access::Read(Record::Keys(Slot::A)),
    Access::Read(Record::Keys(Slot::B)),
    Access::Write(Record::State),
];

/// The block of each record, by its name, from the FAT, which is not encrypted.
fn blocks_of_records(rpmb: &[u8]) -> BTreeMap<&'static str, u16> {
    const FLAGS: usize = 8;
    const NAME: usize = 32;
    let records = Record::ALL.map(|record| (record.name(), hex::encode_upper(record.name())));
    let entries = FAT.filter_map(|block| rpmb.chunks(BLOCK).nth(block.into()));
    let mut found = BTreeMap::new();
    for entry in entries.filter(|entry| entry[FLAGS] & 1 == 1) {
        let name = entry[NAME..].split(|&byte| byte == 0).next().unwrap_or_default();
        let start = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
        let of = records.iter().find(|(_, hex)| name.ends_with(format!("/{hex}").as_bytes()));
        if let (Some((name, _)), Ok(block)) = (of, u16::try_from(start as usize / BLOCK)) {
            found.insert(*name, block);
        }
    }
    found
}

/// What the bootloader's question has cost.
struct Cost {
    phone: &'static str,
    /// The first question's; the second makes none.
    requests: Vec<Request>,
    /// Of guest time, a thousand instructions each: the first question's and the
    /// second's.
    microseconds: [u64; 2],
}

impl Cost {
    /// The bootloader of this phone, stopped at its prompt, asks twice.
    #[track_caller]
    fn of_asking(phone: &'static str, device: &Device, expected: State) -> Result<Cost> {
        let trace = device.directory().join("trace.log");
        let options = rpmb::trace_options(&trace);
        let options = options.each_ref().map(String::as_str);
        let mut emulator = device.stop_in_bootloader(&options)?;
        type_at_prompt(&mut emulator, "mmc list; mmc dev 0")?;
        assert_eq!(rpmb::traced(&trace)?, [], "{phone}: before the question");
        let mut ask = || -> Result<u64> {
            let said = type_at_prompt(&mut emulator, "paylatch status")?;
            let state = format!("state {:#010x} ", expected.code());
            assert!(said.contains(&state), "{phone}, not {state}: {said}");
            microseconds(&type_at_prompt(&mut emulator, "bootstage report")?)
        };
        let first = ask()?;
        let caused = rpmb::traced(&trace)?;
        let second = ask()? - first;
        assert_eq!(rpmb::traced(&trace)?, caused, "{phone}: at the second question");
        Ok(Cost { phone, requests: caused, microseconds: [first, second] })
    }

    fn row(&self) -> String {
        let (mount, own) = self.requests.split_at(mount().len().min(self.requests.len()));
        let counts = |requests: &[Request]| {
            let count = |kind: fn(&Request) -> bool| requests.iter().filter(|r| kind(r)).count();
            let blocks = |request: &Request| match request {
                Request::Read(blocks) => blocks.len(),
                _ => 0,
            };
            let fat = requests.iter().filter(|request| **request == fat()).count();
            let reads = count(|request| matches!(request, Request::Read(_)));
            format!(
                "{:>3} {:>3} {:>4} {:>3} {:>3} {:>6}",
                count(|request| *request == Request::Counter),
                fat,
                reads - fat,
                count(|request| *request == Request::Write),
                count(|request| *request == Request::Outcome),
                requests.iter().map(blocks).sum::<usize>(),
            )
        };
        let [first, next] = self.microseconds;
        let (phone, mount, own) = (self.phone, counts(mount), counts(own));
        format!("{phone:8} | {mount} | {own} | {first:>6} {next:>7}")
    }
}

const HEADING: &str =
    "         | OP-TEE's mount              | the lock                    | 1000 instructions
         |      reads                  |      reads                  |   the     the
phone    | ctr fat data wri res blocks | ctr fat data wri res blocks |  first    next";

/// Types a line at the bootloader's prompt; what it prints.
fn type_at_prompt(emulator: &mut Emulator, line: &str) -> Result<String> {
    emulator.send(&format!("{line}\n"))?;
    emulator.wait_for("=> ")
}

/// The bootloader's own account of the time its questions took.
fn microseconds(report: &str) -> Result<u64> {
    report
        .lines()
        .find_map(|line| line.trim().strip_suffix("paylatch"))
        .and_then(|time| time.trim().replace(',', "").parse().ok())
        .ok_or_else(|| Failure(format!("no time of paylatch: {report}")))
}

/// At most, for the first question: twice what was seen. A thousand instructions each.
const FIRST: u64 = 50_000;
/// And for one that follows.
const NEXT: u64 = 400;

/// On a cold start, each record is read once, nothing is written but the boot store,
/// and what was learned is not asked again.
#[test]
fn what_the_bootloaders_question_costs() -> Result<()> {
    let fleet = Fleet::get()?;
    let phones = [
        ("locked", &fleet.locked, State::Locked, FINANCED),
        ("unlocked", &fleet.unlocked, State::Unlocked, FINANCED),
        ("released", &fleet.released, State::Released, RELEASED),
        ("fresh", &fleet.fresh, State::Unprovisioned, FRESH),
    ];
    println!("{HEADING}");
    for (name, phone, state, accesses) in phones {
        let device = phone.copy(name)?;
        device.put_firmware(Path::new(&built("flash-development.bin")))?;
        let before = device.rpmb()?;
        let cost = Cost::of_asking(name, &device, state)?;
        println!("{}", cost.row());
        let after = device.rpmb()?;

        let blocks = blocks_of_records(&before);
        let mut expected = mount();
        for access in accesses {
            expected.extend(access.requests(&blocks)?);
        }
        assert_eq!(cost.requests, expected, "{name}: {blocks:?}");

        let pairs = before.chunks(BLOCK).zip(after.chunks(BLOCK));
        let changed: Vec<usize> =
            pairs.enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
        let stored: Vec<usize> = accesses
            .iter()
            .filter_map(|access| match access {
                Access::Write(record) => blocks.get(record.name()).map(|&block| block.into()),
                _ => None,
            })
            .collect();
        assert_eq!(changed, stored, "{name}: the blocks that have changed");

        let [first, next] = cost.microseconds;
        assert!(first < FIRST && next < NEXT, "{name}: {first}, {next} thousand instructions");
    }
    Ok(())
}

// ---- an unlock that takes effect ----------------------------------------------

/// What stands for the OS: it notes when it became restricted or usable, in seconds
/// since the start.
const SYSTEM: &str = r#"#!/bin/sh
echo "$1 $(cut -d' ' -f1 /proc/uptime)" >>/tmp/modes"#;

/// The service with that OS, and what waits until it is settled in a mode.
const WATCH: &str = r#"chmod +x /tmp/system; mkdir /tmp/inbox; : >/tmp/modes
now() { cut -d' ' -f1 /proc/uptime; }
settled() { grep '"event":"mode"' /tmp/events | tail -n 1 | grep -q "\"mode\":\"$1\""; }
wait_for() {
    n=0
    until settled $1 || [ $n -ge 600 ]; do usleep 50000; n=$((n + 1)); done
    grep "^$1 " /tmp/modes || cat /tmp/events
}
paylatch --json watch --system /tmp/system --messages /tmp/inbox </dev/null >/tmp/events 2>&1 &
wait_for restricted"#;

/// The longest that it may take, in seconds of guest time.
const LONGEST: f64 = 1.0;

/// Ways to hand in the text `$1`.
const WAYS: [(&str, &str); 2] = [
    ("by another process", r#"paylatch apply "$1" >/tmp/applied 2>&1"#),
    ("in the inbox", r#"echo "$1" >/tmp/inbox/text.tmp; mv /tmp/inbox/text.tmp /tmp/inbox/text"#),
];

/// How long after the service has settled, in microseconds: its questions, four a
/// second, are met at different moments.
const DELAYS: [u32; 4] = [10_000, 80_000, 150_000, 220_000];

/// Seconds from just before the unlock is handed in to the OS's being told that it is
/// usable; all of it happens on the phone.
fn unlock(phone: &mut Emulated, text: &str, way: &str, delay: u32) -> Result<f64> {
    let line =
        format!("set -- '{text}'; : >/tmp/modes; usleep {delay}; now; {way}; wait_for usable");
    let said = phone.emulator()?.shell(&line)?.text;
    let mut lines = said.lines();
    let handed_in = lines.next().and_then(|line| line.parse::<f64>().ok());
    let usable = lines.next().and_then(|line| line.strip_prefix("usable ")?.parse::<f64>().ok());
    handed_in.zip(usable).map(|(from, to)| to - from).ok_or_else(|| Failure(said.clone()))
}

/// However it comes, and whenever; and without a restart. After each, the phone is
/// locked again. The kernel has no random numbers yet: a message must not wait for them.
#[test]
fn an_unlock_takes_effect_within_a_second_of_use() -> Result<()> {
    let fleet = Fleet::get()?;
    let mut phone = Emulated::of(fleet.locked.copy("unlock")?);
    phone.device.put_firmware(Path::new(&built("flash-development.bin")))?;
    phone.power_on_with(|device| device.boot_with(&["--no-rng"]))?;
    let system = SYSTEM.replace('\'', r"'\''");
    phone.emulator()?.shell(&format!("echo '{system}' >/tmp/system"))?;
    let said = phone.emulator()?.shell(WATCH)?.text;
    assert!(said.starts_with("restricted "), "{said}");
    let message =
        |sequence, order: &[&str]| fleet.issuer.message(LENDER, &fleet.voucher, sequence, order);
    let mut sequence = 1000;
    for (name, way) in WAYS {
        for delay in DELAYS {
            let time = unlock(&mut phone, &fleet.unlock(sequence)?, way, delay)?;
            println!("an unlock handed in {name} took effect after {time:.2} s of use");
            assert!(time < LONGEST, "{name}: {time:.2} s");

            let notice = message(sequence + 1, &["notice"])?;
            assert_eq!(phone.hand_in("apply", &notice)?, "applied");
            phone.pass(3)?;
            phone.emulator()?.shell(": >/tmp/modes")?;
            let lock = message(sequence + 2, &["lock", "--reason", "payment-overdue"])?;
            assert_eq!(phone.hand_in("apply", &lock)?, "applied");
            let said = phone.emulator()?.shell("wait_for restricted")?.text;
            assert!(said.starts_with("restricted "), "{said}");
            sequence += 3;
        }
    }
    Ok(())
}
