//! A user who edits everything that is theirs: no way leads around the system's policy.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A place that counts who connects, and answers everybody alike.
struct Listener {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = stream else { continue };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let answer = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { port, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

fn component(name: &str) -> Vec<u8> {
    fs_err::read(connhub_tests::cli::components().join(format!("{name}.wasm"))).unwrap()
}

/// The same component with another digest: an empty custom section named `x` is added.
fn altered(name: &str) -> Vec<u8> {
    [component(name), vec![0, 2, 1, b'x']].concat()
}

fn digest(env: &TestEnv, connector: &str) -> String {
    let json = env.run(["plugin", "inspect", connector, "-o", "json"]).succeeds().json();
    json["sha256"].as_str().unwrap().to_owned()
}

/// A `plugins.toml` with a connector of this name that may use the store.
fn connector(name: &str, file: &str) -> String {
    format!(
        "version = 1\n[connectors.{name}]\ncomponent = \"{file}\"\n[connectors.{name}.vault]\n[backends.{name}]\nconnector = \"{name}\"\n"
    )
}

/// A user on a machine that allows `local` of one digest and nothing else.
fn strict() -> TestEnv {
    let env = TestEnv::new();
    let digest = digest(&env, "local");
    env.system_file(
        "policy.toml",
        format!("version = 1\n[[allow]]\nconnectors = [\"local\"]\ndigests = [\"{digest}\"]\n"),
    );
    env
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    fs_err::create_dir_all(folder).unwrap();
    fs_err::write(folder.join(name), bytes).unwrap();
}

#[track_caller]
fn refused(outcome: Outcome) {
    let outcome = outcome.fails(8, "/etc/connhub/policy.toml");
    assert!(outcome.stderr.contains("only root"), "{outcome}");
}

#[test]
fn what_is_allowed_runs() {
    strict().command(["list"]).on_own_machine().run().succeeds();
}

#[test]
fn another_component_does_not_run_under_any_name() {
    let env = strict();
    write(&env.home(), "x.wasm", altered("local"));
    for name in ["mine", "local"] {
        env.plugins(&connector(name, "x.wasm"));
        let run = || env.command(["list", "--backend", name]);
        run().run().succeeds();
        refused(run().on_own_machine().run());
    }
}

#[test]
fn the_allowed_component_does_not_run_under_another_name() {
    let env = strict();
    write(&env.home(), "x.wasm", component("local"));
    env.plugins(&connector("mine", "x.wasm"));
    refused(env.command(["list", "--backend", "mine"]).on_own_machine().run());
}

#[test]
fn a_lock_and_a_cache_prove_nothing() {
    let env = strict();
    write(&env.home(), "x.wasm", altered("local"));
    env.plugins(&connector("local", "x.wasm"));
    env.run(["plugin", "lock"]).succeeds();
    // Compiled and in the cache, with a tag that fits.
    env.run(["list"]).succeeds();
    refused(env.command(["list"]).on_own_machine().run());
}

#[test]
fn flags_and_variables_move_nothing() {
    let env = strict();
    let folder = env.folder("other");
    write(&folder, "x.wasm", altered("local"));
    write(&folder, "plugins.toml", connector("local", "x.wasm"));
    write(&folder, "all.toml", "version = 1\n[[allow]]\nconnectors = [\"*\"]\n");
    write(&folder.join("connhub"), "x.wasm", altered("local"));
    write(&folder.join("connhub"), "plugins.toml", connector("local", "x.wasm"));
    let path = |name: &str| folder.join(name).display().to_string();
    let (plugins, all) = (path("plugins.toml"), path("all.toml"));
    let run = |words: &[&str]| env.command(words).on_own_machine();
    refused(run(&["list", "--plugins", &plugins]).run());
    refused(run(&["list", "--plugins", &plugins, "--policy", &all]).run());
    refused(run(&["list"]).variable("CONNHUB_PLUGINS", &plugins).run());
    refused(run(&["list"]).variable("CONNHUB_HOME", &folder).run());
    let xdg = run(&["list"]).without("CONNHUB_HOME").variable("HOME", &folder);
    refused(xdg.variable("XDG_CONFIG_HOME", &folder).run());
    let variables = ["CONNHUB_POLICY", "CONNHUB_SYSTEM_POLICY", "CONNHUB_ETC", "XDG_CONFIG_DIRS"];
    let run = run(&["list", "--plugins", &plugins]);
    refused(variables.iter().fold(run, |run, name| run.variable(name, &all)).run());
    refused(
        env.command(["list", "--plugins", "plugins.toml"]).inside(&folder).on_own_machine().run(),
    );
}

#[test]
fn users_add_no_connectors_where_only_the_system_may() {
    let env = TestEnv::new();
    let policy = "version = 1\nuser-connectors = false\n[[allow]]\nconnectors = [\"*\"]\n";
    env.system_file("policy.toml", policy);
    env.system_file("plugins.toml", connector("ours", "ours.wasm"));
    env.system_file("ours.wasm", component("local"));
    write(&env.home(), "x.wasm", component("local"));
    let run = |backend: &str| env.command(["list", "--backend", backend]).on_own_machine().run();
    run("ours").succeeds();
    env.plugins(&connector("mine", "x.wasm"));
    refused(run("mine"));
    env.plugins(&connector("ours", "x.wasm"));
    refused(run("ours"));
    // A backend of the user's for a connector of the system is fine.
    env.plugins("version = 1\n[backends.second]\nconnector = \"ours\"\n");
    run("second").succeeds();
}

/// A user whose backend leads to a place, for a connector of the shipped ones.
fn leads_to(env: &TestEnv, url: &str, more: &str) {
    env.plugins(&format!(
        "version = 1\n[backends.lake]\nconnector = \"dataos\"\n[backends.lake.settings]\ntenant = \"t\"\n[backends.lake.endpoints.dataos]\nurl = \"{url}\"\n{more}"
    ));
}

const ORIGINS: &str = "version = 1\n[[allow]]\nconnectors = [\"*\"]\n[[ceiling]]\norigins = [\"https://**.example.com\", \"http://127.0.0.1:1\", \"https://127.0.0.1:1\"]\n";

#[test]
fn no_backend_leads_to_a_place_that_is_not_allowed() {
    let listener = Listener::start();
    let env = TestEnv::new();
    env.system_file("policy.toml", ORIGINS);
    let list = || {
        env.command(["list", "--backend", "lake"])
            .variable("PLACE", format!("127.0.0.1:{}", listener.port))
    };
    let place = format!("http://127.0.0.1:{}", listener.port);
    leads_to(&env, &place, "");
    list().run();
    assert!(listener.visits() > 0, "without a policy it is reached");
    let before = listener.visits();
    for url in [&place, "http://${PLACE}", &format!("http://localhost:{}", listener.port)] {
        leads_to(&env, url, "");
        refused(list().on_own_machine().run());
    }
    let script = "[backends.lake.endpoints.dataos.login]\nscheme = \"bearer\"\ncommand = [\"touch\", \"ran\"]\n";
    leads_to(&env, &place, script);
    refused(list().on_own_machine().run());
    assert!(
        !env.files().join("ran").exists(),
        "a credential is not read for a place that is refused"
    );
    assert_eq!(listener.visits(), before);
}

#[test]
fn no_proxy_leads_around_the_origins() {
    let listener = Listener::start();
    let env = TestEnv::new();
    env.system_file("policy.toml", ORIGINS);
    let proxy = format!("http://127.0.0.1:{}", listener.port);
    let list = || env.command(["list", "--backend", "lake"]);
    for url in ["http://127.0.0.1:1", "https://127.0.0.1:1"] {
        leads_to(&env, url, "");
        for name in
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
        {
            // The variable of the other scheme is not used, and nobody listens at the place itself.
            let outcome = list().variable(name, &proxy).on_own_machine().run();
            assert!(matches!(outcome.code, 6 | 8), "{outcome}");
        }
        leads_to(&env, url, &format!("proxy = \"{proxy}\"\n"));
        refused(list().on_own_machine().run());
    }
    assert_eq!(listener.visits(), 0);
    list().run();
    assert!(listener.visits() > 0, "without a policy the proxy is used");
}

#[test]
fn no_kubeconfig_leads_to_a_place_that_is_not_allowed() {
    let listener = Listener::start();
    let env = TestEnv::new();
    env.system_file("policy.toml", ORIGINS);
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [ran], interactiveMode: Never}}";
    let kubeconfig = env.file(
        "config",
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\nclusters: [{{name: a, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\nusers: [{{name: a, user: {user}}}]\n",
            listener.port
        ),
    );
    let list = || env.command(["list", "--backend", "rhoai"]).variable("KUBECONFIG", &kubeconfig);
    refused(list().on_own_machine().run());
    let pod = env.command(["list", "--backend", "rhoai"]).variable("HOME", env.files());
    let pod = pod.variable("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    let pod = pod.variable("KUBERNETES_SERVICE_PORT", listener.port.to_string());
    assert_ne!(pod.on_own_machine().run().code, 0);
    assert_eq!(listener.visits(), 0);
    assert!(!env.files().join("ran").exists(), "no program is run for a place that is refused");
}

#[test]
fn no_grant_widens_methods_paths_and_namespaces() {
    let listener = Listener::start();
    let env = TestEnv::new();
    let kubeconfig = env.file(
        "config",
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: a, namespace: team-a}}}}]\nclusters: [{{name: a, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\n",
            listener.port
        ),
    );
    let ceiling = |lines: &str| {
        let text = format!("version = 1\n[[allow]]\nconnectors = [\"*\"]\n[[ceiling]]\n{lines}\n");
        env.system_file("policy.toml", text);
    };
    let run = |words: &[&str]| {
        let run = env.command(words.iter().chain(&["--backend", "rhoai"]));
        run.variable("KUBECONFIG", &kubeconfig).on_own_machine().run()
    };
    ceiling("allow = [\"GET /version\"]");
    refused(run(&["list"]));
    ceiling("namespaces = [\"team-*\"]");
    refused(run(&["list", "-n", "prod"]));
    refused(run(&["get", "x", "-n", "prod"]));
    refused(run(&["delete", "x", "--yes", "-n", "prod"]));
    refused(run(&["list", "-A"]));
    assert_eq!(listener.visits(), 0);
    run(&["list", "-n", "team-b"]);
    assert!(listener.visits() > 0, "what is allowed is sent");
}

#[test]
fn no_limit_is_above_its_ceiling() {
    let env = TestEnv::new();
    let policy = "version = 1\n[[allow]]\nconnectors = [\"*\"]\n[[ceiling]]\n[ceiling.limits]\nmemory-mib = 0\n";
    env.system_file("policy.toml", policy);
    write(&env.home(), "x.wasm", component("local"));
    env.plugins(&format!(
        "{}[connectors.mine.limits]\nmemory-mib = 4000\n",
        connector("mine", "x.wasm")
    ));
    let list = || env.command(["list", "--backend", "mine"]);
    list().run().succeeds();
    list().on_own_machine().run().fails(9, "memory-mib");
}
