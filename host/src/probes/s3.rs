//! S3: a signed HEAD of the bucket. Only if that does not say enough, a list of one key: its errors have a body that tells a wrong key from a
//! missing right.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use http::{Method, StatusCode};
use jiff::Timestamp;
use url::Url;

use super::climber::Climber;
use super::http::{Answer, Ask};
use super::ladder::Climb;
use super::sigv4::{Signer, encoded, query};
use crate::model::{Rung, Secret};

/// With what requests are signed.
struct Keys {
    id: String,
    key: Secret,
    token: Option<Secret>,
    region: String,
}

/// Who asks.
enum Caller {
    /// The keys of the connection.
    Known(Keys),
    /// Nobody: the bucket is public.
    Anybody,
    /// Whoever uses the connection; it does not hold a login.
    User,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let endpoint = on.address()?;
    let caller = caller(on)?;
    let bucket = on.text("bucket");
    let Some(bucket) = bucket else {
        return all_buckets(on, &endpoint, &caller).await;
    };
    let style = style(on, &endpoint, &bucket);
    let place = place(on, &endpoint, &bucket, style)?;
    let head = on.ask(signed(Method::HEAD, place.clone(), &caller)).await?;
    if head.status == StatusCode::OK && is_s3(&head) {
        on.ladder.pass("it speaks S3");
        return there(on, &caller, &bucket);
    }
    let prefix = on.text("prefix").unwrap_or_default();
    let mut list = place;
    list.set_query(Some(&query(&[("list-type", "2"), ("max-keys", "1"), ("prefix", &prefix)])));
    let answer = on.ask(signed(Method::GET, list, &caller)).await?;
    judge(on, &answer, &caller, &bucket)
}

fn caller(on: &mut Climber<'_>) -> Climb<Caller> {
    match on.method().as_str() {
        "access_key" | "session" => {
            let id = on.login("access_key_id")?;
            let id = String::from_utf8_lossy(id.expose()).into_owned();
            let region = on.text("region").unwrap_or_default();
            let (key, token) = (on.login("secret_access_key")?, on.secret("session_token"));
            Ok(Caller::Known(Keys { id, key, token, region }))
        }
        "anonymous" => Ok(Caller::Anybody),
        _ => Ok(Caller::User),
    }
}

/// Where the bucket's name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Path,
    VirtualHost,
}

fn style(on: &Climber<'_>, endpoint: &Url, bucket: &str) -> Style {
    let has_name = endpoint.domain().is_some();
    let is_amazon = endpoint.domain().is_some_and(|host| {
        host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
    });
    // A period in the name is one too many for the certificate.
    let is_simple = !bucket.contains(['.', '_']) && !bucket.contains(char::is_uppercase);
    match on.flag("path_style") {
        Some(true) => Style::Path,
        Some(false) if has_name => Style::VirtualHost,
        None if is_amazon && is_simple => Style::VirtualHost,
        _ => Style::Path,
    }
}

fn place(on: &mut Climber<'_>, endpoint: &Url, bucket: &str, style: Style) -> Climb<Url> {
    let mut place = endpoint.clone();
    let path = place.path().trim_end_matches('/').to_owned();
    match style {
        Style::Path => place.set_path(&format!("{path}/{}", encoded(bucket))),
        Style::VirtualHost => {
            let host = format!("{bucket}.{}", endpoint.host_str().unwrap_or_default());
            if place.set_host(Some(&host)).is_err() {
                return Err(on.ladder.fail(format!("`{host}` is not the name of a server")));
            }
            place.set_path(&format!("{path}/"));
        }
    }
    Ok(place)
}

fn signed(method: Method, url: Url, caller: &Caller) -> Ask {
    let ask = Ask::new(method.clone(), url);
    let Caller::Known(keys) = caller else { return ask };
    let signer = Signer {
        id: &keys.id,
        key: &keys.key,
        token: keys.token.as_ref(),
        region: &keys.region,
        service: "s3",
    };
    let headers = signer.headers(method.as_str(), &ask.url, Timestamp::now());
    ask.headers(headers)
}

/// Without a bucket there is only the list of buckets. Keys need not be allowed to see it.
async fn all_buckets(on: &mut Climber<'_>, endpoint: &Url, caller: &Caller) -> Climb<()> {
    let mut place = endpoint.clone();
    let path = format!("{}/", place.path().trim_end_matches('/'));
    place.set_path(&path);
    let answer = on.ask(signed(Method::GET, place, caller)).await?;
    judge(on, &answer, caller, "")
}

fn is_s3(answer: &Answer) -> bool {
    let has = |name: &str| answer.headers.contains_key(name);
    has("x-amz-request-id") || has("x-amz-id-2") || has("x-amz-bucket-region")
}

/// What an answer with a body says.
fn judge(on: &mut Climber<'_>, answer: &Answer, caller: &Caller, bucket: &str) -> Climb<()> {
    let code = answer.xml("Code").unwrap_or_default();
    let body = answer.text();
    let is_list = body.contains("<ListBucketResult") || body.contains("<ListAllMyBucketsResult");
    if !is_list && code.is_empty() && !is_s3(answer) {
        return Err(on.ladder.fail(format!("what answers does not speak S3: {}", answer.words())));
    }
    if answer.status.is_server_error() {
        return Err(on.ladder.fail(format!("{}: {code}", answer.words())));
    }
    on.ladder.pass("it speaks S3");
    if is_list && answer.status == StatusCode::OK {
        return there(on, caller, bucket);
    }
    let says = match answer.xml("Message") {
        _ if code.is_empty() => answer.words(),
        Some(message) if !message.is_empty() => format!("{code}: {message}"),
        _ => code.clone(),
    };
    if let Some(region) = other_region(answer, &code) {
        on.ladder.skip(Rung::Credential, "not tried, since the bucket is in another region");
        on.ladder.begin(Rung::Target);
        return Err(on.ladder.fail(format!(
            "the bucket is in {region}, and the connection says otherwise ({says})"
        )));
    }
    on.ladder.begin(Rung::Credential);
    if let Some(reason) = refusal(&code) {
        return Err(on.ladder.fail(format!("{reason} ({says})")));
    }
    let is_missing = answer.status == StatusCode::NOT_FOUND;
    let is_forbidden =
        answer.status == StatusCode::FORBIDDEN || answer.status == StatusCode::UNAUTHORIZED;
    if !is_missing && !is_forbidden {
        return Err(on.ladder.fail(says));
    }
    accepted(on, caller);
    on.ladder.begin(Rung::Target);
    match caller {
        _ if is_missing => Err(on.ladder.fail(format!("there is no bucket `{bucket}`"))),
        Caller::Anybody => Err(on.ladder.fail(format!("bucket `{bucket}` is not public"))),
        Caller::User => {
            Err(on.ladder.skip(Rung::Target, "not tried, since the connection holds no login"))
        }
        Caller::Known(_) if bucket.is_empty() => Ok(()),
        Caller::Known(_) => Err(on.ladder.skip(
            Rung::Target,
            format!(
                "the key may not list bucket `{bucket}`, or somebody else has a bucket of that name"
            ),
        )),
    }
}

/// The key is accepted, if there is one.
fn accepted(on: &mut Climber<'_>, caller: &Caller) {
    on.ladder.begin(Rung::Credential);
    match caller {
        Caller::Known(_) => on.ladder.pass("the key and its signature are accepted"),
        Caller::Anybody => {}
        Caller::User => {
            on.ladder.skip(Rung::Credential, "the login is that of whoever uses the connection");
        }
    }
}

fn there(on: &mut Climber<'_>, caller: &Caller, bucket: &str) -> Climb<()> {
    accepted(on, caller);
    if !bucket.is_empty() {
        on.ladder.begin(Rung::Target);
        on.ladder.pass(format!("bucket `{bucket}` is there"));
    }
    Ok(())
}

/// The region of the bucket, if it is why the request was refused.
fn other_region(answer: &Answer, code: &str) -> Option<String> {
    let is_about_region = answer.status.is_redirection()
        || matches!(
            code,
            "AuthorizationHeaderMalformed"
                | "PermanentRedirect"
                | "IllegalLocationConstraintException"
        );
    if !is_about_region {
        return None;
    }
    let region = answer.header("x-amz-bucket-region").map(str::to_owned);
    match region.or_else(|| answer.xml("Region")) {
        Some(region) => Some(format!("region `{region}`")),
        None => Some(
            answer
                .xml("Endpoint")
                .map_or("another region".to_owned(), |endpoint| format!("`{endpoint}`")),
        ),
    }
}

/// Why a login is not accepted, if that is what the code says.
fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "InvalidAccessKeyId" | "InvalidSecurity" | "NotSignedUp" => {
            "the access key id is not known"
        }
        "SignatureDoesNotMatch" => "the secret access key is not that of the access key id",
        "InvalidToken" => "the session token is not accepted",
        "ExpiredToken" | "TokenRefreshRequired" => "the session token has expired",
        "RequestTimeTooSkewed" => "the clocks of this machine and of the server differ too much",
        "AccountProblem" | "UserSuspended" => "the account is blocked",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: http::HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn another_region_is_told_from_a_wrong_key() {
        let body =
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        let found = other_region(&answer(400, body), "AuthorizationHeaderMalformed");
        assert_eq!(found.as_deref(), Some("region `eu-west-1`"));
        let body =
            "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.example.com</Endpoint></Error>";
        let found = other_region(&answer(301, body), "PermanentRedirect");
        assert_eq!(found.as_deref(), Some("`b.s3.example.com`"));
        assert_eq!(other_region(&answer(403, ""), "InvalidAccessKeyId"), None);
        assert!(refusal("InvalidAccessKeyId").is_some());
        assert_eq!(refusal("AccessDenied"), None);
    }
}
