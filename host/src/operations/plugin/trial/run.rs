//! One run of the kit.

use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use super::chosen::{Chosen, Place};
use super::messages::Kept;
use super::recording::{Recording, Scene};
use super::scratch::{scratch_folder, scratch_store};
use super::stop::Stop;
use super::subject::Called;
use super::tap::{ASIDE, Line, Watch};
use super::tape;
use crate::conformance::{
    self, Book, Declarations, Faults, Journal, Outcome, Plan, Sample, attack, clean_up, declared,
    described, starve,
};
use crate::model::types::catalog;
use crate::model::{Description, Error, Field, Kind, Secret, Target};
use crate::operations::Schema;
use crate::plugins::{Backend, Gate, Observer, Plugins, Sink, Trial};
use crate::policy::Limits;
use crate::runtime::{Computing, Witness};
use crate::settings::{BackendSettings, ConnectorSettings};

/// What all names begin with that a trial creates; a random part follows.
pub(super) const PREFIX: &str = "kit";
/// The type to try when the connector takes any.
const USUAL_TYPE: &str = "s3";
/// Not even the stack of a program of this size fits into it.
const LITTLE_MEMORY: usize = 64 << 10;
/// How long an answer is waited for where none ever ends.
pub(super) const LITTLE_PATIENCE: Duration = Duration::from_millis(200);
/// Letters and digits that nobody takes for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The check of what is played.
const REPLAY: &str = "replay.same";

/// What is to be tried out, and how.
pub struct TrialOrder {
    /// The component and its place.
    pub chosen: Chosen,
    /// The scope to work in.
    pub scope: Option<String>,
    /// The type of the connections to create; the first that works if none is named.
    pub type_name: Option<String>,
    /// Values for their visible fields.
    pub fields: Vec<Field>,
    /// Who is told what the connector says.
    pub sink: Arc<dyn Sink>,
    /// What becomes of its requests.
    pub tape: Tape,
}

/// What becomes of the requests of a connector.
#[derive(Debug, Default)]
pub enum Tape {
    /// They are sent.
    #[default]
    Off,
    /// They are sent and taken down.
    Record,
    /// None is sent: what they came to when they were recorded comes again.
    Play(Box<Recording>),
}

/// What was found out.
pub struct Tested {
    /// The connector.
    pub connector: String,
    /// The backend, if there was one.
    pub backend: Option<String>,
    /// The type of the connections that were created.
    pub type_name: Option<String>,
    /// Every check.
    pub outcomes: Vec<Outcome>,
    /// Whether somebody stopped it.
    pub interrupted: bool,
    /// What was recorded, if that was asked for and the trial came to its end.
    pub recording: Option<Recording>,
}

/// Makes every check. Whatever was created is deleted again, also after a signal.
///
/// # Errors
/// The connector cannot be started, or no connection of the type that was asked for can be made up. What a connector does wrong is no error.
/// A signal is one if no operation was called yet.
pub async fn test(plugins: &Plugins, order: TrialOrder) -> Result<Tested, Error> {
    // Before anything is made that a signal would leave behind.
    let mut stop = Stop::of(plugins)?;
    match try_out(plugins, order, &mut stop).await {
        // The same Ctrl-C ends a process that compiles.
        Err(_) if stop.has_come().await => Err(Stop::error()),
        result => result,
    }
}

async fn try_out(plugins: &Plugins, order: TrialOrder, stop: &mut Stop) -> Result<Tested, Error> {
    let mut stage = Stage::new(plugins, &order)?;
    stage.declared(&order.chosen);
    let description = tokio::select! {
        () = stop.wait() => return Err(Stop::error()),
        description = stage.described(&order.chosen) => description?,
    };
    // It may have come while something was compiled, which is found fault with then.
    if stop.has_come().await {
        return Err(Stop::error());
    }
    let (mut type_name, mut interrupted, mut recording) = (None, false, None);
    match (description, order.chosen.place.backend()) {
        (None, _) => {}
        (Some(_), None) => {
            stage.book.skip_rest("it needs endpoints; name a backend with `--backend`");
        }
        (Some(description), Some(_)) => {
            let plan = stage.plan(&order, &description)?;
            type_name = Some(plan.sample.draft.type_name.clone());
            let target = plan.target.clone();
            interrupted = stage.operate(&order.chosen, plan, stop).await?;
            let is_wanted = matches!(order.tape, Tape::Record) && !interrupted;
            recording = is_wanted.then(|| stage.recording(&order, target, type_name.clone()));
        }
    }
    Ok(Tested {
        connector: order.chosen.connector.name.clone(),
        backend: order.chosen.place.backend().map(|backend| backend.name.clone()),
        type_name,
        outcomes: stage.close(),
        interrupted,
        recording,
    })
}

/// Everything that a run works with.
struct Stage<'p> {
    trial: Trial<'p>,
    book: Book,
    witness: Arc<Witness>,
    watch: Arc<Watch>,
    messages: Arc<Kept>,
    prefix: String,
    has_run: bool,
    /// The folder of a store that is thrown away.
    _scratch: Option<tempfile::TempDir>,
}

impl<'p> Stage<'p> {
    fn new(plugins: &'p Plugins, order: &TrialOrder) -> Result<Self, Error> {
        let (tape, prefix) = match &order.tape {
            Tape::Off => (tape::Tape::default(), new_prefix()?),
            Tape::Record => (tape::Tape::records(), new_prefix()?),
            Tape::Play(recording) => (tape::Tape::plays(recording), recording.prefix.clone()),
        };
        let (witness, watch) = (Arc::new(Witness::default()), Arc::new(Watch::with(tape)));
        let messages = Arc::new(Kept::new(Arc::clone(&order.sink)));
        let scratch = match order.chosen.place {
            Place::Scratch(_) | Place::Recording(_) => Some(scratch_folder()?),
            Place::Backend(_) | Place::Nowhere => None,
        };
        let observer = Observer {
            witness: Arc::clone(&witness),
            sink: Arc::clone(&messages) as _,
            vault: scratch.as_ref().map(scratch_store),
        };
        Ok(Self {
            trial: Trial::new(plugins, observer)?,
            book: Book::default(),
            witness,
            watch,
            messages,
            prefix,
            has_run: false,
            _scratch: scratch,
        })
    }

    fn declared(&mut self, chosen: &Chosen) {
        let inspected = &chosen.inspected;
        let grants = &chosen.connector.grants;
        let declarations = Declarations {
            connector: &chosen.connector.name,
            needs: &inspected.needs,
            imports: &inspected.capabilities,
            grants: chosen.place.backend().map(|_| grants),
        };
        declared(&mut self.book, declarations);
    }

    async fn described(&mut self, chosen: &Chosen) -> Result<Option<Description>, Error> {
        let limits = chosen.connector.limits;
        let gate = self.trial.bare(&chosen.connector, limits)?;
        let mut bare = self.called(gate, "nobody");
        let needs = &chosen.inspected.needs;
        let description = described(&mut self.book, &mut bare, needs).await;
        let little = Limits { memory: LITTLE_MEMORY, ..limits };
        let mut starved = self.trial.bare(&chosen.connector, little)?;
        let name = format!("`{}`", chosen.connector.name);
        match starved.describe().await {
            Ok(_) => self.book.skip("hostile.memory", "it works in 64 KiB"),
            Err(error) if error.kind == Kind::Connector && error.message.contains(&name) => {
                self.book.conclude("hostile.memory", Ok(()));
            }
            Err(error) => {
                let why = format!("the error is: {}", error.message);
                self.book.conclude("hostile.memory", Err(why));
            }
        }
        Ok(description)
    }

    fn plan(&mut self, order: &TrialOrder, description: &Description) -> Result<Plan, Error> {
        let place = order.chosen.place.backend();
        let backend = place.ok_or_else(|| Error::invalid("there is no backend"))?;
        let opened = self.open(backend, &order.chosen.connector, "nobody")?;
        Ok(Plan {
            target: opened.target(order.scope.as_deref())?,
            sample: self.sample(order, description)?,
            other_secret: self.canary("the secret that replaced it")?,
            prefix: self.prefix.clone(),
            operations: description.operations.clone(),
            has_scopes: description.scope.is_some(),
        })
    }

    fn sample(&mut self, order: &TrialOrder, description: &Description) -> Result<Sample, Error> {
        let mut why = String::new();
        for name in candidates(description, order.type_name.as_deref()) {
            let schema = Schema::of(Some(description), &name)?;
            let mut failed = None;
            let canary = || {
                let made = self.canary("a secret of the sample");
                made.unwrap_or_else(|error| {
                    failed = Some(error);
                    Secret::default()
                })
            };
            match conformance::sample(&schema.fields, &schema.type_name, &order.fields, canary) {
                Ok(sample) => return failed.map_or(Ok(sample), Err),
                Err(error) => why = format!("{name}: {error}"),
            }
        }
        Err(Error::invalid(format!("no connection can be made up to try out ({why})"))
            .hint("name a type with `--type`, and give values with `--field FIELD=VALUE`"))
    }

    /// A new secret that is looked for everywhere.
    fn canary(&mut self, label: &str) -> Result<Secret, Error> {
        let secret = Secret::from(random(24)?);
        self.witness.look_for(label, &secret);
        self.watch.plant(&secret);
        self.book.plant(&secret);
        Ok(secret)
    }

    /// A connector for those who call it by this name.
    fn subject(
        &self,
        backend: &BackendSettings,
        chosen: &Chosen,
        by: &'static str,
    ) -> Result<Called, Error> {
        let opened = self.open(backend, &chosen.connector, by)?;
        Ok(self.called(opened.connector, by))
    }

    fn open(
        &self,
        backend: &BackendSettings,
        connector: &ConnectorSettings,
        by: &'static str,
    ) -> Result<Backend, Error> {
        let line = Line { by, watch: Arc::clone(&self.watch) };
        self.trial.open(backend, connector, Arc::new(line))
    }

    fn called(&self, gate: Gate, by: &'static str) -> Called {
        Called { gate, by, watch: Arc::clone(&self.watch) }
    }

    fn recording(
        &self,
        order: &TrialOrder,
        target: Target,
        type_name: Option<String>,
    ) -> Recording {
        let scene = Scene {
            connector: &order.chosen.connector.name,
            prefix: &self.prefix,
            scope: target.scope,
            type_name: type_name.unwrap_or_default(),
            fields: &order.fields,
            settings: &target.settings,
            grants: &order.chosen.connector.grants,
        };
        Recording::new(scene, self.watch.take())
    }

    /// Whether somebody stopped it.
    async fn operate(
        &mut self,
        chosen: &Chosen,
        plan: Plan,
        stop: &mut Stop,
    ) -> Result<bool, Error> {
        let Some(backend) = chosen.place.backend() else { return Ok(false) };
        let mut cast = self.cast(backend, chosen)?;
        let journals = (Journal::new(&plan.prefix), Journal::new(&plan.prefix));
        self.has_run = true;
        let has_server = !self.watch.is_playing() || chosen.inspected.needs.endpoints.is_empty();
        let interrupted = tokio::select! {
            () = cast.run(&plan, &mut self.book, (&journals.0, &journals.1), has_server) => false,
            () = stop.wait() => true,
        };
        if interrupted {
            self.book.skip_rest("somebody stopped the trial");
        }
        Faults::strike(&*self.watch, None);
        let mut left = clean_up(&mut cast.last, &plan.target, &journals.0).await;
        cast.aside.gate.compute(Computing::Time);
        left.extend(clean_up(&mut cast.aside, &plan.target, &journals.1).await);
        let result = match left.is_empty() {
            true => Ok(()),
            false => Err(format!("still there: {}", left.join(", "))),
        };
        self.book.note("clean-up", result);
        Ok(interrupted)
    }

    /// Everybody who calls.
    fn cast(&self, backend: &BackendSettings, chosen: &Chosen) -> Result<Cast, Error> {
        let limits = Limits { request: LITTLE_PATIENCE, ..chosen.connector.limits };
        let hurried = ConnectorSettings { limits, ..chosen.connector.clone() };
        let hurried = Chosen { connector: hurried, ..chosen.clone() };
        Ok(Cast {
            one: self.subject(backend, chosen, "one")?,
            other: self.subject(backend, chosen, "other")?,
            hurried: self.subject(backend, &hurried, "hurried")?,
            aside: self.subject(backend, chosen, ASIDE)?,
            last: self.subject(backend, chosen, "clean-up")?,
        })
    }

    /// Looks at what was seen meanwhile.
    fn close(mut self) -> Vec<Outcome> {
        let played = self.watch.played();
        let is_played = played.is_some();
        if self.has_run {
            self.look_back(played);
        }
        let mut outcomes = self.book.close();
        // Where nothing is played, there is nothing to compare.
        outcomes.retain(|outcome| is_played || outcome.check.id != REPLAY);
        outcomes
    }

    fn look_back(&mut self, played: Option<Vec<String>>) {
        let found = self.witness.found();
        let result = match self.witness.memories() {
            // Whatever the connector did, nothing was looked at.
            0 => Err("no memory of the sandbox was searched".to_owned()),
            _ if found.is_empty() => Ok(()),
            _ => Err(format!("in the memory of the sandbox was {}", found.join(", "))),
        };
        self.book.note("secrets.memory", result);
        let shown = self.messages.texts().iter().any(|text| text.contains("***"));
        let result = match shown {
            true => Err("a message held a secret, which the host took out".to_owned()),
            false => Ok(()),
        };
        self.book.note("secrets.messages", result);
        match (self.watch.requests(), self.watch.leaks().first()) {
            (0, _) => self.book.skip("secrets.requests", "the connector sends no requests"),
            (_, None) => self.book.conclude("secrets.requests", Ok(())),
            (_, Some(leak)) => {
                let why = format!("a secret was in {leak}");
                self.book.conclude("secrets.requests", Err(why));
            }
        }
        if let Some(findings) = played {
            self.book.conclude(REPLAY, same(&findings));
        }
    }
}

/// Whether everything was as it was recorded.
fn same(findings: &[String]) -> Result<(), String> {
    match findings {
        [] => Ok(()),
        [one] => Err(one.clone()),
        [one, rest @ ..] => Err(format!("{one} (and {} more)", rest.len())),
    }
}

/// Those who call a connector.
struct Cast {
    one: Called,
    /// Does the same at the same time.
    other: Called,
    /// Has little time for an answer.
    hurried: Called,
    /// Is stopped in the middle.
    aside: Called,
    /// Deletes what is left. It is there from the start: after a signal nothing is compiled any more.
    last: Called,
}

impl Cast {
    /// Makes every check that takes a backend. Where a server is needed and there is none, nobody is stopped in the middle.
    async fn run(
        &mut self,
        plan: &Plan,
        book: &mut Book,
        (journal, aside): (&Journal, &Journal),
        has_server: bool,
    ) {
        let Self { one, other, .. } = self;
        let mut trial = conformance::Trial { subject: one, rival: other, plan, book, journal };
        trial.run().await;
        let watch = Arc::clone(&self.one.watch);
        attack(&mut self.one, &mut self.hurried, &*watch, plan, book, journal).await;
        match has_server {
            true => starve(&mut self.aside, plan, book, aside).await,
            false => book.skip("hostile.computing", "a recording cannot be stopped in the middle"),
        }
    }
}

/// The types to try, the most usual first.
fn candidates(description: &Description, asked: Option<&str>) -> Vec<String> {
    if let Some(asked) = asked {
        return vec![asked.to_owned()];
    }
    let mut names: Vec<String> = description.types.iter().map(|kind| kind.name.clone()).collect();
    if names.is_empty() || names.iter().any(|name| name == USUAL_TYPE) {
        names.insert(0, USUAL_TYPE.to_owned());
    }
    // A type of the connector's own is what its author wants to see.
    names.sort_by_key(|name| name != USUAL_TYPE && catalog::find(name).is_some());
    names
}

fn new_prefix() -> Result<String, Error> {
    Ok(format!("{PREFIX}{}", random(8)?))
}

pub(super) fn random(length: usize) -> Result<String, Error> {
    let mut bytes = vec![0; length];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::new(Kind::Other, "the system has no random numbers"))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}
