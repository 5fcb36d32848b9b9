//! libFuzzer on [`outlive_fuzz::targets::ajp`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::ajp::run(data));
