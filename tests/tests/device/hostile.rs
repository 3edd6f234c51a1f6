//! A hostile normal world: whatever is called, in whatever way and however often
//! at once, the application lives, its answers and the RPMB are the same after it,
//! and so is the next start.
//!
//! With PAYLATCH_PROVE=1, every combination of parameter types, every bit of
//! every request, and more of all the rest.

use std::sync::Arc;

use paylatch::text;
use paylatch_proto::api::Request;
use paylatch_proto::armour::Kind;
use paylatch_proto::bytes::Bytes;
use paylatch_proto::limits;
use paylatch_rig::prove::{by_length, report};
use paylatch_tests::device::Device;
use paylatch_tests::hostile::{Found, Hostile, Item};
use paylatch_tests::issuer::{ESCROW, LENDER, STRANGER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::phones::{LOCK, LOCKED_AT, Phones};
use paylatch_tests::{Failure, Result};

/// Of the random numbers; a failure names it, with what was added for the phone.
const SEED: u64 = 20_260_101;

/// What `make test` tries at least on each phone, and PAYLATCH_PROVE=1. Seven types
/// of parameters get past the kernel, at four places.
const FLOORS: &[(&str, u64, u64)] = &[
    ("no-such-command", 1000, 1000),
    ("parameter-counts", 124, 124),
    ("sessions-of-others", 600, 600),
    ("logins", 64, 64),
    ("requests-of-the-device", 400, 400),
    ("types-of-command", KNOWN_TYPES, 4 * KNOWN_TYPES),
    ("types-of-call", KNOWN_TYPES + 800, 25 * KNOWN_TYPES),
    ("types-of-opening", KNOWN_TYPES, KNOWN_TYPES),
    ("types-refused-by-the-kernel", ALL_TYPES - KNOWN_TYPES, ALL_TYPES - KNOWN_TYPES),
    ("sizes", 820, 820),
    ("sizes-overlapping", 290, 290),
    ("sizes-that-are-not-there", 42, 42),
    ("bytes-mutated", 1500, 50_000),
    ("bytes-random", 1450, 59_000),
    ("crowd", 480, 12_000),
    ("killed", 40, 1500),
    ("closed", 40, 1500),
    ("cancelled", 40, 1500),
    ("unmapped", 40, 1500),
    ("exhausted-by-sessions", 300, 300),
    ("exhausted-by-memory", 150, 150),
];
const KNOWN_TYPES: u64 = 7 * 7 * 7 * 7;
const ALL_TYPES: u64 = 16 * 16 * 16 * 16;

/// A phone in one of its states, switched off, and who issues for it.
struct Victim {
    phones: Arc<Phones>,
    phone: Emulated,
}

impl Victim {
    fn new(state: &str) -> Result<Victim> {
        let phones = Phones::get()?;
        let phone = Emulated::of(phones.in_state(state)?.copy("victim")?);
        Ok(Victim { phones, phone })
    }

    fn order(&self, who: &str, sequence: u64, order: &[&str]) -> Result<String> {
        self.phones.issuer.message(who, &self.phones.voucher, sequence, order)
    }

    /// Requests of every kind: those that the lock would take, the same ones
    /// forged, and those that only ask.
    fn items(&self) -> Result<Vec<Item>> {
        let nonce = Bytes([0x5a; limits::NONCE]);
        let Phones { issuer, id, voucher, .. } = &*self.phones;
        let seal = bytes(&issuer.seal(id)?, Kind::Seal)?;
        let rekey = bytes(&issuer.rekey(voucher, LOCKED_AT + 5)?, Kind::Message)?;
        let release = bytes(&issuer.release(LENDER, voucher)?, Kind::Message)?;
        let escrow = bytes(&issuer.release(ESCROW, voucher)?, Kind::Message)?;
        let contact = issuer.contact(LENDER);
        let voucher = bytes(voucher, Kind::Voucher)?;
        let next = LOCKED_AT + 1;
        let mut orders = vec![
            ("notice", self.order(LENDER, next, &["notice"])?),
            ("lock", self.order(LENDER, next, LOCK)?),
            ("unlock", self.order(LENDER, next, &["unlock"])?),
            ("unlock-for", self.order(LENDER, next, &["unlock-for", "--time", "1h"])?),
            ("contact", self.order(LENDER, 1, &["contact", "--contact", &contact])?),
        ]
        .into_iter()
        .map(|(name, text)| Ok((name, bytes(&text, Kind::Message)?)))
        .collect::<Result<Vec<_>>>()?;
        let rekeys = [rekey.as_slice()].into_iter().collect();
        let recover = Request::Recover { voucher: &voucher, rekeys, release: &release };
        let recover = Item::acting("recover", &recover)?;
        orders.extend([("rekey", rekey.clone()), ("release", release.clone()), ("escrow", escrow)]);
        let stranger = self.order(STRANGER, next, &["unlock"])?;
        let stranger = bytes(&stranger, Kind::Message)?;
        let mut items = vec![
            Item::harmless("identity", &Request::Identity)?,
            Item::acting("enrol", &Request::Enrol { nonce, voucher: &voucher })?,
            Item::acting("seal", &Request::Seal { nonce, seal: &seal })?,
            Item::harmless("stranger", &Request::Apply(&stranger))?,
            Item::harmless("attest", &Request::Attest { nonce })?,
            Item::harmless("status", &Request::Status)?,
            Item::harmless("contact", &Request::Contact)?,
            Item::harmless("history", &Request::History)?,
            Item::harmless("tick", &Request::Tick)?,
            Item::acting("shutdown", &Request::Shutdown)?,
            Item::acting("good-boot", &Request::GoodBoot)?,
        ];
        for (name, order) in &orders {
            items.push(Item::acting(name, &Request::Apply(order))?);
        }
        // Only forged: but at a fault, nothing else in it is looked at.
        items.push(recover.forged());
        let forged: Vec<Item> = items
            .iter()
            .filter(|item| item.acts && item.request.len() > 1)
            .map(Item::forged)
            .collect();
        items.extend(forged);
        Ok(items)
    }

    /// Attacks in every way that must change nothing, and starts anew.
    fn stands(&mut self, name: &str, seed: u64) -> Result<()> {
        let items = self.items()?;
        let mut hostile = Hostile::enter(&mut self.phone, &items, Device::boot)?;
        let (status, rpmb) = (hostile.status()?, hostile.phone().device.rpmb()?);
        let mut found = Found::default();
        for (kind, numbers) in [
            ("nonsense", vec![]),
            ("types", vec![by_length(64, 1)]),
            ("sizes", vec![]),
            ("bytes", vec![by_length(60, 0), by_length(1500, 60_000)]),
            ("crowd", vec![8, 8, by_length(60, 1500)]),
            ("interrupted", vec![by_length(40, 1500)]),
            ("exhaustion", vec![]),
        ] {
            found.add(hostile.attack(kind, seed, &numbers)?);
            let now = hostile.status()?;
            if now != status {
                found.wrong.push(format!("after {kind}, seed {seed}: {now}, before: {status}"));
            }
            if hostile.phone().device.rpmb()? != rpmb {
                found.wrong.push(format!("after {kind}, seed {seed}: the RPMB was written"));
            }
        }
        for &(kind, bounded, long) in FLOORS {
            let cases = found.cases.get(kind).copied().unwrap_or_default();
            if cases < by_length(bounded, long) {
                found.wrong.push(format!("only {cases} cases of {kind} were tried"));
            }
        }
        let cases: u64 = found.cases.values().sum();
        let floor: u64 = FLOORS.iter().map(|&(_, bounded, long)| by_length(bounded, long)).sum();
        report(&format!("a hostile normal world, {name}"), cases, floor, &found.wrong);
        self.phone.power_cut()
    }
}

/// What a text is in bytes.
fn bytes(message: &str, kind: Kind) -> Result<Vec<u8>> {
    text::read(message, &[kind]).map(|text| text.bytes).map_err(|e| Failure(format!("{e}")))
}

#[test]
fn a_fresh_phone_stays_fresh() -> Result<()> {
    let mut victim = Victim::new("unprovisioned")?;
    victim.stands("a fresh phone", SEED)?;
    victim.phones.must_be_whole(&mut victim.phone, "unprovisioned")
}

#[test]
fn an_unlocked_phone_stays_unlocked() -> Result<()> {
    let mut victim = Victim::new("unlocked")?;
    victim.stands("an unlocked phone", SEED + 1)?;
    assert_eq!(victim.phone.ask(&["status"])?["enrolment"]["sequence"], 0);
    victim.phones.must_be_whole(&mut victim.phone, "unlocked")
}

#[test]
fn a_locked_phone_stays_locked() -> Result<()> {
    let mut victim = Victim::new("locked")?;
    victim.stands("a locked phone", SEED + 2)?;
    assert_eq!(victim.phone.ask(&["status"])?["enrolment"]["sequence"], LOCKED_AT);
    victim.phones.must_be_whole(&mut victim.phone, "locked")
}

/// A request that is replaced while it is read: a good message and the same one
/// with another number, or another contact record, under the same signature.
#[test]
fn what_is_judged_is_what_is_stored() -> Result<()> {
    const LETTER: &[u8] = b"Acme";
    // Apart by more than what the forger adds.
    let sequence = |n: u64| 1024 + 64 * n;
    let mut victim = Victim::new("unlocked")?;
    let mut good = Vec::new();
    for n in 0..by_length(24, 60) {
        let unlock = victim.order(LENDER, sequence(n), &["unlock"])?;
        // As long as can be: the longer it takes to read, the more can happen.
        let note = "n".repeat(limits::CONTACT_NOTE);
        let payment = "p".repeat(limits::CONTACT_PAYMENT);
        let contact = format!(
            r#"{{"name": "Acme {n}", "phone": "+1 555 010 {n:04}", "note": "{note}",
                "payment": "{payment}"}}"#
        );
        let contact = victim.phones.issuer.write("other.json", &contact)?;
        let contact = victim.order(LENDER, sequence(n), &["contact", "--contact", &contact])?;
        for (name, text) in [("unlock", unlock), ("contact", contact)] {
            let message = bytes(&text, Kind::Message)?;
            let name = format!("{name}-{}", sequence(n));
            good.push(Item::acting(&name, &Request::Apply(&message))?);
        }
    }
    let bad: Vec<Item> = good
        .iter()
        .map(|item| {
            let mut request = item.request.clone();
            let contact = request.windows(LETTER.len()).position(|four| four == LETTER);
            // The number's lower byte is the last but one of the body.
            let at = contact.unwrap_or(request.len() - limits::SIGNATURE - 2);
            request[at] ^= 0x10;
            Item { name: item.name.clone(), request, acts: false }
        })
        .collect();
    let count = good.len() as u64;
    let all: Vec<Item> = good.into_iter().chain(bad).collect();
    let mut hostile = Hostile::enter(&mut victim.phone, &all, Device::boot_with_two_processors)?;
    let found = hostile.attack("race", SEED, &[])?;
    let cases = found.cases.values().sum();
    report("requests that change while they are read", cases, count, &found.wrong);
    let sequence = victim.phone.ask(&["status"])?["enrolment"]["sequence"].clone();
    victim.phone.power_cut()?;
    assert_eq!(victim.phone.ask(&["status"])?["enrolment"]["sequence"], sequence);
    Ok(())
}

/// Messages that come while the secure world has hardly any memory left are taken,
/// or refused and then taken; the application lives.
#[test]
fn a_secure_world_without_memory() -> Result<()> {
    let mut victim = Victim::new("unlocked")?;
    let mut messages = Vec::new();
    let steps = by_length(80, 1000);
    for sequence in 1..=60 {
        let message = bytes(&victim.order(LENDER, sequence, &["unlock"])?, Kind::Message)?;
        messages.push(Item::acting(&format!("unlock-{sequence}"), &Request::Apply(&message))?);
    }
    let count = messages.len() as u64;
    let mut hostile = Hostile::enter(&mut victim.phone, &messages, Device::boot)?;
    let found = hostile.attack("starving", SEED, &[steps])?;
    let cases = found.cases.values().sum();
    report("messages without memory in the secure world", cases, count.min(steps), &found.wrong);
    victim.phone.power_cut()?;
    assert_eq!(victim.phone.ask(&["status"])?["enrolment"]["sequence"], count);
    Ok(())
}

/// Eight processes hand in the same messages at once: each is taken once.
#[test]
fn a_message_is_taken_once() -> Result<()> {
    const PROCESSES: u64 = 8;
    let mut victim = Victim::new("unlocked")?;
    let mut messages = Vec::new();
    for sequence in 1..=by_length(16, 120) {
        let message = bytes(&victim.order(LENDER, sequence, &["unlock"])?, Kind::Message)?;
        messages.push(Item::acting(&format!("unlock-{sequence}"), &Request::Apply(&message))?);
    }
    let count = messages.len() as u64;
    let mut hostile = Hostile::enter(&mut victim.phone, &messages, Device::boot)?;
    let found = hostile.attack("rush", SEED, &[PROCESSES])?;
    let cases = found.cases.values().sum();
    report("messages handed in by many at once", cases, PROCESSES * count, &found.wrong);
    assert_eq!(victim.phone.ask(&["status"])?["enrolment"]["sequence"], count);
    Ok(())
}
