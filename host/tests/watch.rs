//! `paylatch watch` over the simulator: what it tells, what it keeps, how it
//! holds the OS, and its screen on a pseudo-terminal.

mod phone;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use p256::ecdsa::Signature;
use paylatch::issue::order::{self, Dated, NewLender, Order, OtherRoles};
use paylatch::issue::prepared::Attached;
use paylatch::issue::{PrivateKey, Signer};
#[cfg(all(feature = "pictures", feature = "screen"))]
use paylatch::screen::qr_code::Code;
use paylatch::text;
use paylatch_proto::armour::Kind;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::hotline::Action;
use paylatch_proto::message::split;
use paylatch_proto::sign::sha256;
use paylatch_proto::state::Reason;
use paylatch_ta::config::SECURITY_VERSION;
use paylatch_ta::records::{STATE_LEN, StateRecord};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::{Value, json};

use phone::{DAY, Loan, NOTICE, Phone, Signers, contact};

/// So that a missing line is a failure and not a test that never ends.
const LIMIT: Duration = Duration::from_secs(60);

const SYSTEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/phone/system");

/// A running `watch --json`, and the lines it prints.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(phone: &Phone, arguments: &[&str]) -> Self {
        Watch::spawn(phone.command(&["--json"]), phone, arguments)
    }

    fn spawn(mut command: Command, phone: &Phone, arguments: &[&str]) -> Self {
        command.arg("watch").args(arguments);
        if !arguments.contains(&"--interval") {
            command.args(["--interval", "1s"]);
        }
        command.env("RUNS", phone.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        Watch { child, lines }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(LIMIT).expect("another line");
        serde_json::from_str(&line).unwrap()
    }

    /// The next event, which has these fields.
    fn sees(&mut self, fields: &Value) -> Value {
        let seen = self.next();
        for (name, value) in fields.as_object().unwrap() {
            assert_eq!(&seen[name], value, "{name} of {seen}");
        }
        seen
    }

    fn is_restricted(&mut self, state: &str) {
        self.sees(&json!({ "event": "mode", "mode": "restricted", "state": state }));
    }

    fn is_usable(&mut self, state: &str) {
        self.sees(&json!({ "event": "mode", "mode": "usable", "state": state }));
    }

    /// Ends it; nothing more was seen.
    fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.sees(&json!({ "event": "stopped" }));
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Nothing to end where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The owner's side of a terminal. Another program has it open, too: the shell
/// that waits until the phone may be used.
struct Console {
    name: String,
    owner: File,
    shell: OwnedFd,
    pieces: Receiver<Vec<u8>>,
    shown: String,
}

impl Console {
    fn new() -> Self {
        let owner = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&owner).unwrap();
        unlockpt(&owner).unwrap();
        let name = ptsname(&owner, Vec::new()).unwrap().into_string().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let shell = rustix::fs::open(&name, flags, Mode::empty()).unwrap();
        let owner = File::from(owner);
        let mut output = owner.try_clone().unwrap();
        let (sender, pieces) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(count) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Console { name, owner, shell, pieces, shown: String::new() }
    }

    fn types(&mut self, text: &str) {
        self.owner.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until this is shown, and gives what was shown up to its end.
    fn shows(&mut self, text: &str) -> String {
        while !self.shown.contains(text) {
            let piece = self.pieces.recv_timeout(LIMIT);
            let piece = piece.unwrap_or_else(|_| panic!("`{text}` is not in:\n{}", self.shown));
            self.shown.push_str(&String::from_utf8(piece).unwrap());
        }
        let end = self.shown.find(text).unwrap() + text.len();
        self.shown.drain(..end).collect()
    }

    /// What the other program reads.
    fn shell_reads(&self) -> String {
        let mut buffer = [0; 256];
        let count = rustix::io::read(&self.shell, &mut buffer).unwrap_or(0);
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    }
}

fn locked<'a>(phone: &Phone, signers: &'a Signers) -> Loan<'a> {
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    phone.run(&["apply", &loan.message(1, Order::Notice)]).ok();
    phone.advance("3d");
    phone.run(&["apply", &loan.message(2, Order::Lock(Reason::PaymentOverdue))]).ok();
    loan
}

/// What the program that changes the OS was run for.
fn runs(phone: &Phone) -> String {
    fs::read_to_string(phone.path("runs")).unwrap_or_default()
}

/// A sale of the loan, and the new lender's key.
fn sold(loan: &Loan, sequence: u64) -> (String, PrivateKey) {
    let new = PrivateKey::generate().unwrap();
    let to = NewLender { key: *new.public_key(), desk: None, contact: contact() };
    let dated = Dated { sequence, issued_at: 1 };
    let lender = &loan.signers.lender;
    let prepared =
        order::rekey(&to, &loan.enrolment, dated, lender.public_key(), &OtherRoles::default());
    let Attached::Next(second) = prepared.unwrap().sign_step(&new).unwrap() else {
        panic!("a rekey has two signatures")
    };
    (second.sign(lender).unwrap().text(), new)
}

/// The same message with the other valid signature, which anyone can make.
fn other_signature(message: &str) -> String {
    let read = text::read(message, &[Kind::Message]).unwrap();
    let (body, signature) = split(&read.bytes).unwrap();
    let (r, s) = Signature::from_slice(&signature.0).unwrap().split_scalars();
    let other = Signature::from_scalars(r, -s).unwrap();
    text::armour(Kind::Message, &[body, &other.to_bytes()].concat())
}

/// The message with the other one's signature.
fn forged(message: &str, other: &str) -> String {
    let read = |text| text::read(text, &[Kind::Message]).unwrap().bytes;
    let (message, other) = (read(message), read(other));
    let (body, signature) = (split(&message).unwrap().0, split(&other).unwrap().1);
    text::armour(Kind::Message, &[body, &signature.0].concat())
}

/// The simulated phone's file.
fn contents(phone: &Phone) -> Value {
    serde_json::from_slice(&fs::read(phone.path("phone")).unwrap()).unwrap()
}

/// Changes records of the simulated phone, as hexadecimal digits.
fn change(phone: &Phone, records: &[&str], change: impl Fn(&str) -> String) {
    let file = phone.path("phone");
    let mut contents = contents(phone);
    for record in records {
        let bytes = &mut contents["simulator"]["records"][record];
        *bytes = change(bytes.as_str().unwrap()).into();
    }
    let digest = sha256(&[&serde_json::to_vec(&contents["simulator"]).unwrap()]);
    contents["digest"] = digest.to_string().into();
    fs::write(phone.path("spoilt"), serde_json::to_vec(&contents).unwrap()).unwrap();
    fs::rename(phone.path("spoilt"), file).unwrap();
}

/// Spoils records of the simulated phone.
fn damage(phone: &Phone, records: &[&str]) {
    change(phone, records, |whole| {
        let flipped = if whole.ends_with('0') { '1' } else { '0' };
        format!("{}{flipped}", &whole[..whole.len() - 1])
    });
}

fn state_record(digits: &str) -> StateRecord {
    StateRecord::decode(&paylatch::hex::decode::<STATE_LEN>(digits).unwrap().0).unwrap()
}

/// As if the last good boot had been an older build's.
fn updated(phone: &Phone) {
    change(phone, &["state"], |digits| {
        let older = StateRecord { security_version: 0, ..state_record(digits) };
        Bytes(older.encode()).to_string()
    });
}

/// The least security version that the phone's record asks for.
fn least_version(phone: &Phone) -> u32 {
    let contents = contents(phone);
    let digits = contents["simulator"]["records"]["state"].as_str().unwrap();
    state_record(digits).security_version
}

// ---- without a system -------------------------------------------------------

#[test]
fn watch_applies_what_is_dropped_and_tells_what_changes() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    let inbox = phone.path("inbox");
    fs::create_dir(&inbox).unwrap();
    let mut watch = Watch::start(&phone, &["--messages", inbox.to_str().unwrap()]);
    let first = watch.next();
    assert_eq!((&first["event"], &first["state"]), (&"status".into(), &"unprovisioned".into()));

    let drop_in = |name: &str, text: &str| {
        fs::write(inbox.join(format!("{name}.part")), text).unwrap();
        fs::rename(inbox.join(format!("{name}.part")), inbox.join(name)).unwrap();
    };
    drop_in("1-voucher", &loan.voucher);
    let taken = watch.next();
    assert_eq!((&taken["event"], &taken["outcome"]), (&"taken".into(), &"applied".into()));
    assert_eq!(watch.next()["state"], "unlocked");
    drop_in("2-lock", &loan.message(2, Order::Lock(Reason::PaymentOverdue)));
    assert_eq!(watch.next()["refusal"], "no_notice");
    drop_in("3-garbage", "PAYLATCH1:clipped!");
    let failed = watch.next();
    assert_eq!((&failed["event"], &failed["code"]), (&"failed".into(), &3.into()));
    drop_in("4-notice", &loan.message(1, Order::Notice));
    assert_eq!(watch.next()["event"], "taken");
    assert_eq!(watch.next()["enrolment"]["lock_possible_in"], NOTICE);

    // Time that passes beside it is seen.
    phone.advance("3d");
    assert_eq!(watch.next()["enrolment"]["lock_possible_in"], 0);
    watch.terminate();
    let mut names: Vec<_> = fs::read_dir(&inbox)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["1-voucher.applied", "2-lock.refused", "3-garbage.refused", "4-notice.applied"]
    );
}

#[test]
fn watch_reads_lines_too() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let mut watch = Watch::start(&phone, &["--messages", "-"]);
    assert_eq!(watch.next()["event"], "status");
    let mut input = watch.child.stdin.take().unwrap();
    writeln!(input, "nonsense\n\n{}", signers.seal(&phone.device())).unwrap();
    assert_eq!(watch.next()["code"], 3);
    assert_eq!(watch.next()["event"], "taken");
    assert_eq!(watch.next()["state"], "released");
    drop(input);
    watch.terminate();
}

#[test]
fn an_app_hands_in_what_it_has_through_the_socket() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    let socket = phone.path("socket");
    let name = socket.to_str().unwrap();
    // What one that was killed has left.
    drop(UnixListener::bind(&socket).unwrap());
    let mut watch = Watch::start(&phone, &["--socket", name]);
    watch.sees(&json!({ "event": "status", "state": "locked" }));

    let app = UnixStream::connect(&socket).unwrap();
    let (mut to, mut from) = (app.try_clone().unwrap(), BufReader::new(app));
    let mut ask = |line: &str| -> Value {
        writeln!(to, "{line}").unwrap();
        let mut answer = String::new();
        from.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let answer = ask("hello");
    assert_eq!((&answer["event"], &answer["code"]), (&"failed".into(), &3.into()));
    watch.sees(&answer);
    let answer = ask(&forged(&loan.message(3, Order::Unlock), &loan.message(4, Order::Unlock)));
    assert_eq!(answer["refusal"], "bad_signature");
    watch.sees(&answer);
    let answer = ask(&loan.message(3, Order::Unlock));
    assert_eq!((&answer["event"], &answer["state"]), (&"taken".into(), &"unlocked".into()));
    watch.sees(&answer);
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));

    // A line without an end is not kept for ever, and nobody else has to wait for it.
    let mut endless = UnixStream::connect(&socket).unwrap();
    endless.write_all(&[b'A'; 100_000]).unwrap_or_default();
    let failed = watch.sees(&json!({ "event": "failed", "code": 3 }));
    assert!(failed["error"].as_str().unwrap().len() < 300, "{failed}");
    assert_eq!(ask(&loan.message(3, Order::Unlock))["outcome"], "already_applied");
    watch.sees(&json!({ "event": "taken", "outcome": "already_applied" }));

    let second = phone.run(&["watch", "--socket", name]);
    second.fails(7, "another program listens");
    watch.terminate();
    assert!(!socket.exists());

    let file = phone.path("notes");
    fs::write(&file, "mine").unwrap();
    let file_name = file.to_str().unwrap();
    let refused = Watch::start(&phone, &["--socket", file_name]);
    assert!(refused.lines.recv_timeout(LIMIT).is_err(), "it watches");
    phone.run(&["watch", "--socket", file_name]).fails(7, "notes");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[cfg(all(feature = "pictures", feature = "screen"))]
#[test]
fn a_picture_of_a_code_is_as_good_as_its_text() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    let picture = phone.path("picture.png");
    let name = picture.to_str().unwrap();
    fs::write(&picture, Code::png("https://example.org/").unwrap()).unwrap();
    phone.run(&["apply", name]).fails(3, "not one of");
    fs::write(&picture, Code::png(&loan.message(3, Order::Unlock)).unwrap()).unwrap();
    phone.run(&["provision", name]).fails(3, "`paylatch apply` takes");
    phone.run(&["apply", name]).ok();
    assert_eq!(phone.status()["state"], "unlocked");
    // The longest text of all.
    let other = Phone::new();
    let voucher = signers.voucher(&other.device()).voucher;
    fs::write(&picture, Code::png(&voucher).unwrap()).unwrap();
    other.run(&["provision", name]).ok();
    assert_eq!(other.status()["state"], "unlocked");

    let inbox = phone.path("inbox");
    fs::create_dir(&inbox).unwrap();
    let mut watch = Watch::start(&phone, &["--messages", inbox.to_str().unwrap()]);
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    fs::write(inbox.join("release.part"), Code::png(&loan.escrow_release()).unwrap()).unwrap();
    fs::rename(inbox.join("release.part"), inbox.join("release.png")).unwrap();
    watch.sees(&json!({ "event": "taken", "state": "released" }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.terminate();
}

#[test]
fn watch_keeps_what_could_not_be_stored() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    phone.run(&["simulator", "storage", "off"]).ok();
    let inbox = phone.path("inbox");
    fs::create_dir(&inbox).unwrap();
    fs::write(inbox.join("notice"), loan.message(1, Order::Notice)).unwrap();
    let mut watch = Watch::start(&phone, &["--messages", inbox.to_str().unwrap()]);
    assert_eq!(watch.next()["code"], 6);
    assert_eq!(watch.next()["fault"], "storage_unavailable");
    phone.run(&["simulator", "storage", "on"]).ok();
    while watch.next()["event"] != "taken" {}
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.terminate();
    assert!(inbox.join("notice.applied").exists());
}

// ---- the OS and its screen --------------------------------------------------

#[test]
fn a_typed_unlock_makes_the_os_usable() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    let name = console.name.clone();
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status", "state": "locked" }));
    watch.is_restricted("locked");
    let screen = console.shows("(nothing)");
    for words in ["A payment is overdue", "Call Acme Credit", "To pay: USD 42.00", "data are safe"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }

    console.types(&format!("{}\n", loan.message(3, Order::UnlockFor(7 * DAY))));
    watch.sees(&json!({ "event": "taken", "source": name, "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    assert_eq!(runs(&phone), "restricted\nusable\n");
    console.shows("Done. Unlocked");
    console.shows("It locks by itself after 7 days of use.");

    // The screen has left the terminal as it was.
    assert!(tcgetattr(&console.shell).unwrap().local_modes.contains(LocalModes::ISIG));
    phone.advance("8d");
    watch.sees(&json!({ "event": "status", "state": "locked", "deadline_passed": true }));
    watch.is_restricted("locked");
    console.shows("the time it was unlocked for is over");
    watch.terminate();
    assert_eq!(runs(&phone), "restricted\nusable\nrestricted\n");
}

#[test]
fn the_screen_reads_nothing_while_usable_and_leaves_nothing() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    let (name, inbox) = (console.name.clone(), phone.path("inbox"));
    fs::create_dir(&inbox).unwrap();
    let arguments = ["--system", SYSTEM, "--screen", &name, "--messages", inbox.to_str().unwrap()];
    let mut watch = Watch::start(&phone, &arguments);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    console.shows("(nothing)");
    console.types("rm -r");
    console.shows("rm -r");

    // Another program hands the unlock in.
    phone.run(&["apply", &loan.message(3, Order::Unlock)]).ok();
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    console.types("112\n");
    // Whatever the watch does meanwhile: once more round, it has not read it.
    fs::write(inbox.join("unlock"), loan.message(3, Order::Unlock)).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "already_applied" }));
    fs::write(inbox.join("again"), loan.message(3, Order::Unlock)).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "already_applied" }));
    assert_eq!(console.shell_reads(), "112\n");
    watch.terminate();
    assert_eq!(runs(&phone), "restricted\nusable\n");
}

#[test]
fn what_could_not_be_made_usable_is_restricted_and_tried_again() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    let name = console.name.clone();
    let fails = phone.file("usable-fails", "");
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    console.shows("(nothing)");
    console.types(&format!("{}\n", loan.message(3, Order::Unlock)));
    watch.sees(&json!({ "event": "taken" }));
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    let failed = watch.sees(&json!({ "event": "failed", "source": SYSTEM, "code": 7 }));
    assert_eq!(failed["error"], "`usable`: ended with exit code 1");
    console.shows("could not be made ready");

    // It counts as restricted: the owner can still call for help.
    console.types("911\n");
    watch.sees(&json!({ "event": "emergency", "number": "911", "ok": true }));
    fs::remove_file(fails).unwrap();
    watch.is_usable("unlocked");
    watch.terminate();
    let runs = runs(&phone);
    assert!(runs.starts_with("restricted\nusable\n") && runs.ends_with("usable\n"), "{runs}");
}

#[test]
fn what_could_not_be_restricted_is_tried_again() {
    let phone = Phone::new();
    let fails = phone.file("restricted-fails", "");
    let mut watch = Watch::start(&phone, &["--system", SYSTEM]);
    watch.sees(&json!({ "event": "status" }));
    let failed = watch.sees(&json!({ "event": "failed", "source": SYSTEM }));
    assert_eq!(failed["error"], "`restricted`: ended with exit code 1");
    fs::remove_file(fails).unwrap();
    watch.is_restricted("unprovisioned");
    watch.terminate();

    let nowhere = phone.path("nowhere");
    let mut watch = Watch::start(&phone, &["--system", nowhere.to_str().unwrap()]);
    watch.sees(&json!({ "event": "status" }));
    let failed = watch.sees(&json!({ "event": "failed", "code": 7 }));
    assert!(failed["error"].as_str().unwrap().contains("can't be started"), "{failed}");
    watch.terminate();
}

#[test]
fn a_good_boot_is_told_once_and_keeps_older_builds_out() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    updated(&phone);
    assert_eq!(least_version(&phone), 0);
    let inbox = phone.path("inbox");
    fs::create_dir(&inbox).unwrap();
    let directory = inbox.to_str().unwrap();
    let arguments = ["--system", SYSTEM, "--messages", directory, "--good-boot-after", "1s"];
    let mut watch = Watch::start(&phone, &arguments);
    watch.sees(&json!({ "event": "status", "state": "locked" }));
    watch.is_restricted("locked");
    watch.sees(&json!({ "event": "good_boot" }));
    assert_eq!(least_version(&phone), SECURITY_VERSION);

    phone.run(&["apply", &loan.message(3, Order::Unlock)]).ok();
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    // While usable, each of these takes a look of its own, one second apart.
    for name in ["one", "two", "three"] {
        fs::write(inbox.join(name), loan.message(3, Order::Unlock)).unwrap();
        watch.sees(&json!({ "event": "taken", "outcome": "already_applied" }));
    }
    watch.terminate();
}

#[test]
fn a_boot_is_not_good_while_the_os_can_t_be_held() {
    let (phone, signers) = (Phone::new(), Signers::new());
    locked(&phone, &signers);
    updated(&phone);
    let fails = phone.file("restricted-fails", "");
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--good-boot-after", "0s"]);
    watch.sees(&json!({ "event": "status", "state": "locked" }));
    watch.sees(&json!({ "event": "failed", "source": SYSTEM }));
    // Some runs that fail, with looks between them.
    let begun = Instant::now();
    while runs(&phone).lines().count() < 3 {
        assert!(begun.elapsed() < LIMIT, "{}", runs(&phone));
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(least_version(&phone), 0);
    fs::remove_file(fails).unwrap();
    watch.is_restricted("locked");
    watch.sees(&json!({ "event": "good_boot" }));
    assert_eq!(least_version(&phone), SECURITY_VERSION);
    watch.terminate();
}

#[test]
fn a_good_boot_that_the_lock_refuses_is_told_again() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    let inbox = phone.path("inbox");
    fs::create_dir(&inbox).unwrap();
    let directory = inbox.to_str().unwrap();
    let good_boot = ["--good-boot-after", "0s"];
    let arguments = ["--system", SYSTEM, "--messages", directory, "--factory"];
    let mut watch = Watch::start(&phone, &[&arguments[..], &good_boot].concat());
    watch.sees(&json!({ "event": "status", "state": "unprovisioned" }));
    watch.is_usable("unprovisioned");
    // While usable, each of these takes a look of its own.
    for name in ["one", "two"] {
        fs::write(inbox.join(name), loan.message(1, Order::Notice)).unwrap();
        watch.sees(&json!({ "event": "failed", "refusal": "not_enrolled" }));
    }
    fs::write(inbox.join("voucher"), &loan.voucher).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.sees(&json!({ "event": "good_boot" }));
    watch.terminate();

    phone.run(&["simulator", "storage", "off"]).ok();
    let mut watch = Watch::start(&phone, &[&["--system", SYSTEM][..], &good_boot].concat());
    watch.sees(&json!({ "event": "status", "state": "fault" }));
    watch.is_restricted("fault");
    phone.run(&["simulator", "storage", "on"]).ok();
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    watch.sees(&json!({ "event": "good_boot" }));
    watch.terminate();
}

#[test]
fn emergency_calls_work_locked_and_at_fault() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    locked(&phone, &signers);
    let name = console.name.clone();
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    console.shows("(nothing)");
    console.types("emergency\n");
    watch.sees(&json!({ "event": "emergency", "number": "112", "ok": true }));
    console.shows("Calling 112");

    phone.run(&["simulator", "storage", "off"]).ok();
    watch.sees(&json!({ "event": "status", "state": "fault", "fault": "storage_unavailable" }));
    console.shows("The secure storage does not answer");
    console.shows("(nothing)");
    console.types("08\n");
    watch.sees(&json!({ "event": "emergency", "number": "08", "ok": true }));
    let fails = phone.file("emergency-fails", "");
    console.types(" 99999 \n");
    watch.sees(&json!({ "event": "emergency", "number": "99999", "ok": false }));
    watch.sees(&json!({ "event": "failed", "source": SYSTEM }));
    console.shows("99999 could not be called");
    fs::remove_file(fails).unwrap();
    console.types("off\n");
    console.shows("Switching off");
    watch.terminate();
    let expected = "restricted\nemergency 112\nemergency 08\nemergency 99999\noff\n";
    assert_eq!(runs(&phone), expected);
}

#[test]
fn a_hotline_code_is_typed() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    let right = loan.code(&phone, Action::Day).to_string();
    let wrong = loan.code(&phone, Action::Week).to_string().replace(' ', "");
    let name = console.name.clone();
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    console.shows("For a code by phone");
    console.shows("(nothing)");
    // The action of one and the digits of another: each group goes with its check digit.
    console.types(&format!("{}{}\n", &right[..6], &wrong[6..]));
    watch.sees(&json!({ "event": "failed", "refusal": "wrong_code" }));
    console.shows("Not taken: it is not the code");
    console.shows("A code can be tried after");
    console.types(&format!("{right}\n"));
    watch.sees(&json!({ "event": "status", "state": "locked" }));
    watch.sees(&json!({ "event": "failed", "refusal": "too_early" }));
    console.types("1234567\n");
    watch.sees(&json!({ "event": "failed" }));
    console.shows("a hotline code has 12 digits; this has 7");
    watch.terminate();

    phone.advance("1m");
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    console.shows("(nothing)");
    console.types(&format!("{right}\n"));
    watch.sees(&json!({ "event": "taken", "outcome": "applied", "state": "unlocked" }));
    console.shows("Unlocked");
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    watch.terminate();
}

#[test]
fn odd_lines_are_answered_and_do_nothing() {
    let (phone, mut console) = (Phone::new(), Console::new());
    let name = console.name.clone();
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("unprovisioned");
    console.shows("(nothing)");
    for line in ["sh", "1", "12345x", "\u{1b}[2J", "\u{3}", "\u{1a}", "$(reboot)"] {
        console.types(&format!("{line}\n"));
        let shown = console.shows("Not understood.");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
    for line in ["123456", "112 911"] {
        console.types(&format!("{line}\n"));
        watch.sees(&json!({ "event": "failed", "source": name, "code": 3 }));
        console.shows("a hotline code has 12 digits; this has 6");
    }
    console.types(&format!("{}\n", "9".repeat(9_000)));
    console.shows("too long");
    console.types("PAYLATCH1:\u{1b}[2J\n");
    watch.sees(&json!({ "event": "failed", "source": name, "code": 3 }));
    let shown = console.shows("copy it again");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    // Stopping the output is no way to hold the watch up.
    console.types("\u{13}\n\n");
    console.shows("Not set up");
    watch.terminate();
    assert_eq!(runs(&phone), "restricted\n");
}

#[test]
fn without_a_lock_the_os_is_restricted_until_there_is_one() {
    let (phone, mut console) = (Phone::new(), Console::new());
    let name = console.name.clone();
    let (file, hidden) = (phone.path("phone"), phone.path("hidden"));
    fs::rename(&file, &hidden).unwrap();
    let arguments = ["--system", SYSTEM, "--screen", &name, "--factory"];
    let mut watch = Watch::start(&phone, &arguments);
    watch.sees(&json!({ "event": "failed", "source": null, "code": 7 }));
    watch.sees(&json!({ "event": "mode", "mode": "restricted", "state": null }));
    console.shows("can't be asked");
    console.types("112\n");
    watch.sees(&json!({ "event": "emergency", "number": "112", "ok": true }));

    // It comes, it goes, it comes again: each time it is told.
    for runs_before in ["restricted\n", "usable\nrestricted\n"] {
        assert!(runs(&phone).replace("emergency 112\n", "").ends_with(runs_before));
        fs::rename(&hidden, &file).unwrap();
        if runs_before.starts_with("restricted") {
            watch.sees(&json!({ "event": "status", "state": "unprovisioned" }));
        }
        watch.is_usable("unprovisioned");
        fs::rename(&file, &hidden).unwrap();
        watch.sees(&json!({ "event": "failed", "source": null }));
        watch.sees(&json!({ "event": "mode", "mode": "restricted", "state": null }));
    }
}

#[cfg(not(feature = "optee"))]
#[test]
fn without_a_tee_the_watch_stays_restricted() {
    let (phone, mut console) = (Phone::new(), Console::new());
    let name = console.name.clone();
    let mut command = phone::program();
    command.arg("--json");
    let mut watch = Watch::spawn(command, &phone, &["--system", SYSTEM, "--screen", &name]);
    watch.sees(&json!({ "event": "failed", "source": null, "code": 5 }));
    watch.sees(&json!({ "event": "mode", "mode": "restricted", "state": null }));
    console.shows("can't be asked");
    console.shows("(nothing)");
    console.types("emergency\n");
    watch.sees(&json!({ "event": "emergency", "number": "112", "ok": true }));
    assert!(watch.child.try_wait().unwrap().is_none());
}

#[test]
fn a_screen_that_is_none_is_told_and_the_os_held() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    let no_terminal = phone.file("tty", "");
    let mut watch = Watch::start(&phone, &["--system", SYSTEM, "--screen", &no_terminal]);
    watch.sees(&json!({ "event": "status" }));
    watch.is_restricted("locked");
    let failed = watch.sees(&json!({ "event": "failed", "source": no_terminal }));
    assert!(failed["error"].as_str().unwrap().ends_with("not a terminal"), "{failed}");
    phone.run(&["apply", &loan.message(3, Order::Unlock)]).ok();
    watch.sees(&json!({ "event": "status", "state": "unlocked" }));
    watch.is_usable("unlocked");
    watch.terminate();
}

#[test]
fn a_file_that_is_still_being_written_is_left_its_time() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let (name, inbox) = (console.name.clone(), phone.path("inbox"));
    let directory = inbox.to_str().unwrap();
    let arguments = ["--system", SYSTEM, "--screen", &name, "--messages", directory];
    let mut watch = Watch::start(&phone, &[&arguments[..], &["--interval", "1h"]].concat());
    watch.sees(&json!({ "event": "failed", "source": directory, "code": 7 }));
    watch.sees(&json!({ "event": "status", "state": "unprovisioned" }));
    watch.is_restricted("unprovisioned");
    console.shows("(nothing)");
    fs::create_dir(&inbox).unwrap();
    let seal = signers.seal(&phone.device());
    let (begun, rest) = seal.split_at(seal.len() / 2);
    let mut file = File::create(inbox.join("seal")).unwrap();
    file.write_all(begun.as_bytes()).unwrap();
    // The watch goes round, and sees the same half again and again.
    for _ in 0..3 {
        console.types("?\n");
        console.shows("Not understood.");
    }
    file.write_all(rest.as_bytes()).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.is_usable("released");
    watch.terminate();
    assert!(inbox.join("seal.applied").exists());
}

// ---- kept texts -------------------------------------------------------------

#[test]
fn what_was_taken_is_kept_once_and_in_order() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    let file = phone.path("texts");
    let texts = file.to_str().unwrap();
    let kept = || fs::read_to_string(&file).unwrap();
    let release = loan.message(0, Order::Release);
    let refused = loan.message(9, Order::Lock(Reason::PaymentOverdue));
    let (rekey, _) = sold(&loan, 3);

    phone.run(&["--texts", texts, "provision", &loan.voucher]).ok();
    phone.run(&["--texts", texts, "provision", &loan.voucher]).ok();
    phone.run(&["--texts", texts, "apply", &loan.message(1, Order::Notice)]).ok();
    phone.run(&["--texts", texts, "apply", &refused]).fails(1, "notice time has not run");
    phone.run(&["--texts", texts, "apply", &rekey.to_lowercase()]).ok();
    assert_eq!(kept(), format!("{}\n{rekey}\n", loan.voucher));
    // The old lender has no say any more.
    phone.run(&["--texts", texts, "apply", &release]).fails(1, "no say");
    assert_eq!(kept(), format!("{}\n{rekey}\n", loan.voucher));

    let mut watch = Watch::start(&phone, &["--messages", "-", "--texts", texts]);
    watch.sees(&json!({ "event": "status" }));
    let input = watch.child.stdin.as_mut().unwrap();
    writeln!(input, "{rekey}\n{}", loan.escrow_release()).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "already_applied" }));
    watch.sees(&json!({ "event": "taken", "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.terminate();
    assert_eq!(kept(), format!("{}\n{rekey}\n{}\n", loan.voucher, loan.escrow_release()));
    let left = fs::read_dir(phone.path("")).unwrap().count();
    assert_eq!(left, 2, "only the phone and the texts");
}

#[test]
fn a_text_that_can_t_be_kept_was_taken_all_the_same() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    let nowhere = phone.path("no/texts");
    let nowhere = nowhere.to_str().unwrap();
    let run = phone.run(&["--texts", nowhere, "--json", "provision", &loan.voucher]);
    assert_eq!((run.code, run.json()["outcome"].as_str()), (0, Some("applied")), "{}", run.err);
    let warning: Value = serde_json::from_str(&run.err).unwrap();
    assert!(warning["error"].as_str().unwrap().contains("was taken"), "{warning}");

    let mut watch = Watch::start(&phone, &["--messages", "-", "--texts", nowhere]);
    watch.sees(&json!({ "event": "status" }));
    let input = watch.child.stdin.as_mut().unwrap();
    writeln!(input, "{}", loan.escrow_release()).unwrap();
    watch.sees(&json!({ "event": "taken", "outcome": "applied" }));
    watch.sees(&json!({ "event": "failed", "source": nowhere, "code": 7 }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.terminate();
}

#[test]
fn a_kept_release_makes_a_phone_usable_whose_storage_is_dead() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    let (rekey, new_lender) = sold(&loan, 3);
    phone.run(&["apply", &rekey]).ok();
    let dated = Dated { sequence: 0, issued_at: 1 };
    let release = Order::Release;
    let release =
        order::by_lender(&release, &loan.enrolment, dated, new_lender.public_key()).unwrap();
    let release = release.sign(&new_lender).unwrap().text();
    phone.run(&["simulator", "storage", "off"]).ok();
    let name = console.name.clone();

    // Without the rekey nothing proves the key.
    let texts = phone.file("texts", format!("{}\n{release}\n", loan.voucher));
    let arguments = ["--system", SYSTEM, "--screen", &name, "--texts", &texts];
    let mut watch = Watch::start(&phone, &arguments);
    watch.sees(&json!({ "event": "failed", "source": texts, "refusal": "other_signer" }));
    watch.sees(&json!({ "event": "status", "state": "fault" }));
    watch.is_restricted("fault");
    console.shows("The secure storage does not answer");
    watch.terminate();

    // A seal for another phone and a torn line are in nobody's way.
    let seal = signers.seal(&Bytes([7; 32]));
    let lines = format!("PAYLATCH1:AA\n{seal}\n{}\n\n{rekey}\n{release}", loan.voucher);
    let texts = phone.file("texts", lines);
    let mut watch = Watch::start(&phone, &arguments);
    let failed = watch.sees(&json!({ "event": "failed", "source": texts, "code": 3 }));
    assert!(failed["error"].as_str().unwrap().contains("line 1 "), "{failed}");
    let outcome = "released_until_power_off";
    watch.sees(&json!({ "event": "taken", "source": texts, "outcome": outcome }));
    watch.sees(&json!({ "event": "status", "state": "released", "until_power_off": true }));
    watch.is_usable("released");

    // Where the storage comes back, the release is stored.
    phone.run(&["simulator", "storage", "on"]).ok();
    watch.sees(&json!({ "event": "status", "state": "released", "until_power_off": false }));
    watch.terminate();
    assert_eq!(phone.status()["state"], "released");
    assert_eq!(runs(&phone), "restricted\nusable\n");
}

#[test]
fn a_kept_text_mends_a_damaged_record() {
    let signers = Signers::new();
    for (spoilt, kept_voucher) in
        [(&["state"][..], false), (&["state", "keys.0", "keys.1"][..], true)]
    {
        let phone = Phone::new();
        let loan = locked(&phone, &signers);
        damage(&phone, spoilt);
        let voucher = if kept_voucher { loan.voucher.as_str() } else { "" };
        let texts = phone.file("texts", format!("{voucher}\n{}\n", loan.escrow_release()));
        let mut watch = Watch::start(&phone, &["--texts", &texts]);
        watch.sees(&json!({ "event": "taken", "source": texts, "outcome": "applied" }));
        watch.sees(&json!({ "event": "status", "state": "released" }));
        watch.terminate();
    }

    let phone = Phone::new();
    locked(&phone, &signers);
    damage(&phone, &["state"]);
    let texts = phone.file("texts", signers.seal(&phone.device()));
    let mut watch = Watch::start(&phone, &["--texts", &texts]);
    watch.sees(&json!({ "event": "taken", "source": texts, "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.terminate();
}

#[test]
fn a_release_typed_at_a_fault_is_proven_by_what_is_kept() {
    let (phone, signers, mut console) = (Phone::new(), Signers::new(), Console::new());
    let loan = locked(&phone, &signers);
    damage(&phone, &["state", "keys.0", "keys.1"]);
    let texts = phone.file("texts", &loan.voucher);
    let name = console.name.clone();
    let arguments = ["--system", SYSTEM, "--screen", &name, "--texts", &texts];
    let mut watch = Watch::start(&phone, &arguments);
    watch.sees(&json!({ "event": "status", "fault": "state_corrupt" }));
    watch.is_restricted("fault");
    console.shows("(nothing)");
    console.types(&format!("{}\n", loan.escrow_release()));
    watch.sees(&json!({ "event": "taken", "source": name, "outcome": "applied" }));
    watch.sees(&json!({ "event": "status", "state": "released" }));
    watch.is_usable("released");
    console.shows("yours for good");
    watch.terminate();
}

#[test]
fn kept_texts_that_do_not_fit_are_in_nobodys_way() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    let (rekey, new_lender) = sold(&loan, 3);
    let other_phones = signers.voucher(&Bytes([7; 32])).voucher;
    let texts = phone.file("texts", format!("{other_phones}\n{}", loan.voucher));
    phone.run(&["--texts", &texts, "apply", &rekey]).ok();
    // The same sale, so it is taken; other bytes, so it is kept beside the first.
    phone.run(&["--texts", &texts, "apply", &other_signature(&rekey)]).ok();
    assert_eq!(fs::read_to_string(&texts).unwrap().lines().count(), 4);
    phone.run(&["simulator", "storage", "off"]).ok();

    let dated = Dated { sequence: 0, issued_at: 1 };
    let release = |signer: &PrivateKey| {
        let key = signer.public_key();
        let prepared = order::by_lender(&Order::Release, &loan.enrolment, dated, key);
        prepared.unwrap().sign(signer).unwrap().text()
    };
    let seller = release(&signers.lender);
    phone.run(&["--texts", &texts, "apply", &seller]).fails(1, "no say");
    for release in [release(&new_lender), loan.escrow_release()] {
        let run = phone.run(&["--texts", &texts, "--json", "apply", &release]);
        assert_eq!(run.json()["outcome"], "released_until_power_off");
        // Kept now; the next is to be proven by itself.
        let kept = fs::read_to_string(&texts).unwrap().replace(&format!("{release}\n"), "");
        fs::write(&texts, kept).unwrap();
    }
}

#[test]
fn recover_hands_in_what_is_kept() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = locked(&phone, &signers);
    let texts = phone.file("texts", "");
    phone.run(&["recover"]).fails(2, "--texts FILE");
    phone.run(&["recover", "--texts", &texts]).fails(3, "neither a seal nor a release");
    damage(&phone, &["state", "keys.0", "keys.1"]);
    let release = loan.escrow_release();
    phone.run(&["recover", "--texts", &texts, "--voucher", &loan.voucher, &release]).ok();
    assert_eq!(fs::read_to_string(&texts).unwrap(), format!("{}\n{release}\n", loan.voucher));

    let phone = Phone::new();
    let loan = locked(&phone, &signers);
    damage(&phone, &["state", "keys.0", "keys.1"]);
    let texts = phone.file("texts", format!("torn\n{}\n{}", loan.voucher, loan.escrow_release()));
    let run = phone.run(&["recover", "--texts", &texts]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("line 1 "), "{}", run.err);
    assert_eq!(phone.status()["state"], "released");
}
