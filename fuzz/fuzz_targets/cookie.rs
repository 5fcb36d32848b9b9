//! libFuzzer on [`outlive_fuzz::targets::cookie`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::cookie::run(data));
