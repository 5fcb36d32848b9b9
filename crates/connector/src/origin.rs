//! What an application is to see of the way to its server, where a proxy stands in between and says nothing of it itself.

use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Uri, header};

/// What clients see of a server in place of what its connector sees. The default changes nothing.
///
/// A request then has its URL in full, with the scheme, name and port of these; what is not given is the connector's: `http`, and the
/// request's `Host`. A scheme of `https` is what tells the layers above that the client's connection is encrypted.
///
/// Source: Connector attributes `scheme`, `secure`, `proxyName`, `proxyPort`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The scheme; `None`: `http`.
    pub scheme: Option<Scheme>,
    /// Whether the client's connection counts as encrypted: then the scheme is `https`, whatever is said of it.
    pub secure: bool,
    /// The server's name.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
}

impl Origin {
    /// Gives a request its URL in full, if there is anything to say. What does not fit into a URL changes nothing.
    pub(crate) fn apply<B>(&self, request: &mut Request<B>) {
        if *self == Self::default() {
            return;
        }
        let scheme = match (&self.scheme, self.secure) {
            (_, true) => Scheme::HTTPS,
            (Some(scheme), false) => scheme.clone(),
            (None, false) => request.uri().scheme().cloned().unwrap_or(Scheme::HTTP),
        };
        let Some(authority) = self.authority(request.uri(), request.headers()) else { return };
        let mut parts = request.uri().clone().into_parts();
        (parts.scheme, parts.authority) = (Some(scheme), Some(authority));
        parts.path_and_query = parts.path_and_query.or_else(|| "/".parse().ok());
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }

    fn authority(&self, uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
        let asked = || headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
        let asked = uri.authority().cloned().or_else(asked);
        if self.host.is_none() && self.port.is_none() {
            return asked;
        }
        let host = self.host.as_deref().or_else(|| asked.as_ref().map(Authority::host))?;
        let port = self.port.or_else(|| asked.as_ref().and_then(Authority::port_u16).filter(|_| self.host.is_none()));
        match port {
            Some(port) => format!("{host}:{port}").parse().ok(),
            None => host.parse().ok(),
        }
    }
}

/// In the extensions of each request whose percent codes are not UTF-8. Source: Connector attribute `URIEncoding`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UriEncoding {
    /// The bytes of a path and of a query are UTF-8.
    #[default]
    Utf8,
    /// Each byte is a character.
    Latin1,
}

impl UriEncoding {
    pub(crate) fn apply<B>(self, request: &mut Request<B>) {
        if self != Self::default() {
            request.extensions_mut().insert(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(origin: &Origin, uri: &str, host: &str) -> String {
        let mut request = Request::builder().uri(uri).header("Host", host).body(()).unwrap();
        origin.apply(&mut request);
        request.uri().to_string()
    }

    #[test]
    fn an_application_sees_what_clients_see() {
        let plain = Origin::default();
        assert_eq!(seen(&plain, "/a?b", "h:1"), "/a?b");
        let secure = Origin { secure: true, ..Origin::default() };
        assert_eq!(seen(&secure, "/a?b", "h:1"), "https://h:1/a?b");
        let named = Origin { host: Some("shop.example".to_owned()), ..secure.clone() };
        assert_eq!(seen(&named, "/a", "h:1"), "https://shop.example/a", "the port is the connector's no more");
        let whole = Origin { scheme: Some(Scheme::HTTPS), port: Some(8443), secure: false, ..named };
        assert_eq!(seen(&whole, "/", "h:1"), "https://shop.example:8443/");
        let port = Origin { port: Some(80), ..plain };
        assert_eq!(seen(&port, "/a", "h:1"), "http://h:80/a");
        assert_eq!(seen(&secure, "/a", "not a host"), "/a");
    }
}
