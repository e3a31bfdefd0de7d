//! A component at an address, and the signatures beside it.

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::resume::{self, Pulled, Wanted};
use super::{Fetched, Fetcher, MAX_COMPONENT};
use crate::capabilities::http::{Download, Downloads};
use crate::model::{Error, Kind};
use crate::signing::MAX_SIGNATURE_BYTES;

/// Redirects that are followed within one host.
const MAX_REDIRECTS: usize = 3;

pub(super) async fn fetch(fetcher: &Fetcher, url: &Url) -> Result<Fetched, Error> {
    let downloads = &fetcher.downloads;
    let wanted = Wanted {
        name: url.to_string(),
        key: url.as_str(),
        has_digest: false,
        size: None,
        limit: MAX_COMPONENT,
    };
    let ask = async |headers| open(downloads, url, headers).await;
    let component = match resume::pull(&fetcher.partials, &fetcher.meter, &wanted, ask).await? {
        Pulled::File { bytes, .. } => bytes,
        Pulled::Answer(status) => return Err(unexpected(url, status)),
    };
    Ok(Fetched {
        component,
        sig: beside(downloads, url, ".sig").await?,
        minisig: beside(downloads, url, ".minisig").await?,
        image: None,
    })
}

/// A signature. A server that has none may say so in many ways, and some answer with a page for people; what is said with success and begins like
/// a signature counts.
async fn beside(downloads: &Downloads, url: &Url, ending: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut url = url.clone();
    url.set_path(&format!("{}{ending}", url.path()));
    let answer = async {
        let answer = open(downloads, &url, HeaderMap::new()).await?;
        Ok::<_, Error>(answer.whole(MAX_SIGNATURE_BYTES).await?)
    };
    let (status, bytes) = match answer.await {
        Ok(answer) => (answer.status(), answer.into_body()),
        Err(error) if error.kind == Kind::Refused => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_page = bytes.trim_ascii_start().starts_with(b"<");
    match status {
        StatusCode::OK if !is_page => Ok(Some(bytes)),
        status if status.is_server_error() => Err(unexpected(&url, status)),
        _ => Ok(None),
    }
}

/// The answer to a GET, after redirects within the same origin.
async fn open(downloads: &Downloads, url: &Url, headers: HeaderMap) -> Result<Download, Error> {
    let mut next = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let answer = downloads.open(Method::GET, &next, headers.clone(), Bytes::new()).await?;
        if !answer.status().is_redirection() {
            return Ok(answer);
        }
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let target = location.and_then(|location| next.join(location).ok());
        next = target.ok_or_else(|| unexpected(&next, answer.status()))?;
        if next.origin() != url.origin() {
            let message =
                format!("{url} redirects to another host, {}", next.origin().ascii_serialization());
            return Err(Error::refused(message)
                .hint("if you trust that host, name the address there instead"));
        }
    }
    Err(Error::refused(format!("{url} redirects more than {MAX_REDIRECTS} times")))
}

fn unexpected(url: &Url, status: StatusCode) -> Error {
    let kind = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Kind::NotFound,
        StatusCode::UNAUTHORIZED => Kind::Unauthenticated,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        _ => Kind::Unavailable,
    };
    Error::new(kind, format!("{url} answered {status}"))
}
