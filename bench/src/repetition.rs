//! One repetition: every system once, one after the other, so that all of them see the same machine.

use std::time::Duration;

use anyhow::{Result, ensure};
use outlive_interop::Scene;

use crate::measure::requests::{self, Method};
use crate::measure::{COST, HEALTH, JOIN_WRONG, READ, START, WRITE, WRONG, many, sessions};
use crate::record::Record;
use crate::system::{Parts, System};

/// The records of one repetition.
#[derive(Debug)]
pub(crate) struct Repetition<'a> {
    parts: &'a Parts,
    method: Method,
    sizes: &'a [usize],
    records: Vec<(System, Record)>,
}

impl<'a> Repetition<'a> {
    /// An empty one; `sizes` are numbers of sessions.
    pub(crate) fn new(parts: &'a Parts, method: Method, sizes: &'a [usize]) -> Self {
        Self { parts, method, sizes, records: Vec::new() }
    }

    /// Measures a system.
    ///
    /// # Errors
    /// Something cannot be measured, or a session of ours is wrong.
    pub(crate) fn measure(&mut self, system: System) -> Result<()> {
        let mut record = Record::default();
        let empty_start = self.requests(system, &mut record)?;
        if system.has_sessions() {
            for &size in self.sizes {
                self.sessions(system, size, empty_start, &mut record)?;
            }
        }
        self.records.push((system, record));
        Ok(())
    }

    /// The records, each with its ratios to what stood beside it.
    pub(crate) fn finish(mut self) -> Vec<(System, Record)> {
        let cost = |records: &[(System, Record)], of: System, group: &str| {
            records.iter().find_map(|(system, record)| if *system == of { record.get(group, COST) } else { None })
        };
        for index in 0..self.records.len() {
            for group in [HEALTH, WRITE, READ] {
                let system = self.records[index].0;
                let Some(own) = self.records[index].1.get(group, COST) else { continue };
                let rival = system.rival().and_then(|rival| cost(&self.records, rival, group));
                let hyper = cost(&self.records, System::Hyper, HEALTH);
                let record = &mut self.records[index].1;
                if let Some(rival) = rival {
                    record.put_behind(COST, group, "… ÷ the Tomcat of the same kind", own / rival);
                }
                if let Some(hyper) = hyper {
                    record.put_behind(COST, group, "… ÷ bare hyper", own / hyper);
                }
            }
        }
        self.records
    }

    /// Requests to one cluster. Gives the time that B took to start without sessions.
    fn requests(&self, system: System, record: &mut Record) -> Result<Duration> {
        self.with_scene(|scene| {
            let mut cluster = system.place(scene, self.parts)?;
            let started = cluster.start()?;
            if system.takes_load() {
                requests::warm_up(&cluster, system.warm_up_requests(), system.has_sessions())?;
                requests::health(&cluster, self.method, record)?;
                if system.has_sessions() {
                    requests::write(&cluster, self.method, record)?;
                    // A peer's mistake is a figure of the table; ours is a failure.
                    let wrong = record.get(WRITE, WRONG);
                    ensure!(wrong == Some(0.0) || !system.is_ours(), "sessions wrong on B: {wrong:?}");
                    requests::read(&cluster, self.method, record)?;
                }
            }
            if system.has_sessions() {
                record.put(START, "alone, ms", started.a.as_secs_f64() * 1e3);
                record.put(START, "as the second, without sessions, ms", started.b.as_secs_f64() * 1e3);
            }
            Ok(started.b)
        })
    }

    /// Many sessions on one cluster.
    fn sessions(&self, system: System, size: usize, empty_start: Duration, record: &mut Record) -> Result<()> {
        self.with_scene(|scene| {
            let mut cluster = system.place(scene, self.parts)?;
            cluster.start()?;
            sessions::measure(&mut cluster, size, self.method.rest, empty_start, record)
        })?;
        let wrong = record.get(&many(size), JOIN_WRONG);
        ensure!(wrong == Some(0.0) || !system.is_ours(), "sessions missing or wrong after joining: {wrong:?}");
        Ok(())
    }

    /// Works in a scene of its own; an error shows what the nodes wrote.
    fn with_scene<T>(&self, work: impl FnOnce(&Scene) -> Result<T>) -> Result<T> {
        let scene = Scene::new(self.parts.programs.clone())?;
        work(&scene).inspect_err(|_| eprintln!("{}", scene.log_tails()))
    }
}
