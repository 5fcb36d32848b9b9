//! What was written: a tree of elements with their places, before anybody asks what it means.
//!
//! XML and TOML become the same tree. A table of TOML is an element: `[cluster.channel.receiver]` is `Receiver` in `Channel` in `Cluster`.

mod element_path;
mod toml;
mod xml;

use crate::definitions::{Definitions, Substituted};
use crate::problem::{Fault, Level, Notice, Place};

pub(crate) use self::element_path::ElementPath;
pub(crate) use self::toml::read_toml;
pub(crate) use self::xml::read_xml;

/// The largest file, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 4 << 20;

/// How deep elements may stand in each other.
const DEPTH_MAX: usize = 64;

/// How many bytes `${…}` may put into a file, all in all.
const SUBSTITUTED_BYTES_MAX: usize = 4 << 20;

/// An element as written, its values with what their names stand for.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// As Tomcat calls it.
    pub(crate) name: String,
    pub(crate) path: ElementPath,
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

/// Puts what names stand for into the values of one file.
#[derive(Debug)]
struct Substitution<'a> {
    definitions: &'a Definitions,
    /// How many bytes it may still add.
    room: usize,
}

impl<'a> Substitution<'a> {
    fn new(definitions: &'a Definitions) -> Self {
        Self { definitions, room: SUBSTITUTED_BYTES_MAX }
    }

    /// # Errors
    /// The value, or the file, would be too large.
    fn value(&mut self, text: &str, place: &Place, notices: &mut Vec<Notice>) -> Result<String, Fault> {
        let value = match self.definitions.substitute(text) {
            Substituted::Value(value) => Some(value),
            Substituted::Unfinished(value) => {
                notices.push(Notice {
                    level: Level::Warning,
                    place: Some(place.clone()),
                    text: "what ${…} stands for names itself again and again; it is taken as it stands".to_owned(),
                });
                Some(value)
            }
            Substituted::TooLarge => None,
        };
        let room = value.as_ref().and_then(|value| self.room.checked_sub(value.len().saturating_sub(text.len())));
        match value.zip(room) {
            Some((value, room)) => {
                self.room = room;
                Ok(value)
            }
            None => Err(Fault {
                place: Some(place.clone()),
                text: "what ${…} stands for is larger than any value may be".to_owned(),
            }),
        }
    }
}
