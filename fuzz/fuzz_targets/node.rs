//! libFuzzer on [`outlive_fuzz::targets::node`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::node::run(data));
