//! The application's header and linker script.

#[cfg(feature = "optee")]
#[path = "src/uuid.rs"]
mod uuid;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "optee")]
    application();
}

#[cfg(feature = "optee")]
fn application() {
    use optee_utee_build::TaConfig;
    use uuid::UUID;

    const SINGLE_INSTANCE: u32 = 1 << 2;
    const MULTI_SESSION: u32 = 1 << 3;
    const KEEP_ALIVE: u32 = 1 << 4;
    let built = TaConfig::new_default_with_cargo_env(UUID).and_then(|config| {
        optee_utee_build::build(
            config
                .ta_flags(SINGLE_INSTANCE | MULTI_SESSION | KEEP_ALIVE)
                .ta_stack_size(64 * 1024)
                .ta_data_size(16 * 1024)
                .trace_level(1)
                .trace_ext_prefix("bench"),
        )
    });
    if let Err(problem) = built {
        eprintln!("paylatch-bench-ta: {problem:?} (is TA_DEV_KIT_DIR set?)");
        std::process::exit(1);
    }
}
