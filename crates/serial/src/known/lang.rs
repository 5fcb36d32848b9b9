//! `java.lang`: boxes, and the builders of strings.

use alloc::string::String;
use alloc::vec::Vec;

use super::Shape;
use crate::boxes::{BOX_KINDS, BoxKind, Boxed};
use crate::node::{FieldValue, Node};

impl BoxKind {
    pub(crate) fn class_name(self) -> &'static str {
        match self {
            BoxKind::Boolean => "java.lang.Boolean",
            BoxKind::Byte => "java.lang.Byte",
            BoxKind::Character => "java.lang.Character",
            BoxKind::Double => "java.lang.Double",
            BoxKind::Float => "java.lang.Float",
            BoxKind::Integer => "java.lang.Integer",
            BoxKind::Long => "java.lang.Long",
            BoxKind::Short => "java.lang.Short",
        }
    }
}

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    match name {
        "StringBuilder" => {
            let mut annotation = node.annotation("java.lang.StringBuilder")?;
            let count = annotation.i32()?;
            let text = units(annotation.object()??, count)?;
            Some(Shape::Text { class: "java.lang.StringBuilder", text })
        }
        "StringBuffer" => {
            let class = "java.lang.StringBuffer";
            let count = node.int_field(class, "count")?;
            let text = units(node.object_field(class, "value")??, count)?;
            Some(Shape::Text { class, text })
        }
        _ => {
            let class = BOX_KINDS.into_iter().map(BoxKind::class_name).find(|class| class.ends_with(name))?;
            Some(Shape::Box(match node.field(class, "value")? {
                FieldValue::Boolean(value) => Boxed::Boolean(value),
                FieldValue::Byte(value) => Boxed::Byte(value),
                FieldValue::Char(value) => Boxed::Character(value),
                FieldValue::Double(value) => Boxed::Double(value),
                FieldValue::Float(value) => Boxed::Float(value),
                FieldValue::Int(value) => Boxed::Integer(value),
                FieldValue::Long(value) => Boxed::Long(value),
                FieldValue::Short(value) => Boxed::Short(value),
                FieldValue::Object(_) => return None,
            }))
        }
    }
}

/// The text of the first so many units of a `char[]`.
fn units(array: Node<'_>, count: i32) -> Option<String> {
    let count = usize::try_from(count).ok()?;
    let units = array.primitives()?.take(count).map(|unit| match unit {
        FieldValue::Char(unit) => Some(unit),
        _ => None,
    });
    let units: Option<Vec<u16>> = units.collect();
    String::from_utf16(&units?).ok()
}
