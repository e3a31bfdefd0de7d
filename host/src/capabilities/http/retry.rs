//! When a request is tried again.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};

/// The most repetitions of one request.
pub const MAX_RETRIES: u32 = 3;

/// The longest wait for one repetition. A server that asks for more gets its answer passed on.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The wait before the first repetition that the server says nothing about; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Whether carrying a request out twice is the same as once.
pub fn is_idempotent(method: &Method) -> bool {
    is_safe(method) || [Method::PUT, Method::DELETE].contains(method)
}

/// Whether a request changes nothing at all.
pub fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method) || method.as_str() == "LIST"
}

/// How long to wait before the request is sent again; none if the answer stands.
pub fn wait(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    retries: u32,
) -> Option<Duration> {
    let is_transient =
        matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    if !is_transient || !is_idempotent(method) || retries >= MAX_RETRIES {
        return None;
    }
    let wait = match headers.get(RETRY_AFTER) {
        Some(value) => asked(value.to_str().ok()?, SystemTime::now())?,
        None => jittered(FIRST_WAIT * 2_u32.pow(retries)),
    };
    (wait <= MAX_WAIT).then_some(wait)
}

/// The wait that a `retry-after` asks for, in seconds or as a date.
fn asked(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Between half of the wait and all of it, so that many callers do not come back at once.
fn jittered(wait: Duration) -> Duration {
    let mut random = [0; 1];
    // Without random numbers all wait equally long, which does no harm.
    let _ = SystemRandom::new().fill(&mut random);
    wait.mul_f64(0.5 + f64::from(random[0]) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, status: u16, after: Option<&str>, retries: u32, expected: bool) {
        let mut headers = HeaderMap::new();
        if let Some(after) = after {
            headers.insert(RETRY_AFTER, after.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let waits = wait(&method, status, &headers, retries).is_some();
        assert_eq!(waits, expected, "{method} {status} {after:?} {retries}");
    }

    #[test]
    fn only_transient_answers_to_idempotent_methods_are_tried_again() {
        let list = Method::from_bytes(b"LIST").unwrap();
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, list] {
            check(method.clone(), 429, Some("1"), 0, true);
            check(method, 503, None, 2, true);
        }
        for method in [Method::POST, Method::PATCH, Method::OPTIONS] {
            check(method, 429, Some("1"), 0, false);
        }
        for status in [200, 409, 500, 502, 504] {
            check(Method::GET, status, Some("1"), 0, false);
        }
        check(Method::GET, 429, Some("1"), MAX_RETRIES, false);
        check(Method::GET, 429, Some("11"), 0, false);
        check(Method::GET, 429, Some("soon"), 0, false);
    }

    #[test]
    fn waits_are_read_as_seconds_or_as_a_date() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 21:36:01 GMT").unwrap();
        let check = |value: &str, expected: Option<u64>| {
            assert_eq!(asked(value, now), expected.map(Duration::from_secs), "{value}");
        };
        check("7", Some(7));
        check(" 0 ", Some(0));
        check("Fri, 20 Nov 2026 21:36:04 GMT", Some(3));
        check("Fri, 20 Nov 2026 21:36:00 GMT", Some(0));
        check("-1", None);
    }

    #[test]
    fn waits_of_our_own_are_spread() {
        for retries in 0..MAX_RETRIES {
            let longest = FIRST_WAIT * 2_u32.pow(retries);
            let one = jittered(longest);
            assert!(one >= longest / 2 && one <= longest, "{one:?}");
        }
    }
}
