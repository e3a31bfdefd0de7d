//! `connhub rotate`.

use std::collections::HashMap;

use super::app::App;
use super::args::{DryRun, RotateArgs};
use super::copy::{ORIGIN, origin};
use super::input::Sources;
use super::spot::Spot;
use crate::model::{Connection, Error, SecretField};
use crate::operations::{self, Original, Schema, Tests, Trial};
use crate::plugins::Backend;
use crate::ui::json::{BackendError, Document, Items, Rotated, check_keys};
use crate::ui::view::Place;
use crate::ui::{Format, view};

/// A place that has the secrets.
struct Holder {
    backend: String,
    connection: Connection,
    schema: Schema,
    scope_word: String,
}

/// What became of a place.
struct Done {
    holder: Holder,
    outcome: &'static str,
    error: Option<Error>,
}

pub(super) fn run(args: &RotateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Rotated::KEYS)?;
    let spot = Spot::read(&args.name, app)?;
    let mut opened = Opened { backends: HashMap::new(), app };
    let job = format!("reading from `{}`", spot.backend);
    let backend = opened.backend(&spot.backend)?;
    let work = operations::original(backend, spot.scope.as_deref(), &spot.name);
    let original = app.wait(&job, work)?;
    let home = opened.holder(&spot.backend, original.connection.clone())?;
    let mut sources = Sources::new(app);
    let wanted = sources.rotated(args, &home.schema.fields, &original.connection)?;
    let names: Vec<String> = wanted.iter().map(|one| one.field.clone()).collect();
    let old: Vec<SecretField> =
        original.secrets.iter().filter(|one| names.contains(&one.name)).cloned().collect();
    let mut holders = vec![home];
    if args.everywhere {
        let copies = opened.copies(&holders[0], &old)?;
        holders.extend(copies);
    }
    if !matches!(args.dry_run, DryRun::None) {
        let rehearsed =
            holders.into_iter().map(|holder| Done { holder, outcome: "found", error: None });
        return finish(rehearsed.collect(), &names, app);
    }
    let new = sources.secrets(wanted, &holders[0].schema.fields, &spot.name)?;
    refuse_the_same(&old, &new)?;
    if !args.no_test {
        test(&original, &new, app)?;
    }
    let done = rotate(holders, &old, &new, &mut opened, app);
    finish(done, &names, app)
}

/// The backends that were needed so far.
struct Opened<'a> {
    backends: HashMap<String, Backend>,
    app: &'a App,
}

impl Opened<'_> {
    fn backend(&mut self, name: &str) -> Result<&mut Backend, Error> {
        if !self.backends.contains_key(name) {
            self.backends.insert(name.to_owned(), self.app.open(name)?);
        }
        self.backends.get_mut(name).ok_or_else(|| Error::invalid("the backend is not open"))
    }

    fn holder(&mut self, backend: &str, connection: Connection) -> Result<Holder, Error> {
        let app = self.app;
        let opened = self.backend(backend)?;
        let description = app.wait(&format!("asking `{backend}`"), opened.connector.describe())?;
        let schema = Schema::of(Some(&description), &connection.type_name)?;
        let scope_word = description.scope_word().to_owned();
        Ok(Holder { backend: backend.to_owned(), connection, schema, scope_word })
    }

    /// Connections with the same secrets in all configured backends. One that cannot be asked is said, and does not hide the others.
    fn copies(&mut self, home: &Holder, old: &[SecretField]) -> Result<Vec<Holder>, Error> {
        let app = self.app;
        let names: Vec<String> =
            app.plugins()?.configured_backends().into_iter().map(str::to_owned).collect();
        let mut seen: Vec<Connection> = vec![home.connection.clone()];
        let mut holders = Vec::new();
        for name in names {
            match self.copies_in(&name, home, old, &seen) {
                Ok(found) => {
                    seen.extend(found.iter().map(|holder| holder.connection.clone()));
                    holders.extend(found);
                }
                Err(error) => app.warn_about(&name, &error),
            }
        }
        Ok(holders)
    }

    fn copies_in(
        &mut self,
        name: &str,
        home: &Holder,
        old: &[SecretField],
        seen: &[Connection],
    ) -> Result<Vec<Holder>, Error> {
        let app = self.app;
        let is_home = name == home.backend;
        // Two backends can be the same store: a connection that was read already is not read as its own copy.
        let is_known = |one: &Connection| {
            seen.iter().any(|known| {
                known.name == one.name
                    && known.scope == one.scope
                    && (is_home
                        || (known.created_at == one.created_at && known.revision == one.revision))
            })
        };
        let type_name = home.connection.type_name.clone();
        let origin = origin(&home.backend, &home.connection);
        let is_marked = |one: &Connection| {
            let mark = one.labels.iter().find(|label| label.key == ORIGIN);
            mark.is_some_and(|mark| Some(&mark.value) == origin.as_ref())
        };
        let backend = self.backend(name)?;
        let work = operations::copies(backend, &type_name, old, is_known, is_marked);
        let found = app.wait(&format!("looking for copies in `{name}`"), work)?;
        for stray in found.strays {
            app.console.talk().warning(&format!(
                "`{stray}` in backend `{name}` was copied from here and has another secret by now; it is left alone"
            ));
        }
        found.copies.into_iter().map(|connection| self.holder(name, connection)).collect()
    }
}

fn refuse_the_same(old: &[SecretField], new: &[SecretField]) -> Result<(), Error> {
    let is_old = |secret: &SecretField| {
        old.iter().any(|one| one.name == secret.name && one.value == secret.value)
    };
    match new.iter().find(|secret| is_old(secret)) {
        Some(secret) => Err(Error::invalid(format!("the new `{}` is the old one", secret.name))
            .hint("nothing was changed")),
        None => Ok(()),
    }
}

/// Nothing is replaced by what does not work.
fn test(original: &Original, new: &[SecretField], app: &App) -> Result<(), Error> {
    let tests = Tests::default();
    let work = operations::try_out(&tests, &original.connection, &original.secrets, new);
    let name = &original.connection.name;
    if let Trial::NotTestable(why) = app.wait(&format!("testing `{name}`"), work)? {
        app.console.talk().note(&format!("the new secret was not tested: {why}"));
    }
    Ok(())
}

/// One place after the other. If one fails, those before it get the old secret back: half a rotation would be worse than none.
fn rotate(
    holders: Vec<Holder>,
    old: &[SecretField],
    new: &[SecretField],
    opened: &mut Opened<'_>,
    app: &App,
) -> Vec<Done> {
    let mut done: Vec<Done> = Vec::new();
    let mut has_failed = false;
    for holder in holders {
        if has_failed {
            done.push(Done { holder, outcome: "untouched", error: None });
            continue;
        }
        let revision = holder.connection.revision.clone();
        match replace(&holder, new, revision.as_deref(), opened, app) {
            Ok(()) => done.push(Done { holder, outcome: "rotated", error: None }),
            Err(error) => {
                has_failed = true;
                done.push(Done { holder, outcome: "failed", error: Some(error) });
            }
        }
    }
    if has_failed {
        restore(&mut done, old, opened, app);
    }
    done
}

fn restore(done: &mut [Done], old: &[SecretField], opened: &mut Opened<'_>, app: &App) {
    for one in done.iter_mut().filter(|one| one.outcome == "rotated") {
        match replace(&one.holder, old, None, opened, app) {
            Ok(()) => one.outcome = "restored",
            Err(error) => {
                one.outcome = "not restored";
                one.error =
                    Some(error.hint("it has the new secret; rotate it back, or the others again"));
            }
        }
    }
}

fn replace(
    holder: &Holder,
    secrets: &[SecretField],
    expected: Option<&str>,
    opened: &mut Opened<'_>,
    app: &App,
) -> Result<(), Error> {
    let job = format!("rotating in `{}`", holder.backend);
    let backend = opened.backend(&holder.backend)?;
    let (schema, connection) = (&holder.schema, &holder.connection);
    let work = operations::replace_secrets(backend, schema, connection, secrets.to_vec(), expected);
    let written = app.wait(&job, work)?;
    written.notes.iter().for_each(|note| app.console.talk().note(note));
    Ok(())
}

fn finish(done: Vec<Done>, fields: &[String], app: &App) -> Result<u8, Error> {
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            let items = done.iter().map(|one| {
                Rotated::new(one.outcome, &one.holder.backend, &one.holder.connection, fields)
            });
            let failed = done.iter().filter_map(|one| Some((one, one.error.as_ref()?)));
            let errors = failed.map(|(one, error)| {
                BackendError::new(&one.holder.backend, Some(&one.holder.connection.name), error)
            });
            let body = Items { items: items.collect(), errors: errors.collect() };
            Document::new("ResultList", body).write(form, out)
        }
        Format::Name => {
            done.iter().try_for_each(|one| writeln!(out, "{}", one.holder.connection.name))
        }
        _ if app.is_quiet() => Ok(()),
        _ => done.iter().try_for_each(|one| {
            let holder = &one.holder;
            let place = Place { backend: &holder.backend, scope_word: &holder.scope_word };
            view::rotated(one.outcome, place, &holder.connection, fields, out, style)
        }),
    })?;
    let failed = done.iter().filter_map(|one| one.error.as_ref());
    let codes: Vec<u8> = failed.map(|error| app.fail(error)).collect();
    Ok(codes.first().copied().unwrap_or(0))
}
