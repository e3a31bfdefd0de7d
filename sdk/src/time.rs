//! Points in time as text.

use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 86_400;

/// A point in time as RFC 3339 in UTC with seconds; times before 1970 count as 1970.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// let time = UNIX_EPOCH + Duration::from_secs(951_782_400);
/// assert_eq!(connhub_sdk::rfc3339(time), "2000-02-29T00:00:00Z");
/// ```
pub fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let (year, month, day) = civil_date(seconds / SECONDS_PER_DAY);
    let second_of_day = seconds % SECONDS_PER_DAY;
    let (hour, minute, second) =
        (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let mut text = String::with_capacity("2000-02-29T00:00:00Z".len());
    put(&mut text, year, 4, '-');
    put(&mut text, month, 2, '-');
    put(&mut text, day, 2, 'T');
    put(&mut text, hour, 2, ':');
    put(&mut text, minute, 2, ':');
    put(&mut text, second, 2, 'Z');
    text
}

/// Appends a number of so many digits or more, and what follows it. A list writes two times for each connection, and `format!` takes ten
/// times as long in a sandbox.
fn put(text: &mut String, number: u64, digits: u32, after: char) {
    let mut unit = 10_u64.pow(digits - 1);
    while number / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        // A digit is below 10.
        text.push(char::from(b'0' + (number / unit % 10) as u8));
        unit /= 10;
    }
    text.push(after);
}

/// Days since 1970-01-01 to a date of the Gregorian calendar: Howard Hinnant's `civil_from_days`, for days that are not negative.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years start in March here, so that the day that a leap year adds is the last.
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        let check = |seconds: u64, expected: &str| {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        };
        check(0, "1970-01-01T00:00:00Z");
        check(68_169_599, "1972-02-28T23:59:59Z");
        check(68_169_600, "1972-02-29T00:00:00Z");
        check(1_709_251_199, "2024-02-29T23:59:59Z");
        check(1_795_210_561, "2026-11-20T21:36:01Z");
        check(4_107_542_399, "2100-02-28T23:59:59Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
        check(253_402_300_799, "9999-12-31T23:59:59Z");
        check(253_402_300_800, "10000-01-01T00:00:00Z");
    }
}
