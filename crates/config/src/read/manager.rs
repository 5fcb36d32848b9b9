//! `Manager`, and what stands in it: `Store`, `SessionIdGenerator`.

use super::data_source::{DataSources, kind_of};
use crate::model::{DatabaseStore, Manager, ManagerKind, SessionIdGenerator, Store};
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Class, Reader, Style, shown};
use crate::setting::{Rule, Value};

const MANAGERS: [&str; 4] = [
    "org.apache.catalina.session.StandardManager",
    "org.apache.catalina.session.PersistentManager",
    "org.apache.catalina.ha.session.DeltaManager",
    "org.apache.catalina.ha.session.BackupManager",
];
const STORES: [&str; 3] = [
    "org.apache.catalina.session.FileStore",
    "org.apache.catalina.session.DataSourceStore",
    "org.apache.catalina.session.JDBCStore",
];
const GENERATORS: [&str; 1] = ["org.apache.catalina.util.StandardSessionIdGenerator"];

/// `default`: the manager where none is named; without one a name is needed.
pub(crate) fn read_manager(
    reader: &mut Reader,
    element: &Element,
    default: Option<ManagerKind>,
    sources: &DataSources,
) -> Option<Manager> {
    let class = reader.class(element, &MANAGERS);
    let kind = match (class, default) {
        (Class::Known(class), _) => ManagerKind::all().into_iter().find(|kind| kind.class() == class),
        (Class::Missing, default) => default,
        (Class::Unknown(_), _) => None,
    };
    let Some(mut kind) = kind else {
        reader.refuse_class(element, class, &MANAGERS);
        return None;
    };
    let mut manager = Manager::default();
    reader.settings(element, &mut [&mut manager, kind.settings_mut()]);
    reader.children(element, &["SessionIdGenerator", "Store"]);
    manager.kind = kind;
    if let Some(child) = element.child("SessionIdGenerator") {
        manager.session_id_generator = read_generator(reader, child);
    }
    if let Some(child) = element.child("Store") {
        manager.store = read_store(reader, child, sources);
        match &manager.kind {
            ManagerKind::Standard(_) => {
                let text = format!("{}: a StandardManager has no store, so this one has no effect", child.path);
                reader.say(Level::Warning, &child.place, text);
                manager.store = None;
            }
            ManagerKind::Persistent(_) => {}
            ManagerKind::Delta(_) | ManagerKind::Backup(_) if reader.style == Style::Tomcat => {
                let text = format!(
                    "{}: sessions of the cluster are kept in this store, too; a Tomcat takes no notice of it",
                    child.path
                );
                reader.say(Level::Notice, &child.place, text);
            }
            ManagerKind::Delta(_) | ManagerKind::Backup(_) => {}
        }
    } else if matches!(manager.kind, ManagerKind::Persistent(_)) {
        let text = format!("{}: a PersistentManager without a Store keeps sessions in memory alone", element.path);
        reader.say(Level::Warning, &element.place, text);
    }
    Some(manager)
}

fn read_generator(reader: &mut Reader, element: &Element) -> SessionIdGenerator {
    let class = reader.class(element, &GENERATORS);
    if matches!(class, Class::Unknown(_)) {
        reader.refuse_class(element, class, &GENERATORS);
    }
    let mut generator = SessionIdGenerator::default();
    reader.settings(element, &mut [&mut generator]);
    reader.children(element, &[]);
    generator
}

fn read_store(reader: &mut Reader, element: &Element, sources: &DataSources) -> Option<Store> {
    let class = reader.class(element, &STORES);
    let mut store = match class {
        Class::Known("FileStore") => Store::File(crate::model::FileStore::default()),
        Class::Known(_) => Store::Database(Box::default()),
        Class::Missing | Class::Unknown(_) => {
            reader.refuse_class(element, class, &STORES);
            return None;
        }
    };
    reader.children(element, &[]);
    match &mut store {
        Store::File(files) => reader.settings(element, &mut [files]),
        Store::Database(database) => {
            reader.settings_but(
                element,
                &mut [database.as_mut()],
                reader.of_tomcat(&["dataSourceName", "localDataSource"]),
            );
            let is_found = reader.style == Style::Native || resolve(reader, element, database, sources);
            if is_found {
                check_url(reader, element, database);
            }
        }
    }
    Some(store)
}

/// Where the database is: what the store says itself, or what it names. False: there is no such thing, and that was said.
fn resolve(reader: &mut Reader, element: &Element, database: &mut DatabaseStore, sources: &DataSources) -> bool {
    let only_local = match element.attribute("localDataSource").map(|value| bool::read(value, &Rule::ANY)) {
        None => false,
        Some(Ok(value)) => value,
        Some(Err(allowed)) => {
            let text = format!("{}: localDataSource is impossible: it must be {allowed}", element.path);
            reader.fault(&element.place, text);
            return false;
        }
    };
    if let Some(name) = element.attribute("dataSourceName") {
        match sources.find(name, only_local) {
            Some(found) => {
                database.url = database.url.take().or_else(|| found.url.clone());
                database.user = database.user.take().or_else(|| found.user.clone());
                database.password = database.password.take().or_else(|| found.password.clone());
                database.pool_size = database.pool_size.or(found.pool_size);
            }
            None => {
                let text = format!(
                    "{}: dataSourceName={} is impossible: it must be the name of a Resource of type javax.sql.DataSource",
                    element.path,
                    shown(name)
                );
                reader.fault(&element.place, text);
                return false;
            }
        }
    }
    true
}

/// A URL may hold a password, so that no part of it is told.
fn check_url(reader: &mut Reader, element: &Element, database: &DatabaseStore) {
    match &database.url {
        None => {
            let text = match reader.style {
                Style::Tomcat => format!("{} must have a dataSourceName, or a connectionURL", element.path),
                Style::Native => format!("{} must have a url", element.path),
            };
            reader.fault(&element.place, text);
        }
        Some(url) if kind_of(url).is_none() => {
            let text = format!(
                "{}: the URL of its database is impossible: it must be one of postgresql, mariadb, mysql, sqlite (with jdbc: before it or \
                 not) or redis",
                element.path
            );
            reader.fault(&element.place, text);
        }
        Some(_) => {}
    }
}
