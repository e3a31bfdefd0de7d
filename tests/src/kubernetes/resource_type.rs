use serde_json::{Value, json};

/// A kind of object that the stand-in stores, or shows in discovery.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResourceType {
    /// Empty for the core group.
    pub(super) group: &'static str,
    /// The served versions, the preferred one first.
    pub(super) versions: &'static [&'static str],
    pub(super) plural: &'static str,
    pub(super) singular: &'static str,
    pub(super) kind: &'static str,
    pub(super) short_names: &'static [&'static str],
    pub(super) scope: Scope,
    pub(super) origin: Origin,
    pub(super) verbs: Verbs,
}

/// Whether objects live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Namespaced,
    Cluster,
}

/// Who defines the type. It decides about details of lists and managed fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Kubernetes.
    Native,
    /// A CustomResourceDefinition of OpenShift AI.
    Rhoai,
    /// An API server of OpenShift, aggregated into the cluster's.
    OpenShift,
}

/// What a type can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbs {
    /// Objects that are stored.
    Stored,
    /// Questions that are answered and forgotten.
    CreateOnly,
    /// Views of something else.
    ReadOnly,
}

impl ResourceType {
    /// Whether list items carry their own `kind`, and maps of `spec` are owned as maps.
    pub(super) fn is_custom(&self) -> bool {
        self.origin == Origin::Rhoai
    }

    /// `v1`, or `GROUP/VERSION`.
    pub(super) fn api_version(&self, version: &str) -> String {
        match self.group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        }
    }

    /// The name of the type's CustomResourceDefinition.
    pub(super) fn crd_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// The entry in the discovery document of a group and version.
    pub(super) fn discovery(&self) -> Value {
        let mut entry = json!({
            "name": self.plural,
            "singularName": self.singular,
            "namespaced": self.scope == Scope::Namespaced,
            "kind": self.kind,
            "verbs": self.verbs.names(),
        });
        if !self.short_names.is_empty() {
            entry["shortNames"] = json!(self.short_names);
        }
        entry
    }
}

impl Verbs {
    fn names(self) -> &'static [&'static str] {
        match self {
            Verbs::Stored => {
                &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
            }
            Verbs::CreateOnly => &["create"],
            Verbs::ReadOnly => &["get", "list"],
        }
    }
}

pub(super) const SECRETS: ResourceType = core("secrets", "secret", "Secret", Scope::Namespaced);
pub(super) const CONFIG_MAPS: ResourceType =
    core("configmaps", "configmap", "ConfigMap", Scope::Namespaced);
pub(super) const NAMESPACES: ResourceType =
    core("namespaces", "namespace", "Namespace", Scope::Cluster);
pub(super) const SERVICE_ACCOUNTS: ResourceType = ResourceType {
    short_names: &["sa"],
    ..core("serviceaccounts", "serviceaccount", "ServiceAccount", Scope::Namespaced)
};
pub(super) const CRDS: ResourceType = ResourceType {
    group: "apiextensions.k8s.io",
    short_names: &["crd", "crds"],
    ..core(
        "customresourcedefinitions",
        "customresourcedefinition",
        "CustomResourceDefinition",
        Scope::Cluster,
    )
};
pub(super) const SELF_SUBJECT_REVIEWS: ResourceType = ResourceType {
    group: "authentication.k8s.io",
    verbs: Verbs::CreateOnly,
    ..core("selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", Scope::Cluster)
};
pub(super) const SELF_SUBJECT_ACCESS_REVIEWS: ResourceType = ResourceType {
    group: "authorization.k8s.io",
    verbs: Verbs::CreateOnly,
    ..core(
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        "SelfSubjectAccessReview",
        Scope::Cluster,
    )
};
pub(super) const DATA_SCIENCE_CLUSTERS: ResourceType = ResourceType {
    group: "datasciencecluster.opendatahub.io",
    versions: &["v2", "v1"],
    short_names: &["dsc"],
    origin: Origin::Rhoai,
    ..core("datascienceclusters", "datasciencecluster", "DataScienceCluster", Scope::Cluster)
};
pub(super) const DSC_INITIALIZATIONS: ResourceType = ResourceType {
    group: "dscinitialization.opendatahub.io",
    versions: &["v2", "v1"],
    short_names: &["dsci"],
    origin: Origin::Rhoai,
    ..core("dscinitializations", "dscinitialization", "DSCInitialization", Scope::Cluster)
};
pub(super) const NOTEBOOKS: ResourceType = ResourceType {
    group: "kubeflow.org",
    versions: &["v1", "v1beta1", "v1alpha1"],
    origin: Origin::Rhoai,
    ..core("notebooks", "notebook", "Notebook", Scope::Namespaced)
};
pub(super) const INFERENCE_SERVICES: ResourceType = ResourceType {
    group: "serving.kserve.io",
    versions: &["v1beta1"],
    short_names: &["isvc"],
    origin: Origin::Rhoai,
    ..core("inferenceservices", "inferenceservice", "InferenceService", Scope::Namespaced)
};
pub(super) const LLM_INFERENCE_SERVICES: ResourceType = ResourceType {
    versions: &["v1alpha2", "v1alpha1"],
    short_names: &["llmisvc"],
    plural: "llminferenceservices",
    singular: "llminferenceservice",
    kind: "LLMInferenceService",
    ..INFERENCE_SERVICES
};
pub(super) const SERVING_RUNTIMES: ResourceType = ResourceType {
    versions: &["v1alpha1"],
    short_names: &[],
    plural: "servingruntimes",
    singular: "servingruntime",
    kind: "ServingRuntime",
    ..INFERENCE_SERVICES
};
pub(super) const PIPELINES: ResourceType = ResourceType {
    group: "datasciencepipelinesapplications.opendatahub.io",
    versions: &["v1", "v1alpha1"],
    short_names: &["dspa"],
    origin: Origin::Rhoai,
    ..core(
        "datasciencepipelinesapplications",
        "datasciencepipelinesapplication",
        "DataSciencePipelinesApplication",
        Scope::Namespaced,
    )
};
pub(super) const PROJECTS: ResourceType = ResourceType {
    group: "project.openshift.io",
    origin: Origin::OpenShift,
    verbs: Verbs::ReadOnly,
    ..core("projects", "project", "Project", Scope::Cluster)
};
pub(super) const USERS: ResourceType = ResourceType {
    group: "user.openshift.io",
    origin: Origin::OpenShift,
    verbs: Verbs::ReadOnly,
    ..core("users", "user", "User", Scope::Cluster)
};

/// All types, the core group first.
pub(super) static TYPES: [ResourceType; 16] = [
    SECRETS,
    CONFIG_MAPS,
    SERVICE_ACCOUNTS,
    NAMESPACES,
    CRDS,
    SELF_SUBJECT_REVIEWS,
    SELF_SUBJECT_ACCESS_REVIEWS,
    DATA_SCIENCE_CLUSTERS,
    DSC_INITIALIZATIONS,
    NOTEBOOKS,
    INFERENCE_SERVICES,
    LLM_INFERENCE_SERVICES,
    SERVING_RUNTIMES,
    PIPELINES,
    PROJECTS,
    USERS,
];

const fn core(
    plural: &'static str,
    singular: &'static str,
    kind: &'static str,
    scope: Scope,
) -> ResourceType {
    ResourceType {
        group: "",
        versions: &["v1"],
        plural,
        singular,
        kind,
        short_names: &[],
        scope,
        origin: Origin::Native,
        verbs: Verbs::Stored,
    }
}
