//! The lock screen on the phone's display: what it shows is what is drawn on a PC, to the
//! last pixel; and what its owner does on it, with keys or with a finger, is done.

use std::path::{Path, PathBuf};

use paylatch::screen::code::Group;
use paylatch::screen::facts::Facts;
use paylatch::screen::fonts::Fonts;
use paylatch::screen::language::Language;
use paylatch::screen::pixmap::Size;
use paylatch::screen::qr_code::Code;
use paylatch::screen::state::{Action, Event, Outcome as Pressed};
use paylatch_proto::hotline::Mistyped;
use paylatch_proto::state::State;
use paylatch_rig::codes;
use paylatch_tests::device::{Device, built};
use paylatch_tests::display::{self, Display};
use paylatch_tests::emulator::Emulator;
use paylatch_tests::fleet::Fleet;
use paylatch_tests::owner::{Owner, facts};
use paylatch_tests::shipped::{Outcome, Shipped};
use paylatch_tests::{Failure, Result};

fn size(width: u32, height: u32) -> Result<Size> {
    Size::new(width, height).ok_or_else(|| Failure(format!("{width} x {height}")))
}

/// A locked phone that is switched on, and its owner.
fn locked(name: &str, size: Size) -> Result<(Shipped, Owner)> {
    let mut phone = Shipped::of(Fleet::get()?.locked.copy(name)?);
    let owner = switched_on(&mut phone, size)?;
    Ok((phone, owner))
}

/// Switches a phone on that is locked.
fn switched_on(phone: &mut Shipped, size: Size) -> Result<Owner> {
    let directory = phone.device.directory().to_owned();
    let options = display::options(&directory, size);
    assert_eq!(phone.power_on(&options.each_ref().map(String::as_str))?, Outcome::Restricted);
    let facts = facts(&phone.emulator()?.log(), Fleet::get()?.locked_at)?;
    Owner::before(Display::of(&directory, size)?, facts)
}

/// In each language, all of the page.
fn speaks_every_language(name: &str, size: Size) -> Result<()> {
    let (_phone, mut owner) = locked(name, size)?;
    for language in Language::ALL {
        owner.use_button(Action::Languages)?;
        owner.use_button(Action::Choose(language))?;
        assert_eq!(owner.state.language, language);
        keep(&mut owner, &format!("{name}-{}", language.tag()))?;
    }
    Ok(())
}

/// Keeps a photograph to be looked at, if `PAYLATCH_PHOTOGRAPHS` names a directory.
fn keep(owner: &mut Owner, name: &str) -> Result<()> {
    let Some(directory) = std::env::var_os("PAYLATCH_PHOTOGRAPHS") else { return Ok(()) };
    let path = Path::new(&directory).join(format!("{name}.png"));
    owner.display().keep(&path)
}

#[test]
fn every_language_upright() -> Result<()> {
    speaks_every_language("upright", size(480, 854)?)
}

#[test]
fn every_language_sideways() -> Result<()> {
    speaks_every_language("sideways", size(854, 480)?)
}

#[test]
fn a_finger_does_what_keys_do() -> Result<()> {
    let (mut phone, mut owner) = locked("finger", size(480, 854)?)?;
    owner.push_up()?;
    owner.press("esc", Event::Escape)?;
    owner.tap(Action::Languages)?;
    owner.tap(Action::Choose(Language::Spanish))?;
    owner.tap(Action::Emergency)?;
    phone.emulator()?.wait_for("emergency call to 112")?;
    Ok(())
}

/// Twelve digits.
fn digits([first, second]: [u32; 2]) -> String {
    format!("{first:06}{second:06}")
}

fn groups(digits: &str) -> Result<[u32; 2]> {
    paylatch::hotline::groups(digits).map_err(|e| Failure(e.to_string()))
}

/// From the first wrong code to the release, by an owner who has the screen and its keys.
#[test]
fn a_code_by_phone_with_keys_alone() -> Result<()> {
    let fleet = Fleet::get()?;
    let size = size(480, 854)?;
    let picture = Code::png(&fleet.release).map_err(|e| Failure(e.to_string()))?;
    let mut phone = Shipped::of(fleet.locked.copy("keys")?);
    phone.device.put_file("/release.png", &picture)?;
    let mut owner = switched_on(&mut phone, size)?;

    owner.choose(Action::EnterCode)?;
    let shown = owner.facts.takes_codes().ok_or_else(|| Failure("no codes".into()))?;
    assert_eq!(shown.wait, 0);
    let right = groups(&fleet.code(&shown.challenge.to_string(), "24h")?)?;

    // A slip is told with the last digit of its group, and costs nothing.
    let slip = digits(codes::slip(right, Mistyped::First));
    owner.type_digits(&slip[..6])?;
    assert_eq!(owner.state.typed.standing(0), Group::Mistyped);
    for _ in 0..6 {
        owner.press("backspace", Event::Backspace)?;
    }

    // A wrong one costs a minute of use.
    owner.type_digits(&digits(codes::wrong(right)))?;
    let outcome = owner.choose_unseen(Action::Send)?;
    assert_eq!(outcome, Pressed::Code(codes::wrong(right)));
    phone.emulator()?.wait_for(r#""refusal":"wrong_code""#)?;
    owner.state.code_was_wrong();
    owner.learn(next_facts(&mut phone)?)?;
    assert!(waits(&owner), "{:?}", owner.facts);

    // Nor does a power cut end the wait, nor is a code tried in it.
    phone.cut_power();
    let mut owner = switched_on(&mut phone, size)?;
    assert!(waits(&owner), "{:?}", owner.facts);
    owner.choose(Action::EnterCode)?;
    // She sees it run down by the second.
    for _ in 0..3 {
        owner.must_see_later(2..10)?;
    }
    owner.type_digits(&digits(right))?;
    assert_eq!(owner.state.code(&owner.facts), None);

    // A minute of use, in whatever system.
    phone.cut_power();
    pass_elsewhere(&phone.device, 61)?;
    let mut owner = switched_on(&mut phone, size)?;
    assert!(!waits(&owner), "{:?}", owner.facts);
    owner.choose(Action::EnterCode)?;
    owner.type_digits(&digits(right))?;
    assert_eq!(owner.choose_unseen(Action::Send)?, Pressed::Code(right));
    let usable = next_facts(&mut phone)?;
    owner.learn(usable)?;
    assert!(owner.state.thanks);
    assert_eq!(phone.wait_for_change()?, Outcome::Usable);

    // Paid off: the shop shows a picture.
    let released = phone.shell("paylatch apply /data/release.png")?;
    assert_eq!(released.code, 0, "{}", released.text);
    phone.cut_power();
    assert_eq!(phone.power_on(&[])?, Outcome::Usable);
    assert_eq!(phone.views()?.agreed(), Some(Some(State::Released)));
    Ok(())
}

/// A system with a root shell, of a locked phone, and the watch on its display alone.
fn watched(options: &[String], device: &Device) -> Result<(Emulator, PathBuf)> {
    const PROGRAM: &str = r#"#!/bin/sh
case $1 in emergency) echo "$2" >>/run/called ;; esac
"#;
    device.put_firmware(Path::new(&built("flash-development.bin")))?;
    let directory = device.directory().to_owned();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut emulator = device.boot_with(&options)?;
    emulator.shell(&format!("printf '%s' '{PROGRAM}' >/run/system; chmod +x /run/system"))?;
    emulator.shell("paylatch --json watch --display --system /run/system >/run/events 2>&1 &")?;
    Ok((emulator, directory))
}

/// What the watch has said of the state.
fn said(emulator: &mut Emulator) -> Result<Facts> {
    let events = emulator.shell(
        "until grep -q '\"mode\":\"restricted\"' /run/events; do usleep 100000; done; cat /run/events",
    )?;
    facts(&events.text, Fleet::get()?.locked_at)
}

#[test]
fn a_display_that_is_unplugged_is_shown_on_again() -> Result<()> {
    const STATUS: &str = "/sys/class/drm/card0-Virtual-1/status";
    let fleet = Fleet::get()?;
    let size = size(240, 320)?;
    let device = fleet.locked.copy("unplugged")?;
    let options = display::options(device.directory(), size);
    let (mut emulator, directory) = watched(&options, &device)?;
    let facts = said(&mut emulator)?;
    // That system has no fonts: built-in glyphs.
    let display = Display::of(&directory, size)?;
    let mut owner = Owner::with_fonts(display, facts, Fonts::none())?;
    owner.choose(Action::Emergency)?;
    assert_eq!(
        emulator
            .shell("until [ -s /run/called ]; do usleep 100000; done; cat /run/called")?
            .text
            .trim(),
        "112"
    );

    emulator.shell(&format!("echo off >{STATUS}; sleep 2"))?;
    // Nothing is pressed that is not seen.
    owner.display().press("ret")?;
    emulator.shell(&format!("sleep 1; echo detect >{STATUS}; sleep 2"))?;
    owner.must_see()?;
    let called = emulator.shell("wc -l </run/called")?;
    assert_eq!(called.text.trim(), "1");
    // And it goes on.
    owner.press("tab", Event::Next)?;
    Ok(())
}

#[test]
fn without_keys_and_touch_it_is_still_shown() -> Result<()> {
    let fleet = Fleet::get()?;
    let size = size(2160, 3840)?;
    let device = fleet.locked.copy("untouchable")?;
    let display = display::options(device.directory(), size);
    let options = [&display[..], &["--no-input".into()]].concat();
    let (mut emulator, directory) = watched(&options, &device)?;
    let facts = said(&mut emulator)?;
    let display = Display::of(&directory, size)?;
    Owner::with_fonts(display, facts, Fonts::none())?;
    Ok(())
}

/// What a screen that nobody touches has cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Times that the display's memory was shown anew, as the emulated graphics card has it.
    shown: usize,
    /// Times that one of the program's threads waited for something.
    waited: u64,
}

impl Cost {
    fn so_far(emulator: &mut Emulator, trace: &Path) -> Result<Cost> {
        let trace = std::fs::read_to_string(trace).map_err(|e| Failure(format!("trace: {e}")))?;
        let shown = trace.matches("virtio_gpu_cmd_res_flush").count();
        let status = emulator.shell("cat /proc/$(pidof paylatch)/task/*/status")?.text;
        let waited =
            status.lines().filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let waited = waited.filter_map(|count| count.trim().parse::<u64>().ok()).sum();
        Ok(Cost { shown, waited })
    }
}

/// Nothing is drawn, and the program wakes only to ask for the state and the time.
#[test]
fn a_screen_that_nobody_touches_costs_nothing() -> Result<()> {
    const SECONDS: u64 = 100;
    // The state is asked four times a second, and each second whether a display has come.
    const LOOKS: u64 = 4 + 1;
    let fleet = Fleet::get()?;
    let size = size(480, 854)?;
    let device = fleet.locked.copy("idle")?;
    let trace = device.directory().join("trace.log");
    let of_trace = ["-trace", "virtio_gpu_cmd_res_flush", "-D", &trace.to_string_lossy()];
    let of_display = display::options(device.directory(), size);
    let options = [&of_display[..], &of_trace.map(str::to_owned)].concat();
    let (mut emulator, _) = watched(&options, &device)?;
    said(&mut emulator)?;
    emulator.sleep(2)?;
    let before = Cost::so_far(&mut emulator, &trace)?;
    emulator.sleep(SECONDS)?;
    let after = Cost::so_far(&mut emulator, &trace)?;
    let memory = emulator.shell("grep VmHWM /proc/$(pidof paylatch)/status")?.text;
    println!("{before:?}, {SECONDS} s later {after:?}; {memory}");
    assert!(before.shown > 0);
    // For how long it has been locked, in minutes.
    assert!(after.shown - before.shown <= 2, "{before:?}, {after:?}");
    assert!(after.waited - before.waited <= 2 * LOOKS * SECONDS, "{before:?}, {after:?}");
    Ok(())
}

fn waits(owner: &Owner) -> bool {
    owner.facts.takes_codes().is_some_and(|hotline| hotline.wait > 0)
}

/// What the phone's service says of the state next.
fn next_facts(phone: &mut Shipped) -> Result<Facts> {
    let emulator = phone.emulator()?;
    emulator.wait_for(r#"{"event":"status""#)?;
    emulator.wait_for("\n")?;
    facts(&emulator.log(), Fleet::get()?.locked_at)
}

/// Lets seconds of use pass in another system than the one that is shipped, whose time is
/// the processor's own.
fn pass_elsewhere(device: &Device, seconds: u64) -> Result<()> {
    device.put_firmware(Path::new(&built("flash-development.bin")))?;
    let mut emulator = device.boot()?;
    emulator.sleep(seconds)?;
    emulator.shell("paylatch shutdown")?;
    emulator.power_off()?;
    device.ship()
}
