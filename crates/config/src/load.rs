//! From files to the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::definitions::Definitions;
use crate::files::{read_file, read_properties_file};
use crate::model::{Application, Configuration};
use crate::native::read_native;
use crate::problem::{ConfigError, Fault, Notice};
use crate::properties::properties;
use crate::raw::{read_toml, read_xml};
use crate::reader::{Reader, Style};
use crate::tomcat::{Applications, read_application, read_server};

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder with `conf/server.xml` in it, as `CATALINA_BASE` names one.
    Base(PathBuf),
    /// One file: `outlive.toml` where its name ends so, else `server.xml`. A server.xml in a folder called `conf` is that of a base folder.
    File(PathBuf),
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What the node is to be.
    pub configuration: Configuration,
    /// What is to be said about the files, once each, in their order.
    pub notices: Vec<Notice>,
    /// What relative paths are relative to: the base folder, or the folder of the one file.
    pub base: PathBuf,
}

/// Reads a base folder or a file.
///
/// # Errors
/// Everything that is wrong with any of the files, each with its place.
pub fn load(source: &Source, definitions: &Definitions) -> Result<Loaded, ConfigError> {
    match source {
        Source::Base(folder) => load_base(folder, definitions),
        Source::File(file) if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) => {
            load_native(file, definitions)
        }
        Source::File(file) => {
            let folder = std::path::absolute(file).ok().and_then(|file| file.parent().map(Path::to_owned));
            let folder = folder.unwrap_or_default();
            match folder.parent() {
                Some(base) if folder.file_name().is_some_and(|name| name == "conf") => {
                    load_tomcat(file, base, true, definitions)
                }
                _ => load_tomcat(file, &folder, false, definitions),
            }
        }
    }
}

fn load_base(folder: &Path, definitions: &Definitions) -> Result<Loaded, ConfigError> {
    let folder = std::path::absolute(folder)
        .map_err(|error| ConfigError::of(format!("{} is no folder: {error}", folder.display())))?;
    load_tomcat(&folder.join("conf/server.xml"), &folder, true, definitions)
}

fn needed(path: &Path) -> Result<(Arc<str>, String), ConfigError> {
    let faulty = |fault: Fault| ConfigError { faults: vec![fault] };
    read_file(path).map_err(faulty)?.ok_or_else(|| ConfigError::of(format!("there is no {}", path.display())))
}

fn load_tomcat(file: &Path, base: &Path, is_base: bool, definitions: &Definitions) -> Result<Loaded, ConfigError> {
    let (name, text) = needed(file)?;
    let mut reader = Reader::new(Style::Tomcat);
    let mut given = BTreeMap::new();
    if is_base {
        match read_properties_file(&base.join("conf/catalina.properties")) {
            Ok(text) => given = text.as_deref().map(properties).unwrap_or_default(),
            Err(fault) => reader.faults.push(fault),
        }
    }
    let definitions = definitions.with_base(&base.to_string_lossy(), given);
    let root = read_xml(&name, &text, &definitions, &mut reader.notices)
        .map_err(|fault| ConfigError { faults: vec![fault] })?;
    let server = read_server(&mut reader, &root);
    let applications = Applications { base, definitions: &definitions, server: &server };
    let found = if is_base { applications.of_base(&mut reader) } else { applications.of_server(&mut reader) };
    let configuration = Configuration { applications: found, ..server.configuration };
    Ok(Loaded { configuration, notices: reader.finish()?, base: base.to_owned() })
}

fn load_native(file: &Path, definitions: &Definitions) -> Result<Loaded, ConfigError> {
    let (name, text) = needed(file)?;
    let folder = std::path::absolute(file).ok().and_then(|file| file.parent().map(Path::to_owned)).unwrap_or_default();
    let definitions = definitions.with_base(&folder.to_string_lossy(), BTreeMap::new());
    let (configuration, notices) = parse_native(&name, &text, &definitions)?;
    Ok(Loaded { configuration, notices, base: folder })
}

/// Reads the text of an outlive.toml; `name` is what messages call it.
///
/// # Errors
/// As [`load`].
pub fn parse_toml(
    name: &str,
    text: &str,
    definitions: &Definitions,
) -> Result<(Configuration, Vec<Notice>), ConfigError> {
    parse_native(&name.into(), text, definitions)
}

fn parse_native(
    name: &Arc<str>,
    text: &str,
    definitions: &Definitions,
) -> Result<(Configuration, Vec<Notice>), ConfigError> {
    let mut reader = Reader::new(Style::Native);
    let root =
        read_toml(name, text, definitions, &mut reader.notices).map_err(|fault| ConfigError { faults: vec![fault] })?;
    let configuration = read_native(&mut reader, &root);
    Ok((configuration, reader.finish()?))
}

/// Reads the texts of a context.xml and a web.xml: one application, whose path is the root's, on a host without a cluster around it. Each
/// text has before it what messages call it.
///
/// # Errors
/// As [`load`].
pub fn parse_application(
    context: Option<(&str, &str)>,
    web: Option<(&str, &str)>,
    definitions: &Definitions,
) -> Result<(Application, Vec<Notice>), ConfigError> {
    let mut reader = Reader::new(Style::Tomcat);
    let root = |(name, text): (&str, &str), reader: &mut Reader| {
        read_xml(&name.into(), text, definitions, &mut reader.notices)
            .map_err(|fault| ConfigError { faults: vec![fault] })
    };
    let context = context.map(|file| root(file, &mut reader)).transpose()?;
    let web = web.map(|file| root(file, &mut reader)).transpose()?;
    let application = read_application(&mut reader, context.as_ref(), web.as_ref());
    Ok((application, reader.finish()?))
}

/// Reads the text of a server.xml alone, without applications; `name` is what messages call it.
///
/// # Errors
/// As [`load`].
pub fn parse_server_xml(
    name: &str,
    text: &str,
    definitions: &Definitions,
) -> Result<(Configuration, Vec<Notice>), ConfigError> {
    let mut reader = Reader::new(Style::Tomcat);
    let root = read_xml(&name.into(), text, definitions, &mut reader.notices)
        .map_err(|fault| ConfigError { faults: vec![fault] })?;
    let configuration = read_server(&mut reader, &root).configuration;
    Ok((configuration, reader.finish()?))
}
