//! Connections that expire: which of them a list shows, and a word about those whose day is near.

use std::cell::RefCell;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::app::App;
use crate::model::{Connection, Error, SOON, after, days_left, expires, in_days};

/// How many are named in a warning; the others are counted.
const NAMED: usize = 3;

/// Looks at connections as they are listed.
pub(super) struct Expiring {
    today: Date,
    /// The last day that is asked for; none if all connections are.
    within: Option<Date>,
    soon: RefCell<Soon>,
}

/// Those whose day is near.
#[derive(Default)]
struct Soon {
    count: usize,
    /// The nearest ones.
    first: Vec<(Date, String)>,
}

impl Expiring {
    /// `within` is how long from now those expire that are asked for.
    ///
    /// # Errors
    /// It is no time from now.
    pub(super) fn new(within: Option<Span>) -> Result<Self, Error> {
        let today = today();
        let last = |span| {
            after(span, today).ok_or_else(|| {
                Error::invalid("`--expiring` is no time from now")
                    .hint("say for example `--expiring 30d`")
            })
        };
        Ok(Self { today, within: within.map(last).transpose()?, soon: RefCell::default() })
    }

    /// Leaves those that are asked for, and remembers those whose day is near.
    pub(super) fn keep(&self, connections: &mut Vec<Connection>) {
        connections.retain(|connection| {
            let day = expires(connection);
            if let Some(day) = day.filter(|day| days_left(*day, self.today) <= SOON) {
                self.soon.borrow_mut().add(day, connection);
            }
            self.within.is_none_or(|last| day.is_some_and(|day| day <= last))
        });
    }

    /// Says in a line which ones expire soon or have expired, if there are any.
    pub(super) fn warn(&self, app: &App) {
        if let Some(text) = self.soon.borrow().told(self.today) {
            app.console.talk().warning(&text);
        }
    }
}

impl Soon {
    fn add(&mut self, day: Date, connection: &Connection) {
        self.count += 1;
        self.first.push((day, connection.name.clone()));
        self.first.sort();
        self.first.truncate(NAMED);
    }

    fn told(&self, today: Date) -> Option<String> {
        if self.count == 1 {
            let (day, name) = self.first.first()?;
            return Some(told(name, *day, today));
        }
        let named = self.first.iter().map(|(day, name)| format!("`{name}` ({day})"));
        let named = named.collect::<Vec<_>>().join(", ");
        let more = self.count - self.first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (self.count > 1).then(|| {
            format!(
                "{} connections have expired or expire within {SOON} days: {named}{more}",
                self.count
            )
        })
    }
}

/// Says so if a connection that is used expires soon or has expired.
pub(super) fn warn_about(connection: &Connection, app: &App) {
    let today = today();
    if let Some(day) = expires(connection).filter(|day| days_left(*day, today) <= SOON) {
        app.console.talk().warning(&told(&connection.name, day, today));
    }
}

fn told(name: &str, day: Date, today: Date) -> String {
    let verb = if days_left(day, today) > 0 { "expires" } else { "expired" };
    format!("`{name}` {verb} on {day}, {}", in_days(day, today))
}

/// The day that it is in UTC, as in all times that are shown.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EXPIRES, Label};

    const TODAY: Date = jiff::civil::date(2026, 11, 26);

    fn connection(name: &str, day: &str) -> Connection {
        Connection {
            name: name.to_owned(),
            labels: vec![Label { key: EXPIRES.to_owned(), value: day.to_owned() }],
            ..Connection::default()
        }
    }

    fn watch(within: Option<&str>) -> Expiring {
        let within = within.map(|day| day.parse().unwrap());
        Expiring { today: TODAY, within, soon: RefCell::default() }
    }

    #[test]
    fn one_that_is_near_is_told_and_one_that_is_far_is_not() {
        let check = |day: &str, expected: Option<&str>| {
            let watch = watch(None);
            let mut list = vec![connection("lake", day), connection("far", "2030-01-01")];
            watch.keep(&mut list);
            assert_eq!(list.len(), 2);
            assert_eq!(watch.soon.borrow().told(TODAY).as_deref(), expected);
        };
        check("2026-12-01", Some("`lake` expires on 2026-12-01, in 5 days"));
        check("2026-12-10", Some("`lake` expires on 2026-12-10, in 14 days"));
        check("2026-12-11", None);
        check("2026-11-26", Some("`lake` expired on 2026-11-26, today"));
        check("2026-11-20", Some("`lake` expired on 2026-11-20, 6 days ago"));
        check("never", None);
    }

    #[test]
    fn many_are_counted_and_the_nearest_named() {
        let watch = watch(None);
        let days = ["2026-12-05", "2026-12-04", "2026-12-03", "2026-11-01", "2026-12-02"];
        let names = days.iter().enumerate().map(|(at, day)| connection(&format!("c{at}"), day));
        watch.keep(&mut names.collect());
        assert_eq!(
            watch.soon.borrow().told(TODAY).unwrap(),
            "5 connections have expired or expire within 14 days: \
             `c3` (2026-11-01), `c4` (2026-12-02), `c2` (2026-12-03) and 2 more"
        );
    }

    #[test]
    fn only_those_that_expire_in_time_are_left() {
        let watch = watch(Some("2026-12-26"));
        let mut list = vec![
            connection("past", "2026-01-01"),
            connection("last", "2026-12-26"),
            connection("later", "2026-12-27"),
            Connection::default(),
        ];
        watch.keep(&mut list);
        let names: Vec<&str> = list.iter().map(|connection| connection.name.as_str()).collect();
        assert_eq!(names, ["past", "last"]);
    }
}
