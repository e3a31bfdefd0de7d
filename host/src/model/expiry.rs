//! Until when a connection is good. It is a label, so that every backend that keeps labels keeps it.

use jiff::civil::Date;
use jiff::{Span, SpanRelativeTo, Unit};

use super::{Connection, Error, Label};

/// The key of the label. Its value is a date such as `2027-01-31`, which every backend takes as the value of a label. From that day on, in UTC, the
/// connection counts as expired.
pub const EXPIRES: &str = "expires";

/// How many days before it expires a connection is worth a warning.
pub const SOON: i64 = 14;

/// The day on which a connection expires; none if it does not say one.
pub fn expires(connection: &Connection) -> Option<Date> {
    let label = connection.labels.iter().find(|label| label.key == EXPIRES)?;
    // Others may use the key for something else.
    label.value.parse().ok()
}

/// How many days are left before a day: 0 or fewer if it is today or past.
pub fn days_left(day: Date, today: Date) -> i64 {
    (day - today)
        .total((Unit::Day, SpanRelativeTo::days_are_24_hours()))
        .map_or(0, |days| days as i64)
}

/// The label for a day as people write it: a date, or how long it is until then, such as `90d`, `6mo` or `1y`.
///
/// # Errors
/// It is neither.
pub fn expiry_label(text: &str, today: Date) -> Result<Label, Error> {
    let day = text.parse::<Date>().ok().or_else(|| after(text.parse().ok()?, today));
    let day = day.ok_or_else(|| {
        Error::invalid(format!("`{text}` is no day on which a connection can expire")).hint(
            "say a date such as `2027-01-31`, or a time from now such as `90d`, `6mo` or `1y`",
        )
    })?;
    Ok(Label { key: EXPIRES.to_owned(), value: day.to_string() })
}

/// The day that long after today; none if it is before.
pub fn after(span: Span, today: Date) -> Option<Date> {
    today.checked_add(span).ok().filter(|day| *day >= today)
}

/// When that is, in words.
pub fn in_days(day: Date, today: Date) -> String {
    match days_left(day, today) {
        0 => "today".to_owned(),
        1 => "in 1 day".to_owned(),
        -1 => "1 day ago".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 26);

    #[test]
    fn a_day_is_a_date_or_a_time_from_now() {
        let check = |text: &str, expected: Option<&str>| {
            let label = expiry_label(text, TODAY).ok();
            assert_eq!(label.map(|label| label.value).as_deref(), expected, "{text}");
        };
        check("2027-01-31", Some("2027-01-31"));
        check("2020-01-01", Some("2020-01-01"));
        check("90d", Some("2027-02-24"));
        check("2w", Some("2026-12-10"));
        check("6mo", Some("2027-05-26"));
        check("1y", Some("2027-11-26"));
        check("0d", Some("2026-11-26"));
        check("-3d", None);
        check("soon", None);
        check("2027-02-30", None);
        check("", None);
    }

    #[test]
    fn days_are_counted_and_told() {
        let check = |day: &str, left: i64, words: &str| {
            let day = day.parse().unwrap();
            assert_eq!(days_left(day, TODAY), left);
            assert_eq!(in_days(day, TODAY), words);
        };
        check("2026-11-26", 0, "today");
        check("2026-11-27", 1, "in 1 day");
        check("2027-11-26", 365, "in 365 days");
        check("2026-11-25", -1, "1 day ago");
        check("2026-10-26", -31, "31 days ago");
    }

    #[test]
    fn a_label_that_is_no_date_says_nothing() {
        let with = |value: &str| Connection {
            labels: vec![Label { key: EXPIRES.to_owned(), value: value.to_owned() }],
            ..Connection::default()
        };
        assert_eq!(expires(&with("2026-11-26")), Some(TODAY));
        assert_eq!(expires(&with("never")), None);
        assert_eq!(expires(&Connection::default()), None);
    }
}
