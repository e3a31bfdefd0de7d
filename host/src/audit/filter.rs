//! Which records are wanted.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::record::{Record, Result as Outcome};
use crate::model::Error;

/// A point in time, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Timestamp);

impl Moment {
    /// Reads a time in RFC 3339, a date (midnight, UTC), or a time span before `now`: `90s`, `30m`, `12h`, `7d`, `2w`.
    ///
    /// # Errors
    /// It is none of them.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, Error> {
        let of_date = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
        let parsed = before(text, now)
            .or_else(|| text.parse::<Timestamp>().ok())
            .or_else(|| of_date(text.parse().ok().filter(|_| text.len() == "2026-01-31".len())?));
        parsed.map(Self).ok_or_else(|| {
            Error::invalid(format!("`{text}` is no point in time")).hint(
                "write it like `2026-01-31`, `2026-01-31T08:00:00Z`, or `12h` for twelve hours ago",
            )
        })
    }
}

fn before(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let number: i64 = number.parse().ok().filter(|number| *number >= 0)?;
    now.checked_sub(SignedDuration::from_secs(number.checked_mul(seconds)?)).ok()
}

/// What a record has to be like. What is not said is not asked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not before.
    pub since: Option<Moment>,
    /// Not after.
    pub until: Option<Moment>,
    /// The operation.
    pub operation: Option<String>,
    /// The backend.
    pub backend: Option<String>,
    /// The scope.
    pub scope: Option<String>,
    /// The connection.
    pub connection: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

impl Filter {
    /// Whether a record is wanted.
    pub fn wants(&self, record: &Record) -> bool {
        let same = |asked: &Option<String>, found: &Option<String>| {
            asked.as_ref().is_none_or(|asked| found.as_ref() == Some(asked))
        };
        self.covers(record)
            && same(&self.operation, &record.operation)
            && same(&self.backend, &record.backend)
            && same(&self.scope, &record.scope)
            && same(&self.connection, &record.connection)
            && self.outcome.is_none_or(|outcome| record.result() == Some(outcome))
    }

    /// Whether a record was written in the time that is asked for.
    pub fn covers(&self, record: &Record) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let Ok(time) = record.time.parse().map(Moment) else { return false };
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read_as_people_write_them() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let check = |text: &str, expected: &str| {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(Moment::parse(text, now).unwrap(), Moment(expected), "{text}");
        };
        check("2026-01-31", "2026-01-31T00:00:00Z");
        check("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z");
        check("2026-01-31T08:00:00+02:00", "2026-01-31T06:00:00Z");
        check("90s", "2026-03-10T11:58:30Z");
        check("30m", "2026-03-10T11:30:00Z");
        check("12h", "2026-03-10T00:00:00Z");
        check("2d", "2026-03-08T12:00:00Z");
        check("1w", "2026-03-03T12:00:00Z");
        for wrong in ["", "h", "-1h", "yesterday", "12", "2026-13-01", "9999999999999999w", "ä"] {
            let error = Moment::parse(wrong, now).unwrap_err();
            assert!(error.hints[0].contains("12h"), "{wrong}");
        }
    }

    #[test]
    fn every_condition_counts() {
        let record = Record {
            time: "2026-03-10T12:00:00.000001Z".to_owned(),
            backend: Some("local".to_owned()),
            connection: Some("lake".to_owned()),
            ..Record::of("create")
        };
        let now: Timestamp = "2026-03-10T13:00:00Z".parse().unwrap();
        let at = |text| Some(Moment::parse(text, now).unwrap());
        let text = |text: &str| Some(text.to_owned());
        let check = |filter: Filter, expected: bool| {
            assert_eq!(filter.wants(&record), expected, "{filter:?}");
        };
        check(Filter::default(), true);
        check(Filter { since: at("2h"), ..Filter::default() }, true);
        check(Filter { since: at("1h"), until: at("30m"), ..Filter::default() }, true);
        check(Filter { since: at("30m"), ..Filter::default() }, false);
        check(Filter { until: at("2h"), ..Filter::default() }, false);
        check(Filter { operation: text("create"), ..Filter::default() }, true);
        check(Filter { operation: text("open"), ..Filter::default() }, false);
        check(Filter { connection: text("lake"), backend: text("x"), ..Filter::default() }, false);
        check(Filter { scope: text("x"), ..Filter::default() }, false);
        check(Filter { outcome: Some(Outcome::Done), ..Filter::default() }, false);
    }
}
