//! libFuzzer on [`outlive_fuzz::targets::rpc`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::rpc::run(data));
