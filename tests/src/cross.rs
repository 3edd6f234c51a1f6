//! C programs of the tests, built for the device.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Failure, Result, repository};

/// Builds a program from these files of `tests/src`, with these options of the compiler.
///
/// # Errors
/// When it can't be built.
pub fn build(name: &str, files: &[PathBuf], options: &[String]) -> Result<Vec<u8>> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let directory =
        std::env::temp_dir().join(format!("paylatch-{}-{number}-{name}", std::process::id()));
    let failure = |e: std::io::Error| Failure(format!("{name}: {e}"));
    std::fs::create_dir_all(&directory).map_err(failure)?;
    let program = directory.join(name);
    let cross = std::env::var("CROSS_COMPILE").unwrap_or_else(|_| "aarch64-linux-gnu-".into());
    let sysroot = repository().join("target/device/sysroot/usr");
    let built = Command::new(format!("{cross}gcc"))
        .args(["-Os", "-Wall", "-Wextra", "-Werror", "-s", "-Wl,-z,max-page-size=4096"])
        .arg("-I")
        .arg(sysroot.join("include"))
        .args(files)
        .args(options)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(sysroot.join("lib"))
        .arg("-L")
        .arg(sysroot.join("lib/aarch64-linux-gnu"))
        .arg("-Wl,--allow-shlib-undefined")
        .output()
        .map_err(failure)?;
    let bytes = std::fs::read(&program);
    // A left-over directory is no failure.
    let _ = std::fs::remove_dir_all(&directory);
    bytes.map_err(|_| Failure(String::from_utf8_lossy(&built.stderr).into_owned()))
}

/// The C files in a folder of `tests/src`.
///
/// # Errors
/// When there are none.
pub fn sources(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = repository().join("tests/src").join(folder);
    let entries =
        std::fs::read_dir(&folder).map_err(|e| Failure(format!("{}: {e}", folder.display())))?;
    let is_c = |path: &Path| path.extension().is_some_and(|extension| extension == "c");
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_c(path)).collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure(format!("{}: no C file", folder.display())));
    }
    Ok(files)
}

/// A UUID as the initialiser of a `TEEC_UUID`.
///
/// # Errors
/// When it is none.
pub fn uuid(uuid: &str) -> Result<String> {
    let digits = uuid.replace('-', "");
    let bytes = hex::decode(&digits).map_err(|e| Failure(format!("{uuid}: {e}")))?;
    let last: Vec<String> = bytes.iter().skip(8).map(|byte| format!("0x{byte:02x}")).collect();
    let word = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Ok(format!("0x{},0x{},0x{},{{{}}}", word(0, 8), word(8, 12), word(12, 16), last.join(",")))
}
