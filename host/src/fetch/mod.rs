//! Components from elsewhere: a file, an address, a registry; each with the signatures that lie beside it. And the way back into a registry.
//!
//! Nothing is believed here: who fetches has to look at the bytes, their digest and their signatures.

mod bundle;
mod credentials;
mod partial;
mod push;
mod registry;
mod resume;
mod session;
mod source;
mod web;

pub use bundle::Bundle;
pub use credentials::{Credentials, Login};
pub use partial::Partials;
pub use push::{Image, Pushed};
pub use resume::Meter;
pub use session::{basic, parameters};
pub use source::{Reference, Source};

use std::io::Read as _;
use std::path::Path;

use crate::capabilities::http::Downloads;
use crate::model::{Error, Kind};
use crate::signing::{MAX_IMAGE_BYTES, MAX_SIGNATURE_BYTES};

/// The largest component that is fetched, in bytes.
pub const MAX_COMPONENT: usize = 64 << 20;

/// A component and what lies beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// The component.
    pub component: Vec<u8>,
    /// The file `.sig` beside it.
    pub sig: Option<Vec<u8>>,
    /// The file `.minisig` beside it.
    pub minisig: Option<Vec<u8>>,
    /// What a registry has of signatures, as JSON for a file.
    pub image: Option<Vec<u8>>,
}

/// What fetching needs besides the source.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    /// The network.
    pub downloads: Downloads,
    /// Logins of registries.
    pub credentials: Credentials,
    /// Where downloads that were cut are kept.
    pub partials: Partials,
    /// Who is told how much has come.
    pub meter: Meter,
}

impl Fetcher {
    /// Fetches a component.
    ///
    /// # Errors
    /// There is none, it is larger than [`MAX_COMPONENT`], the place cannot be reached or is not believed.
    pub async fn fetch(&self, source: &Source) -> Result<Fetched, Error> {
        let fetched = match source {
            Source::File(path) => file(path),
            Source::Url(url) => web::fetch(self, url).await,
            Source::Registry(reference) => registry::fetch(self, reference).await,
        }?;
        if bundle::is_bundle(&fetched.component) {
            return bundle::read(&fetched.component);
        }
        Ok(fetched)
    }
}

fn file(path: &Path) -> Result<Fetched, Error> {
    let beside = |ending: &str, limit| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        read(Path::new(&name), limit)
    };
    let component = read(path, bundle::MAX_BUNDLE)?.ok_or_else(|| {
        Error::new(Kind::NotFound, format!("there is no file `{}`", path.display()))
    })?;
    Ok(Fetched {
        component,
        sig: beside(".sig", MAX_SIGNATURE_BYTES)?,
        minisig: beside(".minisig", MAX_SIGNATURE_BYTES)?,
        image: beside(".cosign.json", MAX_IMAGE_BYTES)?,
    })
}

/// A file of at most so many bytes; none if it is not there.
///
/// # Errors
/// It is there and cannot be read, is larger, or is no file.
pub fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error: std::io::Error| {
        Error::new(Kind::Other, format!("`{}` cannot be read", path.display())).because(error)
    };
    match fs_err::metadata(path) {
        // Opening a pipe would wait for whoever writes to it.
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::invalid(format!("`{}` is not a file", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path).map_err(failed)?;
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit {
        let message = format!("`{}` has more than {limit} bytes", path.display());
        return Err(Error::refused(message));
    }
    Ok(Some(bytes))
}
