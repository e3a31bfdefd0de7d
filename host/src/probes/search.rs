//! Elasticsearch and OpenSearch: the page at `/`, which shows who answers to whoever is logged in, and the index.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-info>

use http::{HeaderName, Method, StatusCode};
use jiff::Timestamp;
use url::Url;

use super::climber::Climber;
use super::dial::Place;
use super::http::{Answer, Ask};
use super::ladder::Climb;
use super::sigv4::{Signer, encoded};
use crate::model::Rung;

/// The port of servers that name none.
const PORT: u16 = 9200;
const SERVICE: &str = "es";

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let base = base(on).await?;
    let info = login(on, Ask::get(base.clone()))?;
    let is_tried = info.is_some();
    let answer = on.ask(info.unwrap_or_else(|| Ask::get(base.clone()))).await?;
    judge(on, &answer, is_tried)?;
    let Some(index) = on.text("index") else { return Ok(()) };
    let path = format!("{}/{}", base.path().trim_end_matches('/'), encoded(&index));
    let mut place = base;
    place.set_path(&path);
    let ask = Ask::new(Method::HEAD, place);
    let Some(ask) = login(on, ask)? else {
        return Err(on.ladder.skip(Rung::Target, "not tried, since nobody is logged in"));
    };
    let answer = on.ask(ask).await?;
    on.ladder.begin(Rung::Target);
    match answer.status {
        StatusCode::OK => on.ladder.pass(format!("index `{index}` is there")),
        StatusCode::NOT_FOUND => {
            return Err(on.ladder.fail(format!("there is no index `{index}`")));
        }
        StatusCode::FORBIDDEN => {
            let message = format!("the login may not look whether index `{index}` is there");
            return Err(on.ladder.skip(Rung::Target, message));
        }
        _ => return Err(on.ladder.fail(answer.words())),
    }
    Ok(())
}

/// The address of the first server that listens, or of the deployment in a cloud.
async fn base(on: &mut Climber<'_>) -> Climb<Url> {
    let scheme = if on.flag("tls") == Some(false) { "http" } else { "https" };
    let prefix = on.text("path_prefix").unwrap_or_default();
    if let Some(id) = on.text("cloud_id") {
        on.ladder.begin(Rung::Address);
        return match cloud(&id) {
            Some(host) => on.parse(&format!("https://{host}{}/", prefix.trim_end_matches('/'))),
            None => Err(on.ladder.fail("`cloud_id` is not the id of a deployment")),
        };
    }
    let places = on.places("nodes", PORT)?;
    let place = match &places[..] {
        [only] => only,
        // The connection is made once more for the request: which of several servers listens is worth it.
        several => on.connect_to_one(several).await?.0,
    };
    let Place { host, port } = place;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    on.parse(&format!("{scheme}://{host}:{port}{}/", prefix.trim_end_matches('/')))
}

/// `NAME:BASE64` of `DOMAIN$ID$…`; the deployment answers at the id below the domain.
fn cloud(id: &str) -> Option<String> {
    use base64::Engine as _;
    let (_, encoded) = id.rsplit_once(':')?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let mut parts = text.split('$');
    let (domain, id) = (parts.next()?, parts.next().filter(|id| !id.is_empty())?);
    Some(format!("{id}.{domain}"))
}

/// The request with a login; none if the connection holds no login that can be tried.
fn login(on: &mut Climber<'_>, ask: Ask) -> Climb<Option<Ask>> {
    Ok(match on.method().as_str() {
        "password" => {
            let user = on.login("username")?;
            let password = on.login("password")?;
            Some(ask.basic(&String::from_utf8_lossy(user.expose()), &password))
        }
        "api_key" => {
            let key = on.login("api_key")?;
            let key = String::from_utf8_lossy(key.expose()).into_owned();
            let name = HeaderName::from_static("authorization");
            Some(ask.header(name, &format!("ApiKey {key}")))
        }
        "iam" => signed(on, ask),
        _ => Some(ask),
    })
}

fn signed(on: &Climber<'_>, ask: Ask) -> Option<Ask> {
    let (id, key) = (on.text("access_key_id")?, on.secret("secret_access_key")?);
    let (token, region) = (on.secret("session_token"), on.text("region")?);
    let signer =
        Signer { id: &id, key: &key, token: token.as_ref(), region: &region, service: SERVICE };
    let method = ask.method().as_str().to_owned();
    let headers = signer.headers(&method, &ask.url, Timestamp::now());
    Some(ask.headers(headers))
}

fn judge(on: &mut Climber<'_>, answer: &Answer, is_tried: bool) -> Climb<()> {
    let json = answer.json();
    let has_login = on.method() != "none";
    let version = json["version"]["number"].as_str();
    let is_refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    match version {
        Some(version) if answer.status == StatusCode::OK => {
            let name = json["version"]["distribution"].as_str().unwrap_or("elasticsearch");
            on.ladder.pass(format!("{name} {version}"));
            if has_login && is_tried {
                on.ladder.begin(Rung::Credential);
                on.ladder.pass("the login is accepted");
            }
        }
        // Who is known and may not see this page may still use the index.
        _ if is_tried
            && has_login
            && answer.status == StatusCode::FORBIDDEN
            && is_about_rights(&json) =>
        {
            on.ladder.pass("a search engine that knows logins");
            on.ladder.begin(Rung::Credential);
            on.ladder.pass("the login is accepted, and may not see the page `/`");
        }
        _ if is_refused => {
            on.ladder.pass(answer.words());
            if !is_tried {
                return Err(on
                    .ladder
                    .skip(Rung::Credential, "the login is that of whoever uses the connection"));
            }
            on.ladder.begin(Rung::Credential);
            let reason = json["error"]["reason"].as_str().or(json["Message"].as_str());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            return Err(on
                .ladder
                .fail(format!("the login is not accepted, {}{reason}", answer.words())));
        }
        _ => {
            let words = answer.words();
            return Err(on.ladder.fail(format!("what answers is no search engine: {words}")));
        }
    }
    match is_tried {
        true => Ok(()),
        false => Err(on
            .ladder
            .skip(Rung::Credential, "the login is that of whoever uses the connection")),
    }
}

/// Whether a refusal is one of rights: a server that does not know who asks answers 401.
fn is_about_rights(json: &serde_json::Value) -> bool {
    json["error"]["type"] == "security_exception"
        || json["error"]["root_cause"][0]["type"] == "security_exception"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_cloud_is_an_address() {
        // `eu-central-1.aws.example.com$abc$def`
        let id = "sales:ZXUtY2VudHJhbC0xLmF3cy5leGFtcGxlLmNvbSRhYmMkZGVm";
        assert_eq!(cloud(id).as_deref(), Some("abc.eu-central-1.aws.example.com"));
        assert_eq!(cloud("sales:ZXhhbXBsZQ=="), None);
        assert_eq!(cloud("x"), None);
    }
}
