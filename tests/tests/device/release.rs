//! What must not leave the factory is refused, each with its own reason: by the
//! keys and options it is to be built with, and by what OP-TEE was built with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use paylatch_proto::{TA_UUID, limits};
use paylatch_tests::device::built;
use paylatch_tests::{Failure, Result, repository};

/// A directory that goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Scratch> {
        let directory =
            std::env::temp_dir().join(format!("paylatch-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).map_err(|e| failure(&directory, &e))?;
        Ok(Scratch(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

/// Runs `qemu/check-release` without anything of ours in the environment but
/// `variables`; whether it refuses, and what it says.
fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(bool, String)> {
    let script = repository().join("qemu/check-release");
    let mut command = Command::new(&script);
    for name in ["PAYLATCH_OEM_KEY", "PAYLATCH_BOOT_KEY", "RPMB_PATCH", "OPTEE_LOG_LEVEL"] {
        command.env_remove(name);
    }
    let output = command.args(arguments).envs(variables.iter().copied()).output();
    let output = output.map_err(|e| failure(&script, &e))?;
    Ok((!output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// A refusal of this and of nothing else.
#[track_caller]
fn must_refuse(seen: &(bool, String), what: &str) {
    let (refused, said) = seen;
    assert!(*refused && said.contains(what), "not refused with `{what}`: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

fn openssl(arguments: &[&str]) -> Result<()> {
    let done = Command::new("openssl").args(arguments).output();
    if done.is_ok_and(|done| done.status.success()) {
        Ok(())
    } else {
        Err(Failure(format!("openssl {arguments:?} failed")))
    }
}

#[test]
fn development_keys_and_options() -> Result<()> {
    let scratch = Scratch::new("release-keys")?;
    let file = |name: &str| scratch.0.join(name).to_string_lossy().into_owned();
    let (private, oem, boot) = (file("oem.pem"), file("oem.pub.pem"), file("boot.pem"));
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        &private,
    ])?;
    openssl(&["pkey", "-in", &private, "-pubout", "-out", &oem])?;
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", &boot])?;
    let (oem_key, boot_key) = (("PAYLATCH_OEM_KEY", &*oem), ("PAYLATCH_BOOT_KEY", &*boot));
    let keys = [oem_key, boot_key];
    assert_eq!(check(&["keys"], &keys)?, (false, String::new()));

    must_refuse(&check(&["keys"], &[boot_key])?, "no OEM key");
    must_refuse(&check(&["keys"], &[oem_key])?, "no boot key");
    let development = repository().join("ta/keys/development-oem.pub.pem");
    // The same key in another form of PEM is the same key.
    let again = file("again.pem");
    openssl(&[
        "pkey",
        "-pubin",
        "-in",
        &development.to_string_lossy(),
        "-ec_conv_form",
        "compressed",
        "-out",
        &again,
    ])?;
    for path in [&*development.to_string_lossy(), &again] {
        let seen = check(&["keys"], &[("PAYLATCH_OEM_KEY", path), boot_key])?;
        must_refuse(&seen, "PAYLATCH_OEM_KEY is the development key");
    }
    let development = repository().join("qemu/keys/development-boot.pem");
    let path = &*development.to_string_lossy();
    let seen = check(&["keys"], &[oem_key, ("PAYLATCH_BOOT_KEY", path)])?;
    must_refuse(&seen, "PAYLATCH_BOOT_KEY is the development key");
    for (name, value, what) in [
        ("RPMB_PATCH", "n", "RPMB_PATCH"),
        ("OPTEE_LOG_LEVEL", "3", "OPTEE_LOG_LEVEL"),
        ("PAYLATCH_OEM_KEY", "/nowhere", "/nowhere"),
        ("PAYLATCH_BOOT_KEY", &oem, "not a private key"),
        ("PAYLATCH_OEM_KEY", &boot, "not a public key"),
    ] {
        must_refuse(&check(&["keys"], &[&keys[..], &[(name, value)]].concat())?, what);
    }
    Ok(())
}

/// The point of a public key in PEM, compressed.
fn point(pem: &str, scratch: &Scratch) -> Result<Vec<u8>> {
    let der = scratch.0.join("key.der");
    let to = der.to_string_lossy();
    let form = ["-ec_conv_form", "compressed", "-outform", "DER", "-out", &to];
    openssl(&[&["pkey", "-pubin", "-pubout", "-in", pem][..], &form].concat())?;
    let der = fs::read(&der).map_err(|e| failure(&der, &e))?;
    Ok(der[der.len() - limits::PUBLIC_KEY..].to_vec())
}

#[test]
fn an_application_of_another_key() -> Result<()> {
    let scratch = Scratch::new("release-ta")?;
    let file = |name: &str| scratch.0.join(name).to_string_lossy().into_owned();
    let (private, oem, other, ta) =
        (file("oem.pem"), file("oem.pub"), file("other.pub"), file("ta"));
    for public in [&oem, &other] {
        openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &private])?;
        openssl(&["pkey", "-in", &private, "-pubout", "-out", public])?;
    }
    let development = repository().join("ta/keys/development-oem.pub.pem");
    let development = development.to_string_lossy();
    let built = repository().join(format!("target/ta/{TA_UUID}.stripped.elf"));
    let mut bytes = fs::read(&built).map_err(|e| failure(&built, &e))?;
    let keyed = |bytes: &[u8], key: &str| -> Result<(bool, String)> {
        fs::write(&ta, bytes).map_err(|e| failure(Path::new(&ta), &e))?;
        check(&["ta", &ta], &[("PAYLATCH_OEM_KEY", key)])
    };
    must_refuse(&keyed(&bytes, &oem)?, "with the development key");
    let (from, to) = (point(&development, &scratch)?, point(&oem, &scratch)?);
    let at = bytes.windows(from.len()).position(|part| part == from);
    let at = at.ok_or_else(|| Failure("the development key is not in the application".into()))?;
    bytes[at..at + to.len()].copy_from_slice(&to);
    assert_eq!(keyed(&bytes, &oem)?, (false, String::new()));
    must_refuse(&keyed(&bytes, &other)?, "with another OEM key");
    // Nothing is in everything.
    must_refuse(&keyed(&bytes, &ta)?, "not a public key");
    must_refuse(&keyed(&bytes, "")?, "not a public key");
    Ok(())
}

/// A copy of what is looked at of the OP-TEE that the device was built with.
fn core(scratch: &Scratch) -> Result<PathBuf> {
    let kit =
        fs::canonicalize(built("ta_dev_kit")).map_err(|e| failure(Path::new("ta_dev_kit"), &e))?;
    let tree = kit.ancestors().nth(2).ok_or_else(|| Failure("ta_dev_kit: not in a tree".into()))?;
    let copy = scratch.0.join("core");
    for file in ["out/conf.mk", "core/tee/tee_rpmb_fs.c", "core/tee/tee_svc_storage.c"] {
        let (from, to) = (tree.join(file), copy.join(file));
        fs::create_dir_all(to.parent().unwrap_or(&copy)).map_err(|e| failure(&to, &e))?;
        fs::copy(&from, &to).map_err(|e| failure(&from, &e))?;
    }
    Ok(copy)
}

#[test]
fn an_op_tee_that_is_not_fit() -> Result<()> {
    let scratch = Scratch::new("release-core")?;
    let tree = core(&scratch)?;
    let path = &*tree.to_string_lossy();
    assert_eq!(check(&["core", path], &[])?, (false, String::new()));
    let changed = |file: &str, from: &str, to: &str, what: &str| -> Result<()> {
        let file = tree.join(file);
        let before = fs::read_to_string(&file).map_err(|e| failure(&file, &e))?;
        assert!(before.contains(from), "{from} is not in {}", file.display());
        fs::write(&file, before.replace(from, to)).map_err(|e| failure(&file, &e))?;
        must_refuse(&check(&["core", path], &[])?, what);
        fs::write(&file, before).map_err(|e| failure(&file, &e))
    };
    let conf = "out/conf.mk";
    for option in [
        "CFG_RPMB_TESTKEY",
        "CFG_RPMB_WRITE_KEY",
        "CFG_RPMB_RESET_FAT",
        "CFG_REE_FS",
        "CFG_REE_FS_TA",
    ] {
        changed(conf, &format!("\n{option}=n\n"), &format!("\n{option}=y\n"), option)?;
        changed(conf, &format!("\n{option}=n\n"), "\n", option)?;
    }
    changed(conf, "\nCFG_RPMB_FS=y\n", "\nCFG_RPMB_FS=n\n", "CFG_RPMB_FS=y")?;
    changed(conf, "CFG_OPTEE_REVISION_MINOR=10", "CFG_OPTEE_REVISION_MINOR=9", "OP-TEE 4.9")?;
    changed(conf, "CFG_OPTEE_REVISION_MAJOR=4", "CFG_OPTEE_REVISION_MAJOR=3", "OP-TEE 3.10")?;
    changed(conf, "CFG_TEE_CORE_LOG_LEVEL=1", "CFG_TEE_CORE_LOG_LEVEL=3", "debug traces")?;
    changed(conf, "CFG_TEE_TA_LOG_LEVEL=2", "CFG_TEE_TA_LOG_LEVEL=4", "debug traces")?;
    let (rpmb, storage) = ("core/tee/tee_rpmb_fs.c", "core/tee/tee_svc_storage.c");
    for (patch, file) in
        [("0001", rpmb), ("0001", storage), ("0002", rpmb), ("0003", rpmb), ("0003", storage)]
    {
        let line = added_by(patch, file)?;
        changed(file, &line, "", &format!("lacks our patch {patch}"))?;
    }
    changed(
        rpmb,
        "#include <assert.h>",
        "void f(void) { rpmb_fs_request_reset(); }",
        "rpmb_fs_request_reset",
    )
}

/// The longest line that one of our patches to OP-TEE adds to this file.
fn added_by(patch: &str, file: &str) -> Result<String> {
    let directory = repository().join("qemu/optee");
    let files = fs::read_dir(&directory).map_err(|e| failure(&directory, &e))?;
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    let path =
        paths.find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(patch)));
    let path = path.ok_or_else(|| Failure(format!("{}: no {patch}", directory.display())))?;
    let text = fs::read_to_string(&path).map_err(|e| failure(&path, &e))?;
    let begin = format!("+++ b/{file}\n");
    let part = text.split_once(&begin).map_or("", |(_, rest)| rest);
    let part = part.split("\n--- a/").next().unwrap_or_default();
    let added = part.lines().filter_map(|line| line.strip_prefix('+'));
    added
        .max_by_key(|line| line.len())
        .map(str::to_owned)
        .ok_or_else(|| Failure(format!("{}: adds nothing to {file}", path.display())))
}
