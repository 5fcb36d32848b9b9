//! TOML becomes elements.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::xml::Lines;
use super::{Attribute, DEPTH_MAX, Element, ElementPath, Substitution};
use crate::definitions::Definitions;
use crate::problem::{Fault, Notice, Place, cut};

/// Reads a file's text. A table's values are attributes of its element, its tables are children, an array of texts is a child for each.
///
/// # Errors
/// It is no TOML, or has a value that no setting can have.
pub(crate) fn read_toml(
    file: &Arc<str>,
    text: &str,
    definitions: &Definitions,
    notices: &mut Vec<Notice>,
) -> Result<Element, Fault> {
    let mut reader = Reader { file, substitution: Substitution::new(definitions), notices, lines: Lines::of(text) };
    let table = DeTable::parse(text).map_err(|error| Fault {
        place: error.span().map(|span| reader.place(span.start)),
        text: format!("this is no TOML: {}", cut(error.message())),
    })?;
    let place = reader.place(0);
    reader.fill(empty("", ElementPath::default(), place), table.get_ref(), 0)
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

    fn fill(&mut self, mut element: Element, table: &DeTable<'_>, depth: usize) -> Result<Element, Fault> {
        if depth > DEPTH_MAX {
            let text = format!("tables are more than {DEPTH_MAX} deep");
            return Err(Fault { place: Some(element.place), text });
        }
        for (key, value) in table {
            let place = self.place(key.span().start);
            let key: &str = key.get_ref();
            match value.get_ref() {
                DeValue::Table(table) => {
                    let child = empty(key, element.path.child('.', key), self.place(value.span().start));
                    let child = self.fill(child, table, depth + 1)?;
                    element.children.push(child);
                }
                DeValue::Array(values) if values.is_empty() => element.none_of.push(element_name(key)),
                DeValue::Array(values) => {
                    for value in values {
                        let child = self.entry(key, &element.path, value, depth)?;
                        element.children.push(child);
                    }
                }
                _ => {
                    let value = self.scalar(value)?;
                    element.attributes.push(Attribute { name: key.to_owned(), value, place });
                }
            }
        }
        Ok(element)
    }

    fn entry(
        &mut self,
        key: &str,
        above: &ElementPath,
        value: &Spanned<DeValue<'_>>,
        depth: usize,
    ) -> Result<Element, Fault> {
        let mut element = empty(key, above.child('.', key), self.place(value.span().start));
        if let DeValue::Table(table) = value.get_ref() {
            return self.fill(element, table, depth + 1);
        }
        element.text = self.scalar(value)?;
        Ok(element)
    }

    fn scalar(&mut self, value: &Spanned<DeValue<'_>>) -> Result<String, Fault> {
        let place = self.place(value.span().start);
        let fault = |text: &str| Fault { place: Some(place.clone()), text: text.to_owned() };
        match value.get_ref() {
            DeValue::String(text) => self.substitution.value(text, &place, self.notices),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(|number| number.to_string())
                .map_err(|_| fault("this number is too large")),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            DeValue::Boolean(value) => Ok(value.to_string()),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                Err(fault("no setting has a value of this type"))
            }
        }
    }
}

fn empty(key: &str, path: ElementPath, place: Place) -> Element {
    Element {
        name: element_name(key),
        path,
        place,
        attributes: Vec::new(),
        children: Vec::new(),
        text: String::new(),
        none_of: Vec::new(),
    }
}

/// `session_id_generator` is `SessionIdGenerator`.
fn element_name(key: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    key.split('_').map(capital).collect()
}
