//! `cargo xtask picture`: the README's picture.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::{cargo, root, target_folder};

pub(crate) fn run() -> ExitCode {
    match take() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the browser test that takes it. What else that takes stays in the target folder, to look at.
fn take() -> Result<()> {
    let folder = target_folder().join("demo-page");
    fs::create_dir_all(&folder)?;
    let mut test = cargo();
    test.args(["test", "--locked", "--package", "outlive-interop", "--test", "demo_page", "--", "--exact", "picture"]);
    // Skipped for want of a browser would mean: no picture.
    let status = test.env("CI", "true").env("OUTLIVE_PICTURES", &folder).status().context("cannot start cargo")?;
    ensure!(status.success(), "no picture was taken: {status}");
    let picture = root().join("docs/demo.png");
    fs::create_dir_all(root().join("docs"))?;
    fs::copy(folder.join("demo.png"), &picture)?;
    println!("{}: the new picture; the others are in {}", picture.display(), folder.display());
    Ok(())
}
