//! Compiles the OEM's public key and the kind of build into the lock.
//!
//! - `PAYLATCH_OEM_KEY`: path of a PEM file (SubjectPublicKeyInfo, P-256);
//!   without it the development key is taken.
//! - `PAYLATCH_BUILD`: `development` (default) or `release`. A release refuses
//!   the development key, the features `measure` and `failing`, which are for
//!   tests, and has the long least notice time.

use std::path::{Path, PathBuf};
use std::{env, fs};

use p256::pkcs8::DecodePublicKey;

const DEVELOPMENT_KEY: &str = "keys/development-oem.pub.pem";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DEVELOPMENT_KEY}");
    println!("cargo::rerun-if-env-changed=PAYLATCH_OEM_KEY");
    println!("cargo::rerun-if-env-changed=PAYLATCH_BUILD");
    let done = release().and_then(generate);
    #[cfg(feature = "optee")]
    let done = done.and_then(|()| application());
    if let Err(problem) = done {
        eprintln!("paylatch-ta: {problem}");
        std::process::exit(1);
    }
}

/// The application's header and linker script. Stack and heap are twice what
/// was measured as the most that is used, which is in `ta/memory`.
#[cfg(feature = "optee")]
fn application() -> Result<(), String> {
    use optee_utee_build::TaConfig;

    const MEMORY: &str = include_str!("memory");
    const NO_TABLES: &str = "no-unwind-tables.ld";
    const PAGE: u32 = 4096;
    let twice = |what: &str| -> Result<u32, String> {
        let line = MEMORY.lines().find_map(|line| line.strip_prefix(what));
        let peak = line.and_then(|peak| peak.trim().parse::<u32>().ok());
        let peak = peak.ok_or_else(|| format!("ta/memory: no figure for {what}"))?;
        Ok((2 * peak).next_multiple_of(PAGE))
    };
    println!("cargo::rerun-if-changed=memory");
    println!("cargo::rerun-if-changed={NO_TABLES}");
    let directory =
        env::var("CARGO_MANIFEST_DIR").map_err(|e| format!("CARGO_MANIFEST_DIR: {e}"))?;
    println!(
        "cargo::rustc-link-arg-bins=-Wl,--wrap=trace_printf,--no-eh-frame-hdr,-T,{directory}/{NO_TABLES}"
    );

    const SINGLE_INSTANCE: u32 = 1 << 2;
    const MULTI_SESSION: u32 = 1 << 3;
    const KEEP_ALIVE: u32 = 1 << 4;
    let config = TaConfig::new_default_with_cargo_env(paylatch_proto::TA_UUID)
        .map_err(|e| format!("uuid.txt: {e:?}"))?
        .ta_flags(SINGLE_INSTANCE | MULTI_SESSION | KEEP_ALIVE)
        .ta_stack_size(twice("stack")?)
        .ta_data_size(twice("heap")?)
        .trace_level(1)
        .trace_ext_prefix("paylatch");
    optee_utee_build::build(config).map_err(|e| format!("{e:?} (is TA_DEV_KIT_DIR set?)"))
}

/// Whether this is a release, which has nothing in it that is for tests.
fn release() -> Result<bool, String> {
    match env::var("PAYLATCH_BUILD").as_deref() {
        Err(_) | Ok("development") => return Ok(false),
        Ok("release") => {}
        Ok(other) => {
            return Err(format!("PAYLATCH_BUILD is `{other}`; it is `development` or `release`"));
        }
    }
    for (set, feature) in
        [("CARGO_FEATURE_MEASURE", "measure"), ("CARGO_FEATURE_FAILING", "failing")]
    {
        if env::var_os(set).is_some() {
            return Err(format!(
                "a release build can't have the feature `{feature}`, which is for tests: leave it \
                 out, or build with PAYLATCH_BUILD=development"
            ));
        }
    }
    Ok(true)
}

fn generate(release: bool) -> Result<(), String> {
    let development = public_key(Path::new(DEVELOPMENT_KEY))?;
    let oem = match env::var_os("PAYLATCH_OEM_KEY") {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            public_key(Path::new(&path))?
        }
        None => development.clone(),
    };
    if release && oem == development {
        return Err(
            "a release build needs the OEM's own key: set PAYLATCH_OEM_KEY to the PEM file \
                    of its public half"
                .into(),
        );
    }
    let kind = if release { "RELEASE" } else { "DEVELOPMENT" };
    let code = format!(
        "/// The OEM key of this build, compressed SEC 1.\n\
         pub const OEM_KEY: PublicKey = Bytes({oem:?});\n\
         /// The least notice time of this build, in seconds of use.\n\
         pub const NOTICE_MIN: u32 = limits::NOTICE_MIN_{kind};\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?).join("build.rs");
    fs::write(&out, code).map_err(|e| format!("{}: {e}", out.display()))
}

fn public_key(path: &Path) -> Result<Vec<u8>, String> {
    let pem = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let key = p256::PublicKey::from_public_key_pem(&pem)
        .map_err(|_| format!("{}: not the PEM of a P-256 public key", path.display()))?;
    Ok(p256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key, true).as_bytes().to_vec())
}
