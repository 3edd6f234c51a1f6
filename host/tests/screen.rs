//! `paylatch screen` through its real command line, over the simulator.

#[allow(dead_code)] // a part of it is enough here
mod phone;

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use paylatch::issue::order::Order;
use paylatch_proto::state::Reason;

use phone::{Phone, Signers, program, run};

/// The width and height of a picture, and how many colours it has.
fn look(file: &Path) -> (u32, u32, usize) {
    let mut reader =
        png::Decoder::new(BufReader::new(File::open(file).unwrap())).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    let mut colours: Vec<&[u8; 3]> = bytes.as_chunks().0.iter().collect();
    colours.sort_unstable();
    colours.dedup();
    (frame.width, frame.height, colours.len())
}

fn fonts() -> String {
    std::env::var("PAYLATCH_FONTS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/device/fonts").to_owned()
    })
}

fn locked() -> Phone {
    let (phone, signers) = (Phone::new(), Signers::new());
    let loan = signers.voucher(&phone.device());
    phone.run(&["provision", &loan.voucher]).ok();
    phone.run(&["apply", &loan.message(1, Order::Notice)]).ok();
    phone.advance("3d");
    phone.run(&["apply", &loan.message(2, Order::Lock(Reason::PaymentOverdue))]).ok();
    phone
}

#[test]
fn a_locked_phone_is_drawn_as_it_is_asked_for() {
    let phone = locked();
    let (fonts, file) = (fonts(), phone.path("screen.png"));
    let png = file.to_str().unwrap();
    let draw = |arguments: &[&str]| {
        phone.run(&[&["--json", "screen", "--fonts", &fonts, "--png", png], arguments].concat())
    };
    let plain = draw(&["--size", "480x854"]).ok().json();
    assert_eq!((&plain["width"], &plain["language"]), (&480.into(), &"en".into()));
    assert_eq!(plain["unknown_characters"], 0);
    let (width, height, colours) = look(&file);
    assert_eq!((width, height), (480, 854));
    assert!(colours > 50, "{colours} colours");
    let before = fs::read(&file).unwrap();
    draw(&["--size", "480x854"]).ok();
    assert_eq!(fs::read(&file).unwrap(), before);

    let turned = draw(&["--size", "854x480", "--language", "ar-EG", "--large-text"]).ok().json();
    assert_eq!(turned["language"], "ar");
    draw(&["--page", "languages", "--size", "240x320", "--focus", "3"]).ok();
    let code = draw(&["--page", "code", "--size", "480x854"]).ok().json();
    assert_ne!(code["buttons"], plain["buttons"], "a code is typed on a page of its own");
    let amount = draw(&["--size", "480x854", "--show-amount", "--scroll", "100"]).ok().json();
    assert_eq!(amount["buttons"], plain["buttons"]);
}

#[test]
fn where_no_code_is_taken_there_is_no_page_for_it() {
    let phone = Phone::new();
    let (fonts, file) = (fonts(), phone.path("screen.png"));
    let draw = |page| {
        let png = file.to_str().unwrap();
        phone.run(&["screen", "--fonts", &fonts, "--png", png, "--page", page]).ok();
        fs::read(&file).unwrap()
    };
    assert_eq!(draw("code"), draw("main"));
    assert_ne!(draw("languages"), draw("main"));
}

#[test]
fn what_is_wrong_is_said() {
    let phone = locked();
    let (fonts, file) = (fonts(), phone.path("screen.png"));
    let png = file.to_str().unwrap();
    let screen = ["screen", "--fonts", &fonts, "--png", png];
    let draw = |arguments: &[&str]| phone.run(&[&screen, arguments].concat());
    draw(&["--size", "480"]).fails(2, "1080x2340");
    draw(&["--size", "10x10"]).fails(2, "120 to 8192");
    draw(&["--language", "tlh"]).fails(2, "en, es, hi");
    draw(&["--focus", "99"]).fails(2, "there are");
    assert!(!file.exists());
    phone.run(&["screen", "--fonts", &fonts, "--png", "/nonexistent/x.png"]).fails(7, "x.png");

    let bare = phone.run(&["screen", "--fonts", "/nonexistent", "--png", png]);
    assert_eq!((bare.code, bare.err.lines().count()), (0, 1), "{}", bare.err);
    assert!(look(&file).2 < 10, "built-in glyphs have no edges");
}

#[test]
fn a_lock_that_cannot_be_asked_is_drawn_too() {
    let phone = Phone::new();
    let file = phone.path("screen.png");
    let mut command = program();
    command.args(["--simulator", "/nonexistent", "screen", "--fonts", &fonts(), "--png"]);
    run(command.arg(&file)).fails(7, "no such simulator");
    assert!(look(&file).2 > 50);
}
