//! Calls to the device, as bytes both ways.

use paylatch_proto::api::Request;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::limits;
use paylatch_rig::keys::{OTHER_PHONE, PHONE, TestDevice};
use serde::{Deserialize, Serialize};

use super::accepted::{LOCKED, steps};
use super::device::Device;
use super::{Accepted, Step, Tried, named};

/// One call: what was asked, what was answered, and what `STATE` says then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// Name of the device that is asked.
    pub device: String,
    /// What happened to a new device of that name before.
    pub before: Vec<Step>,
    /// The request, postcard.
    pub request: String,
    /// The reply, postcard.
    pub reply: String,
    /// `STATE` after it: state, detail, seconds, flags.
    pub state: [u32; 4],
}

struct Calls<'a> {
    accepted: &'a [Accepted],
    calls: Vec<Call>,
}

impl Calls<'_> {
    fn bytes(
        &mut self,
        (name, about): (&str, &str),
        device: &TestDevice,
        before: &[&str],
        request: &[u8],
    ) {
        let before = steps(before);
        let mut asked = Device::new(device);
        asked.follow(self.accepted, &before);
        let reply = asked.call_bytes(request);
        let words = asked.state();
        self.calls.push(Call {
            name: name.into(),
            about: about.into(),
            device: device.name.into(),
            before,
            request: hex::encode(request),
            reply: hex::encode(reply),
            state: [words.state, words.detail, words.seconds, words.flags],
        });
    }

    /// A hotline code that is right, or wrong, after `shown`, and is tried after `before`.
    fn code(&mut self, what: (&str, &str), (shown, tried): (&[&str], Tried), before: &[&str]) {
        let mut device = Device::new(&PHONE);
        device.follow(self.accepted, &steps(shown));
        let groups = device.hotline_code(tried);
        self.add(what, before, &Request::Hotline { groups });
    }

    fn add(&mut self, what: (&str, &str), before: &[&str], request: &Request) {
        let device = if before == ["seal"] { &OTHER_PHONE } else { &PHONE };
        self.bytes(what, device, before, &request_bytes(request));
    }
}

/// Makes them.
pub fn make(accepted: &[Accepted]) -> Vec<Call> {
    let mut calls = Calls { accepted, calls: Vec::new() };
    let nonce = Bytes([0xa5; limits::NONCE]);
    let bytes = |name: &str| named(accepted, name).bytes();
    let (voucher, lock, release) = (bytes("voucher"), bytes("lock"), bytes("release"));
    let (seal, rekey, second) = (bytes("seal"), bytes("rekey"), bytes("release-second-lender"));

    calls.add(("identity-factory", "Before enrolment: no keys."), &[], &Request::Identity);
    calls.add(("identity", "Enrolled."), &["voucher"], &Request::Identity);
    let enrol = Request::Enrol { nonce, voucher: &voucher };
    calls.add(("enrol", "With a statement."), &[], &enrol);
    let request = Request::Seal { nonce, seal: &seal };
    calls.bytes(("seal-call", "With a statement."), &OTHER_PHONE, &[], &request_bytes(&request));
    let apply = Request::Apply(&lock);
    calls.add(("apply", "A lock."), &LOCKED[..3], &apply);
    calls.add(("apply-refused", "A lock without notice."), &["voucher"], &apply);
    calls.add(("attest", "A statement."), &["voucher"], &Request::Attest { nonce });
    calls.add(("attest-factory", "No keys yet."), &[], &Request::Attest { nonce });

    let usage = &["voucher", "use:100"][..];
    let notice = &["voucher", "notice", "use:3600"][..];
    let granted = &[&LOCKED[..], &["unlock-for", "use:3600"]].concat()[..];
    let over = &[&LOCKED[..], &["unlock-for", "use:86400"]].concat()[..];
    let cut = &["voucher", "use:1800", "cut"][..];
    for (name, about, before) in [
        ("status-factory", "Unprovisioned.", &[][..]),
        ("status", "Unlocked, the sunset far away.", usage),
        ("status-notice", "A notice has run for an hour.", notice),
        ("status-locked", "Locked by the lender.", &LOCKED),
        ("status-deadline", "Unlocked for a day, an hour of which is over.", granted),
        ("status-deadline-passed", "Locked because the day is over.", over),
        ("status-sunset", "1000 days of use: released by itself.", &["voucher", "use:86400000"]),
        ("status-sealed", "Never financed.", &["seal"]),
        ("status-power-cut", "Power was cut: 15 minutes are charged, but not to the sunset.", cut),
        ("status-fault", "The state record is damaged.", &["voucher", "damage:state"]),
    ] {
        calls.add((name, about), before, &Request::Status);
    }
    calls.add(("contact-call", "The contact record."), &["voucher"], &Request::Contact);
    calls.add(("contact-none", "None on a sealed phone."), &["seal"], &Request::Contact);
    calls.add(("history", "Enrolled, notice, locked."), &LOCKED, &Request::History);
    calls.add(("history-power-cut", "And power cut."), cut, &Request::History);
    calls.add(("tick", "Time passes."), &["voucher", "use:900"], &Request::Tick);
    calls.add(("shutdown", "With the clean mark."), &["voucher", "use:9"], &Request::Shutdown);
    calls.add(("good-boot", "Older builds are refused now."), &["voucher"], &Request::GoodBoot);

    let no_state = &["voucher", "damage:state"][..];
    let nothing = &["voucher", "damage:state", "damage:keys.0", "damage:keys.1"][..];
    let fault = [&LOCKED[..], &["rekey"], &nothing[1..]].concat();
    calls.add(("fault-lock", "At fault nothing but a release is taken."), no_state, &apply);
    let apply = Request::Apply(&release);
    calls.add(("fault-release", "The enrolment can be read: released."), no_state, &apply);
    calls.add(("fault-release-alone", "No enrolment can be read."), nothing, &apply);
    let chain = |rekeys: &[&'static str]| -> Vec<Vec<u8>> {
        rekeys.iter().map(|name| named(accepted, name).bytes()).collect()
    };
    for (name, about, rekeys, release, before) in [
        ("recover", "The voucher proves the lender.", &[][..], &release, nothing),
        ("recover-rekeyed", "Voucher and rekey prove it.", &["rekey"], &second, &fault[..]),
        ("recover-no-rekey", "The rekey is missing.", &[], &second, &fault[..]),
        ("recover-not-rekey", "An unlock is no rekey.", &["unlock"], &second, &fault[..]),
        ("recover-no-release", "A rekey is no release.", &[], &rekey, nothing),
        ("recover-no-fault", "No fault: taken as by Apply.", &[], &release, &["voucher"]),
    ] {
        let rekeys = chain(rekeys);
        let rekeys = rekeys.iter().map(Vec::as_slice).collect();
        let request = Request::Recover { voucher: &voucher, rekeys, release };
        calls.add((name, about), before, &request);
    }

    let wait = &[&LOCKED[..], &["try-wrong"]].concat()[..];
    let waited = &[wait, &["use:60"]].concat()[..];
    let unlocked = &[&LOCKED[..], &["try-right"]].concat()[..];
    let (right, locked) = (Tried::Right, &LOCKED[..]);
    for (name, about, made, before) in [
        ("hotline", "The right code: unlocked for a day.", (locked, right), locked),
        ("hotline-wrong", "A wrong code, counted.", (locked, Tried::Wrong), locked),
        ("hotline-early", "The right one, within a minute of a wrong one.", (locked, right), wait),
        ("hotline-waited", "And after the minute.", (locked, right), waited),
        ("hotline-twice", "The code that was taken, again.", (locked, right), unlocked),
        ("hotline-next", "The next code, before the day is over.", (unlocked, right), unlocked),
        ("hotline-unlocked", "Of a phone that is not locked.", (locked, right), &["voucher"]),
        ("hotline-sold", "The buyer has no desk.", (locked, right), &["voucher", "rekey-no-desk"]),
        ("hotline-fault", "At fault.", (locked, right), &["voucher", "damage:state"]),
    ] {
        calls.code((name, about), made, before);
    }
    for (name, about, groups) in [
        ("hotline-slip-first", "A slip in the first group.", [112_345, 0]),
        ("hotline-slip-second", "A slip in the second group.", [100_009, 1]),
        ("hotline-too-many", "Seven digits.", [1_000_000, 0]),
    ] {
        calls.add((name, about), locked, &Request::Hotline { groups });
    }
    calls.add(
        ("status-hotline", "40 s after a wrong code."),
        &[wait, &["use:40"]].concat(),
        &Request::Status,
    );
    calls.add(("history-hotline", "Unlocked by a code."), unlocked, &Request::History);

    let wrong = [
        ("call-empty", "No request.", vec![]),
        ("call-unknown", "No such request.", vec![13]),
        ("call-truncated", "A nonce of 31 bytes.", [&[5][..], &[0; 31]].concat()),
        ("call-trailing", "A byte too many.", vec![6, 0]),
        ("call-too-long", "3969 bytes.", vec![6; limits::REQUEST + 1]),
    ];
    for (name, about, request) in wrong {
        calls.bytes((name, about), &PHONE, &[], &request);
    }
    calls.calls
}

fn request_bytes(request: &Request) -> Vec<u8> {
    let mut buffer = [0; limits::REQUEST];
    postcard::to_slice(request, &mut buffer).expect("a request fits").to_vec()
}
