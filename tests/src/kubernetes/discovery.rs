//! What a cluster tells about itself: versions, health, groups and resources.

use serde_json::{Value, json};

use super::resource_type::{Origin, ResourceType, TYPES};
use super::status::{Failure, method_not_allowed};
use crate::serve::{Request, Response};

/// Which API groups are installed beside those of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) rhoai: bool,
    pub(super) openshift: bool,
}

/// The groups of a plain cluster with their versions, the preferred one first.
const NATIVE_GROUPS: [(&str, &[&str]); 20] = [
    ("apiregistration.k8s.io", &["v1"]),
    ("apps", &["v1"]),
    ("events.k8s.io", &["v1"]),
    ("authentication.k8s.io", &["v1"]),
    ("authorization.k8s.io", &["v1"]),
    ("autoscaling", &["v2", "v1"]),
    ("batch", &["v1"]),
    ("certificates.k8s.io", &["v1"]),
    ("networking.k8s.io", &["v1"]),
    ("policy", &["v1"]),
    ("rbac.authorization.k8s.io", &["v1"]),
    ("storage.k8s.io", &["v1"]),
    ("admissionregistration.k8s.io", &["v1"]),
    ("apiextensions.k8s.io", &["v1"]),
    ("scheduling.k8s.io", &["v1"]),
    ("coordination.k8s.io", &["v1"]),
    ("node.k8s.io", &["v1"]),
    ("discovery.k8s.io", &["v1"]),
    ("resource.k8s.io", &["v1"]),
    ("flowcontrol.apiserver.k8s.io", &["v1"]),
];

/// The resources of the core group, also those that the stand-in does not store.
const CORE_RESOURCES: &str = include_str!("data/core-v1.json");

const VERSION: &str = include_str!("data/version.json");

impl Installed {
    /// Finds a type by the group, version and resource of a path.
    pub(super) fn find(
        self,
        group: &str,
        version: &str,
        resource: &str,
    ) -> Option<&'static ResourceType> {
        self.types()
            .find(|of| of.group == group && of.plural == resource && of.versions.contains(&version))
    }

    /// Whether a group is served in a version.
    pub(super) fn serves(self, group: &str, version: &str) -> bool {
        let core = group.is_empty() && version == "v1";
        let mut groups = self.groups().into_iter();
        core || groups.any(|(name, versions)| name == group && versions.contains(&version))
    }

    fn types(self) -> impl Iterator<Item = &'static ResourceType> {
        TYPES.iter().filter(move |of| match of.origin {
            Origin::Native => true,
            Origin::Rhoai => self.rhoai,
            Origin::OpenShift => self.openshift,
        })
    }

    fn groups(self) -> Vec<(&'static str, Vec<&'static str>)> {
        let native = NATIVE_GROUPS.iter().map(|(name, versions)| (*name, versions.to_vec()));
        let mut groups: Vec<_> = native.collect();
        for of in self.types().filter(|of| of.origin != Origin::Native) {
            let index = groups.iter().position(|(name, _)| *name == of.group);
            let index = index.unwrap_or_else(|| {
                groups.push((of.group, Vec::new()));
                groups.len() - 1
            });
            let versions = &mut groups[index].1;
            versions.extend(
                of.versions
                    .iter()
                    .filter(|version| !versions.contains(version))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        groups
    }
}

/// Answers a request for a path that is no resource.
pub(super) fn answer(request: &Request, installed: Installed) -> Result<Response, Failure> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let document = match segments.as_slice() {
        ["healthz" | "livez" | "readyz"] => None,
        ["version"] => Some(data(VERSION)),
        ["api"] => Some(api_versions(request)),
        ["api", "v1"] => Some(resource_list("v1", data(CORE_RESOURCES))),
        ["apis"] => Some(group_list(installed)),
        ["apis", group] => Some(one_group(installed, group).ok_or(Failure::NoSuchPath)?),
        ["apis", group, version] if installed.serves(group, version) => {
            Some(group_resources(installed, group, version))
        }
        _ => return Err(Failure::NoSuchPath),
    };
    if !["GET", "HEAD"].contains(&request.method.as_str()) {
        return Err(method_not_allowed());
    }
    Ok(match document {
        Some(document) => Response::json(200, &document),
        None => Response::text(200, "ok").header("x-content-type-options", "nosniff"),
    })
}

fn api_versions(request: &Request) -> Value {
    let address = request.header("host").unwrap_or("127.0.0.1");
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

fn group_list(installed: Installed) -> Value {
    let groups = installed.groups();
    let groups: Vec<Value> = groups.iter().map(|(name, versions)| group(name, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn one_group(installed: Installed, name: &str) -> Option<Value> {
    let groups = installed.groups();
    let (name, versions) = groups.iter().find(|(own, _)| *own == name)?;
    let mut document = group(name, versions);
    document["kind"] = json!("APIGroup");
    document["apiVersion"] = json!("v1");
    Some(document)
}

fn group(name: &str, versions: &[&str]) -> Value {
    let entry =
        |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let versions: Vec<Value> = versions.iter().map(entry).collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions[0]})
}

/// Only the types that the stand-in answers are listed: of most native groups none.
fn group_resources(installed: Installed, group: &str, version: &str) -> Value {
    let types = installed.types().filter(|of| of.group == group && of.versions.contains(&version));
    let entries = types.map(ResourceType::discovery).collect();
    let mut list = resource_list(&format!("{group}/{version}"), entries);
    list["apiVersion"] = json!("v1");
    list
}

fn resource_list(group_version: &str, resources: Value) -> Value {
    json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources})
}

fn data(text: &str) -> Value {
    serde_json::from_str(text).expect("the data files are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Installed = Installed { rhoai: true, openshift: true };
    const PLAIN: Installed = Installed { rhoai: false, openshift: false };

    #[test]
    fn groups_come_and_go() {
        assert!(ALL.serves("serving.kserve.io", "v1alpha1"));
        assert!(!PLAIN.serves("serving.kserve.io", "v1alpha1"));
        assert!(PLAIN.serves("", "v1") && PLAIN.serves("apps", "v1"));
        assert!(!ALL.serves("apps", "v2"));
        assert!(one_group(PLAIN, "project.openshift.io").is_none());
        let group = one_group(ALL, "serving.kserve.io").expect("it is installed");
        assert_eq!(group["preferredVersion"]["version"], "v1beta1");
        assert_eq!(group["versions"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn types_are_found_in_their_versions() {
        assert!(ALL.find("serving.kserve.io", "v1beta1", "inferenceservices").is_some());
        assert!(ALL.find("serving.kserve.io", "v1alpha1", "inferenceservices").is_none());
        assert!(PLAIN.find("", "v1", "secrets").is_some());
        assert!(PLAIN.find("kubeflow.org", "v1", "notebooks").is_none());
    }

    #[test]
    fn resources_are_listed() {
        let list = group_resources(ALL, "kubeflow.org", "v1");
        assert_eq!(list["resources"][0]["name"], "notebooks");
        assert_eq!(list["resources"][0]["namespaced"], true);
    }
}
