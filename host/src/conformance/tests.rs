//! Every check of the operations fails for a connector that has the fault which it is about, and for none without a fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::model::types::catalog;
use crate::model::{
    Connection, Description, Draft, Error, FieldSchema, Filter, IfExists, Kind, Operation,
    Outcome as Did, Page, Patch, Removed, Report, ScopeKind, Secret, SecretField, SupportedType,
    Target, Usage, Verdict as Found, Written,
};
use crate::model::{Field, Finding};
use crate::policy::{Capability, Grants, Needs};

type Stored = (Connection, Vec<SecretField>);

/// A connector for connections in memory, with one fault, which is called like the check that has to find it.
#[derive(Clone)]
struct Memory {
    fault: &'static str,
    stored: Arc<Mutex<BTreeMap<String, Stored>>>,
    steps: Arc<Mutex<u64>>,
    /// How many steps a call may take; a `create` takes [`STEPS`].
    limit: Option<u64>,
}

const STEPS: u64 = 1000;

impl Memory {
    fn new(fault: &'static str) -> Self {
        Self { fault, stored: Arc::default(), steps: Arc::default(), limit: None }
    }

    fn has(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn revision(&self) -> Option<String> {
        let mut steps = self.steps.lock().unwrap();
        *steps += 1;
        Some(steps.to_string())
    }

    fn missing(&self, id: &str, name: &str) -> Error {
        let kind = if self.has(id) { Kind::Other } else { Kind::NotFound };
        Error::new(kind, format!("there is no connection `{name}`"))
    }

    fn find(&self, id: &str, name: &str) -> Result<Stored, Error> {
        let stored = self.stored.lock().unwrap().get(name).cloned();
        stored.ok_or_else(|| self.missing(id, name))
    }

    /// It is stopped in the middle.
    fn stopped(&self, draft: &Draft, target: &Target) -> Result<Written, Error> {
        let mut made = self.made(draft, target);
        match self.fault {
            "hostile.computing" => {
                made.fields.pop();
                self.put(&made, &draft.secrets);
            }
            "halves" => self.put(&made, &[]),
            "goes on" => return Ok(written(Did::Created, made)),
            "crashes" => return Err(Error::new(Kind::Connector, "it crashed")),
            _ => {}
        }
        Err(Error::new(Kind::Connector, "it computed too much").hit("cpu-milliseconds"))
    }

    fn put(&self, connection: &Connection, secrets: &[SecretField]) {
        let stored = (connection.clone(), secrets.to_vec());
        self.stored.lock().unwrap().insert(connection.name.clone(), stored);
    }

    fn made(&self, draft: &Draft, target: &Target) -> Connection {
        let mut fields = draft.fields.clone();
        if self.has("create.new") {
            fields.pop();
        }
        Connection {
            name: draft.name.clone(),
            scope: target.scope.clone(),
            type_name: draft.type_name.clone(),
            fields,
            secret_names: draft.secrets.iter().map(|secret| secret.name.clone()).collect(),
            revision: self.revision(),
            ..Connection::default()
        }
    }
}

fn written(outcome: Did, connection: Connection) -> Written {
    Written { outcome, connection, differences: Vec::new(), notes: Vec::new() }
}

impl Subject for Memory {
    async fn describe(&mut self) -> Result<Description, Error> {
        let mut description = description();
        if self.has("described.stable") {
            description.summary = format!("asked {} times", self.revision().unwrap());
        }
        Ok(description)
    }

    async fn check(&mut self, _: &Target) -> Result<Report, Error> {
        let verdict = if self.has("check.answers") { Found::Bad } else { Found::Good };
        let finding = Finding { subject: "store".into(), verdict, message: "is there".into() };
        Ok(Report { findings: vec![finding], ..Report::default() })
    }

    async fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        let mut draft = draft.clone();
        if self.limit.is_some_and(|limit| limit < STEPS) {
            return self.stopped(&draft, target);
        }
        if draft.name.contains(['/', '%']) {
            match self.has("names.kept") {
                true => draft.name = draft.name.replace(['/', '%'], ""),
                false => return Err(Error::invalid("no such name")),
            }
        }
        let before = self.stored.lock().unwrap().get(&draft.name).cloned();
        // Somebody else may come in between here.
        tokio::task::yield_now().await;
        let now = match self.has("create.race") {
            true => before,
            false => self.stored.lock().unwrap().get(&draft.name).cloned(),
        };
        let made = self.made(&draft, target);
        let Some((old, secrets)) = now else {
            if !target.dry_run || self.has("dry-run.writes-nothing") {
                self.put(&made, &draft.secrets);
            }
            return Ok(written(Did::Created, made));
        };
        match if_exists {
            IfExists::Fail if self.has("create.exists") => {
                self.put(&made, &draft.secrets);
                Ok(written(Did::Created, made))
            }
            IfExists::Fail => Err(Error::new(Kind::Exists, "it is there")),
            IfExists::Keep => {
                let differs = |field: &&Field| !old.fields.contains(field);
                let fields = draft.fields.iter().filter(differs);
                let differences = match self.has("create.keep") {
                    true => Vec::new(),
                    false => fields.map(|field| field.name.clone()).collect(),
                };
                Ok(Written { differences, ..written(Did::Kept, old) })
            }
            IfExists::Replace if self.has("create.replace") => Ok(written(Did::Kept, old)),
            IfExists::Replace => {
                let is_same = old.fields == made.fields;
                let fails = is_same && self.has("create.again");
                if fails {
                    return Err(Error::new(Kind::Exists, "it is the same"));
                }
                drop(secrets);
                self.put(&made, &draft.secrets);
                Ok(written(Did::Replaced, made))
            }
        }
    }

    async fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        if target.scope.as_deref() != Some("home") && !self.has("scope.unknown") {
            return Err(Error::new(Kind::NotFound, "there is no such folder"));
        }
        let stored = self.stored.lock().unwrap();
        let mut items: Vec<Connection> = stored.values().map(|(item, _)| item.clone()).collect();
        if self.has("list.finds")
            || (self.has("list.filter") && !filter.types.is_empty())
            || (self.has("list.names") && filter.names_only)
        {
            items.clear();
        }
        let start = cursor.map_or(Ok(0), str::parse::<usize>);
        let start = match start.ok().filter(|start| *start <= items.len()) {
            Some(start) => start,
            None if self.has("list.cursor") => {
                return Err(Error::new(Kind::Connector, "the connector crashed"));
            }
            None => return Err(Error::invalid("there is no such cursor")),
        };
        let mut end = items.len().min(start + limit as usize);
        let cursor = (end < items.len()).then(|| end.to_string());
        if self.has("list.pages") && limit == 1 {
            end = start;
        }
        Ok(Page { items: items[start..end].to_vec(), cursor, bytes: 0 })
    }

    async fn get(&mut self, target: &Target, name: &str) -> Result<Connection, Error> {
        if target.scope.as_deref() != Some("home") {
            return Err(Error::new(Kind::NotFound, "there is no such folder"));
        }
        let (mut found, secrets) = self.find("get.missing", name)?;
        if self.has("get.same") {
            found.fields.pop();
        }
        if self.has("get.stable") {
            found.updated_at = self.revision();
        }
        if self.has("secrets.answers") {
            let secret = secrets.first().map(|secret| secret.value.expose().to_vec());
            found.description = secret.map(|bytes| String::from_utf8(bytes).unwrap());
        }
        Ok(found)
    }

    async fn open(
        &mut self,
        _: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let (_, mut secrets) = self.find("open.missing", name)?;
        if !self.has("open.named") {
            secrets.retain(|secret| fields.is_empty() || fields.contains(&secret.name));
        }
        if self.has("open.same") {
            secrets.iter_mut().for_each(|secret| secret.value = Secret::from("x".to_owned()));
        }
        if self.has("open.named") {
            secrets.push(SecretField { name: "more".into(), value: Secret::default() });
        }
        Ok(secrets)
    }

    async fn update(
        &mut self,
        _: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let (mut found, mut secrets) = self.find("update.missing", name)?;
        let differs = expected.is_some_and(|own| found.revision.as_deref() != Some(own));
        if (differs && !self.has("update.conflict"))
            || (expected.is_some() && self.has("update.expected"))
        {
            return Err(Error::new(Kind::Conflict, "it was changed"));
        }
        for change in patch.fields.iter().filter(|_| !self.has("update.changes")) {
            found.fields.retain(|field| field.name != change.name);
            found.fields.push(change.clone());
        }
        for change in patch.secrets.iter().filter(|_| !self.has("update.secret")) {
            secrets.retain(|secret| secret.name != change.name);
            secrets.push(change.clone());
        }
        found.revision = self.revision();
        self.put(&found, &secrets);
        Ok(written(Did::Updated, found))
    }

    async fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let (found, _) = self.find("delete.again", name)?;
        if expected.is_some_and(|own| found.revision.as_deref() != Some(own))
            && !self.has("delete.conflict")
        {
            return Err(Error::new(Kind::Conflict, "it was changed"));
        }
        let is_left = self.has("delete.gone") || (self.has("clean-up") && name.ends_with("three"));
        if !target.dry_run && !is_left {
            self.stored.lock().unwrap().remove(name);
        }
        match (self.has("delete.removes"), self.has("clean-up") && name.ends_with("three")) {
            (_, true) => Err(Error::new(Kind::Unavailable, "not now")),
            (true, _) => Ok(Vec::new()),
            _ => Ok(vec![Removed { kind: "record".into(), name: name.to_owned(), scope: None }]),
        }
    }

    fn usage(&self) -> Usage {
        Usage { denied: u64::from(self.has("described.pure")), ..Usage::default() }
    }

    fn stop_after(&mut self, steps: Option<u64>) {
        self.limit = steps;
    }

    fn steps(&self) -> u64 {
        STEPS
    }
}

fn description() -> Description {
    Description {
        name: "memory".into(),
        version: "1.0.0".into(),
        summary: "keeps connections in memory".into(),
        types: Vec::new(),
        any_type: true,
        operations: vec![
            Operation::Check,
            Operation::Create,
            Operation::Get,
            Operation::List,
            Operation::Open,
            Operation::Update,
            Operation::Delete,
        ],
        scope: Some(ScopeKind { name: "folder".into(), default: None }),
        settings: Vec::new(),
    }
}

fn needs(text: &str) -> Needs {
    Needs::parse(&format!("contract = \"1.0.0\"\n{text}")).unwrap()
}

fn plan(book: &mut Book) -> Plan {
    let mut number = 0;
    let mut canary = || {
        number += 1;
        let secret = Secret::from(format!("Xq7Lm2Rt9Vb4Nc6Z{number}"));
        book.plant(&secret);
        secret
    };
    let schema = catalog::find("s3").unwrap();
    let sample = sample(schema, "s3", &[], &mut canary).unwrap();
    Plan {
        target: Target { scope: Some("home".into()), ..Target::default() },
        sample,
        other_secret: canary(),
        prefix: "kit42".into(),
        operations: description().operations,
        has_scopes: true,
    }
}

/// The checks that fail for a connector with a fault.
fn failures(fault: &'static str) -> Vec<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut book = Book::default();
    let plan = plan(&mut book);
    let journal = Journal::new(&plan.prefix);
    let mut one = Memory::new(fault);
    let mut other = one.clone();
    runtime.block_on(async {
        described(&mut book, &mut one, &needs("version = '1.0.0'")).await.unwrap();
        let mut trial = Trial {
            subject: &mut one,
            rival: &mut other,
            plan: &plan,
            book: &mut book,
            journal: &journal,
        };
        trial.run().await;
        let left = clean_up(&mut other, &plan.target, &journal).await;
        let result = if left.is_empty() { Ok(()) } else { Err(left.join(", ")) };
        book.conclude("clean-up", result);
    });
    let is_clean = other.stored.lock().unwrap().is_empty();
    assert_eq!(is_clean, !["clean-up", "delete.gone", "names.kept"].contains(&fault), "{fault}");
    let outcomes = book.close().into_iter();
    let failed = outcomes.filter(|outcome| matches!(outcome.verdict, Verdict::Failed(_)));
    failed.map(|outcome| outcome.check.id).collect()
}

#[test]
fn a_connector_without_a_fault_passes() {
    assert_eq!(failures("none"), [""; 0]);
}

#[test]
fn every_fault_is_found_by_the_check_that_is_about_it() {
    let groups = [Group::Operations];
    // What a recording says is compared where it is played.
    let is_here = |check: &&Check| groups.contains(&check.group) && check.id != "replay.same";
    let ids = CHECKS.iter().filter(is_here).map(|check| check.id);
    for fault in ids.chain(["described.pure", "described.stable", "secrets.answers"]) {
        let failed = failures(fault);
        assert!(failed.contains(&fault), "{fault}: {failed:?}");
    }
}

#[test]
fn what_is_created_has_the_prefix_and_nothing_else_is_deleted() {
    let journal = Journal::new("kit42");
    journal.note("kit42one");
    journal.note("precious");
    assert_eq!(journal.names(), ["kit42one"]);
}

#[track_caller]
fn finds(id: &str, look: impl FnOnce(&mut Book)) {
    let mut book = Book::default();
    look(&mut book);
    assert!(book.has_failed(id), "{id}: {:?}", book.close());
}

#[test]
fn every_fault_of_a_declaration_is_found() {
    let look = |text: &str, imports: &'static [Capability], grants: Option<Grants>| {
        let needs = needs(text);
        move |book: &mut Book| {
            let connector = "x";
            let grants = grants.as_ref();
            declared(book, Declarations { connector, needs: &needs, imports, grants });
        }
    };
    finds("declared.version", look("", &[], None));
    finds("declared.version", look("version = 'one'", &[], None));
    finds("declared.imports", look("", &[Capability::Vault], None));
    let tool = "[[command]]\nname = 'c'\nwhy = 'x'\nprogram = 'a'\nargs = ";
    finds("declared.imports", look("", &[Capability::Command], None));
    for args in ["[]", "[['{x}']]"] {
        let needs: &'static str = format!("{tool}{args}").leak();
        finds("declared.reasons", look(needs, &[Capability::Command], None));
    }
    finds("declared.needs", look("[vault]\nwhy = 'x'", &[], None));
    finds("declared.reasons", look("[vault]\nwhy = ' '", &[Capability::Vault], None));
    let nothing = Some(Grants::default());
    finds("declared.grants", look("[vault]\nwhy = 'x'", &[Capability::Vault], nothing));
    let newer = Needs::parse("contract = '2.0.0'").unwrap();
    finds("declared.contract", move |book| {
        let declarations =
            Declarations { connector: "x", needs: &newer, imports: &[], grants: None };
        declared(book, declarations);
    });
}

#[test]
fn every_fault_of_a_description_is_found() {
    let field = |name: &str| FieldSchema {
        name: name.into(),
        description: "what it is".into(),
        secret: false,
        required: false,
        default: None,
        pattern: None,
        choices: Vec::new(),
    };
    let with = |fields: Vec<FieldSchema>| Description {
        types: vec![SupportedType {
            name: "own".into(),
            native: "OWN".into(),
            fields,
            unsupported: Vec::new(),
        }],
        ..description()
    };
    let check = |id: &str, description: Description| {
        finds(id, |book| described::look_at(book, &description, Some("1.0.0")));
    };
    check("described.name", Description { name: "My Store".into(), ..description() });
    check("described.version", Description { version: "1.0.1".into(), ..description() });
    check("described.types", Description { any_type: false, ..description() });
    check("described.types", with(vec![field("a"), field("a")]));
    check("described.types", with(vec![FieldSchema { pattern: Some("(".into()), ..field("a") }]));
    let default = Some("c".to_owned());
    let choices = vec!["a".to_owned()];
    check("described.types", with(vec![FieldSchema { default, choices, ..field("a") }]));
    check("described.secrets", with(vec![field("api_token")]));
    let scope = Some(ScopeKind { name: "Our Projects".into(), default: None });
    check("described.scope", Description { scope, ..description() });
    check("described.operations", Description { operations: vec![], ..description() });
}

#[test]
fn whoever_is_stopped_in_the_middle_leaves_nothing_half_done() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let why = |fault: &'static str| {
        let mut book = Book::default();
        let plan = plan(&mut book);
        let journal = Journal::new(&plan.prefix);
        runtime.block_on(starve(&mut Memory::new(fault), &plan, &mut book, &journal));
        assert_eq!(journal.names().len(), if fault == "none" { 4 } else { 2 }, "{fault}");
        let outcome = book.close().into_iter().find(|own| own.check.id == "hostile.computing");
        outcome.unwrap().verdict
    };
    assert_eq!(why("none"), Verdict::Passed);
    for (fault, says) in [
        ("hostile.computing", "half of it was there: the field"),
        ("halves", "did not come back"),
        ("goes on", "was not stopped"),
        ("crashes", "something else than `cpu-milliseconds`: it crashed"),
    ] {
        let verdict = why(fault);
        assert!(matches!(&verdict, Verdict::Failed(why) if why.contains(says)), "{verdict:?}");
    }
}

/// A server that answers a request of every operation.
struct Struck;

impl Faults for Struck {
    fn strike(&self, _: Option<Misfortune>) {}

    fn struck(&self) -> usize {
        1
    }
}

#[test]
fn whoever_believes_a_server_that_misbehaves_is_found_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut book = Book::default();
    let plan = plan(&mut book);
    let journal = Journal::new(&plan.prefix);
    let (mut one, mut hurried) = (Memory::new("none"), Memory::new("none"));
    runtime.block_on(attack(&mut one, &mut hurried, &Struck, &plan, &mut book, &journal));
    for (_, id) in Misfortune::ALL {
        assert!(book.has_failed(id), "{id}");
    }
    let clear = hostile::is_clear;
    assert!(clear(Err(Error::new(Kind::Unavailable, "no answer"))).is_ok());
    assert!(clear(Err(Error::new(Kind::Connector, "much").hit("response-mib"))).is_ok());
    assert!(clear(Err(Error::new(Kind::Connector, "it crashed"))).is_err());
    assert!(clear(Err(Error::new(Kind::Unavailable, ""))).is_err());
}
