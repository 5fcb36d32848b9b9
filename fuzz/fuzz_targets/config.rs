//! libFuzzer on [`outlive_fuzz::targets::config`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::config::run(data));
