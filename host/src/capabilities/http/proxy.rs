//! Which proxy a request goes through.

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::config::ProxySettings;
use super::error::{Failure, HttpError};
use crate::model::Secret;

/// A proxy, with its login apart from its address.
#[derive(Debug)]
pub struct Proxy {
    /// The address, without a login.
    pub uri: Uri,
    /// The login of an HTTP proxy, as a header.
    pub basic: Option<HeaderValue>,
    /// The login of a SOCKS proxy: user and password.
    pub raw: Option<(String, Secret)>,
}

/// The proxy for a destination, if it is not reached directly.
///
/// # Errors
/// The address of the proxy cannot be read.
pub fn choose(settings: &ProxySettings, destination: &Uri) -> Result<Option<Proxy>, HttpError> {
    let http = text(settings.http.as_ref())?;
    let https = text(settings.https.as_ref())?;
    let no = settings.no_proxy.as_deref().unwrap_or_default();
    let matcher = Matcher::builder().http(http).https(https).no(no).build();
    let configured = match destination.scheme_str() {
        Some("https") => https,
        _ => http,
    };
    let Some(found) = matcher.intercept(destination) else {
        // An address that cannot be read must not lead to a direct connection.
        let direct = Matcher::builder().http("http://proxy").https("http://proxy").no(no).build();
        let is_exempt = direct.intercept(destination).is_none();
        return if configured.is_empty() || is_exempt { Ok(None) } else { Err(unreadable()) };
    };
    Ok(Some(Proxy {
        uri: found.uri().clone(),
        basic: found.basic_auth().cloned(),
        raw: found
            .raw_auth()
            .map(|(user, password)| (user.to_owned(), Secret::from(password.to_owned()))),
    }))
}

fn text(proxy: Option<&Secret>) -> Result<&str, HttpError> {
    let Some(proxy) = proxy else { return Ok("") };
    std::str::from_utf8(proxy.expose()).map_err(|_| unreadable())
}

/// The address is not quoted: it may hold a password.
fn unreadable() -> HttpError {
    HttpError::Config(
        Failure::new("the address of the proxy cannot be read")
            .hint("write it as `http://host:port` or `socks5://host:port`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(proxy: &str, no_proxy: &str, destination: &str, expected: Option<&str>) {
        let proxy = (!proxy.is_empty()).then(|| Secret::from(proxy.to_owned()));
        let settings =
            ProxySettings { http: None, https: proxy, no_proxy: Some(no_proxy.to_owned()) };
        let found = choose(&settings, &destination.parse().unwrap()).unwrap();
        let found = found.map(|proxy| proxy.uri.to_string());
        assert_eq!(found.as_deref(), expected, "{destination} but not {no_proxy}");
    }

    #[test]
    fn destinations_are_matched_as_curl_does() {
        let proxy = "http://proxy:3128";
        check(proxy, "", "https://api.example.com", Some("http://proxy:3128/"));
        check(proxy, "example.com", "https://api.example.com", None);
        check(proxy, ".example.com", "https://api.example.com:6443", None);
        check(proxy, "ample.com", "https://example.com", Some("http://proxy:3128/"));
        check(proxy, "10.0.0.0/8", "https://10.1.2.3", None);
        check(proxy, "*", "https://api.example.com", None);
        check(proxy, "", "http://api.example.com", None);
        check("", "", "https://api.example.com", None);
    }

    #[test]
    fn logins_are_kept_apart() {
        let choose = |proxy: &str| {
            let https = Some(Secret::from(proxy.to_owned()));
            let settings = ProxySettings { https, ..ProxySettings::default() };
            choose(&settings, &Uri::from_static("https://h"))
        };
        let proxy = choose("http://ann:p%40ss@proxy:3128").unwrap().unwrap();
        assert_eq!(proxy.basic.unwrap(), "Basic YW5uOnBAc3M=");
        let proxy = choose("socks5://ann:pass@proxy:1080").unwrap().unwrap();
        assert!(!format!("{proxy:?}").contains("pass"));
        assert_eq!(proxy.raw.unwrap().1.expose(), b"pass");
        let error = choose("http://ann:s3cret@pro xy").unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
