//! The applications of a base folder: from `server.xml`, from files of their own, from folders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Layers;
use super::context_name::ContextName;
use super::server::ServerFile;
use super::web::{WebXml, say_not_distributable};
use crate::definitions::Definitions;
use crate::files::read_file;
use crate::model::{Application, Configuration, Host, ManagerKind, ServletClasses, StandardManager, TrackingModes};
use crate::model::{Manager, SessionCookie};
use crate::problem::{Level, Notice};
use crate::raw::{Element, read_xml};
use crate::read::data_source::DataSources;
use crate::reader::{Reader, shown};

/// Finds them.
#[derive(Debug)]
pub(crate) struct Applications<'a> {
    /// The base folder.
    pub(crate) base: &'a Path,
    pub(crate) definitions: &'a Definitions,
    pub(crate) server: &'a ServerFile<'a>,
}

/// One that was found.
struct Found<'a> {
    host: &'a Host,
    name: ContextName,
    /// Its own `Context`, wherever that stands.
    context: Option<Element>,
    doc_base: PathBuf,
}

impl Applications<'_> {
    /// Those in `server.xml` alone, where there is no base folder.
    pub(crate) fn of_server(&self, reader: &mut Reader) -> Vec<Application> {
        let found = self.inline(reader);
        found.into_iter().filter_map(|found| self.application(reader, found)).collect()
    }

    /// All of the base folder.
    pub(crate) fn of_base(&self, reader: &mut Reader) -> Vec<Application> {
        let mut found = self.inline(reader);
        for host in &self.server.configuration.hosts {
            let known = found.iter().filter(|found| found.host.name == host.name);
            let mut known: BTreeSet<_> = known.map(|found| found.name.clone()).collect();
            for more in self.described(reader, host) {
                if known.insert(more.name.clone()) {
                    found.push(more);
                }
            }
            if host.deploy_on_startup {
                for more in self.folders(reader, host, &known) {
                    found.push(more);
                }
            }
        }
        found.into_iter().filter_map(|found| self.application(reader, found)).collect()
    }

    /// `Context` elements of `server.xml`.
    fn inline(&self, reader: &mut Reader) -> Vec<Found<'_>> {
        let mut all: Vec<Found<'_>> = Vec::new();
        for (host, element) in &self.server.contexts {
            let Some(host) = self.server.configuration.hosts.iter().find(|known| known.name == *host) else { continue };
            let doc_base = element.attribute("docBase").unwrap_or_default();
            let name = match element.attribute("path") {
                Some(path) => ContextName::of_path(path, element.attribute("webappVersion").map(str::to_owned)),
                None => ContextName::of_base_name(doc_base.rsplit('/').next().unwrap_or_default()),
            };
            if all.iter().any(|found| found.host.name == host.name && found.name == name) {
                reader.fault(&element.place, format!("{}: there is one of this path already", element.path));
            }
            let doc_base = self.app_base(host).join(doc_base);
            all.push(Found { host, name, context: Some((*element).clone()), doc_base });
        }
        all
    }

    /// Files in `conf/ENGINE/HOST`.
    fn described<'a>(&self, reader: &mut Reader, host: &'a Host) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        for path in entries(&self.xml_base(host)) {
            let Some(base_name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            if path.extension().is_none_or(|extension| extension != "xml") {
                continue;
            }
            let Some(context) = self.read(reader, &path) else { continue };
            let app_base = self.app_base(host);
            let given = context.attribute("docBase").map(|folder| app_base.join(folder));
            // Folders in appBase are applications of their own names.
            let (given, ignored) = match given {
                Some(given) if is_inside(&given, &app_base) => (None, Some(given)),
                given => (given, None),
            };
            if let Some(ignored) = ignored.filter(|ignored| *ignored != app_base.join(base_name)) {
                let text = format!(
                    "{}: docBase={} is ignored, as it is inside of the host's appBase",
                    context.path,
                    shown(&ignored.to_string_lossy())
                );
                reader.say(Level::Warning, &context.place, text);
            }
            let doc_base = given.unwrap_or_else(|| app_base.join(base_name));
            found.push(Found { host, name: ContextName::of_base_name(base_name), context: Some(context), doc_base });
        }
        found
    }

    /// Folders in the host's `appBase`.
    fn folders<'a>(&self, reader: &mut Reader, host: &'a Host, known: &BTreeSet<ContextName>) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        for path in entries(&self.app_base(host)) {
            let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let ignored = host.deploy_ignore.as_ref().is_some_and(|pattern| pattern.matches(file_name));
            if ignored || ["META-INF", "WEB-INF"].contains(&file_name) {
                continue;
            }
            if let Some(base_name) = file_name.strip_suffix(".war")
                && !known.contains(&ContextName::of_base_name(base_name))
                && !path.with_extension("").is_dir()
            {
                self.say_war(reader, &path);
            }
            if !path.is_dir() || !path.join("WEB-INF/web.xml").is_file() {
                continue;
            }
            let name = ContextName::of_base_name(file_name);
            if known.contains(&name) {
                continue;
            }
            let own = path.join("META-INF/context.xml");
            let context = if host.deploy_xml { self.read(reader, &own) } else { None };
            if !host.deploy_xml && own.is_file() {
                let text = format!("{} is not read, as its host has deployXML=\"false\"", own.display());
                reader.notices.push(Notice { level: Level::Warning, place: None, text });
            }
            found.push(Found { host, name, context, doc_base: path });
        }
        found
    }

    fn application(&self, reader: &mut Reader, found: Found<'_>) -> Option<Application> {
        let Found { host, name, context, mut doc_base } = found;
        if doc_base.extension().is_some_and(|extension| extension == "war") && !doc_base.is_dir() {
            if !doc_base.with_extension("").is_dir() {
                self.say_war(reader, &doc_base);
                return None;
            }
            doc_base = doc_base.with_extension("");
        }
        if !doc_base.is_dir() {
            let text = format!(
                "the application {} is left out: its folder {} is not there",
                shown(if name.path.is_empty() { "/" } else { &name.path }),
                doc_base.display()
            );
            let place = context.as_ref().map(|context| context.place.clone());
            reader.notices.push(Notice { level: Level::Warning, place, text });
            return None;
        }
        let layers = self.layers(reader, host, context.as_ref());
        let web = self.web(reader, host, &doc_base);
        let application = together(reader, &self.server.configuration, &host.name, name, layers, web);
        Some(Application { doc_base: Some(doc_base), ..application })
    }

    /// All layers of `Context`.
    fn layers(&self, reader: &mut Reader, host: &Host, own: Option<&Element>) -> Layers {
        let mut layers = Layers::new(&self.server.sources);
        let overrides = own.and_then(|own| own.attribute("override"));
        if !overrides.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            let common = [self.base.join("conf/context.xml"), self.xml_base(host).join("context.xml.default")];
            for path in common {
                if let Some(element) = self.read(reader, &path) {
                    layers.add(reader, &element);
                }
            }
        }
        if let Some(own) = own {
            layers.add(reader, own);
        }
        layers
    }

    /// All layers of `web.xml`.
    fn web(&self, reader: &mut Reader, host: &Host, doc_base: &Path) -> WebXml {
        let mut web = WebXml::default();
        for path in [self.base.join("conf/web.xml"), self.xml_base(host).join("web.xml.default")] {
            if let Some(root) = self.read(reader, &path) {
                web.add(reader, &root, false);
            }
        }
        if let Some(root) = self.read(reader, &doc_base.join("WEB-INF/web.xml")) {
            web.add(reader, &root, true);
            if !web.distributable && self.server.configuration.cluster_around(&host.name).is_some() {
                say_not_distributable(reader, &root);
            }
        }
        web
    }

    /// The root of a file that may not be there.
    fn read(&self, reader: &mut Reader, path: &Path) -> Option<Element> {
        let read = read_file(path).and_then(|file| {
            let parse = |(name, text): (_, String)| read_xml(&name, &text, self.definitions, &mut reader.notices);
            file.map(parse).transpose()
        });
        match read {
            Ok(element) => element,
            Err(fault) => {
                reader.faults.push(fault);
                None
            }
        }
    }

    fn say_war(&self, reader: &mut Reader, path: &Path) {
        let text = format!("{} is left out: only applications that are unpacked are read", path.display());
        reader.notices.push(Notice { level: Level::Notice, place: None, text });
    }

    fn app_base(&self, host: &Host) -> PathBuf {
        self.base.join(&host.app_base)
    }

    fn xml_base(&self, host: &Host) -> PathBuf {
        match &host.xml_base {
            Some(folder) => self.base.join(folder),
            None => self.base.join("conf").join(&self.server.configuration.engine.name).join(&host.name),
        }
    }
}

/// What the layers say together.
fn together(
    reader: &mut Reader,
    configuration: &Configuration,
    host: &str,
    name: ContextName,
    layers: Layers,
    web: WebXml,
) -> Application {
    let Layers { settings: context, manager, cookie_processor, valves, .. } = layers;
    let manager = manager.unwrap_or_else(|| default_manager(configuration, host, web.distributable));
    let has_cluster = configuration.cluster_around(host).is_some();
    let told = match (manager.is_of_a_cluster(), has_cluster) {
        (true, false) => Some("and no cluster is around it"),
        (false, true) if web.distributable => Some("which does not replicate its sessions to the cluster around it"),
        _ => None,
    };
    if let Some(told) = told {
        let text = format!("the application {} has a {}, {told}", shown(&name.path), manager.kind.class());
        let place = manager.origin.place("").or(web.origin.place("")).cloned();
        reader.notices.push(Notice { level: Level::Warning, place, text });
    }
    let cookie = SessionCookie {
        name: context.session_cookie_name.or(web.cookie.name),
        domain: context.session_cookie_domain.or(web.cookie.domain),
        path: context.session_cookie_path.or(web.cookie.path),
        http_only: context.use_http_only || web.cookie.http_only,
        ..web.cookie
    };
    let untold = TrackingModes { cookie: context.cookies, ..TrackingModes::default() };
    Application {
        path: name.path,
        version: name.version,
        host: host.to_owned(),
        work_dir: context.work_dir,
        distributable: web.distributable,
        session_timeout: web.session_timeout,
        tracking: web.tracking.unwrap_or(untold),
        servlet_classes: ServletClasses(web.servlet_classes),
        background_processor_delay: context.background_processor_delay,
        session_cookie_path_uses_trailing_slash: context.session_cookie_path_uses_trailing_slash,
        manager,
        cookie,
        cookie_processor,
        valves,
        origin: web.origin,
        ..Application::default()
    }
}

/// An application of a context.xml and a web.xml that stand alone.
pub(crate) fn read_application(reader: &mut Reader, context: Option<&Element>, web: Option<&Element>) -> Application {
    let mut layers = Layers::new(&DataSources::default());
    let mut merged = WebXml::default();
    if let Some(context) = context {
        layers.add(reader, context);
    }
    if let Some(web) = web {
        merged.add(reader, web, true);
    }
    let host = Host::default().name;
    together(reader, &Configuration::default(), &host, ContextName::of_base_name("ROOT"), layers, merged)
}

/// The manager of an application that names none.
pub(crate) fn default_manager(configuration: &Configuration, host: &str, distributable: bool) -> Manager {
    let cluster = configuration.cluster_around(host).filter(|_| distributable);
    match cluster {
        Some(cluster) => cluster.manager.template_copy(),
        None => Manager::of(ManagerKind::Standard(StandardManager::default())),
    }
}

/// Whether a folder is another one, or in it; both as they really are, where they are there.
fn is_inside(folder: &Path, of: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(folder).starts_with(real(of))
}

/// What is in a folder, sorted by name; nothing where there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
