//! Credentials for HTTP services: where they come from and how they are sent.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::config::{Login, Scheme, SecretSource};
use super::error::{Failure, HttpError};
use crate::model::Secret;
use crate::programs::{Program, Terminal};

/// How long a program may take to print a credential.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// The most that a credential file may hold, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// A credential as it is sent.
#[derive(Debug)]
pub struct Resolved {
    /// The header that carries it.
    pub header: (HeaderName, HeaderValue),
    /// The header that carries it once the first was answered with 401.
    pub fallback: Option<(HeaderName, HeaderValue)>,
    /// Everything about it that is secret.
    pub secrets: Vec<Secret>,
}

/// The headers that a login uses, which a connector may not set.
pub fn headers(login: &Login) -> Vec<HeaderName> {
    let own = match &login.scheme {
        Scheme::Bearer | Scheme::Basic { .. } => AUTHORIZATION,
        Scheme::Header(name) => name.clone(),
    };
    login.fallback_header.clone().into_iter().chain([own]).collect()
}

/// Reads the credential, and returns what the user should know about where it came from.
///
/// # Errors
/// There is none, or it cannot be read.
pub async fn credential(login: &Login, place: &str) -> Result<(Secret, Vec<String>), HttpError> {
    let (credential, warnings) = read(&login.source, place).await?;
    if credential.is_empty() {
        let message = format!("the credential for {place} is empty");
        return Err(unauthenticated(message, "set it where `login` says"));
    }
    Ok((credential, warnings))
}

/// Puts a credential, or the token that it was exchanged for, into its header.
///
/// # Errors
/// It cannot be sent.
pub fn resolve(login: &Login, credential: &Secret, place: &str) -> Result<Resolved, HttpError> {
    let mut secrets = vec![credential.clone()];
    let header = match &login.scheme {
        Scheme::Bearer => (AUTHORIZATION, value(place, &[b"Bearer ", credential.expose()])?),
        Scheme::Header(name) => (name.clone(), value(place, &[credential.expose()])?),
        Scheme::Basic { user } => {
            let pair = Zeroizing::new([user.as_bytes(), b":", credential.expose()].concat());
            let encoded = Secret::from(STANDARD.encode(&*pair));
            let header = value(place, &[b"Basic ", encoded.expose()])?;
            secrets.push(encoded);
            (AUTHORIZATION, header)
        }
    };
    let fallback = match &login.fallback_header {
        Some(name) => Some((name.clone(), value(place, &[credential.expose()])?)),
        None => None,
    };
    Ok(Resolved { header, fallback, secrets })
}

async fn read(source: &SecretSource, place: &str) -> Result<(Secret, Vec<String>), HttpError> {
    match source {
        SecretSource::Environment { value: Some(value), .. } => {
            Ok((trimmed(value.expose()), vec![]))
        }
        SecretSource::Environment { name, value: None } => Err(unauthenticated(
            format!("there is no credential for {place}: `{name}` is not set"),
            format!("export {name}=…"),
        )),
        SecretSource::File(path) => read_file(path, place),
        SecretSource::Command(command) => {
            read_command(command, place).await.map(|secret| (secret, vec![]))
        }
    }
}

fn read_file(path: &Path, place: &str) -> Result<(Secret, Vec<String>), HttpError> {
    let failure = |source: std::io::Error| {
        let message = format!("the credential for {place} cannot be read");
        HttpError::Unauthenticated(
            Failure::new(message).hint("name a file that you can read").because(source),
        )
    };
    let file = fs_err::File::open(path).map_err(failure)?;
    let warnings = warnings(&file.metadata().map_err(failure)?, path);
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 << 10));
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failure)?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("the credential file `{}` has more than 64 KiB", path.display());
        return Err(unauthenticated(message, "name the file that holds the token alone"));
    }
    Ok((trimmed(&bytes), warnings))
}

#[cfg(unix)]
fn warnings(metadata: &std::fs::Metadata, path: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Vec::new();
    }
    let path = path.display();
    vec![format!("the credential file `{path}` can be read by others; run `chmod 600 {path}`")]
}

#[cfg(not(unix))]
fn warnings(_: &std::fs::Metadata, _: &Path) -> Vec<String> {
    Vec::new()
}

async fn read_command(command: &[String], place: &str) -> Result<Secret, HttpError> {
    let Some(program) = Program::of(command, Terminal::Absent) else {
        let message = format!("the `command` of the login for {place} is empty");
        return Err(HttpError::Config(Failure::new(message)));
    };
    let program = Program { limit: COMMAND_LIMIT, ..program };
    let printed = program.output().await.map_err(|source| {
        let message = format!("the program that prints the credential for {place} did not");
        let hint = format!("run `{}` to see why", command.join(" "));
        HttpError::Unauthenticated(Failure::new(message).hint(hint).because(source))
    })?;
    Ok(trimmed(&printed))
}

fn trimmed(bytes: &[u8]) -> Secret {
    Secret::new(bytes.trim_ascii().to_vec())
}

fn value(place: &str, parts: &[&[u8]]) -> Result<HeaderValue, HttpError> {
    let bytes = Zeroizing::new(parts.concat());
    // The cause would say nothing but this, and the value must not be quoted.
    let mut value = HeaderValue::from_bytes(&bytes).map_err(|_| {
        let message = format!("the credential for {place} holds line breaks or control characters");
        unauthenticated(message, "store the token on one line")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn unauthenticated(message: String, hint: impl Into<String>) -> HttpError {
    HttpError::Unauthenticated(Failure::new(message).hint(hint))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn login(scheme: Scheme, source: SecretSource) -> Login {
        Login { scheme, source, fallback_header: None, exchange: None }
    }

    fn environment(value: Option<&str>) -> SecretSource {
        let value = value.map(|value| Secret::from(value.to_owned()));
        SecretSource::Environment { name: "TOKEN".to_owned(), value }
    }

    async fn read_and_resolve(login: &Login) -> Result<Resolved, HttpError> {
        resolve(login, &credential(login, "`place`").await?.0, "`place`")
    }

    async fn check(login: Login, expected: &str) {
        let resolved = read_and_resolve(&login).await.unwrap();
        let (name, value) = &resolved.header;
        assert_eq!(format!("{name}: {}", value.to_str().unwrap()), expected);
        assert!(value.is_sensitive());
    }

    #[tokio::test]
    async fn credentials_are_sent_as_the_scheme_says() {
        check(login(Scheme::Bearer, environment(Some("t0ken\n"))), "authorization: Bearer t0ken")
            .await;
        let header = Scheme::Header("apikey".parse().unwrap());
        check(login(header, environment(Some("t0ken"))), "apikey: t0ken").await;
        let basic = Scheme::Basic { user: "ann".to_owned() };
        check(login(basic, environment(Some("pw"))), "authorization: Basic YW5uOnB3").await;
        let echo = ["printf", "%s\n", "t0ken"].map(str::to_owned).to_vec();
        check(login(Scheme::Bearer, SecretSource::Command(echo)), "authorization: Bearer t0ken")
            .await;
    }

    #[tokio::test]
    async fn what_is_missing_is_said_with_a_hint() {
        let check = async |source: SecretSource, message: &str, hint: &str| {
            let error = read_and_resolve(&login(Scheme::Bearer, source)).await.unwrap_err();
            assert!(matches!(error, HttpError::Unauthenticated(_)), "{error:?}");
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
        };
        check(environment(None), "`TOKEN` is not set", "export TOKEN").await;
        check(environment(Some(" \n")), "is empty", "login").await;
        check(environment(Some("a\nb")), "line breaks", "one line").await;
        check(SecretSource::File("/no/such/file".into()), "cannot be read", "can read").await;
        check(SecretSource::Command(vec!["false".into()]), "did not", "run `false`").await;
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_pointed_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs_err::write(&path, "t0ken\n").unwrap();
        for (mode, warnings) in [(0o600, 0), (0o644, 1)] {
            fs_err::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let source = SecretSource::File(path.clone());
            let read = credential(&login(Scheme::Bearer, source), "`place`").await.unwrap();
            assert_eq!(read.1.len(), warnings, "{mode:o}");
            assert_eq!(read.0, Secret::from("t0ken".to_owned()));
        }
    }
}
