//! Java values as the app's JSON.

use outlive_serial::{JavaView, Value};

use super::json::Json;

/// A number as `d.ddde±n`: the fewest digits that make it, but two at least. Where one would do, Java takes the two that come closest, which
/// shows in the smallest numbers: `Float.MIN_VALUE` is 1.4E-45, although 1E-45 is no other float.
macro_rules! scientific {
    ($value:expr) => {{
        let shortest = format!("{:e}", $value);
        if shortest.contains('.') { shortest } else { format!("{:.1e}", $value) }
    }};
}

impl Json {
    /// An attribute: bytes are hex digits, a date its milliseconds, a list an array, a map an object, and an object of a class that the
    /// app does not know `{"class":"its.name"}`.
    pub(super) fn value(&mut self, value: &Value) -> &mut Self {
        match value.view() {
            // A set, an enum, an array: the app tells their class and no more.
            view if !is_plain(&view) => self.class(&value.class_name()),
            view => self.view(&view),
        }
    }

    /// As deep as a value may be nested, which its decoder has limited.
    fn view(&mut self, view: &JavaView) -> &mut Self {
        match view {
            JavaView::Null => self.raw("null"),
            JavaView::Boolean(value) => self.display(value),
            JavaView::Byte(value) => self.display(value),
            JavaView::Short(value) => self.display(value),
            JavaView::Integer(value) => self.display(value),
            JavaView::Long(value) | JavaView::Date(value) => self.display(value),
            JavaView::Float(value) => self.double(&scientific!(value), f64::from(*value)),
            JavaView::Double(value) => self.double(&scientific!(value), *value),
            JavaView::Char(value) => self.quoted(&String::from_utf16_lossy(&[*value])),
            JavaView::String(text) => self.quoted(text),
            JavaView::Bytes(bytes) => self.hex(bytes),
            JavaView::List(items) => {
                self.raw("[");
                for (index, item) in items.iter().enumerate() {
                    self.raw(if index == 0 { "" } else { "," }).view(item);
                }
                self.raw("]")
            }
            JavaView::Map(pairs) => {
                self.raw("{");
                for (index, (key, value)) in pairs.iter().enumerate() {
                    self.raw(if index == 0 { "" } else { "," }).quoted(&key_text(key)).raw(":").view(value);
                }
                self.raw("}")
            }
            other => self.class(class_of(other)),
        }
    }

    fn class(&mut self, name: &str) -> &mut Self {
        self.raw("{\"class\":").quoted(name).raw("}")
    }

    fn hex(&mut self, bytes: &[u8]) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(2 * bytes.len() + 2);
        text.push('"');
        for byte in bytes {
            text.push(DIGITS[usize::from(byte >> 4)].into());
            text.push(DIGITS[usize::from(byte & 15)].into());
        }
        text.push('"');
        self.raw(&text)
    }

    /// A floating point number as Java's `toString` writes it: always with a fraction, with an exponent below 10⁻³ and from 10⁷ on.
    ///
    /// `scientific` is its form `d.ddde±n`. What JSON cannot say is null.
    fn double(&mut self, scientific: &str, value: f64) -> &mut Self {
        if !value.is_finite() {
            return self.raw("null");
        }
        let magnitude = value.abs();
        if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
            let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
            return self.raw(mantissa).raw("E").raw(exponent);
        }
        // The digits are the shortest that make the number, so parsing and printing them in full gives the same digits.
        let plain = scientific.parse::<f64>().unwrap_or(value).to_string();
        let fraction = if plain.contains('.') { "" } else { ".0" };
        self.raw(&plain).raw(fraction)
    }
}

/// Whether the app's JSON shows the value itself.
fn is_plain(view: &JavaView) -> bool {
    use JavaView as V;
    matches!(
        view,
        V::Null
            | V::Boolean(_)
            | V::Byte(_)
            | V::Short(_)
            | V::Integer(_)
            | V::Long(_)
            | V::Date(_)
            | V::Float(_)
            | V::Double(_)
            | V::Char(_)
            | V::String(_)
            | V::Bytes(_)
            | V::List(_)
            | V::Map(_)
    )
}

/// The class of what is nested in a list or map and not shown itself, as far as the view tells it.
fn class_of(view: &JavaView) -> &str {
    match view {
        JavaView::Object { class, .. }
        | JavaView::Text { class, .. }
        | JavaView::Array { class, .. }
        | JavaView::Enum { class, .. } => class,
        JavaView::Set(_) => "java.util.Set",
        JavaView::Class(_) => "java.lang.Class",
        _ => "java.lang.Object",
    }
}

/// A map's key as Java's `String.valueOf` has it, for keys that have an obvious text.
fn key_text(key: &JavaView) -> String {
    match key {
        JavaView::String(text) => text.clone(),
        JavaView::Char(value) => String::from_utf16_lossy(&[*value]),
        other => {
            let mut json = Json::begin("");
            json.view(other);
            json.text()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(view: JavaView, expected: &str) {
        let mut json = Json::begin("");
        json.view(&view);
        assert_eq!(json.text(), expected, "{view:?}");
    }

    #[test]
    fn floating_point_numbers_are_written_as_java_writes_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0009, "9.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e300, "1.25E300"),
            (0.1, "0.1"),
            (f64::NAN, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            check(JavaView::Double(value), expected);
        }
        check(JavaView::Float(0.1), "0.1");
        check(JavaView::Float(1.5e10), "1.5E10");
        check(JavaView::Float(f32::from_bits(1)), "1.4E-45");
        check(JavaView::Float(-f32::from_bits(7)), "-9.8E-45");
        check(JavaView::Double(f64::from_bits(1)), "4.9E-324");
        check(JavaView::Float(1e10), "1.0E10");
    }

    #[test]
    fn a_tree_of_values_becomes_a_tree_of_json() {
        let text = |text: &str| JavaView::String(text.into());
        let list = JavaView::List(vec![
            JavaView::Null,
            JavaView::Boolean(true),
            JavaView::Date(-5),
            JavaView::Bytes(vec![0, 171]),
        ]);
        check(
            JavaView::Map(vec![(text("k\""), list), (JavaView::Integer(7), text("v"))]),
            r#"{"k\"":[null,true,-5,"00ab"],"7":"v"}"#,
        );
        check(JavaView::Map(vec![]), "{}");
        check(JavaView::List(vec![]), "[]");
    }
}
