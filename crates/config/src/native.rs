//! `outlive.toml`: the same words for those who never had a Tomcat.

use crate::model::{Application, Configuration, CookieProcessor, Host, ManagerKind, SessionCookie, StandardManager};
use crate::raw::Element;
use crate::read::check_route;
use crate::read::cluster::read_cluster;
use crate::read::connector::read_connector;
use crate::read::data_source::DataSources;
use crate::read::manager::read_manager;
use crate::read::valve::read_valves;
use crate::reader::Reader;
use crate::tomcat::{add_attribute, default_manager};

/// Reads the root of such a file.
pub(crate) fn read_native(reader: &mut Reader, root: &Element) -> Configuration {
    let mut configuration = Configuration::default();
    reader.settings(root, &mut []);
    reader.children(root, &["Node", "Server", "Service", "Connector", "Engine", "Host", "Cluster", "Application"]);
    if let Some(element) = root.child("Node") {
        reader.settings(element, &mut [&mut configuration.node]);
        reader.children(element, &[]);
    }
    if let Some(element) = root.child("Server") {
        reader.settings(element, &mut [&mut configuration.server]);
        reader.children(element, &[]);
    }
    if let Some(element) = root.child("Service") {
        reader.settings(element, &mut [&mut configuration.service]);
        reader.children(element, &[]);
    }
    if let Some(element) = root.child("Engine") {
        reader.settings(element, &mut [&mut configuration.engine]);
        reader.children(element, &["Valve"]);
        check_route(reader, element, &configuration.engine);
        configuration.engine.valves = read_valves(reader, element);
    }
    let connectors: Vec<_> = root.children("Connector").collect();
    configuration.connectors = connectors.into_iter().filter_map(|element| read_connector(reader, element)).collect();
    for element in root.children("Host") {
        let mut host = Host::default();
        reader.settings(element, &mut [&mut host]);
        reader.children(element, &["Alias", "Valve"]);
        host.name.make_ascii_lowercase();
        host.aliases = element.children("Alias").map(|alias| alias.text.to_ascii_lowercase()).collect();
        host.valves = read_valves(reader, element);
        if configuration.hosts.iter().any(|other| other.name == host.name) {
            reader.fault(&element.place, format!("{}: there is one of this name already", element.path));
        }
        configuration.hosts.push(host);
    }
    if let Some(element) = root.child("Cluster") {
        configuration.cluster = read_cluster(reader, element, None, &DataSources::default());
    }
    for element in root.children("Application") {
        let application = read_application(reader, element, &configuration);
        let is_same = |other: &Application| {
            (&other.path, &other.version, &other.host) == (&application.path, &application.version, &application.host)
        };
        if configuration.applications.iter().any(is_same) {
            reader.fault(&element.place, format!("{}: there is one of this path already", element.path));
        }
        configuration.applications.push(application);
    }
    configuration
}

fn read_application(reader: &mut Reader, element: &Element, configuration: &Configuration) -> Application {
    let mut application = Application::default();
    reader.settings(element, &mut [&mut application]);
    reader.children(element, &["Manager", "Cookie", "CookieProcessor", "Valve"]);
    let path = application.path.trim_matches('/');
    application.path = if path.is_empty() { String::new() } else { format!("/{path}") };
    application.valves = read_valves(reader, element);
    let manager = element.child("Manager").and_then(|child| {
        let default = Some(ManagerKind::Standard(StandardManager::default()));
        read_manager(reader, child, default, &DataSources::default())
    });
    application.manager =
        manager.unwrap_or_else(|| default_manager(configuration, &application.host, application.distributable));
    if let Some(child) = element.child("Cookie") {
        application.cookie = read_cookie(reader, child);
    }
    if let Some(child) = element.child("CookieProcessor") {
        let mut processor = CookieProcessor::default();
        reader.settings(child, &mut [&mut processor]);
        reader.children(child, &[]);
        application.cookie_processor = processor;
    }
    application
}

fn read_cookie(reader: &mut Reader, element: &Element) -> SessionCookie {
    let mut cookie = SessionCookie::default();
    reader.settings(element, &mut [&mut cookie]);
    reader.children(element, &["Attributes"]);
    for attribute in element.child("Attributes").into_iter().flat_map(|attributes| &attributes.attributes) {
        if let Err(allowed) = add_attribute(&mut cookie, &attribute.name, &attribute.value) {
            let text = format!("{}.attributes: {} is impossible: it must be {allowed}", element.path, attribute.name);
            reader.fault(&attribute.place, text);
        }
    }
    cookie
}
