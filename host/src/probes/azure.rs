//! Azure Storage: a list of one entry of the container, or of one container.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use ring::hmac;
use url::Url;

use super::climber::Climber;
use super::google::access_token;
use super::http::{Answer, Ask};
use super::ladder::Climb;
use super::sigv4::{encoded, query};
use crate::model::{Rung, Secret};

const DATE: HeaderName = HeaderName::from_static("x-ms-date");
const VERSION: HeaderName = HeaderName::from_static("x-ms-version");
const AUTHORIZATION: HeaderName = http::header::AUTHORIZATION;
/// The interface as it was in this version, which every storage account and emulator knows.
const AS_OF: &str = "2021-08-06";
const SCOPE: &str = "https://storage.azure.com/.default";
/// Where applications log in, by the domain of the cloud.
const LOGINS: [(&str, &str); 2] = [
    ("core.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
    ("core.usgovcloudapi.net", "https://login.microsoftonline.us"),
];
const PUBLIC_LOGIN: &str = "https://login.microsoftonline.com";

/// Who asks.
enum Caller {
    Key(Secret),
    Signature(Secret),
    Token(Secret),
    Anybody,
    User,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let base = on.address()?;
    let account = on.text("account_name").unwrap_or_default();
    let caller = caller(on).await?;
    let container = on.text("container");
    let ask = match signed(&base, &account, container.as_deref(), &caller) {
        Ok(ask) => ask,
        Err(why) => {
            on.ladder.begin(Rung::Credential);
            return Err(on.ladder.fail(why));
        }
    };
    let answer = on.ask(ask).await?;
    judge(on, &answer, &caller, container.as_deref())
}

async fn caller(on: &mut Climber<'_>) -> Climb<Caller> {
    Ok(match on.method().as_str() {
        "account_key" => Caller::Key(on.login("account_key")?),
        "sas_token" => Caller::Signature(on.login("sas_token")?),
        "service_principal" => Caller::Token(token(on).await?),
        "anonymous" => Caller::Anybody,
        _ => Caller::User,
    })
}

async fn token(on: &mut Climber<'_>) -> Climb<Secret> {
    let secret = on.login("client_secret")?;
    let client = on.login("client_id")?;
    let tenant = on.login("tenant_id")?;
    let suffix = on.text("endpoint_suffix").unwrap_or_default();
    let authority = LOGINS.iter().find(|(domain, _)| *domain == suffix);
    let authority = authority.map_or(PUBLIC_LOGIN, |(_, authority)| authority);
    on.ladder.begin(Rung::Credential);
    let tenant = encoded(&String::from_utf8_lossy(tenant.expose()));
    let url = on.parse(&format!("{authority}/{tenant}/oauth2/v2.0/token"))?;
    let (client, secret) =
        (String::from_utf8_lossy(client.expose()), String::from_utf8_lossy(secret.expose()));
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", &client),
        ("client_secret", &secret),
        ("scope", SCOPE),
    ];
    let answer = on.ask_aside(Ask::form(url, &pairs)).await?;
    access_token(on, &answer)
}

/// What is asked for: its path below the account, and its query. The interface of file systems has words of its own.
fn wanted(base: &Url, container: Option<&str>) -> (String, Vec<(&'static str, &'static str)>) {
    let is_dfs = base.host_str().is_some_and(|host| host.contains(".dfs."));
    match (container, is_dfs) {
        (Some(container), false) => (
            encoded_container(container),
            vec![("comp", "list"), ("maxresults", "1"), ("restype", "container")],
        ),
        (Some(container), true) => (
            encoded_container(container),
            vec![("maxResults", "1"), ("recursive", "false"), ("resource", "filesystem")],
        ),
        (None, false) => (String::new(), vec![("comp", "list"), ("maxresults", "1")]),
        (None, true) => (String::new(), vec![("maxResults", "1"), ("resource", "account")]),
    }
}

/// `$root` and `$web` are names of containers.
fn encoded_container(container: &str) -> String {
    encoded(container).replace("%24", "$")
}

fn signed(
    base: &Url,
    account: &str,
    container: Option<&str>,
    caller: &Caller,
) -> Result<Ask, &'static str> {
    let (path, pairs) = wanted(base, container);
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(Some(&query(&pairs)));
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Caller::Signature(signature) = caller {
        let signature = String::from_utf8_lossy(signature.expose()).into_owned();
        let all = format!("{}&{}", query(&pairs), signature.trim().trim_start_matches('?'));
        url.set_query(Some(&all));
    }
    let ask = Ask::get(url).header(VERSION, AS_OF);
    Ok(match caller {
        Caller::Key(key) => {
            let key = STANDARD.decode(key.expose().trim_ascii()).map(Secret::new);
            let key = key.map_err(|_| "`account_key` is not in base64")?;
            let text = to_sign(&date, account, ask.url.path(), &pairs);
            let signature =
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), text.as_bytes());
            let signature = STANDARD.encode(signature);
            ask.header(DATE, &date)
                .header(AUTHORIZATION, &format!("SharedKey {account}:{signature}"))
        }
        Caller::Token(token) => ask.header(DATE, &date).bearer(token),
        Caller::Signature(_) | Caller::Anybody | Caller::User => ask,
    })
}

/// The string to sign of a GET without a body: eleven headers that it does not have, those of the service, and what is asked for.
fn to_sign(date: &str, account: &str, path: &str, pairs: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, &str)> =
        pairs.iter().map(|(name, value)| (name.to_lowercase(), *value)).collect();
    pairs.sort();
    let pairs: String = pairs.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
    let headers = format!("x-ms-date:{date}\nx-ms-version:{AS_OF}\n");
    format!("GET{}{headers}/{account}{path}{pairs}", "\n".repeat(12))
}

fn judge(
    on: &mut Climber<'_>,
    answer: &Answer,
    caller: &Caller,
    container: Option<&str>,
) -> Climb<()> {
    let Some(_) = answer.header("x-ms-request-id").or(answer.header("x-ms-version")) else {
        return Err(on
            .ladder
            .fail(format!("what answers is not Azure Storage: {}", answer.words())));
    };
    let json = answer.json();
    let code =
        answer.header("x-ms-error-code").or(json["error"]["code"].as_str()).unwrap_or_default();
    if answer.status.is_server_error() {
        return Err(on.ladder.fail(format!("{}: {code}", answer.words())));
    }
    on.ladder.pass("Azure Storage");
    let says = if code.is_empty() { answer.words() } else { format!("{}: {code}", answer.words()) };
    if matches!(caller, Caller::User) {
        let message = "the login is that of whoever uses the connection";
        return Err(on.ladder.skip(Rung::Credential, message));
    }
    let is_login = !matches!(caller, Caller::Anybody);
    let is_refused = answer.status == StatusCode::UNAUTHORIZED
        || matches!(
            code,
            "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation"
        );
    on.ladder.begin(Rung::Credential);
    match (is_login, is_refused) {
        (true, true) => return Err(on.ladder.fail(format!("the login is not accepted ({says})"))),
        (true, false) => on.ladder.pass("the login is accepted"),
        (false, _) => {}
    }
    let Some(container) = container else {
        return Ok(());
    };
    on.ladder.begin(Rung::Target);
    match answer.status {
        StatusCode::OK => on.ladder.pass(format!("container `{container}` is there")),
        StatusCode::NOT_FOUND => {
            return Err(on.ladder.fail(format!("there is no container `{container}` ({says})")));
        }
        StatusCode::FORBIDDEN if is_login => {
            let message = format!("the login may not list container `{container}` ({says})");
            return Err(on.ladder.skip(Rung::Target, message));
        }
        _ => return Err(on.ladder.fail(format!("container `{container}`: {says}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of a list of containers on the page above, with the date of ours as the header of the service.
    #[test]
    fn what_is_signed_is_what_microsoft_publishes() {
        let text = to_sign(
            "Fri, 26 Jun 2015 23:39:12 GMT",
            "myaccount",
            "/mycontainer",
            &[("restype", "container"), ("comp", "metadata"), ("timeout", "20")],
        );
        let expected = "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n\
            x-ms-version:2021-08-06\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_shared_access_signature_is_sent_as_it_is() {
        let base = Url::parse("https://a.blob.core.windows.net").unwrap();
        let signature = Caller::Signature(Secret::from("?sv=1&sig=a%2Fb%3D".to_owned()));
        let ask = signed(&base, "a", Some("$web"), &signature).unwrap();
        assert_eq!(ask.url.path(), "/$web");
        let query = "comp=list&maxresults=1&restype=container&sv=1&sig=a%2Fb%3D";
        assert_eq!(ask.url.query(), Some(query));
        let key = Caller::Key(Secret::from("not base64!".to_owned()));
        assert!(signed(&base, "a", None, &key).is_err());
        let dfs = Url::parse("https://a.dfs.core.windows.net").unwrap();
        let ask = signed(&dfs, "a", Some("raw"), &Caller::Anybody).unwrap();
        assert_eq!(ask.url.query(), Some("maxResults=1&recursive=false&resource=filesystem"));
    }
}
