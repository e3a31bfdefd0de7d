//! `connhub plugin add`.

use std::collections::BTreeMap;

use super::args::AddArgs;
use super::place::{ask, can_ask, home, meter, source};
use super::review;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations;
use crate::operations::plugin::{self, Addition, Candidate, EndpointPlace};
use crate::policy::{CommandNeed, EndpointGrant, EndpointKind, Grants, Needs, authorize};
use crate::settings::{Settings, Signer};
use crate::ui::json::{PluginChange, check_keys};

pub(super) fn run(args: &AddArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PluginChange::KEYS)?;
    can_ask(args.fetch.yes, "add it")?;
    let home = home(app)?;
    let settings = app.plugins()?.settings();
    let source = source(&args.source)?;
    let name = match args.name.clone().or_else(|| source.name()) {
        Some(name) => name,
        None => return Err(Error::invalid("the connector needs a name").hint("add `--name NAME`")),
    };
    plugin::check_name(&name, settings)?;
    let wanted = Wanted::of(args, settings)?;
    let fetcher = plugin::fetcher(&source, settings, args.fetch.ca_file.clone(), meter(app))?;
    let expected = review::digest(args.fetch.sha256.as_deref())?;
    let job = format!("fetching {source}");
    let candidate = app.wait(&job, Candidate::fetch(&fetcher, source, expected.as_deref()))?;
    candidate.warnings.iter().for_each(|warning| app.console.talk().warning(warning));
    candidate.check_signed_by(&wanted.signed_by)?;
    plugin::permitted(&home, &name, &candidate, settings)?;
    let needs = &candidate.inspected.needs;
    let places = places(&args.endpoints, needs)?;
    let grants = proposed(needs, &places);
    authorize(&name, needs, &grants, &candidate.inspected.capabilities)
        .map_err(|refusal| Error::refused(refusal.message).hint(refusal.hint))?;
    let known = settings.signers.values().chain(&wanted.signed_by);
    let signers = review::signers(&candidate, known);
    review::show(&name, &candidate, &grants, &signers, app);
    ask(&format!("add connector `{name}` with these grants?"), args.fetch.yes, app)?;
    let Wanted { signed_by, new_signers } = wanted;
    let addition = Addition { name: &name, candidate: &candidate, places, signed_by, new_signers };
    let plugins = app.plugins()?;
    let added = |_: &_| vec![review::decided(&name, &candidate, &signers, "added")];
    let place = operations::recorded(
        plugins.trail(),
        "plugin add",
        || plugin::add(&home, &addition, plugins),
        added,
    )?;
    let mut change = review::change(&name, "added", &home, &candidate, &signers);
    change.component = place.display().to_string();
    change.backends = vec![name];
    review::write(&change, app)?;
    Ok(0)
}

/// Who must have signed it.
struct Wanted {
    signed_by: Vec<Signer>,
    new_signers: Vec<(String, String)>,
}

impl Wanted {
    fn of(args: &AddArgs, settings: &Settings) -> Result<Self, Error> {
        let mut wanted = Self { signed_by: Vec::new(), new_signers: Vec::new() };
        for name in &args.signers {
            let signer = settings.signers.get(name).ok_or_else(|| {
                Error::new(Kind::NotFound, format!("there is no signer `{name}`")).hint(
                    "name a file with the public key with `--key FILE`, or add `[signers.NAME]` to `plugins.toml`",
                )
            })?;
            wanted.signed_by.push(signer.clone());
        }
        for path in &args.keys {
            let (key, text) = plugin::public_key(path)?;
            if let Some(known) = settings.signers.values().find(|signer| signer.key == key) {
                wanted.signed_by.push(known.clone());
                continue;
            }
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("signer");
            let name = stem.to_lowercase().replace(['.', ' '], "-");
            let is_taken = settings.signers.contains_key(&name)
                || wanted.new_signers.iter().any(|(taken, _)| *taken == name);
            if is_taken {
                return Err(Error::new(
                    Kind::Exists,
                    format!("there is a signer `{name}` with another key already"),
                )
                .hint("give the file of the key another name"));
            }
            let source = path.display().to_string();
            wanted.signed_by.push(Signer { name: name.clone(), key, source });
            wanted.new_signers.push((name, text));
        }
        Ok(wanted)
    }
}

/// Where the endpoints are. One that nobody said anything about is a service whose address is still to be written.
fn places(given: &[String], needs: &Needs) -> Result<BTreeMap<String, EndpointPlace>, Error> {
    let mut places: BTreeMap<String, EndpointPlace> =
        needs.endpoints.iter().map(|need| (need.name.clone(), EndpointPlace::Http(None))).collect();
    for text in given {
        let (name, place) = text.split_once('=').ok_or_else(|| {
            Error::invalid(format!("`{text}` does not say where an endpoint is"))
                .hint("write `--endpoint NAME=kubernetes` or `--endpoint NAME=https://HOST`")
        })?;
        let known: Vec<String> = places.keys().cloned().collect();
        let there = places.get_mut(name).ok_or_else(|| {
            let error = Error::invalid(format!("the component needs no endpoint `{name}`"));
            match known.is_empty() {
                true => error.hint("it needs none at all"),
                false => error.hint(format!("it needs {}", known.join(", "))),
            }
        })?;
        *there = match place {
            "kubernetes" => EndpointPlace::Kubernetes,
            url if url.starts_with("https://") || url.starts_with("http://") => {
                EndpointPlace::Http(Some(url.to_owned()))
            }
            other => {
                return Err(Error::invalid(format!("`{other}` is no place of an endpoint"))
                    .hint("write `kubernetes` or `https://HOST`"));
            }
        };
    }
    Ok(places)
}

/// The grants that will be written: what is needed, and nothing more.
fn proposed(needs: &Needs, places: &BTreeMap<String, EndpointPlace>) -> Grants {
    let endpoints = needs.endpoints.iter().map(|need| {
        let kind = match places.get(&need.name) {
            Some(EndpointPlace::Kubernetes) => EndpointKind::Kubernetes,
            _ => EndpointKind::Http,
        };
        let grant = EndpointGrant::of(need, kind, "what is needed");
        (need.name.clone(), grant)
    });
    Grants {
        endpoints: endpoints.collect(),
        commands: needs.commands.iter().map(CommandNeed::granted).collect(),
        vault: needs.vault.is_some(),
        reveal: needs.reveal.is_some(),
        source: "what is needed".to_owned(),
    }
}
