//! A component at an address, and the signatures beside it.

use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use url::Url;

use super::{Fetched, MAX_COMPONENT};
use crate::capabilities::http::Downloads;
use crate::model::{Error, Kind};
use crate::signing::MAX_SIGNATURE_BYTES;

/// Redirects that are followed within one host.
const MAX_REDIRECTS: usize = 3;

pub(super) async fn fetch(downloads: &Downloads, url: &Url) -> Result<Fetched, Error> {
    let (status, component) = get(downloads, url, MAX_COMPONENT).await?;
    if status != StatusCode::OK {
        return Err(unexpected(url, status));
    }
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
    let (status, bytes) = match get(downloads, &url, MAX_SIGNATURE_BYTES).await {
        Ok(answer) => answer,
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
async fn get(
    downloads: &Downloads,
    url: &Url,
    limit: usize,
) -> Result<(StatusCode, Vec<u8>), Error> {
    let mut next = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let answer = downloads.get(&next, HeaderMap::new(), limit).await?;
        if !answer.status().is_redirection() {
            return Ok((answer.status(), answer.into_body()));
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
