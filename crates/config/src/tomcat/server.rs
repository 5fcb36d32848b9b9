//! `server.xml`.

use super::context::CONTEXT_CHILDREN;
use crate::model::{Cluster, ClusterAt, Configuration, Executor, Host};
use crate::problem::Level;
use crate::raw::Element;
use crate::read::check_route;
use crate::read::cluster::read_cluster;
use crate::read::connector::read_connector;
use crate::read::data_source::DataSources;
use crate::read::valve::{read_listeners, read_valves};
use crate::reader::Reader;

/// What `server.xml` says.
#[derive(Debug)]
pub(crate) struct ServerFile<'a> {
    /// Without applications.
    pub(crate) configuration: Configuration,
    /// Applications that stand in it, each with its host's name.
    pub(crate) contexts: Vec<(String, &'a Element)>,
    /// Databases that stores may name.
    pub(crate) sources: DataSources,
}

/// Reads the root of `server.xml`.
pub(crate) fn read_server<'a>(reader: &mut Reader, root: &'a Element) -> ServerFile<'a> {
    let mut file =
        ServerFile { configuration: Configuration::default(), contexts: Vec::new(), sources: DataSources::default() };
    if root.name != "Server" {
        reader.fault(&root.place, format!("the file must begin with Server, not with {}", root.name));
        return file;
    }
    reader.settings(root, &mut [&mut file.configuration.server]);
    reader.children(root, &["Listener", "GlobalNamingResources", "Service"]);
    read_listeners(reader, root);
    for resources in root.children("GlobalNamingResources") {
        reader.children(
            resources,
            &["Ejb", "Environment", "LocalEjb", "Resource", "ResourceEnvRef", "ServiceRef", "Transaction"],
        );
        file.sources.read_global(reader, resources);
    }
    let mut services = root.children("Service");
    match services.next() {
        Some(service) => read_service(reader, service, &mut file),
        None => reader.fault(&root.place, "Server must have a Service".to_owned()),
    }
    for other in services {
        reader.say(Level::Warning, &other.place, format!("{}: only the first service is started", other.path));
    }
    file
}

fn read_service<'a>(reader: &mut Reader, element: &'a Element, file: &mut ServerFile<'a>) {
    reader.settings(element, &mut [&mut file.configuration.service]);
    reader.children(element, &["Listener", "Executor", "Connector", "Engine"]);
    read_listeners(reader, element);
    for child in element.children("Executor") {
        reader.settings(child, &mut [&mut Executor::default()]);
    }
    for child in element.children("Connector") {
        read_listeners(reader, child);
        file.configuration.connectors.extend(read_connector(reader, child));
    }
    match element.child("Engine") {
        Some(engine) => read_engine(reader, engine, file),
        None => reader.fault(&element.place, format!("{} must have an Engine", element.path)),
    }
}

fn read_engine<'a>(reader: &mut Reader, element: &'a Element, file: &mut ServerFile<'a>) {
    reader.settings(element, &mut [&mut file.configuration.engine]);
    reader.children(element, &["Listener", "Realm", "Valve", "Cluster", "Host"]);
    needs_name(reader, element);
    check_route(reader, element, &file.configuration.engine);
    read_listeners(reader, element);
    say_realms(reader, element);
    file.configuration.engine.valves = read_valves(reader, element);
    for child in element.children("Cluster") {
        let cluster = read_cluster(reader, child, Some((ClusterAt::Engine, None)), &file.sources);
        add_cluster(reader, child, &mut file.configuration, cluster);
    }
    for child in element.children("Host") {
        read_host(reader, child, file);
    }
}

fn read_host<'a>(reader: &mut Reader, element: &'a Element, file: &mut ServerFile<'a>) {
    let mut host = Host::default();
    reader.settings(element, &mut [&mut host]);
    reader.children(element, &["Alias", "Listener", "Realm", "Valve", "Cluster", "Context"]);
    needs_name(reader, element);
    host.name.make_ascii_lowercase();
    host.aliases = element.children("Alias").map(|alias| alias.text.to_ascii_lowercase()).collect();
    let known = |name: &str| file.configuration.hosts.iter().any(|host| host.name == name);
    if known(&host.name) {
        reader.fault(&element.place, format!("{}: there is a host of this name already", element.path));
    }
    read_listeners(reader, element);
    say_realms(reader, element);
    host.valves = read_valves(reader, element);
    for child in element.children("Cluster") {
        let place = Some((ClusterAt::Host, Some(host.name.clone())));
        let cluster = read_cluster(reader, child, place, &file.sources);
        add_cluster(reader, child, &mut file.configuration, cluster);
    }
    for child in element.children("Context") {
        reader.children(child, &CONTEXT_CHILDREN);
        file.contexts.push((host.name.clone(), child));
    }
    file.configuration.hosts.push(host);
}

fn needs_name(reader: &mut Reader, element: &Element) {
    if element.attribute("name").is_none_or(str::is_empty) {
        reader.fault(&element.place, format!("{} must have a name", element.path));
    }
}

fn add_cluster(reader: &mut Reader, element: &Element, configuration: &mut Configuration, cluster: Option<Cluster>) {
    if configuration.cluster.is_some() {
        let text = format!("{}: a node is in one cluster, and this is the second one", element.path);
        reader.fault(&element.place, text);
    } else {
        configuration.cluster = cluster;
    }
}

/// Users are an application's own here.
fn say_realms(reader: &mut Reader, element: &Element) {
    for realm in element.children("Realm") {
        let text = format!("{} has no effect here: an application knows its users itself", realm.path);
        reader.say(Level::Notice, &realm.place, text);
    }
}
