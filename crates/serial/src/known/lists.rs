//! `java.util`: lists, queues and sets.

use alloc::vec::Vec;

use super::{Shape, maps};
use crate::annotation::Annotation;
use crate::node::Node;

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    match name {
        "ArrayList" => {
            let size = node.int_field("java.util.ArrayList", "size")?;
            let mut annotation = node.annotation("java.util.ArrayList")?;
            // How much room there was, which means nothing.
            annotation.i32()?;
            elements(&mut annotation, size).map(Shape::List)
        }
        "LinkedList" => counted(node.annotation("java.util.LinkedList")?).map(Shape::List),
        "ArrayDeque" => counted(node.annotation("java.util.ArrayDeque")?).map(Shape::List),
        "PriorityQueue" => {
            let size = node.int_field("java.util.PriorityQueue", "size")?;
            let mut annotation = node.annotation("java.util.PriorityQueue")?;
            annotation.i32()?;
            elements(&mut annotation, size).map(Shape::List)
        }
        "Vector" => {
            let count = node.int_field("java.util.Vector", "elementCount")?;
            let array = node.object_field("java.util.Vector", "elementData")??.elements()?;
            Some(Shape::List(array.take(usize::try_from(count).ok()?).collect()))
        }
        "Arrays$ArrayList" => {
            let array = node.object_field("java.util.Arrays$ArrayList", "a")??;
            Some(Shape::List(array.elements()?.collect()))
        }
        "HashSet" => {
            let mut annotation = node.annotation("java.util.HashSet")?;
            // Capacity and load factor.
            annotation.take(8)?;
            counted(annotation).map(Shape::Set)
        }
        "TreeSet" => {
            let mut annotation = node.annotation("java.util.TreeSet")?;
            // The comparator.
            annotation.object()?;
            counted(annotation).map(Shape::Set)
        }
        "EnumSet$SerializationProxy" => {
            let array = node.object_field("java.util.EnumSet$SerializationProxy", "elements")??;
            Some(Shape::Set(array.elements()?.collect()))
        }
        "CollSer" => immutable(node),
        _ => None,
    }
}

/// What `List.of`, `Set.of` and `Map.of` make.
///
/// Source: `java.util.ImmutableCollections`, `java.util.CollSer`.
fn immutable(node: Node<'_>) -> Option<Shape<'_>> {
    let tag = node.int_field("java.util.CollSer", "tag")?;
    let mut annotation = node.annotation("java.util.CollSer")?;
    let count = annotation.i32()?;
    match tag & 0xff {
        1 | 4 => elements(&mut annotation, count).map(Shape::List),
        2 => elements(&mut annotation, count).map(Shape::Set),
        3 => maps::pairs(&mut annotation, count / 2).map(Shape::Map),
        _ => None,
    }
}

/// A count, and so many elements.
pub(super) fn counted(mut annotation: Annotation<'_>) -> Option<Vec<Option<Node<'_>>>> {
    let count = annotation.i32()?;
    elements(&mut annotation, count)
}

fn elements<'a>(annotation: &mut Annotation<'a>, count: i32) -> Option<Vec<Option<Node<'a>>>> {
    (0..count.max(0)).map(|_| annotation.object()).collect()
}
