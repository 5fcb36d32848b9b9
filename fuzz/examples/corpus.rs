//! Corpora as files.
//!
//! `cargo run -p outlive-fuzz --example corpus -- write FOLDER`: the seeds of each target, in a folder each. Prints the targets, each
//! with the longest input that is worth making.
//! `cargo run -p outlive-fuzz --example corpus -- run TARGET FILE…`: gives a target these files, one after the other.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use outlive_fuzz::corpus;
use outlive_fuzz::targets::{TARGETS, target};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["write", folder] => write(Path::new(folder)),
        ["run", name, ref files @ ..] => run(name, files),
        _ => Err("write FOLDER, or run TARGET FILE…".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Adds to what is there: libFuzzer keeps what it finds in the same folders.
fn write(folder: &Path) -> Result<(), String> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (number, seed) in corpus::seeds(&target).iter().enumerate() {
            let file = folder.join(format!("seed-{number:04}"));
            fs::write(&file, seed).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        println!("{} {}", target.name, target.longest);
    }
    Ok(())
}

fn run(name: &str, files: &[&str]) -> Result<(), String> {
    let target = target(name).ok_or_else(|| format!("no target {name}"))?;
    for file in files {
        let input = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        println!("{file}: {} bytes", input.len());
        (target.run)(&input);
    }
    Ok(())
}
