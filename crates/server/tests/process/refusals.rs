//! What cannot be done is told in one sentence, with an exit code, and never with a backtrace.

use std::net::TcpListener;

use crate::support::{free, output};

fn check(line: &str, code: i32, parts: &[&str]) {
    let output = output(line);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{line}: {told}");
    let sentences = told.lines().filter(|line| line.starts_with("outlive: ")).count();
    assert_eq!(sentences, 1, "{line}: {told}");
    assert!(!told.contains("panicked") && !told.contains("backtrace"), "{line}: {told}");
    for part in parts {
        assert!(told.contains(part), "{line}: {part:?} is not in {told}");
    }
}

#[test]
fn a_command_line_that_cannot_be_followed() {
    check("serve --fast", 2, &["unexpected argument '--fast'"]);
    check("serve --encrypt 00", 2, &["--encrypt: a key has 16, 24 or 32 bytes"]);
    check("serve --interceptors gzip,gzip", 2, &["GzipInterceptor stands in the stack twice"]);
    check("doctor", 2, &["'outlive doctor' is not built yet"]);
    check("serve --receiver 10.0.0.1:4000", 2, &["not encrypted", "--encrypt", "--allow-plaintext"]);
}

#[test]
fn a_port_in_use() {
    let listening = TcpListener::bind("127.0.0.1:0").unwrap();
    let used = listening.local_addr().unwrap();
    let (receiver, http) = (free(), free());
    check(&format!("serve --receiver {receiver} --http {used}"), 1, &["--http", &used.to_string(), "is in use"]);
    check(&format!("serve --receiver {receiver} --http {http} --health {used}"), 1, &["--health", "is in use"]);
    check(
        &format!("serve --receiver {used} --http {http} --static {receiver}"),
        1,
        &["--receiver", &used.to_string(), "is in use"],
    );
}

#[test]
fn an_address_that_does_not_exist() {
    check("serve --receiver 127.0.0.1:0 --http 192.0.2.9:0", 1, &["no address 192.0.2.9"]);
    check(
        "serve --receiver 192.0.2.9:0 --http 127.0.0.1:0 --allow-plaintext --static 192.0.2.8:1",
        1,
        &["no address 192.0.2.9"],
    );
    check("serve --receiver no.such.host.invalid:1", 1, &["no address is known", "no.such.host.invalid"]);
}

#[test]
fn multicast_that_cannot_be_had() {
    let line = "serve --receiver 127.0.0.1:0 --http 127.0.0.1:0 --bind 192.0.2.9 --allow-plaintext";
    check(line, 1, &["multicast group 228.0.0.4:45564", "--static"]);
}
