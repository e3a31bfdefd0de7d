//! One policy file.

use std::sync::Arc;

use jiff::Timestamp;
use semver::Version;

use super::allow::{AllowRule, parse_digest, parse_version};
use super::ceiling::Ceiling;
use super::form::FileForm;
use super::pattern::SourcePrefix;
use super::position::{At, BadPolicy, Keeper, PolicyDenial, PolicySource, Position};
use super::reader::{Reader, did_you_mean};
use super::signer::{self, Keys, ListedKey, RevokedKey};
use crate::policy::Needs;

/// What one file says.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// Which file it is.
    pub source: Arc<PolicySource>,
    /// The SHA-256 of its text, in lower-case hexadecimal.
    pub sha256: String,
    pub(super) expires: Option<At<Timestamp>>,
    pub(super) min_connhub: Option<At<Version>>,
    pub(super) user_connectors: Option<At<bool>>,
    pub(super) audit_required: Option<At<bool>>,
    pub(super) signature_required: Option<At<bool>>,
    pub(super) sources: Option<At<Vec<SourcePrefix>>>,
    pub(super) forbid: Vec<At<Forbidden>>,
    pub(super) revoked_digests: Vec<At<String>>,
    pub(super) revoked_keys: Vec<At<RevokedKey>>,
    pub(super) keys: Keys,
    pub(super) allow: Vec<AllowRule>,
    pub(super) ceilings: Vec<Arc<Ceiling>>,
}

/// What can be forbidden as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// The bytes of secrets.
    Reveal,
    /// Requests.
    Http,
    /// The sealed store.
    Vault,
    /// Programs that a connector asks for.
    Command,
    /// Programs that print a credential: `command` of a login, `exec` of a kubeconfig.
    LoginCommand,
}

const FORBIDDEN: [(&str, Forbidden); 5] = [
    ("reveal", Forbidden::Reveal),
    ("http", Forbidden::Http),
    ("vault", Forbidden::Vault),
    ("command", Forbidden::Command),
    ("login-command", Forbidden::LoginCommand),
];

impl Forbidden {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        FORBIDDEN.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| word)
    }

    /// Whether a connector that needs this much cannot run without it.
    pub fn is_needed(self, needs: &Needs) -> bool {
        match self {
            Self::Reveal => needs.reveal.is_some(),
            Self::Http => !needs.endpoints.is_empty(),
            Self::Vault => needs.vault.is_some(),
            Self::Command => needs.commands.iter().any(|command| !command.optional),
            // A matter of the login, which is decided when one is made.
            Self::LoginCommand => false,
        }
    }
}

impl PolicyFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(path: &str, keeper: Keeper, text: &str) -> Result<Self, Vec<BadPolicy>> {
        let path: Arc<str> = Arc::from(path);
        let mut reader = Reader::new(Arc::clone(&path), text);
        let form: FileForm = toml::from_str(text).map_err(|error| vec![syntax(&error, &reader)])?;
        let source = Arc::new(PolicySource { path, keeper, contact: form.contact.clone() });
        let file = Self::read(&form, source, digest(text.as_bytes()), &mut reader);
        match reader.into_problems() {
            problems if problems.is_empty() => Ok(file),
            problems => Err(problems),
        }
    }

    fn read(
        form: &FileForm,
        source: Arc<PolicySource>,
        sha256: String,
        reader: &mut Reader<'_>,
    ) -> Self {
        if *form.version.get_ref() != 1 {
            let position = reader.position(&form.version);
            reader.problem(
                position,
                format!(
                    "`version = {}` is unknown, this connhub reads version 1",
                    form.version.get_ref()
                ),
            );
        }
        let keys = read_keys(form, reader);
        let allow = form.allow.iter().map(|rule| {
            let position = reader.position(rule);
            AllowRule::read(rule.get_ref(), position, &keys, reader)
        });
        let allow = allow.collect();
        let ceilings = form.ceiling.iter().map(|ceiling| {
            let position = reader.position(ceiling);
            Arc::new(Ceiling::read(ceiling.get_ref(), position, &source, reader))
        });
        let ceilings = ceilings.collect();
        let forbid = form.forbid.iter().filter_map(|word| reader.word(word, &FORBIDDEN)).collect();
        let revoked_keys = signer::revoked(&form.revoked_keys, &keys, reader);
        Self {
            sha256,
            expires: reader.end(form.expires.as_ref()),
            min_connhub: reader.optional(form.min_connhub.as_ref(), parse_version),
            user_connectors: reader.plain(form.user_connectors.as_ref()),
            audit_required: reader.plain(form.audit_required.as_ref()),
            signature_required: signature_required(form, &keys, reader),
            sources: form.sources.as_ref().map(|texts| {
                let position = reader.position(texts);
                At { value: reader.values(texts.get_ref(), SourcePrefix::parse), position }
            }),
            forbid,
            revoked_digests: reader.each(&form.revoked_digests, parse_digest),
            revoked_keys,
            keys,
            allow,
            ceilings,
            source,
        }
    }

    /// The keys that it lists.
    pub fn keys(&self) -> impl Iterator<Item = &ListedKey> {
        self.keys.values()
    }

    /// The first line, for what is not about one line.
    pub(super) fn top(&self) -> Position {
        Position { file: Arc::clone(&self.source.path), line: 1 }
    }

    /// A refusal by one of its keys.
    pub(super) fn denial(&self, key: &str, position: &Position, what: String) -> PolicyDenial {
        PolicyDenial {
            what,
            rule: key.to_owned(),
            position: position.clone(),
            who: self.source.who(),
        }
    }

    /// What is no mistake and yet hardly meant.
    pub fn advice(&self) -> Vec<BadPolicy> {
        let mut advice = Vec::new();
        let mut say = |position: Position, problem: &str| {
            advice.push(BadPolicy { position, problem: problem.to_owned(), hint: None });
        };
        if self.allow.is_empty() {
            say(self.top(), "there is no `[[allow]]`, so no connector may run");
        }
        let users_may_add = self.user_connectors.as_ref().is_none_or(|own| own.value);
        let is_weak = |rule: &&AllowRule| !rule.is_about_more_than_a_name();
        if users_may_add && self.signature_required.as_ref().is_none_or(|own| !own.value) {
            for rule in self.allow.iter().filter(is_weak) {
                say(
                    rule.position.clone(),
                    "the rule knows connectors by name alone, and users can give any component that name; add `digests` or `signed-by`, or say `user-connectors = false`",
                );
            }
        }
        advice
    }
}

fn read_keys(form: &FileForm, reader: &mut Reader<'_>) -> Keys {
    let mut keys = Keys::new();
    for (name, key) in &form.keys {
        let position = reader.position(key);
        if let Some(key) = signer::key(name, key.get_ref(), position, reader) {
            keys.insert(name.clone(), key);
        }
    }
    keys
}

fn signature_required(form: &FileForm, keys: &Keys, reader: &mut Reader<'_>) -> Option<At<bool>> {
    let required = reader.plain(form.signature_required.as_ref())?;
    if required.value && keys.is_empty() {
        reader.problem(
            required.position.clone(),
            "`signature-required` needs a `[keys.NAME]` whose signatures count",
        );
    }
    Some(required)
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The parser names the key that it does not know and those that it does, each in backticks.
fn syntax(error: &toml::de::Error, reader: &Reader<'_>) -> BadPolicy {
    let position = reader.at_byte(error.span().map_or(0, |span| span.start));
    let message = error.message();
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let hint = match words.split_first() {
        Some((word, known)) if message.starts_with("unknown field") => {
            Some(did_you_mean(word, known))
        }
        _ => None,
    };
    let problem = match (&hint, words.first()) {
        (Some(_), Some(word)) => format!("unknown key `{word}`"),
        _ => message.lines().next().unwrap_or_default().to_owned(),
    };
    BadPolicy { position, problem, hint }
}
