//! libFuzzer on [`outlive_fuzz::targets::java_stream`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::java_stream::run(data));
