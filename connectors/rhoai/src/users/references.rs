//! Where an object names a Secret. Pure: an object in, places out.

use serde_json::Value;

use super::kinds::Kind;

/// The annotation by which the product attaches connections to what it runs.
pub(crate) const CONNECTIONS: &str = "opendatahub.io/connections";

/// A place in an object that names the Secret, or exists because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The place.
    pub(crate) place: Place,
    /// What makes the object forget the Secret.
    pub(crate) cure: Cure,
}

/// What makes an object forget the Secret at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cure {
    /// The place is taken out.
    Remove,
    /// The place gets another text.
    Replace(String),
    /// None: the object cannot be without it.
    None,
}

/// A place in an object: names of members and indexes of elements. What comes later in a list compares as greater.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Index(usize),
    Member(String),
}

impl Place {
    /// The place of a path like `spec/template`. No name in it has a slash.
    pub(crate) fn of(path: &str) -> Self {
        Self(path.split('/').map(|name| Step::Member(name.to_owned())).collect())
    }

    pub(crate) fn member(&self, name: &str) -> Self {
        self.and(Step::Member(name.to_owned()))
    }

    fn index(&self, index: usize) -> Self {
        self.and(Step::Index(index))
    }

    fn and(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// As a JSON pointer (RFC 6901).
    pub(crate) fn pointer(&self) -> String {
        let text = |step: &Step| match step {
            Step::Index(index) => format!("/{index}"),
            Step::Member(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        };
        self.0.iter().map(text).collect()
    }

    fn find<'a>(&self, object: &'a Value) -> &'a Value {
        object.pointer(&self.pointer()).unwrap_or(&Value::Null)
    }
}

/// All places at which an object of a kind names the Secret.
pub(crate) fn references(kind: &Kind, object: &Value, project: &str, name: &str) -> Vec<Reference> {
    let mut search = Search { object, name, found: Vec::new() };
    match kind.name {
        "Notebook" => {
            search.attached_to_notebook(project);
            search.pod(&Place::of("spec/template/spec"));
        }
        "InferenceService" => search.inference_service(),
        "LLMInferenceService" => {
            search.attached_to_model();
            for pod in
                ["spec/template", "spec/worker", "spec/prefill/template", "spec/prefill/worker"]
            {
                search.pod(&Place::of(pod));
            }
        }
        "ServiceAccount" => {
            search.entries(&Place::of("secrets"), &["name"]);
            search.entries(&Place::of("imagePullSecrets"), &["name"]);
        }
        _ => search.pipeline_server(),
    }
    search.found
}

struct Search<'a> {
    object: &'a Value,
    name: &'a str,
    found: Vec<Reference>,
}

impl Search<'_> {
    fn add(&mut self, place: Place, cure: Cure) {
        if !self.found.iter().any(|known| known.place == place) {
            self.found.push(Reference { place, cure });
        }
    }

    fn names(&self, place: &Place) -> bool {
        place.find(self.object) == self.name
    }

    fn items(&self, place: &Place) -> usize {
        place.find(self.object).as_array().map_or(0, Vec::len)
    }

    fn annotation() -> Place {
        Place::of("metadata/annotations").member(CONNECTIONS)
    }

    /// `ns/a,ns/b`. One without a namespace is of the notebook's own.
    fn attached_to_notebook(&mut self, project: &str) {
        let place = Self::annotation();
        let Some(text) = place.find(self.object).as_str() else { return };
        let is_ours = |entry: &str| {
            let (namespace, name) = entry.split_once('/').unwrap_or((project, entry));
            namespace == project && name == self.name
        };
        let (ours, others): (Vec<_>, Vec<_>) = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .partition(|entry| is_ours(entry));
        match (ours.is_empty(), others.is_empty()) {
            (true, _) => {}
            (false, true) => self.add(place, Cure::Remove),
            (false, false) => self.add(place, Cure::Replace(others.join(","))),
        }
    }

    /// A model has one connection at most.
    fn attached_to_model(&mut self) {
        let place = Self::annotation();
        if self.names(&place) {
            self.add(place, Cure::Remove);
        }
    }

    /// What model serving injects goes as model serving itself takes it out: the storage as a whole.
    fn inference_service(&mut self) {
        self.attached_to_model();
        let storage = Place::of("spec/predictor/model/storage");
        if self.names(&storage.member("key")) {
            self.add(storage, Cure::Remove);
        }
        self.container(&Place::of("spec/predictor/model"));
        for part in ["spec/predictor", "spec/transformer", "spec/explainer"] {
            self.pod(&Place::of(part));
        }
    }

    /// A pipeline server keeps its runs there and has no other place.
    fn pipeline_server(&mut self) {
        let storage =
            Place::of("spec/objectStorage/externalStorage/s3CredentialsSecret/secretName");
        let database = Place::of("spec/database/externalDB/passwordSecret/name");
        for place in [storage, database] {
            if self.names(&place) {
                self.add(place, Cure::None);
            }
        }
    }

    /// Everything in the description of a pod that can name a Secret.
    fn pod(&mut self, pod: &Place) {
        for list in ["containers", "initContainers"] {
            let containers = pod.member(list);
            for index in 0..self.items(&containers) {
                self.container(&containers.index(index));
            }
        }
        self.entries(&pod.member("imagePullSecrets"), &["name"]);
        // Model serving makes an account of this name for object storage.
        let account = pod.member("serviceAccountName");
        if account.find(self.object).as_str() == Some(&account_of(self.name)) {
            self.add(account, Cure::Remove);
        }
        let volumes = pod.member("volumes");
        for index in 0..self.items(&volumes) {
            self.volume(pod, &volumes.index(index));
        }
    }

    fn container(&mut self, container: &Place) {
        self.entries(&container.member("envFrom"), &["secretRef", "name"]);
        self.entries(&container.member("env"), &["valueFrom", "secretKeyRef", "name"]);
    }

    /// The entries of a list that name the Secret at a path.
    fn entries(&mut self, list: &Place, path: &[&str]) {
        for index in 0..self.items(list) {
            let entry = list.index(index);
            if self.names(&path.iter().fold(entry.clone(), |place, name| place.member(name))) {
                self.add(entry, Cure::Remove);
            }
        }
    }

    /// A volume that is the Secret goes with everything that mounts it.
    fn volume(&mut self, pod: &Place, volume: &Place) {
        if self.names(&volume.member("secret").member("secretName")) {
            self.add(volume.clone(), Cure::Remove);
            let name = volume.member("name").find(self.object).clone();
            self.mounts(pod, &name);
        }
        self.entries(&volume.member("projected").member("sources"), &["secret", "name"]);
    }

    fn mounts(&mut self, pod: &Place, volume: &Value) {
        for list in ["containers", "initContainers"] {
            let containers = pod.member(list);
            for container in 0..self.items(&containers) {
                let mounts = containers.index(container).member("volumeMounts");
                for index in 0..self.items(&mounts) {
                    let mount = mounts.index(index);
                    if mount.member("name").find(self.object) == volume {
                        self.add(mount, Cure::Remove);
                    }
                }
            }
        }
    }
}

/// The account that model serving makes for object storage, and leaves behind.
pub(crate) fn account_of(name: &str) -> String {
    format!("{name}-sa")
}
