//! Google Cloud: a token for the key of a service account, and with it one look at the bucket or the dataset.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::climber::Climber;
use super::http::{Answer, Ask};
use super::jwt::Signer;
use super::ladder::Climb;
use super::sigv4::{encoded, query};
use crate::model::{Rung, Secret};

const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE_STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";
const SCOPE_BIGQUERY: &str = "https://www.googleapis.com/auth/bigquery.readonly";
/// How long a token is wanted for, in seconds.
const LIFETIME: i64 = 300;

/// Who asks.
enum Caller {
    Known(Secret),
    Anybody,
    User,
}

/// Tests a connection to Cloud Storage: a list of one object needs no more rights than reading them.
pub async fn climb_gcs(on: &mut Climber<'_>) -> Climb<()> {
    let base = on.address()?;
    let caller = caller(on, SCOPE_STORAGE).await?;
    let bucket = on.text("bucket");
    let prefix = on.text("prefix").unwrap_or_default();
    let (path, pairs) = match &bucket {
        Some(bucket) => (
            format!("storage/v1/b/{}/o", encoded(bucket)),
            vec![("maxResults", "1"), ("fields", "kind"), ("prefix", prefix.as_str())],
        ),
        None => ("storage/v1/b".to_owned(), vec![("maxResults", "1"), ("fields", "kind")]),
    };
    let project = project(on);
    let mut pairs = pairs;
    if let (None, Some(project)) = (&bucket, &project) {
        pairs.push(("project", project));
    }
    let target = bucket.map(|bucket| format!("bucket `{bucket}`"));
    look(on, below(&base, &path, &pairs), &caller, target).await
}

/// Tests a connection to BigQuery.
pub async fn climb_bigquery(on: &mut Climber<'_>) -> Climb<()> {
    let base = on.address()?;
    let caller = caller(on, SCOPE_BIGQUERY).await?;
    let project = encoded(&project(on).unwrap_or_default());
    let datasets = format!("bigquery/v2/projects/{project}/datasets");
    let dataset = on.text("dataset");
    let url = match &dataset {
        Some(dataset) => {
            below(&base, &format!("{datasets}/{}", encoded(dataset)), &[("fields", "id")])
        }
        None => below(&base, &datasets, &[("maxResults", "1"), ("fields", "kind")]),
    };
    look(on, url, &caller, dataset.map(|dataset| format!("dataset `{dataset}`"))).await
}

fn below(base: &Url, path: &str, pairs: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(Some(&query(pairs)));
    url
}

fn project(on: &Climber<'_>) -> Option<String> {
    on.text("project_id").or_else(|| key_file(on)?["project_id"].as_str().map(str::to_owned))
}

fn key_file(on: &Climber<'_>) -> Option<Value> {
    serde_json::from_slice(on.secret("service_account_key")?.expose()).ok()
}

async fn caller(on: &mut Climber<'_>, scope: &str) -> Climb<Caller> {
    match on.method().as_str() {
        "service_account_key" => {
            on.login("service_account_key")?;
            on.ladder.begin(Rung::Credential);
            Ok(Caller::Known(token(on, scope).await?))
        }
        "anonymous" => Ok(Caller::Anybody),
        _ => Ok(Caller::User),
    }
}

async fn token(on: &mut Climber<'_>, scope: &str) -> Climb<Secret> {
    let file = key_file(on).unwrap_or_default();
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    if text("type") != "service_account" {
        let message = format!("keys of the type `{}` are not tried", text("type"));
        return Err(on.ladder.skip(Rung::Credential, message));
    }
    let key = Secret::from(text("private_key"));
    on.ladder.hide(&key);
    let uri = Some(text("token_uri")).filter(|uri| !uri.is_empty());
    let uri = uri.unwrap_or_else(|| TOKEN_URI.to_owned());
    let now = Timestamp::now().as_second();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": text("private_key_id")});
    let claims = json!({
        "iss": text("client_email"), "scope": scope, "aud": uri, "iat": now, "exp": now + LIFETIME,
    });
    let signed = Signer::of_pem(key.expose()).and_then(|signer| signer.token(&header, &claims));
    let assertion = match signed {
        Ok(assertion) => assertion,
        Err(why) => return Err(on.ladder.fail(why)),
    };
    on.ladder.hide(&assertion);
    let url = on.parse(&uri)?;
    let assertion = String::from_utf8_lossy(assertion.expose()).into_owned();
    let answer =
        on.ask_aside(Ask::form(url, &[("grant_type", GRANT), ("assertion", &assertion)])).await?;
    access_token(on, &answer)
}

/// The token of an answer to a request for one (RFC 6749 §5).
///
/// # Errors
/// There is none, and why.
pub fn access_token(on: &mut Climber<'_>, answer: &Answer) -> Climb<Secret> {
    let json = answer.json();
    match json["access_token"].as_str() {
        Some(token) if answer.status == StatusCode::OK => {
            let token = Secret::from(token.to_owned());
            on.ladder.hide(&token);
            Ok(token)
        }
        _ => {
            let code = json["error"].as_str().unwrap_or_default();
            let words = json["error_description"].as_str().unwrap_or_default();
            let says = match code {
                "" => answer.words(),
                code => format!("{code}: {words}"),
            };
            Err(on.ladder.fail(format!("no token is given for the login ({says})")))
        }
    }
}

async fn look(
    on: &mut Climber<'_>,
    url: Url,
    caller: &Caller,
    target: Option<String>,
) -> Climb<()> {
    let ask = match caller {
        Caller::Known(token) => Ask::get(url).bearer(token),
        Caller::Anybody | Caller::User => Ask::get(url),
    };
    let answer = on.ask(ask).await?;
    let json = answer.json();
    let message = json["error"]["message"].as_str().unwrap_or_default().to_owned();
    let is_google = json["kind"].is_string() || json["id"].is_string() || !message.is_empty();
    if !is_google || answer.status.is_server_error() {
        return Err(on
            .ladder
            .fail(format!("what answers is not Google's interface: {}", answer.words())));
    }
    on.ladder.pass("Google's JSON interface");
    on.ladder.begin(Rung::Credential);
    match caller {
        Caller::Known(_) if answer.status == StatusCode::UNAUTHORIZED => {
            return Err(on.ladder.fail(format!("the token is not accepted: {message}")));
        }
        Caller::Known(_) => on.ladder.pass("a token is given for the key, and accepted"),
        Caller::User => {
            let message = "the login is that of whoever uses the connection";
            return Err(on.ladder.skip(Rung::Credential, message));
        }
        Caller::Anybody => {}
    }
    let Some(target) = target else { return Ok(()) };
    on.ladder.begin(Rung::Target);
    match answer.status {
        StatusCode::OK => on.ladder.pass(format!("{target} is there")),
        StatusCode::NOT_FOUND => {
            return Err(on.ladder.fail(format!("there is no {target}: {message}")));
        }
        StatusCode::FORBIDDEN if matches!(caller, Caller::Known(_)) => {
            return Err(on
                .ladder
                .skip(Rung::Target, format!("the login may not look into {target}: {message}")));
        }
        _ => return Err(on.ladder.fail(format!("{target}: {message}"))),
    }
    Ok(())
}
