//! The objects that are in a cluster before a test begins.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::managed_fields::{Change, record_update};
use super::resource_type::{
    CONFIG_MAPS, CRDS, DATA_SCIENCE_CLUSTERS, DSC_INITIALIZATIONS, NAMESPACES, ResourceType,
    SECRETS, TYPES,
};
use super::stamp;
use super::store::{Key, Store};

const DSC_CRD: &str = include_str!("data/datasciencecluster-crd.json");
const DSC: &str = include_str!("data/datasciencecluster.json");

/// Where the operator puts its own workloads.
const APPLICATIONS_NAMESPACE: &str = "redhat-ods-applications";

const CA_DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver \
    when using internal endpoints such as the internal service IP or kubernetes.default.svc. No \
    other usage is guaranteed across distributions of Kubernetes clusters.";

/// A namespace, and the configuration map that the controllers put into each.
pub(super) fn namespace(store: &mut Store, name: &str) {
    let mut namespace = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
    });
    stamp_new(&mut namespace, &NAMESPACES, "kubectl");
    namespace["spec"] = json!({"finalizers": ["kubernetes"]});
    namespace["status"] = json!({"phase": "Active"});
    store.put(Key::new(&NAMESPACES, "", name), namespace);
    root_certificate(store, name);
}

/// The configuration map with the cluster's certificate authority.
pub(super) fn root_certificate(store: &mut Store, namespace: &str) {
    let mut map = json!({
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": CA_DESCRIPTION},
        },
        "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"},
    });
    stamp_new(&mut map, &CONFIG_MAPS, "kube-controller-manager");
    store.put(Key::new(&CONFIG_MAPS, namespace, "kube-root-ca.crt"), map);
}

/// Data connections as the dashboard makes them. All have the same keys, hence the same managed
/// fields, which are worked out once.
pub(super) fn secrets(store: &mut Store, namespace: &str, count: usize) {
    let mut template = secret(namespace, 0);
    stamp_new(&mut template, &SECRETS, "unknown");
    for number in 0..count {
        let mut object = secret(namespace, number);
        let metadata = &mut object["metadata"];
        metadata["uid"] = json!(stamp::uid());
        metadata["creationTimestamp"] = template["metadata"]["creationTimestamp"].clone();
        metadata["managedFields"] = template["metadata"]["managedFields"].clone();
        let key = Key::new(&SECRETS, namespace, &secret_name(number));
        store.put(key, object);
    }
}

/// An object of any stored type.
pub(super) fn object(store: &mut Store, resource: &str, namespace: &str, mut object: Value) {
    let of = TYPES.iter().find(|of| of.plural == resource).expect("a type that is stored");
    let name = object["metadata"]["name"].as_str().expect("an object has a name").to_owned();
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    stamp_new(&mut object, of, "kubectl");
    store.put(Key::new(of, namespace, &name), object);
}

/// The types of OpenShift AI, and the two objects that configure it.
pub(super) fn rhoai(store: &mut Store) {
    for of in TYPES.iter().filter(|of| of.is_custom()) {
        let crd = if *of == DATA_SCIENCE_CLUSTERS { parse(DSC_CRD) } else { definition(of) };
        put_as_is(store, &CRDS, crd);
    }
    put_as_is(store, &DATA_SCIENCE_CLUSTERS, parse(DSC));
    let mut dsci = json!({
        "metadata": {"name": "default-dsci"},
        "spec": {"applicationsNamespace": APPLICATIONS_NAMESPACE},
        "status": {"phase": "Ready"},
    });
    stamp_new(&mut dsci, &DSC_INITIALIZATIONS, "manager");
    store.put(Key::new(&DSC_INITIALIZATIONS, "", "default-dsci"), dsci);
}

/// Deleting the definition of a type deletes its objects.
pub(super) fn remove_rhoai(store: &mut Store) {
    for of in TYPES.iter().filter(|of| of.is_custom()) {
        let all = store.list(of, None, ("", ""), store.revision());
        let keys: Vec<Key> = all.map(|(key, _)| key.clone()).collect();
        keys.iter().for_each(|key| store.remove(key));
        store.remove(&Key::new(&CRDS, "", &of.crd_name()));
    }
}

fn secret(namespace: &str, number: usize) -> Value {
    let data = [
        ("AWS_ACCESS_KEY_ID", String::from("AKIAIOSFODNN7EXAMPLE")),
        ("AWS_DEFAULT_REGION", String::from("us-east-1")),
        ("AWS_S3_BUCKET", format!("bucket-{number}")),
        ("AWS_S3_ENDPOINT", String::from("https://minio.example.com:9000")),
        ("AWS_SECRET_ACCESS_KEY", String::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
    ];
    let data = data.map(|(key, value)| (key.to_owned(), json!(STANDARD.encode(value))));
    json!({
        "metadata": {
            "name": secret_name(number),
            "namespace": namespace,
            "labels": {"opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true"},
            "annotations": {
                "opendatahub.io/connection-type": "s3",
                "openshift.io/description": "data connection",
                "openshift.io/display-name": format!("Storage {number}"),
            },
        },
        "data": data.into_iter().collect::<serde_json::Map<_, _>>(),
        "type": "Opaque",
    })
}

fn secret_name(number: usize) -> String {
    format!("aws-connection-{number:05}")
}

/// The definition of a type, without a schema.
fn definition(of: &ResourceType) -> Value {
    let scope =
        if of.scope == super::resource_type::Scope::Cluster { "Cluster" } else { "Namespaced" };
    let version = |(index, name): (usize, &&str)| {
        json!({
            "name": name,
            "served": true,
            "storage": index == 0,
            "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            }},
        })
    };
    let names = json!({
        "plural": of.plural,
        "singular": of.singular,
        "kind": of.kind,
        "listKind": format!("{}List", of.kind),
        "shortNames": of.short_names,
    });
    let mut definition = json!({
        "metadata": {"name": of.crd_name()},
        "spec": {
            "group": of.group,
            "names": names,
            "scope": scope,
            "versions": of.versions.iter().enumerate().map(version).collect::<Vec<_>>(),
            "conversion": {"strategy": "None"},
        },
    });
    stamp_new(&mut definition, &CRDS, "manager");
    definition
}

/// Stores an object that brings its managed fields along, only without times.
fn put_as_is(store: &mut Store, of: &ResourceType, mut object: Value) {
    let now = stamp::now();
    let metadata = &mut object["metadata"];
    metadata["uid"] = json!(stamp::uid());
    metadata["generation"] = json!(1);
    metadata["creationTimestamp"] = json!(now);
    for entry in metadata["managedFields"].as_array_mut().into_iter().flatten() {
        entry["time"] = json!(now);
    }
    let name = object["metadata"]["name"].as_str().expect("the data files have names").to_owned();
    store.put(Key::new(of, "", &name), object);
}

fn stamp_new(object: &mut Value, of: &ResourceType, manager: &str) {
    let now = stamp::now();
    let api_version = of.api_version(of.versions[0]);
    let change = Change { manager, api_version: &api_version, time: &now };
    record_update(None, object, of, &change);
    object["metadata"]["uid"] = json!(stamp::uid());
    object["metadata"]["creationTimestamp"] = json!(now);
    if of.is_custom() {
        object["metadata"]["generation"] = json!(1);
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("the data files are JSON")
}
