//! `connhub list --watch`: lists again and again, and shows what is different.
//!
//! A connector answers requests and holds no streams, so a change is seen when the next list is made, not when it happens.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use super::app::{App, Chosen};
use super::args::ListArgs;
use crate::model::{Connection, Error, Filter, Kind};
use crate::operations::{self, ListChange, Watched};
use crate::plugins::Backend;
use crate::ui::json::{ChangeForm, Document, Entry};
use crate::ui::{Format, Headers, Structured, view};

/// The shortest time between two lists.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn run(args: &ListArgs, filter: &Filter, app: &App) -> Result<u8, Error> {
    check_format(&app.format)?;
    check_interval(args.interval)?;
    let Chosen::One(name) = app.backends()? else {
        return Err(Error::invalid("`--watch` follows one backend, and all are named")
            .hint("name one with `--backend NAME`, or start one for each"));
    };
    let mut backend = app.open(name)?;
    let scope_word = filter.all_scopes.then(|| app.scope_word(&mut backend));
    let mut show = Show { app, backend: name, scope_word, headers: app.headers() };
    let mut watched = Watched::default();
    if show.lines(&watched.update(list(&mut backend, filter, app)?))? == Reader::Gone {
        return Ok(0);
    }
    app.console
        .talk()
        .line(&format!("listing again every {}; Ctrl-C ends", in_words(args.interval.as_millis())));
    let mut outage = Outage::None;
    loop {
        sleep(args.interval);
        match list(&mut backend, filter, app) {
            Ok(now) => {
                outage.end(app);
                if show.lines(&watched.update(now))? == Reader::Gone {
                    return Ok(0);
                }
            }
            Err(error) if error.kind == Kind::Unavailable => outage.begin(name, &error, app),
            Err(error) => return Err(error),
        }
    }
}

/// A list does not end, so it has no form that needs an end.
fn check_format(format: &Format) -> Result<(), Error> {
    match format {
        Format::Human | Format::Table | Format::Wide => Ok(()),
        Format::Structured(Structured::Json) => Ok(()),
        _ => Err(Error::invalid("`--watch` cannot be shown in this form")
            .hint("use `-o table`, or `-o json` for one JSON document a line")),
    }
}

/// A server that others use, too, is not asked without a pause.
fn check_interval(interval: Duration) -> Result<(), Error> {
    if interval >= SHORTEST {
        return Ok(());
    }
    Err(Error::invalid("the time between two lists is at least 100 ms")
        .hint("write `--interval 5s`"))
}

fn list(backend: &mut Backend, filter: &Filter, app: &App) -> Result<Vec<Connection>, Error> {
    let mut all = Vec::new();
    let keep = |page: Vec<Connection>| {
        all.extend(page);
        Ok(())
    };
    let job = format!("listing `{}`", backend.name);
    app.wait(&job, operations::list(backend, app.scope(), filter, keep))?;
    Ok(all)
}

/// Whether the backend answers. It is said once that it does not, and once that it does again.
#[derive(PartialEq, Eq)]
enum Outage {
    None,
    Said,
}

impl Outage {
    fn begin(&mut self, backend: &str, error: &Error, app: &App) {
        if *self == Self::None {
            app.warn_about(backend, error);
            *self = Self::Said;
        }
    }

    fn end(&mut self, app: &App) {
        if *self == Self::Said {
            app.console.talk().line("the backend answers again");
            *self = Self::None;
        }
    }
}

/// Whether somebody still reads what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    There,
    Gone,
}

struct Show<'a> {
    app: &'a App,
    backend: &'a str,
    scope_word: Option<String>,
    /// They are shown once.
    headers: Headers,
}

impl Show<'_> {
    fn lines(&mut self, changes: &[(ListChange, Connection)]) -> Result<Reader, Error> {
        if changes.is_empty() {
            return Ok(Reader::There);
        }
        let mut reader = Reader::There;
        let rows = changes.iter().map(|(change, connection)| {
            (change.as_str(), Entry { backend: self.backend, connection })
        });
        self.app.console.data(|out, style| {
            let written = match &self.app.format {
                Format::Structured(_) => rows.into_iter().try_for_each(|(event, entry)| {
                    Document::new("ConnectionEvent", ChangeForm::new(event, entry))
                        .write_line(&mut *out)
                }),
                _ => {
                    let table = view::changes(rows, self.scope_word.as_deref());
                    table.write(out, style, self.headers)
                }
            };
            let written = written.and_then(|()| out.flush());
            if matches!(&written, Err(error) if error.kind() == io::ErrorKind::BrokenPipe) {
                reader = Reader::Gone;
            }
            written
        })?;
        self.headers = Headers::Hidden;
        Ok(reader)
    }
}

fn in_words(millis: u128) -> String {
    match millis % 1000 {
        0 => format!("{} s", millis / 1000),
        _ => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_without_an_end_are_taken() {
        let check = |text: &str, expected: bool| {
            let format: Format = text.parse().unwrap();
            assert_eq!(check_format(&format).is_ok(), expected, "{text}");
        };
        check("table", true);
        check("wide", true);
        check("json", true);
        check("yaml", false);
        check("name", false);
        check("jsonpath={.name}", false);
        assert_eq!((in_words(5000), in_words(1500)), ("5 s".into(), "1500 ms".into()));
    }
}
