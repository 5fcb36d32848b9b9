//! The flags of `outlive store`.

use std::path::PathBuf;

use crate::cli::Secret;

/// What `outlive store --help` begins with.
pub(crate) const ABOUT: &str = "\
Makes, lists, exports and imports the place where an application's sessions are kept: a folder of files as Tomcat's FileStore has them, \
a table as Tomcat's DataSourceStore has it (SQLite, PostgreSQL, MariaDB, MySQL), or a Redis. An export is one JSON object a line and holds \
the sessions with all their values: treat it like the store itself. Graves, which say what has ended, stay where they are.";

/// What it ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  outlive store init --store sqlite:/var/lib/outlive/sessions.db
  OUTLIVE_STORE=postgres://shop:secret@db/shop outlive store list --context /shop
  From a Tomcat's files into a database; of a session that is in both, the one accessed last stays:
    outlive store export --store file:/srv/sessions --context /shop | outlive store import --store postgres://shop@db/shop --context /shop";

/// What to do with a store.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StoreCommand {
    /// Makes what is missing: the folder, the tables
    Init(StorePlace),
    /// Shows the sessions, one JSON object a line, without their values
    List(ListArguments),
    /// Writes the sessions with their values, one JSON object a line
    Export(FileArguments),
    /// Reads what export has written
    Import(FileArguments),
}

/// Which store.
#[derive(Debug, clap::Args)]
pub(crate) struct StorePlace {
    /// file:DIR, sqlite:FILE, postgres://…, mariadb://…, mysql://…, redis://… (rediss:, valkey:, redis+sentinel:, redis+cluster:)
    ///
    /// Other users of this machine can see a command line: a password is better kept in the environment.
    #[arg(long, value_name = "URL", env = "OUTLIVE_STORE", hide_env_values = true)]
    pub(crate) store: Secret,

    /// The application's path; / for the root
    #[arg(long, value_name = "PATH", default_value = "/app")]
    pub(crate) context: String,
}

/// Flags of `outlive store list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) place: StorePlace,

    /// Show whole session ids, with which anybody can take a session over, in place of their hashes
    #[arg(long)]
    pub(crate) ids: bool,
}

/// Flags of `outlive store export` and `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct FileArguments {
    #[command(flatten)]
    pub(crate) place: StorePlace,

    /// The file; - for the standard output or input
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub(crate) file: PathBuf,
}
