use std::sync::Mutex;

use bytes::Bytes;
use http::Method;
use url::Url;

use super::*;
use crate::capabilities::http::Downloads;
use crate::capabilities::http::testing::{Recorded, Server, Step as Write};

const FILE: &[u8] = b"0123456789abcdefghij";
const TAG: &str = "etag: \"1\"\r\n";

/// The head of an answer, and a body that may be shorter or longer than it says.
fn answer(status: &str, headers: &str, length: usize, body: &[u8]) -> Vec<Write> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
    vec![Write::Write([head.as_bytes(), body].concat()), Write::Close]
}

/// The whole file, of which only the beginning comes.
fn cut(headers: &str, come: usize) -> Vec<Write> {
    answer("200 OK", headers, FILE.len(), &FILE[..come])
}

/// The rest of the file from a byte on, which ends early.
fn cut_part(headers: &str, first: usize, end: usize) -> Vec<Write> {
    let headers = format!("content-range: bytes {first}-19/20\r\n{headers}");
    answer("206 Partial Content", &headers, FILE.len() - first, &FILE[first..end])
}

/// What a server does that knows ranges.
fn rest(request: &Recorded, headers: &str) -> Vec<Write> {
    let range = request.header("range").expect("a part is asked for");
    let first: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
    part(first, FILE.len() - 1, FILE.len(), headers, &FILE[first..])
}

fn part(first: usize, last: usize, total: usize, headers: &str, body: &[u8]) -> Vec<Write> {
    let headers = format!("content-range: bytes {first}-{last}/{total}\r\n{headers}");
    answer("206 Partial Content", &headers, body.len(), body)
}

/// Bytes that have come, and of how many.
type Told = (u64, Option<u64>);

/// A server, and a place for what it sends.
struct Stage {
    server: Server,
    folder: tempfile::TempDir,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Stage {
    async fn new(handler: impl Fn(&Recorded, usize) -> Vec<Write> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { server: Server::start(handler).await, folder, told: Arc::default() }
    }

    async fn pull(&self, digest: bool) -> Result<Vec<u8>, Error> {
        let url = Url::parse(&format!("http://{}/x", self.server.address)).unwrap();
        let partials = Partials { folder: Some(self.folder.path().to_owned()) };
        let told = Arc::clone(&self.told);
        let meter = Meter::new(move |come, total| told.lock().unwrap().push((come, total)));
        let wanted = Wanted {
            name: "x".to_owned(),
            key: "x",
            has_digest: digest,
            size: digest.then_some(FILE.len() as u64),
            limit: 24,
        };
        let ask = async |headers| {
            let downloads = Downloads::default();
            Ok(downloads.open(Method::GET, &url, headers, Bytes::new()).await?)
        };
        match pull(&partials, &meter, &wanted, ask).await? {
            Pulled::File { bytes, .. } => Ok(bytes),
            Pulled::Answer(status) => Err(Error::invalid(status.to_string())),
        }
    }

    fn kept(&self) -> usize {
        fs_err::read_dir(self.folder.path()).unwrap().count()
    }

    fn asked(&self, header: &str) -> Vec<Option<String>> {
        self.server.requests().iter().map(|request| request.header(header)).collect()
    }
}

#[tokio::test]
async fn a_cut_is_mended_within_the_command() {
    let stage = Stage::new(|request, number| match number {
        0 => cut(TAG, 5),
        1 => cut_part(TAG, 5, 12),
        _ => rest(request, TAG),
    });
    let stage = stage.await;
    assert_eq!(stage.pull(false).await.unwrap(), FILE);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(stage.asked("range"), [None, some("bytes=5-"), some("bytes=12-")]);
    assert_eq!(stage.asked("if-range"), [None, some("\"1\""), some("\"1\"")]);
    assert_eq!(stage.kept(), 0);
    let told = stage.told.lock().unwrap();
    assert_eq!((told[0], told[told.len() - 1]), ((0, Some(20)), (20, Some(20))));
}

#[tokio::test]
async fn what_has_come_is_kept_for_the_next_command() {
    for digest in [false, true] {
        let tag = if digest { "" } else { TAG };
        let stage = Stage::new(move |request, number| match number {
            0 => cut(tag, 5),
            1 => cut_part(tag, 5, 5),
            2 => answer("503 Service Unavailable", "", 0, b""),
            _ => rest(request, tag),
        });
        let stage = stage.await;
        assert!(stage.pull(digest).await.is_err());
        assert_eq!(stage.kept(), 1);
        assert_eq!(stage.pull(digest).await.unwrap_err().message, "503 Service Unavailable");
        assert_eq!(stage.pull(digest).await.unwrap(), FILE);
        assert_eq!(stage.asked("range")[3].as_deref(), Some("bytes=5-"));
        assert_eq!(stage.kept(), 0);
    }
}

#[tokio::test]
async fn a_server_that_ignores_ranges_or_has_another_file_begins_anew() {
    let another: &[u8] = b"ANOTHER FILE";
    let stage = Stage::new(move |_, number| match number {
        0 => cut(TAG, 5),
        _ => answer("200 OK", "etag: \"2\"\r\n", another.len(), another),
    });
    let stage = stage.await;
    assert_eq!(stage.pull(false).await.unwrap(), another);
    // What is here is longer than the file that is there now.
    let stage = Stage::new(|request, number| match (number, request.header("range")) {
        (0, _) => cut(TAG, 15),
        (_, Some(_)) => answer("416 Range Not Satisfiable", "content-range: bytes */9\r\n", 0, b""),
        _ => answer("200 OK", TAG, 9, b"ABCDEFGHI"),
    });
    let stage = stage.await;
    assert_eq!(stage.pull(false).await.unwrap(), b"ABCDEFGHI");
}

#[tokio::test]
async fn a_server_that_breaks_off_each_time_is_asked_a_few_times() {
    let stage = Stage::new(|request, number| match request.header("range") {
        None => cut(TAG, 1),
        Some(_) => cut_part(TAG, number, number + 1),
    });
    let stage = stage.await;
    let error = stage.pull(false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.hints[0].contains("5 of 20 bytes have come"), "{error:?}");
    assert_eq!(stage.server.requests().len(), MAX_ATTEMPTS);
    // One that ignores ranges brings nothing new, and is asked no more.
    let stage = Stage::new(|_, _| cut(TAG, 7)).await;
    assert!(stage.pull(false).await.is_err());
    assert_eq!(stage.server.requests().len(), 2);
}

#[tokio::test]
async fn without_a_strong_name_nothing_is_kept_or_joined() {
    let long = format!("etag: \"{}\"\r\n", "x".repeat(MAX_TAG));
    for headers in ["", "etag: W/\"1\"\r\n", "etag: 1\r\n", &*long] {
        let headers = headers.to_owned();
        let stage = Stage::new(move |_, _| cut(&headers, 5)).await;
        assert!(stage.pull(false).await.is_err());
        assert_eq!((stage.server.requests().len(), stage.kept()), (1, 0));
    }
}

#[tokio::test]
async fn a_server_that_contradicts_itself_is_refused_and_nothing_is_kept() {
    type Lie = fn() -> Vec<Write>;
    let lies: [(Lie, &str); 9] = [
        (|| part(5, 20, 21, TAG, b"56789abcdefghijk"), "the size than before"),
        (|| part(5, 9, 10, TAG, b"56789"), "the size than before"),
        (|| part(4, 19, 20, TAG, &FILE[4..]), "another part"),
        (|| part(0, 19, 20, TAG, FILE), "another part"),
        (|| part(5, 20, 20, TAG, &FILE[5..]), "the size than before"),
        (|| part(5, 19, 20, TAG, &FILE[5..12]), "two things"),
        (|| part(5, 19, 20, "etag: \"2\"\r\n", &FILE[5..]), "another version"),
        (|| answer("206 Partial Content", TAG, 15, &FILE[5..]), "does not say which part"),
        (
            || {
                let head = "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 5-19/20\r\n\r\n";
                vec![Write::Write([head.as_bytes(), &FILE[5..], b"more"].concat()), Write::Close]
            },
            "more bytes than it said",
        ),
    ];
    for (lie, words) in lies {
        let stage = Stage::new(move |_, number| match number {
            0 => cut(TAG, 5),
            _ => lie(),
        });
        let stage = stage.await;
        let error = stage.pull(false).await.unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{words}: {error}");
        assert!(error.message.contains(words), "{words}: {error}");
        assert_eq!(stage.kept(), 0, "{words}");
    }
    let stage = Stage::new(|_, _| part(0, 19, 20, TAG, FILE)).await;
    assert_eq!(stage.pull(false).await.unwrap_err().kind, Kind::Refused);
}

#[tokio::test]
async fn no_more_is_read_than_may_be() {
    let endless = "HTTP/1.1 200 OK\r\n\r\n0123456789abcdefghijklmnopqrstuvwxyz";
    let announced = answer("200 OK", TAG, 25, &[b'x'; 25]);
    for answer in [vec![Write::Write(endless.as_bytes().to_vec()), Write::Close], announced] {
        let stage = Stage::new(move |_, _| answer.clone()).await;
        let error = stage.pull(false).await.unwrap_err();
        assert!(error.message.contains("more than 24 bytes"), "{error}");
        assert_eq!((error.kind, stage.kept()), (Kind::Refused, 0));
    }
    // A size that was known before is the only one that counts.
    let stage = Stage::new(|_, _| answer("200 OK", "", 9, b"ABCDEFGHI")).await;
    let error = stage.pull(true).await.unwrap_err();
    assert!(error.message.contains("not what its digest says"), "{error}");
}
