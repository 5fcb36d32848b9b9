//! `java.util.concurrent`: its collections end with null instead of beginning with a count.

use alloc::vec::Vec;

use super::{Shape, Subject, lists, maps};
use crate::annotation::Annotation;
use crate::boxes::Boxed;
use crate::node::{FieldValue, Node};

pub(super) fn shape<'a>(class: &str, node: Node<'a>) -> Option<Shape<'a>> {
    match class.strip_prefix("java.util.concurrent.")? {
        "ConcurrentHashMap" | "ConcurrentSkipListMap" => pairs(node.annotation(class)?).map(Shape::Map),
        "ConcurrentLinkedQueue" | "ConcurrentLinkedDeque" | "LinkedBlockingQueue" | "LinkedTransferQueue" => {
            elements(node.annotation(class)?).map(Shape::List)
        }
        "CopyOnWriteArrayList" => lists::counted(node.annotation(class)?).map(Shape::List),
        "CopyOnWriteArraySet" => match Subject::of(node.object_field(class, "al")?).shape {
            Shape::List(elements) => Some(Shape::Set(elements)),
            _ => None,
        },
        "ConcurrentSkipListSet" => maps::keys(node.object_field(class, "m")?),
        "ConcurrentHashMap$CollectionView" => maps::keys(node.object_field(class, "map")?),
        "atomic.AtomicInteger" => node.int_field(class, "value").map(|value| Shape::Box(Boxed::Integer(value))),
        "atomic.AtomicBoolean" => node.int_field(class, "value").map(|value| Shape::Box(Boxed::Boolean(value != 0))),
        "atomic.AtomicLong" => match node.field(class, "value")? {
            FieldValue::Long(value) => Some(Shape::Box(Boxed::Long(value))),
            _ => None,
        },
        "atomic.AtomicReference" => node.object_field(class, "value").map(Shape::Same),
        _ => None,
    }
}

fn pairs(mut annotation: Annotation<'_>) -> Option<maps::Pairs<'_>> {
    let mut pairs = Vec::new();
    loop {
        match annotation.object()? {
            None => return Some(pairs),
            key => pairs.push((key, annotation.object()?)),
        }
    }
}

fn elements(mut annotation: Annotation<'_>) -> Option<Vec<Option<Node<'_>>>> {
    let mut elements = Vec::new();
    loop {
        match annotation.object()? {
            None => return Some(elements),
            element => elements.push(element),
        }
    }
}
