//! The report: on what it was made, the picture, the tables.

use anyhow::Result;

use crate::instructions::Counts;
use crate::machine::Machine;
use crate::record::Results;
use crate::table;

/// What a report tells of.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// On what.
    pub(crate) machine: &'a Machine,
    /// What was measured.
    pub(crate) results: &'a Results,
    /// What was counted, where that is possible.
    pub(crate) counts: Option<&'a Counts>,
}

const HEAD: &str = "\
# What sessions and their replication cost

One run of `cargo xtask bench`; [README.md](README.md) says how each figure is made. Where there are several repetitions: median
[least–most]. Compare within this run alone: ratios and CPU time hold up, requests a second and p99 change with whatever else the machine does.
";

impl Report<'_> {
    /// All of it.
    ///
    /// # Errors
    /// The reference counts cannot be read.
    pub(crate) fn markdown(&self) -> Result<String> {
        let mut out = format!("{HEAD}\n{}\n![The figures as bars](results.svg)\n\n", self.machine.markdown());
        out.push_str("## Side by side\n\n");
        out.push_str(&table::markdown(self.results));
        if let Some(counts) = self.counts {
            out.push_str(
                "## Instructions\n\nUser-space instructions of one time; they do not drift with the machine.\n\n",
            );
            out.push_str(&counts.markdown()?);
        }
        Ok(out.trim_end().to_owned() + "\n")
    }
}
