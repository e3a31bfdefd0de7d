//! From a place as it is written to a place to work in.

use super::app::App;
use crate::model::{Error, Place};

/// A place of which everything is known but what only the backend knows.
pub(super) struct Spot {
    pub(super) backend: String,
    pub(super) scope: Option<String>,
    pub(super) name: String,
}

impl Spot {
    /// A place as it was written, with `-b` and `-n` for what it leaves out.
    pub(super) fn read(text: &str, app: &App) -> Result<Self, Error> {
        let backends = &app.plugins()?.settings().backends;
        let place = Place::parse(text, |name| backends.contains_key(name))?;
        Ok(Self {
            backend: match place.backend {
                Some(backend) => backend,
                None => app.backend()?.to_owned(),
            },
            scope: place.scope.or_else(|| app.scope().map(str::to_owned)),
            name: place.name,
        })
    }
}
