//! What must be accepted.

use paylatch_proto::bytes::{Bytes, Digest, Signature};
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command};
use paylatch_proto::sign::{self, Domain, Role};
use paylatch_proto::state::{Reason, usable};
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::Voucher;
use paylatch_proto::{WIRE_VERSION, armour};
use paylatch_rig::keys::{
    BUYER, BUYERS_DESK, ESCROW, LENDER, OEM, OTHER_PHONE, PHONE, TestDevice, TestKey,
};
use paylatch_rig::messages::{
    self, ISSUED_AT, NOTICE, contact, contact_2, contact_longest, encode, rewritten, seal, voucher,
};

use super::device::Device;
use super::items::Items;
use super::{Accepted, Item, Kind, Step, Tried, named, unhex};

/// A message of the story: name, what it shows, what it orders, what was before.
type Told<'a> = (&'a str, &'a str, Command, &'a [&'a str]);

/// What was before, in short: `use:SECONDS`, `cut`, `damage:RECORD`, or a
/// vector's name.
pub fn steps(before: &[&str]) -> Vec<Step> {
    let step = |word: &&str| match word.split_once(':') {
        Some(("use", seconds)) => Step::Use(seconds.parse().expect("a number of seconds")),
        Some(("damage", record)) => Step::Damage(record.into()),
        _ if *word == "cut" => Step::Cut,
        _ if *word == "try-right" => Step::Try(Tried::Right),
        _ if *word == "try-wrong" => Step::Try(Tried::Wrong),
        _ => Step::Take((*word).into()),
    };
    before.iter().map(step).collect()
}

/// Unlocked, with a notice that has run.
pub const NOTICE_RUN: [&str; 3] = ["voucher", "notice", "use:259200"];
/// Locked by the lender.
pub const LOCKED: [&str; 4] = ["voucher", "notice", "use:259200", "lock"];

struct Set(Vec<Accepted>);

struct Signed<'a> {
    name: &'a str,
    about: &'a str,
    kind: Kind,
    domain: Domain,
    device: TestDevice,
    signer: &'a str,
    items: Vec<Item>,
    digest: Digest,
    signature: Signature,
    before: &'a [&'a str],
}

impl Set {
    fn add(&mut self, signed: Signed<'_>) -> &mut Accepted {
        let body: String = signed.items.iter().map(|item| item.hex.as_str()).collect();
        let kind = match signed.kind {
            Kind::Message => armour::Kind::Message,
            Kind::Voucher => armour::Kind::Voucher,
            Kind::Seal => armour::Kind::Seal,
            Kind::Statement => armour::Kind::Statement,
            Kind::Certificate => armour::Kind::Certificate,
        };
        let bytes = messages::join(&unhex(&body), &signed.signature);
        self.0.push(Accepted {
            name: signed.name.into(),
            about: signed.about.into(),
            kind: signed.kind,
            device: signed.device.name.into(),
            signer: signed.signer.into(),
            enrolment: None,
            items: signed.items,
            body,
            domain: String::from_utf8_lossy(signed.domain.0).into(),
            digest: signed.digest.to_string(),
            proof_digest: None,
            signature: signed.signature.to_string(),
            same_message: None,
            text: armour::encode(kind, &bytes).collect(),
            canonical: true,
            before: steps(signed.before),
            nonce: None,
            outcome: None,
            state: None,
        });
        self.0.last_mut().expect("just added")
    }

    fn voucher(&mut self, name: &str, about: &str, voucher: &Voucher, before: &[&str]) {
        let body = encode(voucher);
        let digest = sign::digest(sign::VOUCHER, &body);
        let device = if voucher.device == OTHER_PHONE.id() { OTHER_PHONE } else { PHONE };
        let items = Items::from(voucher);
        assert_eq!(items.hex(), hex::encode(&body), "{name}");
        self.add(Signed {
            name,
            about,
            kind: Kind::Voucher,
            domain: sign::VOUCHER,
            device,
            signer: OEM.name,
            items: items.0,
            digest,
            signature: OEM.sign(&digest),
            before,
        });
    }

    fn seal(&mut self, name: &str, about: &str, before: &[&str]) {
        let seal = seal(&OTHER_PHONE);
        let body = encode(&seal);
        let digest = sign::digest(sign::SEAL, &body);
        let items = Items::from(&seal);
        assert_eq!(items.hex(), hex::encode(&body), "{name}");
        self.add(Signed {
            name,
            about,
            kind: Kind::Seal,
            domain: sign::SEAL,
            device: OTHER_PHONE,
            signer: OEM.name,
            items: items.0,
            digest,
            signature: OEM.sign(&digest),
            before,
        });
    }

    /// A message by `signer` in the enrolment of the voucher called `enrolment`.
    fn message(&mut self, signer: TestKey, enrolment: &str, told: Told<'_>) -> &mut Accepted {
        let voucher = named(&self.0, enrolment);
        let voucher = Bytes(unhex(&voucher.digest).try_into().expect("32 bytes"));
        let body = match told.2 {
            Command::Rekey { .. } => messages::rekey(&PHONE, &voucher, signer, BUYER, told.2),
            command => messages::body(&PHONE, signer, command),
        };
        let items = Items::from(&body);
        assert_eq!(items.hex(), hex::encode(encode(&body)), "{}", told.0);
        self.add_message(signer, enrolment, voucher, &body, items, (told.0, told.1, told.3))
    }

    fn add_message(
        &mut self,
        signer: TestKey,
        enrolment: &str,
        voucher: Digest,
        body: &Body,
        items: Items,
        (name, about, before): (&str, &str, &[&str]),
    ) -> &mut Accepted {
        let bytes = unhex(&items.hex());
        let (domain, role) = if signer == ESCROW {
            (sign::ESCROW, Role::Escrow)
        } else {
            (sign::LENDER, Role::Lender)
        };
        let digest = sign::message_digest(domain, &PHONE.id(), &voucher, &bytes);
        let proof_digest = matches!(body.command, Command::Rekey { .. })
            .then(|| messages::proof_digest(&PHONE, &voucher, &bytes).to_string());
        let added = self.add(Signed {
            name,
            about,
            kind: Kind::Message,
            domain,
            device: PHONE,
            signer: signer.name,
            items: items.0,
            digest,
            signature: signer.sign(&digest),
            before,
        });
        added.enrolment = Some(enrolment.into());
        added.proof_digest = proof_digest;
        added.same_message = Some(sign::same_message(role, &bytes).to_string());
        added
    }

    /// The same again, after itself, under another name.
    fn again(&mut self, of: &str, name: &str, about: &str, also: &[&str]) -> &mut Accepted {
        let mut copy = named(&self.0, of).clone();
        copy.name = name.into();
        copy.about = about.into();
        copy.before.push(Step::Take(of.into()));
        copy.before.extend(steps(also));
        self.0.push(copy);
        self.0.last_mut().expect("just added")
    }

    /// A statement by the device after `before`.
    fn statement(&mut self, name: &str, about: &str, device: TestDevice, before: &[&str]) {
        let nonce = Bytes([0xa5; 32]);
        let mut lock = Device::new(&device);
        lock.follow(&self.0, &steps(before));
        let bytes = lock.attest(nonce);
        let parsed = Statement::parse(&bytes).expect("a statement");
        let items = Items::from(&parsed.body);
        assert_eq!(items.hex(), hex::encode(parsed.signed), "{name}");
        let added = self.add(Signed {
            name,
            about,
            kind: Kind::Statement,
            domain: sign::STATEMENT,
            device,
            signer: device.name,
            items: items.0,
            digest: parsed.digest,
            signature: parsed.signature,
            before,
        });
        added.nonce = Some(nonce.to_string());
    }

    fn certificate(&mut self, name: &str, about: &str, device: TestDevice) {
        let certificate = Certificate {
            version: WIRE_VERSION,
            device: device.id(),
            issued_at: ISSUED_AT,
            keys: Device::sealed_keys(&device),
        };
        let body = encode(&certificate);
        let digest = sign::digest(sign::CERTIFICATE, &body);
        let items = Items::from(&certificate);
        assert_eq!(items.hex(), hex::encode(&body), "{name}");
        self.add(Signed {
            name,
            about,
            kind: Kind::Certificate,
            domain: sign::CERTIFICATE,
            device,
            signer: OEM.name,
            items: items.0,
            digest,
            signature: OEM.sign(&digest),
            before: &[],
        });
    }
}

/// Makes them.
pub fn make() -> Vec<Accepted> {
    let mut set = Set(Vec::new());
    vouchers(&mut set);
    messages(&mut set);
    read_as_received(&mut set);
    let all = set.0.clone();
    for vector in set.0.iter_mut().filter(|vector| vector.name != LONGEST) {
        let mut device = Device::called(&vector.device);
        device.follow(&all, &vector.before);
        let (outcome, state) = device
            .take(vector.kind, &vector.bytes())
            .unwrap_or_else(|refusal| panic!("{} is refused: {refusal:?}", vector.name));
        vector.outcome = Some(format!("{outcome:?}"));
        vector.state = Some(format!("{state:?}"));
    }
    statements(&mut set);
    set.0
}

/// No device can be brought to take it: too many messages come before it.
const LONGEST: &str = "unlock-for-longest";

fn statements(set: &mut Set) {
    set.statement("statement-unlocked", "Just enrolled.", PHONE, &["voucher"]);
    let before = [&LOCKED, &["contact-locked"][..]].concat();
    set.statement("statement-locked", "Locked; two messages and a contact.", PHONE, &before);
    set.statement("statement-released", "Paid off.", PHONE, &["voucher", "release"]);
    set.statement("statement-sealed", "Never financed: no voucher.", OTHER_PHONE, &["seal"]);
    set.certificate("certificate", "The first phone's keys.", PHONE);
    set.certificate("certificate-sealed", "The second phone's keys.", OTHER_PHONE);
}

fn vouchers(set: &mut Set) {
    let base = || voucher(&PHONE);
    set.voucher("voucher", "All that a voucher can have: desk, escrow and sunset.", &base(), &[]);
    set.again("voucher", "voucher-again", "The very same voucher again.", &[]);
    set.voucher(
        "voucher-escrow-only",
        "No sunset, no desk, no hotline, nothing usable but emergency calls.",
        &Voucher {
            desk: None,
            sunset: None,
            policy: paylatch_proto::voucher::Policy { notice: NOTICE, hotline: false, usable: 0 },
            contact: contact_2(),
            ..base()
        },
        &[],
    );
    set.voucher(
        "voucher-sunset-only",
        "No escrow: the sunset is the way out, as late as it may be.",
        &Voucher { escrow: None, sunset: Some(limits::SUNSET_MAX), ..base() },
        &[],
    );
    set.voucher(
        "voucher-oem-escrow",
        "The OEM is the escrow: the one key that may have two roles.",
        &Voucher { escrow: Some(OEM.public()), ..base() },
        &[],
    );
    let mut largest = Voucher {
        issued_at: u32::MAX,
        sunset: Some(u32::MAX),
        contact: contact_longest(),
        ..base()
    };
    largest.policy.notice = u32::MAX;
    largest.policy.usable = usable::ALL;
    set.voucher("voucher-largest", "Every field at its longest.", &largest, &[]);
    set.seal("seal", "The second phone is not financed.", &[]);
    set.again("seal", "seal-again", "The very same seal again.", &[]);
}

fn messages(set: &mut Set) {
    let locked_then = |more: &[&'static str]| [&LOCKED, more].concat();
    let story: Vec<(TestKey, Told<'_>)> = vec![
        (LENDER, ("notice", "A notice begins.", Command::Notice { sequence: 1 }, &["voucher"])),
        (
            LENDER,
            (
                "notice-repeated",
                "A newer notice while one runs: the first start stays.",
                Command::Notice { sequence: 2 },
                &["voucher", "notice", "use:3600"],
            ),
        ),
        (
            LENDER,
            (
                "lock",
                "A lock, as soon as the notice has run.",
                Command::Lock { sequence: 2, reason: Reason::PaymentOverdue },
                &NOTICE_RUN,
            ),
        ),
        (
            LENDER,
            (
                "lock-late-in-window",
                "A lock in the last second of the notice's 30 days.",
                Command::Lock { sequence: 2, reason: Reason::AgreementBreached },
                &["voucher", "notice", "use:2851199"],
            ),
        ),
        (
            LENDER,
            (
                "lock-while-locked",
                "A newer lock on a locked phone: its number is taken, nothing else.",
                Command::Lock { sequence: 3, reason: Reason::ReportedStolen },
                &LOCKED,
            ),
        ),
        (
            LENDER,
            (
                "notice-while-locked",
                "A notice on a locked phone has no effect.",
                Command::Notice { sequence: 3 },
                &LOCKED,
            ),
        ),
        (LENDER, ("unlock", "Unlocks a locked phone.", Command::Unlock { sequence: 3 }, &LOCKED)),
        (
            LENDER,
            (
                "unlock-ends-notice",
                "On an unlocked phone it ends a notice.",
                Command::Unlock { sequence: 3 },
                &["voucher", "notice"],
            ),
        ),
        (
            LENDER,
            (
                "unlock-for",
                "A day of use for a locked phone.",
                Command::UnlockFor { sequence: 3, seconds: 86_400 },
                &LOCKED,
            ),
        ),
        (
            LENDER,
            (
                "lock-after-deadline",
                "The day is over: locked already, with no message.",
                Command::Lock { sequence: 4, reason: Reason::PaymentOverdue },
                &["voucher", "notice", "use:259200", "lock", "unlock-for", "use:86400"],
            ),
        ),
        (
            LENDER,
            (
                "unlock-for-unlocked",
                "On an unlocked phone: one second becomes the notice time.",
                Command::UnlockFor { sequence: 1, seconds: 1 },
                &["voucher"],
            ),
        ),
        (
            LENDER,
            (
                "unlock-highest-jump",
                "A jump of 2^32.",
                Command::Unlock { sequence: 1 << 32 },
                &["voucher"],
            ),
        ),
        (
            LENDER,
            (
                "unlock-unix-seconds",
                "Unix seconds as sequence number.",
                Command::Unlock { sequence: ISSUED_AT.into() },
                &["voucher"],
            ),
        ),
        (LENDER, ("release", "The lender lets go.", Command::Release, &["voucher"])),
        (LENDER, ("release-locked", "Of a locked phone too.", Command::Release, &LOCKED)),
        (ESCROW, ("release-escrow", "The escrow lets go.", Command::Release, &LOCKED)),
        (
            LENDER,
            (
                "contact",
                "A new contact record; its numbers are its own.",
                Command::Contact { sequence: 1, contact: contact_2() },
                &["voucher", "notice"],
            ),
        ),
        (
            LENDER,
            (
                "contact-locked",
                "On a locked phone too.",
                Command::Contact { sequence: 1, contact: contact() },
                &LOCKED,
            ),
        ),
        (
            LENDER,
            (
                "rekey",
                "The loan is sold: the second lender's key, desk and contact record.",
                Command::Rekey {
                    sequence: 3,
                    lender: BUYER.public(),
                    desk: Some(BUYERS_DESK.public()),
                    contact: contact_2(),
                    proof: Bytes([0; 64]),
                },
                &LOCKED,
            ),
        ),
        (
            LENDER,
            (
                "rekey-no-desk",
                "A new lender without a desk; it ends the notice.",
                Command::Rekey {
                    sequence: 2,
                    lender: BUYER.public(),
                    desk: None,
                    contact: contact(),
                    proof: Bytes([0; 64]),
                },
                &["voucher", "notice"],
            ),
        ),
    ];
    for (signer, told) in story {
        set.message(signer, "voucher", told);
    }
    let after_rekey = locked_then(&["rekey"]);
    let unlock = Command::Unlock { sequence: 4 };
    set.message(
        BUYER,
        "voucher",
        ("unlock-second-lender", "The second lender is obeyed now.", unlock, &after_rekey),
    );
    set.message(
        BUYER,
        "voucher",
        ("release-second-lender", "And can let go.", Command::Release, &after_rekey),
    );
    set.message(
        ESCROW,
        "voucher",
        ("release-escrow-rekeyed", "The escrow stays what it was.", Command::Release, &after_rekey),
    );
    let longest = Command::UnlockFor { sequence: limits::SEQUENCE_END - 1, seconds: u32::MAX };
    let about = "The longest short message. Its form only: no device gets so far.";
    set.message(LENDER, "voucher", (LONGEST, about, longest, &[]));

    set.again("lock", "lock-again", "The same message again.", &[]);
    set.again(
        "unlock-for",
        "unlock-for-again",
        "Again, after an hour: the deadline stays.",
        &["use:3600"],
    );
    set.again("release", "release-again", "The same release again.", &[]);
    set.again("rekey", "rekey-again", "Again, although its signer is nobody any more.", &[]);
    set.again("contact", "contact-again", "The same contact message again.", &[]);
    let escrow = named(&set.0, "release-escrow").clone();
    set.0.push(Accepted {
        name: "release-escrow-after-lender".into(),
        about: "Released is released, whoever says it again.".into(),
        before: steps(&["voucher", "release"]),
        ..escrow
    });
}

/// What a writer would not write and a reader takes all the same.
fn read_as_received(set: &mut Set) {
    let high = set.again(
        "lock",
        "lock-rewritten",
        "The lock again with its signature rewritten to r, n - s: the same message.",
        &[],
    );
    high.canonical = false;
    let signature = rewritten(&Bytes(unhex(&high.signature).try_into().expect("64 bytes")));
    rewrite(high, &signature);

    let first =
        set.again("unlock", "unlock-rewritten", "Never seen, and its signature rewritten.", &[]);
    first.canonical = false;
    first.before = steps(&LOCKED);
    let signature = rewritten(&Bytes(unhex(&first.signature).try_into().expect("64 bytes")));
    rewrite(first, &signature);

    let voucher = Bytes(unhex(&named(&set.0, "voucher").digest).try_into().expect("32 bytes"));
    let body = messages::body(&PHONE, LENDER, Command::Unlock { sequence: 3 });
    let mut items = Items::from(&body);
    for item in items.0.iter_mut().filter(|item| item.field == "sequence") {
        item.hex = "838000".into();
    }
    let long = set.add_message(
        LENDER,
        "voucher",
        voucher,
        &body,
        items,
        (
            "unlock-long-varint",
            "Its sequence number 3 is written in three bytes: taken, and signed, as it came.",
            &LOCKED,
        ),
    );
    long.canonical = false;
}

fn rewrite(vector: &mut Accepted, signature: &Signature) {
    vector.signature = signature.to_string();
    let bytes = vector.bytes();
    vector.text = armour::encode(armour::Kind::Message, &bytes).collect();
}
