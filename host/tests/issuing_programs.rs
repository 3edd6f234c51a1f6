//! The issuers' programs by their real command lines: what they sign is checked
//! with OpenSSL and handed to the lock, and whatever is wrong has its own exit
//! code and one clear line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use p256::ecdsa::Signature;
use paylatch::client::Client;
use paylatch::transport::simulator::Simulator;
use paylatch::{hex, text};
use paylatch_proto::api::Outcome;
use paylatch_proto::armour::Kind;
use paylatch_proto::bytes::{Bytes, DeviceId, Digest};
use paylatch_proto::hotline::Challenge;
use paylatch_proto::limits;
use paylatch_proto::message::split;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::State;
use serde_json::Value;
use tempfile::TempDir;

const LENDER: &str = env!("CARGO_BIN_EXE_paylatch-lender");
const OEM: &str = env!("CARGO_BIN_EXE_paylatch-oem");
const DEVELOPMENT_OEM: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../ta/keys/development-oem.pem");

const ACME: &str = r#"{"name":"Acme Credit","phone":"+1 555 0100"}"#;
const OTHER: &str = r#"{"name":"Other Finance","phone":"+1 555 0101"}"#;

/// A directory in which programs run.
struct Desk(TempDir);

/// How a program ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    /// With the keys `lender`, `new`, `desk` and `escrow`, and `acme.json`.
    fn new() -> Self {
        let desk = Self::bare();
        for name in ["lender", "new", "desk", "escrow"] {
            desk.lender(&format!("keygen --out {name}.pem")).done();
        }
        desk
    }

    fn bare() -> Self {
        let desk = Desk(TempDir::new().unwrap());
        desk.write("acme.json", ACME);
        desk.write("other.json", OTHER);
        fs::copy(DEVELOPMENT_OEM, desk.path("oem.pem")).unwrap();
        desk.openssl("pkey -in oem.pem -pubout -out oem.pub.pem");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    fn command(&self, program: &str, line: &str) -> Command {
        let mut command = Command::new(program);
        command.args(line.split_whitespace()).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn lender(&self, line: &str) -> Ran {
        Ran::from(self.command(LENDER, line).output().unwrap())
    }

    fn oem(&self, line: &str) -> Ran {
        Ran::from(self.command(OEM, line).output().unwrap())
    }

    fn openssl(&self, line: &str) {
        let ran = Ran::from(self.command("openssl", line).output().unwrap());
        assert_eq!(ran.code, 0, "openssl {line}: {}", ran.err);
    }

    /// Checks with OpenSSL that `issued` is signed by `key`, over `domain ‖ before ‖ body`.
    fn openssl_verifies(&self, key: &str, domain: Domain, before: &[&[u8]], issued: &str) {
        let text = text::parse(issued.as_bytes(), &Kind::ALL).unwrap();
        let (body, signature) = split(&text.bytes).unwrap();
        let signed = [&domain.0[..], &before.concat(), body].concat();
        self.write("signed.bin", signed);
        let der = Signature::from_slice(&signature.0).unwrap().to_der();
        self.write("signature.der", der.as_bytes());
        self.openssl(&format!("dgst -sha256 -verify {key} -signature signature.der signed.bin"));
    }

    fn voucher(&self, device: &str) -> String {
        self.oem(&format!(
            "voucher --key oem.pem --device {device} --lender-key lender.pub.pem --escrow-key \
             escrow.pub.pem --desk-key desk.pub.pem --hotline --notice 2 --notice-min 2 --contact \
             acme.json"
        ))
        .done()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().expect("not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// What it printed; it must have ended well and in silence.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "printed: {}", self.out);
        self.out
    }

    /// It must have ended with this code, printed nothing, and said one line
    /// that has all of `words` in it.
    #[track_caller]
    fn fails(self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "said: {}", self.err);
        assert_eq!(self.out, "", "printed in spite of: {}", self.err);
        assert_eq!(self.err.trim_end().lines().count(), 1, "not one line: {}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in: {}", self.err);
        }
    }
}

fn id(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

fn bytes(issued: &str) -> Vec<u8> {
    text::parse(issued.as_bytes(), &Kind::ALL).unwrap().bytes
}

fn digest_of(voucher: &str) -> Digest {
    sign::digest(sign::VOUCHER, split(&bytes(voucher)).unwrap().0)
}

// Keys

#[test]
fn openssl_keys_plain_and_encrypted_sign_what_openssl_verifies() {
    let desk = Desk::bare();
    desk.write("pass", "correct horse\n");
    desk.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem");
    desk.openssl("pkey -in plain.pem -pubout -out public.pem");
    let to = "pkcs8 -topk8 -in plain.pem -passout file:pass";
    desk.openssl(&format!("{to} -out cbc.pem"));
    desk.openssl(&format!("{to} -v2 aes-128-cbc -v2prf hmacWithSHA512 -out cbc128.pem"));
    desk.openssl(&format!("{to} -scrypt -out scrypt.pem"));
    desk.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass file:pass -out direct.pem");
    desk.openssl("pkey -in direct.pem -passin file:pass -pubout -out direct.pub.pem");
    desk.write("commented.pem", format!("bag attributes\n{}", desk.read("plain.pem")));
    let (device, voucher) = (id(1), id(2));
    let before = [[1; 32], [2; 32]];
    for (key, public) in [
        ("plain.pem", "public.pem"),
        ("commented.pem", "public.pem"),
        ("cbc.pem", "public.pem"),
        ("cbc128.pem", "public.pem"),
        ("scrypt.pem", "public.pem"),
        ("direct.pem", "direct.pub.pem"),
    ] {
        let issued = desk
            .lender(&format!(
                "release --key {key} --passphrase-file pass --device {device} --voucher {voucher}"
            ))
            .done();
        let before = [&before[0][..], &before[1][..]];
        desk.openssl_verifies(public, sign::LENDER, &before, &issued);
    }
}

#[test]
fn keygen_writes_what_openssl_reads_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::bare();
    desk.lender("keygen --out a.pem").done();
    let mode = fs::metadata(desk.path("a.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.openssl("pkey -in a.pem -noout -check");
    desk.openssl("pkey -pubin -in a.pub.pem -noout");
    let before = desk.read("a.pem");
    desk.lender("keygen --out a.pem").fails(7, &["a.pem", "already"]);
    desk.lender("keygen --out b.pem --public-out a.pub.pem").fails(7, &["a.pub.pem", "already"]);
    assert!(!desk.exists("b.pem"));
    desk.lender("keygen --out no/such/a.pem").fails(7, &["no/such/a.pem"]);
    assert_eq!(desk.read("a.pem"), before);

    desk.write("pass", "correct horse\nsecond line\n");
    desk.write("empty", "\n");
    let made = json(&desk.oem("keygen --out c.pem --encrypt --passphrase-file pass --json").done());
    assert_eq!(made["encrypted"], true);
    assert!(desk.read("c.pem").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    desk.openssl("pkey -in c.pem -passin file:pass -noout -check");
    desk.lender("keygen --out d.pem --encrypt").fails(4, &["--passphrase-file"]);
    desk.lender("keygen --out d.pem --encrypt --passphrase-file empty").fails(4, &["empty"]);
    desk.lender("keygen --out d.pem --encrypt --passphrase-file none").fails(7, &["none"]);
    desk.lender("keygen --out d.pem --encrypt --passphrase-env PAYLATCH_NOT_SET")
        .fails(4, &["not set"]);
    assert!(!desk.exists("d.pem") && !desk.exists("d.pub.pem"));
}

#[test]
fn a_passphrase_comes_from_file_or_environment_and_must_fit() {
    let desk = Desk::bare();
    desk.write("pass", "correct horse\n");
    desk.write("wrong", "battery staple\n");
    desk.lender("keygen --out key.pem --encrypt --passphrase-file pass").done();
    let line = format!("seal --key key.pem --device {}", id(1));
    desk.oem(&format!("{line} --passphrase-file pass")).done();
    desk.oem(&format!("{line} --passphrase-file wrong"))
        .fails(4, &["key.pem", "passphrase is wrong"]);
    desk.oem(&line).fails(4, &["key.pem", "--passphrase-env"]);
    let from_environment = |value: &str| {
        let mut command = desk.command(OEM, &format!("{line} --passphrase-env PAYLATCH_PASS"));
        Ran::from(command.env("PAYLATCH_PASS", value).output().unwrap())
    };
    from_environment("correct horse").done();
    from_environment("battery staple").fails(4, &["passphrase is wrong"]);
    from_environment("").fails(4, &["PAYLATCH_PASS", "empty"]);
}

#[test]
fn what_is_no_key_is_named() {
    let desk = Desk::new();
    desk.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.pem");
    desk.openssl("pkey -in p384.pem -pubout -out p384.pub.pem");
    desk.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out k1.pem");
    desk.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem");
    desk.openssl("genpkey -algorithm ED25519 -out ed.pem");
    desk.openssl(
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit \
         -out explicit.pem",
    );
    desk.openssl("ecparam -name prime256v1 -genkey -out sec1.pem");
    desk.openssl("pkcs8 -topk8 -v2 des3 -in lender.pem -passout pass:x -out old.pem");
    desk.write("x", "x\n");
    desk.write("text", "not a key\n");
    desk.write("empty", "");
    desk.write("binary", [0xff; 40]);
    desk.write("large", vec![b'x'; 100_000]);
    let whole = desk.read("lender.pem");
    desk.write("clipped.pem", &whole[..120]);
    desk.write("damaged.pem", whole.replace("MIG", "MIH"));

    for (key, code, words) in [
        ("p384.pem", 4, "P-384"),
        ("k1.pem", 4, "secp256k1"),
        ("rsa.pem", 4, "RSA"),
        ("ed.pem", 4, "Ed25519"),
        ("explicit.pem", 4, "named curve"),
        ("sec1.pem", 4, "openssl pkcs8 -topk8"),
        ("old.pem", 4, "re-encrypt it"),
        ("lender.pub.pem", 4, "public key"),
        ("text", 4, "PEM"),
        ("empty", 4, "empty"),
        ("binary", 4, "not a text file"),
        ("large", 3, "right file"),
        ("clipped.pem", 4, "PEM"),
        ("damaged.pem", 4, "PKCS#8"),
        ("none.pem", 7, "No such file"),
    ] {
        let line = format!("seal --key {key} --passphrase-file x --device {}", id(1));
        desk.oem(&line).fails(code, &[key, words]);
    }
    for (key, code, words) in [
        ("p384.pub.pem", 4, "P-384"),
        ("lender.pem", 4, "openssl pkey"),
        ("text", 4, "PEM"),
        ("none.pem", 7, "No such file"),
    ] {
        let line = format!("prepare seal --public-key {key} --device {}", id(1));
        desk.oem(&line).fails(code, &[key, words]);
    }
}

// From factory to release

#[test]
fn what_is_issued_is_taken_by_the_lock() {
    let desk = Desk::new();
    let mut phone = Client::new(Simulator::create(&desk.path("phone")).unwrap());
    let device = phone.identity().unwrap().device;
    let voucher = desk.voucher(&device.to_string());
    desk.write("voucher.txt", &voucher);
    desk.openssl_verifies("oem.pub.pem", sign::VOUCHER, &[], &voucher);

    let nonce = Bytes([9; 32]);
    let done = phone.enrol(nonce, &bytes(&voucher)).unwrap();
    assert_eq!((done.outcome, done.state), (Outcome::Applied, State::Unlocked));
    desk.write("statement.txt", text::armour(Kind::Statement, &done.statement.unwrap()));

    let certify = |nonce: &str, device: &str| {
        desk.oem(&format!(
            "certify --key oem.pem --statement statement.txt --nonce {nonce} --device {device}"
        ))
    };
    let nonce = nonce.to_string();
    certify(&id(8), &device.to_string()).fails(1, &["old one"]);
    certify(&nonce, &id(8)).fails(1, &["expected was"]);
    let certificate = certify(&nonce, &device.to_string()).done();
    desk.openssl_verifies("oem.pub.pem", sign::CERTIFICATE, &[], &certificate);
    desk.write("certificate.txt", &certificate);
    let verify = |more: &str| {
        desk.lender(&format!(
            "verify --statement statement.txt --certificate certificate.txt {more}"
        ))
    };
    assert!(verify(&format!("--oem-key oem.pub.pem --nonce {nonce}")).done().contains("unlocked"));
    let said = verify(&format!("--oem-key oem.pub.pem --nonce {nonce} --device {device} --json"));
    assert_eq!(json(&said.done())["voucher"], digest_of(&voucher).to_string());
    verify("--oem-key oem.pub.pem --any-age").done();
    verify(&format!("--oem-key oem.pub.pem --nonce {}", id(8))).fails(1, &["old one"]);
    verify("--oem-key lender.pub.pem --any-age").fails(1, &["not by this OEM"]);
    verify(&format!("--oem-key oem.pub.pem --any-age --device {}", id(8))).fails(1, &["expected"]);

    let mut number = 1_000;
    let mut apply = |order: &str, key: &str, expected: State| {
        number += 1;
        let sequence = if order.starts_with("release") {
            String::new()
        } else {
            format!("--sequence {number}")
        };
        let line = format!("{order} --key {key} --voucher-file voucher.txt {sequence}");
        let done = phone.apply(&bytes(&desk.lender(&line).done())).unwrap();
        assert_eq!((done.outcome, done.state), (Outcome::Applied, expected), "{order}");
        phone.transport().advance(Duration::from_secs(3)).unwrap();
    };
    apply("notice", "lender.pem", State::Unlocked);
    apply("lock --reason payment-overdue", "lender.pem", State::Locked);
    apply("unlock-for --time 1h", "lender.pem", State::Unlocked);
    apply("unlock", "lender.pem", State::Unlocked);
    apply("contact --contact other.json", "lender.pem", State::Unlocked);
    let rekey = "rekey --new-key new.pem --new-desk-key desk.pub.pem --contact other.json";
    apply(rekey, "lender.pem", State::Unlocked);
    apply("notice", "new.pem", State::Unlocked);
    apply("release --escrow", "escrow.pem", State::Released);
}

#[test]
fn the_desk_makes_hotline_codes_with_its_own_key() {
    let desk = Desk::new();
    let mut phone = Client::new(Simulator::create(&desk.path("phone")).unwrap());
    let device = phone.identity().unwrap().device;
    let (voucher, nonce) = (desk.voucher(&device.to_string()), Bytes([9; 32]));
    let statement = phone.enrol(nonce, &bytes(&voucher)).unwrap().statement.unwrap();
    desk.write("statement.txt", text::armour(Kind::Statement, &statement));
    desk.write("voucher.txt", &voucher);
    let certify = format!(
        "certify --key oem.pem --statement statement.txt --nonce {nonce} --device {device}"
    );
    desk.write("certificate.txt", desk.oem(&certify).done());
    for (number, order) in [(1, "notice"), (2, "lock --reason payment-overdue")] {
        let line =
            format!("{order} --key lender.pem --voucher-file voucher.txt --sequence {number}");
        phone.apply(&bytes(&desk.lender(&line).done())).unwrap();
        phone.transport().advance(Duration::from_secs(2)).unwrap();
    }
    let hotline = phone.status().unwrap().enrolment.unwrap().hotline.unwrap();
    let challenge = Challenge::from_number(hotline.challenge).unwrap();
    let shown = challenge.to_string().replace(' ', "-");
    let code = |key: &str, oem: &str, more: &str| {
        desk.lender(&format!(
            "code --key {key} --certificate certificate.txt --oem-key {oem} --challenge {shown} {more}"
        ))
    };
    let made = json(&code("desk.pem", "oem.pub.pem", "--time 72h --json").done());
    assert_eq!(made["device"], device.to_string());
    assert_eq!(made["seconds"], 259_200);
    assert_eq!(made["challenge"], challenge.to_string());
    let told = code("desk.pem", "oem.pub.pem", "--time 3d").done();
    assert_eq!(made["code"], told.trim());
    let agreement = phone.identity().unwrap().keys.unwrap().agreement;
    let known = format!("--device {device} --agreement-key {agreement}");
    let line = format!("code --key desk.pem {known} --challenge {shown} --time 72h");
    assert_eq!(desk.lender(&line).done(), told);

    code("desk.pem", "lender.pub.pem", "--time 24h").fails(1, &["not by this OEM"]);
    code("desk.pem", "oem.pub.pem", "--time 25h").fails(3, &["1 day, 3 days, 7 days"]);
    let misheard = line.replace(&shown, &shown.replace(shown.chars().next().unwrap(), "x"));
    desk.lender(&misheard).fails(3, &["--challenge", "no digit"]);
    let last = challenge.number() % 10;
    let misheard = format!("{}{}", &shown[..10], (last + 1) % 10);
    desk.lender(&line.replace(&shown, &misheard)).fails(3, &["misheard"]);
    desk.lender(&line.replace(&shown, "123")).fails(3, &["9 digits; this has 3"]);
    let other = line.replace(&agreement.to_string(), &"05".repeat(33));
    desk.lender(&other).fails(4, &["not a P-256 public key"]);

    let by_lender = code("lender.pem", "oem.pub.pem", "--time 72h").done();
    let groups = |code: &str| paylatch::hotline::groups(code).unwrap();
    assert!(phone.hotline(groups(&by_lender)).is_err(), "the lender's key is not the desk's");
    phone.transport().advance(Duration::from_secs(60)).unwrap();
    let done = phone.hotline(groups(&told)).unwrap();
    assert_eq!((done.outcome, done.state), (Outcome::Applied, State::Unlocked));

    // A sale to a lender with another desk: the first one's codes are worth nothing.
    desk.lender("keygen --out desk-2.pem").done();
    let rekey = desk.lender(
        "rekey --key lender.pem --new-key new.pem --new-desk-key desk-2.pub.pem --contact \
         other.json --voucher-file voucher.txt --sequence 3",
    );
    phone.apply(&bytes(&rekey.done())).unwrap();
    let hotline = phone.status().unwrap().enrolment.unwrap().hotline.unwrap();
    let shown = Challenge::from_number(hotline.challenge).unwrap().to_string().replace(' ', "");
    let by = |key: &str| {
        let line = format!("code --key {key} {known} --challenge {shown} --time 7d");
        groups(&desk.lender(&line).done())
    };
    let refused = phone.hotline(by("desk.pem")).unwrap_err();
    assert!(refused.to_string().contains("not the code"), "{refused}");
    phone.transport().advance(Duration::from_secs(60)).unwrap();
    assert!(phone.hotline(by("desk-2.pem")).is_ok());
}

#[test]
fn a_seal_is_taken_by_the_lock() {
    let desk = Desk::new();
    let mut phone = Client::new(Simulator::create(&desk.path("phone")).unwrap());
    let device = phone.identity().unwrap().device;
    let seal = desk.oem(&format!("seal --key oem.pem --device {device}")).done();
    desk.openssl_verifies("oem.pub.pem", sign::SEAL, &[], &seal);
    assert_eq!(phone.seal(Bytes([1; 32]), &bytes(&seal)).unwrap().state, State::Released);
}

#[test]
fn short_messages_fit_one_sms() {
    let desk = Desk::new();
    let enrolled = format!("--device {} --voucher {}", id(1), id(2));
    let most = (1_u64 << 48) - 1;
    for order in [
        format!("lock --reason reported-lost --sequence {most}"),
        format!("unlock --sequence {most}"),
        format!("unlock-for --time 4294967295 --sequence {most}"),
        "release".into(),
    ] {
        let issued_at = u32::MAX;
        let line = format!("{order} --key lender.pem {enrolled} --issued-at {issued_at}");
        assert!(desk.lender(&line).done().trim_end().len() <= limits::SMS_CHARS, "{order}");
    }
}

// Signing elsewhere

#[test]
fn a_signature_from_elsewhere_is_put_on_in_any_form() {
    let desk = Desk::new();
    let enrolled = format!("--device {} --voucher {}", id(1), id(2));
    let line = format!("prepare unlock --public-key lender.pub.pem {enrolled}");
    let prepared = desk.lender(&format!("{line} --out p.json --digest-out digest.bin")).done();
    assert_eq!(prepared, "");
    let digest = json(&desk.read("p.json"))["digest"].as_str().unwrap().to_owned();
    assert_eq!(hex::encode(&fs::read(desk.path("digest.bin")).unwrap()), digest);
    let sign = |key: &str, to: &str| {
        desk.openssl(&format!("pkeyutl -sign -inkey {key} -in digest.bin -out {to}"));
    };
    sign("lender.pem", "s.der");
    let der = fs::read(desk.path("s.der")).unwrap();
    desk.write("s.raw", Signature::from_der(&der).unwrap().to_bytes());
    desk.write("s.hex", hex::encode(&der));
    desk.openssl("base64 -A -in s.raw -out s.b64");
    for form in ["s.der", "s.raw", "s.hex", "s.b64"] {
        let line = format!("attach --prepared p.json --signature {form}");
        let issued = desk.lender(&line).done();
        desk.openssl_verifies("lender.pub.pem", sign::LENDER, &[&[1; 32], &[2; 32]], &issued);
    }
    // A key file does the same in one step.
    let issued = desk.lender("sign --prepared p.json --key lender.pem").done();
    desk.openssl_verifies("lender.pub.pem", sign::LENDER, &[&[1; 32], &[2; 32]], &issued);

    sign("new.pem", "other.der");
    desk.write("garbage", "garbage\n");
    desk.write("clipped", &der[..der.len() - 1]);
    desk.write("empty", "");
    desk.write("two", format!("{0}\n{0}\n", hex::encode(&der)));
    for (signature, code, words) in [
        ("other.der", 1, "not by key"),
        ("garbage", 3, "neither hexadecimal nor Base64"),
        ("clipped", 3, "clipped"),
        ("empty", 3, "r ‖ s"),
        ("two", 3, "2 signatures for 1"),
        ("none", 7, "No such file"),
    ] {
        let line = format!("attach --prepared p.json --signature {signature} --out issued");
        desk.lender(&line).fails(code, &[words]);
        assert!(!desk.exists("issued"));
    }
    desk.lender("sign --prepared p.json --key new.pem").fails(4, &["new.pem", "another key"]);
    let altered = desk.read("p.json").replace(&id(2), &id(3));
    desk.write("altered.json", altered);
    desk.write("none.json", "");
    desk.write("text.json", "PAYLATCH1:AAAA");
    for prepared in ["altered.json", "none.json", "text.json", "lender.pem"] {
        let line = format!("attach --prepared {prepared} --signature s.der");
        desk.lender(&line).fails(3, &[prepared]);
    }
}

#[test]
fn a_loan_is_sold_between_two_hands() {
    let desk = Desk::new();
    let mut phone = Client::new(Simulator::create(&desk.path("phone")).unwrap());
    let device = phone.identity().unwrap().device;
    let voucher = desk.voucher(&device.to_string());
    desk.write("voucher.txt", &voucher);
    phone.enrol(Bytes([9; 32]), &bytes(&voucher)).unwrap();

    let first = desk
        .lender(
            "prepare rekey --public-key lender.pub.pem --new-public-key new.pub.pem --contact \
             other.json --voucher-file voucher.txt",
        )
        .done();
    desk.write("first.json", &first);
    assert_eq!(json(&first)["purpose"], "rekey-proof");
    desk.lender("sign --prepared first.json --key lender.pem").fails(4, &["another key"]);
    let second = desk.lender("sign --prepared first.json --key new.pem").done();
    desk.write("second.json", &second);
    assert_eq!(json(&second)["purpose"], "lender");
    let rekey = desk.lender("sign --prepared second.json --key lender.pem").done();
    assert_eq!(phone.apply(&bytes(&rekey)).unwrap().outcome, Outcome::Applied);
    assert_eq!(phone.contact().unwrap().name, "Other Finance");

    let line = "rekey --key lender.pem --voucher-file voucher.txt --contact other.json";
    desk.lender(&format!("{line} --new-key escrow.pem")).fails(3, &["two roles"]);
    desk.lender(&format!("{line} --new-key oem.pem --oem-key oem.pub.pem"))
        .fails(3, &["two roles"]);
}

#[test]
fn many_are_prepared_and_signed_elsewhere() {
    let desk = Desk::new();
    let rows: String = (1..=3).map(|n| format!("{},{},r{n}\n", id(n), id(9))).collect();
    desk.write("in.csv", format!("device,voucher,reference\n{rows}"));
    desk.lender("prepare notice --public-key lender.pub.pem --csv in.csv --out p.jsonl").done();
    let mut signatures = String::new();
    for line in desk.read("p.jsonl").lines() {
        let digest: Digest = hex::decode(json(line)["digest"].as_str().unwrap()).unwrap();
        desk.write("digest.bin", digest.0);
        desk.openssl("pkeyutl -sign -inkey lender.pem -in digest.bin -out s.der");
        signatures += &format!("{}\n", hex::encode(&fs::read(desk.path("s.der")).unwrap()));
    }
    desk.write("signatures", &signatures);
    let table = desk.lender("attach --prepared p.jsonl --signature signatures").done();
    let records = records(&table);
    assert_eq!(records.len(), 3);
    for (n, record) in (1..).zip(&records) {
        assert_eq!((&record[0], &record[1]), (&id(n), &format!("r{n}")));
        let before: [&[u8]; 2] = [&[n; 32], &[9; 32]];
        desk.openssl_verifies("lender.pub.pem", sign::LENDER, &before, &record[4]);
    }
    // In another order none of them fits.
    let turned: String = signatures.lines().rev().flat_map(|line| [line, "\n"]).collect();
    desk.write("turned", turned);
    desk.lender("attach --prepared p.jsonl --signature turned").fails(1, &["message 1"]);
    desk.write("two", signatures.lines().take(2).collect::<Vec<_>>().join("\n"));
    desk.lender("attach --prepared p.jsonl --signature two").fails(3, &["2 signatures for 3"]);
}

// Many devices

fn records(table: &str) -> Vec<Vec<String>> {
    csv::Reader::from_reader(table.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn what_the_oem_wrote_for_many_the_lender_takes_as_it_is() {
    let desk = Desk::new();
    let rows: String = (1..=5).map(|n| format!("{},loan {n},\"Pay, {n}\"\n", id(n))).collect();
    // A byte order mark, as spreadsheets write it.
    desk.write("in.csv", format!("\u{feff}device,reference,note\n{rows}"));
    desk.oem(
        "voucher --key oem.pem --csv in.csv --lender-key lender.pub.pem --sunset 730 --notice 3d \
         --contact acme.json --out vouchers.csv",
    )
    .done();
    let vouchers = records(&desk.read("vouchers.csv"));
    assert_eq!(vouchers.len(), 5);
    for (n, record) in (1..).zip(&vouchers) {
        assert_eq!((&record[0], record[1].as_str()), (&id(n), &*format!("loan {n}")));
        assert_eq!(record[2], digest_of(&record[4]).to_string());
        let said = json(&desk.oem(&format!("inspect --json {}", record[4])).done());
        assert_eq!(said["contact"]["note"], format!("Pay, {n}"));
    }
    let table = desk.lender("notice --key lender.pem --csv vouchers.csv").done();
    for ((n, record), voucher) in (1..).zip(records(&table)).zip(&vouchers) {
        let digest = digest_of(&voucher[4]);
        let device: DeviceId = Bytes([n; 32]);
        desk.openssl_verifies("lender.pub.pem", sign::LENDER, &[&device.0, &digest.0], &record[4]);
    }
    let lines = desk.lender("unlock --key lender.pem --csv vouchers.csv --json").done();
    assert_eq!(lines.lines().count(), 5);
    for (line, n) in lines.lines().zip(1..) {
        assert_eq!(json(line)["device"], id(n));
        assert_eq!(json(line)["reference"], format!("loan {n}"));
    }
}

#[test]
fn one_bad_row_and_nothing_is_written() {
    let desk = Desk::new();
    let good = |n: u8| format!("{},{},,reported-lost\n", id(n), id(9));
    let bad = [
        ("column device: missing", format!(",{},,reported-lost\n", id(9))),
        ("column device: 62", format!("{},{},,reported-lost\n", &id(2)[2..], id(9))),
        ("column voucher: not hexadecimal", format!("{},{}x,,reported-lost\n", id(3), &id(9)[1..])),
        ("column voucher: missing", format!("{},,,reported-lost\n", id(4))),
        ("column reason: `late`", format!("{},{},,late\n", id(5), id(9))),
        ("column reason: missing", format!("{},{},,\n", id(6), id(9))),
        ("column sequence", format!("{},{},-1,reported-lost\n", id(7), id(9))),
        ("sequence 0", format!("{},{},0,reported-lost\n", id(8), id(9))),
        ("same device as in line 2", good(1)),
        ("2 fields, but 4 columns", format!("{},{}\n", id(10), id(9))),
    ];
    let rows: String = bad.iter().map(|(_, row)| row.as_str()).collect();
    desk.write("in.csv", format!("device,voucher,sequence,reason\n{}{rows}{}", good(1), good(20)));
    let line = "lock --key lender.pem --csv in.csv --sequence 5 --out out.csv";
    desk.write("out.csv", "as before");

    let ran = desk.lender(line);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    let said: Vec<&str> = ran.err.lines().collect();
    assert_eq!(said.len(), bad.len() + 1, "{}", ran.err);
    for ((words, _), line) in bad.iter().zip(3..) {
        let row = format!("in.csv: line {line}: ");
        let of_row: Vec<_> = said.iter().filter(|said| said.contains(&row)).collect();
        assert_eq!(of_row.len(), 1, "{row}{}", ran.err);
        assert!(of_row[0].contains(words), "no `{words}` in {}", of_row[0]);
    }
    assert!(ran.err.contains("10 of 12 rows are bad; nothing was written"));
    assert_eq!(desk.read("out.csv"), "as before");

    let ran = desk.lender(&format!("{line} --keep-going"));
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("10 of 12 rows are bad"), "{}", ran.err);
    let written = records(&desk.read("out.csv"));
    assert_eq!(written.len(), 12);
    for (at, record) in written.iter().enumerate() {
        let fine = at == 0 || at == 11;
        assert_eq!((record[4].is_empty(), record[5].is_empty()), (!fine, fine), "{record:?}");
        if !fine {
            assert!(record[5].contains(bad[at - 1].0), "{record:?}");
        }
    }
}

#[test]
fn a_file_that_is_no_table_is_named() {
    let desk = Desk::new();
    for (content, words) in [
        ("", "no column `device`"),
        ("device,voucher\n", "has no rows"),
        ("voucher\n00\n", "no column `device`"),
        ("device;voucher\n", "`device;voucher` means nothing"),
        ("device,voucher,sequense\n", "`sequense` means nothing"),
        ("device,voucher,device\n", "`device` is there twice"),
    ] {
        desk.write("in.csv", content);
        desk.lender("unlock --key lender.pem --csv in.csv --out out.csv")
            .fails(3, &["in.csv", words]);
        assert!(!desk.exists("out.csv"));
    }
    desk.lender("unlock --key lender.pem --csv none.csv").fails(7, &["none.csv"]);
    desk.lender("unlock --key lender.pem --csv .").fails(3, &["not a regular file"]);
    desk.write("in.csv", format!("device,voucher\n{},{}\n", id(1), id(2)));
    desk.lender("unlock --key lender.pem --csv in.csv --out no/such/out.csv")
        .fails(7, &["no/such"]);
    let bad = [format!("device,voucher\n{},", id(1)).into_bytes(), vec![0xff, b'\n']].concat();
    desk.write("in.csv", bad);
    let ran = desk.lender("unlock --key lender.pem --csv in.csv");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("line 2: field 2 is not text"), "{}", ran.err);
}

#[test]
fn statements_that_do_not_hold_are_named_by_row() {
    let desk = Desk::new();
    let mut rows = String::new();
    for n in 1..=2 {
        let phone = Simulator::create(&desk.path(&format!("phone{n}"))).unwrap();
        let mut phone = Client::new(phone);
        let device = phone.identity().unwrap().device;
        let done = phone.enrol(Bytes([n; 32]), &bytes(&desk.voucher(&device.to_string()))).unwrap();
        let statement = text::armour(Kind::Statement, &done.statement.unwrap());
        rows += &format!("{device},{},{statement}\n", id(n));
    }
    desk.write("in.csv", format!("device,nonce,statement\n{rows}"));
    assert_eq!(records(&desk.oem("certify --key oem.pem --csv in.csv").done()).len(), 2);
    desk.write("in.csv", format!("device,nonce,statement\n{}", rows.replace(&id(2), &id(3))));
    let ran = desk.oem("certify --key oem.pem --csv in.csv");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("line 3: the statement answers nonce"), "{}", ran.err);
}

// Texts and values

#[test]
fn a_text_that_is_not_whole_is_named() {
    let desk = Desk::new();
    let enrolled = format!("--device {} --voucher {}", id(1), id(2));
    let whole = desk.lender(&format!("release --key lender.pem {enrolled}")).done();
    let whole = whole.trim_end();
    let inspect = |text: &str| desk.lender(&format!("inspect {text}"));
    assert!(inspect(whole).done().contains("command: release"));
    assert!(inspect(&whole.to_lowercase()).done().contains("command: release"));
    inspect(&whole[..whole.len() - 1]).fails(3, &["missing or were added"]);
    inspect(&whole[..whole.len() - 8]).fails(3, &[]);
    inspect(&format!("{whole}AAAAAAAA")).fails(3, &[]);
    inspect(&whole.replacen("1:A", "1:1", 1)).fails(3, &["`1` at character 11"]);
    inspect(&whole.replacen("PAYLATCH1", "PAYLATCH2", 1)).fails(3, &["PAYLATCH2"]);
    inspect("none.txt").fails(7, &["none.txt"]);
    desk.write("text", "hello\n");
    inspect("text").fails(3, &["text", "neither Paylatch text"]);
    desk.write("message", whole);
    let verify = "verify --oem-key oem.pub.pem --any-age";
    desk.lender(&format!("{verify} --statement message --certificate message"))
        .fails(3, &["this is a message", "expected a statement"]);
    desk.lender("unlock --key lender.pem --voucher-file message")
        .fails(3, &["this is a message", "expected a voucher"]);
    desk.lender(&format!("{verify} --statement none --certificate none")).fails(7, &["none"]);
}

#[test]
fn what_a_device_would_refuse_is_not_issued() {
    let desk = Desk::new();
    let lender = |line: &str, words: &[&str]| {
        let enrolled = format!("--device {} --voucher {}", id(1), id(2));
        desk.lender(&format!("{line} --key lender.pem {enrolled} --out out")).fails(3, words);
        assert!(!desk.exists("out"), "{line}");
    };
    lender("unlock --sequence 0", &["sequence 0"]);
    lender("unlock --sequence 281474976710656", &["sequence 281474976710656"]);
    lender("unlock-for --time 0", &["zero seconds"]);
    lender("unlock-for --time soon", &["--time", "`soon`"]);
    lender("lock --reason late", &["--reason", "`late`"]);
    for (json, words) in [
        (r#"{"name":"A"}"#, "`phone`"),
        (r#"{"name":"A","phone":"1","fax":"2"}"#, "`fax`"),
        (r#"{"name":"","phone":"1"}"#, "contact name"),
        (r#"{"name":"A","phone":"call us"}"#, "contact phone"),
        (r#"{"name":"A\u202e","phone":"1"}"#, "U+202E, character 2"),
        (
            r#"{"name":"A","phone":"1","amount":{"minor_units":1,"currency":"usd"}}"#,
            "contact currency",
        ),
        (r#"{"name":"A","phone":"1","amount":{"minor_units":-1,"currency":"USD"}}"#, "contact"),
        ("name: A", "contact"),
    ] {
        desk.write("c.json", json);
        lender("contact --contact c.json", &["c.json", words]);
    }
    let voucher = |line: &str, words: &[&str]| {
        let line = format!("voucher --key oem.pem --device {} --contact acme.json {line}", id(1));
        desk.oem(&line).fails(3, words);
    };
    let lender_key = "--lender-key lender.pub.pem";
    voucher(&format!("{lender_key} --sunset 9 --notice 2d"), &["172800", "259200"]);
    voucher(&format!("{lender_key} --notice 3d"), &["neither an escrow nor a sunset"]);
    voucher("--lender-key oem.pub.pem --sunset 9 --notice 3d", &["two roles"]);
    voucher(
        &format!("{lender_key} --sunset 9 --notice 3d --usable games"),
        &["--usable", "`games`"],
    );
    desk.oem("seal --key oem.pem --device 12").fails(3, &["--device", "2 hexadecimal digits"]);
}

#[test]
fn a_command_line_that_is_wrong_is_a_usage_error() {
    let desk = Desk::new();
    for line in [
        "",
        "open",
        "unlock --key lender.pem",
        "unlock --key lender.pem --device 1",
        "unlock --key lender.pem --csv in.csv --device 1",
        "unlock --key lender.pem --device 1 --voucher 2 --keep-going",
        "unlock --key lender.pem --device 1 --voucher 2 --passphrase x",
        "lock --key lender.pem --device 1 --voucher 2",
        "verify --statement s --certificate c --oem-key k",
        "code --key desk.pem --challenge 1 --time 24h",
        "code --key desk.pem --certificate c --challenge 1 --time 24h",
        "code --key desk.pem --device 1 --challenge 1 --time 24h",
    ] {
        let ran = desk.lender(line);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}");
    }
    for line in ["voucher --key oem.pem", "certify --key oem.pem --device 1", "seal"] {
        assert_eq!(desk.oem(line).code, 2, "{line}");
    }
}

#[test]
fn failures_are_json_where_results_are() {
    let desk = Desk::new();
    let ran = desk.oem("seal --key none.pem --device 12 --json");
    let failure = json(&ran.err);
    assert_eq!((ran.code, &failure["code"]), (7, &Value::from(7)));
    assert!(failure["error"].as_str().unwrap().contains("none.pem"));
}

#[test]
fn numbers_from_a_file_rise_strictly() {
    let desk = Desk::new();
    let unlock = |more: &str| {
        let enrolled = format!("--device {} --voucher {}", id(1), id(2));
        desk.lender(&format!("unlock --key lender.pem {enrolled} --json {more}"))
    };
    let number = |ran: Ran| json(&ran.done())["sequence"].as_u64().unwrap();
    let mut last = 0;
    for _ in 0..3 {
        let next = number(unlock("--sequence-file sequence"));
        assert!(next > last);
        last = next;
    }
    assert_eq!(desk.read("sequence").trim(), last.to_string());
    assert_eq!(number(unlock("--sequence 7")), 7);
    desk.write("sequence", "seven\n");
    let ran = unlock("--sequence-file sequence");
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("no sequence number"), "{}", ran.err);
}

#[test]
fn completions_and_man_pages_are_made() {
    let desk = Desk::bare();
    for (program, name) in [(LENDER, "paylatch-lender"), (OEM, "paylatch-oem")] {
        for shell in ["bash", "zsh", "fish"] {
            let line = format!("completions {shell}");
            let made = Ran::from(desk.command(program, &line).output().unwrap()).done();
            assert!(made.contains(name), "{shell}");
        }
        Ran::from(desk.command(program, "man pages").output().unwrap()).done();
        let page = desk.read(&format!("pages/{name}-prepare.1"));
        assert!(page.contains(name) && Path::new(&desk.path("pages")).is_dir());
    }
}
