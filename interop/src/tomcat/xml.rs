//! Enough XML to write a configuration: elements, attributes, nothing else.

use std::fmt::{self, Display};

/// An element that is being put together.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element that names the class Tomcat makes for it.
    pub(super) fn of_class(name: &'static str, class: impl Display) -> Self {
        Self::new(name).with("className", class)
    }

    pub(super) fn with(mut self, attribute: &'static str, value: impl Display) -> Self {
        self.attributes.push((attribute, value.to_string()));
        self
    }

    pub(super) fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    pub(super) fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The document with this element as its root.
    pub(super) fn document(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{self}")
    }

    fn write(&self, out: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(out, "{:indent$}<{}", "", self.name, indent = 2 * depth)?;
        for (name, value) in &self.attributes {
            write!(out, " {name}=\"{}\"", escaped(value))?;
        }
        if self.children.is_empty() {
            return writeln!(out, "/>");
        }
        writeln!(out, ">")?;
        for child in &self.children {
            child.write(out, depth + 1)?;
        }
        writeln!(out, "{:indent$}</{}>", "", self.name, indent = 2 * depth)
    }
}

impl Display for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, 0)
    }
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_and_values_are_escaped() {
        let root = Element::of_class("A", "x.Y").child(Element::new("B").with("text", "1 < 2 & \"3\""));
        assert_eq!(root.to_string(), "<A className=\"x.Y\">\n  <B text=\"1 &lt; 2 &amp; &quot;3&quot;\"/>\n</A>\n");
    }
}
