//! The benchmark: what sessions and their replication cost, beside a bare hyper of the same run.
//!
//! | module | what |
//! |---|---|
//! | `system` | the systems: a bare hyper, two nodes of ours, two Tomcats |
//! | `load` | the clients |
//! | `measure` | requests; memory and joining |
//! | `cpu`, `between` | processor time and bytes, as the kernel counts them |
//! | `record`, `table` | figures over repetitions, and how they are shown |
//!
//! It asserts no time: it fails where a session is lost or wrong, and where something cannot be measured.

mod arguments;
mod bare;
mod between;
mod cpu;
mod load;
mod measure;
mod record;
mod run;
mod system;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use arguments::{Arguments, Part};

fn main() -> ExitCode {
    match work(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outlive-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(arguments: Arguments) -> Result<()> {
    match arguments.part {
        Some(Part::Bare { http }) => bare::serve(http),
        None => run::run(&arguments.run),
    }
}
