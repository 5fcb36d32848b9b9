//! Sessions in files: what real Tomcats write is read here, what is written here is served by real Tomcats, and no fault of a disk or a
//! process leaves half a session.
//!
//! Needs root on Linux; see `outlive_interop::runner` for its variables.

mod both_ways;
mod disk;
mod killed;
mod shopper;

use std::process::ExitCode;

use outlive_interop::runner::{self, Test};

fn main() -> ExitCode {
    if let Some(folder) = killed::writer_folder() {
        return killed::write_until_killed(&folder);
    }
    runner::main(&[
        Test::new("a_tomcats_files_are_read_and_served_by_another_tomcat", both_ways::files).with_tomcat(),
        Test::new("a_tomcats_files_keep_their_users", both_ways::files_with_users).with_tomcat(),
        Test::new("sessions_ser_goes_both_ways", both_ways::sessions_ser).with_tomcat(),
        Test::new("sessions_ser_keeps_its_users", both_ways::sessions_ser_with_users).with_tomcat(),
        Test::new("a_full_disk_keeps_what_was_saved", disk::full),
        Test::new("a_folder_that_is_read_only_is_read", disk::read_only),
        Test::new("a_writer_that_is_killed_leaves_whole_files", killed::files_are_whole),
    ])
}

/// Runs what a store does; it needs tokio for its blocking work.
fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(work))
}
