//! Ways to a DataOS: certificates and proxies.

use connhub_tests::serve::Tls;

use crate::configuration::quoted;
use crate::instance::Instance;
use crate::proxy::Proxy;

/// The line of `plugins.toml` that names a file with this certificate authority.
fn ca_file(instance: &Instance, pem: &str) -> String {
    let file = instance.env.file("ca.pem", pem).display().to_string();
    format!("ca-file = {}\n", quoted(&file))
}

#[test]
fn a_private_authority_has_to_be_named() {
    let tls = Tls::new();
    let mut instance = Instance::with_tls(tls.clone());
    let refused = instance.run(&["list"]).fails(6, "cannot be reached");
    assert!(refused.stderr.contains("`ca-file`"), "{refused}");
    instance.reach_by(&ca_file(&instance, Tls::new().ca_pem()));
    instance.run(&["list"]).fails(6, "cannot be reached");
    assert!(instance.server.requests().is_empty());
    instance.reach_by(&ca_file(&instance, tls.ca_pem()));
    instance.has_postgres("sales");
    instance.reach_by("ca-file = \"/no/such/file\"\n");
    instance.run(&["list"]).fails(2, "/no/such/file");
    instance.reach_by(&ca_file(&instance, "no certificate"));
    instance.run(&["list"]).fails(2, "ca.pem");
}

#[test]
fn a_certificate_that_has_expired_or_is_for_another_host_is_refused() {
    for tls in [Tls::expired(), Tls::for_host("dataos.example.com")] {
        let mut instance = Instance::with_tls(tls.clone());
        instance.reach_by(&ca_file(&instance, tls.ca_pem()));
        instance.run(&["list"]).fails(6, "cannot be reached");
        assert!(instance.server.requests().is_empty());
    }
}

#[test]
fn a_client_certificate_can_be_shown() {
    let tls = Tls::new();
    let mut instance = Instance::with_tls(tls.clone());
    let identity = tls.client("adalovelace", None);
    let line = identity.key.lines().nth(1).expect("a key has lines");
    instance.env.watch("key of the client", line);
    let both = format!("{}{}", identity.certificate, identity.key);
    let file = instance.env.file("client.pem", both).display().to_string();
    let authority = ca_file(&instance, tls.ca_pem());
    let certificate =
        |file: &str| format!("{authority}client-certificate-file = {}\n", quoted(file));
    instance.reach_by(&certificate(&file));
    instance.run(&["list", "-vvv"]).succeeds();
    // The stand-in ends the handshake with whoever shows a certificate of somebody else.
    let stranger = Tls::new().client("adalovelace", None);
    let both = format!("{}{}", stranger.certificate, stranger.key);
    let file = instance.env.file("stranger.pem", both).display().to_string();
    instance.reach_by(&certificate(&file));
    instance.run(&["list", "-vvv"]).exits_with(6);
    instance.reach_by(&certificate("/no/such/file"));
    instance.run(&["list"]).fails(2, "/no/such/file");
}

#[test]
fn a_proxy_leads_to_what_only_it_can_find() {
    let tls = Tls::for_host("dataos.test");
    let mut instance = Instance::with_tls(tls.clone());
    let proxy = Proxy::to(&instance.server.url());
    let authority = ca_file(&instance, tls.ca_pem());
    let url = "url = \"https://dataos.test\"\n";
    let password = "p4ssw0rd-0f-the-proxy";
    instance.env.watch("password of the proxy", password);
    let address = format!("http://ann:{password}@{}", proxy.address());
    instance.reach_by(&format!("{url}{authority}"));
    let list = instance.env.command(["list", "-vvv"]);
    list.variable("HTTPS_PROXY", &address).run().succeeds();
    let variable = format!("{url}{authority}proxy = \"${{PROXY}}\"\n");
    instance.reach_by(&variable);
    let list = instance.env.command(["list", "-vvv"]).variable("PROXY", &address);
    list.variable("HTTPS_PROXY", "http://127.0.0.1:1").run().succeeds();
    let token = instance.dataos.tokens().data_dev;
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        assert!(head.starts_with("CONNECT dataos.test:443 "), "{head}");
        assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
        assert!(!head.contains(&token), "the login is for DataOS");
    }
    instance.run(&["list"]).fails(2, "`PROXY`");
}
