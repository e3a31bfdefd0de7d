//! The kinds of objects that use connections.

/// A kind of object that can name the Secret of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The word for one of them, as in a manifest.
    pub(crate) name: &'static str,
    /// The word in paths.
    pub(crate) plural: &'static str,
    /// The API group; empty for the core of Kubernetes.
    pub(crate) group: &'static str,
    /// The versions that the connector can read; the first one that the cluster serves is used.
    pub(crate) versions: &'static [&'static str],
    /// How one that runs gets to see a change; none if it reads the values anew each time.
    pub(crate) renewal: Option<&'static str>,
    /// What a running one has no use for, or what may hold values of others: cut out before it enters the sandbox.
    pub(crate) omit: &'static [&'static str],
}

/// All of them, in the order in which they are detached: first what runs, at last the accounts that it runs as.
pub(crate) static KINDS: [Kind; 5] = [
    Kind {
        name: "Notebook",
        plural: "notebooks",
        group: "kubeflow.org",
        versions: &["v1"],
        renewal: Some("restarted"),
        omit: &[
            "/items/*/spec/template/spec/*/*/env/*/value",
            "/items/*/spec/template/spec/*/*/args",
        ],
    },
    Kind {
        name: "InferenceService",
        plural: "inferenceservices",
        group: "serving.kserve.io",
        versions: &["v1beta1"],
        renewal: Some("deployed again"),
        omit: &["/items/*/spec/*/*/*/env/*/value", "/items/*/spec/*/*/env/*/value"],
    },
    Kind {
        name: "LLMInferenceService",
        plural: "llminferenceservices",
        group: "serving.kserve.io",
        versions: &["v1alpha1", "v1alpha2"],
        renewal: Some("deployed again"),
        omit: &["/items/*/spec/*/*/*/env/*/value", "/items/*/spec/*/*/*/*/env/*/value"],
    },
    Kind {
        name: "DataSciencePipelinesApplication",
        plural: "datasciencepipelinesapplications",
        group: "datasciencepipelinesapplications.opendatahub.io",
        versions: &["v1", "v1alpha1"],
        renewal: Some("restarted"),
        omit: &[],
    },
    Kind {
        name: "ServiceAccount",
        plural: "serviceaccounts",
        group: "",
        versions: &["v1"],
        renewal: None,
        omit: &[],
    },
];

impl Kind {
    /// The segments of the path of all objects of a project.
    pub(crate) fn segments<'a>(&'a self, version: &'a str, project: &'a str) -> Vec<&'a str> {
        let root = if self.group.is_empty() {
            vec!["api", version]
        } else {
            vec!["apis", self.group, version]
        };
        [root, vec!["namespaces", project, self.plural]].concat()
    }
}
