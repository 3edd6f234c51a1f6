//! What must be refused, and why.

use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};
use paylatch_proto::contact::{Amount, Contact, ContactField as Field};
use paylatch_proto::limits;
use paylatch_proto::message::{Body, Command, Message};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::Reason;
use paylatch_proto::statement::{Certificate, Statement};
use paylatch_proto::voucher::{Seal, Voucher};
use paylatch_rig::keys::{
    BUYER, BUYERS_DESK, ESCROW, LENDER, OEM, OTHER_PHONE, PHONE, STRANGER, TestDevice, TestKey,
};
use paylatch_rig::messages::{self, contact, contact_2, encode, join, seal, text, voucher};

use super::accepted::{LOCKED, NOTICE_RUN, steps};
use super::device::Device;
use super::{Accepted, By, Kind, Refused, named, unhex};

struct Set<'a> {
    accepted: &'a [Accepted],
    enrolment: Digest,
    refused: Vec<Refused>,
}

/// Takes `body ‖ signature` apart as what it is.
///
/// # Errors
/// The refusal of its form.
pub fn parse(kind: Kind, bytes: &[u8]) -> Result<(), Refusal> {
    match kind {
        Kind::Message => Message::parse(bytes).map(|_| ()),
        Kind::Voucher => Voucher::parse(bytes).map(|_| ()),
        Kind::Seal => Seal::parse(bytes).map(|_| ()),
        Kind::Statement => Statement::parse(bytes).map(|_| ()),
        Kind::Certificate => Certificate::parse(bytes).map(|_| ()),
    }
}

/// Name of a refusal, as the vectors and the tools print it.
fn name_of(refusal: Refusal) -> String {
    format!("{refusal:?}")
}

impl Set<'_> {
    /// Adds what is to be refused with `expected`, after finding that it is.
    fn add(
        &mut self,
        (name, about): (&str, &str),
        kind: Kind,
        device: &TestDevice,
        bytes: Vec<u8>,
        expected: Refusal,
        before: &[&str],
    ) {
        let form = parse(kind, &bytes);
        let before = steps(before);
        let by = if form.is_err() { By::Form } else { By::Device };
        let found = match kind {
            Kind::Statement | Kind::Certificate => form.map(|()| None),
            Kind::Message | Kind::Voucher | Kind::Seal => {
                let mut phone = Device::called(device.name);
                phone.follow(self.accepted, &before);
                phone.take(kind, &bytes).map(Some)
            }
        };
        assert_eq!(found, Err(expected), "{name}");
        assert!(form.is_ok() || form == Err(expected), "{name}: {form:?}");
        self.refused.push(Refused {
            name: name.into(),
            about: about.into(),
            kind,
            device: device.name.into(),
            bytes: hex::encode(bytes),
            by,
            refusal: name_of(expected),
            code: hex::encode(encode(&expected)),
            before,
        });
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        named(self.accepted, name).bytes()
    }

    fn message(&mut self, what: (&str, &str), bytes: Vec<u8>, expected: Refusal, before: &[&str]) {
        self.add(what, Kind::Message, &PHONE, bytes, expected, before);
    }

    fn voucher(&mut self, what: (&str, &str), bytes: Vec<u8>, expected: Refusal, before: &[&str]) {
        self.add(what, Kind::Voucher, &PHONE, bytes, expected, before);
    }

    /// A body of the phone's enrolment, signed.
    fn sign(&self, signer: TestKey, domain: Domain, body: &[u8]) -> Vec<u8> {
        let digest = sign::message_digest(domain, &PHONE.id(), &self.enrolment, body);
        join(body, &signer.sign(&digest))
    }

    /// A lender's message.
    fn lender(&self, command: Command) -> Vec<u8> {
        let body = encode(&messages::body(&PHONE, LENDER, command));
        self.sign(LENDER, sign::LENDER, &body)
    }

    /// A body with some of its bytes replaced, signed by the lender.
    fn patched(&self, of: &str, at: usize, remove: usize, with: &[u8]) -> Vec<u8> {
        let mut body = unhex(&named(self.accepted, of).body);
        body.splice(at..at + remove, with.iter().copied());
        self.sign(LENDER, sign::LENDER, &body)
    }

    fn rekey(&self, change: impl FnOnce(&mut Rekey)) -> Vec<u8> {
        let mut rekey = Rekey {
            lender: BUYER.public(),
            desk: Some(BUYERS_DESK.public()),
            contact: contact_2(),
            prover: BUYER,
        };
        change(&mut rekey);
        let Rekey { lender, desk, contact, prover } = rekey;
        let proof = Bytes([0; 64]);
        let command = Command::Rekey { sequence: 1, lender, desk, contact, proof };
        let body: Body = messages::rekey(&PHONE, &self.enrolment, LENDER, prover, command);
        self.sign(LENDER, sign::LENDER, &encode(&body))
    }
}

struct Rekey {
    lender: PublicKey,
    desk: Option<PublicKey>,
    contact: Contact,
    prover: TestKey,
}

fn oem_signed(domain: Domain, body: &[u8]) -> Vec<u8> {
    join(body, &OEM.sign(&sign::digest(domain, body)))
}

fn signed_voucher(change: impl FnOnce(&mut Voucher)) -> Vec<u8> {
    let mut changed = voucher(&PHONE);
    change(&mut changed);
    oem_signed(sign::VOUCHER, &encode(&changed))
}

/// Makes them.
pub fn make(accepted: &[Accepted]) -> Vec<Refused> {
    let enrolment = unhex(&named(accepted, "voucher").digest);
    let enrolment = Bytes(enrolment.try_into().expect("32 bytes"));
    let mut set = Set { accepted, enrolment, refused: Vec::new() };
    form(&mut set);
    form_of_oem_and_device(&mut set);
    who(&mut set);
    order(&mut set);
    states(&mut set);
    vouchers(&mut set);
    rekeys(&mut set);
    contacts(&mut set);
    set.refused
}

/// Offsets in a message's body with a date of five bytes.
const SIGNER: usize = 5;
const COMMAND: usize = 14;
const SEQUENCE: usize = COMMAND + 1;
const REASON: usize = SEQUENCE + 1;

fn form(set: &mut Set) {
    let lock = set.bytes("lock");
    let malformed = Refusal::Malformed;
    set.message(("empty", "No bytes at all."), vec![], Refusal::Truncated, &[]);
    set.message(
        ("no-body", "A signature's length and nothing else."),
        lock[lock.len() - limits::SIGNATURE..].to_vec(),
        Refusal::Truncated,
        &[],
    );
    set.message(
        ("clipped", "The last byte is missing."),
        lock[..lock.len() - 1].to_vec(),
        Refusal::Truncated,
        &[],
    );
    set.message(
        ("one-byte-more", "A byte after the signature: the body then has one too many."),
        [&lock[..], &[0]].concat(),
        Refusal::TrailingBytes,
        &[],
    );
    let bytes = set.patched("unlock", SEQUENCE + 1, 0, &[0]);
    set.message(
        ("trailing-byte", "A byte after the last field, rightly signed."),
        bytes,
        Refusal::TrailingBytes,
        &LOCKED,
    );
    set.message(
        ("too-long", "660 bytes: more than any message has."),
        [&lock[..], &vec![0; limits::MESSAGE + 1 - lock.len()]].concat(),
        Refusal::TooLong,
        &[],
    );
    for (name, version) in [("version-0", 0), ("version-2", 2)] {
        let bytes = set.patched("unlock", 0, 1, &[version]);
        set.message((name, "Another version."), bytes, Refusal::UnknownVersion, &LOCKED);
    }
    for (name, about, byte) in [
        ("command-7", "One above the last command.", &[7][..]),
        ("command-255", "The highest byte.", &[255]),
        ("command-long", "The command's byte is no varint: 82 00 is not Unlock.", &[0x82, 0]),
    ] {
        let bytes = set.patched("unlock", COMMAND, 1, byte);
        set.message((name, about), bytes, Refusal::UnknownCommand, &LOCKED);
    }
    let bytes = set.patched("lock", REASON, 1, &[4]);
    set.message(("reason-4", "No such reason."), bytes, malformed, &NOTICE_RUN);
    let eleven = [0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
    let bytes = set.patched("unlock", SEQUENCE, 1, &eleven);
    set.message(
        ("varint-too-long", "A sequence number of eleven bytes."),
        bytes,
        malformed,
        &LOCKED,
    );
    let beyond = [0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2];
    let bytes = set.patched("unlock", SEQUENCE, 1, &beyond);
    set.message(
        ("varint-too-great", "A sequence number above 2^64 - 1."),
        bytes,
        malformed,
        &LOCKED,
    );
    let bytes = set.patched("unlock", 9, 5, &[0x80, 0x80, 0x80, 0x80, 0x10]);
    set.message(("date-too-great", "A date above 2^32 - 1."), bytes, malformed, &LOCKED);
    let name = SEQUENCE + 1;
    let bytes = set.patched("contact", name + 1, 1, &[0xff]);
    set.message(("not-utf-8", "A name that is not UTF-8."), bytes, malformed, &["voucher"]);
    let long = [&[65][..], &[b'N'; 65]].concat();
    let old = 1 + contact_2().name.len();
    let bytes = set.patched("contact", name, old, &long);
    set.message(("name-too-long", "A name of 65 bytes."), bytes, malformed, &["voucher"]);
    let bytes = set.patched("contact", name, 1, &[0x7f]);
    set.message(
        ("text-beyond-end", "A name that is longer than the message."),
        bytes,
        Refusal::Truncated,
        &["voucher"],
    );
    let desk = SEQUENCE + 1 + limits::PUBLIC_KEY;
    let bytes = set.patched("rekey", desk, 1, &[2]);
    set.message(("option-2", "Neither nothing nor something: 02."), bytes, malformed, &LOCKED);
}

fn form_of_oem_and_device(set: &mut Set) {
    let voucher = unhex(&named(set.accepted, "voucher").body);
    let mut other = voucher.clone();
    other[0] = 2;
    set.voucher(
        ("voucher-version-2", "A voucher of another version."),
        oem_signed(sign::VOUCHER, &other),
        Refusal::UnknownVersion,
        &[],
    );
    set.voucher(
        ("voucher-trailing", "A byte after the voucher's last field."),
        oem_signed(sign::VOUCHER, &[&voucher[..], &[0]].concat()),
        Refusal::TrailingBytes,
        &[],
    );
    set.voucher(
        ("voucher-clipped", "A voucher without its last byte."),
        oem_signed(sign::VOUCHER, &voucher[..voucher.len() - 1]),
        Refusal::Truncated,
        &[],
    );
    // Version, device, date, lender, desk, escrow, sunset (1 and 2), notice (3).
    let hotline = 1 + 32 + 5 + 33 + 34 + 34 + 3 + 3;
    let mut other = voucher.clone();
    assert_eq!(other[hotline], 1, "the flag for hotline codes");
    other[hotline] = 2;
    set.voucher(
        ("voucher-bool-2", "A flag that is neither 00 nor 01."),
        oem_signed(sign::VOUCHER, &other),
        Refusal::Malformed,
        &[],
    );
    let mut body = encode(&seal(&OTHER_PHONE));
    body.push(0);
    set.add(
        ("seal-trailing", "A byte after the seal's last field."),
        Kind::Seal,
        &OTHER_PHONE,
        oem_signed(sign::SEAL, &body),
        Refusal::TrailingBytes,
        &[],
    );
    let statement = set.bytes("statement-unlocked");
    let mut other = statement.clone();
    other[0] = 2;
    let of_phone = |set: &mut Set, what, kind, bytes, refusal| {
        set.add(what, kind, &PHONE, bytes, refusal, &[]);
    };
    let what = ("statement-version-2", "A statement of another version.");
    of_phone(set, what, Kind::Statement, other, Refusal::UnknownVersion);
    let mut other = statement.clone();
    other[65] ^= 1;
    let what = ("statement-state", "A state's code with one bit flipped.");
    of_phone(set, what, Kind::Statement, other, Refusal::Malformed);
    let what = ("statement-clipped", "The last byte is missing.");
    let clipped = statement[..statement.len() - 1].to_vec();
    of_phone(set, what, Kind::Statement, clipped, Refusal::Truncated);
    let certificate = set.bytes("certificate");
    let what = ("certificate-trailing", "A byte too many.");
    let longer = [&certificate[..], &[0]].concat();
    of_phone(set, what, Kind::Certificate, longer, Refusal::TrailingBytes);
    let mut other = certificate;
    other[0] = 0;
    let what = ("certificate-version-0", "A certificate of another version.");
    of_phone(set, what, Kind::Certificate, other, Refusal::UnknownVersion);
}

fn who(set: &mut Set) {
    let unlock = || Command::Unlock { sequence: 3 };
    let unlock_body = encode(&messages::body(&PHONE, LENDER, unlock()));

    let body = encode(&messages::body(&OTHER_PHONE, LENDER, unlock()));
    let digest = sign::message_digest(sign::LENDER, &OTHER_PHONE.id(), &set.enrolment, &body);
    let bytes = join(&body, &LENDER.sign(&digest));
    set.message(("other-device", "For the second phone."), bytes, Refusal::OtherDevice, &LOCKED);
    set.voucher(
        ("voucher-other-device", "A voucher for the second phone."),
        oem_signed(sign::VOUCHER, &encode(&voucher(&OTHER_PHONE))),
        Refusal::OtherDevice,
        &[],
    );
    let bytes = set.bytes("seal");
    set.add(
        ("seal-other-device", "The second phone's seal."),
        Kind::Seal,
        &PHONE,
        bytes,
        Refusal::OtherDevice,
        &[],
    );

    let body = encode(&messages::body(&PHONE, STRANGER, unlock()));
    let bytes = set.sign(STRANGER, sign::LENDER, &body);
    set.message(
        ("other-signer", "Rightly signed by a key that has no say here."),
        bytes,
        Refusal::OtherSigner,
        &LOCKED,
    );
    let body = encode(&messages::body(&PHONE, OEM, Command::Release));
    let bytes = set.sign(OEM, sign::LENDER, &body);
    set.message(
        ("release-by-oem", "The OEM signs vouchers and seals, not releases."),
        bytes,
        Refusal::OtherSigner,
        &LOCKED,
    );
    let bytes = set.lender(Command::Unlock { sequence: 4 });
    let after_rekey = [&LOCKED, &["rekey"][..]].concat();
    set.message(
        ("old-lender", "The first lender after the loan was sold."),
        bytes,
        Refusal::OtherSigner,
        &after_rekey,
    );
    let bytes = set.bytes("release");
    set.message(
        ("old-lender-release", "It can't release any more either."),
        bytes,
        Refusal::OtherSigner,
        &after_rekey,
    );
    let body = encode(&messages::body(&PHONE, ESCROW, Command::Release));
    let other = named(set.accepted, "voucher-sunset-only").digest.clone();
    let other = Bytes(unhex(&other).try_into().expect("32 bytes"));
    let digest = sign::message_digest(sign::ESCROW, &PHONE.id(), &other, &body);
    set.message(
        ("release-no-escrow", "This enrolment has no escrow."),
        join(&body, &ESCROW.sign(&digest)),
        Refusal::OtherSigner,
        &["voucher-sunset-only"],
    );
    for (name, command) in [
        ("escrow-unlocks", unlock()),
        ("escrow-locks", Command::Lock { sequence: 3, reason: Reason::PaymentOverdue }),
    ] {
        let body = encode(&messages::body(&PHONE, ESCROW, command));
        let bytes = set.sign(ESCROW, sign::ESCROW, &body);
        set.message(
            (name, "The escrow may release and nothing else."),
            bytes,
            Refusal::EscrowReleasesOnly,
            &LOCKED,
        );
    }

    let wrong = Refusal::BadSignature;
    let bytes = set.sign(STRANGER, sign::LENDER, &unlock_body);
    set.message(("forged", "The lender's key id, a stranger's signature."), bytes, wrong, &LOCKED);
    let mut bytes = set.bytes("unlock-for");
    bytes[SEQUENCE + 1] ^= 1;
    set.message(("altered-body", "One bit of the time is flipped."), bytes, wrong, &LOCKED);
    let mut bytes = set.bytes("unlock");
    *bytes.last_mut().expect("it has bytes") ^= 1;
    set.message(("altered-signature", "One bit of s is flipped."), bytes, wrong, &LOCKED);
    for (name, signature) in
        [("signature-zero", Bytes([0; 64])), ("signature-ones", Bytes([0xff; 64]))]
            as [(&str, Signature); 2]
    {
        set.message(
            (name, "r and s are not between 0 and n."),
            join(&unlock_body, &signature),
            wrong,
            &LOCKED,
        );
    }
    for (name, about, domain) in [
        ("domain-escrow", "The lender's message under the escrow's domain.", sign::ESCROW),
        ("domain-voucher", "Under the voucher's domain.", sign::VOUCHER),
    ] {
        let bytes = set.sign(LENDER, domain, &unlock_body);
        set.message((name, about), bytes, wrong, &LOCKED);
    }
    let body = encode(&messages::body(&PHONE, ESCROW, Command::Release));
    let bytes = set.sign(ESCROW, sign::LENDER, &body);
    set.message(
        ("release-escrow-domain", "The escrow's release under the lender's domain."),
        bytes,
        wrong,
        &LOCKED,
    );
    let bytes = set.bytes("release");
    set.message(
        ("other-enrolment", "A release of another enrolment of the same phone and lender."),
        bytes,
        wrong,
        &["voucher-escrow-only"],
    );
    let digest = sign::digest(sign::LENDER, &unlock_body);
    set.message(
        ("body-only-signed", "Signed without device id and voucher digest."),
        join(&unlock_body, &LENDER.sign(&digest)),
        wrong,
        &LOCKED,
    );
    let body = unhex(&named(set.accepted, "voucher").body);
    let digest = sign::digest(sign::VOUCHER, &body);
    set.voucher(
        ("voucher-forged", "A voucher that the lender signed itself."),
        join(&body, &LENDER.sign(&digest)),
        wrong,
        &[],
    );
    set.voucher(
        ("voucher-domain", "A voucher under the seal's domain."),
        oem_signed(sign::SEAL, &body),
        wrong,
        &[],
    );
    let body = encode(&seal(&OTHER_PHONE));
    set.add(
        ("seal-forged", "A seal by a stranger."),
        Kind::Seal,
        &OTHER_PHONE,
        join(&body, &STRANGER.sign(&sign::digest(sign::SEAL, &body))),
        wrong,
        &[],
    );
}

fn order(set: &mut Set) {
    let unlocked = [&LOCKED, &["unlock"][..]].concat();
    let bytes = set.bytes("lock");
    set.message(
        ("replayed-lock", "The lock of before the unlock, handed in again."),
        bytes,
        Refusal::Stale,
        &unlocked,
    );
    let bytes = set.lender(Command::Lock { sequence: 2, reason: Reason::ReportedLost });
    set.message(
        ("late-lock", "A lock never seen, with a number below the unlock's."),
        bytes,
        Refusal::Stale,
        &unlocked,
    );
    let bytes = set.lender(Command::Lock { sequence: 3, reason: Reason::ReportedLost });
    set.message(
        ("conflict", "The unlock's own number with other content."),
        bytes,
        Refusal::Conflict,
        &unlocked,
    );
    let bytes = set.lender(Command::Unlock { sequence: 0 });
    set.message(
        ("sequence-0", "Numbers begin at 1: 0 is the last one of a new enrolment."),
        bytes,
        Refusal::Conflict,
        &["voucher"],
    );
    let bytes = set.lender(Command::Unlock { sequence: limits::SEQUENCE_JUMP + 1 });
    set.message(
        ("jump", "More than 2^32 above the last."),
        bytes,
        Refusal::SequenceJump,
        &["voucher"],
    );
    let bytes = set.lender(Command::Unlock { sequence: limits::SEQUENCE_END });
    set.message(
        ("sequence-end", "2^48: out of range."),
        bytes,
        Refusal::SequenceJump,
        &["voucher"],
    );
    let contact = |sequence| Command::Contact { sequence, contact: contact() };
    let bytes = set.lender(contact(1));
    set.message(
        ("contact-conflict", "The last contact's number with other content."),
        bytes,
        Refusal::Conflict,
        &["voucher", "contact"],
    );
    let bytes = set.lender(contact(limits::SEQUENCE_JUMP + 1));
    set.message(
        ("contact-jump", "Contact's own numbers have the same bounds."),
        bytes,
        Refusal::SequenceJump,
        &["voucher"],
    );
    let bytes = set.rekey(|_| {});
    set.message(
        ("rekey-stale", "A rekey with a number already used."),
        bytes,
        Refusal::Stale,
        &LOCKED,
    );
}

fn states(set: &mut Set) {
    let messages =
        ["notice", "lock", "unlock", "unlock-for", "release", "release-escrow", "rekey", "contact"];
    for name in messages {
        let bytes = set.bytes(name);
        set.message(
            (&format!("factory-{name}"), "A phone without a voucher."),
            bytes,
            Refusal::NotEnrolled,
            &[],
        );
    }
    for name in messages.iter().filter(|name| !name.starts_with("release")) {
        let bytes = set.bytes(name);
        set.message(
            (&format!("released-{name}"), "A released phone is the owner's for good."),
            bytes,
            Refusal::Released,
            &["voucher", "release"],
        );
    }
    let bytes = set.bytes("voucher");
    set.voucher(
        ("released-voucher", "Not even its own voucher."),
        bytes,
        Refusal::Released,
        &["voucher", "release"],
    );
    let body = encode(&voucher(&OTHER_PHONE));
    set.add(
        ("sealed-voucher", "A sealed phone stays the owner's."),
        Kind::Voucher,
        &OTHER_PHONE,
        oem_signed(sign::VOUCHER, &body),
        Refusal::Released,
        &["seal"],
    );
    for (name, before) in [("unlocked", &["voucher"][..]), ("locked", &LOCKED)] {
        let bytes = set.bytes("voucher-escrow-only");
        set.voucher(
            (&format!("{name}-voucher"), "An enrolment can't be replaced."),
            bytes,
            Refusal::AlreadyEnrolled,
            before,
        );
        let bytes = oem_signed(sign::SEAL, &encode(&seal(&PHONE)));
        set.add(
            (&format!("{name}-seal"), "A financed phone can't be sealed."),
            Kind::Seal,
            &PHONE,
            bytes,
            Refusal::AlreadyEnrolled,
            before,
        );
    }
    let bytes = set.bytes("lock");
    set.message(("lock-no-notice", "No notice was given."), bytes, Refusal::NoNotice, &["voucher"]);
    let bytes = set.bytes("lock");
    set.message(
        ("lock-too-early", "The notice has one second to run."),
        bytes,
        Refusal::NoticeStillRuns,
        &["voucher", "notice", "use:259199"],
    );
    let bytes = set.bytes("lock");
    set.message(
        ("lock-too-late", "The notice is spent: 30 days after its time had run."),
        bytes,
        Refusal::NoNotice,
        &["voucher", "notice", "use:2851200"],
    );
    let bytes = set.lender(Command::Lock { sequence: 4, reason: Reason::PaymentOverdue });
    set.message(
        ("lock-after-unlock", "The unlock ended the notice."),
        bytes,
        Refusal::NoNotice,
        &[&LOCKED, &["unlock"][..]].concat(),
    );
    let bytes = set.lender(Command::UnlockFor { sequence: 3, seconds: 0 });
    set.message(("zero-time", "An unlock for no time."), bytes, Refusal::ZeroTime, &LOCKED);
}

fn vouchers(set: &mut Set) {
    let off_curve = off_curve();
    let clash = Refusal::KeysNotDistinct;
    let cases: Vec<(&str, &str, Vec<u8>, Refusal)> = vec![
        (
            "notice-too-short",
            "One second less than the build's least notice.",
            signed_voucher(|v| v.policy.notice = limits::NOTICE_MIN_RELEASE - 1),
            Refusal::NoticeTooShort,
        ),
        (
            "no-way-out",
            "Neither escrow nor sunset.",
            signed_voucher(|v| (v.escrow, v.sunset) = (None, None)),
            Refusal::NoWayOut,
        ),
        (
            "no-way-out-in-time",
            "No escrow, and a sunset one day later than the latest.",
            signed_voucher(|v| (v.escrow, v.sunset) = (None, Some(limits::SUNSET_MAX + 1))),
            Refusal::NoWayOut,
        ),
        (
            "unknown-policy",
            "A bit of `usable` that means nothing.",
            signed_voucher(|v| v.policy.usable = 1 << 6),
            Refusal::UnknownPolicy,
        ),
        (
            "hotline-without-desk",
            "Hotline codes, but no desk key to agree on them with.",
            signed_voucher(|v| (v.policy.hotline, v.desk) = (true, None)),
            Refusal::UnknownPolicy,
        ),
        (
            "lender-is-desk",
            "One key for lender and desk.",
            signed_voucher(|v| v.desk = Some(v.lender)),
            clash,
        ),
        (
            "lender-is-escrow",
            "One key for lender and escrow.",
            signed_voucher(|v| v.escrow = Some(v.lender)),
            clash,
        ),
        (
            "lender-is-oem",
            "One key for lender and OEM.",
            signed_voucher(|v| v.lender = OEM.public()),
            clash,
        ),
        (
            "desk-is-escrow",
            "One key for desk and escrow.",
            signed_voucher(|v| v.desk = v.escrow),
            clash,
        ),
        (
            "desk-is-oem",
            "One key for desk and OEM.",
            signed_voucher(|v| v.desk = Some(OEM.public())),
            clash,
        ),
        (
            "lender-off-curve",
            "The lender's x is on no point of the curve.",
            signed_voucher(|v| v.lender = off_curve),
            Refusal::BadKey,
        ),
        (
            "desk-off-curve",
            "The desk's x is on no point of the curve.",
            signed_voucher(|v| v.desk = Some(off_curve)),
            Refusal::BadKey,
        ),
        (
            "escrow-off-curve",
            "The escrow's x is on no point of the curve.",
            signed_voucher(|v| v.escrow = Some(off_curve)),
            Refusal::BadKey,
        ),
        (
            "lender-other-tag",
            "A key that begins with 04 is not compressed.",
            signed_voucher(|v| v.lender.0[0] = 4),
            Refusal::BadKey,
        ),
    ];
    for (name, about, bytes, refusal) in cases {
        set.voucher((name, about), bytes, refusal, &[]);
    }
    for (name, about, change, field) in wrong_contacts() {
        let bytes = signed_voucher(|v| change(&mut v.contact));
        let name = format!("voucher-{name}");
        set.voucher((&name, about), bytes, Refusal::BadContact(field), &[]);
    }
}

fn off_curve() -> PublicKey {
    let mut key = LENDER.public();
    while p256::PublicKey::from_sec1_bytes(&key.0).is_ok() {
        key.0[32] = key.0[32].wrapping_add(1);
    }
    key
}

fn rekeys(set: &mut Set) {
    let clash = Refusal::KeysNotDistinct;
    let cases: Vec<(&str, &str, Vec<u8>, Refusal)> = vec![
        (
            "rekey-bad-proof",
            "The proof is another key's.",
            set.rekey(|r| r.prover = STRANGER),
            Refusal::BadProof,
        ),
        (
            "rekey-off-curve",
            "A new key that is on no point of the curve.",
            set.rekey(|r| r.lender = off_curve()),
            Refusal::BadKey,
        ),
        (
            "rekey-desk-off-curve",
            "A new desk key that is on no point of the curve.",
            set.rekey(|r| r.desk = Some(off_curve())),
            Refusal::BadKey,
        ),
        (
            "rekey-is-desk",
            "One new key in two roles.",
            set.rekey(|r| r.desk = Some(r.lender)),
            clash,
        ),
        (
            "rekey-is-escrow",
            "The new lender is the enrolment's escrow.",
            set.rekey(|r| (r.lender, r.prover) = (ESCROW.public(), ESCROW)),
            clash,
        ),
        (
            "rekey-is-oem",
            "The new lender is the OEM.",
            set.rekey(|r| (r.lender, r.prover) = (OEM.public(), OEM)),
            clash,
        ),
        (
            "rekey-desk-is-escrow",
            "The new desk is the enrolment's escrow.",
            set.rekey(|r| r.desk = Some(ESCROW.public())),
            clash,
        ),
        (
            "rekey-bad-contact",
            "A new contact record without a phone number.",
            set.rekey(|r| r.contact.phone.clear()),
            Refusal::BadContact(Field::Phone),
        ),
    ];
    for (name, about, bytes, refusal) in cases {
        set.message((name, about), bytes, refusal, &["voucher"]);
    }
    let mut body = unhex(&named(set.accepted, "rekey").body);
    let signer = sign::key_id(&BUYER.public()).short();
    body[SIGNER..SIGNER + limits::SHORT_ID].copy_from_slice(&signer.0);
    let bytes = set.sign(BUYER, sign::LENDER, &body);
    set.message(
        ("rekey-by-new-lender", "Nobody takes a phone over by himself."),
        bytes,
        Refusal::OtherSigner,
        &LOCKED,
    );
}

type Change = fn(&mut Contact);

fn wrong_contacts() -> Vec<(&'static str, &'static str, Change, Field)> {
    vec![
        ("name-empty", "No name.", |c| c.name.clear(), Field::Name),
        (
            "name-blank",
            "A name of a no-break space and an ideographic space.",
            |c| c.name = text("\u{a0}\u{3000}"),
            Field::Name,
        ),
        ("name-control", "A line feed in the name.", |c| c.name = text("A\nB"), Field::Name),
        ("name-c1", "U+009B in the name.", |c| c.name = text("A\u{9b}B"), Field::Name),
        (
            "name-override",
            "U+202E turns the direction.",
            |c| c.name = text("A\u{202e}B"),
            Field::Name,
        ),
        ("name-zero-width", "U+200B is invisible.", |c| c.name = text("A\u{200b}B"), Field::Name),
        ("phone-empty", "No phone number.", |c| c.phone.clear(), Field::Phone),
        ("phone-no-digit", "No digit in it.", |c| c.phone = text("+()"), Field::Phone),
        ("phone-letter", "A letter in it.", |c| c.phone = text("0800-HELP"), Field::Phone),
        ("phone-arabic-digit", "Digits are ASCII.", |c| c.phone = text("١٢٣"), Field::Phone),
        ("payment-tag", "U+E0041, a tag.", |c| c.payment = text("a\u{e0041}"), Field::Payment),
        ("note-isolate", "U+2066, an isolate.", |c| c.note = text("a\u{2066}b"), Field::Note),
        ("note-paragraph", "U+2029, a paragraph.", |c| c.note = text("a\u{2029}b"), Field::Note),
        ("note-noncharacter", "U+1FFFE.", |c| c.note = text("a\u{1fffe}b"), Field::Note),
        (
            "currency-lower-case",
            "A currency in lower case.",
            |c| c.amount = Some(Amount { minor_units: 1, currency: Bytes(*b"usd") }),
            Field::Currency,
        ),
        (
            "language-underscore",
            "BCP 47 has hyphens.",
            |c| c.language = text("en_US"),
            Field::Language,
        ),
    ]
}

fn contacts(set: &mut Set) {
    for (name, about, change, field) in wrong_contacts() {
        let mut contact = contact();
        change(&mut contact);
        let bytes = set.lender(Command::Contact { sequence: 1, contact });
        let name = format!("contact-{name}");
        set.message((&name, about), bytes, Refusal::BadContact(field), &["voucher"]);
    }
}
