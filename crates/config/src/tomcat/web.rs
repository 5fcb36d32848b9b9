//! `web.xml`: what it says of sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{SessionCookie, TrackingModes};
use crate::origin::Origin;
use crate::problem::Level;
use crate::raw::{Attribute, Element};
use crate::reader::{Reader, shown};
use crate::setting::{Rule, Unit, Value};

/// What may stand in a `web-app`.
const CHILDREN: [&str; 34] = [
    "absolute-ordering",
    "administered-object",
    "connection-factory",
    "context-param",
    "context-service",
    "data-source",
    "default-context-path",
    "deny-uncovered-http-methods",
    "description",
    "display-name",
    "distributable",
    "ejb-local-ref",
    "ejb-ref",
    "env-entry",
    "error-page",
    "filter",
    "filter-mapping",
    "icon",
    "jms-connection-factory",
    "jms-destination",
    "jsp-config",
    "listener",
    "locale-encoding-mapping-list",
    "login-config",
    "mail-session",
    "managed-executor",
    "managed-scheduled-executor",
    "managed-thread-factory",
    "message-destination",
    "message-destination-ref",
    "mime-mapping",
    "module-name",
    "ordering",
    "persistence-context-ref",
];
const MORE_CHILDREN: [&str; 16] = [
    "persistence-unit-ref",
    "post-construct",
    "pre-destroy",
    "request-character-encoding",
    "resource-env-ref",
    "resource-ref",
    "response-character-encoding",
    "security-constraint",
    "security-role",
    "service-ref",
    "servlet",
    "servlet-mapping",
    "session-config",
    "taglib",
    "welcome-file-list",
    "name",
];

/// What layers of `web.xml` say of sessions so far.
#[derive(Debug, Clone)]
pub(super) struct WebXml {
    pub(super) distributable: bool,
    pub(super) session_timeout: Option<Duration>,
    /// `http_only` is false where no file says it: `Context` has its own word for it.
    pub(super) cookie: SessionCookie,
    pub(super) tracking: Option<TrackingModes>,
    pub(super) servlet_classes: Vec<String>,
    pub(super) origin: Origin,
}

impl Default for WebXml {
    fn default() -> Self {
        Self {
            distributable: false,
            session_timeout: Some(Duration::from_secs(30 * 60)),
            cookie: SessionCookie { http_only: false, ..SessionCookie::default() },
            tracking: None,
            servlet_classes: Vec::new(),
            origin: Origin::default(),
        }
    }
}

impl WebXml {
    /// Lays a file over what is there. `is_own`: it is the application's, not one for all.
    pub(super) fn add(&mut self, reader: &mut Reader, root: &Element, is_own: bool) {
        if root.name != "web-app" {
            reader.fault(&root.place, format!("the file must begin with web-app, not with {}", root.name));
            return;
        }
        let known: Vec<_> = CHILDREN.into_iter().chain(MORE_CHILDREN).collect();
        reader.children(root, &known);
        if is_own {
            self.origin.note_element(&root.path, &root.place);
            self.distributable = root.child("distributable").is_some();
            let classes = root.children("servlet").filter_map(|servlet| servlet.child("servlet-class"));
            self.servlet_classes = classes.map(|class| class.text.clone()).collect();
        }
        let mut configs = root.children("session-config");
        if let Some(config) = configs.next() {
            self.session_config(reader, config);
        }
        if let Some(second) = configs.next() {
            reader.fault(&second.place, format!("{}: there must be one in a file", second.path));
        }
    }

    fn session_config(&mut self, reader: &mut Reader, config: &Element) {
        reader.children(config, &["session-timeout", "cookie-config", "tracking-mode"]);
        if let Some(child) = config.child("session-timeout") {
            let rule = Rule::ANY.of(Unit::Minutes).none_below(1);
            match Option::<Duration>::read(&child.text, &rule) {
                Ok(timeout) => self.session_timeout = timeout,
                Err(allowed) => {
                    let text = format!("{}: {} is impossible: it must be {allowed}", child.path, shown(&child.text));
                    reader.fault(&child.place, text);
                }
            }
        }
        if let Some(child) = config.child("cookie-config") {
            self.cookie_config(reader, child);
        }
        let modes: Vec<_> = config.children("tracking-mode").collect();
        if let Some(first) = modes.first() {
            let words: Vec<_> = modes.iter().map(|mode| mode.text.as_str()).collect();
            match TrackingModes::read(&words.join(","), &Rule::ANY) {
                // A Tomcat does not start such an application.
                Ok(modes) if modes.ssl && (modes.cookie || modes.url) => {
                    reader.fault(&first.place, format!("{}: SSL must be the only one", first.path));
                }
                Ok(modes) => {
                    self.tracking = Some(modes);
                    self.origin.note("tracking", "tracking-mode", &first.place);
                }
                Err(allowed) => {
                    let shown = shown(&words.join(","));
                    let text = format!("{}: {shown} is impossible: it must be {allowed}", first.path);
                    reader.fault(&first.place, text);
                }
            }
        }
    }

    fn cookie_config(&mut self, reader: &mut Reader, config: &Element) {
        // Its children are what attributes are elsewhere.
        let (attributes, others): (Vec<_>, Vec<_>) =
            config.children.iter().cloned().partition(|child| child.name != "attribute");
        let written = Element {
            attributes: attributes
                .into_iter()
                .map(|child| Attribute { name: child.name, value: child.text, place: child.place })
                .collect(),
            children: Vec::new(),
            ..config.clone()
        };
        reader.settings(&written, &mut [&mut self.cookie]);
        if !others.is_empty() {
            self.cookie.attributes = BTreeMap::new();
        }
        for attribute in others {
            reader.children(&attribute, &["description", "attribute-name", "attribute-value"]);
            let text = |name: &str| attribute.child(name).map(|child| child.text.clone()).unwrap_or_default();
            let (name, value) = (text("attribute-name"), text("attribute-value"));
            if let Err(allowed) = add_attribute(&mut self.cookie, &name, &value) {
                let text = format!(
                    "{}: {}={} is impossible: it must be {allowed}",
                    attribute.path,
                    name.escape_debug(),
                    shown(&value)
                );
                reader.fault(&attribute.place, text);
            }
        }
    }
}

/// Adds an attribute to a cookie; those that have a setting of their own go there.
///
/// # Errors
/// What is allowed.
pub(crate) fn add_attribute(cookie: &mut SessionCookie, name: &str, value: &str) -> Result<(), String> {
    use crate::setting::{Form, Settings, is_token};
    if !is_token(name) {
        return Err("a name of letters and digits".to_owned());
    }
    if Form::CookieValue.check(value).is_err() {
        return Err("a value without semicolons".to_owned());
    }
    for (attribute, key) in [
        ("domain", "domain"),
        ("path", "path"),
        ("httponly", "http_only"),
        ("secure", "secure"),
        ("max-age", "max_age"),
    ] {
        if name.eq_ignore_ascii_case(attribute) {
            return cookie.set(key, value);
        }
    }
    let known = cookie.attributes.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    cookie.attributes.insert(known.unwrap_or_else(|| name.to_owned()), value.to_owned());
    Ok(())
}

/// Tells of what an application's `web.xml` cannot have an effect on.
pub(super) fn say_not_distributable(reader: &mut Reader, root: &Element) {
    let text = format!("{}: without <distributable/> sessions stay on this node", root.path);
    reader.say(Level::Notice, &root.place, text);
}
