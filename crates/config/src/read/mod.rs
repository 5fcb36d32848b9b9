//! What each element means. The same functions read Tomcat's elements and the tables of outlive.toml.

pub(crate) mod cluster;
pub(crate) mod connector;
pub(crate) mod data_source;
pub(crate) mod interceptor;
pub(crate) mod manager;
pub(crate) mod member;
pub(crate) mod valve;

use crate::model::Engine;
use crate::raw::Element;
use crate::reader::{Reader, shown};

/// A node's name stands behind session ids, and those in cookies and paths.
pub(crate) fn check_route(reader: &mut Reader, element: &Element, engine: &Engine) {
    let route = engine.jvm_route.as_deref().unwrap_or_default();
    if !route.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        let text = format!(
            "{}: the node's name (jvmRoute) {} is impossible: it must be letters, digits, '-', '_' and dots, as it stands behind session ids",
            element.path,
            shown(route)
        );
        reader.fault(&element.place, text);
    }
}
