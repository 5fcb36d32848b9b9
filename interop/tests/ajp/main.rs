//! AJP/1.3 behind a real Apache httpd: mod_jk and mod_proxy_ajp in front of Outlive nodes, and of one beside a Tomcat.
//!
//! | file | what |
//! |---|---|
//! | `sessions.rs` | the session app through httpd: its routes, stickiness, a node that is killed |
//! | `bodies.rs` | large bodies both ways, through the connector in this process |
//! | `wire.rs` | what no front sends, on a bare connection |

mod bodies;
mod fronts;
mod sessions;
mod wire;

use std::process::ExitCode;

use outlive_interop::runner::{self, Test};

/// mod_jk comes in a package of its own, beside it.
const HTTPD: &[&str] = &["apache2"];

fn main() -> ExitCode {
    runner::main(&[
        Test::new("sessions_behind_mod_jk", sessions::behind_mod_jk).with_outlive().with_programs(HTTPD),
        Test::new("sessions_behind_mod_proxy_ajp", sessions::behind_mod_proxy).with_outlive().with_programs(HTTPD),
        Test::new("one_outlive_and_one_tomcat", sessions::beside_a_tomcat)
            .with_outlive()
            .with_tomcat()
            .with_programs(HTTPD),
        Test::new("a_node_that_is_emptied", sessions::a_node_that_is_emptied).with_outlive().with_programs(HTTPD),
        Test::new("a_wrong_secret", sessions::a_wrong_secret).with_outlive().with_programs(HTTPD),
        Test::new("bodies_of_1_mib", bodies::of_1_mib).with_programs(HTTPD),
        Test::new("hostile_packets", wire::hostile_packets).with_outlive(),
        Test::new("cping_and_the_end", wire::cping_and_the_end).with_outlive(),
    ])
}
