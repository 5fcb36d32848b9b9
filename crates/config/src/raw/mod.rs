//! What was written: a tree of elements with their places, before anybody asks what it means.
//!
//! XML and TOML become the same tree. A table of TOML is an element: `[cluster.channel.receiver]` is `Receiver` in `Channel` in `Cluster`.

mod toml;
mod xml;

use crate::problem::Place;

pub(crate) use self::toml::read_toml;
pub(crate) use self::xml::read_xml;

/// The largest file, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 4 << 20;

/// How deep elements may stand in each other.
const DEPTH_MAX: usize = 64;

/// An element as written, its values with what their names stand for.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// As Tomcat calls it.
    pub(crate) name: String,
    /// The elements that it stands in, and it: `Server/Service/Engine`; in TOML `cluster.channel`.
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Element>,
    /// What stands in it beside elements, without blanks at the ends.
    pub(crate) text: String,
    /// Children that are given as none at all, `valve = []`.
    pub(crate) none_of: Vec<String>,
}

/// An attribute as written.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) place: Place,
}

impl Element {
    /// The first letter of its name may be either case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| is_called(&attribute.name, name));
        found.map(|attribute| attribute.value.as_str())
    }

    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Whether Tomcat's reader takes `written` for `name`: the first letter may be either case.
pub(crate) fn is_called(written: &str, name: &str) -> bool {
    written.len() == name.len()
        && written.get(1..) == name.get(1..)
        && written.get(..1).zip(name.get(..1)).is_some_and(|(written, name)| written.eq_ignore_ascii_case(name))
}
