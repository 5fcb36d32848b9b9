//! The flags that name configuration files.

use std::path::PathBuf;
use std::str::FromStr;

/// Which files are read, as written.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(next_help_heading = "Configuration files")]
pub(crate) struct FileArguments {
    /// A Tomcat's base folder (CATALINA_BASE): conf/server.xml, the context.xml files, and each application's web.xml
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub(crate) base: Option<PathBuf>,

    /// One file: a server.xml, or an outlive.toml. "outlive config check" says what is understood of it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// What ${NAME} in the files stands for, before catalina.properties and the environment. May be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE")]
    pub(crate) define: Vec<Definition>,
}

/// `NAME=VALUE`; without `=` the value is empty, as in Java.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Definition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        if name.is_empty() {
            // The value may be a secret, so that nothing of it is told.
            return Err("it is not of the form NAME=VALUE".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}
