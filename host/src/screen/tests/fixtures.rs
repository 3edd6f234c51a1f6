//! Facts to draw.

use std::path::PathBuf;

use heapless::String as Text;
use paylatch_proto::api::{Enrolment, Hotline, Notice, Status};
use paylatch_proto::bytes::Bytes;
use paylatch_proto::contact::{Amount, Contact};
use paylatch_proto::hotline::Challenge;
use paylatch_proto::state::{
    DETAIL_DEADLINE_PASSED, DETAIL_UNTIL_POWER_OFF, Fault, Reason, State as Phase, usable,
};
use paylatch_proto::voucher::Policy;

use crate::screen::Artist;
use crate::screen::facts::Facts;
use crate::screen::fonts::Fonts;
use crate::screen::language::Language;
use crate::screen::pixmap::Size;
use crate::screen::state::{Place, State};

const DAY: u64 = 86_400;

/// A phone's display in both directions, the smallest and the largest one.
pub const SIZES: [(u32, u32); 8] = [
    (240, 320),
    (320, 240),
    (480, 854),
    (854, 480),
    (1080, 2340),
    (2340, 1080),
    (2160, 3840),
    (3840, 2160),
];

pub fn artist() -> Artist {
    let directory = std::env::var_os("PAYLATCH_FONTS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/device/fonts")),
        PathBuf::from,
    );
    let fonts = Fonts::load(&directory);
    let problems = fonts.problems();
    assert!(problems.is_empty(), "make -C qemu fonts: {problems:?}");
    Artist::new(fonts)
}

pub fn size((width, height): (u32, u32)) -> Size {
    Size::new(width, height).unwrap()
}

pub fn text<const N: usize>(text: &str) -> Text<N> {
    Text::try_from(text).unwrap()
}

pub fn contact() -> Contact {
    Contact {
        name: text("Acme Credit"),
        phone: text("+1 555 010 0199"),
        payment: text("https://acme.example/pay/7c2f"),
        note: text(""),
        amount: Some(Amount { minor_units: 4_200, currency: Bytes(*b"USD") }),
        language: text("en"),
    }
}

pub fn enrolment() -> Enrolment {
    Enrolment {
        voucher: Bytes([1; 32]),
        lender: Bytes([2; 4]),
        escrow: None,
        sequence: 1,
        contact_sequence: 0,
        reason: None,
        notice: None,
        deadline_in: None,
        sunset_in: Some(400 * DAY),
        policy: Policy {
            notice: 3 * DAY as u32,
            hotline: true,
            usable: usable::INCOMING_CALLS | usable::LENDER_APP,
        },
        hotline: Some(hotline(12_345_678, 0)),
    }
}

fn hotline(challenge: u32, wait: u64) -> Hotline {
    Hotline { challenge: Challenge::of(challenge).number(), wait, tried: 0 }
}

pub fn facts(state: Phase, detail: u32, enrolment: Enrolment) -> Facts {
    let mut device = [0; 32];
    device[..4].copy_from_slice(&[0x8f, 0x3a, 0x21, 0xc0]);
    let status = Status {
        state,
        detail,
        device: Some(Bytes(device)),
        uptime: 30 * DAY,
        enrolment: Some(enrolment),
    };
    Facts { status, contact: Some(contact()), locked_for: None }
}

pub fn locked() -> Facts {
    let reason = Reason::PaymentOverdue;
    let enrolment = Enrolment { reason: Some(reason), ..enrolment() };
    Facts {
        locked_for: Some(3 * DAY + 4 * 3_600 + 5),
        ..facts(Phase::Locked, reason.code(), enrolment)
    }
}

/// Everything that can be shown, with a name.
pub fn pages(language: Language) -> Vec<(&'static str, State, Facts)> {
    let begin = State::new(language);
    let notice = |lock_in, ends_in| {
        let notice = Some(Notice { lock_in, ends_in });
        facts(Phase::Unlocked, 0, Enrolment { notice, ..enrolment() })
    };
    let until = Enrolment { deadline_in: Some(7 * DAY), ..enrolment() };
    let deadline = facts(Phase::Unlocked, 0, until);
    let passed = Enrolment { deadline_in: Some(0), ..enrolment() };
    let mut slip = begin.clone();
    slip.place = Place::Code;
    "123459789012".bytes().for_each(|digit| slip.typed.push(digit - b'0'));
    let mut waiting = locked();
    if let Some(enrolment) = &mut waiting.status.enrolment {
        enrolment.hotline = Some(Hotline { tried: 3, ..hotline(572, 240) });
    }
    let fault = |fault: Fault| facts(Phase::Fault, fault.code(), enrolment());
    let fresh = Facts { contact: None, ..facts(Phase::Unprovisioned, 0, enrolment()) };
    let released = |detail| facts(Phase::Released, detail, enrolment());
    let in_code = State { place: Place::Code, ..begin.clone() };
    vec![
        ("locked", begin.clone(), locked()),
        ("amount", State { amount_shown: true, ..begin.clone() }, locked()),
        ("deadline-passed", begin.clone(), facts(Phase::Locked, DETAIL_DEADLINE_PASSED, passed)),
        ("languages", State { place: Place::Languages, ..begin.clone() }, locked()),
        ("code", in_code.clone(), locked()),
        ("code-slip", slip, locked()),
        ("code-wrong", State { wrong: true, ..in_code }, waiting),
        ("notice", begin.clone(), notice(3 * DAY, 33 * DAY)),
        ("notice-now", begin.clone(), notice(0, 30 * DAY)),
        ("deadline", begin.clone(), deadline.clone()),
        ("thanks-until", State { thanks: true, ..begin.clone() }, deadline),
        ("thanks", begin.clone(), facts(Phase::Unlocked, 0, enrolment())),
        ("released", begin.clone(), released(0)),
        ("released-for-now", begin.clone(), released(DETAIL_UNTIL_POWER_OFF)),
        ("fault", begin.clone(), fault(Fault::StateCorrupt)),
        ("fault-update", begin.clone(), fault(Fault::OldBuild)),
        ("fault-unknown", begin.clone(), Facts::unknown()),
        ("fresh", begin, fresh),
    ]
}

/// A contact record of the greatest length, in a script, with nowhere to break a line.
pub fn longest(letters: &str) -> Contact {
    fn fill<const N: usize>(letters: &str) -> Text<N> {
        let mut filled = Text::new();
        while filled.push_str(letters).is_ok() {}
        filled
    }
    Contact {
        name: fill(letters),
        phone: fill("8"),
        payment: fill(letters),
        note: fill(letters),
        amount: Some(Amount { minor_units: u64::MAX, currency: Bytes(*b"USD") }),
        language: text("en"),
    }
}
