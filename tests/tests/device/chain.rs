//! The way from power-on to the lock screen, on phones as they are shipped:
//! whatever is written to the eMMC, put in its place, typed or withheld, a phone
//! that may not be used is not, its owner's data are as they were, and with the
//! eMMC as it was it goes on as it did. And those that may be used, are.

use std::path::{Path, PathBuf};
use std::process::Command;

use paylatch_proto::state::State;
use paylatch_tests::device::{Device, built, layout};
use paylatch_tests::emulator::Emulator;
use paylatch_tests::fleet::{Fleet, PHOTO};
use paylatch_tests::liar::Answer;
use paylatch_tests::phone::Phone;
use paylatch_tests::shipped::{Outcome, Shipped, Views};
use paylatch_tests::{Failure, Result, repository};

/// The last line of the bootloader that starts nothing.
const SWITCHED_OFF: &str = "Its maker or shop can put the";

/// A locked phone, and what is tried on it.
struct Attack {
    fleet: std::sync::Arc<Fleet>,
    phone: Shipped,
    rpmb: Vec<u8>,
}

impl Attack {
    fn on_a_locked_phone(name: &str) -> Result<Attack> {
        let fleet = Fleet::get()?;
        let phone = Shipped::of(fleet.locked.copy(name)?);
        let rpmb = phone.device.rpmb()?;
        Ok(Attack { fleet, phone, rpmb })
    }

    /// Switched on with these options, the bootloader starts nothing, says why,
    /// and switches off.
    #[track_caller]
    fn must_not_boot(&mut self, options: &[&str], why: &str) -> Result<()> {
        assert_eq!(self.phone.power_on(options)?, Outcome::NotBooted);
        self.phone.emulator()?.wait_for(SWITCHED_OFF)?;
        let log = self.phone.emulator()?.log();
        assert!(log.contains(&format!("paylatch: not booted: {why}")), "{log}");
        assert!(!log.contains("Starting kernel"), "{log}");
        must_have_no_prompt(&log);
        self.phone.power_off()
    }

    /// Switched on with these options, the phone shows its lock screen and
    /// nothing else, and all who ask are told this state.
    #[track_caller]
    fn must_be_restricted(&mut self, options: &[&str], state: Option<State>) -> Result<()> {
        assert_eq!(self.phone.power_on(options)?, Outcome::Restricted);
        let views = self.phone.views()?;
        assert_eq!(views.agreed(), Some(state), "{views:?}");
        must_have_no_prompt(&self.phone.emulator()?.log());
        must_be_only_a_lock_screen(&mut self.phone)
    }

    /// The owner's data are as they were.
    #[track_caller]
    fn must_be_intact(&self) -> Result<()> {
        assert!(self.phone.device.read_file(PHOTO)? == self.fleet.photo, "the photo is another");
        Ok(())
    }

    /// With the maker's system in its place, the phone is locked as it was; a
    /// message typed on its lock screen makes it usable, and all is there.
    #[track_caller]
    fn must_go_on(&mut self) -> Result<()> {
        self.phone.cut_power();
        self.must_be_intact()?;
        self.phone.device.put_system(Path::new(&built("boot.fit")))?;
        self.must_be_restricted(&[], Some(State::Locked))?;
        unlock_at_the_screen(&mut self.phone, &self.fleet)
    }
}

/// Types the unlock; the owner's shell comes, with all the data.
#[track_caller]
fn unlock_at_the_screen(phone: &mut Shipped, fleet: &Fleet) -> Result<()> {
    assert_eq!(phone.hand_in("apply", &fleet.unlock(1000)?)?, "applied");
    assert_eq!(phone.outcome(), Outcome::Usable);
    must_be_usable(phone, fleet)
}

#[track_caller]
fn must_be_usable(phone: &mut Shipped, fleet: &Fleet) -> Result<()> {
    let photo = phone.shell(&format!("hexdump -ve '1/1 \"%02x\"' /data{PHOTO}"))?.text;
    assert!(photo.trim() == hex::encode(&fleet.photo), "the photo is another, or not there");
    let written = phone.shell("echo mine >/data/mine && cat /data/mine")?;
    assert_eq!((written.code, written.text.trim()), (0, "mine"), "{written:?}");
    Ok(())
}

/// There is no shell, `userdata` is not mounted, and the emergency call works.
#[track_caller]
fn must_be_only_a_lock_screen(phone: &mut Shipped) -> Result<()> {
    const TRIED: &[&str] = &["echo SH''ELL", "$(reboot)", "`reboot`", "sh", "root"];
    let emulator = phone.emulator()?;
    // Interrupt, suspend, end of file, quit.
    emulator.send("\u{3}\u{1a}\u{4}\u{1c}\n")?;
    emulator.send(&format!("{}\n112\n", TRIED.join("\n")))?;
    for _ in TRIED {
        emulator.wait_for("Not understood.")?;
    }
    emulator.wait_for("emergency call to 112")?;
    let log = emulator.log();
    assert!(!log.contains("SHELL"), "{log}");
    assert!(!log.contains("userdata mounted"), "{log}");
    Ok(())
}

#[track_caller]
fn must_have_no_prompt(log: &str) {
    assert!(!log.contains("=> ") && !log.contains("stop autoboot"), "a prompt: {log}");
}

/// A directory that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Scratch> {
        let path = std::env::temp_dir().join(format!("paylatch-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        Ok(Scratch(path))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A FIT made by `qemu/mkfit` with these options.
    fn fit(&self, options: &[&str]) -> Result<PathBuf> {
        let fit = self.file("system.fit");
        let made = Command::new(repository().join("qemu/mkfit")).args(options).arg(&fit).output();
        let made = made.map_err(|e| Failure(format!("qemu/mkfit: {e}")))?;
        if made.status.success() {
            return Ok(fit);
        }
        Err(Failure(format!("qemu/mkfit: {}", String::from_utf8_lossy(&made.stderr))))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Failure(format!("{}: {e}", path.display())))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|e| Failure(format!("{}: {e}", path.display())))
}

/// Overwrites a part of the eMMC's user area.
fn overwrite(device: &Device, start: u64, bytes: &[u8]) -> Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    let path = device.directory().join("emmc.img");
    let open = std::fs::OpenOptions::new().write(true).open(&path);
    let start = layout("RPMB_SIZE")? + start;
    open.and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.write_all(bytes)
    })
    .map_err(|e| Failure(format!("{}: {e}", path.display())))
}

// ---- what is written to the eMMC ---------------------------------------------

#[test]
fn a_kernel_that_nobody_signed() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("unsigned")?;
    let scratch = Scratch::new("unsigned")?;
    attack.phone.device.put_system(&scratch.fit(&["--unsigned"])?)?;
    attack.must_not_boot(&[], "the signature is not good")?;
    attack.phone.device.put_system(Path::new(&built("Image")))?;
    attack.must_not_boot(&[], "what is there is no FIT")?;
    attack.must_go_on()
}

#[test]
fn the_whole_user_area_overwritten() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("overwritten")?;
    let image = read(Path::new(&built("Image")))?;
    let size = usize::try_from(layout("USER_SIZE")?).unwrap_or_default();
    let all: Vec<u8> = image.iter().copied().cycle().take(size).collect();
    overwrite(&attack.phone.device, 0, &all)?;
    attack.must_not_boot(&[], "no such storage or partition")?;
    assert!(attack.phone.device.rpmb()? != vec![0; attack.rpmb.len()]);
    // What was overwritten is gone; the lock is not.
    attack.phone.device.reflash()?;
    attack.must_be_restricted(&[], Some(State::Locked))?;
    assert_eq!(attack.phone.hand_in("apply", &attack.fleet.unlock(1000)?)?, "applied");
    assert_eq!(attack.phone.outcome(), Outcome::Usable);
    Ok(())
}

/// A byte of each part of the FIT, and some in between: what is not what was
/// signed is not started. One name is not read by U-Boot, which knows by itself
/// what has to be signed.
#[test]
fn a_system_with_one_byte_altered() -> Result<()> {
    const SPREAD: usize = 8;
    const READ: &[&str] = &[
        "Linux",
        "initramfs",
        "board.dts",
        "signature-1",
        "emulated phone",
        "rollback-index",
        "sha256",
        "compression",
        "ramdisk",
        "algo",
        "key-name-hint",
    ];
    const NOT_READ: &str = "hashed-nodes";
    let mut attack = Attack::on_a_locked_phone("altered")?;
    let genuine = read(Path::new(&built("boot.fit")))?;
    let find = |name: &str| {
        let place = genuine.windows(name.len()).rposition(|w| w == name.as_bytes());
        place.ok_or_else(|| Failure(format!("{name} is not in the FIT")))
    };
    let read = READ.iter().map(|name| find(name)).collect::<Result<Vec<_>>>()?;
    let spread = (0..SPREAD).map(|n| genuine.len() / SPREAD * n + 100);
    // Magic, size, and the offsets of structure and strings.
    let header = [0, 4, 10, 14];
    let refused = header.into_iter().chain(read).chain(spread).map(|at| (at, Outcome::NotBooted));
    let started = [(find(NOT_READ)?, Outcome::Restricted)];
    let start = layout("BOOT_START")?;
    for (at, outcome) in refused.chain(started) {
        overwrite(&attack.phone.device, start + at as u64, &[genuine[at] ^ 0x01])?;
        assert_eq!(attack.phone.power_on(&[])?, outcome, "byte {at}");
        attack.phone.cut_power();
        overwrite(&attack.phone.device, start + at as u64, &genuine[at..=at])?;
    }
    attack.must_go_on()
}

#[test]
fn a_system_signed_with_another_key() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("other-key")?;
    let scratch = Scratch::new("other-key")?;
    let key = scratch.file("key.pem");
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out"])
        .arg(&key)
        .output();
    assert!(made.is_ok_and(|made| made.status.success()));
    attack.phone.device.put_system(&scratch.fit(&["--key", &key.to_string_lossy()])?)?;
    attack.must_not_boot(&[], "the signature is not good")?;
    attack.must_go_on()
}

/// An older system that the maker did sign: the bootloader refuses one below its
/// rollback index. One that is not below is started, whatever its faults; it asks
/// the lock like every system the maker has signed.
#[test]
fn an_older_system_that_the_maker_signed() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("older")?;
    let scratch = Scratch::new("older")?;
    attack.phone.device.put_system(&scratch.fit(&["--rollback-index", "0"])?)?;
    attack.must_not_boot(&[], "the system is older than the oldest allowed")?;
    attack.phone.device.put_system(&scratch.fit(&["--append", "paylatch.older"])?)?;
    attack.must_be_restricted(&[], Some(State::Locked))?;
    attack.must_go_on()
}

/// U-Boot's environment with a boot command, wherever one might be looked for: a
/// second flash, the eMMC's free space, a file system.
#[test]
fn an_environment_with_a_boot_command() -> Result<()> {
    const ENVIRONMENT: &[u8] =
        b"bootcmd=echo TAKEN; paylatch status\0bootdelay=30\0preboot=echo TAKEN\0stdin=serial\0\0";
    // U-Boot's usual size, and QEMU's size of a flash.
    const SIZE: usize = 0x40000;
    const FLASH: u64 = 64 << 20;
    let mut attack = Attack::on_a_locked_phone("environment")?;
    let scratch = Scratch::new("environment")?;
    let mut data = ENVIRONMENT.to_vec();
    data.resize(SIZE - 4, 0);
    let mut environment = crc32(&data).to_le_bytes().to_vec();
    environment.extend(&data);
    for start in [0x8000, 0x40000, 0x80000, 0xc0000] {
        let room = usize::try_from(layout("BOOT_START")? - start).unwrap_or_default();
        overwrite(&attack.phone.device, start, &environment[..room.min(SIZE)])?;
    }
    let flash = scratch.file("flash");
    write(&flash, &environment)?;
    let file = std::fs::OpenOptions::new().write(true).open(&flash);
    file.and_then(|file| file.set_len(FLASH)).map_err(|e| Failure(e.to_string()))?;
    let drive = format!("if=pflash,unit=1,format=raw,file={}", flash.display());
    attack.must_be_restricted(&["-drive", &drive], Some(State::Locked))?;
    assert!(!attack.phone.emulator()?.log().contains("TAKEN"));
    attack.phone.cut_power();
    attack.must_go_on()
}

/// CRC-32 of IEEE 802.3, as U-Boot's environment has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

// ---- what is given to the machine ----------------------------------------------

/// The emulator brings a kernel, an initramfs with a root shell and a command
/// line to each start, which the bootloader for development takes.
#[test]
fn a_command_line_from_outside() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("command-line")?;
    attack.must_be_restricted(&["--append", "rdinit=/bin/sh init=/bin/sh"], Some(State::Locked))?;
    attack.must_go_on()?;
    let seen = attack.phone.shell("cat /proc/cmdline")?.text;
    let board = std::fs::read_to_string(repository().join("qemu/board.dts"));
    let board = board.map_err(|e| Failure(format!("board.dts: {e}")))?;
    let signed = board.split_once("bootargs = \"").and_then(|(_, rest)| rest.split_once('"'));
    assert_eq!(Some(seen.trim()), signed.map(|(signed, _)| signed));
    Ok(())
}

#[test]
fn keys_pressed_from_the_first_moment_on() -> Result<()> {
    const RESTRICTED: &str = r#""mode":"restricted""#;
    let mut attack = Attack::on_a_locked_phone("keys")?;
    for keys in [" ", "\u{3}", "\r\n", "s\u{1b}", "d"] {
        let mut emulator = Emulator::start(attack.phone.device.directory(), &[])?;
        emulator.type_until(keys, &[RESTRICTED])?;
        let log = emulator.log();
        assert!(log.contains("paylatch: state 0x0c5c7fd0"), "{log}");
        must_have_no_prompt(&log);
    }
    attack.must_go_on()
}

// ---- another eMMC, or none ----------------------------------------------------

#[test]
fn no_emmc() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("no-emmc")?;
    attack.must_not_boot(&["--no-emmc"], "no such storage or partition")?;
    let log_says_fault = Some(State::Fault);
    assert_eq!(views_of(&mut attack, &["--no-emmc"])?.bootloader, log_says_fault);
    attack.must_go_on()
}

fn views_of(attack: &mut Attack, options: &[&str]) -> Result<Views> {
    attack.phone.power_on(options)?;
    attack.phone.views()
}

/// A blank one starts nothing; one that was given the maker's system starts it,
/// and it finds no lock that it could read, or a phone that was never set up.
#[test]
fn a_blank_emmc() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("blank")?;
    let whole = read(&attack.phone.device.directory().join("emmc.img"))?;
    let emmc = attack.phone.device.directory().join("emmc.img");
    write(&emmc, &vec![0; whole.len()])?;
    attack.must_not_boot(&["--rpmb-key", "none"], "no such storage or partition")?;
    attack.must_not_boot(&[], "no such storage or partition")?;
    let mut blank = whole.clone();
    blank[..attack.rpmb.len()].fill(0);
    write(&emmc, &blank)?;
    attack.must_be_restricted(&["--rpmb-key", "none"], Some(State::Fault))?;
    attack.must_be_restricted(&[], Some(State::Unprovisioned))?;
    attack.phone.cut_power();
    write(&emmc, &whole)?;
    attack.must_go_on()
}

#[test]
fn an_emmc_with_another_key() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("other-rpmb-key")?;
    attack.must_be_restricted(&["--rpmb-key", &"5a".repeat(32)], Some(State::Fault))?;
    attack.phone.cut_power();
    assert!(attack.phone.device.rpmb()? == attack.rpmb, "the RPMB was written");
    attack.must_go_on()
}

/// That of a phone that was never financed. It comes to no harm.
#[test]
fn another_phones_emmc() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("swapped")?;
    let sealed = attack.fleet.sealed.copy("swapped-in")?;
    let own = attack.phone.device.copy("own")?;
    let lend = |from: &Device, to: &Device| -> Result<()> {
        for name in ["emmc.img", "emmc.key"] {
            write(&to.directory().join(name), &read(&from.directory().join(name))?)?;
        }
        Ok(())
    };
    let rpmb = sealed.rpmb()?;
    lend(&sealed, &attack.phone.device)?;
    attack.must_be_restricted(&[], Some(State::Fault))?;
    attack.phone.cut_power();
    assert!(attack.phone.device.rpmb()? == rpmb, "the other phone's RPMB was written");
    lend(&attack.phone.device, &sealed)?;
    assert_eq!(Shipped::of(sealed).power_on(&[])?, Outcome::Usable);
    lend(&own, &attack.phone.device)?;
    attack.must_go_on()
}

// ---- the trusted application, and the way to it ---------------------------------

#[test]
fn firmware_without_the_application() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("no-ta")?;
    attack.phone.device.put_firmware(Path::new(&firmware("without-ta")))?;
    attack.must_be_restricted(&[], None)?;
    // ITEM_NOT_FOUND, as GlobalPlatform's Client API has it.
    assert!(attack.phone.emulator()?.log().contains("the bootloader said error 0xffff0008"));
    attack.phone.cut_power();
    assert!(attack.phone.device.rpmb()? == attack.rpmb, "the RPMB was written");
    attack.phone.device.ship()?;
    attack.must_go_on()
}

#[test]
fn an_application_that_answers_with_an_error() -> Result<()> {
    let mut attack = Attack::on_a_locked_phone("failing-ta")?;
    attack.phone.device.put_firmware(Path::new(&firmware("failing-ta")))?;
    attack.must_be_restricted(&[], None)?;
    assert!(attack.phone.emulator()?.log().contains("the bootloader said error 0xffff0000"));
    attack.phone.device.ship()?;
    attack.must_go_on()
}

fn firmware(name: &str) -> String {
    repository().join("target").join(name).join("flash.bin").to_string_lossy().into_owned()
}

/// The OS's kernel refuses every RPMB request, from the first or a later one on,
/// after the bootloader has asked: the lock knows what it knew.
#[test]
fn an_os_that_withholds_the_rpmb_after_the_first_read() -> Result<()> {
    let scratch = Scratch::new("withheld-later")?;
    for after in [0, 1, 2, 5] {
        let mut attack = Attack::on_a_locked_phone("withheld-later")?;
        attack.phone.device.put_system(&scratch.fit(&["--append", &refusing(after)])?)?;
        attack.must_be_restricted(&[], Some(State::Locked))?;
        // A message that can't be stored opens nothing.
        let said = attack.phone.hand_in("apply", &attack.fleet.unlock(900)?)?;
        assert_eq!(said, "not_stored", "after {after} requests");
        must_be_only_a_lock_screen(&mut attack.phone)?;
        attack.phone.cut_power();
        attack.must_go_on()?;
    }
    Ok(())
}

/// The same where nobody has asked before: a bootloader that doesn't.
#[test]
fn an_os_that_withholds_the_rpmb_before_the_first_read() -> Result<()> {
    let scratch = Scratch::new("withheld-before")?;
    let mut attack = Attack::on_a_locked_phone("withheld-before")?;
    attack.phone.device.put_firmware(Path::new(&built("flash-development.bin")))?;
    let start = layout("BOOT_START")? / 512;
    let mut locked = 0;
    for after in REQUESTS {
        let system = scratch.fit(&["--append", &refusing(after)])?;
        let blocks = read(&system)?.len().div_ceil(512);
        let load = format!(
            "mmc list; mmc dev 0; mmc read 48000000 {start:x} {blocks:x}; bootm 48000000#phone"
        );
        attack.phone.device.put_system(&system)?;
        attack.phone.power_on_with(|device| {
            let mut emulator = device.stop_in_bootloader(&[])?;
            emulator.send(&format!("{load}\n"))?;
            Ok(emulator)
        })?;
        let views = attack.phone.views()?;
        assert_eq!((views.bootloader, views.told), (None, None), "{views:?}");
        assert_eq!(views.os, views.library, "after {after} requests: {views:?}");
        match views.os {
            Some(State::Fault) => assert_eq!(locked, 0, "after {after} requests"),
            Some(State::Locked) => locked += 1,
            other => panic!("after {after} requests: {other:?}"),
        }
        must_be_only_a_lock_screen(&mut attack.phone)?;
        attack.phone.cut_power();
    }
    assert!((1..REQUESTS.len()).contains(&locked), "locked {locked} times");
    attack.phone.device.ship()?;
    attack.must_go_on()
}

/// Up to more than there are from Linux's start to the state of a locked phone.
const REQUESTS: [u32; 10] = [0, 1, 2, 3, 4, 6, 9, 13, 20, 40];

fn refusing(after: u32) -> String {
    format!("optee.rpmb_fault={},{after},0", Answer::code(0xffff_0000))
}

// ---- phones that may be used -----------------------------------------------------

#[track_caller]
fn must_boot_usable(device: &Device, name: &str, state: State, fleet: &Fleet) -> Result<Shipped> {
    let mut phone = Shipped::of(device.copy(name)?);
    assert_eq!(phone.power_on(&[])?, Outcome::Usable);
    let views = phone.views()?;
    assert_eq!(views.agreed(), Some(Some(state)), "{views:?}");
    let log = phone.emulator()?.log();
    assert!(log.contains("(usable)") && log.contains("userdata mounted on /data"), "{log}");
    let told = phone.shell("ls /proc/device-tree/firmware/paylatch")?.text;
    assert!(told.contains("usable"), "{told}");
    if !std::ptr::eq(device, &fleet.sealed) {
        must_be_usable(&mut phone, fleet)?;
    }
    Ok(phone)
}

#[test]
fn phones_that_may_be_used_are() -> Result<()> {
    let fleet = Fleet::get()?;
    must_boot_usable(&fleet.sealed, "sealed", State::Released, &fleet)?;
    must_boot_usable(&fleet.unlocked, "good", State::Unlocked, &fleet)?;
    must_boot_usable(&fleet.released, "free", State::Released, &fleet)?;
    Ok(())
}

#[test]
fn a_phone_without_voucher_or_seal_is_not_used_outside_the_factory() -> Result<()> {
    let fleet = Fleet::get()?;
    let mut phone = Shipped::of(fleet.fresh.copy("fresh")?);
    assert_eq!(phone.power_on(&[])?, Outcome::Restricted);
    assert_eq!(phone.views()?.agreed(), Some(Some(State::Unprovisioned)));
    must_be_only_a_lock_screen(&mut phone)
}

/// The RPMB of a paid-off phone dies: the bootloader finds a fault, the OS hands
/// in the release it kept, and the phone stays its owner's.
#[test]
fn a_released_phone_whose_rpmb_has_died() -> Result<()> {
    let fleet = Fleet::get()?;
    for key in ["none", &"5a".repeat(32)] {
        let mut phone = Shipped::of(fleet.released.copy("died")?);
        for _ in 0..2 {
            assert_eq!(phone.power_on(&["--rpmb-key", key])?, Outcome::Usable);
            let fault = Some(State::Fault);
            let os = Some(State::Released);
            let expected = Views { bootloader: fault, told: fault, library: fault, os };
            assert_eq!(phone.views()?, expected);
            must_be_usable(&mut phone, &fleet)?;
            phone.power_off()?;
        }
    }
    // Without a release it is a fault, until one is typed.
    let mut phone = Shipped::of(fleet.locked.copy("not-released")?);
    assert_eq!(phone.power_on(&["--rpmb-key", "none"])?, Outcome::Restricted);
    assert_eq!(phone.hand_in("apply", &fleet.unlock(1000)?)?, "fault");
    assert_eq!(phone.hand_in("apply", &fleet.release)?, "released_until_power_off");
    must_be_usable(&mut phone, &fleet)
}

/// No restart: the lock screen goes, the owner's shell comes; and the other way
/// round when a lock takes effect.
#[test]
fn an_unlock_at_the_lock_screen_and_a_lock_in_use() -> Result<()> {
    let fleet = Fleet::get()?;
    let mut phone = Shipped::of(fleet.locked.copy("in-use")?);
    assert_eq!(phone.power_on(&[])?, Outcome::Restricted);
    must_be_only_a_lock_screen(&mut phone)?;
    unlock_at_the_screen(&mut phone, &fleet)?;

    // What an owner leaves behind does not survive the lock, nor the next one.
    let lock = ["lock", "--reason", "payment-overdue"];
    for sequence in [1001, 1004] {
        let message = |more, arguments: &[&str]| {
            fleet.issuer.message("lender", &fleet.voucher, sequence + more, arguments)
        };
        phone.shell(
            "(trap '' HUP TERM INT; while :; do echo STILL-HERE; sleep 1; done) & sleep 3",
        )?;
        phone.shell("setsid sh -c 'cd /data; exec sleep 100000' &")?;
        assert_eq!(phone.hand_in("apply", &message(0, &["notice"])?)?, "applied");
        phone.pass(3)?;
        assert_eq!(phone.hand_in("apply", &message(1, &lock)?)?, "applied");
        assert_eq!(phone.outcome(), Outcome::Restricted);
        must_be_locked_in_use(&mut phone)?;
        assert_eq!(phone.hand_in("apply", &fleet.unlock(sequence + 2)?)?, "applied");
        must_be_usable(&mut phone, &fleet)?;
    }
    Ok(())
}

#[track_caller]
fn must_be_locked_in_use(phone: &mut Shipped) -> Result<()> {
    let emulator = phone.emulator()?;
    let before = emulator.log();
    assert!(before.contains("userdata unmounted"), "{before}");
    emulator.send("cat /data/photo\n")?;
    emulator.wait_for("Not understood.")?;
    let log = emulator.log();
    let since = log.rsplit("userdata unmounted").next().unwrap_or_default();
    assert!(!since.contains("STILL-HERE"), "{since}");
    Ok(())
}
