//! libFuzzer on [`outlive_fuzz::targets::session_message`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| outlive_fuzz::targets::session_message::run(data));
