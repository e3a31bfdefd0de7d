//! Logins of registries, as docker and podman keep them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::model::{Error, Secret};

/// A user of a registry.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password or token.
    pub password: Secret,
}

/// Logins by registry, or by registry and the beginning of a repository.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    logins: BTreeMap<String, Login>,
}

/// The file that `docker login` and `podman login` write. What else is in it is none of our business.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<String>,
}

impl Credentials {
    /// Adds the logins of a file; those that are there already stay.
    ///
    /// # Errors
    /// It is not such a file. Its text is not quoted.
    pub fn add(&mut self, json: &[u8]) -> Result<(), Error> {
        // The cause is dropped: it may quote the file.
        let file: File = serde_json::from_slice(json)
            .map_err(|_| Error::invalid("it is no file of logins for registries"))?;
        for (registry, entry) in file.auths {
            let auth = entry.auth.map(Zeroizing::new);
            if let Some(login) = auth.and_then(|auth| login(&auth)) {
                self.logins.entry(normal(&registry)).or_insert(login);
            }
        }
        Ok(())
    }

    /// The login for a repository: that of the longest beginning of its name.
    pub fn login(&self, registry: &str, repository: &str) -> Option<&Login> {
        let mut name = format!("{registry}/{repository}");
        loop {
            if let Some(login) = self.logins.get(&name) {
                return Some(login);
            }
            name.truncate(name.rfind('/')?);
        }
    }
}

/// Docker writes its own registry as an address of an old interface.
fn normal(registry: &str) -> String {
    let name = registry.trim_start_matches("https://").trim_start_matches("http://");
    let name = name.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2");
    match name {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        name => name.to_owned(),
    }
}

fn login(auth: &str) -> Option<Login> {
    let decoded = Zeroizing::new(STANDARD.decode(auth.trim()).ok()?);
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    // Docker ends it with a zero byte in files of old versions.
    let password = password.trim_end_matches('\0');
    Some(Login { user: user.to_owned(), password: Secret::from(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_of_a_name_counts() {
        let auth = |text: &str| STANDARD.encode(text);
        let file = format!(
            "{{\"auths\":{{\"h:5000\":{{\"auth\":\"{}\"}},\"h:5000/team\":{{\"auth\":\"{}\"}},\"https://index.docker.io/v1/\":{{\"auth\":\"{}\"}},\"empty\":{{}}}},\"credsStore\":\"x\"}}",
            auth("ann:a:b"),
            auth("team:t"),
            auth("hub:h")
        );
        let mut credentials = Credentials::default();
        credentials.add(file.as_bytes()).unwrap();
        let check = |registry: &str, repository: &str, expected: Option<(&str, &str)>| {
            let found = credentials.login(registry, repository);
            let found = found.map(|login| {
                (login.user.as_str(), std::str::from_utf8(login.password.expose()).unwrap())
            });
            assert_eq!(found, expected, "{registry}/{repository}");
        };
        check("h:5000", "a/b", Some(("ann", "a:b")));
        check("h:5000", "team/b", Some(("team", "t")));
        check("h:5000", "teams/b", Some(("ann", "a:b")));
        check("docker.io", "a", Some(("hub", "h")));
        check("h", "a", None);
        check("empty", "a", None);
        credentials.add(b"{\"auths\":{\"h:5000\":{\"auth\":\"eDp5\"}}}").unwrap();
        assert_eq!(credentials.login("h:5000", "a").unwrap().user, "ann", "the first file counts");
    }

    #[test]
    fn what_is_no_such_file_is_not_quoted() {
        let error = Credentials::default().add(b"{\"auths\": s3cret}").unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
