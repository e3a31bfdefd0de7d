//! Where a component is.

use std::fmt;
use std::path::{Path, PathBuf};

use regex_lite::Regex;
use url::Url;

use crate::model::Error;

/// Where a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// An address.
    Url(Url),
    /// A registry.
    Registry(Reference),
}

/// An image of a registry, as the distribution specification of OCI writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Host, and port if it is not the usual one.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag; none if a digest alone is named.
    pub tag: Option<String>,
    /// The digest of the manifest, `sha256:` included.
    pub digest: Option<String>,
}

impl Source {
    /// Reads what a user typed: `oci://…`, `https://…`, else a path.
    ///
    /// # Errors
    /// It is an address that cannot be used.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("oci://") {
            return Reference::parse(rest).map(Self::Registry);
        }
        match text.split_once("://") {
            None => Ok(Self::File(PathBuf::from(text))),
            Some(("file", path)) => Ok(Self::File(PathBuf::from(path))),
            Some(("http" | "https", _)) => address(text).map(Self::Url),
            Some((scheme, _)) => {
                Err(Error::invalid(format!("components are not fetched by `{scheme}://`"))
                    .hint("use a path, `https://HOST/FILE.wasm` or `oci://HOST/REPOSITORY:TAG`"))
            }
        }
    }

    /// The same source, a path made absolute below a folder.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            other => other,
        }
    }

    /// What a connector from there is called unless the user says something else.
    pub fn name(&self) -> Option<String> {
        let last = match self {
            Self::File(path) => path.file_stem()?.to_str()?.to_owned(),
            Self::Url(url) => {
                let last = url.path_segments()?.next_back()?;
                last.strip_suffix(".wasm").unwrap_or(last).to_owned()
            }
            Self::Registry(reference) => reference.repository.split('/').next_back()?.to_owned(),
        };
        Some(last.to_lowercase().replace(['_', '.'], "-"))
    }
}

fn address(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text)
        .map_err(|error| Error::invalid(format!("`{text}` is not an address")).because(error))?;
    if !url.username().is_empty() || url.password().is_some() {
        // It is not quoted: it would be kept in the lock and in the history of the shell.
        return Err(Error::invalid("an address with a login in it is not fetched"));
    }
    Ok(url)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => write!(f, "{url}"),
            Self::Registry(reference) => write!(f, "oci://{reference}"),
        }
    }
}

impl Reference {
    /// Registry and repository.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Reads `HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`. Without tag and digest the tag is `latest`.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::invalid(format!("`oci://{text}` {what}")).hint(
                "write it as `oci://HOST/REPOSITORY:TAG` or `oci://HOST/REPOSITORY@sha256:DIGEST`",
            )
        };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let (registry, path) = name.split_once('/').ok_or_else(|| wrong("names no repository"))?;
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, digest.is_none().then_some("latest")),
        };
        let is = |pattern: &str, text: &str| {
            Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
        };
        // The grammar of distribution/reference.
        if !is(r"^([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$", registry) {
            return Err(wrong("names no registry"));
        }
        const PART: &str = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*";
        if !is(&format!("^{PART}(/{PART})*$"), repository) {
            return Err(wrong("names no repository"));
        }
        if !tag.is_none_or(|tag| is("^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$", tag)) {
            return Err(wrong("has a tag that cannot be"));
        }
        if !digest.is_none_or(|digest| is("^sha256:[0-9a-f]{64}$", digest)) {
            return Err(wrong("has a digest that is not `sha256:` and 64 hexadecimal digits"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The address of the registry's interface.
    pub(super) fn base(&self) -> Result<Url, Error> {
        let host = match self.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let url = |scheme: &str| Url::parse(&format!("{scheme}://{host}/"));
        let is_local = url("http").is_ok_and(|url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        });
        // As docker and podman do: a registry of this machine has no certificate.
        url(if is_local { "http" } else { "https" }).map_err(|error| {
            Error::invalid(format!("`{}` is not the name of a registry", self.registry))
                .because(error)
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart_and_named() {
        let check = |text: &str, shown: &str, name: &str| {
            let source = Source::parse(text).unwrap();
            assert_eq!(source.to_string(), shown);
            assert_eq!(source.name().as_deref(), Some(name), "{text}");
        };
        check("dir/My_Connector.wasm", "dir/My_Connector.wasm", "my-connector");
        check("file:///x/a.wasm", "/x/a.wasm", "a");
        check("https://h/p/acme.wasm?x=1", "https://h/p/acme.wasm?x=1", "acme");
        check("oci://h:5000/team/acme:1.2", "oci://h:5000/team/acme:1.2", "acme");
        check("oci://h/acme", "oci://h/acme:latest", "acme");
        let digest = format!("sha256:{}", "a".repeat(64));
        check(&format!("oci://h/acme@{digest}"), &format!("oci://h/acme@{digest}"), "acme");
        check(&format!("oci://h/acme:1@{digest}"), &format!("oci://h/acme:1@{digest}"), "acme");
    }

    #[test]
    fn what_is_no_source_is_refused() {
        for wrong in [
            "ftp://h/x",
            "https://",
            "https://ann:s3cret@h/x",
            "oci://h",
            "oci://h/",
            "oci://h/UPPER",
            "oci://h/a/../b",
            "oci://h/a:b:c",
            "oci://h/a@sha256:abc",
            "oci://h/a@md5:abc",
            "oci://h?x/a",
            "oci:///a",
        ] {
            let error = Source::parse(wrong).unwrap_err();
            assert!(!error.message.contains("s3cret"), "{}", error.message);
        }
    }

    #[test]
    fn only_a_registry_of_this_machine_has_no_tls() {
        let check = |text: &str, base: &str| {
            assert_eq!(Reference::parse(text).unwrap().base().unwrap().as_str(), base);
        };
        check("localhost:5000/a", "http://localhost:5000/");
        check("127.0.0.1:5000/a", "http://127.0.0.1:5000/");
        check("localhost.example.com/a", "https://localhost.example.com/");
        check("docker.io/a/b", "https://registry-1.docker.io/");
    }
}
