//! Dates as text: the forms of ISO 8601 that are used in JSON.

use std::str::FromStr;

use jiff::civil::Date;

/// Whether `text` is a calendar date (`2016-02-29`), alone or with a time of day
/// (`T12:30`, `T12:30:05.250`) and an offset (`Z`, `+02:00`).
pub(super) fn is_date(text: &[u8]) -> bool {
    is_usual(text) || str::from_utf8(text).is_ok_and(is_day_or_moment)
}

fn is_day_or_moment(text: &str) -> bool {
    let (day, time) = match text.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    is_day(day) && time.is_none_or(is_time)
}

/// A fast check for the usual form `2016-03-01T10:20:30Z`, with a day that every month has.
fn is_usual(text: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text
    else {
        return false;
    };
    let within = |tens: u8, ones: u8, least: u8, most: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        tens < 10 && ones < 10 && (least..=most).contains(&(10 * tens + ones))
    };
    within(y1, y2, 0, 99)
        && within(y3, y4, 0, 99)
        && within(m1, m2, 1, 12)
        && within(d1, d2, 1, 28)
        && within(h1, h2, 0, 23)
        && within(n1, n2, 0, 59)
        && within(s1, s2, 0, 60)
}

fn is_day(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (number(parts.next(), 4), number(parts.next(), 2), number(parts.next(), 2), parts.next())
    else {
        return false;
    };
    Date::new(year, month, day).is_ok()
}

fn is_time(text: &str) -> bool {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    is_clock(clock) && (matches!(offset, "" | "Z" | "z") || is_offset(offset))
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute, second) = (number(parts.next(), 2), number(parts.next(), 2), parts.next());
    let has_second = second.is_some();
    let second = second.map_or(Some(0), |second| number(Some(second), 2));
    // 60 is a leap second.
    let fits = |value: Option<i8>, most: i8| value.is_some_and(|value| value <= most);
    fits(hour, 23)
        && fits(minute, 59)
        && fits(second, 60)
        && parts.next().is_none()
        && fraction.is_none_or(|digits| {
            has_second && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn is_offset(text: &str) -> bool {
    let mut parts = text[1..].split(':');
    let (hours, minutes) = (number::<i8>(parts.next(), 2), number::<i8>(parts.next(), 2));
    hours.is_some_and(|hours| hours <= 23)
        && minutes.is_some_and(|minutes| minutes <= 59)
        && parts.next().is_none()
}

/// The value of exactly `width` decimal digits.
fn number<N: FromStr>(text: Option<&str>, width: usize) -> Option<N> {
    let text = text.filter(|text| text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn accepts_what_json_carries() {
        for text in [
            "2016-02-29",
            "2016-03-01T10:20Z",
            "2016-03-01T10:20:30Z",
            "2016-03-01T10:20:30.123456789Z",
            "2016-03-01T10:20:60+02:00",
            "2016-03-01t10:20:30-11:30",
            "2016-03-01 10:20:30",
            "0001-01-01T00:00:00Z",
        ] {
            assert!(is_date(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "today",
            "2015-02-29",
            "1900-02-29",
            "2016-13-01",
            "2016-00-01",
            "2016-01-32",
            "2016-01-00",
            "16-01-01",
            "2016-01-01T",
            "2016-01-01T24:00Z",
            "2016-01-01T10:60Z",
            "2016-01-01T10:20:61Z",
            "2016-01-01T10:20:30.Z",
            "2016-01-01T10:20.5Z",
            "2016-01-01T10:20Zz",
            "2016-01-01T10:20+2:00",
            "2016-01-01T10:20+24:00",
            "2016-01-01T10:20:30:40Z",
            "2016-1-1",
            "2016-01-01-01",
            "+016-01-01",
            "1456826400000",
        ] {
            assert!(!is_date(text.as_bytes()), "{text}");
        }
    }
}
