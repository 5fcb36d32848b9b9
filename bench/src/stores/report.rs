//! The figures as tables.

use std::fmt::Write;
use std::time::Duration;

use super::requests::{Cost, Load};
use super::start::Start;
use super::step::Step;
use crate::machine::Machine;
use crate::table::number;

/// What was measured, in its order.
#[derive(Debug, Default)]
pub(super) struct Report {
    steps: Vec<(&'static str, Step)>,
    starts: Vec<(&'static str, Start)>,
    loads: Vec<(Load, Cost)>,
}

impl Report {
    pub(super) fn engine(&mut self, name: &'static str, steps: Vec<Step>) {
        self.steps.extend(steps.into_iter().map(|step| (name, step)));
    }

    pub(super) fn starts(&mut self, name: &'static str, starts: Vec<Start>) {
        self.starts.extend(starts.into_iter().map(|start| (name, start)));
    }

    pub(super) fn load(&mut self, load: Load, cost: Cost) {
        self.loads.push((load, cost));
    }

    pub(super) fn markdown(&self, machine: &Machine) -> String {
        let mut out = format!(
            "# What keeping sessions costs\n\nOne run of `cargo xtask bench stores`; [README.md](README.md) says how each figure is made. \
             Compare within this run alone.\n\n{}\n",
            machine.markdown()
        );
        self.steps_into(&mut out);
        self.starts_into(&mut out);
        self.loads_into(&mut out);
        out
    }

    fn steps_into(&self, out: &mut String) {
        out.push_str(
            "## Saving and loading, eight at once\n\n\
             | store | step | sessions | sessions/s | CPU µs a session | … of the server |\n|---|---|---:|---:|---:|---:|\n",
        );
        for (store, step) in &self.steps {
            let count = step.sessions as f64;
            let _ = writeln!(
                out,
                "| {store} | {} | {} | {} | {} | {} |",
                step.name,
                number(count),
                number(count / step.wall.as_secs_f64()),
                number(micros(step.cpu) / count),
                shown(step.server.map(|server| micros(server) / count)),
            );
        }
        out.push('\n');
    }

    fn starts_into(&self, out: &mut String) {
        out.push_str(
            "## A start with stored sessions\n\n\
             | store | sessions | first answer, ms | … all in memory after, ms more | CPU s until then | resident MiB |\n\
             |---|---|---:|---:|---:|---:|\n",
        );
        for (store, start) in &self.starts {
            let _ = writeln!(
                out,
                "| {store} | {} | {} | {} | {} | {} |",
                start.manager,
                number(start.answer.as_secs_f64() * 1e3),
                shown(start.all.map(|all| all.as_secs_f64() * 1e3)),
                number(start.cpu.as_secs_f64()),
                number(start.resident_bytes as f64 / 1024.0 / 1024.0),
            );
        }
        out.push('\n');
    }

    fn loads_into(&self, out: &mut String) {
        out.push_str(
            "## A request that changes its session\n\n\
             | | CPU µs a request, all nodes | … ÷ no store | … of the store's server | requests/s | p99 ms | sessions wrong in the store |\n\
             |---|---:|---:|---:|---:|---:|---:|\n",
        );
        let of_nodes = |cost: &Cost| micros(cost.nodes) / cost.requests as f64;
        let without = self.loads.iter().find(|(load, _)| *load == Load::Memory).map(|(_, cost)| of_nodes(cost));
        for (load, cost) in &self.loads {
            let ratio = without.filter(|_| load.is_replicated()).map(|without| of_nodes(cost) / without);
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                load.name(),
                number(of_nodes(cost)),
                shown(ratio),
                shown(cost.server.map(|server| micros(server) / cost.requests as f64)),
                number(cost.requests as f64 / cost.time.as_secs_f64()),
                number(cost.p99.as_secs_f64() * 1e3),
                shown(cost.wrong.map(|wrong| wrong as f64)),
            );
        }
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}
