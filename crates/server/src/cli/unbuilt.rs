//! Commands and flags that have a name and a place, and are not built yet: refused, never ignored.

use super::ServeArguments;
use crate::exit::Exit;

const COMMANDS: [(&str, &str); 2] =
    [("doctor", "it will look for what is wrong with a cluster"), ("top", "it will show what a cluster does")];

/// # Errors
/// If `command` has a place in the program that is empty so far.
pub(super) fn refuse_command(command: &str) -> Result<(), Exit> {
    match COMMANDS.iter().find(|(name, _)| *name == command) {
        Some((name, what)) => Err(Exit::usage(format!("'outlive {name}' is not built yet: {what}"))),
        None => Ok(()),
    }
}

/// Flags of `serve` that are understood and refused.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct UnbuiltFlags {
    #[arg(long, hide = true)]
    map_options: Option<String>,
    #[arg(long, hide = true)]
    cluster_key: Option<String>,
    #[arg(long, hide = true)]
    allow_peers: Option<String>,
    #[arg(long, hide = true)]
    partition: Option<String>,
    #[arg(long, hide = true)]
    alone: Option<String>,
    #[arg(long, hide = true)]
    admin: Option<String>,
}

/// # Errors
/// If any flag, or a flag's value, asks for a part that is not there.
pub(super) fn refuse_flags(arguments: &ServeArguments) -> Result<(), Exit> {
    let refuse = |what: &str, why: &str| Err(Exit::usage(format!("{what} is not built yet: {why}")));
    let flags = &arguments.unbuilt;
    let given = [
        (&flags.map_options, "--map-options", "there is no backup manager whose messages it would set"),
        (&flags.cluster_key, "--cluster-key", "nodes do not authenticate each other"),
        (&flags.allow_peers, "--allow-peers", "any address may connect to the receiver"),
        (&flags.partition, "--partition", "a node always goes on with the members that it sees"),
        (&flags.alone, "--alone", "a node that sees no other always serves"),
        (&flags.admin, "--admin", "there is no admin page"),
    ];
    if let Some((_, flag, why)) = given.iter().find(|(value, ..)| value.is_some()) {
        return refuse(flag, why);
    }
    match arguments.manager.as_deref().unwrap_or("delta") {
        "delta" | "persistent" | "standard" => {}
        "backup" => return refuse("--manager backup", "there are delta, persistent and standard"),
        other => {
            return Err(Exit::usage(format!(
                "there is no manager \"{other}\"; there are delta, persistent and standard"
            )));
        }
    }
    match arguments.acks.as_str() {
        "all" => Ok(()),
        number if number.parse::<u32>().is_ok() => {
            refuse(&format!("--acks {number}"), "with options 6 a response waits for all nodes")
        }
        other => Err(Exit::usage(format!("--acks takes \"all\", not \"{other}\""))),
    }
}
