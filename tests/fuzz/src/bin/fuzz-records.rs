//! libFuzzer's way in to [`paylatch_fuzz::records`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| paylatch_fuzz::records::run(input));
