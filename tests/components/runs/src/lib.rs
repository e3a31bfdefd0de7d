//! A connector that runs the program that a setting names, with whatever a setting says.
//!
//! What the program came to is in the answer, so that a test sees what an attacker would have got. It declares no needs: each test adds
//! those that it is about.

// Natively there is no host to attack, and nothing to link against.
#![cfg(target_arch = "wasm32")]
#![deny(unsafe_code)]

use connhub_sdk::{
    Command, Connection, Connector, Description, Draft, Encoding, Error, Field, Host, IfExists,
    Outcome, Part, Report, SecretField, Target, Written,
};

connhub_sdk::export!(Runs);

struct Runs;

impl Connector for Runs {
    fn describe() -> Description {
        Description::new("runs", env!("CARGO_PKG_VERSION"), "runs what it is told").with_any_type()
    }

    fn check(host: &Host, target: &Target) -> Result<Report, Error> {
        Ok(Report { user: Some(run(host, target, &[])?), platform: None, findings: Vec::new() })
    }

    fn create(host: &Host, target: &Target, draft: Draft, _: IfExists) -> Result<Written, Error> {
        let seen = run(host, target, &draft.secrets)?;
        let mut connection = Connection::new(&draft.name, &draft.type_);
        connection.fields = vec![Field { name: "seen".into(), value: seen }];
        Ok(Written::new(Outcome::Created, connection))
    }
}

/// Runs the program as often as the setting `count` says, and tells how the last one ended.
fn run(host: &Host, target: &Target, secrets: &[SecretField]) -> Result<String, Error> {
    let setting = |name: &str| target.setting(name).unwrap_or_default();
    if setting("behavior") == "look" {
        return Ok(format!("installed: {}", host.is_installed(setting("program"))));
    }
    let count = setting("count").parse().unwrap_or(1);
    let mut last = String::new();
    for _ in 0..count {
        let outcome = host.run(setting("program"), command(target, secrets)?)?;
        let (code, text) = (outcome.exit_code, outcome.stdout.text.trim().to_owned());
        last = format!("GOT {code:?} {} {text}", outcome.stdout.truncated);
    }
    Ok(last)
}

/// Words of the setting `arguments`, with `¦` between them: `@NAME` is the file of the call, and `%` in a word the revealed bytes of the secret.
fn command<'a>(target: &Target, secrets: &'a [SecretField]) -> Result<Command<'a>, Error> {
    let setting = |name: &str| target.setting(name).unwrap_or_default();
    let mut command = Command::default();
    for word in setting("arguments").split('¦').filter(|word| !word.is_empty()) {
        command = match word.split_once('@') {
            Some(("", name)) => command.file(name, content(setting("content"), secrets)),
            _ => command.args([revealed(word, secrets)?]),
        };
    }
    if !setting("input").is_empty() {
        command = command.input(content(setting("input"), secrets));
    }
    Ok(command)
}

fn revealed(word: &str, secrets: &[SecretField]) -> Result<String, Error> {
    match secrets.first().filter(|_| word.contains('%')) {
        Some(field) => {
            let bytes = field.value.reveal()?;
            Ok(word.replace('%', &String::from_utf8_lossy(&bytes)))
        }
        None => Ok(word.to_owned()),
    }
}

/// A text in which `%` is the first secret.
fn content<'a>(text: &str, secrets: &'a [SecretField]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (index, piece) in text.split('%').enumerate() {
        if let Some(field) = secrets.first().filter(|_| index > 0) {
            parts.push(Part::Secret { value: &field.value, encoding: Encoding::JsonString });
        }
        parts.push(Part::Bytes(piece.as_bytes().to_vec()));
    }
    parts
}
