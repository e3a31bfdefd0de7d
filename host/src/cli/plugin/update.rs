//! `connhub plugin update`.

use super::args::UpdateArgs;
use super::place::{ask, can_ask, home, meter, source};
use super::review;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations;
use crate::operations::plugin::{self, Candidate, difference};
use crate::policy::Needs;
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::json::{PluginChange, check_keys};
use crate::ui::view;

pub(super) fn run(args: &UpdateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PluginChange::KEYS)?;
    can_ask(args.fetch.yes, "update it")?;
    let home = home(app)?;
    let settings = app.plugins()?.settings();
    plugin::removal(&home, &args.connector, settings)?;
    let connector = settings.connectors.get(&args.connector).ok_or_else(|| {
        Error::new(Kind::NotFound, format!("there is no connector `{}`", args.connector))
    })?;
    let source = match &args.source {
        Some(text) => source(text)?,
        None => plugin::source_of(connector)?,
    };
    let fetcher = plugin::fetcher(&source, settings, args.fetch.ca_file.clone(), meter(app))?;
    let expected = review::digest(args.fetch.sha256.as_deref())?;
    let job = format!("fetching {source}");
    let candidate = app.wait(&job, Candidate::fetch(&fetcher, source, expected.as_deref()))?;
    candidate.warnings.iter().for_each(|warning| app.console.talk().warning(warning));
    candidate.check_signed_by(&connector.signed_by)?;
    plugin::permitted(&home, &connector.name, &candidate, settings)?;
    let old = Old::of(connector);
    let signers = review::signers(&candidate, settings.signers.values());
    let mut change = review::change(&connector.name, "updated", &home, &candidate, &signers);
    change.component = connector.component.display().to_string();
    if old.sha256.as_ref() == Some(&candidate.file.sha256) {
        change.outcome = "unchanged";
        if connector.locked.as_ref().is_some_and(|locked| locked.previous.is_some()) {
            plugin::settle(&home, &connector.name)?;
        }
        review::write(&change, app)?;
        return Ok(0);
    }
    change.previous_version = old.needs.version.clone();
    show(&old, &candidate, settings, app);
    let question = format!("replace the component of connector `{}`?", connector.name);
    ask(&question, args.fetch.yes, app)?;
    let more = plugin::more_needs(&old.needs, &candidate.inspected.needs, &connector.grants);
    let plugins = app.plugins()?;
    let place = operations::recorded(
        plugins.trail(),
        "plugin update",
        || plugin::update(&home, connector, &candidate, &more, plugins),
        |_| vec![review::decided(&connector.name, &candidate, &signers, "updated")],
    )?;
    change.component = place.display().to_string();
    review::write(&change, app)?;
    Ok(0)
}

/// What is known of the component that is to be replaced.
struct Old {
    sha256: Option<String>,
    needs: Needs,
    imports: Vec<String>,
    signers: Vec<String>,
    source: Option<String>,
}

impl Old {
    /// From the component if it is the one that was locked; one that was changed by somebody says nothing that counts.
    fn of(connector: &ConnectorSettings) -> Self {
        let locked = connector.locked.clone().unwrap_or_default();
        let found = operations::inspect(&connector.component).ok();
        let is_locked = |sha256: &str| locked.sha256.is_empty() || locked.sha256 == sha256;
        let found = found.filter(|(digest, ..)| is_locked(&digest.sha256));
        let nothing = || Needs {
            contract: crate::policy::ContractVersion { major: 0, minor: 0, patch: 0 },
            version: None,
            endpoints: Vec::new(),
            vault: None,
            reveal: None,
            commands: Vec::new(),
        };
        let (sha256, needs, imports) = match found {
            Some((digest, inspected, _)) => {
                (Some(digest.sha256), inspected.needs, inspected.imports)
            }
            None => (None, nothing(), locked.imports),
        };
        Self { sha256, needs, imports, signers: locked.signers, source: locked.source }
    }
}

/// Shows what is different.
fn show(old: &Old, candidate: &Candidate, settings: &Settings, app: &App) {
    let new = &candidate.inspected;
    let pair = |old: &str, new: &str| (vec![old.to_owned()], vec![new.to_owned()]);
    let digests = pair(old.sha256.as_deref().unwrap_or("unknown"), &candidate.file.sha256);
    let contracts = pair(&old.needs.contract.to_string(), &new.needs.contract.to_string());
    let sources = pair(old.source.as_deref().unwrap_or("unknown"), &candidate.source.to_string());
    let signers = (old.signers.clone(), candidate.key_ids(settings.signers.values()));
    let versions =
        (old.needs.version.iter().cloned().collect(), new.needs.version.iter().cloned().collect());
    let rows = [
        ("version", versions),
        ("source", sources),
        ("sha256", digests),
        ("contract", contracts),
        ("signer", signers),
        ("needs", (old.needs.list(), new.needs.list())),
        ("imports", (old.imports.clone(), new.imports.clone())),
    ];
    let talk = app.console.talk();
    for (what, (old, new)) in rows {
        let (added, gone) = difference(&old, &new);
        talk.write(&view::replaced(what, &gone, &added, talk.style()));
    }
}
