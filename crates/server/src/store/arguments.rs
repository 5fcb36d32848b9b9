//! The flags of `outlive store`.

use std::path::PathBuf;

use crate::cli::{FileArguments, Secret};

/// What `outlive store --help` begins with.
pub(crate) const ABOUT: &str = "\
Makes, lists, exports and imports the place where an application's sessions are kept: a folder of files as Tomcat's FileStore has them, \
a table as Tomcat's DataSourceStore has it (SQLite, PostgreSQL, MariaDB, MySQL), or a Redis. --store names it with Tomcat's defaults; \
--base or --config, where files describe it otherwise: other names of tables, columns, engine or host. An export is one JSON object a line and holds \
the sessions with all their values: treat it like the store itself. Graves, which say what has ended, stay where they are.";

/// What it ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  outlive store init --store sqlite:/var/lib/outlive/sessions.db
  OUTLIVE_STORE=postgres://shop:secret@db/shop outlive store list --context /shop
  From a Tomcat's files into a database; of a session that is in both, the one accessed last stays:
    outlive store export --store filestore:/srv/sessions | outlive store import --store postgres://shop@db/shop --context /shop
  The store that a Tomcat's files describe:
    outlive store list --base /var/lib/tomcat10 --context /shop";

/// What to do with a store.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StoreCommand {
    /// Makes what is missing: the folder, the tables
    Init(StorePlace),
    /// Shows the sessions, one JSON object a line, without their values
    List(ListArguments),
    /// Writes the sessions with their values, one JSON object a line
    Export(TransferArguments),
    /// Reads what export has written
    Import(TransferArguments),
}

/// Which store.
#[derive(Debug, clap::Args)]
pub(crate) struct StorePlace {
    /// file:DIR, filestore:DIR, sqlite:FILE, postgres://…, mariadb://…, mysql://…, redis://… (rediss:, valkey:, redis+sentinel:, redis+cluster:)
    ///
    /// file:DIR has a folder for each application in it; filestore:DIR is that of one, as the directory of a Tomcat's FileStore is. Other
    /// users of this machine can see a command line: a password is better kept in the environment.
    #[arg(long, value_name = "URL", env = "OUTLIVE_STORE", hide_env_values = true)]
    pub(crate) store: Option<Secret>,

    /// The application's path; / for the root. Default: /app; with files: the only application that they have
    #[arg(long, value_name = "PATH")]
    pub(crate) context: Option<String>,

    /// With files: the host of the application. Default: the engine's defaultHost
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    #[command(flatten)]
    pub(crate) files: FileArguments,
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
pub(crate) struct TransferArguments {
    #[command(flatten)]
    pub(crate) place: StorePlace,

    /// The file; - for the standard output or input
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub(crate) file: PathBuf,
}
