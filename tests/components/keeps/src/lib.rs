//! Keeps connections in the vault and tells a server of each. It uses every function of the contract but `reveal`, and as little else
//! as can be: the component of each released version is kept in the history of the repository.

mod record;

use connhub_sdk::{
    Command, Connection, Connector, Description, Draft, Encoding, Error, Field, Filter, Finding,
    Host, IfExists, Key, Level, NamedSecret, OtherSecrets, Outcome, Page, PageRequest, Part, Patch,
    Removed, Report, Request, Response, SecretChanges, SecretField, Selection, Target, VaultError,
    Verdict, Written,
};

connhub_sdk::export!(Keeps, needs = "needs.toml");

/// The endpoint's name in `needs.toml`.
const ENDPOINT: &str = "api";

/// The program's name in `needs.toml`.
const PROGRAM: &str = "tool";

/// The longest secret that is taken, in bytes.
const MAX_SECRET: u64 = 10_000;

/// The connector.
#[derive(Debug)]
pub struct Keeps;

impl Connector for Keeps {
    fn describe() -> Description {
        let summary = "keeps connections, as connectors of its version of the contract did";
        Description::new("keeps", env!("CARGO_PKG_VERSION"), summary).with_any_type()
    }

    fn check(host: &Host, _: &Target) -> Result<Report, Error> {
        let answer = host.send(ENDPOINT, Request::get("/user"))?;
        // The answer is `{"user":"…"}`.
        let user = answer.text().split('"').nth(3).map(str::to_owned);
        let finding = Finding::new("login", Verdict::Good, "the server knows who is calling");
        Ok(Report { user, platform: None, findings: vec![finding] })
    }

    fn create(
        host: &Host,
        _: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        if draft.secrets.iter().any(|secret| secret.value.length() > MAX_SECRET) {
            return Err(Error::Unsupported(format!("a secret has more than {MAX_SECRET} bytes")));
        }
        let public = record::encode(&draft.type_, &draft.fields);
        let key = key(&draft.name);
        match host.vault().insert(&key, &public, &named(&draft.secrets)) {
            Ok(_) => {}
            Err(VaultError::Exists) if if_exists == IfExists::Keep => return keep(host, &draft),
            Err(error) => return Err(failure(error, &draft.name)),
        }
        host.log(Level::Info, &format!("keeps {}", draft.name));
        tell(host, &draft)?;
        Ok(Written::new(Outcome::Created, read(host, &draft.name)?))
    }

    fn list(host: &Host, _: &Target, filter: &Filter, page: &PageRequest) -> Result<Page, Error> {
        let found = host.vault().scan(&Selection::All, page.cursor.as_deref(), page.limit);
        let found = found.map_err(|error| failure(error, ""))?;
        let mut items = Vec::new();
        for entry in found.entries {
            items.push(record::connection(entry)?);
        }
        items.retain(|connection| filter.matches(connection));
        Ok(Page { items, cursor: found.cursor })
    }

    fn get(host: &Host, _: &Target, name: &str) -> Result<Connection, Error> {
        read(host, name)
    }

    fn open(
        host: &Host,
        _: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let opened = host.vault().open(&key(name)).map_err(|error| failure(error, name))?;
        let all = opened.into_iter().map(|(name, value)| SecretField::new(name, value));
        SecretField::select(all.collect(), name, fields)
    }

    fn update(
        host: &Host,
        _: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let mut there = read(host, name)?;
        there.expect_revision(expected)?;
        there.fields.retain(|field| is_left(field, &patch));
        there.fields.extend(patch.fields);
        let public = record::encode(&there.type_, &there.fields);
        let changes = SecretChanges {
            set: named(&patch.secrets),
            remove: patch.remove.clone(),
            others: OtherSecrets::Keep,
        };
        let replaced = host.vault().replace(&key(name), revision(&there)?, &public, &changes);
        replaced.map_err(|error| failure(error, name))?;
        Ok(Written::new(Outcome::Updated, read(host, name)?))
    }

    fn delete(
        host: &Host,
        _: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let there = read(host, name)?;
        there.expect_revision(expected)?;
        let removed = host.vault().remove(&key(name), revision(&there)?);
        removed.map_err(|error| failure(error, name))?;
        Ok(vec![Removed { kind: "connection".into(), name: name.into(), scope: None }])
    }
}

fn key(name: &str) -> Key {
    Key::new("", name)
}

fn named(secrets: &[SecretField]) -> Vec<NamedSecret<'_>> {
    secrets.iter().map(|secret| (secret.name.as_str(), &secret.value)).collect()
}

fn read(host: &Host, name: &str) -> Result<Connection, Error> {
    host.vault().get(&key(name)).map_err(|error| failure(error, name)).and_then(record::connection)
}

fn revision(connection: &Connection) -> Result<u64, Error> {
    let revision = connection.revision.as_ref().and_then(|revision| revision.parse().ok());
    revision.ok_or_else(|| Error::Other("a record has no revision".into()))
}

fn is_left(field: &Field, patch: &Patch) -> bool {
    !patch.remove.contains(&field.name) && !patch.fields.iter().any(|new| new.name == field.name)
}

/// Compares each secret in the host; the visible part is compared here.
fn keep(host: &Host, draft: &Draft) -> Result<Written, Error> {
    let there = read(host, &draft.name)?;
    let differs = |field: &&Field| there.field(&field.name) != Some(&field.value);
    let fields = draft.fields.iter().filter(differs);
    let mut differences: Vec<_> = fields.map(|field| field.name.clone()).collect();
    for secret in &draft.secrets {
        let same = host.vault().same_secret(&key(&draft.name), &secret.name, &secret.value);
        if !same.map_err(|error| failure(error, &draft.name))? {
            differences.push(secret.name.clone());
        }
    }
    Ok(Written::kept(there, differences))
}

/// Sends the secrets, and gets them back masked, numbered as they are: the numbers need no JSON library.
fn tell(host: &Host, draft: &Draft) -> Result<(), Error> {
    let mut request = Request::post("/told").header("content-type", "application/json");
    request.body = secrets(draft);
    let answer = host.send(ENDPOINT, request.with_handles())?;
    match answer.is_success() && repeats(host, draft, &answer) && notes(host, draft)? {
        true => Ok(()),
        false => Err(Error::unavailable("the server does not answer with the same secrets")),
    }
}

/// Tells the program where there is one, with the secrets in a file and again in its input.
fn notes(host: &Host, draft: &Draft) -> Result<bool, Error> {
    if !host.is_installed(PROGRAM) {
        return Ok(true);
    }
    let command = Command::new(["note", &draft.name]).file("note.json", secrets(draft));
    let outcome = host.run(PROGRAM, command.input(secrets(draft)))?;
    let is_whole = !outcome.stdout.truncated && !outcome.stderr.truncated;
    Ok(is_whole && outcome.exit_code == Some(0) && outcome.stdout.text == "noted\n")
}

fn secrets(draft: &Draft) -> Vec<Part<'_>> {
    let mut parts = vec![Part::Bytes(b"{\"secrets\":{".to_vec())];
    for (number, secret) in draft.secrets.iter().enumerate() {
        let separator = if number == 0 { "" } else { "," };
        parts.push(Part::Bytes(format!("{separator}\"{number}\":").into_bytes()));
        let value = &secret.value;
        parts.push(Part::Secret { value, encoding: Encoding::JsonString });
    }
    parts.push(Part::Bytes(b"}}".to_vec()));
    parts
}

fn repeats(host: &Host, draft: &Draft, answer: &Response) -> bool {
    let same = |(number, secret): (usize, &SecretField)| {
        let pointer = format!("/secrets/{number}");
        let masked = answer.secrets.iter().find(|masked| masked.pointer == pointer);
        masked.is_some_and(|masked| {
            let stored = host.vault().same_secret(&key(&draft.name), &secret.name, &masked.value);
            stored.unwrap_or(false)
        })
    };
    draft.secrets.iter().enumerate().all(same)
}

fn failure(error: VaultError, name: &str) -> Error {
    match error {
        VaultError::Exists => Error::AlreadyExists(format!("there is a connection `{name}`")),
        VaultError::Missing => Error::no_connection(name),
        VaultError::Stale(revision) => Error::Conflict(format!("`{name}` has revision {revision}")),
        VaultError::Denied(message) => Error::Denied(message),
        VaultError::TooLarge(message)
        | VaultError::Unusable(message)
        | VaultError::Other(message) => Error::Other(message),
    }
}
