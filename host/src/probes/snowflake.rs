//! Snowflake: the login request of its drivers, and the end of the session that it begins.

use http::header::{ACCEPT, AUTHORIZATION};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::climber::{Climber, is_encrypted};
use super::http::Ask;
use super::jwt::Signer;
use super::ladder::Climb;
use super::sigv4::query;
use crate::model::{Rung, Secret};

const JSON: &str = "application/json";
/// How long a token is good for, in seconds.
const LIFETIME: i64 = 60;

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let base = address(on)?;
    let account = account(on, &base);
    let login = login(on, &account)?;
    let names = [
        ("warehouse", "warehouse"),
        ("role", "roleName"),
        ("database", "databaseName"),
        ("schema", "schemaName"),
    ];
    let given: Vec<(&str, String)> =
        names.iter().filter_map(|(field, name)| Some((*name, on.text(field)?))).collect();
    let pairs: Vec<(&str, &str)> =
        given.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = json!({"data": login}).to_string();
    let url = below(&base, "session/v1/login-request", &pairs);
    let answer = on.ask(Ask::post(url, JSON, body).header(ACCEPT, JSON)).await?;
    let json = answer.json();
    let Some(is_in) = json["success"].as_bool() else {
        return Err(on.ladder.fail(format!("what answers is not Snowflake: {}", answer.words())));
    };
    on.ladder.pass("Snowflake");
    on.ladder.begin(Rung::Credential);
    if !is_in {
        let message = json["message"].as_str().unwrap_or_default();
        let code = json["code"].as_str().unwrap_or_default();
        return Err(on.ladder.fail(format!("the login is not accepted: {message} ({code})")));
    }
    on.ladder.pass("the login is accepted");
    leave(on, &base, &json).await;
    match on.text("database") {
        Some(database) => Err(on.ladder.skip(
            Rung::Target,
            format!(
                "whether database `{database}` is there was not asked: it would start a warehouse"
            ),
        )),
        None => Ok(()),
    }
}

/// Names of accounts may have an underscore, and names of hosts may not.
fn address(on: &mut Climber<'_>) -> Climb<Url> {
    let mut url = on.address()?;
    let host = url.host_str().unwrap_or_default().replace('_', "-");
    match url.set_host(Some(&host)) {
        Ok(()) => Ok(url),
        Err(_) => Err(on.ladder.fail(format!("`{host}` is not the name of a server"))),
    }
}

/// The account without region and cloud.
fn account(on: &Climber<'_>, base: &Url) -> String {
    let name = on.text("account").unwrap_or_else(|| base.host_str().unwrap_or_default().to_owned());
    name.split('.').next().unwrap_or_default().to_uppercase()
}

fn login(on: &mut Climber<'_>, account: &str) -> Climb<Value> {
    let text = |secret: Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let agent = json!({"APPLICATION": "connhub"});
    let base = json!({
        "CLIENT_APP_ID": "connhub", "CLIENT_APP_VERSION": env!("CARGO_PKG_VERSION"),
        "CLIENT_ENVIRONMENT": agent, "ACCOUNT_NAME": account,
    });
    let user = on.text("username");
    let own = match on.method().as_str() {
        "password" => json!({"LOGIN_NAME": user, "PASSWORD": text(on.login("password")?)}),
        "key_pair" => {
            let token = key_token(on, account, user.as_deref().unwrap_or_default())?;
            json!({"LOGIN_NAME": user, "AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": text(token)})
        }
        _ => {
            let token = text(on.login("token")?);
            // Only a programmatic token goes with a name.
            let way = if user.is_some() { "PROGRAMMATIC_ACCESS_TOKEN" } else { "OAUTH" };
            json!({"LOGIN_NAME": user, "AUTHENTICATOR": way, "TOKEN": token})
        }
    };
    let mut login = base;
    if let (Value::Object(login), Value::Object(own)) = (&mut login, own) {
        login.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Ok(login)
}

fn key_token(on: &mut Climber<'_>, account: &str, user: &str) -> Climb<Secret> {
    let key = on.login("private_key")?;
    on.ladder.begin(Rung::Credential);
    if is_encrypted(key.expose()) {
        let message = "`private_key` is encrypted, and encrypted keys cannot be used here";
        return Err(on.ladder.skip(Rung::Credential, message));
    }
    let signed = Signer::of_pem(key.expose()).and_then(|signer| {
        let subject = format!("{account}.{}", user.to_uppercase());
        let issuer = format!("{subject}.SHA256:{}", signer.fingerprint());
        let now = Timestamp::now().as_second();
        let claims = json!({"iss": issuer, "sub": subject, "iat": now, "exp": now + LIFETIME});
        signer.token(&json!({"alg": "RS256", "typ": "JWT"}), &claims)
    });
    match signed {
        Ok(token) => {
            on.ladder.hide(&token);
            Ok(token)
        }
        Err(why) => Err(on.ladder.fail(why)),
    }
}

/// Ends the session. If that fails, it ends by itself.
async fn leave(on: &mut Climber<'_>, base: &Url, json: &Value) {
    let Some(token) = json["data"]["token"].as_str() else { return };
    on.ladder.hide(&Secret::from(token.to_owned()));
    let url = below(base, "session", &[("delete", "true")]);
    let ask = Ask::post(url, JSON, "{}".to_owned())
        .header(ACCEPT, JSON)
        .header(AUTHORIZATION, &format!("Snowflake Token=\"{token}\""));
    let before = on.ladder.steps();
    let _ = on.ask(ask).await;
    on.ladder.restore(before);
}

fn below(base: &Url, path: &str, pairs: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query((!pairs.is_empty()).then(|| query(pairs)).as_deref());
    url
}
