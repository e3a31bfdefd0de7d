//! Logins: how they are sent, and what is said about one that is not accepted.

use connhub_tests::dataos::{AcceptedLogin, Options};
use serde_json::json;

use crate::POSTGRES;
use crate::instance::Instance;
use crate::requests::header;
use crate::transport::Transport;

const BEARER: &str = "scheme = \"bearer\"\n";
const API_KEY: &str = "scheme = \"header\"\nheader = \"apikey\"\n";
const BOTH: &str = "scheme = \"bearer\"\nfallback-header = \"apikey\"\n";

fn accepting(accepted_login: AcceptedLogin) -> Instance {
    Instance::of(Transport::Http, Options { accepted_login, ..Options::default() })
}

#[test]
fn the_login_is_sent_as_the_backend_says() {
    for (accepted, scheme) in [
        (AcceptedLogin::Bearer, BEARER),
        (AcceptedLogin::ApiKey, API_KEY),
        (AcceptedLogin::Either, BEARER),
        (AcceptedLogin::Either, API_KEY),
        (AcceptedLogin::Bearer, BOTH),
    ] {
        let mut instance = accepting(accepted);
        let token = instance.dataos.tokens().data_dev;
        instance.log_in(&token, scheme);
        instance.run(&["list", "-vvv"]).succeeds();
        let requests = instance.server.requests();
        assert_eq!(requests.len(), 1, "{scheme}");
        let is_bearer = header(&requests[0], "authorization") == format!("Bearer {token}");
        let is_api_key = header(&requests[0], "apikey") == token;
        assert_eq!((is_bearer, is_api_key), (scheme != API_KEY, scheme == API_KEY), "{scheme}");
    }
}

#[test]
fn the_other_header_is_tried_once_after_a_refusal() {
    let mut instance = accepting(AcceptedLogin::ApiKey);
    let token = instance.dataos.tokens().data_dev;
    instance.log_in(&token, BOTH);
    instance.has_postgres("sales");
    let requests = instance.server.requests();
    let refused = |request: &&connhub_tests::serve::Recorded| header(request, "apikey").is_empty();
    assert_eq!(requests.iter().filter(refused).count(), 1, "the first request alone");
    assert!(requests[1..].iter().all(|request| header(request, "authorization").is_empty()));
    instance.log_in(&token, BEARER);
    instance.run(&["list"]).fails(4, "does not accept the login");
}

#[test]
fn the_login_comes_from_where_the_backend_says() {
    let instance = Instance::new(Transport::Http);
    let token = instance.dataos.tokens().data_dev;
    let place =
        format!("[backends.dataos.endpoints.dataos]\nurl = \"{}\"\n", instance.server.url());
    let configure = |source: &str| {
        let settings = "[backends.dataos.settings]\ntenant = \"engineering\"\n";
        let login = "[backends.dataos.endpoints.dataos.login]\nscheme = \"bearer\"\n";
        let rest = format!("{settings}{place}{login}{source}\n");
        crate::configuration::configure(&instance.env, "dataos", &rest);
    };
    configure("env = [\"DATAOS_RUN_AS_APIKEY\", \"APIKEY\"]");
    for name in ["DATAOS_RUN_AS_APIKEY", "APIKEY"] {
        instance.env.command(["list", "-vvv"]).variable(name, &token).run().succeeds();
    }
    let missing = instance.run(&["list"]).fails(4, "`DATAOS_RUN_AS_APIKEY` or `APIKEY` is not set");
    assert!(missing.stderr.contains("hint:"), "{missing}");
    let file = instance.env.file("printed", &token);
    configure(&format!("command = [\"cat\", {:?}]", file.display().to_string()));
    instance.run(&["list", "-vvv"]).succeeds();
    configure("command = [\"false\"]");
    instance.run(&["list"]).fails(4, "did not");
    configure("file = \"/no/such/file\"");
    instance.run(&["list"]).fails(4, "cannot be read");
    crate::configuration::configure(&instance.env, "dataos", "");
    instance.run(&["list"]).fails(2, "does not say where endpoint `dataos` is");
}

fn a_login_that_is_not_accepted_is_told_with_the_reason(transport: Transport) {
    let mut instance = Instance::new(transport);
    instance.has_postgres("sales");
    let expired = instance.dataos.tokens().expired;
    for (token, words) in [
        (expired.as_str(), "oidc: token is expired (Token Expiry: 2025-01-31"),
        ("never-was-a-token", "could not verify the token"),
    ] {
        instance.log_in_as(token);
        let password = instance.env.secret("password");
        let create = instance.create("new", &POSTGRES, &[]).stdin(password).run();
        create.fails(4, words);
        for command in [
            &["list"][..],
            &["get", "sales"],
            &["update", "sales", "port=5433"],
            &["delete", "sales", "--yes"],
            &["check"],
        ] {
            let refused = instance.run(command);
            assert_eq!(refused.code, 4, "{refused}");
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(
                said.contains(words) && said.contains("dataos-ctl user apikey create"),
                "{refused}"
            );
        }
        let error = instance.run(&["list", "-o", "json"]).exits_with(4).json_error();
        assert_eq!(error["code"], json!("unauthenticated"));
    }
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
}

#[test]
fn a_backend_without_a_login_sends_none() {
    let instance = Instance::new(Transport::Http);
    let place = format!(
        "[backends.dataos.settings]\ntenant = \"engineering\"\n\
         [backends.dataos.endpoints.dataos]\nurl = \"{}\"\n",
        instance.server.url()
    );
    for login in ["", "[backends.dataos.endpoints.dataos.login]\nscheme = \"none\"\n"] {
        let rest = format!("{place}{login}");
        crate::configuration::configure(&instance.env, "dataos", &rest);
        instance.run(&["list"]).fails(4, "missing auth tokens");
    }
    let requests = instance.server.requests();
    let is_bare = |name: &str| requests.iter().all(|request| header(request, name).is_empty());
    assert!(is_bare("authorization") && is_bare("apikey"));
}

over_both! {
    a_login_that_is_not_accepted_is_told_with_the_reason,
}
