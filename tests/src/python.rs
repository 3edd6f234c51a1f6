//! A phone's whole life, with everything issued and verified by the second
//! implementation, in Python (`tests/issuer`).

use std::process::Command;

use crate::issuer::{BUYER, ESCROW, Issuer, LENDER, OEM};
use crate::phone::Phone;
use crate::{Failure, Result, repository};

/// Runs one of the Python programs, by the interpreter that has what it needs
/// (`make issuer-tests` makes it).
fn python(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(repository().join("target/python/bin/python3"))
        .arg(repository().join("tests/issuer").join(program))
        .args(arguments)
        .output()
        .map_err(|e| Failure(format!("target/python (make issuer-tests makes it): {e}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(Failure(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))))
    }
}

/// Lives it on this phone, which is fresh from the factory.
///
/// # Errors
/// When the phone or a program of Python's does not answer.
///
/// # Panics
/// When an answer is not the right one.
pub fn a_life(phone: &mut impl Phone) -> Result<()> {
    let keys = Issuer::new()?;
    let [oem, lender, buyer, escrow] = [OEM, LENDER, BUYER, ESCROW].map(|who| keys.key(who));
    let [lender_public, escrow_public] = [LENDER, ESCROW].map(|who| keys.public_key(who));
    let identity = phone.ask(&["identity"])?;
    let device = identity["device"].as_str().unwrap_or_default();

    let contact = ["--name", "Acme Credit", "--phone", "+1 555 010 0199"];
    let arguments = ["voucher", "--key", &oem, "--device", device, "--lender", &lender_public];
    let policy = ["--escrow", &escrow_public, "--notice", "3600"];
    let voucher = python("issuer.py", &[&arguments[..], &policy, &contact].concat())?;
    let nonce = "a7".repeat(32);
    let answer = phone.ask(&["provision", &voucher, "--nonce", &nonce])?;
    assert_eq!(answer["outcome"], "applied");
    let statement = answer["statement"].as_str().unwrap_or_default();
    let arguments = ["certificate", "--key", &oem, "--statement", statement, "--nonce", &nonce];
    let certificate = python("issuer.py", &arguments)?;

    let message = |key: &str, order: &[&str], sequence: &str| {
        let rest = ["--key", key, "--voucher", &voucher, "--sequence", sequence];
        python("issuer.py", &[order, &rest].concat())
    };
    let lock = message(&lender, &["lock"], "2")?;
    assert_eq!(phone.hand_in("apply", &lock)?, "no_notice");
    let notice = message(&lender, &["notice"], "1")?;
    assert_eq!(phone.hand_in("apply", &notice)?, "applied");
    phone.pass(3600)?;
    assert_eq!(phone.hand_in("apply", &lock)?, "applied");
    assert_eq!(phone.state()?, "locked");
    let hour = message(&lender, &["unlockfor", "--seconds", "3600"], "3")?;
    assert_eq!(phone.hand_in("apply", &hour)?, "applied");
    assert_eq!(phone.state()?, "unlocked");
    let unlock = message(&lender, &["unlock"], "4")?;
    assert_eq!(phone.hand_in("apply", &unlock)?, "applied");
    let text = message(&lender, &[&["contact"], &contact[..]].concat(), "1")?;
    assert_eq!(phone.hand_in("apply", &text)?, "applied");
    let sold = ["rekey", "--new-key", &buyer, "--name", "Best Loans", "--phone", "+1 555 010 0142"];
    let rekey = message(&lender, &sold, "5")?;
    assert_eq!(phone.hand_in("apply", &rekey)?, "applied");
    assert_eq!(phone.ask(&["contact"])?["name"], "Best Loans");
    assert_eq!(phone.hand_in("apply", &message(&lender, &["notice"], "6")?)?, "other_signer");
    let arguments = ["release", "--escrow", "--key", &escrow, "--voucher", &voucher];
    assert_eq!(phone.hand_in("apply", &python("issuer.py", &arguments)?)?, "applied");

    let statement = keys.path("statement.txt");
    let said = phone.ask(&["attest", "--nonce", &nonce])?;
    keys.write("statement.txt", said["statement"].as_str().unwrap_or_default())?;
    let oem = keys.public_key(OEM);
    let statement = format!("@{statement}");
    let arguments = ["--oem", &oem, "--certificate", &certificate, "--statement", &statement];
    let verdict = python("verify.py", &[&arguments[..], &["--nonce", &nonce]].concat())?;
    assert!(verdict.contains("Released"), "{verdict}");
    let other = "a8".repeat(32);
    let stale = python("verify.py", &[&arguments[..], &["--nonce", &other]].concat());
    assert!(stale.is_err(), "an answer to another question was taken: {stale:?}");
    Ok(())
}
