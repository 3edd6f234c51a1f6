//! `paylatch` through its real command line, over the simulator.

mod phone;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use paylatch::issue::order::Order;
use paylatch::issue::{Signer, oem, statement};
use paylatch::text::{self, armour};
use paylatch_proto::api::EventKind;
use paylatch_proto::armour::Kind;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::hotline::Action;
use paylatch_proto::state::Reason;
use serde_json::Value;

use phone::{DAY, Phone, Signers, program, run};

#[test]
fn a_loan_from_voucher_to_release() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    assert_eq!(phone.status()["state"], "unprovisioned");

    let enrolled = phone.run(&["--json", "provision", &loan.voucher]).ok().json();
    assert_eq!((&enrolled["outcome"], &enrolled["state"]), (&"applied".into(), &"unlocked".into()));
    let again = phone.run(&["--json", "provision", &loan.voucher]).ok().json();
    assert_eq!(again["outcome"], "already_applied");

    let shown = phone.run(&["status"]).ok().out;
    for words in ["Unlocked", "400 days", "Call Acme Credit: +1 555 010 0199", "USD 42.00"] {
        assert!(shown.contains(words), "{shown}");
    }
    phone.run(&["contact"]).ok();

    let lock = loan.message(2, Order::Lock(Reason::PaymentOverdue));
    phone.run(&["apply", &lock]).fails(1, "needs a notice first");
    phone.run(&["apply", &loan.message(1, Order::Notice)]).ok();
    phone.advance("2d 23h");
    let early = phone.run(&["--json", "apply", &lock]).fails(1, "notice_still_runs");
    let failure: Value = serde_json::from_str(&early.err).unwrap();
    assert_eq!((&failure["code"], &failure["refusal"]), (&1.into(), &"notice_still_runs".into()));
    assert!(phone.run(&["status"]).ok().out.contains("may lock it after 1 hour of use"));
    phone.advance("1h");
    let file = phone.file("lock.txt", format!("{}\r\n", lock.to_lowercase()));
    phone.run(&["apply", &file]).ok();
    let shown = phone.run(&["status"]).ok().out;
    for words in ["Locked", "A payment is overdue", "emergency calls, incoming calls", "Pay at"] {
        assert!(shown.contains(words), "{shown}");
    }
    assert_eq!(phone.status()["reason"], "payment_overdue");

    let week = phone.file(
        "week.bin",
        text::parse(loan.message(3, Order::UnlockFor(7 * DAY)).as_bytes(), &[Kind::Message])
            .unwrap()
            .bytes,
    );
    phone.run(&["apply", &week]).ok();
    assert!(phone.run(&["status"]).ok().out.contains("locks by itself after 7 days"));
    phone.advance("7d");
    assert_eq!(phone.status()["deadline_passed"], true);

    let release = loan.message(0, Order::Release);
    let mut piped = phone.command(&["apply", "-"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(release.as_bytes()).unwrap();
    assert!(piped.wait().unwrap().success());
    assert_eq!(phone.status()["state"], "released");
    phone.run(&["apply", &lock]).fails(1, "released for good");

    let history = phone.run(&["--json", "history"]).ok().json();
    let events: Vec<&str> =
        history["events"].as_array().unwrap().iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!(
        events,
        ["enrolled", "notice_given", "locked", "unlocked_for", "released_by_lender"]
    );
}

#[test]
fn a_sealed_phone_is_released() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let seal = phone.file("seal.txt", signers.seal(&phone.device()));
    let out = phone.path("statement.txt");
    phone.run(&["provision", &seal, "--out", out.to_str().unwrap()]).ok();
    assert_eq!(phone.status()["state"], "released");
    text::read_file(&out, &[Kind::Statement]).unwrap();
}

#[test]
fn the_escrow_releases_and_the_sunset_does() {
    let signers = Signers::new();
    let (one, other) = (Phone::new(), Phone::new());
    let loan = signers.voucher(&one.device());
    one.run(&["provision", &loan.voucher]).ok();
    one.run(&["apply", &loan.escrow_release()]).ok();
    assert_eq!(one.status()["state"], "released");

    other.run(&["provision", &signers.voucher(&other.device()).voucher]).ok();
    other.advance("399d");
    assert_eq!(other.status()["state"], "unlocked");
    other.advance("1d");
    assert_eq!(other.status()["state"], "released");
}

#[test]
fn a_release_at_a_fault_holds_for_now_and_says_so() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    phone.run(&["simulator", "storage", "off"]).ok();
    phone.run(&["status"]).fails(6, "at fault");
    assert_eq!(phone.status()["fault"], "storage_unavailable");
    phone.run(&["apply", &loan.message(1, Order::Notice)]).fails(6, "refused");
    let release = loan.message(0, Order::Release);
    let recovered = phone
        .run(&["--json", "recover", "--voucher", &loan.voucher, &release])
        .fails(6, "power-off only");
    assert_eq!(recovered.json()["outcome"], "released_until_power_off");
    phone.run(&["simulator", "storage", "on"]).ok();
    phone.run(&["apply", &release]).ok();
    assert_eq!(phone.status()["state"], "released");
}

#[test]
fn openssl_verifies_what_attest_writes() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let nonce = Bytes([0x5a; 32]);
    let device = phone.device();
    let voucher = signers.voucher(&device).voucher;
    let provisioned =
        phone.run(&["--json", "provision", &voucher, "--nonce", &nonce.to_string()]).ok().json();
    let given = text::read(provisioned["statement"].as_str().unwrap(), &[Kind::Statement]).unwrap();
    let said = statement::at_enrolment(&given.bytes, &nonce, &device).unwrap();
    let certificate = oem::certificate(&said, 1, signers.oem.public_key()).unwrap();
    let certificate = certificate.sign(&signers.oem).unwrap().text();

    let der = phone.path("der");
    let der_name = der.to_str().unwrap();
    let attested = phone
        .run(&["--json", "attest", "--der", der_name, "--certificate", &certificate])
        .ok()
        .json();
    assert_eq!((&attested["state"], &attested["certified"]), (&"unlocked".into(), &true.into()));
    let oem_key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ta/keys/development-oem.pub.pem");
    let verify = |key: &Path, name: &str| {
        Command::new("openssl")
            .args(["dgst", "-sha256", "-verify"])
            .arg(key)
            .arg("-signature")
            .arg(der.join(format!("{name}.der")))
            .arg(der.join(format!("{name}.bin")))
            .output()
            .expect("openssl is installed")
            .status
            .success()
    };
    assert!(verify(&der.join("device.pem"), "statement"));
    assert!(verify(&oem_key, "certificate"));
    assert!(!verify(&oem_key, "statement"));

    #[cfg(all(feature = "pictures", feature = "screen"))]
    {
        let picture = phone.path("statement.png");
        let name = picture.to_str().unwrap();
        let nonce = nonce.to_string();
        phone.run(&["attest", "--qr", name, "--nonce", &nonce]).ok();
        let verify = |nonce: &str| {
            let mut lender = Command::new(env!("CARGO_BIN_EXE_paylatch-lender"));
            lender.args(["verify", "--statement", name, "--certificate", &certificate]);
            run(lender.arg("--oem-key").arg(&oem_key).args(["--nonce", nonce]))
        };
        assert!(verify(&nonce).ok().out.starts_with("verified: Unlocked"));
        verify(&"00".repeat(32)).fails(1, "nonce");
    }

    // Another phone's certificate, and a forged one.
    let other = Phone::new();
    other.run(&["provision", &signers.seal(&other.device())]).ok();
    other.run(&["attest", "--certificate", &certificate]).fails(1, "certificate is for device");
    let mut forged = text::read(&certificate, &[Kind::Certificate]).unwrap().bytes;
    *forged.last_mut().unwrap() ^= 1;
    let forged = armour(Kind::Certificate, &forged);
    phone.run(&["attest", "--certificate", &forged]).fails(1, "not by this OEM key");
}

#[test]
fn wrong_input_has_its_line_and_its_code() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let device = phone.device();
    let loan = signers.voucher(&device);
    let notice = loan.message(1, Order::Notice);
    let untouched = fs::read(phone.path("phone")).unwrap();

    // The lock refuses.
    let other = signers.voucher(&Bytes([1; 32]));
    phone.run(&["provision", &other.voucher]).fails(1, "another phone");
    phone.run(&["apply", &notice]).fails(1, "no voucher yet");
    phone.run(&["attest"]).fails(1, "no voucher yet");
    phone.run(&["contact"]).fails(1, "nothing of that kind");
    let mut forged = text::read(&loan.voucher, &[Kind::Voucher]).unwrap().bytes;
    *forged.last_mut().unwrap() ^= 1;
    phone.run(&["provision", &armour(Kind::Voucher, &forged)]).fails(1, "signature is wrong");

    // The command line.
    phone.run(&[]).fails(2, "Usage");
    phone.run(&["frobnicate"]).fails(2, "unrecognized subcommand");
    phone.run(&["attest", "--nonce", "12"]).fails(2, "2 hexadecimal digits; expected 64");
    phone.run(&["attest", "--nonce", "xyz"]).fails(2, "not hexadecimal");
    phone.run(&["simulator", "advance", "soon"]).fails(2, "write `90s`");
    phone.run(&["watch", "--interval", "0s"]).fails(2, "at least one second");
    phone.run(&["recover", "--voucher", "-", "-"]).fails(2, "only one text");
    run(program().args(["simulator", "new"])).fails(2, "which simulated phone?");

    // Texts.
    let garbage = phone.file("garbage", "hello");
    phone.run(&["apply", &garbage]).fails(3, "garbage: neither Paylatch text");
    let binary = phone.file("binary", [0xff, 0xfe, 0x00, 0xe0]);
    phone.run(&["apply", &binary]).fails(3, "neither Paylatch text");
    if cfg!(feature = "pictures") {
        let cut_off = phone.file("cut-off", [0xff, 0xd8, 0xff, 0xe0]);
        phone.run(&["apply", &cut_off]).fails(3, "the picture is broken");
    }
    phone.run(&["apply", &phone.file("empty", "")]).fails(3, "empty: empty; expected a message");
    phone.run(&["apply", &phone.file("large", vec![b'A'; 100_000])]).fails(3, "too large");
    phone.run(&["apply", &notice[..notice.len() - 9]]).fails(3, "copy the whole text");
    phone
        .run(&["apply", &notice.replacen("PAYLATCH1:A", "PAYLATCH1:!", 1)])
        .fails(3, "`!` at character 11");
    phone.run(&["apply", &format!("{notice}{notice}")]).fails(3, "`1` at character");
    phone.run(&["apply", "PAYLATCH2:AAAA"]).fails(3, "`PAYLATCH2` is no prefix");
    phone.run(&["apply", &loan.voucher]).fails(3, "a voucher, which `paylatch provision` takes");
    phone.run(&["provision", &notice]).fails(3, "a message, which `paylatch apply` takes");
    let rekeys: Vec<&str> = (0..5).flat_map(|_| ["--rekey", notice.as_str()]).collect();
    let recover = [&["recover", "--voucher", &loan.voucher, &notice][..], &rekeys].concat();
    phone.run(&recover).fails(3, "at most 4 rekeys");

    // Files.
    phone.run(&["apply", "nowhere"]).fails(7, "nowhere: No such file");
    phone.run(&["simulator", "new"]).fails(7, "is there already");
    let nowhere = phone.path("no/such/file");
    let nowhere = nowhere.to_str().unwrap();
    phone.run(&["provision", &loan.voucher, "--out", nowhere]).fails(7, "No such file");
    phone.run(&["watch", "--messages", nowhere]).fails(7, "No such file");
    run(program().args(["--simulator", nowhere, "status"])).fails(7, "no such simulator");
    phone.run(&["man", phone.path("phone").to_str().unwrap()]).fails(7, "exists");

    assert_eq!(fs::read(phone.path("phone")).unwrap(), untouched, "nothing was half done");
}

/// On a device init's environment is what the kernel's command line says.
#[test]
fn the_environment_names_a_simulated_phone_only_in_a_build_for_no_device() {
    let phone = Phone::new();
    let status = run(program().env("PAYLATCH_SIMULATOR", phone.path("phone")).arg("status"));
    assert_eq!(
        status.out.starts_with("Not set up"),
        cfg!(not(feature = "optee")),
        "{}",
        status.out
    );
}

#[cfg(not(feature = "optee"))]
#[test]
fn without_a_device_one_line_says_so() {
    run(program().arg("status")).fails(5, "--simulator FILE");
}

#[test]
fn a_damaged_simulator_is_named_and_kept() {
    let phone = Phone::new();
    let mut bytes = fs::read(phone.path("phone")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(phone.path("phone"), &bytes).unwrap();
    for arguments in [&["status"][..], &["simulator", "advance", "1d"], &["simulator", "power-cut"]]
    {
        phone.run(arguments).fails(3, "damaged");
    }
    phone.run(&["simulator", "new"]).fails(7, "is there already");
    assert_eq!(fs::read(phone.path("phone")).unwrap(), bytes);
}

#[test]
fn a_power_cut_is_charged_once_and_told() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    phone.run(&["apply", &loan.message(1, Order::UnlockFor(7 * DAY))]).ok();
    let left = |field: &str| phone.status()["enrolment"][field].as_u64().unwrap();
    let (deadline, sunset) = (left("locks_in"), left("releases_in"));
    phone.run(&["simulator", "power-cut"]).ok();
    assert_eq!(deadline - left("locks_in"), 15 * 60);
    assert_eq!(deadline - left("locks_in"), 15 * 60);
    assert_eq!(left("releases_in"), sunset, "a power cut brings no release nearer");
    let history = phone.run(&["history"]).ok().out;
    assert!(history.contains(paylatch::words::event(EventKind::PowerCut)), "{history}");
}

#[test]
fn a_hotline_code_unlocks_for_a_time() {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    let code = loan.code(&phone, Action::Day).to_string();
    phone.run(&["code", &code]).fails(1, "not locked");
    phone.run(&["apply", &loan.message(1, Order::Notice)]).ok();
    phone.advance("3d");
    phone.run(&["apply", &loan.message(2, Order::Lock(Reason::PaymentOverdue))]).ok();
    phone.run(&["code", &code]).fails(1, "ask for it again");
    let shown = |words: &str| {
        let out = phone.run(&["status"]).ok().out;
        assert!(out.contains(words), "{out}");
    };
    shown("A code can be tried after 1 minute of use");
    let waits = phone.status()["enrolment"].clone();
    assert_eq!((&waits["hotline_tried"], &waits["hotline_wait"]), (&1.into(), &60.into()));
    let right = loan.code(&phone, Action::Week).to_string();
    phone.run(&["code", &right]).fails(1, "too early");
    phone.advance("1m");

    let (first, second) = right.split_at(6);
    let slip = format!("{first}{}", second.replace(second.chars().last().unwrap(), "x"));
    phone.run(&["code", &slip]).fails(3, "no digit");
    phone.run(&["code", first]).fails(3, "12 digits; this has 6");
    let digit = right.as_bytes()[3] - b'0';
    let slip = format!("{}{}{}", &right[..3], (digit + 1) % 10, &right[4..]);
    let failure = phone.run(&["--json", "code", &slip]).fails(1, "first six");
    let failure: Value = serde_json::from_str(&failure.err).unwrap();
    assert_eq!(failure["refusal"], "mistyped_code");
    assert_eq!(phone.status()["enrolment"]["hotline_tried"], 1);

    let (first, second) = right.split_once(' ').unwrap();
    let done = phone.run(&["--json", "code", first, second]).ok().json();
    assert_eq!((&done["outcome"], &done["state"]), (&"applied".into(), &"unlocked".into()));
    let now = phone.status()["enrolment"].clone();
    assert_eq!((&now["locks_in"], &now["hotline_tried"]), (&(7 * DAY).into(), &0.into()));
    assert!(phone.run(&["history"]).ok().out.contains("hotline code"));
    phone.run(&["code", &right]).fails(1, "ask for it again");
    // A code never takes from what was granted.
    phone.advance("1m");
    phone.run(&["code", &loan.code(&phone, Action::Day).to_string()]).ok();
    assert_eq!(phone.status()["enrolment"]["locks_in"], 7 * DAY - 60);
    // What was told before another message is worthless.
    let old = loan.code(&phone, Action::Week).to_string();
    phone.run(&["apply", &loan.message(3, Order::UnlockFor(8 * DAY))]).ok();
    phone.run(&["code", &old]).fails(1, "ask for it again");
    phone.run(&["apply", &loan.escrow_release()]).ok();
    phone.run(&["code", &old]).fails(1, "released for good");
}

#[test]
fn programs_at_the_same_time_do_not_mix() {
    let (phone, signers) = (Phone::new(), Signers::new());
    phone.run(&["provision", &signers.voucher(&phone.device()).voucher]).ok();
    let children: Vec<Child> = (0..12)
        .map(|_| {
            let mut command = phone.command(&["simulator", "advance", "1h"]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(phone.status()["uptime"], 12 * 3_600);
}

#[test]
fn completions_and_man_pages_are_written() {
    let phone = Phone::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(phone.run(&["completions", shell]).ok().out.contains("good-boot"));
    }
    let man = phone.path("man/deep");
    phone.run(&["man", man.to_str().unwrap()]).ok();
    assert!(fs::read_to_string(man.join("paylatch.1")).unwrap().contains("Exit codes"));
    assert!(man.join("paylatch-attest.1").exists());
}
