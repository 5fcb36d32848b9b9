//! `Valve` and `Listener` outside of a cluster.

use crate::model::{LoadBalancerDrainingValve, PersistentValve, Valve};
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Class, Reader, nearest, shown};

const VALVES: [&str; 2] =
    ["org.apache.catalina.valves.PersistentValve", "org.apache.catalina.valves.LoadBalancerDrainingValve"];

/// Those that a Tomcat has beside them, each with what is so instead.
const INERT_VALVES: [(&str, &str); 25] = [
    ("org.apache.catalina.valves.AccessLogValve", "requests are told in the log alone"),
    ("org.apache.catalina.valves.ExtendedAccessLogValve", "requests are told in the log alone"),
    ("org.apache.catalina.valves.JsonAccessLogValve", "requests are told in the log alone"),
    ("org.apache.catalina.valves.RemoteIpValve", "the client is who is connected"),
    ("org.apache.catalina.valves.SSLValve", "certificates of clients are not looked at"),
    ("org.apache.catalina.valves.HealthCheckValve", "the node's health is told where [node] health, or --health, says"),
    ("org.apache.catalina.valves.CrawlerSessionManagerValve", "crawlers get sessions as others do"),
    ("org.apache.catalina.valves.StuckThreadDetectionValve", "it is about threads of a JVM"),
    (
        "org.apache.catalina.valves.SemaphoreValve",
        "requests at the same time are limited by a connector's maxConnections",
    ),
    ("org.apache.catalina.valves.ErrorReportValve", "pages of errors are plain"),
    ("org.apache.catalina.valves.JsonErrorReportValve", "pages of errors are plain"),
    ("org.apache.catalina.valves.ProxyErrorReportValve", "pages of errors are plain"),
    ("org.apache.catalina.valves.ParameterLimitValve", "it is about parameters of servlets"),
    ("org.apache.catalina.valves.RateLimitValve", "requests are not counted"),
    ("org.apache.catalina.valves.RemoteAddrValve", "whoever reaches a connector is served"),
    ("org.apache.catalina.valves.RemoteHostValve", "whoever reaches a connector is served"),
    ("org.apache.catalina.valves.RemoteCIDRValve", "whoever reaches a connector is served"),
    ("org.apache.catalina.valves.rewrite.RewriteValve", "paths are taken as they come"),
    ("org.apache.catalina.authenticator.SingleSignOn", "each application has its own login"),
    ("org.apache.catalina.authenticator.BasicAuthenticator", "an application here has its own login"),
    ("org.apache.catalina.authenticator.DigestAuthenticator", "an application here has its own login"),
    ("org.apache.catalina.authenticator.FormAuthenticator", "an application here has its own login"),
    ("org.apache.catalina.authenticator.SSLAuthenticator", "an application here has its own login"),
    ("org.apache.catalina.authenticator.SpnegoAuthenticator", "an application here has its own login"),
    ("org.apache.catalina.authenticator.NonLoginAuthenticator", "an application here has its own login"),
];

/// The listeners of a Tomcat: what they do is about a JVM.
const LISTENERS: [&str; 15] = [
    "org.apache.catalina.startup.VersionLoggerListener",
    "org.apache.catalina.startup.UserConfig",
    "org.apache.catalina.startup.HostConfig",
    "org.apache.catalina.core.AprLifecycleListener",
    "org.apache.catalina.core.AprStatusListener",
    "org.apache.catalina.core.OpenSSLLifecycleListener",
    "org.apache.catalina.core.JreMemoryLeakPreventionListener",
    "org.apache.catalina.core.ThreadLocalLeakPreventionListener",
    "org.apache.catalina.core.JniLifecycleListener",
    "org.apache.catalina.core.NamingContextListener",
    "org.apache.catalina.core.PropertiesRoleMappingListener",
    "org.apache.catalina.core.ContextNamingInfoListener",
    "org.apache.catalina.mbeans.GlobalResourcesLifecycleListener",
    "org.apache.catalina.security.SecurityListener",
    "org.apache.catalina.storeconfig.StoreConfigLifecycleListener",
];

/// A listener that would tell Apache httpd of this node.
const HEARTBEAT: &str = "org.apache.catalina.ha.backend.HeartbeatListener";

/// The valves among the children of an element.
pub(crate) fn read_valves(reader: &mut Reader, element: &Element) -> Vec<Valve> {
    let valves: Vec<_> = element.children("Valve").collect();
    valves.into_iter().filter_map(|valve| read_valve(reader, valve)).collect()
}

fn read_valve(reader: &mut Reader, element: &Element) -> Option<Valve> {
    let inert: Vec<_> = INERT_VALVES.iter().map(|(class, _)| *class).collect();
    if let Class::Known(name) = reader.class(element, &inert) {
        let instead = INERT_VALVES.iter().find(|(class, _)| class.ends_with(name)).map_or("", |(_, instead)| instead);
        reader.say(Level::Notice, &element.place, format!("{}: {name} has no effect here: {instead}", element.path));
        return None;
    }
    match reader.class(element, &VALVES) {
        Class::Known("LoadBalancerDrainingValve") => {
            let mut valve = LoadBalancerDrainingValve::default();
            reader.settings(element, &mut [&mut valve]);
            reader.children(element, &[]);
            Some(Valve::LoadBalancerDraining(valve))
        }
        Class::Known(_) => {
            let mut valve = PersistentValve::default();
            reader.settings(element, &mut [&mut valve]);
            reader.children(element, &[]);
            Some(Valve::Persistent(valve))
        }
        Class::Missing => {
            reader.fault(&element.place, format!("{} must have a className", element.path));
            None
        }
        Class::Unknown(class) => {
            say_class(reader, element, class, inert.iter().copied().chain(VALVES));
            None
        }
    }
}

/// Tells of the listeners among the children of an element.
pub(crate) fn read_listeners(reader: &mut Reader, element: &Element) {
    for listener in element.children("Listener") {
        match reader.class(listener, &LISTENERS) {
            Class::Known(name) => {
                let text = format!("{}: {name} has no effect here: it is about a JVM", listener.path);
                reader.say(Level::Detail, &listener.place, text);
            }
            Class::Unknown(HEARTBEAT) => {
                let text =
                    format!("{}: HeartbeatListener has no effect here: httpd is not told of this node", listener.path);
                reader.say(Level::Notice, &listener.place, text);
            }
            Class::Missing => reader.fault(&listener.place, format!("{} must have a className", listener.path)),
            Class::Unknown(class) => say_class(reader, listener, class, LISTENERS.into_iter()),
        }
    }
}

fn say_class<'a>(reader: &mut Reader, element: &Element, class: &str, known: impl Iterator<Item = &'a str>) {
    let near = nearest(class, known).filter(|near| strsim::levenshtein(near, class) <= 3);
    let near = near.map_or_else(String::new, |near| format!("; is {near} meant?"));
    let text = format!("{}: {} is a class of Java's, which does nothing here{near}", element.path, shown(class));
    reader.say(Level::Warning, &element.place, text);
}
