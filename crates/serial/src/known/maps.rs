//! `java.util`: maps.

use alloc::vec::Vec;

use super::Shape;
use crate::annotation::Annotation;
use crate::node::Node;

/// Keys and values.
pub(super) type Pairs<'a> = Vec<(Option<Node<'a>>, Option<Node<'a>>)>;

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    let (class, skip) = match name {
        // LinkedHashMap is a HashMap to which a flag was added. The number of buckets comes first.
        "HashMap" => ("java.util.HashMap", 4),
        "Hashtable" => ("java.util.Hashtable", 4),
        "TreeMap" => ("java.util.TreeMap", 0),
        "EnumMap" => ("java.util.EnumMap", 0),
        "IdentityHashMap" => ("java.util.IdentityHashMap", 0),
        _ => return None,
    };
    let mut annotation = node.annotation(class)?;
    annotation.take(skip)?;
    let count = annotation.i32()?;
    pairs(&mut annotation, count).map(Shape::Map)
}

pub(super) fn pairs<'a>(annotation: &mut Annotation<'a>, count: i32) -> Option<Pairs<'a>> {
    (0..count.max(0)).map(|_| Some((annotation.object()?, annotation.object()?))).collect()
}

/// The keys of a map, where a set is kept as one.
pub(super) fn keys(map: Option<Node<'_>>) -> Option<Shape<'_>> {
    match super::Subject::of(map).shape {
        Shape::Map(pairs) => Some(Shape::Set(pairs.into_iter().map(|(key, _)| key).collect())),
        _ => None,
    }
}
