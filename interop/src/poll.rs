//! Waiting for what another process does: ask, wait a little, ask again, until a deadline.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// The first pause between two questions. Each one is half as long again as the last, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(2);
/// The longest pause between two questions.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// Asks until the answer is `Ok`, and gives it. After `limit` the last error comes back with `what` and the time before it.
///
/// The question is asked at least once, and once more when the limit has passed.
///
/// # Errors
/// The last answer, where none was `Ok` in time.
pub fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let mut pause = PAUSE_MIN;
    loop {
        let late = start.elapsed() >= limit;
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(last) if late => return Err(last.context(format!("{what}: not within {limit:?}"))),
            Err(_) => {
                thread::sleep(pause.min(limit.saturating_sub(start.elapsed())));
                pause = (pause * 3 / 2).min(PAUSE_MAX);
            }
        }
    }
}

/// Asks until `got` gives `want`.
///
/// # Errors
/// Names the last value, where it never was the wanted one, or the error that came instead of a value.
pub fn until_equal<T>(what: &str, limit: Duration, want: &T, mut got: impl FnMut() -> Result<T>) -> Result<()>
where
    T: PartialEq + std::fmt::Debug,
{
    until(what, limit, || {
        let got = got()?;
        if got == *want { Ok(()) } else { Err(anyhow!("it is {got:?}, not {want:?}")) }
    })
}

/// Waits until `moment`: for the tests in which the passing of time itself is the event.
pub fn time_passes(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_until_the_answer_is_there() {
        let mut asked = 0;
        let answer = until("three", Duration::from_secs(5), || {
            asked += 1;
            if asked == 3 { Ok(asked) } else { Err(anyhow!("only {asked}")) }
        });
        assert_eq!(answer.unwrap(), 3);
    }

    #[test]
    fn the_last_error_names_what_was_awaited() {
        let missed = until_equal("sessions", Duration::ZERO, &2, || Ok(1)).unwrap_err();
        assert_eq!(format!("{missed:#}"), "sessions: not within 0ns: it is 1, not 2");
    }
}
