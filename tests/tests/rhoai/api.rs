//! The cluster's own API: what a test sees and does behind the program's back.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connhub_tests::serve::Recorded;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Map, Value, json};

/// A cluster, with the login of a kubeconfig.
pub struct Api {
    kubeconfig: PathBuf,
}

impl Api {
    pub fn new(kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.to_owned() }
    }

    /// An object, if it is there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Value> {
        match self.send("GET", path, "application/json", None) {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("GET {path}: {error}"),
        }
    }

    /// Creates an object, and returns it as it is stored.
    #[track_caller]
    pub fn create(&self, path: &str, object: &Value) -> Value {
        let created = self.send("POST", path, "application/json", Some(object));
        created.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Changes an object by a merge patch.
    #[track_caller]
    pub fn patch(&self, path: &str, patch: &Value) -> Value {
        let patched = self.send("PATCH", path, "application/merge-patch+json", Some(patch));
        patched.unwrap_or_else(|error| panic!("PATCH {path}: {error}"))
    }

    /// Tries a patch of any kind. The refusal is the cluster's own.
    #[track_caller]
    pub fn patched(
        &self,
        path: &str,
        content_type: &str,
        patch: &Value,
    ) -> Result<Value, Box<kube::core::Status>> {
        match self.send("PATCH", path, content_type, Some(patch)) {
            Ok(object) => Ok(object),
            Err(kube::Error::Api(status)) => Err(status),
            Err(error) => panic!("PATCH {path}: {error}"),
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> kube::Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let request = http::Request::builder().method(method).uri(path);
        let request = request.header("content-type", content_type).body(body);
        let request = request.expect("tests write whole requests");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("the system has descriptors left").block_on(async {
            let file = Kubeconfig::read_from(&self.kubeconfig).expect("the test wrote it");
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(file, &options).await;
            let client = kube::Client::try_from(config.expect("the kubeconfig is complete"))?;
            client.request(request).await
        })
    }
}

/// What tests compare of a Secret: no times, ids and versions, and the values decoded.
pub fn shape(secret: &Value) -> Value {
    let decode = |(key, value): (&String, &Value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default());
        let text = String::from_utf8(bytes.expect("a Secret holds base64"));
        (key.clone(), json!(text.expect("tests store text")))
    };
    let data = secret["data"].as_object().into_iter().flatten().map(decode);
    json!({
        "labels": secret["metadata"]["labels"],
        "annotations": secret["metadata"]["annotations"],
        "type": secret["type"],
        "data": data.collect::<Map<_, _>>(),
    })
}

/// The body of a request of the program.
#[track_caller]
pub fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).expect("the program sends JSON")
}

/// A Secret with these values.
pub fn secret(name: &str, labels: &Value, annotations: &Value, data: &[(&str, &str)]) -> Value {
    let encode = |(key, value): &(&str, &str)| ((*key).to_owned(), json!(STANDARD.encode(value)));
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "data": data.iter().map(encode).collect::<Map<_, _>>(),
    })
}
