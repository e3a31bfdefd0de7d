//! Kubeconfigs: which one is read, and what is said about one that cannot be used.

use std::time::Duration;

use connhub_tests::kubernetes::{Login, kubeconfig};

use crate::configuration::{configure, quoted};
use crate::site::{PROJECT, Site};

/// A site whose backend does not say where its kubeconfig is.
fn unplaced() -> (Site, String) {
    let site = Site::new();
    configure(&site.env, "rhoai", "");
    let text = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    (site, text)
}

#[test]
fn the_usual_places_are_known() {
    let (site, text) = unplaced();
    let home = site.env.file("person/.kube/config", &text);
    let home = home.ancestors().nth(2).expect("it is two folders deep");
    site.env.command(["list"]).variable("HOME", home).run().succeeds();
    let file = site.kubeconfig();
    site.env.command(["list"]).variable("KUBECONFIG", &file).run().succeeds();
    let listed = format!("/no/such/file:{}", file.display());
    site.env.command(["list"]).variable("KUBECONFIG", listed).run().succeeds();
    site.env
        .command(["list"])
        .variable("KUBECONFIG", "/no/such/file")
        .run()
        .fails(2, "/no/such/file");
    let nothing = site.run(&["list"]).fails(2, "there is no kubeconfig");
    assert!(nothing.stderr.contains("oc login"), "{nothing}");
}

#[test]
fn several_files_are_one() {
    let (site, text) = unplaced();
    let (clusters, users) = text.split_once("users:").expect("the form of the stand-in");
    let head = "apiVersion: v1\nkind: Config\n";
    let first = site.env.file("clusters", clusters);
    let second = site.env.file("users", format!("{head}users:{users}"));
    let both = format!("{}:{}", first.display(), second.display());
    site.env.command(["list"]).variable("KUBECONFIG", both).run().succeeds();
    let alone = site.env.command(["list"]).variable("KUBECONFIG", &first).run();
    alone.fails(2, "the user `user` is not in the kubeconfig");
}

#[test]
fn the_backend_chooses_the_context() {
    let site = Site::new();
    let text = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    let other = text.replace("current-context: standin", "current-context: gone");
    site.write_kubeconfig(&other);
    site.run(&["list"]).fails(2, "the context `gone` is not in the kubeconfig");
    let place = |context: &str| format!("{}context = {}\n", site.place(), quoted(context));
    configure(&site.env, "rhoai", &place("standin"));
    site.run(&["list"]).succeeds();
    configure(&site.env, "rhoai", &place("nowhere"));
    let refused = site.run(&["list"]).fails(2, "the context `nowhere` is not in the kubeconfig");
    assert!(refused.stderr.contains("kubectl config get-contexts"), "{refused}");
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_and_not_quoted() {
    let site = Site::new();
    let token = site.env.secret("token");
    let good = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    let check = |text: String, words: &str| {
        site.env.file("kubeconfig", text);
        let (outcome, requests) = site.asked(|| site.run(&["list", "-vvv"]));
        outcome.fails(2, words);
        assert_eq!(requests.len(), 0);
    };
    let broken = format!("users:\n- name: x\n  user: {{token: {token:?}\n");
    check(broken, "is not valid");
    check(format!("users: {token:?}\n"), "is not valid");
    check(good.replace("current-context: standin\n", ""), "has no current context");
    check(good.replace("    cluster: standin", "    cluster: gone"), "the cluster `gone`");
    check(good.replace(&site.server.url(), "no address"), "that is an address");
    let broken = format!("server: {}\n    certificate-authority-data: bm8=", site.server.url());
    let server = format!("server: {}", site.server.url());
    check(good.replace(&server, &broken), "is not a certificate");
    fs_err::remove_file(site.kubeconfig()).unwrap();
    site.run(&["list"]).fails(2, "cannot be read");
    configure(
        &site.env,
        "rhoai",
        "[backends.rhoai.endpoints.cluster]\nkubeconfig = \"${NO_SUCH_VARIABLE}/config\"\n",
    );
    site.run(&["list"]).fails(2, "NO_SUCH_VARIABLE");
}

#[test]
fn no_login_goes_anywhere_unencrypted_or_to_a_metadata_service() {
    let site = Site::new();
    let good = kubeconfig(&site.server, PROJECT, &Login::Token("token-owner".into()));
    let check = |address: &str, code: i32, words: &str| {
        site.write_kubeconfig(&good.replace(&site.server.url(), address));
        let outcome = site.run(&["list"]).fails(code, words);
        assert!(outcome.elapsed < Duration::from_secs(5), "{:?}", outcome.elapsed);
    };
    check("http://cluster.example.com:6443", 2, "without TLS");
    check("http://192.0.2.1:6443", 2, "without TLS");
    check("https://169.254.169.254", 8, "link-local");
    check("https://[fe80::1]:6443", 8, "link-local");
}

#[test]
fn a_cluster_that_does_not_listen_is_said_to_at_once() {
    let site = Site::new();
    let Site { env, server, .. } = site;
    let address = server.url();
    drop(server);
    for words in [
        &["list"][..],
        &["get", "sales"],
        &["create", "model", "--type=uri", "uri=https://example.com"],
        &["delete", "model", "--yes"],
        &["check"],
    ] {
        let outcome = env.run(words).fails(6, &address);
        assert!(outcome.stderr.contains("cannot be reached"), "{outcome}");
        assert!(outcome.elapsed < Duration::from_secs(3), "{:?}", outcome.elapsed);
    }
    let error = env.run(["list", "-o", "json"]).exits_with(6).json_error();
    assert_eq!((&error["code"], &error["retryable"]), (&"unavailable".into(), &true.into()));
}
