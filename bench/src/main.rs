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
mod instructions;
mod load;
mod measure;
mod record;
mod run;
mod system;
mod table;
mod work;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use arguments::{Arguments, Part};
use instructions::Counts;

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
        Some(Part::Work { name, times }) => {
            let work = work::ALL.iter().find(|work| work.name == name).context("no such work")?;
            work.run(times)
        }
        Some(Part::Count { keep }) => {
            let counts = Counts::take(&run::results_folder()?)?;
            if keep {
                counts.keep()?;
            }
            println!("{}", counts.markdown()?);
            Ok(())
        }
        None => run::run(&arguments.run),
    }
}
