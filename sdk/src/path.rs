//! Paths of requests, percent-encoded.

use std::fmt::Write;

use crate::Error;

/// An absolute path of segments, each percent-encoded.
///
/// ```
/// assert_eq!(connhub_sdk::path(["api", "v1", "a b/c"]), "/api/v1/a%20b%2Fc");
/// ```
pub fn path<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        encode_into(&mut path, segment.as_ref());
    }
    path
}

/// A path with `{name}` in the places of values, such as a setting of the backend may hold.
///
/// ```
/// let path = connhub_sdk::fill_path("/v1/{kind}/{name}", &[("kind", "secret"), ("name", "a/b")]);
/// assert_eq!(path.unwrap(), "/v1/secret/a%2Fb");
/// ```
///
/// # Errors
///
/// [`Error::Invalid`] if the template does not start with `/`, has a brace without its partner, or names a value that is not given.
pub fn fill_path(template: &str, values: &[(&str, &str)]) -> Result<String, Error> {
    let fail = |message: String| Err(Error::invalid("settings", message));
    if !template.starts_with('/') {
        return fail(format!("path template `{template}` does not start with `/`"));
    }
    let mut path = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return fail(format!("path template `{template}` has a `{{` without `}}`"));
        };
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = values.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            let known = known.join(", ");
            return fail(format!("path template `{template}` names `{name}`; known are {known}"));
        };
        path.push_str(text);
        encode_into(&mut path, value);
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

/// Encodes everything but the unreserved characters of RFC 3986.
fn encode_into(path: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cannot_leave_their_place() {
        let check = |segment: &str, expected: &str| assert_eq!(path(["a", segment]), expected);
        check("plain-1.2_3~", "/a/plain-1.2_3~");
        check("x/../y", "/a/x%2F..%2Fy");
        check("q?x=1#f", "/a/q%3Fx%3D1%23f");
        check("100%", "/a/100%25");
        check("é", "/a/%C3%A9");
        check("", "/a/");
    }

    #[test]
    fn templates_are_filled_or_refused() {
        let values = [("t", "x y"), ("n", "é")];
        let check = |template: &str, expected: Option<&str>| {
            assert_eq!(fill_path(template, &values).ok().as_deref(), expected, "{template}");
        };
        check("/a/{t}/b/{n}", Some("/a/x%20y/b/%C3%A9"));
        check("/plain", Some("/plain"));
        check("a/{t}", None);
        check("/a/{t", None);
        check("/a/{other}", None);
    }
}
