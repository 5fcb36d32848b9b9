//! `Connector`.

use crate::model::{AjpProtocol, Connector, HttpProtocol, Protocol};
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Reader, Style, shown};

const HTTP: [&str; 4] = [
    "HTTP/1.1",
    "org.apache.coyote.http11.Http11NioProtocol",
    "org.apache.coyote.http11.Http11Nio2Protocol",
    "org.apache.coyote.http11.Http11AprProtocol",
];
const AJP: [&str; 4] = [
    "AJP/1.3",
    "org.apache.coyote.ajp.AjpNioProtocol",
    "org.apache.coyote.ajp.AjpNio2Protocol",
    "org.apache.coyote.ajp.AjpAprProtocol",
];

/// `None`: it is not opened, and why was said.
pub(crate) fn read_connector(reader: &mut Reader, element: &Element) -> Option<Connector> {
    let mut connector = Connector::default();
    let name = element.attribute("protocol").unwrap_or(HTTP[0]);
    let is_known = HTTP.contains(&name) || AJP.contains(&name);
    if AJP.contains(&name) {
        connector.protocol = Protocol::Ajp(AjpProtocol::default());
    } else if !is_known {
        let text = format!("{}: protocol={} is impossible: it must be HTTP/1.1 or AJP/1.3", element.path, shown(name));
        reader.fault(&element.place, text);
    }
    let mut others = vec!["protocol"];
    if reader.style == Style::Tomcat {
        others.push("portOffset");
        // Options of sockets have names of their own without end, and none has a place here.
        let names = element.attributes.iter().map(|attribute| attribute.name.as_str());
        others.extend(names.filter(|name| name.starts_with("socket.")));
        if others.len() > 2 {
            reader.say(Level::Detail, &element.place, format!("{}: socket.… has no effect here", element.path));
        }
    }
    let mut protocol = std::mem::replace(&mut connector.protocol, Protocol::Http(HttpProtocol::default()));
    match &mut protocol {
        // What else is wrong is told at once, whichever of the two is meant.
        Protocol::Http(http) if !is_known => {
            reader.settings_but(element, &mut [&mut connector, http, &mut AjpProtocol::default()], &others);
        }
        Protocol::Http(http) => reader.settings_but(element, &mut [&mut connector, http], &others),
        Protocol::Ajp(ajp) => reader.settings_but(element, &mut [&mut connector, ajp], &others),
    }
    connector.protocol = protocol;
    reader.children(element, reader.of_tomcat(&["Listener", "SSLHostConfig", "UpgradeProtocol"]));
    for child in &element.children {
        if child.name == "UpgradeProtocol" {
            reader.say(Level::Notice, &child.place, format!("{}: HTTP/2 is not spoken here", child.path));
        }
    }
    if element.attribute("port").is_none() {
        reader.fault(&element.place, format!("{} must have a port", element.path));
    }
    if let Protocol::Ajp(ajp) = &connector.protocol
        && ajp.secret_required
        && ajp.secret.is_none()
    {
        let text = format!(
            "{} must have a secret, the same as the front's, or secretRequired=\"false\" where the network keeps strangers away",
            element.path
        );
        reader.fault(&element.place, text);
    }
    let has_tls = element.attribute("SSLEnabled").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if has_tls {
        let text = format!("{}: TLS is not spoken here, so this connector is not opened", element.path);
        reader.say(Level::Warning, &element.place, text);
        return None;
    }
    Some(connector)
}
