//! Ways to log in, and ways to the cluster.

use connhub_tests::kubernetes::{Login, kubeconfig};
use connhub_tests::serve::Tls;

use crate::S3;
use crate::proxy::Proxy;
use crate::requests::header;
use crate::site::{PROJECT, Site};

#[test]
fn a_token_is_sent_to_the_cluster_alone() {
    let site = Site::new();
    let (_, requests) = site.asked(|| site.has_s3("sales"));
    assert_eq!(header(&requests[0], "authorization"), "Bearer token-owner");
    assert!(header(&requests[0], "user-agent").starts_with("connhub/"));
    site.run(&["list", "-vvv"]).succeeds();
}

#[test]
fn a_token_can_be_in_a_file() {
    let site = Site::new();
    let token = site.env.file("token", "token-owner\n");
    let text = kubeconfig(&site.server, PROJECT, &Login::Token("TOKEN".into()));
    let file = format!("tokenFile: {}", token.display());
    site.write_kubeconfig(&text.replace("token: TOKEN", &file).replace("TOKEN", "token-owner"));
    site.run(&["list", "-vvv"]).succeeds();
    assert_eq!(header(&site.server.requests()[0], "authorization"), "Bearer token-owner");
}

#[test]
fn a_client_certificate_logs_in() {
    let tls = Tls::new();
    let site = Site::with_tls(tls.clone());
    let identity = tls.client("editor", Some("editors"));
    let key: String = identity.key.lines().nth(1).expect("a key has lines").to_owned();
    site.env.watch("key of the client", key);
    site.log_in(&Login::Certificate(identity));
    site.has_s3("sales");
    let checked = site.run(&["check", "-vvv", "-o", "json"]).succeeds().json();
    assert_eq!(checked["user"], "editor");
    assert_eq!(header(&site.server.requests()[0], "authorization"), "");
    site.log_in(&Login::Certificate(tls.client("nobody", None)));
    site.run(&["list"]).fails(4, "User \"nobody\" cannot list");
}

#[test]
fn a_certificate_of_another_authority_does_not_log_in() {
    let site = Site::with_tls(Tls::new());
    site.log_in(&Login::Certificate(Tls::new().client("owner", None)));
    let refused = site.run(&["list", "-vvv"]);
    assert!(matches!(refused.code, 4 | 6), "{refused}");
    assert!(site.server.requests().is_empty());
}

#[test]
fn a_program_logs_in_and_is_run_once_and_only_for_a_request() {
    let site = Site::new();
    let runs = site.env.files().join("runs");
    let credential = r#"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": "token-owner"}}"#;
    let script = format!("echo run >> {}\ncat <<'END'\n{credential}\nEND\n", runs.display());
    site.write_kubeconfig(&exec_kubeconfig(&site, &script));
    let count = || fs_err::read_to_string(&runs).unwrap_or_default().lines().count();
    let secret = site.env.secret("secret_access_key");
    site.create("sales", &S3, &["--dry-run=client"]).stdin(secret.as_str()).run().succeeds();
    site.run(&["plugin", "inspect", "rhoai"]).succeeds();
    site.run(&["types", "s3"]).succeeds();
    assert_eq!(count(), 0);
    site.create("sales", &S3, &["-vvv"]).stdin(secret).run().succeeds();
    assert_eq!(count(), 1);
    site.run(&["check", "-vvv"]).succeeds();
    assert_eq!(count(), 2, "one run for all requests of a command");
}

/// A kubeconfig whose user logs in by a shell script.
fn exec_kubeconfig(site: &Site, script: &str) -> String {
    let script = site.env.file("plugin.sh", script);
    let text = kubeconfig(&site.server, PROJECT, &Login::Exec("x".into()));
    let (start, _) = text.split_once("      args: [").expect("the form of the stand-in");
    format!("{start}      args: [{:?}]\n", script.display().to_string())
}

#[test]
fn a_program_that_gives_no_credential_is_named_and_not_quoted() {
    let site = Site::new();
    let canary = site.env.secret("half a credential");
    let quoted = format!("'{}'", canary.replace('\'', "'\\''"));
    let check = |script: String, words: &str| {
        site.write_kubeconfig(&exec_kubeconfig(&site, &script));
        let (outcome, requests) = site.asked(|| site.run(&["list", "-vvv"]));
        outcome.fails(4, words);
        assert_eq!(requests.len(), 0);
    };
    check(format!("printf %s {quoted}; printf %s {quoted} >&2; exit 1"), "gave no credential");
    check(format!("printf '{{\"status\": {{\"token\": ' ; printf %s {quoted}"), "no credential");
    check("printf '{}'".into(), "printed no credential");
    let text = kubeconfig(&site.server, PROJECT, &Login::Exec("x".into()));
    site.write_kubeconfig(&text.replace("command: sh", "command: connhub-no-such-program"));
    site.run(&["list"]).fails(4, "`connhub-no-such-program` cannot be started");
}

#[test]
fn a_program_that_asks_gets_the_terminal() {
    let site = Site::new();
    let script = "printf 'interactive %s\\n' \"$KUBERNETES_EXEC_INFO\" >&2
        printf 'code: ' >&2; read code; sleep 0.8; echo thanks >&2
        printf '{\"status\": {\"token\": \"token-%s\"}}' \"$code\"";
    for mode in ["Always", "IfAvailable"] {
        let text = exec_kubeconfig(&site, script);
        site.write_kubeconfig(&text.replace("Mode: Never", &format!("Mode: {mode}")));
        let mut terminal = site.env.command(["check"]).on_terminal();
        terminal.waits_for("\"interactive\":true");
        terminal.waits_for("code: ");
        terminal.types("owner\r");
        let outcome = terminal.finish().succeeds();
        assert!(outcome.stdout.contains("is accepted as `owner`"), "{outcome}");
        // Longer than it takes until the line of progress would be drawn.
        assert!(
            outcome.stdout.contains("code: owner\nthanks\n"),
            "nothing is in the way\n{outcome}"
        );
    }
}

#[test]
fn a_program_that_is_interrupted_leaves_the_terminal_as_it_was() {
    let site = Site::new();
    let text = exec_kubeconfig(&site, "stty -echo; printf 'code: ' >&2; read code; exit 1");
    site.write_kubeconfig(&text.replace("Mode: Never", "Mode: Always"));
    let mut terminal = site.env.command(["list"]).on_terminal();
    terminal.waits_for("code: ");
    terminal.waits_for_hidden_typing();
    terminal.types("\x03");
    terminal.waits_for_end();
    assert!(terminal.is_usual(), "the terminal is as it was");
    terminal.finish().exits_with(130);
}

#[test]
fn where_nobody_can_answer_no_program_asks() {
    let site = Site::new();
    let script = "read code; printf '{\"status\": {\"token\": \"token-%s\"}}' \"${code:-owner}\"";
    let text = exec_kubeconfig(&site, script);
    let run = |mode: &str| {
        site.write_kubeconfig(&text.replace("Mode: Never", &format!("Mode: {mode}")));
        site.env.command(["check"]).stdin("viewer\n").run()
    };
    let (refused, requests) = site.asked(|| run("Always"));
    assert!(requests.is_empty());
    insta::assert_snapshot!(refused, @"
    exit code: 4
    --- stderr ---
    error: the credential plugin `sh` asks for something, and standard input is not a terminal

    hint: run the command in a terminal, or log in with a token; `interactiveMode` of the kubeconfig's user says whether the plugin asks
    ");
    for mode in ["IfAvailable", "Never"] {
        let outcome = run(mode).succeeds();
        assert!(
            outcome.stdout.contains("`owner`"),
            "it does not read our standard input\n{outcome}"
        );
    }
    site.write_kubeconfig(&text);
    let on_terminal = site.env.command(["check"]).on_terminal().finish().succeeds();
    assert!(on_terminal.stdout.contains("`owner`"), "`Never` is never\n{on_terminal}");
}

#[test]
fn a_private_authority_is_the_one_of_the_kubeconfig() {
    let site = Site::with_tls(Tls::new());
    site.has_s3("sales");
    site.run(&["list"]).succeeds();
    let other = Site::with_tls(Tls::new());
    let text = kubeconfig(&other.server, PROJECT, &Login::Token("token-owner".into()));
    site.write_kubeconfig(&text.replace(&other.server.url(), &site.server.url()));
    let refused = site.run(&["list"]).fails(6, "cannot be reached");
    assert!(refused.stderr.contains("certificate-authority"), "{refused}");
    let without: Vec<&str> =
        text.lines().filter(|line| !line.contains("certificate-authority-data")).collect();
    site.write_kubeconfig(&without.join("\n").replace(&other.server.url(), &site.server.url()));
    site.run(&["list"]).fails(6, "cannot be reached");
}

#[test]
fn a_certificate_that_has_expired_or_is_for_another_host_is_refused() {
    for tls in [Tls::expired(), Tls::for_host("cluster.example.com")] {
        let site = Site::with_tls(tls);
        site.run(&["list"]).fails(6, "cannot be reached");
        assert!(site.server.requests().is_empty());
        let text = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
        let authority = text.lines().find(|line| line.contains("certificate-authority-data"));
        let unchecked = text.replace(authority.unwrap(), "    insecure-skip-tls-verify: true");
        site.write_kubeconfig(&unchecked);
        let listed = site.run(&["list"]).succeeds();
        assert!(listed.stderr.contains("insecure-skip-tls-verify"), "{listed}");
    }
}

#[test]
fn a_name_of_the_certificate_can_be_given() {
    let site = Site::with_tls(Tls::for_host("cluster.example.com"));
    let text = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    let url = format!("server: {}", site.server.url());
    let named = format!("{url}\n    tls-server-name: cluster.example.com");
    site.write_kubeconfig(&text.replace(&url, &named));
    site.run(&["list"]).succeeds();
}

/// A cluster that only a proxy can find.
fn behind_a_proxy() -> (Site, Proxy) {
    let site = Site::with_tls(Tls::for_host("cluster.test"));
    let proxy = Proxy::to(&site.server.url());
    let text = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    site.write_kubeconfig(&text.replace(&site.server.url(), "https://cluster.test:6443"));
    (site, proxy)
}

#[test]
fn a_proxy_of_the_environment_leads_to_the_cluster() {
    let (site, proxy) = behind_a_proxy();
    let password = "p4ssw0rd-0f-the-proxy";
    site.env.watch("password of the proxy", password);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let before = proxy.heads().len();
        let address = format!("http://ann:{password}@{}", proxy.address());
        site.env.command(["list", "-vvv"]).variable(name, address).run().succeeds();
        let heads = proxy.heads().split_off(before);
        assert_eq!(heads.len(), 1, "{name}");
        assert!(heads[0].starts_with("CONNECT cluster.test:6443 "), "{heads:?}");
        let head = heads[0].to_lowercase();
        assert!(head.contains("proxy-authorization: basic "), "{head}");
        assert!(!head.contains("token-owner"), "the login is for the cluster");
    }
}

#[test]
fn a_proxy_of_the_kubeconfig_counts_more() {
    let (site, proxy) = behind_a_proxy();
    let text = fs_err::read_to_string(site.kubeconfig()).unwrap();
    let server = "server: https://cluster.test:6443";
    let with_proxy = format!("{server}\n    proxy-url: http://{}", proxy.address());
    site.write_kubeconfig(&text.replace(server, &with_proxy));
    let list = site.env.command(["list"]).variable("HTTPS_PROXY", "http://127.0.0.1:1");
    list.run().succeeds();
    assert_eq!(proxy.heads().len(), 1);
}

#[test]
fn a_proxy_is_not_used_for_what_is_exempt_from_it() {
    let site = Site::with_tls(Tls::new());
    let list = || site.env.command(["list"]).variable("HTTPS_PROXY", "http://127.0.0.1:1");
    list().variable("NO_PROXY", "127.0.0.1").run().succeeds();
    list().run().fails(6, "cannot be reached");
}
