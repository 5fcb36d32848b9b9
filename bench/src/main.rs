//! The benchmark: what sessions and their replication cost, beside a bare hyper of the same run.
//!
//! | module | what |
//! |---|---|
//! | `system`, `peers`, `bare` | the systems: a bare hyper, two nodes of ours, two Tomcats, tower-sessions over Redis |
//! | `load` | the clients |
//! | `measure` | requests; memory and joining |
//! | `cpu`, `between` | processor time and bytes, as the kernel counts them |
//! | `stores` | what keeping sessions costs |
//! | `work`, `instructions` | small fixed pieces of work, and how many instructions they take |
//! | `run`, `repetition`, `short` | the order of things; the form for the test command |
//! | `record`, `table`, `plot`, `machine`, `report` | figures over repetitions, and how they are shown |
//!
//! It asserts no time: it fails where a session is lost or wrong, and where something cannot be measured.

mod arguments;
mod bare;
mod between;
mod cpu;
mod instructions;
mod load;
mod machine;
mod measure;
mod peers;
mod plot;
mod record;
mod repetition;
mod report;
mod run;
mod short;
mod stores;
mod system;
mod table;
mod work;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use arguments::{Arguments, Part};
use instructions::Counts;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.short {
        return short::run();
    }
    match work(arguments) {
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
        Some(Part::Stores(arguments)) => stores::run(&arguments),
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
