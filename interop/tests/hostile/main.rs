//! A hostile host in the network of a cluster under light load, one attack after the other.
//!
//! Two Outlive nodes keep their memory within 64 MiB of what it was, serve each other and their clients all the while, and let go
//! of what the attacker held. Two Tomcats get most of the attacks in the same run; their figures are printed beside and judge nothing.
//! Waiting times are printed, too, and never judged.

use std::process::ExitCode;

use outlive_interop::runner::{self, Test};

mod attacker;
mod attacks;
mod load;
mod siege;

fn main() -> ExitCode {
    runner::main(&[
        Test::new("outlive_under_attack", siege::outlive).with_outlive(),
        Test::new("tomcat_under_attack", siege::tomcat).with_tomcat(),
    ])
}
