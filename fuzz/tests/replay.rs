//! Every target over its corpus: the same inputs in every run. In front of each target stands how many they are.
//!
//! `cargo test -p outlive-fuzz --test replay [TARGET]`

use std::panic::catch_unwind;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use outlive_fuzz::corpus;
use outlive_fuzz::targets::{TARGETS, Target};

fn main() -> ExitCode {
    let trial = |target: Target| {
        let inputs: Vec<_> = corpus::inputs(&target).collect();
        let count = format!("{} inputs", inputs.len());
        Trial::test(target.name, move || replay(target, &inputs)).with_kind(count)
    };
    libtest_mimic::run(&Arguments::from_args(), TARGETS.into_iter().map(trial).collect()).exit_code()
}

fn replay(target: Target, inputs: &[Vec<u8>]) -> Result<(), Failed> {
    for (number, input) in inputs.iter().enumerate() {
        if catch_unwind(|| (target.run)(input)).is_err() {
            let file = std::env::temp_dir().join(format!("outlive-fuzz-{}-{number}", target.name));
            std::fs::write(&file, input)?;
            let again = format!("cargo run -p outlive-fuzz --example corpus -- run {} {}", target.name, file.display());
            return Err(format!("input {number} of {}, see above; once more: {again}", inputs.len()).into());
        }
    }
    Ok(())
}
