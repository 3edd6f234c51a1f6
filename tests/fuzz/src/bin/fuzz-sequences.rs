//! libFuzzer's way in to [`paylatch_fuzz::sequences`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| paylatch_fuzz::sequences::run(input));
