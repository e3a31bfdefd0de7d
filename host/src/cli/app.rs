//! What every command works with: the streams, the settings, the connectors.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Runtime;

use super::args::Global;
use super::colors;
use super::keyboard;
use super::messages::Messages;
use super::passphrase::AskPassphrase;
use crate::audit::Trail;
use crate::model::{Error, Kind, SCOPE_WORD, before_first_ending};
use crate::operations;
use crate::plugins::{self, Backend, Compiler, Plugins};
use crate::settings::{
    AuditSettings, Distrust, Environment, Paths, Settings, Start, Untrusted, env,
};
use crate::ui::json::{Document, ErrorForm};
use crate::ui::{self, Console, Format, Headers, Streams, Structured, Talk, Verbosity, Watch};

/// The word that stands for every backend.
pub(super) const ALL: &str = "all";

/// One run of the program. Settings, connectors and the runtime come to life when a command first needs them.
pub(super) struct App {
    pub console: Console,
    pub environment: Environment,
    pub format: Format,
    /// The command, without its arguments.
    command: Option<String>,
    global: Global,
    plugins: OnceCell<Plugins>,
    runtime: OnceCell<Runtime>,
    watch: OnceCell<Watch>,
}

impl App {
    pub(super) fn new(
        environment: Environment,
        command: Option<String>,
        mut global: Global,
    ) -> Self {
        let console = Console::new(Streams {
            color: colors::choice(&global),
            signals: colors::signals(&environment),
            verbosity: verbosity(&global),
        });
        let format = match global.output.take() {
            Some(format) => format,
            None if global.json.is_empty() => Format::Human,
            None => Format::Structured(Structured::Keys(std::mem::take(&mut global.json))),
        };
        Self {
            console,
            environment,
            format,
            command,
            global,
            plugins: OnceCell::new(),
            runtime: OnceCell::new(),
            watch: OnceCell::new(),
        }
    }

    /// Whether tables have a first line.
    pub(super) fn headers(&self) -> Headers {
        if self.global.no_headers { Headers::Hidden } else { Headers::Shown }
    }

    /// Whether results of commands that write are to be told in words.
    pub(super) fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// The `plugins.toml` that was named by a flag.
    pub(super) fn named_plugins(&self) -> Option<&std::path::Path> {
        self.global.plugins.as_deref()
    }

    /// The connectors, and the settings with them.
    pub(super) fn plugins(&self) -> Result<&Plugins, Error> {
        self.start().inspect_err(|error| {
            if let Ok(trail) = self.trail() {
                operations::record_denial(&trail, "settings", error);
            }
        })
    }

    fn start(&self) -> Result<&Plugins, Error> {
        if let Some(plugins) = self.plugins.get() {
            return Ok(plugins);
        }
        let settings = self.load_settings()?;
        for file in &settings.files {
            self.console.talk().step(&format!("read {}", file.display()));
        }
        let talk = self.console.talk();
        // Off a terminal nothing has to be put in order unless a connector runs a program, and a script saves a thread.
        match talk.is_on_terminal() {
            true => match ui::watch(talk) {
                Ok(watch) => drop(self.watch.set(watch)),
                Err(_) => talk.step("signals end the program without clearing its line"),
            },
            false => watch_later(talk),
        }
        let terminal = keyboard::terminal(talk);
        let ask = AskPassphrase::new(&settings, Arc::clone(talk), terminal.clone());
        let vault = plugins::vault(&settings, Arc::new(ask))?;
        let sink = Arc::new(Messages(Arc::clone(talk)));
        let compiler = Compiler::of(env::executable().unwrap_or_default());
        let trail = Arc::new(self.trail_of(&settings));
        let plugins = Plugins::new(settings, compiler, vault, sink, terminal, trail);
        Ok(self.plugins.get_or_init(|| plugins))
    }

    /// The audit log. It is there even if the settings cannot be read: those of the system and what goes without saying count then.
    pub(super) fn trail(&self) -> Result<Arc<Trail>, Error> {
        if let Ok(plugins) = self.start() {
            return Ok(Arc::clone(plugins.trail()));
        }
        let paths = Paths::find(&self.environment, None)?;
        Ok(Arc::new(self.open_trail(&AuditSettings::of_system(), &paths, false)))
    }

    /// The audit log that settings say.
    pub(super) fn trail_of(&self, settings: &Settings) -> Trail {
        self.open_trail(&settings.audit, &settings.paths, settings.policy.audit_required())
    }

    fn open_trail(&self, settings: &AuditSettings, paths: &Paths, demanded: bool) -> Trail {
        let sink = Arc::new(Messages(Arc::clone(self.console.talk())));
        plugins::trail(settings, paths, demanded, self.command.clone(), sink)
    }

    /// The settings, for a command that is about what they leave out.
    pub(super) fn quiet_settings(&self) -> Result<Settings, Error> {
        let (executable, folder) = (env::executable(), env::folder());
        let start = Start {
            executable: executable.as_deref(),
            folder: folder.as_deref(),
            plugins: self.named_plugins(),
            policies: &self.global.policies,
        };
        Settings::load(self.environment.clone(), start)
    }

    fn load_settings(&self) -> Result<Settings, Error> {
        let settings = self.quiet_settings()?;
        if let Some(untrusted) = &settings.untrusted {
            self.console.talk().warning(&ignored(untrusted));
        }
        Ok(settings)
    }

    /// The backend that was named, if one was; `all` included.
    pub(super) fn named_backend(&self) -> Option<&str> {
        self.global.backend.as_deref()
    }

    /// The one backend to work on.
    ///
    /// # Errors
    /// All of them were named.
    pub(super) fn backend(&self) -> Result<&str, Error> {
        let name = match self.named_backend() {
            Some(name) => name,
            None => &self.plugins()?.settings().default_backend,
        };
        if name == ALL {
            return Err(Error::invalid("this command works on one backend").hint(
                "name it with `--backend NAME`; `connhub plugin list` shows which there are",
            ));
        }
        Ok(name)
    }

    /// The backends to ask, and whether all were meant.
    pub(super) fn backends(&self) -> Result<Chosen<'_>, Error> {
        let plugins = self.plugins()?;
        let default = &plugins.settings().default_backend;
        let name = self.named_backend().unwrap_or(default);
        if name == ALL {
            for name in plugins.left_out_backends() {
                self.console.talk().step(&format!(
                    "backend `{name}` is left out: the configuration does not say where it is"
                ));
            }
            return Ok(Chosen::All(plugins.configured_backends()));
        }
        Ok(Chosen::One(name))
    }

    /// The scope that was named by a flag.
    pub(super) fn named_scope(&self) -> Option<&str> {
        self.global.namespace.as_deref()
    }

    /// The scope that was named by a flag or the environment.
    pub(super) fn scope(&self) -> Option<&str> {
        self.global.namespace.as_deref().or_else(|| self.environment.text(env::SCOPE))
    }

    /// What a backend calls a scope, for people. No command fails for it.
    pub(super) fn scope_word(&self, backend: &mut Backend) -> String {
        let job = format!("asking `{}`", backend.name);
        let described = self.wait(&job, backend.connector.describe());
        described.map_or(SCOPE_WORD.to_owned(), |described| described.scope_word().to_owned())
    }

    /// Starts the connector of a backend.
    pub(super) fn open(&self, backend: &str) -> Result<Backend, Error> {
        let talk = self.console.talk();
        let _progress = talk.progress(&format!("starting the connector of `{backend}`"));
        let opened = self.plugins()?.open(backend)?;
        talk.step(&format!("backend `{backend}`: connector `{}`", opened.connector.name()));
        Ok(opened)
    }

    /// Waits for something, and says so if it takes long.
    pub(super) fn wait<T>(
        &self,
        job: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let _progress = self.console.talk().progress(job);
        self.block_on(work)
    }

    /// Waits for something, and says nothing meanwhile.
    pub(super) fn block_on<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.runtime()?.block_on(work)
    }

    fn runtime(&self) -> Result<&Runtime, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
            |error| Error::new(Kind::Other, "the system has no resources left").because(error),
        )?;
        Ok(self.runtime.get_or_init(|| runtime))
    }

    /// Shows an error, and returns its exit code.
    pub(super) fn fail(&self, error: &Error) -> u8 {
        if error.kind != Kind::Interrupted {
            self.show_error(error);
        }
        error.kind.exit_code()
    }

    fn show_error(&self, error: &Error) {
        let talk = self.console.talk();
        if !self.format.is_json() {
            return talk.write(&ui::report(error, talk.style()));
        }
        let mut text = Vec::new();
        let document = Document::new("Error", ErrorForm::from(error));
        match document.write(&Structured::Json, &mut text) {
            Ok(()) => talk.write(&String::from_utf8_lossy(&text)),
            Err(_) => talk.write(&ui::report(error, talk.style())),
        }
    }

    /// Says that one of several backends failed.
    pub(super) fn warn_about(&self, backend: &str, error: &Error) {
        let talk = self.console.talk();
        let text = ui::report(error, talk.style());
        // The report begins with the word for an error, in whatever color.
        let text = text.split_once(' ').map_or(text.as_str(), |(_, text)| text);
        talk.warning(&format!("backend `{backend}`: {}", text.trim_end()));
    }

    /// Lets go of connectors and stores, and ends what still runs in the background: nobody waits for it any more.
    pub(super) fn finish(&mut self) {
        self.plugins.take();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Leaves signals to whoever comes next.
    pub(super) fn stop_watching(&mut self) {
        self.watch.take();
    }
}

/// The backends that a command asks.
pub(super) enum Chosen<'a> {
    /// The one that was named, or the default.
    One(&'a str),
    /// All that are configured.
    All(Vec<&'a str>),
}

/// Waits for signals from when there is something that they must not leave behind.
fn watch_later(talk: &Arc<Talk>) {
    let (talk, watch) = (Arc::clone(talk), Mutex::new(None));
    before_first_ending(move || {
        let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        *watch = ui::watch(&talk).ok();
    });
}

/// That the file of the current directory does not count, and what to do about it.
fn ignored(untrusted: &Untrusted) -> String {
    let file = untrusted.file.display();
    match &untrusted.reason {
        Distrust::New => format!(
            "`{file}` is ignored, since you have not said that you trust it; look at it, and say so with `connhub trust`"
        ),
        Distrust::Changed => format!(
            "`{file}` is ignored, since it or its lock has changed since you trusted it; look at it, and say so with `connhub trust`"
        ),
        Distrust::Unusable(why) => format!("`{file}` is ignored: {why}"),
    }
}

fn verbosity(global: &Global) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Info,
        (false, 2) => Verbosity::Debug,
        (false, _) => Verbosity::Trace,
    }
}
