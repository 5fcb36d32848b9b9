//! Parameters as Java values, and a list with one more element.

use outlive_serial::{JavaView, Value};

use super::query::parse_number;
use super::routes::Refusal;

/// `text` as a value of the type that a request names.
///
/// # Errors
/// `400`: there is no such type, or the text is none of it.
pub(super) fn parse(kind: &str, text: &str) -> Result<Value, Refusal> {
    Ok(match kind {
        "string" => Value::string(text),
        "int" => Value::integer(parse_number(text)?),
        "long" => Value::long(parse_number(text)?),
        "double" => Value::double(parse_double(text)?),
        "boolean" => Value::boolean(text.eq_ignore_ascii_case("true")),
        "date" => Value::date(parse_number(text)?),
        "list" => Value::array_list(parts(text).map(Value::string)),
        "map" => Value::hash_map(pairs(text)?),
        "bytes" => Value::bytes(&parse_hex(text)?),
        other => return Err(Refusal::bad(format!("no such type {other}"))),
    })
}

/// The parts between commas; an empty text has none.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(move |_| !text.is_empty())
}

fn pairs(text: &str) -> Result<Vec<(Value, Value)>, Refusal> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for part in text.trim_end_matches(',').split(',').filter(|_| !text.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| Refusal::bad(format!("no = in {part}")))?;
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some(pair) => pair.1 = value,
            None => pairs.push((key, value)),
        }
    }
    Ok(pairs.into_iter().map(|(key, value)| (Value::string(key), Value::string(value))).collect())
}

fn parse_double(text: &str) -> Result<f64, Refusal> {
    match text.trim() {
        "NaN" => Ok(f64::NAN),
        "Infinity" | "+Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        // Words that Rust reads and Java does not.
        word if word.bytes().any(|byte| byte.is_ascii_alphabetic() && !byte.eq_ignore_ascii_case(&b'e')) => {
            Err(Refusal::bad(format!("For input string: \"{text}\"")))
        }
        number => parse_number(number),
    }
}

fn parse_hex(text: &str) -> Result<Vec<u8>, Refusal> {
    if !text.len().is_multiple_of(2) {
        return Err(Refusal::bad("odd number of hex digits".to_owned()));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes = text.as_bytes().chunks(2).map(byte).collect::<Option<_>>();
    bytes.ok_or_else(|| Refusal::bad("what is no hex digit among the bytes".to_owned()))
}

/// The list with `text` behind its elements, as an `ArrayList`.
///
/// # Errors
/// `400`: it is no list, or an element is of a class that cannot be written anew here. Nothing is changed.
pub(super) fn appended(list: &Value, text: &str) -> Result<Value, Refusal> {
    let JavaView::List(items) = list.view() else {
        return Err(Refusal::bad(format!("{} is no list", list.class_name())));
    };
    let mut elements = items.into_iter().map(rebuilt).collect::<Result<Vec<_>, _>>()?;
    elements.push(Value::string(text));
    Ok(Value::array_list(elements))
}

/// A value made anew from its view: the kinds that the app itself can set.
fn rebuilt(view: JavaView) -> Result<Value, Refusal> {
    Ok(match view {
        JavaView::Null => Value::null(),
        JavaView::Boolean(value) => Value::boolean(value),
        JavaView::Integer(value) => Value::integer(value),
        JavaView::Long(value) => Value::long(value),
        JavaView::Double(value) => Value::double(value),
        JavaView::String(text) => Value::string(&text),
        JavaView::Bytes(bytes) => Value::bytes(&bytes),
        JavaView::Date(ms) => Value::date(ms),
        _ => return Err(Refusal::bad("the list holds what this app cannot write back".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(kind: &str, text: &str) -> String {
        match parse(kind, text) {
            Ok(value) => {
                let mut json = super::super::json::Json::begin("");
                json.value(&value);
                json.text()
            }
            Err(refusal) => refusal.message().to_owned(),
        }
    }

    #[test]
    fn each_type_has_its_text() {
        for (kind, text, expected) in [
            ("string", "grüße", "\"grüße\""),
            ("int", "-7", "-7"),
            ("int", "2147483648", "For input string: \"2147483648\""),
            ("long", "2147483648", "2147483648"),
            ("long", "1.5", "For input string: \"1.5\""),
            ("double", "1e10", "1.0E10"),
            ("double", "NaN", "null"),
            ("double", "inf", "For input string: \"inf\""),
            ("boolean", "TRUE", "true"),
            ("boolean", "yes", "false"),
            ("date", "1700000000123", "1700000000123"),
            ("list", "x,y,,z", r#"["x","y","","z"]"#),
            ("list", "", "[]"),
            ("map", "k=v=w", r#"{"k":"v=w"}"#),
            ("map", "k=a,k=b", r#"{"k":"b"}"#),
            ("map", "", "{}"),
            ("map", "k", "no = in k"),
            ("bytes", "00FFab", "\"00ffab\""),
            ("bytes", "0", "odd number of hex digits"),
            ("bytes", "0g", "what is no hex digit among the bytes"),
            ("bytes", "é", "what is no hex digit among the bytes"),
            ("float", "1", "no such type float"),
        ] {
            assert_eq!(json(kind, text), expected, "{kind} {text:?}");
        }
    }

    #[test]
    fn a_list_grows_at_its_end_and_nothing_else_does() {
        let list = parse("list", "a,b").unwrap_or_else(|refusal| panic!("{}", refusal.message()));
        let mut grown = super::super::json::Json::begin("");
        grown.value(&appended(&list, "c").unwrap_or_else(|refusal| panic!("{}", refusal.message())));
        assert_eq!(grown.text(), r#"["a","b","c"]"#);
        assert!(appended(&Value::integer(1), "c").is_err());
    }
}
