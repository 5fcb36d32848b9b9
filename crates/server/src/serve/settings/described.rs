//! The store that files describe for one application, for commands about stores.

use std::sync::Arc;

use outlive_config::model::Application;
use outlive_net::store::Store;

use super::contexts::place;
use super::files;
use super::hosts::default_host;
use super::keeping::{Databases, Keeping};
use super::said::Said;
use crate::cli::FileArguments;
use crate::exit::Exit;

/// The store of an application, and where its manager stands. `host`: the default host; `path`: that of the only application. Nothing is
/// connected to yet.
///
/// # Errors
/// Exit code 2: everything that is wrong with the files; no such application, or several to choose from; it has no store.
pub(crate) fn described_store(
    flags: &FileArguments,
    host: Option<&str>,
    path: Option<&str>,
) -> Result<(Arc<dyn Store>, String), Exit> {
    let Some(read) = files::read(flags)? else {
        return Err(Exit::usage("neither --base nor --config names files"));
    };
    let (configuration, said) = (&read.configuration, Said::in_file(&read.file));
    let host = match host {
        Some(name) => configuration.hosts.iter().find(|host| host.is_called(name)).map_or(name, |host| &host.name),
        None => default_host(configuration),
    };
    let of_host: Vec<&Application> =
        configuration.applications.iter().filter(|one| one.host.eq_ignore_ascii_case(host)).collect();
    // `/` and the empty text are the root; a version may be named behind the path.
    let is_asked = |one: &&Application| {
        path.is_none_or(|path| {
            let path = path.trim_end_matches('/');
            one.path == path || one.context_name() == path
        })
    };
    let found: Vec<&Application> = of_host.iter().copied().filter(is_asked).collect();
    let application = match found[..] {
        [application] => application,
        _ => {
            let names = of_host.iter().map(|one| match one.context_name() {
                name if name.is_empty() => "/".to_owned(),
                name => name,
            });
            let names: Vec<String> = names.collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let asked = path.map_or_else(
                || "--context must name an application".to_owned(),
                |path| format!("--context {path}: there is no such application"),
            );
            return Err(Exit::usage(format!(
                "{}: {asked} of the host {host}; there are: {there}",
                read.file.display()
            )));
        }
    };
    let at = place(application);
    let manager = &application.manager;
    let said = said.at(false, "", &manager.origin, "", &format!("the Manager of {at}"));
    let keeping = Keeping::of_model(configuration, application, &read.base, &mut Databases::default(), &said)?;
    match keeping.place {
        Some(place) => Ok((place.store(&application.path), said)),
        None => Err(Exit::usage(format!("{said}: the {} of {at} has no Store", manager.kind.class()))),
    }
}
