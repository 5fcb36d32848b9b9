//! What one step took.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::place::Place;
use crate::cpu;

/// A number of sessions, and what it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) sessions: usize,
    pub(super) wall: Duration,
    /// Of the process that keeps its sessions there.
    pub(super) cpu: Duration,
    /// Of the store's server, where it has one.
    pub(super) server: Option<Duration>,
}

impl Step {
    /// Runs the work, whose processor time is this process's.
    pub(super) fn of(
        name: &'static str,
        place: &Place<'_>,
        sessions: usize,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<Self> {
        let (begin, own, server) = (Instant::now(), cpu::own_time()?, place.server_time()?);
        work()?;
        let wall = begin.elapsed();
        let cpu = cpu::own_time()?.saturating_sub(own);
        let server = place.server_time()?.zip(server).map(|(now, before)| now.saturating_sub(before));
        Ok(Step { name, sessions, wall, cpu, server })
    }
}
