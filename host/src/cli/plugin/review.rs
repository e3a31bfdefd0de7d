//! What a person is shown about a component before it is configured, and what has become of it.

use super::describe::capabilities;
use super::inspect::{Seen, form};
use super::made;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::plugin::{Candidate, Home};
use crate::operations::{Decided, Digest};
use crate::policy::{Grants, Worst};
use crate::settings::{Signer, is_digest};
use crate::ui::json::{Document, Inspection, PluginChange, SignaturesForm, SignerForm};
use crate::ui::{Format, Headers, view};

/// A digest as a user types it.
pub(super) fn digest(text: Option<&str>) -> Result<Option<String>, Error> {
    let digest = text.map(|text| text.trim_start_matches("sha256:").to_lowercase());
    match digest {
        Some(digest) if !is_digest(&digest) => {
            Err(Error::invalid("`--sha256` is not 64 hexadecimal digits"))
        }
        digest => Ok(digest),
    }
}

/// Those of the signers who signed it.
pub(super) fn signers<'s>(
    candidate: &Candidate,
    known: impl IntoIterator<Item = &'s Signer>,
) -> Vec<SignerForm> {
    let mut forms: Vec<SignerForm> = Vec::new();
    for signer in candidate.signed_by(known) {
        let form = made::signer(signer);
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Shows a component, what it needs, and what it would be granted.
pub(super) fn show(
    name: &str,
    candidate: &Candidate,
    grants: &Grants,
    signers: &[SignerForm],
    app: &App,
) {
    let inspected = &candidate.inspected;
    let signatures = SignaturesForm {
        count: candidate.signatures.len(),
        signers: signers.to_vec(),
        problem: None,
    };
    let bytes = candidate.file.bytes();
    let digest = Digest::of(bytes);
    let seen = Seen { bytes, digest: &digest, inspected };
    let capabilities = capabilities(&inspected.needs, grants);
    let inspection = Inspection {
        connector: Some(name.to_owned()),
        state: "new",
        at_worst: Worst::of(&inspected.needs, grants, |_| true).to_string(),
        ..form(&candidate.source.to_string(), seen, capabilities, signatures, None)
    };
    let mut rules = inspected.needs.list();
    rules.extend(inspected.needs.wishes());
    let talk = app.console.talk();
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = view::candidate(&inspection, &rules, &mut text, talk.style(), Headers::Shown);
    talk.write(&String::from_utf8_lossy(&text));
}

/// What the audit log says of a component that was fetched.
pub(super) fn decided(
    name: &str,
    candidate: &Candidate,
    signers: &[SignerForm],
    did: &'static str,
) -> Decided {
    let signers = signers.iter().map(|signer| signer.key.clone()).collect();
    Decided::about(name, Some(candidate.file.sha256.clone()), signers, did)
}

/// What has become of a connector.
pub(super) fn change(
    name: &str,
    outcome: &'static str,
    home: &Home,
    candidate: &Candidate,
    signers: &[SignerForm],
) -> PluginChange {
    PluginChange {
        name: name.to_owned(),
        outcome,
        file: home.plugins.display().to_string(),
        source: Some(candidate.source.to_string()),
        component: String::new(),
        sha256: Some(candidate.file.sha256.clone()),
        version: candidate.inspected.needs.version.clone(),
        previous_version: None,
        contract: Some(candidate.inspected.needs.contract.to_string()),
        needs: candidate.inspected.needs.list(),
        signed_by: signers.to_vec(),
        backends: Vec::new(),
    }
}

/// Writes what has become of a connector.
pub(super) fn write(change: &PluginChange, app: &App) -> Result<(), Error> {
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("PluginChange", change).write(form, out),
        Format::Name => writeln!(out, "{}", change.name),
        _ if app.is_quiet() => Ok(()),
        _ => view::plugin_change(change, out),
    })
}
