//! Where the cluster keeps its connection types: the namespace of the product's own applications.

use connhub_sdk::{Host, Request, Setting, Target};
use serde_json::Value;

use crate::api::call;

/// The setting that names the namespace, for logins that may read the types but not the product's configuration.
pub(crate) const APPLICATIONS_NAMESPACE: Setting = Setting::new(
    "applications-namespace",
    "",
    "the namespace of the product's own applications, where its connection types are",
);

/// The namespaces of an installation that nobody changed: the product's, and the upstream project's.
const USUAL: [&str; 2] = ["redhat-ods-applications", "opendatahub"];

/// The configuration of the product, by version, the newest first. A 2.x has the second only.
const CONFIGURATIONS: [&str; 2] = [
    "/apis/dscinitialization.opendatahub.io/v2/dscinitializations",
    "/apis/dscinitialization.opendatahub.io/v1/dscinitializations",
];

/// The namespaces in which types can be: the one that is set or configured, else the usual ones.
pub(super) fn namespaces(host: &Host, target: &Target) -> Vec<String> {
    let set = target.setting(APPLICATIONS_NAMESPACE.name).map(str::to_owned);
    match set.or_else(|| configured(host)) {
        Some(namespace) => vec![namespace],
        None => USUAL.map(str::to_owned).to_vec(),
    }
}

/// What the product's configuration says. Ordinary logins may not read it.
fn configured(host: &Host) -> Option<String> {
    for path in CONFIGURATIONS {
        match call(host, Request::get(path)) {
            Ok(response) => {
                let list: Value = response.json().ok()?;
                let namespace = list.pointer("/items/0/spec/applicationsNamespace")?.as_str()?;
                return (!namespace.is_empty()).then(|| namespace.to_owned());
            }
            Err(failure) if failure.refusal().is_some_and(|it| it.is_unknown_kind()) => {}
            Err(_) => return None,
        }
    }
    None
}
