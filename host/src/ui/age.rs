//! Times as people want them: how long ago.

use jiff::Timestamp;

/// How long before `now` the RFC 3339 time was, in its two greatest units at most; none if it is no time.
pub(super) fn age(time: &str, now: Timestamp) -> Option<String> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let time: Timestamp = time.parse().ok()?;
    // A clock that is behind must not make ages negative.
    let seconds = (now.as_second() - time.as_second()).max(0);
    let two = |unit: i64, word: &str, rest_unit: i64, rest_word: &str| {
        let (whole, rest) = (seconds / unit, seconds % unit / rest_unit);
        if rest == 0 { format!("{whole}{word}") } else { format!("{whole}{word}{rest}{rest_word}") }
    };
    Some(match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(DAY, "d", HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        _ => two(YEAR, "y", DAY, "d"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_those_of_kubectl() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let check = |time: &str, expected: Option<&str>| {
            assert_eq!(age(time, now).as_deref(), expected, "{time}");
        };
        check("2026-03-01T11:59:18Z", Some("42s"));
        check("2026-03-01T11:55:30Z", Some("4m30s"));
        check("2026-03-01T11:55:00Z", Some("5m"));
        check("2026-03-01T10:00:00+00:00", Some("120m"));
        check("2026-03-01T08:30:00Z", Some("3h30m"));
        check("2026-02-28T20:00:00Z", Some("16h"));
        check("2026-02-26T09:00:00Z", Some("3d3h"));
        check("2026-01-01T12:00:00.123Z", Some("59d"));
        check("2022-03-01T12:00:00Z", Some("4y1d"));
        check("2026-03-01T12:00:05Z", Some("0s"));
        check("yesterday", None);
        check("", None);
    }
}
