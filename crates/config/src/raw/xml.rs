//! XML becomes elements.

use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::{Attribute, DEPTH_MAX, Element, ElementPath, Substitution};
use crate::definitions::Definitions;
use crate::problem::{Fault, Notice, Place, cut};

/// The most elements, attributes and texts of a file: Tomcat's own `conf/web.xml` has some 10,000.
const NODES_MAX: u32 = 200_000;

/// Reads a file's text.
///
/// # Errors
/// It is no XML, or has a DOCTYPE: what that could name is never fetched.
pub(crate) fn read_xml(
    file: &Arc<str>,
    text: &str,
    definitions: &Definitions,
    notices: &mut Vec<Notice>,
) -> Result<Element, Fault> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let text = match error {
            roxmltree::Error::DtdDetected => {
                "a DOCTYPE is not taken, since it can name other files; without it the file is read".to_owned()
            }
            error => {
                // Its place stands before it already.
                let text = error.to_string();
                let text = text.strip_suffix(&format!(" at {at}")).unwrap_or(&text);
                format!("this is no XML: {}", cut(text))
            }
        };
        Fault { place: Some(Place { file: file.clone(), line: at.row, column: at.col }), text }
    })?;
    let mut reader = Reader { file, substitution: Substitution::new(definitions), notices, lines: Lines::of(text) };
    reader.element(document.root_element(), &ElementPath::default(), 0)
}

struct Reader<'a> {
    file: &'a Arc<str>,
    substitution: Substitution<'a>,
    notices: &'a mut Vec<Notice>,
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn place(&self, offset: usize) -> Place {
        let (line, column) = self.lines.place(offset);
        Place { file: self.file.clone(), line, column }
    }

    fn element(&mut self, node: Node<'_, '_>, above: &ElementPath, depth: usize) -> Result<Element, Fault> {
        let name = node.tag_name().name().to_owned();
        let place = self.place(node.range().start);
        let path = above.child('/', &name);
        if depth > DEPTH_MAX {
            return Err(Fault { place: Some(place), text: format!("elements are more than {DEPTH_MAX} deep") });
        }
        let mut element = Element {
            name,
            path,
            place,
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
            none_of: Vec::new(),
        };
        // Those of other namespaces, such as xsi:schemaLocation, are about the file.
        for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let place = self.place(attribute.range().start);
            let value = self.value(attribute.value(), &place)?;
            element.attributes.push(Attribute { name: attribute.name().to_owned(), value, place });
        }
        let mut text = String::new();
        for child in node.children() {
            if child.is_element() {
                let child = self.element(child, &element.path, depth + 1)?;
                element.children.push(child);
            } else if let Some(part) = child.text().filter(|_| child.is_text()) {
                text.push_str(part);
            }
        }
        element.text = self.value(text.trim(), &element.place)?;
        Ok(element)
    }

    fn value(&mut self, text: &str, place: &Place) -> Result<String, Fault> {
        self.substitution.value(text, place, self.notices)
    }
}

/// Where each line begins, so that a place is found without a walk through the file.
pub(super) struct Lines<'a> {
    text: &'a str,
    begins: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let begins = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, begins }
    }

    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.begins.partition_point(|begin| *begin <= offset);
        let begin = self.begins.get(line.wrapping_sub(1)).copied().unwrap_or_default();
        let column = self.text.get(begin..offset).unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}
