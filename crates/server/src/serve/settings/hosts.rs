//! Which host a request is for.

use outlive_config::{Configuration, Level, Notice};

/// The hosts of a node by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Hosts {
    /// Each host with all its names in lower case, its own first.
    names: Vec<Vec<String>>,
    /// Which of them answers for names that none has.
    default: Option<usize>,
}

/// The host that answers for names that none has; where nobody has its name, the first one.
pub(super) fn default_host(configuration: &Configuration) -> &str {
    let host = configuration.host(&configuration.engine.default_host).or(configuration.hosts.first());
    host.map_or(&configuration.engine.default_host, |host| &host.name)
}

impl Hosts {
    /// Tells where `defaultHost` names none of them.
    ///
    /// Source: Tomcat `MapperListener.findDefaultHost`, which warns, and then knows no host for other names.
    pub(super) fn of(configuration: &Configuration, notices: &mut Vec<Notice>) -> Self {
        let lower = |names: &mut dyn Iterator<Item = &String>| names.map(|name| name.to_lowercase()).collect();
        let mut names: Vec<Vec<String>> = configuration
            .hosts
            .iter()
            .map(|host| lower(&mut std::iter::once(&host.name).chain(&host.aliases)))
            .collect();
        if names.is_empty() {
            names.push(vec![configuration.engine.default_host.to_lowercase()]);
        }
        let wanted = configuration.engine.default_host.to_lowercase();
        let default = names.iter().position(|names| names.contains(&wanted));
        if default.is_none() {
            let text = format!(
                "no Host is called \"{}\", so that requests for names that no host has are answered with 404",
                wanted.escape_debug()
            );
            notices.push(configuration.engine.origin.notice(
                Level::Warning,
                "default_host",
                "the Engine's defaultHost",
                &text,
            ));
        }
        Self { names, default }
    }

    /// Its number among the hosts, of the name that a request asks for, with or without a port. `None`: no host is there for it.
    pub(in crate::serve) fn find(&self, asked: Option<&str>) -> Option<usize> {
        let is_any = self.names.len() == 1 && self.default.is_some();
        let Some(asked) = asked.filter(|_| !is_any) else { return self.default };
        let name = match asked.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => asked,
        };
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        self.names.iter().position(|names| names.iter().any(is)).or(self.default)
    }

    /// The number of a host by its own name.
    pub(in crate::serve) fn number(&self, name: &str) -> Option<usize> {
        self.find(Some(name))
    }

    pub(in crate::serve) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use outlive_config::model::{Engine, Host};

    use super::*;

    #[test]
    fn a_host_is_found_by_its_names_and_the_default_answers_for_the_rest() {
        let host = |name: &str, aliases: &[&str]| Host {
            name: name.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            ..Host::default()
        };
        let configuration = Configuration {
            engine: Engine { default_host: "b.example".to_owned(), ..Engine::default() },
            hosts: vec![host("a.example", &["www.a.example"]), host("b.example", &[])],
            ..Configuration::default()
        };
        let mut notices = Vec::new();
        let hosts = Hosts::of(&configuration, &mut notices);
        assert_eq!(notices, []);
        for (asked, number) in [
            (Some("a.example"), 0),
            (Some("WWW.a.example:8080"), 0),
            (Some("b.example:80"), 1),
            (Some("other"), 1),
            (Some("[::1]:80"), 1),
            (None, 1),
        ] {
            assert_eq!(hosts.find(asked), Some(number), "{asked:?}");
        }
        assert_eq!(Hosts::of(&Configuration::default(), &mut notices).find(Some("anything")), Some(0));
    }

    #[test]
    fn a_default_host_that_is_none_answers_nobody_and_is_told_of() {
        let (configuration, _) = outlive_config::parse_server_xml(
            "server.xml",
            "<Server><Service>\n<Engine name=\"Catalina\" defaultHost=\"nobody\"><Host name=\"a.example\"/></Engine></Service></Server>",
            &outlive_config::Definitions::default(),
        )
        .unwrap();
        let mut notices = Vec::new();
        let hosts = Hosts::of(&configuration, &mut notices);
        assert_eq!(["a.example", "A.EXAMPLE:80", "other"].map(|name| hosts.find(Some(name))), [Some(0), Some(0), None]);
        assert_eq!((hosts.find(None), default_host(&configuration)), (None, "a.example"));
        let told: Vec<_> = notices.iter().map(ToString::to_string).collect();
        let text = "server.xml:2:25: Server/Service/Engine: defaultHost: no Host is called \"nobody\", so that requests for names that no \
                    host has are answered with 404";
        assert_eq!(told, [text]);
    }
}
