//! The unit for systemd, as systemd itself reads it.

use std::path::Path;
use std::process::Command;

#[test]
fn systemd_takes_the_unit() {
    if !Command::new("systemd-analyze").arg("--version").output().is_ok_and(|answer| answer.status.success()) {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "no systemd-analyze, and with CI=true nothing may be skipped"
        );
        println!("SKIPPED: no systemd-analyze here (package systemd)");
        return;
    }
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/systemd/outlive.service");
    let text = std::fs::read_to_string(unit).unwrap();
    // It looks whether the program is there.
    let text = text.replace("/usr/local/bin/outlive", env!("CARGO_BIN_EXE_outlive"));
    let folder = tempfile::tempdir().unwrap();
    let verified = |text: &str| {
        let file = folder.path().join("outlive.service");
        std::fs::write(&file, text).unwrap();
        let output = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(file).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        // Other units of the machine may have faults of their own.
        let own: Vec<&str> = told.lines().filter(|line| line.contains("outlive.service")).collect();
        (output.status.success() && own.is_empty(), told)
    };
    let (good, told) = verified(&text);
    assert!(good, "{told}");
    let (good, told) = verified(&text.replace("Restart=on-failure", "Restart=perhaps"));
    assert!(!good, "a fault is not seen: {told}");
}
