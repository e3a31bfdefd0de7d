//! A download that goes on where it was cut (RFC 9110 §13 and §14): within a command, and from one command to the next.
//!
//! A part is asked for only if it can be told to be of the same file: by a digest that is known before, or by a strong entity tag, with
//! which the server sends the whole if it has another file by now. A server that contradicts itself is refused, and nothing of it is kept.

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::partial::{Partial, Partials};
use crate::capabilities::http::Download;
use crate::model::{Error, Kind};

/// How often a server is asked for more as long as more comes each time.
const MAX_ATTEMPTS: usize = 5;
/// The longest entity tag that is kept, in bytes.
const MAX_TAG: usize = 256;

/// Who is told how much has come: bytes, and the bytes of the whole if that is known.
#[derive(Clone, Default)]
pub struct Meter(Option<Arc<Tell>>);

type Tell = dyn Fn(u64, Option<u64>) + Send + Sync;

impl Meter {
    /// Tells somebody.
    pub fn new(tell: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    fn tell(&self, come: u64, total: Option<u64>) {
        if let Some(tell) = &self.0 {
            tell(come, total);
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

/// What is fetched.
pub(super) struct Wanted<'a> {
    /// What it is called in messages.
    pub(super) name: String,
    /// What it is kept under: its digest or its address.
    pub(super) key: &'a str,
    /// Whether its digest is known, so that every part of it is of the same file.
    pub(super) has_digest: bool,
    /// Its size in bytes, if it is known before.
    pub(super) size: Option<u64>,
    /// The most bytes that are read.
    pub(super) limit: usize,
}

/// What came of it.
pub(super) enum Pulled {
    /// The whole file.
    File {
        bytes: Vec<u8>,
        /// Whether it was put together from several answers.
        is_joined: bool,
    },
    /// An answer that is no file.
    Answer(StatusCode),
}

/// What one answer brought.
enum Step {
    /// The end of the file; whether its beginning came with another answer.
    Done { is_joined: bool },
    /// There is nothing behind what is here, so that is of another file.
    Nothing,
    /// An answer that is no file.
    Answer(StatusCode),
    /// The server broke off.
    Cut(Error),
    /// The server is not believed.
    Refused(Error),
}

/// Fetches a file. `ask` sends the request with further headers.
///
/// # Errors
/// Nobody answers, the server breaks off each time, the file is too large, or the server contradicts itself.
pub(super) async fn pull(
    partials: &Partials,
    meter: &Meter,
    wanted: &Wanted<'_>,
    mut ask: impl AsyncFnMut(HeaderMap) -> Result<Download, Error>,
) -> Result<Pulled, Error> {
    let mut partial = partials.open(wanted.key);
    for _ in 0..MAX_ATTEMPTS {
        let before = partial.bytes.len();
        let mut download = ask(condition(&partial)).await?;
        match wanted.take(&mut partial, &mut download, meter).await {
            Step::Done { is_joined } => {
                return Ok(Pulled::File { bytes: partial.finish(), is_joined });
            }
            Step::Answer(status) => return Ok(Pulled::Answer(status)),
            Step::Nothing => partial.restart(None, None),
            Step::Cut(_) if wanted.can_resume(&partial) && partial.bytes.len() > before => {
                partial.keep();
            }
            Step::Cut(error) => return Err(wanted.broken_off(error, partial)),
            Step::Refused(error) => {
                partial.stop_keeping();
                return Err(error);
            }
        }
    }
    let error = Error::new(Kind::Unavailable, format!("{} breaks off each time", wanted.name));
    Err(wanted.broken_off(error, partial))
}

/// The headers that ask for what is missing.
fn condition(partial: &Partial) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if partial.bytes.is_empty() {
        return headers;
    }
    if let Ok(range) = HeaderValue::try_from(format!("bytes={}-", partial.bytes.len())) {
        headers.insert(RANGE, range);
    }
    if let Some(tag) = partial.tag.as_deref().and_then(|tag| HeaderValue::from_str(tag).ok()) {
        headers.insert(IF_RANGE, tag);
    }
    headers
}

impl Wanted<'_> {
    fn can_resume(&self, partial: &Partial) -> bool {
        self.has_digest || partial.tag.is_some()
    }

    /// Takes what an answer brings.
    async fn take(&self, partial: &mut Partial, download: &mut Download, meter: &Meter) -> Step {
        let is_joined = match download.status() {
            StatusCode::OK => false,
            StatusCode::PARTIAL_CONTENT => true,
            StatusCode::RANGE_NOT_SATISFIABLE if !partial.bytes.is_empty() => return Step::Nothing,
            other => return Step::Answer(other),
        };
        let begun = match is_joined {
            true => self.go_on(partial, download),
            false => self.begin(partial, download),
        };
        match begun {
            Ok(()) => match self.read(partial, download, meter).await {
                Ok(()) => Step::Done { is_joined },
                Err(step) => step,
            },
            Err(error) => Step::Refused(error),
        }
    }

    /// Makes the partial download ready for the whole file.
    fn begin(&self, partial: &mut Partial, download: &Download) -> Result<(), Error> {
        let total = download.announced().or(self.size);
        self.check_total(total)?;
        // With a digest the server need not say which version it is, and each store of blobs may say something else.
        let tag = if self.has_digest { None } else { strong_tag(download.headers()) };
        partial.restart(tag, total);
        Ok(())
    }

    fn check_total(&self, total: Option<u64>) -> Result<(), Error> {
        if let (Some(total), Some(size)) = (total, self.size)
            && total != size
        {
            let error = Error::refused(format!("{} is not what its digest says", self.name));
            return Err(error.hint(format!("it has {size} bytes, and the server has {total}")));
        }
        match total {
            Some(total) if total > self.limit as u64 => Err(self.too_large()),
            _ => Ok(()),
        }
    }

    /// Makes the partial download ready for the rest, if the answer is that: from where it ends, of the same file.
    fn go_on(&self, partial: &mut Partial, download: &Download) -> Result<(), Error> {
        let headers = download.headers();
        let Some((first, last, total)) = content_range(headers) else {
            return Err(self.contradiction("does not say which part of the file it sends"));
        };
        if partial.bytes.is_empty() || first != partial.bytes.len() as u64 {
            return Err(self.contradiction("sends another part than was asked for"));
        }
        if partial.total.is_some_and(|before| before != total) || last >= total || last < first {
            return Err(self.contradiction("says something else about the size than before"));
        }
        if download.announced().is_some_and(|length| length != last - first + 1) {
            return Err(self.contradiction("says two things about the size of a part"));
        }
        let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        if partial.tag.is_some() && tag.is_some() && tag != partial.tag.as_deref() {
            return Err(self.contradiction("sends a part of another version than was asked for"));
        }
        self.check_total(Some(total))?;
        partial.total = Some(total);
        Ok(())
    }

    /// Reads a body to its end.
    async fn read(
        &self,
        partial: &mut Partial,
        download: &mut Download,
        meter: &Meter,
    ) -> Result<(), Step> {
        let most = partial.total.unwrap_or(self.limit as u64);
        loop {
            meter.tell(partial.bytes.len() as u64, partial.total);
            let chunk = download.chunk().await.map_err(|error| Step::Cut(error.into()))?;
            let Some(chunk) = chunk else { break };
            if (partial.bytes.len() + chunk.len()) as u64 > most {
                return Err(Step::Refused(match partial.total {
                    Some(_) => self.contradiction("sends more bytes than it said"),
                    None => self.too_large(),
                }));
            }
            match self.can_resume(partial) {
                true => partial.push(&chunk),
                false => partial.bytes.extend_from_slice(&chunk),
            }
        }
        let come = partial.bytes.len() as u64;
        match partial.total {
            Some(total) if come < total => Err(Step::Cut(Error::new(
                Kind::Unavailable,
                format!("{}: the server sent {come} of {total} bytes", self.name),
            ))),
            _ => Ok(()),
        }
    }

    fn too_large(&self) -> Error {
        Error::refused(format!(
            "{} has more than {} bytes, which is the most that is fetched",
            self.name, self.limit
        ))
    }

    fn contradiction(&self, what: &str) -> Error {
        Error::refused(format!("{}: the server {what}", self.name))
            .hint("nothing of it was kept; the next attempt begins anew")
    }

    /// What is said when no more comes; what has come is kept, if it can be of use.
    fn broken_off(&self, error: Error, mut partial: Partial) -> Error {
        if !self.can_resume(&partial) || partial.bytes.is_empty() {
            partial.stop_keeping();
            return error;
        }
        partial.keep();
        let of = partial.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let come = partial.bytes.len();
        error.hint(format!("{come}{of} bytes have come; the same command goes on from there"))
    }
}

/// The entity tag, if it stands for the same bytes each time.
fn strong_tag(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(ETAG)?.to_str().ok()?;
    let is_strong = tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"');
    (is_strong && tag.len() <= MAX_TAG).then(|| tag.to_owned())
}

/// First and last byte, and the size of the whole (RFC 9110 §14.4).
fn content_range(headers: &HeaderMap) -> Option<(u64, u64, u64)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests;
