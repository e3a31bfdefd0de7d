//! A component on its way to others.

use std::path::Path;

use crate::fetch::{Fetcher, Image, Pushed, Reference};
use crate::model::Error;
use crate::operations::inspect;
use crate::signing::{KeyId, PrivateKey};

/// What was pushed, and by whom it is signed.
#[derive(Debug)]
pub struct Push {
    /// What the registry has.
    pub pushed: Pushed,
    /// The digest of the component.
    pub sha256: String,
    /// The key that signed the image.
    pub key: Option<KeyId>,
}

/// Puts a component into a registry. What is no connector is not pushed.
///
/// # Errors
/// The component or the key cannot be read, or the registry does not take it.
pub async fn push(
    fetcher: &Fetcher,
    component: &Path,
    reference: &Reference,
    key: Option<&PrivateKey>,
) -> Result<Push, Error> {
    let (digest, inspected, bytes) = inspect(component)?;
    let version = inspected.needs.version.as_ref().map(ToString::to_string);
    let image = Image {
        component: &bytes,
        imports: &inspected.imports,
        exports: &inspected.exports,
        version: version.as_deref(),
    };
    let pushed = fetcher.push(reference, image, key).await?;
    let key = key.map(|key| key.public_key().id().clone());
    Ok(Push { pushed, sha256: digest.sha256, key })
}
