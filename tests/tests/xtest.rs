//! OP-TEE's own test suite, on our OP-TEE (`make xtest`, and a little of it in
//! `make test`): the same sources, patches and settings as in a phone, but for one.
//! `CFG_REE_FS_TA=y` lets the core load the suite's applications, which a
//! tee-supplicant hands to it, signed with OP-TEE's own key. Storage is the RPMB and
//! nothing else, as in a phone; our application is there, too.

use paylatch_proto::state::State;
use paylatch_rig::prove::report;
use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::shipped::told;

/// What fails, and has to, with what this device lacks.
const FAILING: &[(&str, &str)] = &[
    ("regression_2001", "TCP sockets by way of the supplicant: its kernel has no IP"),
    ("regression_2002", "the same"),
    ("regression_2003", "the same"),
    ("regression_2004", "UDP sockets: the same"),
];

/// What the suite says it skips, each with why it is not there.
const SKIPPED: &[(&str, &str)] = &[
    ("- 1001 -   skip test, pseudo TA not found", "the core's tests of itself are not built in"),
    ("- 1002 -   skip test, pseudo TA not found", "the same"),
    ("- 1003 -   skip test, pseudo TA not found", "the same"),
    ("PTA Secure Storage TA Management not found: skip test", "no TAs are installed in a phone"),
    ("- 1015 -   skip test, pseudo TA not found", "the core's tests of itself"),
    ("- 1020 -   skip test, pseudo TA not found", "the same: lock dependencies"),
    ("- 1025 -   skip test, pseudo TA not found", "the same"),
    ("- 1029 -   skip test, TA returned TEEC_ERROR_NOT_SUPPORTED", "no TLS test in the suite's TA"),
    ("- 1029 -   skip test, TA returned TEEC_ERROR_NOT_SUPPORTED", "the same, in a library"),
    ("TA not built with C++ support, skipping C++ tests", "as it is packaged"),
    ("Binary doesn't support PAuth - skip tests", "as it is packaged; a Cortex-A57 has none"),
    ("skip test, pseudo TA not found", "the device driver framework's tests are not built in"),
    ("Binary doesn't support MTE - skip tests", "as it is packaged; a Cortex-A57 has none"),
    ("skip test, fTPM TA not present", "not part of the suite"),
];

/// Subtests and test cases of 4.10.0, and those of its storage group.
const SUBTESTS: u64 = 35_302;
const CASES: u64 = 112;
const STORAGE_CASES: usize = 20;

/// The number before and after "of which" in the line that ends so.
fn totals(said: &str, what: &str) -> Option<(u64, u64)> {
    said.lines().find_map(|line| {
        let rest = line.trim().strip_suffix(" failed")?;
        let (all, failed) = rest.split_once(&format!(" {what} of which "))?;
        Some((all.parse().ok()?, failed.parse().ok()?))
    })
}

/// Runs these cases, or all; what was said, and whether it was of the RPMB alone.
fn run(device: &Device, cases: &[&str]) -> Result<(String, Vec<String>)> {
    let mut emulator = device.boot()?;
    emulator.let_applications_die();
    emulator.shell("tee-supplicant -d")?;
    let said = emulator.shell(&format!("xtest -t regression {}", cases.join(" ")))?.text;
    emulator.power_off()?;
    let mut wrong = Vec::new();
    if !said.contains("Storage id: 80000100") || said.contains("Storage id: 80000000") {
        wrong.push("the storage is not the RPMB alone".into());
    }
    Ok((said, wrong))
}

#[test]
fn the_regression_suite() -> Result<()> {
    let device = Device::new("xtest")?;
    let (said, mut wrong) = run(&device, &[])?;
    let (subtests, _) = totals(&said, "subtests").unwrap_or_default();
    let (cases, failed) = totals(&said, "test cases").unwrap_or_default();
    for line in said.lines().filter(|line| line.contains(" of which ")) {
        println!("xtest: {line}");
    }
    // The result of each case comes again at the end, in full.
    let results = said.rsplit("Result of testsuite").next().unwrap_or_default();
    let verdict = |line: &str| -> Option<(String, bool)> {
        let mut words = line.trim().split(' ');
        let name = words.next().filter(|name| name.starts_with("regression_"))?;
        // A subtest's name has a dot in it.
        let case = !name.contains('.');
        case.then(|| Some((name.to_owned(), words.next()? == "OK")))?
    };
    let verdicts: Vec<(String, bool)> = results.lines().filter_map(verdict).collect();
    let failing: Vec<&str> =
        verdicts.iter().filter(|(_, good)| !good).map(|(name, _)| name.as_str()).collect();
    let known: Vec<&str> = FAILING.iter().map(|&(name, _)| name).collect();
    if failing != known {
        wrong.push(format!("failing: {failing:?}, known to fail: {known:?}"));
    }
    if verdicts.len() as u64 != cases || failed != known.len() as u64 {
        wrong.push(format!("{cases} cases, {failed} failed, but {} verdicts", verdicts.len()));
    }
    let skipped: Vec<&str> =
        said.lines().map(str::trim).filter(|line| line.contains("skip")).collect();
    let skipped: Vec<&str> =
        skipped.into_iter().filter(|line| !line.ends_with("were skipped")).collect();
    let known: Vec<&str> = SKIPPED.iter().map(|&(line, _)| line).collect();
    if skipped != known {
        wrong.push(format!("skipped: {skipped:#?}, known to be skipped: {known:#?}"));
    }
    let storage = verdicts.iter().filter(|(name, _)| name.starts_with("regression_6")).count();
    if cases < CASES || storage < STORAGE_CASES {
        wrong.push(format!("{cases} cases, {storage} of them of the storage"));
    }

    // With all that in the RPMB, our application still finds that it has no record.
    let emulator = device.boot()?;
    assert_eq!(told(&emulator.log()), [Some(State::Unprovisioned)]);
    report("OP-TEE's own test suite, subtests", subtests, SUBTESTS, &wrong);
    Ok(())
}

/// A few cases of the storage's group, which `make test` has: objects are made,
/// read, written, moved about in, cut short, renamed and removed.
#[test]
fn some_of_the_storage() -> Result<()> {
    const SOME: [&str; 8] = ["6001", "6002", "6003", "6004", "6005", "6006", "6007", "6009"];
    let (said, mut wrong) = run(&Device::new("xtest-some")?, &SOME)?;
    let (subtests, failed) = totals(&said, "subtests").unwrap_or_default();
    let (cases, _) = totals(&said, "test cases").unwrap_or_default();
    if failed != 0 || cases != SOME.len() as u64 {
        wrong.push(format!("{cases} cases; {failed} subtests failed"));
    }
    report("OP-TEE's own test suite, some of the storage, subtests", subtests, 230, &wrong);
    Ok(())
}
