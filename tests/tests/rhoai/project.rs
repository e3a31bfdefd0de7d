//! A project on a cluster, and a user of the program who may do everything in it.

use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::kubernetes::{StandInTarget, Target, kubernetes_target};
use serde_json::Value;

use crate::api::{Api, shape};
use crate::configuration::{configure, quoted};
use crate::requests::{during, lines};

/// The cluster is a real one if `CONNHUB_TEST_KUBECONFIG` names it.
pub struct Project {
    pub env: TestEnv,
    pub api: Api,
    target: Target,
}

impl Project {
    pub fn new() -> Self {
        let env = TestEnv::new();
        let target = kubernetes_target();
        let kubeconfig = target.kubeconfig();
        watch_tokens(&env, &fs_err::read_to_string(kubeconfig).expect("it is there"));
        let (scope, path) = (quoted(target.namespace()), kubeconfig.display().to_string());
        let place = format!("[backends.rhoai.endpoints.cluster]\nkubeconfig = {}\n", quoted(&path));
        configure(&env, "rhoai", &format!("scope = {scope}\n{place}"));
        Self { api: Api::new(kubeconfig), env, target }
    }

    /// Its namespace.
    pub fn name(&self) -> &str {
        self.target.namespace()
    }

    /// The stand-in, if it is none that the cluster is real.
    pub fn stand_in(&self) -> Option<&StandInTarget> {
        match &self.target {
            Target::StandIn(stand_in) => Some(stand_in),
            Target::Real(_) => None,
        }
    }

    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words)
    }

    /// The command that creates a connection: its name, its fields, what else there is.
    pub fn create(&self, name: &str, fields: &[&str], more: &[&str]) -> Run<'_> {
        self.env.command(["create", name].iter().chain(fields).chain(more))
    }

    /// Runs something, and asserts what the cluster is asked meanwhile. `NS` stands for the project. A real cluster does not tell.
    #[track_caller]
    pub fn asks<T>(&self, expected: &[&str], action: impl FnOnce() -> T) -> T {
        let Some(stand_in) = self.stand_in() else {
            return action();
        };
        let (result, requests) = during(&stand_in.server, action);
        let expected: Vec<_> =
            expected.iter().map(|line| line.replace("/NS", &format!("/{}", self.name()))).collect();
        assert_eq!(lines(&requests), expected);
        result
    }

    /// The path of the project's Secrets.
    pub fn secrets(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.name())
    }

    /// The path of a Secret.
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.secrets())
    }

    /// A Secret, if it is there.
    pub fn find(&self, name: &str) -> Option<Value> {
        self.api.get(&self.path(name))
    }

    /// A Secret.
    #[track_caller]
    pub fn object(&self, name: &str) -> Value {
        self.find(name).expect("the Secret is there")
    }

    /// What tests compare of a Secret.
    #[track_caller]
    pub fn shape(&self, name: &str) -> Value {
        shape(&self.object(name))
    }

    /// Puts a Secret there that the program did not make.
    #[track_caller]
    pub fn put(&self, secret: &Value) -> Value {
        self.api.create(&self.secrets(), secret)
    }

    /// The names of a list, in its order.
    #[track_caller]
    pub fn listed(&self, more: &[&str]) -> Vec<String> {
        let words: Vec<&str> = ["list", "-o", "json"].iter().chain(more).copied().collect();
        names(&self.run(&words).succeeds().json())
    }
}

/// The names in a list.
pub fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("a list has items");
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Treats the tokens of a kubeconfig as secrets.
pub fn watch_tokens(env: &TestEnv, kubeconfig: &str) {
    let tokens = kubeconfig.lines().filter_map(|line| line.trim().strip_prefix("token:"));
    let tokens = tokens.map(|token| token.trim().trim_matches('"'));
    // An empty one is no secret, and shorter ones would be found by chance.
    let tokens = tokens.filter(|token| token.len() >= 8);
    tokens.for_each(|token| env.watch("login", token));
}
