//! `${name}` in values, and where names are looked up.

use std::collections::BTreeMap;
use std::fmt;

/// How often a value is looked through again, as what was put in may name more.
const ROUNDS_MAX: usize = 20;

/// The largest value, in bytes: what names put in may grow with each round.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// The names that `${name}` stands for: what was defined with `-D`, then a base folder's `catalina.properties`, then the folder itself, then
/// the environment.
///
/// Source: Tomcat `IntrospectionUtils.replaceProperties`. That the environment is asked without being told to is ours, and that `-D` comes first: a
/// Tomcat sets what `catalina.properties` says over it.
#[derive(Clone, Default)]
pub struct Definitions {
    defined: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl fmt::Debug for Definitions {
    /// Names alone: what they stand for may be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definitions")
            .field("defined", &self.defined.keys())
            .field("properties", &self.properties.len())
            .field("environment", &self.environment.len())
            .finish()
    }
}

/// What became of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Substituted {
    Value(String),
    /// It still changes after so many rounds; it stands as it is then.
    Unfinished(String),
    /// It has become too large.
    TooLarge,
}

impl Definitions {
    /// What `-D` defines, and this process's environment.
    pub fn of_process(defined: impl IntoIterator<Item = (String, String)>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            name.into_string().ok().zip(value.into_string().ok())
        };
        Self::new(defined, std::env::vars_os().filter_map(text))
    }

    /// What `-D` defines, and an environment.
    pub fn new(
        defined: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self {
            defined: defined.into_iter().collect(),
            properties: BTreeMap::new(),
            environment: environment.into_iter().collect(),
        }
    }

    /// The same with what a base folder defines.
    pub(crate) fn with_base(&self, folder: &str, properties: BTreeMap<String, String>) -> Self {
        let mut with = Self { properties, ..self.clone() };
        for name in ["catalina.base", "catalina.home"] {
            with.properties.entry(name.to_owned()).or_insert_with(|| folder.to_owned());
        }
        with
    }

    fn look_up(&self, name: &str) -> Option<&str> {
        let places = [&self.defined, &self.properties, &self.environment];
        places.into_iter().find_map(|place| place.get(name)).map(String::as_str)
    }

    /// The value with what its names stand for. What nobody knows and has no default stays as it is.
    pub(crate) fn substitute(&self, value: &str) -> Substituted {
        let mut value = value.to_owned();
        for _ in 0..=ROUNDS_MAX {
            if !value.contains("${") {
                return Substituted::Value(value);
            }
            let next = self.round(&value);
            if next.len() > VALUE_BYTES_MAX {
                return Substituted::TooLarge;
            }
            if next == value {
                return Substituted::Value(value);
            }
            value = next;
        }
        Substituted::Unfinished(value)
    }

    fn round(&self, value: &str) -> String {
        let mut result = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            // The name ends at the first brace: there are no names within names.
            let Some((name, behind)) = after.split_once('}') else {
                result.push_str("${");
                rest = after;
                break;
            };
            match (self.look_up(name), name.split_once(":-")) {
                (Some(found), _) => result.push_str(found),
                (None, Some((name, default))) => result.push_str(self.look_up(name).unwrap_or(default)),
                (None, None) => {
                    result.push_str("${");
                    result.push_str(name);
                    result.push('}');
                }
            }
            rest = behind;
            if result.len() > VALUE_BYTES_MAX {
                break;
            }
        }
        result.push_str(rest);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn check(value: &str, expected: &str) {
        let definitions = Definitions::new(
            map(&[("port", "8080"), ("a", "${b}"), ("b", "${c:-deep}"), ("odd:-name", "whole"), ("HOME", "defined")]),
            map(&[("HOME", "environment"), ("USER", "me")]),
        )
        .with_base("/srv/base", map(&[("port", "1"), ("dir", "${catalina.base}/x")]).into_iter().collect());
        assert_eq!(definitions.substitute(value), Substituted::Value(expected.to_owned()));
    }

    /// Source: spec of Tomcat's reader; what stays literal was seen on a running 10.1.
    #[test]
    fn names_are_looked_up_in_order_and_again() {
        check("${port}", "8080");
        check("x${USER}y${HOME}", "xmeydefined");
        check("${dir}", "/srv/base/x");
        check("${a}", "deep");
        check("${none}", "${none}");
        check("${none:-}", "");
        check("${none:-d${USER}", "d${USER");
        check("${odd:-name}", "whole");
        check("${port:-9}", "8080");
        check("$ $x ${", "$ $x ${");
        check("$${port}", "$8080");
    }

    #[test]
    fn what_never_ends_ends() {
        let definitions = Definitions::new(map(&[("x", "y${x}"), ("bomb", "${bomb}${bomb}${bomb}${bomb}")]), []);
        assert!(matches!(definitions.substitute("${x}"), Substituted::Unfinished(_)));
        assert_eq!(definitions.substitute("${bomb}"), Substituted::TooLarge);
    }
}
