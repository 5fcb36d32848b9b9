//! `Resource` and `ResourceLink`: databases by the names that stores have for them.

use std::collections::BTreeMap;

use crate::model::DatabaseStore;
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Reader, shown};
use crate::secret::Secret;
use crate::setting::Settings;

/// What stands before a name in a servlet.
const ENVIRONMENT: &str = "java:comp/env/";

/// The databases that names stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataSources {
    global: BTreeMap<String, DatabaseStore>,
    local: BTreeMap<String, DatabaseStore>,
}

impl DataSources {
    /// Those of `GlobalNamingResources`.
    pub(crate) fn read_global(&mut self, reader: &mut Reader, element: &Element) {
        for resource in element.children("Resource") {
            if let Some((name, database)) = read_resource(reader, resource) {
                self.global.insert(name, database);
            }
        }
    }

    /// Those of a `Context`, beside the global ones.
    pub(crate) fn read_local(&mut self, reader: &mut Reader, element: &Element) {
        for resource in element.children("Resource") {
            if let Some((name, database)) = read_resource(reader, resource) {
                self.local.insert(name, database);
            }
        }
        for link in element.children("ResourceLink") {
            let found = link.attribute("global").and_then(|global| self.global.get(global));
            if let (Some(name), Some(database)) = (link.attribute("name"), found) {
                self.local.insert(name.to_owned(), database.clone());
            }
        }
    }

    /// The database that a store names: globally first, then in the application; or there alone.
    ///
    /// Source: Tomcat `DataSourceStore.getDataSource`.
    pub(crate) fn find(&self, name: &str, only_local: bool) -> Option<&DatabaseStore> {
        let name = name.strip_prefix(ENVIRONMENT).unwrap_or(name);
        let global = self.global.get(name).filter(|_| !only_local);
        global.or_else(|| self.local.get(name))
    }
}

fn read_resource(reader: &mut Reader, element: &Element) -> Option<(String, DatabaseStore)> {
    let kind = element.attribute("type").unwrap_or_default();
    let name = element.attribute("name").unwrap_or_default();
    if kind != "javax.sql.DataSource" {
        let text = format!("{}: {} is no database, and has no effect here", element.path, shown(name));
        reader.say(Level::Detail, &element.place, text);
        return None;
    }
    if name.is_empty() {
        reader.fault(&element.place, format!("{} must have a name", element.path));
        return None;
    }
    // Its other attributes are for the factory of its class, and without end.
    let mut database = DatabaseStore::default();
    for (attribute, key) in [("url", "url"), ("username", "user"), ("password", "password"), ("maxTotal", "pool_size")]
    {
        if let Some(value) = element.attribute(attribute)
            && let Err(allowed) = database.set(key, value)
        {
            let text = format!("{}: {attribute}={} is impossible: it must be {allowed}", element.path, shown(value));
            reader.fault(&element.place, text);
        }
    }
    Some((name.to_owned(), database))
}

/// The kinds of databases, by the begin of their URLs.
const KINDS: [&str; 9] =
    ["sqlite", "postgres", "postgresql", "mysql", "mariadb", "redis", "rediss", "valkey", "valkeys"];

/// What kind of place a URL means, where there is a store for it.
pub(crate) fn kind_of(url: &Secret) -> Option<&'static str> {
    let url = url.reveal();
    let url = url.strip_prefix("jdbc:").unwrap_or(url);
    let (scheme, _) = url.split_once(':')?;
    let scheme = scheme.split('+').next().unwrap_or_default();
    KINDS.into_iter().find(|kind| *kind == scheme)
}
