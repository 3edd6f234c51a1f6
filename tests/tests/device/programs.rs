//! What others wrote, on the device: the second issuer, in Python, and a C
//! program over the C library. And a phone on which there is nobody to ask.

use paylatch_tests::device::Device;
use paylatch_tests::issuer::{Issuer, LENDER};
use paylatch_tests::phone::{Emulated, Phone};
use paylatch_tests::{Result, python};

#[test]
fn python_issues_and_verifies_for_the_device() -> Result<()> {
    python::a_life(&mut Emulated::new("python")?)
}

#[test]
fn without_a_tee_the_programs_say_so() -> Result<()> {
    let mut phone = Emulated::new("no-tee")?;
    assert_eq!(phone.state()?, "unprovisioned");
    phone.emulator()?.shell("rm /dev/tee*")?;
    for program in ["paylatch status", "paylatch-state-example"] {
        let output = phone.emulator()?.shell(program)?;
        assert_eq!(output.code, 5, "{program}: {}", output.text);
        assert_eq!(output.text.lines().count(), 1, "{}", output.text);
    }
    Ok(())
}

#[test]
fn a_c_program_asks_and_hands_in() -> Result<()> {
    const EXAMPLE: &str = "paylatch-state-example";
    let issuer = Issuer::new()?;
    let mut phone = Emulated::of(Device::new("c")?);
    phone.power_on_with(|device| device.boot_with(&["--no-rng"]))?;
    let fresh = phone.emulator()?.shell(EXAMPLE)?;
    assert!(fresh.text.contains("The phone is not set up"), "{}", fresh.text);
    let identity = phone.ask(&["identity"])?;
    let voucher = issuer.voucher(identity["device"].as_str().unwrap_or_default(), 60, &[])?;
    // With a nonce of the phone's own, for which it waits until it has random numbers.
    assert_eq!(phone.answer(&["provision", &voucher])?.says, "applied");
    let release = issuer.release(LENDER, &voucher)?;
    let clipped = &release[..release.len() - 8];
    let refused = phone.emulator()?.shell(&format!("{EXAMPLE} -m {clipped}"))?;
    assert_eq!(refused.code, 3, "{}", refused.text);
    let released = phone.emulator()?.shell(&format!("{EXAMPLE} -m {release}"))?;
    assert_eq!(released.code, 0, "{}", released.text);
    assert!(released.text.contains("The phone is released for good"), "{}", released.text);
    Ok(())
}
