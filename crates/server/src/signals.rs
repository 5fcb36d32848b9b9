//! When to stop.

use std::io::Read;

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

const INTERRUPT: &str = "SIGINT";
const END_OF_STDIN: &str = "the end of the standard input";

/// Whether a person at the terminal, or the end of the program that started this one, is in no mood to wait.
pub(crate) fn is_hasty(reason: &str) -> bool {
    reason == INTERRUPT || reason == END_OF_STDIN
}

/// Waits for SIGTERM or SIGINT, or, with `stdin`, for the end of the standard input. Gives its name for the log.
///
/// The signals are caught from the first poll on; a second one is seen only by whoever calls this anew.
pub(crate) async fn stop_asked(stdin: bool) -> Result<&'static str, Exit> {
    let cannot = |error| Exit::failure(format!("signals cannot be caught: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => INTERRUPT,
        () = end_of_stdin(), if stdin => END_OF_STDIN,
    })
}

/// Whoever started this process holds the other end of the pipe, and the system closes it when they die, however they die.
///
/// A thread of its own, as a read of the standard input cannot be taken back and must not keep the runtime from ending.
async fn end_of_stdin() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut ignored = [0; 256];
        while matches!(stdin.read(&mut ignored), Ok(1..)) {}
        drop(ended);
    });
    let _ = end.await; // an error by design: the sender is dropped at the end of the input
}
