//! Which applications are answered, which are only kept for other nodes.

use std::path::Path;

use outlive_config::model::{Application, Manager};
use outlive_config::{Configuration, Level, Notice};

use super::super::store::StoreSettings;
use super::front::Front;
use super::hosts::default_host;
use super::keeping::{Databases, Keeping, persistent_valve};
use super::said::Said;
use super::valves::Draining;
use crate::cli::ServeArguments;
use crate::exit::Exit;

/// The one application in this program, as `--app` names it.
const SESSION_APP: &str = "session";

/// What a servlet's class is called, in any package, that is the session app in Java.
const SESSION_APP_CLASS: &str = "SessionApp";

/// One application: whether it is answered here, and how its sessions are kept.
#[derive(Debug, Clone)]
pub(in crate::serve) struct ContextSettings {
    /// Whether the session app answers.
    pub(in crate::serve) is_served: bool,
    pub(in crate::serve) keeping: Keeping,
    pub(in crate::serve) front: Front,
}

impl ContextSettings {
    /// Its path: empty for the root.
    pub(in crate::serve) fn path(&self) -> &str {
        &self.keeping.context.path
    }

    pub(in crate::serve) fn host(&self) -> &str {
        &self.keeping.context.host
    }
}

/// All applications that flags or files name. `store`: how flags say that sessions are kept, where they do.
///
/// # Errors
/// A path that is given twice; an application that is not in this program; what [`Keeping::of_model`] refuses.
pub(super) fn resolve(
    flags: &ServeArguments,
    configuration: &Configuration,
    store: Option<&StoreSettings>,
    base: &Path,
    said: &Said,
    notices: &mut Vec<Notice>,
) -> Result<Vec<ContextSettings>, Exit> {
    let (served, kept) = paths_of_flags(flags, said.is_file())?;
    let mut databases = Databases::default();
    let mut contexts = Vec::new();
    let known = &configuration.applications;
    for application in known.iter().cloned().chain(missing(configuration, served.iter().chain(&kept))) {
        let is_served = match (&flags.app, said.is_file()) {
            // Whoever names applications names all that are to be answered.
            (Some(_), _) | (None, false) => served.contains(&application.path),
            (None, true) => answers(&application, said)?,
        };
        let at = place(&application);
        let keeping = match store {
            Some(store) => store.keeping_of(&application.path, &application.host),
            None => {
                let origin = &application.manager.origin;
                let manager = said.at(false, "", origin, "", &format!("the Manager of {at}"));
                Keeping::of_model(configuration, &application, base, &mut databases, &manager)?
            }
        };
        if !is_served && !keeping.is_clustered {
            let text = format!("{at} is left out: it is not answered here, and no cluster holds its sessions");
            notices.push(notice(&application, text));
            continue;
        }
        if !is_served && said.is_file() {
            let text = format!("{at} is not answered here; its sessions are kept for the nodes that do");
            notices.push(notice(&application, text));
        }
        let cluster = configuration.cluster_of(&application).filter(|_| keeping.is_clustered);
        let front = match said.is_file() {
            true => Front::of_model(&application, cluster, persistent_valve(configuration, &application))
                .draining(Draining::of_model(configuration, &application)),
            false => Front::default(),
        };
        contexts.push(ContextSettings { is_served, keeping, front });
    }
    Ok(contexts)
}

/// The paths that flags say are served, and those that are only kept. None twice.
fn paths_of_flags(flags: &ServeArguments, has_files: bool) -> Result<(Vec<String>, Vec<String>), Exit> {
    let apps: Vec<String> = match &flags.app {
        Some(apps) => apps.iter().map(|app| app.path.clone()).collect(),
        None if !has_files && flags.context.is_empty() && (flags.http.is_some() || flags.ajp.ajp.is_some()) => {
            vec!["/app".to_owned()]
        }
        None => Vec::new(),
    };
    let mut seen = Vec::new();
    for path in apps.iter().chain(&flags.context) {
        if seen.contains(&path) {
            let path = if path.is_empty() { "/" } else { path };
            return Err(Exit::usage(format!("the context {path} is given twice by --app and --context")));
        }
        seen.push(path);
    }
    Ok((apps, flags.context.clone()))
}

/// Those that flags name and files do not, as applications of the default host.
fn missing<'a>(
    configuration: &'a Configuration,
    paths: impl Iterator<Item = &'a String> + 'a,
) -> impl Iterator<Item = Application> + 'a {
    let known = |path: &&String| !configuration.applications.iter().any(|application| application.path == **path);
    let host = default_host(configuration);
    let manager =
        configuration.cluster_around(host).map_or_else(Manager::default, |cluster| cluster.manager.template_copy());
    paths.filter(known).map(move |path| Application {
        path: path.clone(),
        host: host.to_owned(),
        manager: manager.clone(),
        ..Application::default()
    })
}

/// Whether the session app answers an application.
fn answers(application: &Application, said: &Said) -> Result<bool, Exit> {
    let simple = |class: &String| class.rsplit('.').next() == Some(SESSION_APP_CLASS);
    match application.app.as_deref() {
        Some(SESSION_APP) => Ok(true),
        Some(app) => Err(Exit::usage(format!(
            "{} \"{app}\" of {}: there is no such application; the only one is {SESSION_APP}",
            said.at(false, "--app", &application.origin, "app", "app"),
            place(application)
        ))),
        None => Ok(application.servlet_classes.0.iter().any(simple)),
    }
}

fn notice(application: &Application, text: String) -> Notice {
    Notice { level: Level::Notice, place: application.origin.place("").cloned(), text }
}

/// What an application is called in sentences.
pub(super) fn place(application: &Application) -> String {
    let path = application.context_name();
    format!("application {} of {}", if path.is_empty() { "/" } else { &path }, application.host)
}
