//! Names that are hard to keep, and scopes that are not there.

use super::{Trial, fails};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Filter, IfExists, Kind, Target};

/// What a name may end with and lead astray: into a path, a query, out of a JSON text, into another encoding. Control characters are not
/// among them: no connector hears of a name that holds one.
const TAILS: [(&str, &str); 7] = [
    ("a slash", "/../other"),
    ("a percent sign", "%2e%2e%2fother"),
    ("a question mark", "?other=1#x"),
    ("a quotation mark", "\",\"other\":\""),
    ("a blank", " other"),
    ("capital letters", "-OTHER"),
    ("a letter beyond ASCII", "-ö"),
];
const LONG: usize = 300;

impl<S: Subject> Trial<'_, S> {
    pub(super) async fn names(&mut self) {
        let long = format!("-{}", "x".repeat(LONG));
        let tails = TAILS.into_iter().chain([("300 letters", long.as_str())]);
        let mut result = Ok(());
        for (what, tail) in tails {
            let name = format!("{}{tail}", self.plan.prefix);
            let kept = self.kept_or_refused(&name).await;
            result = result.and(kept.map_err(|why| format!("a name with {what}: {why}")));
        }
        self.book.note("names.kept", result);
        self.scopes().await;
    }

    /// A name is refused as invalid, or it is found again under exactly this name.
    async fn kept_or_refused(&mut self, name: &str) -> Result<(), String> {
        let mut draft = self.plan.draft("");
        draft.name = name.to_owned();
        let error = match self.create(&draft, IfExists::Fail).await {
            Ok(written) if written.connection.name != name => {
                return Err(format!("it became `{}`", written.connection.name));
            }
            Ok(_) => {
                let found = self.has(name).await?;
                let removed = self.subject.delete(&self.plan.target, name, None).await;
                removed.map_err(|error| format!("it cannot be deleted: {}", told(&error)))?;
                self.journal.forget(name);
                return match found.name == name {
                    true => Ok(()),
                    false => Err(format!("it is read as `{}`", found.name)),
                };
            }
            Err(error) => error,
        };
        match error.kind {
            Kind::Invalid => {
                self.journal.forget(name);
                Ok(())
            }
            _ => Err(format!("it is not refused as invalid: {}", told(&error))),
        }
    }

    async fn scopes(&mut self) {
        if !self.plan.has_scopes {
            return self.book.skip("scope.unknown", "the backend has no scopes");
        }
        let scope = Some(self.plan.name("nowhere"));
        let target = Target { scope, ..self.plan.target.clone() };
        let listed = self.subject.list(&target, &Filter::default(), None, 10).await;
        let listed = match listed {
            // A backend whose scopes come to be with their first connection has nothing else to say.
            Ok(page) if page.items.is_empty() => Ok(()),
            Ok(page) => Err(format!("{} connections are listed in it", page.items.len())),
            error => fails(error, &[Kind::NotFound, Kind::Forbidden, Kind::Invalid]),
        };
        let found = self.subject.get(&target, &self.plan.name("one")).await;
        let found = fails(found, &[Kind::NotFound, Kind::Forbidden, Kind::Invalid]);
        self.book.note("scope.unknown", listed.and(found));
    }
}
