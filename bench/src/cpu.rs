//! Processor time of processes, to the nanosecond.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use outlive_interop::process::Process;

/// User and system time of all threads of a process so far, ended ones too.
///
/// On loopback the kernel does much of the receiver's work in the sender's name, so a part of what an answer costs is the client's.
///
/// # Errors
/// Where the process is gone.
pub(crate) fn time_of(process: &Process) -> Result<Duration> {
    time_of_id(process.id())
}

/// The same, by the process's id.
///
/// # Errors
/// Where the process is gone.
pub(crate) fn time_of_id(id: u32) -> Result<Duration> {
    let id = Pid::from_raw(id.try_into()?);
    let time = clock_getcpuclockid(id).and_then(|clock| clock.now());
    Ok(time.with_context(|| format!("the processor time of process {id}"))?.into())
}

/// Seconds that all processors of the machine have worked so far, from the kernel's ticks.
///
/// # Errors
/// Where the kernel does not tell.
pub(crate) fn machine_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat").context("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map_while(|number| number.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal: all but the two idle ones.
    let worked: u64 = ticks.iter().take(8).sum::<u64>() - ticks.iter().skip(3).take(2).sum::<u64>();
    Ok(worked as f64 / TICKS_PER_SECOND)
}

/// Of user space, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of this process.
///
/// # Errors
/// Where the kernel does not tell.
pub(crate) fn own_time() -> Result<Duration> {
    let now = nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID.now();
    Ok(now.context("this process's processor time")?.into())
}
