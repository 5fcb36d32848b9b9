//! The demo's script: the nine steps between two processes, with SIGKILL.

use crate::support::output;

#[test]
fn the_nine_steps_pass() {
    let output = output("demo --script");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let steps: Vec<&str> = told.lines().collect();
    assert_eq!(steps.len(), 10, "{told}");
    for (number, line) in (1..=9).zip(&steps) {
        assert!(line.starts_with(&format!("PASS {number} ")), "{told}");
    }
    assert_eq!(steps[9], "9 passed, 0 failed");
}
