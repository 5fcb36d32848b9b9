//! Where settings were written.

use crate::problem::{Level, Notice, Place};
use crate::raw::ElementPath;

/// Where the settings of one element were written, for sentences about them that are made later than the file is read. It is empty for
/// what no file says.
///
/// All origins are equal: where something stands is no part of what it says.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    element: Option<(ElementPath, Place)>,
    /// Each with its key, and the name that it has in the file.
    attributes: Vec<(&'static str, String, Place)>,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl Origin {
    pub(crate) fn note_element(&mut self, path: &ElementPath, place: &Place) {
        self.element = Some((path.clone(), place.clone()));
    }

    pub(crate) fn note(&mut self, key: &'static str, name: &str, place: &Place) {
        self.attributes.retain(|(known, ..)| *known != key);
        self.attributes.push((key, name.to_owned(), place.clone()));
    }

    /// Where the setting of this key stands; its element where nothing is said of it.
    pub fn place(&self, key: &str) -> Option<&Place> {
        match self.attributes.iter().find(|(known, ..)| *known == key) {
            Some((_, _, place)) => Some(place),
            None => self.element.as_ref().map(|(_, place)| place),
        }
    }

    /// The element and the setting as the file calls them: `Server/Service/Connector: scheme`, and the element alone where the file does
    /// not say the setting. `None`: no file has the element.
    pub fn name(&self, key: &str) -> Option<String> {
        let (path, _) = self.element.as_ref()?;
        Some(match self.attributes.iter().find(|(known, ..)| *known == key) {
            Some((_, name, _)) => format!("{path}: {name}"),
            None => path.to_string(),
        })
    }

    /// The same with its place before it: `conf/server.xml:3:24: Server/Service/Connector: scheme`.
    pub fn said(&self, key: &str) -> Option<String> {
        Some(format!("{}: {}", self.place(key)?, self.name(key)?))
    }

    /// A notice about the setting of this key, or about the element: `text` stands behind their names; where no file has them, behind
    /// `otherwise`.
    pub fn notice(&self, level: Level, key: &str, otherwise: &str, text: &str) -> Notice {
        let name = self.name(key);
        let text = format!("{}: {text}", name.as_deref().unwrap_or(otherwise));
        Notice { level, place: self.place(key).cloned(), text }
    }
}
