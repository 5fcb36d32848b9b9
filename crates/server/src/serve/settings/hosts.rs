//! Which host a request is for.

use outlive_config::Configuration;

/// The hosts of a node by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Hosts {
    /// Each host with all its names in lower case, its own first.
    names: Vec<Vec<String>>,
    /// Which of them answers for names that none has.
    default: usize,
}

impl Hosts {
    pub(super) fn of(configuration: &Configuration) -> Self {
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
        let default = names.iter().position(|names| names.contains(&wanted)).unwrap_or(0);
        Self { names, default }
    }

    /// Its number among the hosts, of the name that a request asks for, with or without a port.
    pub(in crate::serve) fn find(&self, asked: Option<&str>) -> usize {
        let Some(asked) = asked.filter(|_| self.names.len() > 1) else { return self.default };
        let name = match asked.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => asked,
        };
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        self.names.iter().position(|names| names.iter().any(is)).unwrap_or(self.default)
    }

    /// The number of a host by its own name.
    pub(in crate::serve) fn number(&self, name: &str) -> usize {
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
        let hosts = Hosts::of(&configuration);
        for (asked, number) in [
            (Some("a.example"), 0),
            (Some("WWW.a.example:8080"), 0),
            (Some("b.example:80"), 1),
            (Some("other"), 1),
            (Some("[::1]:80"), 1),
            (None, 1),
        ] {
            assert_eq!(hosts.find(asked), number, "{asked:?}");
        }
        assert_eq!(Hosts::of(&Configuration::default()).find(Some("anything")), 0);
    }
}
