//! `java.time`, in ISO 8601, and the old dates, in milliseconds since 1970.
//!
//! All classes of `java.time` are written as one, `java.time.Ser`, whose first byte says which.
//! Times always have seconds, which Java's `toString` leaves out where they are zero: other languages' readers want them.
//!
//! Source: `java.time.Ser`, and `toString` of the classes.

use alloc::format;
use alloc::string::String;

use super::Shape;
use crate::annotation::Annotation;
use crate::node::Node;

const SECONDS_A_DAY: i64 = 86_400;

/// `java.util.Date` and its subclasses.
pub(super) fn date<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    match name {
        "Date" => node.annotation("java.util.Date")?.i64().map(Shape::Date),
        _ => None,
    }
}

/// A timestamp's milliseconds are in its nanoseconds; the date below it has whole seconds.
pub(super) fn sql<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    let "Timestamp" = name else {
        return None;
    };
    let nanos = node.int_field("java.sql.Timestamp", "nanos")?;
    let ms = node.annotation("java.util.Date")?.i64()?;
    Some(Shape::Date(ms.saturating_add(i64::from(nanos / 1_000_000))))
}

pub(super) fn shape<'a>(name: &str, node: Node<'a>) -> Option<Shape<'a>> {
    let "Ser" = name else {
        return None;
    };
    let mut data = node.annotation("java.time.Ser")?;
    let kind = data.u8()?;
    let (class, text) = match kind {
        1 => ("java.time.Duration", duration(data.i64()?, data.i32()?)?),
        2 => ("java.time.Instant", instant(data.i64()?, data.i32()?)?),
        3 => ("java.time.LocalDate", local_date(&mut data)?),
        4 => ("java.time.LocalTime", local_time(&mut data)?),
        5 => ("java.time.LocalDateTime", local_date_time(&mut data)?),
        6 => ("java.time.ZonedDateTime", zoned_date_time(&mut data)?),
        7 => ("java.time.ZoneRegion", data.utf()?),
        8 => ("java.time.ZoneOffset", offset(&mut data)?),
        9 => ("java.time.OffsetTime", local_time(&mut data)? + &offset(&mut data)?),
        10 => ("java.time.OffsetDateTime", local_date_time(&mut data)? + &offset(&mut data)?),
        11 => ("java.time.Year", format!("{}", data.i32()?)),
        12 => ("java.time.YearMonth", format!("{}-{:02}", year(data.i32()?.into()), data.u8()?)),
        13 => ("java.time.MonthDay", format!("--{:02}-{:02}", data.u8()?, data.u8()?)),
        14 => ("java.time.Period", period(data.i32()?, data.i32()?, data.i32()?)),
        _ => return None,
    };
    Some(Shape::Text { class, text })
}

fn year(year: i64) -> String {
    match year {
        0..=9999 => format!("{year:04}"),
        10_000.. => format!("+{year}"),
        _ => format!("-{:04}", year.unsigned_abs()),
    }
}

/// Thousandths, millionths or billionths, as few as are needed, with the point before them.
fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1000 == 0 => format!(".{:06}", n / 1000),
        n => format!(".{n:09}"),
    }
}

fn nanos(nanos: i32) -> Option<u32> {
    u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)
}

fn local_date(data: &mut Annotation<'_>) -> Option<String> {
    Some(format!("{}-{:02}-{:02}", year(data.i32()?.into()), data.u8()?, data.u8()?))
}

/// Hour, minute, second, nanoseconds; the last part that is not zero has its byte inverted, and ends it.
fn local_time(data: &mut Annotation<'_>) -> Option<String> {
    let (mut parts, mut nano) = ([0_u8; 3], 0);
    for (index, part) in parts.iter_mut().enumerate() {
        let byte = data.u8()?;
        if byte & 0x80 != 0 {
            *part = !byte;
            break;
        }
        *part = byte;
        if index == 2 {
            nano = nanos(data.i32()?)?;
        }
    }
    let [hour, minute, second] = parts;
    Some(format!("{hour:02}:{minute:02}:{second:02}{}", fraction(nano)))
}

fn local_date_time(data: &mut Annotation<'_>) -> Option<String> {
    Some(format!("{}T{}", local_date(data)?, local_time(data)?))
}

fn offset(data: &mut Annotation<'_>) -> Option<String> {
    let total = match data.u8()? as i8 {
        127 => data.i32()?,
        quarters => i32::from(quarters) * 900,
    };
    let sign = if total < 0 { '-' } else { '+' };
    let total = total.unsigned_abs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    Some(match (total, seconds) {
        (0, _) => "Z".into(),
        (_, 0) => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    })
}

fn zoned_date_time(data: &mut Annotation<'_>) -> Option<String> {
    let text = local_date_time(data)? + &offset(data)?;
    match data.u8()? {
        7 => Some(format!("{text}[{}]", data.utf()?)),
        // The zone is the offset itself.
        8 => Some(text),
        _ => None,
    }
}

fn instant(seconds: i64, nano: i32) -> Option<String> {
    let (days, second) = (seconds.div_euclid(SECONDS_A_DAY), seconds.rem_euclid(SECONDS_A_DAY));
    let (y, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = fraction(nanos(nano)?);
    Some(format!("{}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z", year(y)))
}

/// Year, month and day of a day since 1970. A year is counted from March, so that the leap day is its last.
fn civil(days: i64) -> (i64, i64, i64) {
    // Days since 0000-03-01; 146097 of them are 400 years.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March on have 153 days, and so have the next five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day)
}

/// As `Duration.toString`: hours, minutes, seconds, each with the sign.
fn duration(seconds: i64, nano: i32) -> Option<String> {
    let nano = nanos(nano)?;
    if seconds == 0 && nano == 0 {
        return Some("PT0S".into());
    }
    // Nanoseconds count forward also before zero: -1 s and 500 ms are half a second backward.
    let (whole, nano) = match (seconds, nano) {
        (..0, 1..) => (seconds + 1, 1_000_000_000 - nano),
        _ => (seconds, nano),
    };
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    let mut text = String::from("PT");
    if hours != 0 {
        text += &format!("{hours}H");
    }
    if minutes != 0 {
        text += &format!("{minutes}M");
    }
    if rest != 0 || nano != 0 {
        let sign = if seconds < 0 && rest == 0 { "-" } else { "" };
        let fraction = format!(".{nano:09}");
        let fraction = if nano == 0 { "" } else { fraction.trim_end_matches('0') };
        text += &format!("{sign}{rest}{fraction}S");
    }
    Some(text)
}

fn period(years: i32, months: i32, days: i32) -> String {
    let mut text = String::from("P");
    for (count, unit) in [(years, 'Y'), (months, 'M'), (days, 'D')] {
        if count != 0 {
            text += &format!("{count}{unit}");
        }
    }
    if text == "P" { "P0D".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_664, (2026, 7, 30)),
            (-719_468, (0, 3, 1)),
            (-719_469, (0, 2, 29)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
    }

    #[test]
    fn durations_are_written_as_java_writes_them() {
        for (seconds, nano, text) in [
            (0, 0, "PT0S"),
            (29_172, 345_000_000, "PT8H6M12.345S"),
            (-1, 0, "PT-1S"),
            (-1, 500_000_000, "PT-0.5S"),
            (-2, 500_000_000, "PT-1.5S"),
            (-3600, 0, "PT-1H"),
            (60, 1, "PT1M0.000000001S"),
        ] {
            assert_eq!(duration(seconds, nano).as_deref(), Some(text));
        }
    }

    #[test]
    fn instants_far_away_do_not_overflow() {
        assert!(instant(i64::MAX, 0).is_some());
        assert!(instant(i64::MIN, 999_999_999).is_some());
        assert_eq!(instant(0, 1_000_000_000), None);
    }
}
