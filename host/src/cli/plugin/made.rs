//! Who made a component, and of what, in the form in which it is shown.

use std::path::Path;

use connhub_sbom::DependencyKind;

use crate::model::Error;
use crate::plugins::{self, Signed};
use crate::policy::admin::Signer as ListedSigner;
use crate::settings::{Settings, Signer};
use crate::ui::json::{PackageForm, SbomForm, SignaturesForm, SignerForm, ToolForm, ToolchainForm};

/// The packages of a component, as it says.
pub(super) fn sbom(component: &[u8]) -> SbomForm {
    match connhub_sbom::read(component) {
        Ok(None) => SbomForm { state: "absent", ..SbomForm::default() },
        Ok(Some(bill)) => {
            let packages = bill.packages().iter().map(package).collect();
            SbomForm { state: "present", problem: None, packages }
        }
        Err(problem) => SbomForm {
            state: "unreadable",
            problem: Some(problem.to_string()),
            packages: Vec::new(),
        },
    }
}

fn package(package: &connhub_sbom::Package) -> PackageForm {
    PackageForm {
        name: package.name.clone(),
        version: package.version.to_string(),
        source: package.source.clone().into(),
        kind: match package.kind {
            DependencyKind::Runtime => "runtime",
            DependencyKind::Build => "build",
        },
        root: package.root,
    }
}

/// The tools that made a component, as it says.
pub(super) fn toolchain(component: &[u8]) -> ToolchainForm {
    let found = connhub_sbom::toolchain(component);
    let form = |tool: connhub_sbom::Tool| ToolForm {
        role: tool.role,
        name: tool.name,
        version: tool.version,
    };
    ToolchainForm { tools: found.tools.into_iter().map(form).collect(), complete: !found.is_cut }
}

/// Who signed a component by the files beside it. A file that cannot be used is no reason to show nothing else.
pub(super) fn signatures(settings: &Settings, place: &Path, signed: Signed<'_>) -> SignaturesForm {
    match plugins::beside(settings.signers.values(), place, signed) {
        Ok(found) => SignaturesForm {
            count: found.signatures,
            signers: found.signers.into_iter().map(signer).collect(),
            problem: None,
        },
        Err(error) => SignaturesForm { problem: Some(words(&error)), ..SignaturesForm::default() },
    }
}

pub(super) fn signer(signer: &Signer) -> SignerForm {
    SignerForm { name: signer.name.clone(), key: signer.key.id().to_string() }
}

/// Adds the keys of the policy that no signer of `plugins.toml` has.
pub(super) fn add_policy_keys(signatures: &mut SignaturesForm, listed: &[ListedSigner]) {
    for ListedSigner { id, .. } in listed {
        if signatures.signers.iter().all(|signer| signer.key != *id) {
            let name = "a key of the policy".to_owned();
            signatures.signers.push(SignerForm { name, key: id.clone() });
        }
    }
}

fn words(error: &Error) -> String {
    error.message.clone()
}
