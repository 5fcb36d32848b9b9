//! Identifiers that are best told in words: UUIDs, locales, currencies, addresses.

use alloc::format;
use alloc::string::String;

use super::Shape;
use crate::node::{FieldValue, Node};

pub(super) fn shape<'a>(class: &str, node: Node<'a>) -> Option<Shape<'a>> {
    let (class, text) = match class {
        "java.util.UUID" => ("java.util.UUID", uuid(node)?),
        "java.util.Locale" => ("java.util.Locale", locale(node)?),
        "java.util.Currency" => ("java.util.Currency", node.text_field(class, "currencyCode")?),
        "java.net.URI" => ("java.net.URI", node.text_field(class, "string")?),
        "java.net.URL" => ("java.net.URL", url(node)?),
        _ => return None,
    };
    Some(Shape::Text { class, text })
}

fn uuid(node: Node<'_>) -> Option<String> {
    let half = |name| match node.field("java.util.UUID", name)? {
        FieldValue::Long(half) => Some(half as u64),
        _ => None,
    };
    let (high, low) = (half("mostSigBits")?, half("leastSigBits")?);
    let [a, b, c] = [high >> 32, high >> 16 & 0xffff, high & 0xffff];
    Some(format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff))
}

/// As `Locale.toString` for locales without script and extensions, which are left out here.
fn locale(node: Node<'_>) -> Option<String> {
    let part = |name| node.text_field("java.util.Locale", name);
    let mut text = part("language")?;
    let (country, variant) = (part("country")?, part("variant")?);
    if !country.is_empty() || !variant.is_empty() {
        text += "_";
        text += &country;
    }
    if !variant.is_empty() {
        text += "_";
        text += &variant;
    }
    Some(text)
}

/// As `URL.toString`.
fn url(node: Node<'_>) -> Option<String> {
    let part = |name| node.text_field("java.net.URL", name);
    let mut text = part("protocol")? + ":";
    if let Some(authority) = part("authority").filter(|authority| !authority.is_empty()) {
        text += "//";
        text += &authority;
    }
    text += &part("file").unwrap_or_default();
    if let Some(reference) = part("ref") {
        text += "#";
        text += &reference;
    }
    Some(text)
}
