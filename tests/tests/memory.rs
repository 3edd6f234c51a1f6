//! How much stack and heap the trusted application uses at most, measured on a
//! device whose application says it (`make memory-test`), against `ta/memory`,
//! from which the build derives what it gets.

use paylatch_tests::costs;
use paylatch_tests::issuer::{BUYER, Issuer, LENDER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::{Failure, Result};

#[test]
fn what_is_used_is_what_is_recorded() -> Result<()> {
    let issuer = Issuer::new()?;
    let mut phone = Emulated::new("memory")?;
    every_kind_of_request(&issuer, &mut phone)?;

    let log = phone.device.directory().join("secure.log");
    let log = std::fs::read(&log).map_err(|e| Failure(format!("{}: {e}", log.display())))?;
    let log = String::from_utf8_lossy(&log);
    for what in ["stack", "heap"] {
        let used = log
            .lines()
            .filter(|line| line.contains("measure: "))
            .filter_map(|line| figure(line, what));
        let (count, most) = used.fold((0, 0), |(count, most), used| (count + 1, most.max(used)));
        let recorded = costs::recorded(what)?;
        println!("{what}: at most {most} bytes in {count} calls, recorded {recorded}");
        assert!(count >= 20, "the application said it only {count} times");
        assert!(most <= recorded, "{what}: {most} bytes were used; put that into ta/memory");
        assert!(most >= recorded / 2, "{what}: only {most} of {recorded} bytes; mend ta/memory");
    }
    Ok(())
}

fn every_kind_of_request(issuer: &Issuer, phone: &mut Emulated) -> Result<()> {
    let identity = phone.ask(&["identity"])?;
    let voucher = issuer.voucher(identity["device"].as_str().unwrap_or_default(), 2, &[])?;
    let hand_in = |phone: &mut Emulated, text: &str, expected: &str| -> Result<()> {
        let verb = if text == voucher { "provision" } else { "apply" };
        let seen = phone.hand_in(verb, text)?;
        assert_eq!(seen, expected);
        Ok(())
    };
    hand_in(phone, &voucher, "applied")?;
    let message = |who, sequence, order: &[&str]| issuer.message(who, &voucher, sequence, order);
    hand_in(phone, &message(LENDER, 1, &["notice"])?, "applied")?;
    phone.pass(3)?;
    hand_in(phone, &message(LENDER, 2, &["lock", "--reason", "payment-overdue"])?, "applied")?;
    hand_in(phone, &message(LENDER, 3, &["unlock-for", "--time", "1h"])?, "applied")?;
    let contact = issuer.path("lender.json");
    hand_in(phone, &message(LENDER, 1, &["contact", "--contact", &contact])?, "applied")?;
    let rekey = issuer.rekey(&voucher, 4)?;
    hand_in(phone, &rekey, "applied")?;
    hand_in(phone, &rekey, "already_applied")?;
    hand_in(phone, &message(BUYER, 5, &["unlock"])?, "applied")?;
    for question in ["status", "attest", "history", "contact", "tick", "shutdown", "good-boot"] {
        phone.ask(&[question])?;
    }
    let release = issuer.release(BUYER, &voucher)?;
    let recovery = ["recover", &release, "--voucher", &voucher, "--rekey", &rekey];
    phone.ask(&recovery)?;
    assert_eq!(phone.state()?, "released");
    phone.ask(&["attest"]).map(drop)
}

fn figure(line: &str, what: &str) -> Option<u64> {
    let mut words = line.split_whitespace().skip_while(|word| *word != what);
    words.nth(1)?.parse().ok()
}
