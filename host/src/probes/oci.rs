//! Registries: the page `/v2/`, with a token if the registry asks for one.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use super::climber::Climber;
use super::http::{Answer, Ask};
use super::ladder::Climb;
use crate::fetch::{Credentials, Login, parameters};
use crate::model::{Rung, Secret};

/// Docker's registry has another name than people know it by.
const DOCKER: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    on.ladder.begin(Rung::Address);
    let place = on.text("host").unwrap_or_default();
    let (registry, organization) = place.split_once('/').unwrap_or((&place, ""));
    let login = login(on, registry, organization)?;
    let host = if registry == DOCKER.0 { DOCKER.1 } else { registry };
    let scheme = if is_this_machine(registry) { "http" } else { "https" };
    let url = on.parse(&format!("{scheme}://{host}/v2/"))?;
    let answer = on.ask(Ask::get(url.clone())).await?;
    let challenge = answer.header(WWW_AUTHENTICATE.as_str()).unwrap_or_default().to_owned();
    if answer.status == StatusCode::OK {
        return open(on, &answer, login.is_some());
    }
    if answer.status != StatusCode::UNAUTHORIZED || challenge.is_empty() {
        return Err(on.ladder.fail(format!("what answers is no registry: {}", answer.words())));
    }
    on.ladder.pass("a registry that asks for a login");
    on.ladder.begin(Rung::Credential);
    let ask = match challenge.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            let token = token(on, rest, login.as_ref()).await?;
            Ask::get(url).bearer(&token)
        }
        _ => match &login {
            Some(login) => Ask::get(url).basic(&login.user, &login.password),
            None => {
                return Err(on
                    .ladder
                    .fail("the registry is not public, and the connection has no login"));
            }
        },
    };
    let answer = on.ask(ask).await?;
    on.ladder.begin(Rung::Credential);
    match (answer.status, login) {
        (StatusCode::OK, Some(login)) => on.ladder.pass(format!("`{}` is logged in", login.user)),
        (StatusCode::OK, None) => {}
        _ => return Err(on.ladder.fail(format!("the login is not accepted, {}", answer.words()))),
    }
    Ok(())
}

/// As other clients do: without TLS only on this machine.
fn is_this_machine(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host == "127.0.0.1"
}

fn login(on: &mut Climber<'_>, registry: &str, organization: &str) -> Climb<Option<Login>> {
    match on.method().as_str() {
        "anonymous" => Ok(None),
        "password" => {
            let user = on.login("username")?;
            let user = String::from_utf8_lossy(user.expose()).into_owned();
            Ok(Some(Login { user, password: on.login("password")? }))
        }
        _ => {
            let file = on.login("dockerconfigjson")?;
            let mut logins = Credentials::default();
            on.ladder.begin(Rung::Credential);
            if logins.add(file.expose()).is_err() {
                return Err(on.ladder.fail("`dockerconfigjson` is no file of logins"));
            }
            match logins.login(registry, organization) {
                Some(login) => {
                    on.ladder.hide(&login.password);
                    Ok(Some(login.clone()))
                }
                None => {
                    Err(on.ladder.fail(format!("`dockerconfigjson` has no login for `{registry}`")))
                }
            }
        }
    }
}

fn open(on: &mut Climber<'_>, answer: &Answer, has_login: bool) -> Climb<()> {
    let is_registry = answer.headers.contains_key("docker-distribution-api-version")
        || answer.body.trim_ascii() == b"{}"
        || answer.body.is_empty();
    if !is_registry {
        return Err(on.ladder.fail(format!("what answers is no registry: {}", answer.words())));
    }
    on.ladder.pass("a registry");
    match has_login {
        true => Err(on.ladder.skip(Rung::Credential, "not tried: the registry asks for no login")),
        false => Ok(()),
    }
}

async fn token(on: &mut Climber<'_>, challenge: &str, login: Option<&Login>) -> Climb<Secret> {
    let parameters = parameters(challenge);
    let realm = parameters.get("realm").cloned().unwrap_or_default();
    let mut realm = on.parse(&realm)?;
    if let Some(service) = parameters.get("service") {
        realm.query_pairs_mut().append_pair("service", service);
    }
    let ask = match login {
        Some(login) => Ask::get(realm).basic(&login.user, &login.password),
        None => Ask::get(realm),
    };
    let answer = on.ask_aside(ask).await?;
    let json = answer.json();
    let token = json["token"].as_str().or(json["access_token"].as_str());
    match token {
        Some(token) if answer.status == StatusCode::OK => {
            let token = Secret::from(token.to_owned());
            on.ladder.hide(&token);
            Ok(token)
        }
        _ => {
            let reason = json["errors"][0]["message"].as_str().or(json["details"].as_str());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            Err(on.ladder.fail(format!("the login is not accepted, {}{reason}", answer.words())))
        }
    }
}
