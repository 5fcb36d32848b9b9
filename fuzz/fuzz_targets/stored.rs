//! libFuzzer on [`outlive_fuzz::targets::stored`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::stored::run(data));
