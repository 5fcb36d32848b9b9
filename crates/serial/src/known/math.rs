//! `java.math`: numbers of any size, as their digits.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Shape;
use crate::node::Node;

/// The longest number that is written out, in bytes: digits cost time by the square. Longer ones are shown as their fields.
const MAGNITUDE_MAX: usize = 4096;
/// The longest run of zeros that is written out.
const ZEROS_MAX: usize = 4096;

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    match name {
        "BigInteger" => digits(node).map(Shape::BigInteger),
        "BigDecimal" => {
            let class = "java.math.BigDecimal";
            let scale = node.int_field(class, "scale")?;
            let text = decimal(&digits(node.object_field(class, "intVal")??)?, scale)?;
            Some(Shape::Text { class, text })
        }
        _ => None,
    }
}

/// The decimal digits of a `BigInteger`, with its sign.
fn digits(node: Node<'_>) -> Option<String> {
    let class = "java.math.BigInteger";
    let signum = node.int_field(class, "signum")?;
    let magnitude = node.object_field(class, "magnitude")??.bytes()?;
    if magnitude.len() > MAGNITUDE_MAX {
        return None;
    }
    // Limbs of 32 bits, the most significant first, divided by 10⁹ again and again.
    let mut limbs: Vec<u32> = magnitude
        .rchunks(4)
        .map(|chunk| chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
        .rev()
        .collect();
    let mut groups = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0_u64;
        for limb in &mut limbs {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / 1_000_000_000) as u32;
            rest = value % 1_000_000_000;
        }
        groups.push(rest);
    }
    let mut text = String::from(if signum < 0 { "-" } else { "" });
    text += &groups.pop().unwrap_or(0).to_string();
    for group in groups.iter().rev() {
        text += &format!("{group:09}");
    }
    Some(text)
}

/// The digits with a point, as `BigDecimal.toString` writes them.
fn decimal(digits: &str, scale: i32) -> Option<String> {
    if scale == 0 {
        return Some(digits.into());
    }
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let scale = i64::from(scale);
    let exponent = digits.len() as i64 - 1 - scale;
    if scale >= 0 && exponent >= -6 {
        let scale = usize::try_from(scale).ok().filter(|scale| *scale <= digits.len() + ZEROS_MAX)?;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        return Some(format!("{sign}{whole}.{fraction}"));
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    Some(match exponent {
        0 => format!("{sign}{first}{point}{rest}"),
        _ => format!("{sign}{first}{point}{rest}E{exponent:+}"),
    })
}

#[cfg(test)]
mod tests {
    use super::decimal;

    /// Source: `BigDecimal.toString`, "Scientific notation".
    #[test]
    fn decimals_are_written_as_java_writes_them() {
        for (digits, scale, text) in [
            ("123", 0, "123"),
            ("-123", 0, "-123"),
            ("123", -1, "1.23E+3"),
            ("123", -3, "1.23E+5"),
            ("123", 1, "12.3"),
            ("123", 5, "0.00123"),
            ("123", 10, "1.23E-8"),
            ("-123", 12, "-1.23E-10"),
            ("0", 2, "0.00"),
            ("1", 7, "1E-7"),
            ("1", i32::MAX, "1E-2147483647"),
            ("1", i32::MIN, "1E+2147483648"),
        ] {
            assert_eq!(decimal(digits, scale).as_deref(), Some(text));
        }
    }
}
