//! A notice of days is waited for as days of the guest's time, with the policy
//! of a shipped phone.

use paylatch_proto::limits::{DAY, NOTICE_WINDOW};
use paylatch_tests::Result;
use paylatch_tests::issuer::{Issuer, LENDER};
use paylatch_tests::phone::{Emulated, Phone};
use serde_json::Value;

const NOTICE: u64 = 3 * DAY;
const MINUTE: u64 = 60;
const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];

/// A financed phone, and who issues for it.
struct Financed {
    issuer: Issuer,
    voucher: String,
    phone: Emulated,
}

impl Financed {
    fn new(name: &str) -> Result<Financed> {
        let issuer = Issuer::new()?;
        let mut phone = Emulated::new(name)?;
        let identity = phone.ask(&["identity"])?;
        let device = identity["device"].as_str().unwrap_or_default();
        let voucher = issuer.voucher(device, NOTICE as u32, &[])?;
        assert_eq!(phone.hand_in("provision", &voucher)?, "applied");
        Ok(Financed { issuer, voucher, phone })
    }

    fn send(&mut self, sequence: u64, order: &[&str]) -> Result<String> {
        let text = self.issuer.message(LENDER, &self.voucher, sequence, order)?;
        self.phone.hand_in("apply", &text)
    }

    fn set_date(&mut self, date: &str) -> Result<()> {
        let set = self.phone.emulator()?.shell(&format!("date -s {date} && hwclock -w"))?;
        assert_eq!(set.code, 0, "{set:?}");
        Ok(())
    }

    /// A field of the enrolment, in seconds of use.
    fn seconds(&mut self, field: &str) -> Result<Option<u64>> {
        let status: Value = self.phone.ask(&["status"])?;
        Ok(status["enrolment"][field].as_u64())
    }
}

#[test]
fn a_notice_of_three_days() -> Result<()> {
    let mut financed = Financed::new("three-days")?;
    assert_eq!(financed.send(10, &["notice"])?, "applied");
    assert_eq!(financed.send(11, LOCK)?, "notice_still_runs");

    financed.phone.pass(DAY)?;
    assert_eq!(financed.send(11, LOCK)?, "notice_still_runs");
    financed.phone.power_cycle()?;
    financed.set_date("2036-01-01")?;
    assert_eq!(financed.send(11, LOCK)?, "notice_still_runs");

    financed.phone.pass(DAY)?;
    financed.phone.power_cycle()?;
    financed.set_date("2016-01-01")?;
    financed.phone.pass(DAY - 10 * MINUTE)?;
    assert_eq!(financed.phone.state()?, "unlocked");
    assert_eq!(financed.send(11, LOCK)?, "notice_still_runs");
    let left = financed.seconds("lock_possible_in")?.unwrap_or_default();
    // Two days, 23 hours and 50 minutes were slept; two starts count too.
    assert!((9 * MINUTE..=10 * MINUTE).contains(&left), "{left} s are left");

    financed.phone.pass(left)?;
    assert_eq!(financed.seconds("lock_possible_in")?, Some(0));
    assert_eq!(financed.phone.state()?, "unlocked");
    assert_eq!(financed.send(11, LOCK)?, "applied");
    assert_eq!(financed.phone.state()?, "locked");
    financed.phone.power_cycle()?;
    assert_eq!(financed.phone.state()?, "locked");
    Ok(())
}

#[test]
fn a_notice_is_spent_after_thirty_days_more() -> Result<()> {
    let mut financed = Financed::new("thirty-days")?;
    let notice = financed.issuer.message(LENDER, &financed.voucher, 10, &["notice"])?;
    assert_eq!(financed.phone.hand_in("apply", &notice)?, "applied");
    for _ in 0..NOTICE_WINDOW / (5 * DAY) {
        financed.phone.pass(5 * DAY)?;
        financed.phone.power_cycle()?;
        // Repeating it does not prolong it.
        assert_eq!(financed.phone.hand_in("apply", &notice)?, "already_applied");
    }
    let left = financed.seconds("notice_ends_in")?.unwrap_or_default();
    assert!((NOTICE - MINUTE..=NOTICE).contains(&left), "{left} s are left");
    financed.set_date("2016-01-01")?;
    financed.phone.pass(left - MINUTE)?;
    assert_eq!(financed.seconds("lock_possible_in")?, Some(0));
    financed.phone.pass(MINUTE)?;
    assert_eq!(financed.seconds("lock_possible_in")?, None);
    assert_eq!(financed.send(11, LOCK)?, "no_notice");
    assert_eq!(financed.phone.state()?, "unlocked");
    // A new notice runs its own time.
    assert_eq!(financed.send(12, &["notice"])?, "applied");
    assert_eq!(financed.send(13, LOCK)?, "notice_still_runs");
    Ok(())
}
