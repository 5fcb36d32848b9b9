//! TOML becomes elements.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::xml::Lines;
use super::{Attribute, DEPTH_MAX, Element};
use crate::definitions::{Definitions, Substituted};
use crate::problem::{Fault, Place};

/// Reads a file's text. A table's values are attributes of its element, its tables are children, an array of texts is a child for each.
///
/// # Errors
/// It is no TOML, or has a value that no setting can have.
pub(crate) fn read_toml(file: &Arc<str>, text: &str, definitions: &Definitions) -> Result<Element, Fault> {
    let reader = Reader { file, definitions, lines: Lines::of(text) };
    let table = DeTable::parse(text).map_err(|error| Fault {
        place: error.span().map(|span| reader.place(span.start)),
        text: format!("this is no TOML: {}", error.message()),
    })?;
    reader.table("", "", reader.place(0), table.get_ref(), 0)
}

struct Reader<'a> {
    file: &'a Arc<str>,
    definitions: &'a Definitions,
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn place(&self, offset: usize) -> Place {
        let (line, column) = self.lines.place(offset);
        Place { file: self.file.clone(), line, column }
    }

    fn table(&self, key: &str, above: &str, place: Place, table: &DeTable<'_>, depth: usize) -> Result<Element, Fault> {
        let path = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        if depth > DEPTH_MAX {
            return Err(Fault { place: Some(place), text: format!("tables are more than {DEPTH_MAX} deep") });
        }
        let mut element = empty(key, path, place);
        for (key, value) in table {
            let place = self.place(key.span().start);
            let key: &str = key.get_ref();
            match value.get_ref() {
                DeValue::Table(table) => {
                    let child = self.table(key, &element.path, self.place(value.span().start), table, depth + 1)?;
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

    fn entry(&self, key: &str, above: &str, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Element, Fault> {
        let place = self.place(value.span().start);
        if let DeValue::Table(table) = value.get_ref() {
            return self.table(key, above, place, table, depth + 1);
        }
        let path = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        let text = self.scalar(value)?;
        Ok(Element { text, ..empty(key, path, place) })
    }

    fn scalar(&self, value: &Spanned<DeValue<'_>>) -> Result<String, Fault> {
        let fault = |text: &str| Fault { place: Some(self.place(value.span().start)), text: text.to_owned() };
        match value.get_ref() {
            DeValue::String(text) => match self.definitions.substitute(text) {
                Substituted::Value(value) | Substituted::Unfinished(value) => Ok(value),
                Substituted::TooLarge => Err(fault("what ${…} stands for is larger than any value may be")),
            },
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

fn empty(key: &str, path: String, place: Place) -> Element {
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
