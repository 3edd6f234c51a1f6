//! What the program is linked with: the entry points, which nothing in it
//! calls, and OP-TEE's own `memcpy` and the like, as in the application.

use std::env;
use std::path::PathBuf;

const ENTRIES: [&str; 4] = ["chip_start", "chip_state", "chip_call", "chip_plain"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TA_DEV_KIT_DIR");
    if env::var_os("CARGO_FEATURE_PROGRAM").is_none() {
        return;
    }
    let Some(kit) = env::var_os("TA_DEV_KIT_DIR") else {
        eprintln!("paylatch-chip-program: TA_DEV_KIT_DIR is not set: build it with `make chip`");
        std::process::exit(1);
    };
    println!("cargo::rustc-link-search={}", PathBuf::from(kit).join("lib").display());
    println!("cargo::rustc-link-lib=static=utils");
    for entry in ENTRIES {
        println!("cargo::rustc-link-arg-bins=-Wl,--undefined={entry}");
    }
}
