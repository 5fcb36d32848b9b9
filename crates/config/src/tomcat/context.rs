//! `Context`: layers of it that say together what an application is.

use crate::model::{ContextSettings, CookieProcessor, Manager, ManagerKind, StandardManager, Valve};
use crate::problem::Level;
use crate::raw::Element;
use crate::read::data_source::DataSources;
use crate::read::manager::read_manager;
use crate::read::valve::{read_listeners, read_valves};
use crate::reader::{Class, Reader};

/// What may stand in a `Context`.
pub(super) const CONTEXT_CHILDREN: [&str; 21] = [
    "Manager",
    "CookieProcessor",
    "Loader",
    "Resources",
    "Realm",
    "Valve",
    "Listener",
    "Parameter",
    "Environment",
    "Resource",
    "ResourceLink",
    "ResourceEnvRef",
    "WatchedResource",
    "WrapperLifecycle",
    "WrapperListener",
    "InstanceListener",
    "JarScanner",
    "Ejb",
    "LocalEjb",
    "ServiceRef",
    "Transaction",
];
const CONTEXTS: [&str; 1] = ["org.apache.catalina.core.StandardContext"];
const REPLICATED: &str = "org.apache.catalina.ha.context.ReplicatedContext";
const COOKIE_PROCESSORS: [&str; 1] = ["org.apache.tomcat.util.http.Rfc6265CookieProcessor"];

/// What the layers say so far.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    pub(super) settings: ContextSettings,
    pub(super) manager: Option<Manager>,
    pub(super) cookie_processor: CookieProcessor,
    pub(super) valves: Vec<Valve>,
    sources: DataSources,
}

impl Layers {
    pub(super) fn new(sources: &DataSources) -> Self {
        Self {
            settings: ContextSettings::default(),
            manager: None,
            cookie_processor: CookieProcessor::default(),
            valves: Vec::new(),
            sources: sources.clone(),
        }
    }

    /// Lays an element over what is there.
    pub(super) fn add(&mut self, reader: &mut Reader, element: &Element) {
        if element.name != "Context" {
            reader.fault(&element.place, format!("the file must begin with Context, not with {}", element.name));
            return;
        }
        match reader.class(element, &CONTEXTS) {
            Class::Unknown(REPLICATED) => {
                let text = format!(
                    "{}: attributes of a ReplicatedContext's application are not replicated here; its sessions are",
                    element.path
                );
                reader.say(Level::Notice, &element.place, text);
            }
            class @ Class::Unknown(_) => reader.refuse_class(element, class, &CONTEXTS),
            Class::Known(_) | Class::Missing => {}
        }
        reader.settings(element, &mut [&mut self.settings]);
        reader.children(element, &CONTEXT_CHILDREN);
        self.sources.read_local(reader, element);
        read_listeners(reader, element);
        for child in element.children("Manager") {
            let default = Some(ManagerKind::Standard(StandardManager::default()));
            if let Some(manager) = read_manager(reader, child, default, &self.sources) {
                self.manager = Some(manager);
            }
        }
        if let Some(child) = element.child("CookieProcessor") {
            let class = reader.class(child, &COOKIE_PROCESSORS);
            if matches!(class, Class::Unknown(_)) {
                reader.refuse_class(child, class, &COOKIE_PROCESSORS);
            }
            reader.settings(child, &mut [&mut self.cookie_processor]);
        }
        self.valves.extend(read_valves(reader, element));
        for child in &element.children {
            if ["Loader", "Resources", "Realm", "Parameter", "Environment", "JarScanner"].contains(&child.name.as_str())
            {
                let text = format!("{} has no effect here: it is about servlets", child.path);
                reader.say(Level::Detail, &child.place, text);
            }
        }
    }
}
