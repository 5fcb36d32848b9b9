//! `--ajp`: where Apache httpd reaches the applications.

use std::net::SocketAddr;

use outlive_connector::ajp::{AjpServer, AjpSettings, RequestBody, Running, Secret};
use outlive_connector::http::HttpService;

use super::settings::look_up;
use crate::cli::AjpArguments;
use crate::exit::Exit;

/// The connector's address and rules, checked.
#[derive(Debug, Clone)]
pub(crate) struct Ajp {
    address: SocketAddr,
    settings: AjpSettings,
}

impl Ajp {
    /// None without `--ajp`.
    ///
    /// # Errors
    /// A host that is not found; an address of the network without a secret; flags that belong to `--ajp` without it.
    pub(super) fn resolve(flags: &AjpArguments) -> Result<Option<Self>, Exit> {
        let Some(target) = &flags.ajp else {
            return match flags {
                AjpArguments { ajp_attributes: Some(_), .. } => Err(belongs_to_ajp("--ajp-attributes")),
                AjpArguments { ajp_trust_user: true, .. } => Err(belongs_to_ajp("--ajp-trust-user")),
                _ => Ok(None),
            };
        };
        let mut settings = AjpSettings::default();
        if let Some(secret) = &flags.ajp_secret {
            let secret = Secret::new(secret.reveal());
            settings.secret =
                Some(secret.ok_or_else(|| Exit::usage("--ajp-secret: an empty secret protects nothing"))?);
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
        Ok(Some(Self { address, settings }))
    }

    /// Takes the port. Nothing listens yet.
    ///
    /// # Errors
    /// The port cannot be had.
    pub(super) fn bind(&self) -> Result<(AjpServer, AjpSettings), Exit> {
        let server = AjpServer::bind(self.address).map_err(|error| Exit::failure(format!("--ajp: {error}")))?;
        Ok((server, self.settings.clone()))
    }
}

/// Listens.
///
/// # Errors
/// Another process has begun to listen on the port meanwhile.
pub(super) fn listen<S: HttpService<RequestBody>>(
    (server, settings): (AjpServer, AjpSettings),
    service: S,
) -> Result<Running, Exit> {
    server.serve(service, settings).map_err(|error| Exit::failure(format!("--ajp: {error}")))
}

fn belongs_to_ajp(flag: &str) -> Exit {
    Exit::usage(format!("{flag} says something of --ajp, which is not given"))
}

#[cfg(test)]
mod tests {
    use crate::cli::{self, Command};
    use crate::exit::Exit;
    use crate::serve::Settings;

    fn resolve(line: &str) -> Result<Settings, Exit> {
        let words = ["outlive", "serve", "--receiver", "127.0.0.1:4000"].into_iter().chain(line.split_whitespace());
        match cli::parse(words.map(Into::into))? {
            Command::Serve(flags) => Settings::resolve(*flags),
            other => panic!("not serve: {other:?}"),
        }
    }

    #[test]
    fn it_is_off_unless_asked_for_and_may_stand_alone() {
        let of = |line| {
            let settings = resolve(line).unwrap();
            (settings.ajp.map(|ajp| ajp.address.to_string()), settings.http.map(|http| http.to_string()), settings.apps)
        };
        let app = vec!["/app".to_owned()];
        assert_eq!(of("").0, None);
        assert_eq!(of("--ajp 127.0.0.1:8009"), (Some("127.0.0.1:8009".to_owned()), None, app.clone()));
        assert_eq!(
            of("--ajp 127.0.0.1:8009 --http 127.0.0.1:1"),
            (Some("127.0.0.1:8009".to_owned()), Some("127.0.0.1:1".to_owned()), app)
        );
    }

    #[test]
    fn an_address_of_the_network_wants_a_secret() {
        for host in ["10.0.0.1", "0.0.0.0"] {
            // Not even where sessions may go unencrypted.
            let line = format!("--ajp {host}:8009 --allow-plaintext");
            let exit = resolve(&line).unwrap_err();
            let (code, sentence) = exit.parts();
            assert!(
                code == 2 && sentence.starts_with(&format!("--ajp: {host}:8009 is an address of the network")),
                "{sentence}"
            );
            let settings = resolve(&format!("{line} --ajp-secret s3cret")).unwrap();
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
            let exit = resolve(line).expect_err(line);
            let (code, sentence) = exit.parts();
            assert!(code == 2 && sentence.contains(word), "{line}: {sentence}");
        }
    }
}
