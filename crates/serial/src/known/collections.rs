//! `java.util.Collections`: empty, single and wrapped ones.

use super::{Shape, maps};
use crate::node::Node;

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    let wrapped = |class, field| node.object_field(class, field).map(Shape::Same);
    match name.strip_prefix("Collections$")? {
        "EmptyList" => Some(Shape::List([].into())),
        "EmptySet" => Some(Shape::Set([].into())),
        "EmptyMap" => Some(Shape::Map([].into())),
        "SingletonList" => {
            let element = node.object_field("java.util.Collections$SingletonList", "element")?;
            Some(Shape::List([element].into()))
        }
        "SingletonSet" => {
            let element = node.object_field("java.util.Collections$SingletonSet", "element")?;
            Some(Shape::Set([element].into()))
        }
        "SingletonMap" => {
            let class = "java.util.Collections$SingletonMap";
            let pair = (node.object_field(class, "k")?, node.object_field(class, "v")?);
            Some(Shape::Map([pair].into()))
        }
        // The lists and sets are subclasses of these.
        "UnmodifiableCollection" => wrapped("java.util.Collections$UnmodifiableCollection", "c"),
        "SynchronizedCollection" => wrapped("java.util.Collections$SynchronizedCollection", "c"),
        "CheckedCollection" => wrapped("java.util.Collections$CheckedCollection", "c"),
        "UnmodifiableMap" => wrapped("java.util.Collections$UnmodifiableMap", "m"),
        "SynchronizedMap" => wrapped("java.util.Collections$SynchronizedMap", "m"),
        "CheckedMap" => wrapped("java.util.Collections$CheckedMap", "m"),
        "SetFromMap" => maps::keys(node.object_field("java.util.Collections$SetFromMap", "m")?),
        _ => None,
    }
}
