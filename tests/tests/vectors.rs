//! The vectors: as committed they are what the code makes, and the lock does
//! with each what it says.

use std::fs;

use paylatch_proto::api::{COMMAND_CALL, COMMAND_STATE, EventKind, Reply};
use paylatch_proto::hotline::{Challenge, Code};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{Fault, Reason, State};
use paylatch_proto::{armour, limits, sign};
use paylatch_tests::vectors::{
    Accepted, BadText, By, Call, Device, Hotline, Kind, Refused, Text, Vectors, folder, named,
    parse, read_text, unhex,
};
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = folder().join(name);
    let content = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&content).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn accepted() -> Vec<Accepted> {
    read("accepted.json")
}

fn name_of(refusal: Refusal) -> String {
    format!("{refusal:?}")
}

fn is_for_a_device(kind: Kind) -> bool {
    !matches!(kind, Kind::Statement | Kind::Certificate)
}

#[test]
fn committed_files_are_what_the_code_makes() {
    for (name, made) in Vectors::make().files() {
        let path = folder().join(name);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == made,
            "{} is not what the code makes: run `cargo run -p paylatch-tests --bin make-vectors` \
             and look at what changed",
            path.display()
        );
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<String> = accepted().into_iter().map(|vector| vector.name).collect();
    names.extend(read::<Vec<Refused>>("refused.json").into_iter().map(|vector| vector.name));
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn a_device_takes_the_accepted() {
    let accepted = accepted();
    for vector in accepted.iter().filter(|vector| is_for_a_device(vector.kind)) {
        assert_eq!(parse(vector.kind, &vector.bytes()), Ok(()), "{}", vector.name);
        let (Some(outcome), Some(state)) = (&vector.outcome, &vector.state) else {
            continue;
        };
        let mut device = Device::called(&vector.device);
        device.follow(&accepted, &vector.before);
        let (found, found_state) =
            device.take(vector.kind, &vector.bytes()).unwrap_or_else(|refusal| {
                panic!("{} is refused: {refusal:?}", vector.name);
            });
        assert_eq!(format!("{found:?}"), *outcome, "{}", vector.name);
        assert_eq!(format!("{found_state:?}"), *state, "{}", vector.name);
        assert_eq!(device.state().state, found_state.code(), "{}", vector.name);
    }
}

#[test]
fn a_device_makes_the_statements() {
    let accepted = accepted();
    let statements = accepted.iter().filter(|vector| vector.kind == Kind::Statement);
    assert_eq!(statements.clone().count(), 4);
    for vector in statements {
        let mut device = Device::called(&vector.device);
        device.follow(&accepted, &vector.before);
        let nonce = unhex(vector.nonce.as_deref().unwrap_or_default());
        let nonce: [u8; 32] = nonce.try_into().expect("a nonce of 32 bytes");
        assert_eq!(device.attest(nonce.into()), vector.bytes(), "{}", vector.name);
    }
}

#[test]
fn refused_ones_are_refused_and_change_nothing() {
    let accepted = accepted();
    for vector in read::<Vec<Refused>>("refused.json") {
        let bytes = unhex(&vector.bytes);
        let form = parse(vector.kind, &bytes).map_err(name_of);
        match vector.by {
            By::Form => assert_eq!(form, Err(vector.refusal.clone()), "{}", vector.name),
            By::Device => assert_eq!(form, Ok(()), "{}", vector.name),
        }
        if !is_for_a_device(vector.kind) {
            continue;
        }
        let mut device = Device::called(&vector.device);
        device.follow(&accepted, &vector.before);
        let before = (device.state(), device.records());
        let found = device.take(vector.kind, &bytes);
        assert_eq!(found.map_err(name_of).err(), Some(vector.refusal), "{}", vector.name);
        assert_eq!((device.state(), device.records()), before, "{}", vector.name);
    }
}

#[test]
fn every_refusal_that_a_whole_device_gives_has_a_vector() {
    let refused: Vec<Refused> = read("refused.json");
    let calls: Vec<Call> = read("calls.json");
    // These three take a broken device; the lock's own tests have them.
    let elsewhere = [Refusal::Fault, Refusal::NotStored, Refusal::NotAvailable];
    for refusal in Refusal::ALL.into_iter().filter(|refusal| !elsewhere.contains(refusal)) {
        let name = name_of(refusal);
        let mut buffer = [0; 4];
        let reply = postcard::to_slice(&Reply::Refused(refusal), &mut buffer).unwrap();
        let reply = hex::encode(reply);
        let of_call = calls.iter().any(|call| call.reply == reply);
        let of_text = refused.iter().any(|vector| vector.refusal == name);
        assert!(of_call || of_text, "{name}");
    }
}

#[test]
fn texts_are_read() {
    let accepted = accepted();
    for vector in &accepted {
        let (kind, bytes) = read_text(&vector.text).unwrap_or_else(|refusal| {
            panic!("{}: {refusal:?}", vector.name);
        });
        assert_eq!(bytes, vector.bytes(), "{}", vector.name);
        let expected = match vector.kind {
            Kind::Message => armour::Kind::Message,
            Kind::Voucher => armour::Kind::Voucher,
            Kind::Seal => armour::Kind::Seal,
            Kind::Statement => armour::Kind::Statement,
            Kind::Certificate => armour::Kind::Certificate,
        };
        assert_eq!(kind, expected, "{}", vector.name);
    }
    for text in read::<Vec<Text>>("texts.json") {
        let (_, bytes) = read_text(&text.text).expect(&text.name);
        assert_eq!(bytes, named(&accepted, &text.carries).bytes(), "{}", text.name);
    }
    for text in read::<Vec<BadText>>("bad-texts.json") {
        let found = read_text(&text.text).map_err(name_of);
        assert_eq!(found.err(), Some(text.refusal), "{}", text.name);
    }
}

/// Digits, as people read them out.
fn digits(text: &str) -> Vec<u32> {
    text.split(' ').map(|group| group.parse().expect("digits")).collect()
}

#[test]
fn slips_in_hotline_codes_are_named() {
    let Hotline { codes, mistyped, misheard } = read("hotline.json");
    for code in &codes {
        let groups = digits(&code.code).try_into().expect("two groups");
        let read = Code::from_groups(groups).expect("a code");
        assert_eq!((read.action as u8, read.action.seconds()), (code.action, code.seconds));
    }
    for slip in &mistyped {
        let groups = digits(&slip.code).try_into().expect("two groups");
        let group = Code::from_groups(groups).map_err(|group| format!("{group:?}"));
        assert_eq!(group.err().as_ref(), Some(&slip.group), "{}", slip.code);
    }
    for challenge in &misheard {
        let number = digits(challenge).iter().fold(0, |number, group| number * 1000 + group);
        assert!(Challenge::from_number(number).is_err(), "{challenge}");
    }
    assert!(codes.len() >= 12 && mistyped.len() >= 8 && misheard.len() >= 3);
}

fn page() -> String {
    let path = folder().join("../../docs/protocol.md");
    let page = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every code, domain, prefix and limit stands in docs/protocol.md as it is in the code.
#[test]
fn the_specification_has_every_code() {
    let words = page();
    let has = |line: String| assert!(words.contains(&line), "`{line}` is not in the page");
    for state in State::ALL {
        has(format!("| {state:?} | `{:#010x}` |", state.code()));
    }
    for reason in Reason::ALL {
        has(format!("| {} | {} | {reason:?} |", reason as u8, reason.code()));
    }
    for fault in Fault::ALL {
        has(format!("| {} | {fault:?} |", fault.code()));
    }
    for (i, refusal) in Refusal::ALL.into_iter().enumerate() {
        let name = name_of(refusal).replace("(Name)", "(field)").replace("(First)", "(group)");
        has(format!("| {i} | {name} |"));
    }
    let events = EventKind::ALL.into_iter().enumerate();
    has(events.map(|(i, kind)| format!("{i} {kind:?}")).collect::<Vec<_>>().join(", "));
    for domain in sign::DOMAINS {
        let name = String::from_utf8_lossy(domain.0);
        has(format!("| `{name}` | `{}` |", hex::encode(domain.0)));
    }
    for kind in armour::Kind::ALL {
        has(format!("| `{}` |", kind.prefix()));
    }
    for (field, most) in [
        ("name", limits::CONTACT_NAME),
        ("phone", limits::CONTACT_PHONE),
        ("payment", limits::CONTACT_PAYMENT),
        ("note", limits::CONTACT_NOTE),
        ("language", limits::CONTACT_LANGUAGE),
    ] {
        has(format!("| {field} | `text({most})` |"));
    }
    for (what, size) in [
        ("the longest", limits::MESSAGE),
        ("A body of at most", limits::SHORT_BODY),
        ("one device with one lender. Body, at most", limits::VOUCHER_BODY),
        ("says of itself. Body, at most", limits::STATEMENT_BODY),
        ("are that device's. Body, at most", limits::CERTIFICATE_BODY),
        ("`MEMREF_INPUT` with a request of at most", limits::REQUEST),
        ("`MEMREF_OUTPUT` of at least", limits::REPLY),
    ] {
        has(format!("{what} {size}"));
    }
    has(format!("UUID is `{}`", paylatch_proto::TA_UUID));
    for (command, code) in [("STATE", COMMAND_STATE), ("CALL", COMMAND_CALL)] {
        has(format!("### {command}, command {code}"));
    }
}

/// The worked examples of docs/protocol.md are vectors, written one item a line.
#[test]
fn the_specification_shows_these_vectors() {
    let words = page();
    let accepted = accepted();
    for name in ["voucher", "lock", "release-escrow", "rekey", "statement-unlocked", "certificate"]
    {
        let vector = named(&accepted, name);
        for item in &vector.items {
            let line = format!("{} {}", item.hex, item.field);
            assert!(words.contains(&line), "{name}: `{line}` is not in the page");
        }
        for value in [&vector.digest, &vector.signature, &vector.text] {
            assert!(words.contains(value.as_str()), "{name}: {value} is not in the page");
        }
    }
}
