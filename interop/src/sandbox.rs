//! A network of its own for a test program: a namespace with nothing but a loopback interface that has multicast and the rig's addresses.
//!
//! ```text
//! test program ── no marker ──▶ builds what tests need ──▶ unshare ──▶ sh: sets the interface up ──▶ test program, with the marker
//! ```
//!
//! The program starts itself again inside, as the child of the shell that set the interface up. Where the system allows it, that shell is
//! the first process of a process namespace, too: when it ends, the kernel kills whatever the tests left behind. It takes root, or a
//! system on which ordinary users may make namespaces.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, fs};

use crate::spec::ADDRESSES;

/// Set for a program that runs inside.
const MARKER: &str = "OUTLIVE_RIG_SANDBOX";

/// The ways in, best first. Without the process namespace, nodes end with their handles alone.
const WAYS: [&[&str]; 3] = [
    &["--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--net"],
];

/// Whether this program runs inside.
pub fn is_inside() -> bool {
    env::var_os(MARKER).is_some()
}

/// Whether a process in here can become another user: no where an ordinary user made the namespaces.
pub fn has_all_users() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_ascii_whitespace().nth(2).is_some_and(|users| users != "1")
}

/// Starts this program again inside, with the same arguments and the given variables. Returns only where that is impossible, with the reason.
pub fn enter(variables: &[(&str, String)]) -> String {
    let set_up = set_up_script();
    let mut why = String::new();
    for way in WAYS {
        match Command::new("unshare").args(way).args(["sh", "-c", &set_up]).output() {
            Ok(tried) if tried.status.success() => return start_again(way, &set_up, variables),
            Ok(tried) => why = String::from_utf8_lossy(&tried.stderr).trim().to_owned(),
            Err(missing) => return format!("unshare: {missing}"),
        }
    }
    why
}

/// Replaces this program by the one inside; returns only where that fails.
fn start_again(way: &[&str], set_up: &str, variables: &[(&str, String)]) -> String {
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(unknown) => return format!("where this program lies: {unknown}"),
    };
    // Not `exec "$@"`: the first process of a namespace ignores an interrupt from the keyboard, its child does not.
    let script = format!("{set_up}; set +e; \"$@\"; exit $?");
    let refused = Command::new("unshare")
        .args(way)
        .args(["sh", "-c", &script, "sh"])
        .arg(program)
        .args(env::args_os().skip(1))
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env(MARKER, "1")
        .exec();
    format!("unshare: {refused}")
}

fn set_up_script() -> String {
    // An attacker needs more files than many systems allow at first; the nodes may have them, too, and must not use them.
    let mut script = "set -e; [ $(ulimit -S -n) = unlimited ] || [ $(ulimit -S -n) -ge 4096 ] || ulimit -S -n 4096; \
                      ip link set lo up multicast on"
        .to_owned();
    for address in ADDRESSES {
        script.push_str(&format!("; ip address add {address}/24 dev lo"));
    }
    script.push_str("; ip route add 224.0.0.0/4 dev lo");
    script
}
