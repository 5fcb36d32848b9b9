//! The program `outlive`: a node of a session cluster (`serve`), the story of one that dies (`demo`), and what passes between nodes
//! (`inspect`).
//!
//! Here is the wiring alone: flags become a cluster's configuration, the session app is put behind the session layer and a connector,
//! signals end it in the right order. What a node decides is decided in the crates below.
//!
//! | module | what |
//! |---|---|
//! | `cli` | flags and their help, which of them are not built yet |
//! | `serve` | one node, from its ports to its last word |
//! | `app` | the session app that every server of the comparison serves |
//! | `demo` | two nodes as processes, the balancer before them, the nine steps |
//! | `balance` | the balancer without the demo |
//! | `drain` | a node that leaves in order, and `outlive drain` |
//! | `restart_check` | whether a node may be restarted now |
//! | `membership` | the nodes as Kubernetes or DNS name them |
//! | `config` | what a node would be, from a Tomcat's files or an outlive.toml |
//! | `inspect` | captures and session files, one JSON object a line |
//! | `stores`, `store` | places for sessions by their URL, and `outlive store` |
//! | `request_path` | what a request's path means |
//! | `exit` | a failure as one sentence and an exit code |

use std::io::IsTerminal;
use std::process::ExitCode;

mod app;
mod balance;
mod cli;
mod config;
mod demo;
mod drain;
#[cfg(test)]
mod examples;
mod exchange;
mod exit;
mod inspect;
mod membership;
mod reply;
mod request_path;
mod restart_check;
mod serve;
mod signals;
mod store;
mod stores;

use cli::{Command, LogFormat};
use exit::Exit;

/// Sessions come and go in many small pieces on all threads. This allocator keeps pieces of a size together, so that what
/// sessions at rest no longer need goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let done = cli::parse(std::env::args_os()).and_then(|command| match command {
        Command::Config(command) => config::run(command),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Serve(arguments) => {
            let settings = serve::Settings::resolve(*arguments)?;
            log_to_stderr("info", settings.log_format());
            with_threads(serve::run(settings))
        }
        Command::Balance(arguments) => {
            log_to_stderr("info", arguments.log_format);
            with_threads(balance::run(*arguments))
        }
        Command::Drain(arguments) => with_threads(drain::run(arguments)),
        Command::RestartCheck(arguments) => with_threads(restart_check::run(arguments)),
        Command::Store(arguments) => {
            log_to_stderr("warn", LogFormat::Text);
            with_threads(store::run(arguments))
        }
        Command::Demo(arguments) => {
            log_to_stderr("warn", LogFormat::Text);
            with_threads(demo::run(arguments))
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

/// Runs a future on threads of its own.
fn with_threads(future: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::failure(format!("no threads could be started: {error}")))?;
    let result = runtime.block_on(future);
    // Threads that read the standard input or resolve a name would be waited for otherwise.
    runtime.shutdown_background();
    result
}

/// One line an event on the standard error; `RUST_LOG` says what, else `default`.
fn log_to_stderr(default: &str, format: LogFormat) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).compact().init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
}
