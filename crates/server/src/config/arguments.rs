//! The flags of `outlive config`, and those that any command which reads files has.

use std::path::PathBuf;

use crate::cli::Definition;

/// What `outlive config --help` begins with.
pub(crate) const ABOUT: &str = "\
Reads a Tomcat's configuration (server.xml, context.xml, web.xml of a base folder) or an outlive.toml, and tells what a node would be. Nothing is \
started. What has no effect here is told, with its place; what cannot be is refused, with everything that is wrong at once.";

/// What it ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  What is understood of a Tomcat's base folder:
    outlive config check --base /srv/tomcat --allow-plaintext
  The same as a file of one's own, keys and passwords in it, for its owner's eyes alone:
    outlive config convert --base /srv/tomcat -D http.port=8081 --output /etc/outlive/outlive.toml

All settings, with their units and defaults: docs/configuration.md.";

/// What to do with a configuration.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints what is understood, and what has no effect; exit code 0, or 2 with what is wrong, as serve says it
    ///
    /// Hosts that the files name are looked up; nothing is opened.
    Check(CheckArguments),
    /// Prints or writes an outlive.toml that says the same
    Convert(ConvertArguments),
    /// Prints the page of all settings
    #[command(hide = true)]
    Reference,
}

/// Which configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArguments {
    /// A server.xml, or an outlive.toml. A server.xml in a folder called conf is that of a base folder
    #[arg(value_name = "FILE", required_unless_present = "base", conflicts_with = "base")]
    pub(crate) file: Option<PathBuf>,

    /// A base folder, with conf/server.xml in it
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<PathBuf>,

    /// What ${NAME} in values stands for, before conf/catalina.properties and the environment. May be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE")]
    pub(crate) define: Vec<Definition>,
}

/// Flags of `outlive config check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,

    /// Tell also what is as it is by default, and what has no meaning outside of a JVM
    #[arg(long)]
    pub(crate) all: bool,

    /// As for serve: sessions may be sent unencrypted over a network. Without it, files that want that are refused as serve refuses them
    #[arg(long)]
    pub(crate) allow_plaintext: bool,
}

/// Flags of `outlive config convert`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConvertArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,

    /// Write a new file, keys and passwords included, readable by its owner alone; one that is there already is never overwritten. Without
    /// it they are left out of what is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
