//! What the command line says about names: which are wanted, and which become others.

use crate::cli::args::ImportArgs;
use crate::imports::{Entry, derived};
use crate::model::types::check_name;
use crate::model::{Error, Kind};

/// How many names an error repeats.
const LISTED: usize = 20;

/// What the command line says about names.
pub(super) struct Names<'a> {
    only: &'a [String],
    prefix: &'a str,
    renamed: Vec<(&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(args: &'a ImportArgs) -> Result<Self, Error> {
        let pair = |text: &'a String| {
            let pair = text.split_once('=').filter(|(old, _)| !old.is_empty());
            let (old, new) = pair.ok_or_else(|| Error::invalid("`--rename` takes `NAME=NEW`"))?;
            match check_name(new) {
                Ok(()) => Ok((old, new)),
                Err(problem) => {
                    Err(Error::invalid(format!("the new name of `{old}` {}", problem.message)))
                }
            }
        };
        let renamed = args.rename.iter().map(pair).collect::<Result<_, _>>()?;
        if !args.prefix.is_empty()
            && let Err(problem) = check_name(&args.prefix)
        {
            return Err(Error::invalid(format!("the prefix {}", problem.message)));
        }
        Ok(Self { only: &args.only, prefix: &args.prefix, renamed })
    }

    pub(super) fn name(&self, source: &str, made: &str) -> String {
        let renamed = self.renamed.iter().find(|(old, _)| *old == source || *old == made);
        renamed.map_or_else(
            || derived(&format!("{}{made}", self.prefix)),
            |(_, new)| (*new).to_owned(),
        )
    }

    /// Those that are wanted.
    pub(super) fn chosen(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
        if self.only.is_empty() {
            return Ok(entries);
        }
        let is = |entry: &Entry, name: &str| {
            entry.source == name || self.name(&entry.source, &derived(&entry.source)) == name
        };
        let missing = self.only.iter().find(|name| !entries.iter().any(|entry| is(entry, name)));
        if let Some(missing) = missing {
            // As names that could be typed: what the source has may be anything.
            let known: Vec<String> =
                entries.iter().map(|entry| derived(&entry.source)).take(LISTED).collect();
            return Err(Error::new(
                Kind::NotFound,
                format!("the source has nothing named `{missing}`"),
            )
            .hint(format!("it has {}", known.join(", "))));
        }
        let wanted = |entry: &Entry| self.only.iter().any(|name| is(entry, name));
        Ok(entries.into_iter().filter(wanted).collect())
    }

    /// A name that is given to nothing was mistyped.
    pub(super) fn check_used<'l>(
        &self,
        sources: impl Iterator<Item = &'l str> + Clone,
    ) -> Result<(), Error> {
        let is_used =
            |old: &str| sources.clone().any(|source| source == old || derived(source) == old);
        match self.renamed.iter().find(|(old, _)| !is_used(old)) {
            None => Ok(()),
            Some((old, _)) => {
                Err(Error::new(Kind::NotFound, format!("the source has nothing named `{old}`")))
            }
        }
    }
}
