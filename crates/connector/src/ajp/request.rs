//! A front's request as one of HTTP.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use outlive_ajp::{Attribute, ForwardRequest, attribute};

use super::forwarded::{Activation, Forwarded};
use super::settings::AjpSettings;
use crate::host;

/// A request that no application sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejected {
    #[error("its method is no word")]
    Method,
    #[error("its URI cannot be one")]
    Uri,
    #[error("its Host cannot be one")]
    Host,
    #[error("a header of it cannot be one")]
    Header,
    #[error("the attribute {0:?} is not among those that are allowed")]
    Attribute(String),
}

impl Rejected {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Attribute(_) => 403,
            Self::Method | Self::Uri | Self::Host | Self::Header => 400,
        }
    }
}

/// The request, with everything but its body.
///
/// # Errors
/// [`Rejected`]: it is to be answered with that status.
pub(super) fn http_request(
    said: &ForwardRequest,
    front: SocketAddr,
    settings: &AjpSettings,
) -> Result<Request<()>, Rejected> {
    let (forwarded, query) = forwarded(said, front, settings)?;
    let mut headers = headers(said)?;
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(&said.method).map_err(|_| Rejected::Method)?;
    *request.version_mut() = version(&said.protocol);
    *request.uri_mut() = uri(said, query, forwarded.is_secure, &mut headers)?;
    *request.headers_mut() = headers;
    let extensions: &mut Extensions = request.extensions_mut();
    extensions.insert(client(said, front));
    extensions.insert(forwarded);
    Ok(request)
}

fn version(protocol: &[u8]) -> Version {
    match protocol {
        b"HTTP/0.9" => Version::HTTP_09,
        b"HTTP/1.0" => Version::HTTP_10,
        b"HTTP/2.0" | b"HTTP/2" => Version::HTTP_2,
        b"HTTP/3.0" | b"HTTP/3" => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

fn headers(said: &ForwardRequest) -> Result<HeaderMap, Rejected> {
    let mut headers = HeaderMap::with_capacity(said.headers.len());
    for (name, value) in &said.headers {
        let name = HeaderName::from_bytes(name).map_err(|_| Rejected::Header)?;
        let value = HeaderValue::from_bytes(value.trim_ascii()).map_err(|_| Rejected::Header)?;
        headers.append(name, value);
    }
    // The front has undone it: bodies come in packets.
    headers.remove(header::TRANSFER_ENCODING);
    Ok(headers)
}

/// An absolute URI. Where the front's own is absolute, its host takes the place of the header.
fn uri(
    said: &ForwardRequest,
    query: Option<&Bytes>,
    is_secure: bool,
    headers: &mut HeaderMap,
) -> Result<Uri, Rejected> {
    let (host, path) = split_absolute(&said.uri)?;
    if path.contains(&b'?') || path.contains(&b'#') {
        return Err(Rejected::Uri); // the query has an attribute of its own
    }
    if let Some(host) = host {
        headers.insert(header::HOST, HeaderValue::from_bytes(host).map_err(|_| Rejected::Uri)?);
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let authority = match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err(Rejected::Host),
        (Some(host), None) if !host.is_empty() => authority(host.as_bytes())?,
        _ => server(said)?,
    };
    if path == b"*" {
        return Ok(Uri::from_static("*"));
    }
    let mut target = path.to_vec();
    if let Some(query) = query {
        target.push(b'?');
        target.extend_from_slice(query);
    }
    if !target.starts_with(b"/") || target.contains(&b'#') {
        return Err(Rejected::Uri);
    }
    let target = PathAndQuery::from_maybe_shared(target).map_err(|_| Rejected::Uri)?;
    let scheme = if is_secure { Scheme::HTTPS } else { Scheme::HTTP };
    Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build().map_err(|_| Rejected::Uri)
}

/// The host of an absolute URI, and the path.
fn split_absolute(uri: &[u8]) -> Result<(Option<&[u8]>, &[u8]), Rejected> {
    let after = |scheme: &[u8]| {
        uri.split_at_checked(scheme.len()).filter(|(start, _)| start.eq_ignore_ascii_case(scheme)).map(|(_, rest)| rest)
    };
    match after(b"http://").or_else(|| after(b"https://")) {
        None => Ok((None, uri)),
        Some(rest) => {
            let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            if host.is_empty() {
                return Err(Rejected::Uri);
            }
            Ok((Some(host), if path.is_empty() { b"/" } else { path }))
        }
    }
}

fn authority(text: &[u8]) -> Result<Authority, Rejected> {
    host::authority(text).ok_or(Rejected::Host)
}

/// What the request is for where it has no `Host`: the server's name and port.
fn server(said: &ForwardRequest) -> Result<Authority, Rejected> {
    let name = said.server_name.as_ref().filter(|name| !name.is_empty());
    let name = name.map_or_else(|| "localhost".to_owned(), |name| latin1(name));
    let bracketed = name.contains(':') && !name.starts_with('[');
    let name = if bracketed { format!("[{name}]") } else { name };
    authority(format!("{name}:{}", said.server_port).as_bytes())
}

/// The client's address as the front says it; what is no address leaves the front's own.
fn client(said: &ForwardRequest, front: SocketAddr) -> SocketAddr {
    let address = said.remote_address.as_ref().and_then(|text| {
        let text = std::str::from_utf8(text).ok()?;
        // The interface of a link-local address says nothing on another machine.
        text.split('%').next()?.parse::<IpAddr>().ok()
    });
    let port = named(said, attribute::REMOTE_PORT).and_then(|text| latin1(text).parse().ok());
    match address {
        Some(address) => SocketAddr::new(address, port.unwrap_or(0)),
        None => front,
    }
}

fn named<'a>(said: &'a ForwardRequest, wanted: &str) -> Option<&'a Bytes> {
    said.attributes.iter().find_map(|attribute| match attribute {
        Attribute::Named { name, value } if name == wanted.as_bytes() => Some(value),
        _ => None,
    })
}

/// What stands in the attributes, and the query among them.
fn forwarded<'a>(
    said: &'a ForwardRequest,
    front: SocketAddr,
    settings: &AjpSettings,
) -> Result<(Forwarded, Option<&'a Bytes>), Rejected> {
    let mut to = Forwarded {
        front: Some(front),
        is_secure: said.is_ssl || settings.secure,
        remote_host: said.remote_host.as_ref().map(|host| latin1(host)),
        server: said.server_name.as_ref().map(|name| (latin1(name), said.server_port)),
        ..Forwarded::default()
    };
    let mut query = None;
    for attribute in &said.attributes {
        match attribute {
            Attribute::QueryString(text) => query = Some(text),
            Attribute::RemoteUser(user) if settings.trust_user => to.remote_user = Some(latin1(user)),
            Attribute::AuthType(kind) if settings.trust_user => to.auth_type = Some(latin1(kind)),
            Attribute::Route(route) => to.route = Some(latin1(route)),
            Attribute::SslCertificate(certificates) => to.tls.certificates = Some(certificates.clone()),
            Attribute::SslCipher(cipher) => to.tls.cipher = Some(latin1(cipher)),
            Attribute::SslSession(session) => to.tls.session = Some(latin1(session)),
            Attribute::SslKeySize(bits) => to.tls.key_size = Some(*bits),
            Attribute::Named { name, value } => named_attribute(&mut to, name, value, settings)?,
            Attribute::Context(_)
            | Attribute::ServletPath(_)
            | Attribute::RemoteUser(_)
            | Attribute::AuthType(_)
            | Attribute::Secret(_) => {}
        }
    }
    Ok((to, query))
}

fn named_attribute(to: &mut Forwarded, name: &[u8], value: &[u8], settings: &AjpSettings) -> Result<(), Rejected> {
    let (name, value) = (latin1(name), latin1(value));
    match name.as_str() {
        attribute::REMOTE_PORT => {}
        attribute::LOCAL_ADDRESS => to.local_address = Some(value),
        attribute::SSL_PROTOCOL => to.tls.protocol = Some(value),
        attribute::ACTIVATION => to.activation = Activation::named(&value),
        _ => {
            let allowed = || settings.allowed_attributes.as_ref().is_some_and(|allowed| allowed.matches(&name));
            if !attribute::is_known(name.as_bytes()) && !allowed() {
                return Err(Rejected::Attribute(name));
            }
            to.attributes.insert(name, value);
        }
    }
    Ok(())
}

/// Bytes as text: ISO-8859-1, as Tomcat reads them.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests;
