//! libFuzzer's way in to [`paylatch_fuzz::wire`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| paylatch_fuzz::wire::run(input));
