//! libFuzzer on [`outlive_fuzz::targets::java_value`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::java_value::run(data));
