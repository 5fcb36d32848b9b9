//! Where requests come in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::uri::Scheme;
use outlive_config::model::{self, AjpProtocol, HttpProtocol, KeepAlive, Protocol};
use outlive_connector::ajp::{AjpSettings, PacketSize, Secret};
use outlive_connector::http::HttpSettings;
use outlive_connector::{FormLimit, Origin, UriEncoding};

use super::look_up;
use super::said::Said;
use crate::cli::{AjpArguments, HostPort, ServeArguments};
use crate::exit::Exit;

/// Where applications answer unless they are told otherwise.
const HTTP_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The most header lines over HTTP, whatever is said: room for each is made in front of every request.
const HEADERS_MAX: usize = 1000;

/// One place where requests come in, checked.
#[derive(Debug, Clone)]
pub(in crate::serve) struct ConnectorSettings {
    pub(in crate::serve) address: SocketAddr,
    pub(in crate::serve) speaks: Speaks,
    /// What it is called where it was given.
    pub(in crate::serve) said: String,
}

/// What a connector speaks, with its limits.
#[derive(Debug, Clone)]
pub(in crate::serve) enum Speaks {
    Http(HttpSettings),
    Ajp(Box<AjpSettings>),
}

/// All connectors: the model's, with what the flags say in their place.
///
/// # Errors
/// A host that is not found; a port with an offset that is none; an address of the network without a secret for AJP.
pub(super) fn resolve(
    flags: &ServeArguments,
    model: &[model::Connector],
    port_offset: u16,
    said: &Said,
) -> Result<Vec<ConnectorSettings>, Exit> {
    let mut connectors = Vec::new();
    let is_http = |connector: &&model::Connector| matches!(connector.protocol, Protocol::Http(_));
    match &flags.http {
        Some(http) => {
            let settings = match model.iter().find(is_http) {
                Some(connector) => http_settings(connector, said)?,
                None => HttpSettings::default(),
            };
            let address = look_up("--http", http)?;
            connectors.push(ConnectorSettings { address, speaks: Speaks::Http(settings), said: "--http".to_owned() });
        }
        None => {
            for connector in model.iter().filter(is_http) {
                let said_of = connector_said(connector, said);
                connectors.push(ConnectorSettings {
                    address: address(connector, port_offset, Ipv4Addr::UNSPECIFIED, &said_of)?,
                    speaks: Speaks::Http(http_settings(connector, said)?),
                    said: said_of,
                });
            }
        }
    }
    match &flags.ajp.ajp {
        Some(ajp) => connectors.push(of_flags(ajp, &flags.ajp)?),
        None => {
            for connector in model.iter().filter(|connector| !is_http(connector)) {
                let said_of = connector_said(connector, said);
                let address = address(connector, port_offset, Ipv4Addr::LOCALHOST, &said_of)?;
                let settings = ajp_settings(connector, said)?;
                settings.check(address).map_err(|missing| {
                    Exit::usage(format!(
                        "{said_of}: {missing}; give httpd and this node the same word with secret, or keep to this machine with \
                         address=\"127.0.0.1\""
                    ))
                })?;
                connectors.push(ConnectorSettings { address, speaks: Speaks::Ajp(Box::new(settings)), said: said_of });
            }
        }
    }
    if connectors.is_empty() {
        let speaks = Speaks::Http(HttpSettings::default());
        connectors.push(ConnectorSettings { address: HTTP_DEFAULT, speaks, said: "--http".to_owned() });
    }
    Ok(connectors)
}

fn connector_said(connector: &model::Connector, said: &Said) -> String {
    said_of_key(connector, "port", said)
}

fn said_of_key(connector: &model::Connector, key: &str, said: &Said) -> String {
    said.at(false, "--http", &connector.origin, key, &format!("Connector port=\"{}\"", connector.port))
}

fn address(connector: &model::Connector, offset: u16, all: Ipv4Addr, said: &str) -> Result<SocketAddr, Exit> {
    let port = match connector.port {
        0 => 0,
        port => port.checked_add(offset).ok_or_else(|| {
            Exit::usage(format!("{said}: with the Server's portOffset {offset} it is no port (0 to 65535)"))
        })?,
    };
    match &connector.address {
        Some(host) => look_up(said, &HostPort { host: host.clone(), port }),
        None => Ok(SocketAddr::new(all.into(), port)),
    }
}

fn http_settings(connector: &model::Connector, said: &Said) -> Result<HttpSettings, Exit> {
    let plain = HttpProtocol::default();
    let http = if let Protocol::Http(http) = &connector.protocol { http } else { &plain };
    let mut settings = HttpSettings::default();
    settings.header_read_timeout = limited(http.connection_timeout);
    settings.keep_alive_timeout = keep_alive(http.keep_alive_timeout, http.connection_timeout);
    settings.keep_alive_requests_max = http.max_keep_alive_requests;
    settings.connections_max = connections_max(connector);
    settings.head_bytes_max = http.max_http_header_size;
    settings.backlog = connector.accept_count;
    settings.origin = origin(connector, said)?;
    settings.uri_encoding = uri_encoding(connector);
    settings.headers_max = connector.max_header_count.map_or(HEADERS_MAX, |max| (max as usize).min(HEADERS_MAX));
    settings.form_limit = form_limit(connector);
    Ok(settings)
}

fn ajp_settings(connector: &model::Connector, said: &Said) -> Result<AjpSettings, Exit> {
    let plain = AjpProtocol::default();
    let ajp = if let Protocol::Ajp(ajp) = &connector.protocol { ajp } else { &plain };
    let mut settings = AjpSettings::default();
    settings.secret = ajp.secret.as_ref().and_then(|secret| Secret::new(secret.reveal()));
    settings.secret_required = ajp.secret_required;
    // Lower ones are ignored, as in a Tomcat.
    settings.packet_size = PacketSize::new(ajp.packet_size.max(8192) as usize).unwrap_or(settings.packet_size);
    settings.allowed_attributes = ajp.allowed_request_attributes.clone();
    settings.trust_user = !ajp.tomcat_authentication || ajp.tomcat_authorization;
    settings.secure = connector.secure;
    settings.flush = ajp.ajp_flush;
    settings.read_timeout = limited(ajp.connection_timeout).unwrap_or(settings.read_timeout);
    settings.idle_timeout = keep_alive(ajp.keep_alive_timeout, ajp.connection_timeout);
    settings.max_connections = connections_max(connector);
    settings.backlog = connector.accept_count;
    settings.origin = origin(connector, said)?;
    settings.uri_encoding = uri_encoding(connector);
    // What a packet holds is a limit, too.
    settings.headers_max = connector.max_header_count.map_or(usize::MAX, |max| max as usize);
    settings.form_limit = form_limit(connector);
    Ok(settings)
}

fn form_limit(connector: &model::Connector) -> FormLimit {
    connector.max_post_size.map_or(FormLimit::MAX, |max| FormLimit::new(max.into()))
}

/// A Tomcat takes 0 for no limit, too.
fn limited(time: Option<Duration>) -> Option<Duration> {
    time.filter(|time| !time.is_zero())
}

fn keep_alive(own: Option<KeepAlive>, connection_timeout: Option<Duration>) -> Option<Duration> {
    match own {
        None => limited(connection_timeout),
        Some(KeepAlive::Forever) => None,
        Some(KeepAlive::For(time)) => limited(Some(time)),
    }
}

fn connections_max(connector: &model::Connector) -> usize {
    connector.max_connections.map_or(usize::MAX, |max| max.max(1) as usize)
}

fn origin(connector: &model::Connector, said: &Said) -> Result<Origin, Exit> {
    let scheme = match connector.scheme.as_str() {
        "http" => None,
        other => Some(other.parse::<Scheme>().map_err(|_| {
            let said = said_of_key(connector, "scheme", said);
            Exit::usage(format!("{said}: \"{other}\" is no scheme; http or https"))
        })?),
    };
    Ok(Origin { scheme, secure: connector.secure, host: connector.proxy_name.clone(), port: connector.proxy_port })
}

fn uri_encoding(connector: &model::Connector) -> UriEncoding {
    match connector.uri_encoding {
        model::UriEncoding::Utf8 => UriEncoding::Utf8,
        model::UriEncoding::Latin1 => UriEncoding::Latin1,
    }
}

/// The connector of `--ajp`.
fn of_flags(target: &HostPort, flags: &AjpArguments) -> Result<ConnectorSettings, Exit> {
    let mut settings = AjpSettings::default();
    if let Some(secret) = &flags.ajp_secret {
        let secret = Secret::new(secret.reveal());
        settings.secret = Some(secret.ok_or_else(|| Exit::usage("--ajp-secret: an empty secret protects nothing"))?);
    }
    if let Some(size) = flags.ajp_packet_size {
        settings.packet_size = size;
    }
    settings.allowed_attributes = flags.ajp_attributes.clone();
    settings.trust_user = flags.ajp_trust_user;
    let address = look_up("--ajp", target)?;
    settings.check(address).map_err(|missing| {
        Exit::usage(format!(
            "--ajp: {missing}; give httpd and this node the same word with --ajp-secret, or keep to this machine with --ajp 127.0.0.1:8009"
        ))
    })?;
    Ok(ConnectorSettings { address, speaks: Speaks::Ajp(Box::new(settings)), said: "--ajp".to_owned() })
}

/// # Errors
/// A flag that belongs to `--ajp`, which is not given.
pub(super) fn check_flags(flags: &AjpArguments) -> Result<(), Exit> {
    if flags.ajp.is_some() {
        return Ok(());
    }
    let given = [("--ajp-attributes", flags.ajp_attributes.is_some()), ("--ajp-trust-user", flags.ajp_trust_user)];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Exit::usage(format!("{flag} says something of --ajp, which is not given"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;
    use crate::cli::{self, Command};

    fn resolved(line: &str) -> Result<Settings, Exit> {
        let words = ["outlive", "serve", "--receiver", "127.0.0.1:4000"].into_iter().chain(line.split_whitespace());
        match cli::parse(words.map(Into::into))? {
            Command::Serve(flags) => Settings::resolve(*flags),
            other => panic!("not serve: {other:?}"),
        }
    }

    #[test]
    fn ajp_is_off_unless_asked_for_and_may_stand_alone() {
        let of = |line| {
            let connectors = resolved(line).unwrap().connectors;
            connectors.iter().map(|connector| format!("{} {}", connector.said, connector.address)).collect::<Vec<_>>()
        };
        assert_eq!(of(""), Vec::<String>::new());
        assert_eq!(of("--ajp 127.0.0.1:8009"), ["--ajp 127.0.0.1:8009"]);
        assert_eq!(of("--ajp 127.0.0.1:8009 --http 127.0.0.1:1"), ["--http 127.0.0.1:1", "--ajp 127.0.0.1:8009"]);
    }

    #[test]
    fn an_address_of_the_network_wants_a_secret() {
        for host in ["10.0.0.1", "0.0.0.0"] {
            // Not even where sessions may go unencrypted.
            let line = format!("--ajp {host}:8009 --allow-plaintext");
            let exit = resolved(&line).unwrap_err();
            let (code, sentence) = exit.parts();
            assert!(
                code == 2 && sentence.starts_with(&format!("--ajp: {host}:8009 is an address of the network")),
                "{sentence}"
            );
            let settings = resolved(&format!("{line} --ajp-secret s3cret")).unwrap();
            assert!(!format!("{settings:?}").contains("s3cret"), "a secret is never shown");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in [
            ("--ajp 127.0.0.1:8009 --ajp-packet-size 8191", "\"8191\" is no number of 8192 to 65536"),
            ("--ajp 127.0.0.1:8009 --ajp-packet-size 65537", "8192 to 65536"),
            ("--ajp 127.0.0.1:8009 --ajp-attributes a(", "\"a(\" is no regular expression: unclosed group"),
            ("--ajp 127.0.0.1:8009 --ajp-secret=", "--ajp-secret"),
            ("--ajp-attributes a", "--ajp-attributes says something of --ajp, which is not given"),
            ("--ajp-trust-user", "--ajp-trust-user"),
        ] {
            let exit = resolved(line).expect_err(line);
            let (code, sentence) = exit.parts();
            assert!(code == 2 && sentence.contains(word), "{line}: {sentence}");
        }
    }

    /// Source: Tomcat's Connector attributes, one by one.
    #[test]
    fn what_a_connector_says_takes_effect() {
        let mut connector = model::Connector { port: 8080, ..model::Connector::default() };
        connector.protocol = Protocol::Http(HttpProtocol {
            connection_timeout: Some(Duration::from_secs(20)),
            keep_alive_timeout: Some(KeepAlive::For(Duration::from_secs(5))),
            max_keep_alive_requests: None,
            max_http_header_size: 16384,
            ..HttpProtocol::default()
        });
        (connector.max_connections, connector.accept_count) = (Some(50), 10);
        (connector.secure, connector.proxy_name, connector.proxy_port) =
            (true, Some("shop.example".to_owned()), Some(443));
        connector.uri_encoding = model::UriEncoding::Latin1;
        let settings = http_settings(&connector, &Said::by_flags()).unwrap();
        assert_eq!(settings.header_read_timeout, Some(Duration::from_secs(20)));
        assert_eq!(settings.keep_alive_timeout, Some(Duration::from_secs(5)));
        assert_eq!((settings.keep_alive_requests_max, settings.head_bytes_max), (None, 16384));
        assert_eq!((settings.connections_max, settings.backlog), (50, 10));
        assert!(settings.origin.secure && settings.origin.port == Some(443));
        assert_eq!(settings.uri_encoding, UriEncoding::Latin1);
    }

    #[test]
    fn ports_move_by_the_servers_offset() {
        let connector = model::Connector { port: 8080, ..model::Connector::default() };
        let moved = |offset| address(&connector, offset, Ipv4Addr::UNSPECIFIED, "x").map(|address| address.to_string());
        assert_eq!(moved(100).as_deref(), Ok("0.0.0.0:8180"));
        assert!(moved(60_000).is_err());
    }
}
