//! libFuzzer's way in to [`paylatch_fuzz::commands`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| paylatch_fuzz::commands::run(input));
