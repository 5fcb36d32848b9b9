//! The command line: `outlive`, `outlive demo`, `outlive serve`, `outlive inspect`, and what is not built yet.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::balance::{self, BalanceArguments};
use crate::config::ConfigCommand;
use crate::config::arguments as config_command;
use crate::drain::DrainArguments;
use crate::exit::Exit;
use crate::restart_check::{self, RestartCheckArguments};
use crate::store::StoreCommand;
use crate::store::arguments as store_command;

mod ajp;
mod files;
mod inspect;
mod interceptors;
mod limits;
mod send_options;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod unbuilt;

pub(crate) use ajp::AjpArguments;
pub(crate) use files::{Definition, FileArguments};
pub(crate) use inspect::{FormatName, InspectArguments};
pub(crate) use interceptors::{InterceptorOption, Secret};
pub(crate) use serve::{ClusterAt, HostPort, LogFormat, ServeArguments};
pub(crate) use store::StoreArguments;

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    // Boxed, being many times larger.
    Balance(Box<BalanceArguments>),
    Config(ConfigCommand),
    Demo(DemoArguments),
    Drain(DrainArguments),
    Inspect(InspectArguments),
    RestartCheck(RestartCheckArguments),
    // Boxed, being many times larger.
    Serve(Box<ServeArguments>),
    Store(StoreCommand),
}

/// HTTP sessions that outlive their server: a session-replication cluster that speaks the protocol of Apache Tomcat's.
#[derive(Debug, Parser)]
#[command(name = "outlive", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Outlive {
    #[command(subcommand)]
    command: Option<Subcommands>,
}

const AFTER_HELP: &str = "\
Without a command: the demo.

Examples:
  outlive                       two nodes and a balancer on this machine, and a page to kill them
  outlive demo --script         the nine steps of a session that survives, played and checked
  outlive serve --receiver 127.0.0.1:4000 --http 127.0.0.1:8081 --name node1
  outlive serve --receiver 127.0.0.1:4001 --name keeper
                                a keeper: holds the sessions of all applications of the cluster
  outlive restart-check 127.0.0.1:9000 && outlive drain 127.0.0.1:9000
                                lets the node with this --health leave, if no session is lost by it
  outlive balance --cluster 10.0.0.1:9000
                                a sticky balancer in front of the nodes of a cluster
  outlive serve --base /var/lib/tomcat10 --allow-plaintext
                                a node from the files of a Tomcat; 'outlive config check' tells what is understood
  outlive store list --store file:/var/lib/outlive --context /shop
                                the sessions that are kept beside the memory
  outlive inspect SESSIONS.ser  what a session file or a capture of a Tomcat says

Logs go to the standard error; RUST_LOG says how much (error, warn, info, debug; default info). Its targets mirror Tomcat's log categories:
RUST_LOG=info,tribes::messages=trace shows each message sent and received, with sessions as hashes and without values.";

const DEMO: &str = "\
Two nodes and a sticky balancer as processes of this machine, on free ports of 127.0.0.1, with a multicast group \
and port of their own: they never meet a real cluster. The balancer serves a page with the session app, with buttons that kill and \
start a node, and with the nine steps to be played. Ctrl-C ends everything.";

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Two nodes and a sticky balancer as processes of this machine, to kill and start at will
    #[command(long_about = DEMO)]
    Demo(DemoArguments),
    /// One node of a cluster
    #[command(long_about = serve::ABOUT, after_help = serve::EXAMPLES)]
    Serve(Box<ServeArguments>),
    /// Shows captured cluster traffic and session files, one JSON object a line
    #[command(long_about = inspect::ABOUT, after_help = inspect::EXAMPLES)]
    Inspect(InspectArguments),
    /// A sticky balancer in front of the nodes
    #[command(long_about = balance::ABOUT, after_help = balance::EXAMPLES)]
    Balance(Box<BalanceArguments>),
    /// Lets a node leave without the loss of a session, and waits until it has
    ///
    /// The same as SIGTERM: its health says 503 so that balancers notice, requests under way are answered, all that it holds is
    /// acknowledged by the others; then it ends. Exit code 0: nothing is lost; 1: something that it held is nowhere else; 3: the node cannot be
    /// asked.
    Drain(DrainArguments),
    /// Says whether a node may be restarted now: exit code 0 yes, 1 no
    #[command(long_about = restart_check::ABOUT)]
    RestartCheck(RestartCheckArguments),
    /// Checks a configuration, or turns a Tomcat's into an outlive.toml
    #[command(subcommand, long_about = config_command::ABOUT, after_help = config_command::EXAMPLES)]
    Config(ConfigCommand),
    /// Makes, lists, exports and imports a store of sessions
    #[command(subcommand, long_about = store_command::ABOUT, after_help = store_command::EXAMPLES)]
    Store(StoreCommand),
}

/// Flags of `outlive demo`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct DemoArguments {
    /// Play the nine steps, print PASS or FAIL for each, and exit (0 if all passed, else 1)
    #[arg(long)]
    pub(crate) script: bool,
}

/// Reads the command line. `--help` and `--version` print and end the process.
///
/// # Errors
/// Exit code 2 with one sentence: an unknown flag or command, a value that does not parse, a part that is not built yet.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(command) = arguments.get(1).and_then(|word| word.to_str()) {
        unbuilt::refuse_command(command)?;
    }
    match Outlive::try_parse_from(&arguments) {
        Ok(parsed) => match parsed.command {
            None => Ok(Command::Demo(DemoArguments::default())),
            Some(Subcommands::Demo(arguments)) => Ok(Command::Demo(arguments)),
            Some(Subcommands::Balance(arguments)) => Ok(Command::Balance(arguments)),
            Some(Subcommands::Config(command)) => Ok(Command::Config(command)),
            Some(Subcommands::Drain(arguments)) => Ok(Command::Drain(arguments)),
            Some(Subcommands::RestartCheck(arguments)) => Ok(Command::RestartCheck(arguments)),
            Some(Subcommands::Inspect(arguments)) => Ok(Command::Inspect(arguments)),
            Some(Subcommands::Store(arguments)) => Ok(Command::Store(arguments)),
            Some(Subcommands::Serve(arguments)) => {
                unbuilt::refuse_flags(&arguments)?;
                arguments.limits.check()?;
                Ok(Command::Serve(arguments))
            }
        },
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => error.exit(),
        Err(error) => Err(Exit::usage(sentence(&error, &named(&arguments)))),
    }
}

/// The command that a line begins with, such as `outlive store list`: the one whose `--help` is about it.
fn named(arguments: &[OsString]) -> String {
    let mut commands = Outlive::command();
    let mut name = commands.get_name().to_owned();
    for word in arguments.iter().skip(1).map_while(|word| word.to_str()) {
        let Some(command) = commands.find_subcommand(word).cloned() else { break };
        name = format!("{name} {}", command.get_name());
        commands = command;
    }
    name
}

/// The flags of `serve` with no more than these: what the environment says, and the defaults.
///
/// # Errors
/// Exit code 2: what the environment says cannot be followed.
pub(crate) fn serve_arguments(files: FileArguments, allow_plaintext: bool) -> Result<ServeArguments, Exit> {
    match parse(["outlive", "serve"].map(Into::into))? {
        Command::Serve(plain) => Ok(ServeArguments { files, allow_plaintext, ..*plain }),
        other => unreachable!("serve is parsed as {other:?}"),
    }
}

/// clap's first paragraph as one line: it says what is wrong; the usage below it is what `--help` of the `command` is for.
fn sentence(error: &clap::Error, command: &str) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{}; see '{command} --help'", line.trim_end_matches('.'))
}
