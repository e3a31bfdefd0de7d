//! Whether connectors would be started as they lie there.

use crate::model::Error;
use crate::plugins::{self, Plugins};
use crate::policy::unmasked;
use crate::runtime::ComponentFile;
use crate::settings::ConnectorSettings;

/// What became of one connector.
#[derive(Debug)]
pub struct Verified {
    /// Its name.
    pub name: String,
    /// The version that it declares; none if it cannot be read or declares none.
    pub version: Option<String>,
    /// The digest of its component; none if it cannot be read.
    pub sha256: Option<String>,
    /// The known signers who signed it.
    pub signed_by: Vec<String>,
    /// What its component wishes to be masked and is not.
    pub warnings: Vec<String>,
    /// Why it would not be started.
    pub problem: Option<Error>,
}

/// Does with a connector everything that is done before it is started: digest, signature, what it is, needs and grants.
pub fn verify(connector: &ConnectorSettings, plugins: &Plugins) -> Verified {
    let file = ComponentFile::read(&connector.component).ok();
    let signers = plugins.settings().signers.values();
    let signed_by = file.as_ref().map(|file| {
        let signatures = plugins::signatures_beside(&connector.component).unwrap_or_default();
        let signers = plugins::who_signed(signers, &signatures, file);
        signers.iter().map(|signer| signer.name.clone()).collect()
    });
    let loaded = plugins.load(connector);
    let version = loaded.as_ref().ok().and_then(|loaded| loaded.inspected.needs.version.clone());
    let warnings =
        loaded.as_ref().map(|loaded| unmasked(&loaded.inspected.needs, &connector.grants));
    let warnings = warnings.unwrap_or_default();
    let decided = loaded.and_then(|loaded| plugins::decide(connector, &loaded));
    Verified {
        name: connector.name.clone(),
        version,
        sha256: file.map(|file| file.sha256),
        signed_by: signed_by.unwrap_or_default(),
        warnings,
        problem: decided.err(),
    }
}
