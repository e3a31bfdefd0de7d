//! `connhub plugin add`, `update`, `remove` and `verify`: from files, addresses and a registry.

use std::sync::Arc;

use connhub_tests::registry::{Registry, sha256};
use connhub_tests::serve::{Request, Response, Server, Service};

use super::signatures::{key_pair, openssl, sign};
use super::*;

pub(super) const VAULT: &str = "contract = '1.0.0'\n[vault]\nwhy = 'keeps records'\n";
const API: &str = "[[endpoint]]\nname = 'api'\nwhy = 'asks'\nallow = ['GET /v1/things', 'POST /v1/things']\nsecrets-in = ['/password']\n";

/// A connector as far as its declarations go; `more` makes other bytes.
pub(super) fn component(needs: &str, more: &str) -> Vec<u8> {
    let needs = needs.replace('\n', "\\n");
    wat::parse_str(format!(
        "(component (@custom \"connhub:needs\" \"{needs}\") (@custom \"more\" \"{more}\") (instance $b) (export \"connhub:connector/backend@1.0.0\" (instance $b)))"
    ))
    .unwrap()
}

fn text(env: &TestEnv, name: &str) -> String {
    fs_err::read_to_string(env.home().join(name)).unwrap_or_default()
}

/// The components that are kept.
fn kept(env: &TestEnv) -> Vec<String> {
    let files = connhub_tests::cli::files_below(&env.home().join("data/connectors"));
    files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_component_is_added_with_exactly_what_it_needs() {
    let env = TestEnv::new();
    env.plugins("# mine, by hand\nversion = 1\n\n[backends.old] # stays\nconnector = \"local\"\n");
    let file = env.file("Acme_One.wasm", component(&format!("{VAULT}{API}"), ""));
    let place = "api=https://api.example.com";
    let words = ["plugin", "add", file.to_str().unwrap(), "--endpoint", place, "--yes"];
    insta::assert_snapshot!(env.run(words), @"
    exit code: 0
    --- stdout ---
    added connector `acme-one` and backend `acme-one` in $HOME/plugins.toml, sha256 [SHA256]
    --- stderr ---
    Connector:     acme-one
    Component:     $FILES/Acme_One.wasm
    SHA-256:       [SHA256] (new)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Contract:      1.0.0
    Made with:     it does not say
    SBOM:          none; it does not say what it is made of
    May start:     yes
    At worst:      reads, changes and deletes its own records in the sealed store; sends GET, POST to `api` (http) with your login, and sends secrets there; reaches nothing else

    CAPABILITY   NEEDS     GRANTED         EFFECTIVE           WHY
    vault        yes       yes             yes                 keeps records
    reveal       -         -               -                   -
    http api     2 rules   http, 2 rules   all that it needs   asks

    Imports:

    Exports:
      connhub:connector/backend@1.0.0

    Would be granted:
      http api: GET /v1/things
      http api: POST /v1/things
      http api: secrets in /password
      vault
    ");
    insta::assert_snapshot!(text(&env, "plugins.toml").replace(&sha256(&fs_err::read(&file).unwrap())[7..23], "DIGEST"), @r#"
    # mine, by hand
    version = 1

    [backends.old] # stays
    connector = "local"

    [backends.acme-one]
    connector = "acme-one"

    [backends.acme-one.endpoints.api]
    url = "https://api.example.com"

    [connectors.acme-one]
    component = "data/connectors/acme-one-DIGEST.wasm"

    [connectors.acme-one.vault]

    [connectors.acme-one.endpoints.api]
    kind = "http"
    allow = [
      "GET /v1/things",
      "POST /v1/things",
    ]
    secrets-in = ["/password"]
    "#);
    let lock = text(&env, "plugins.lock");
    for line in ["version = 2", "contract = \"1.0.0\"", "signers = []", "locked = \"20"] {
        assert!(lock.contains(line), "{line} in {lock}");
    }
    assert!(lock.contains(&format!("source = \"{}\"", file.display())), "{lock}");
    env.run(["plugin", "verify", "acme-one"]).succeeds();
    env.run(["plugin", "add", file.to_str().unwrap(), "--yes"]).fails(5, "already");
}

#[test]
fn what_a_component_wishes_not_to_see_is_masked_without_a_question() {
    let env = TestEnv::new();
    let wish = format!(
        "contract = '1.0.0'\n{API}mask = ['/password', '/items/*/password']\nmask-encoding = 'base64'\n"
    );
    let file = env.file("shy.wasm", component(&wish, ""));
    let place = "api=https://api.example.com";
    let words = ["plugin", "add", file.to_str().unwrap(), "--endpoint", place, "--yes"];
    let added = env.run(words).succeeds();
    assert!(added.stderr.contains("http api: mask /items/*/password"), "{added}");
    let written = text(&env, "plugins.toml");
    let grant = "mask = [\"/password\", \"/items/*/password\"]\nmask-encoding = \"base64\"\n";
    assert!(written.contains(grant), "{written}");
    for words in [&["plugin", "verify", "shy"][..], &["plugin", "list"]] {
        let told = env.run(words).succeeds();
        assert!(!told.stderr.contains("wishes"), "{told}");
    }

    let less = written.replace("mask = [\"/password\", ", "mask = [");
    fs_err::write(env.home().join("plugins.toml"), &less).unwrap();
    let says = "wishes that `/password` in answers of endpoint `api` is masked";
    for words in [&["plugin", "verify", "shy"][..], &["plugin", "list"]] {
        let told = env.run(words).succeeds();
        assert!(told.stderr.contains(says), "{told}");
    }
    let inspected = env.run(["plugin", "inspect", "shy", "-o", "wide"]).succeeds();
    assert!(inspected.stdout.contains(says), "{inspected}");
    let other =
        written.replace("encoding = \"base64\"", "encoding = \"text\"\nvisible = [\"password\"]");
    fs_err::write(env.home().join("plugins.toml"), other).unwrap();
    let told = env.run(["plugin", "verify", "shy"]).succeeds();
    for says in ["take it out of `visible`", "write `mask-encoding = \"base64\"`"] {
        assert!(told.stderr.contains(says), "{told}");
    }
    fs_err::write(env.home().join("plugins.toml"), less).unwrap();
    assert!(inspected.stdout.contains("http api: mask /password"), "{inspected}");
}

#[test]
fn a_program_is_granted_with_the_shapes_of_its_arguments() {
    const TOOL: &str = "contract = '1.1.0'\n[[command]]\nname = 'ctl'\nwhy = 'asks it'\nprogram = 'acmectl'\nsecrets-in = ['/data/*']\n\
                        environment = ['HOME']\nargs = [['get', '-n', '{name}']]\n";
    let env = TestEnv::new();
    let file = env.file("acme.wasm", component(TOOL, ""));
    let added = env.run(["plugin", "add", file.to_str().unwrap(), "--yes"]).succeeds();
    for words in [
        "At worst:      runs the program `acmectl` as you, outside the sandbox, with arguments of 1 shape, and hands secrets to it;",
        "command ctl   1 shape   `acmectl`, 1 shape   all that it needs   asks it",
        "command ctl: program acmectl",
        "command ctl: get -n {name}",
        "command ctl: environment HOME",
    ] {
        assert!(added.stderr.contains(words), "no `{words}` in {added}");
    }
    let written = text(&env, "plugins.toml");
    let grant = "[connectors.acme.commands.ctl]\nprogram = \"acmectl\"\nargs = [\n  [\"get\", \"-n\", \"{name}\"],\n]\n\
                 secrets-in = [\"/data/*\"]\nenvironment = [\"HOME\"]\n";
    assert!(written.contains(grant), "{written}");
    let more = TOOL.replace("'{name}']]\n", "'{name}'], ['delete', '-n', '{name}']]\n");
    let newer = env.file("newer.wasm", component(&more, ""));
    let words = ["plugin", "update", "acme", newer.to_str().unwrap(), "--yes"];
    let updated = env.run(words).succeeds();
    assert!(updated.stderr.contains("+ command ctl: delete -n {name}"), "{updated}");
    let written = text(&env, "plugins.toml");
    assert!(written.contains("  [\"delete\", \"-n\", \"{name}\"],\n]\n"), "{written}");
    let listed = env.run(["plugin", "list"]).succeeds();
    assert!(listed.stdout.contains("ctl (runs `acmectl`, 2 shapes)"), "{listed}");
}

#[test]
fn a_program_that_was_taken_out_of_the_grants_stays_out() {
    const TOOL: &str = "contract = '1.1.0'\n[[command]]\nname = 'ctl'\nwhy = 'asks it'\nprogram = 'acmectl'\noptional = true\n";
    let needs = |shapes: &str| format!("{TOOL}args = [{shapes}]\n");
    let env = TestEnv::new();
    let first = env.file("acme.wasm", component(&needs("['get', '-n', '{name}']"), ""));
    env.run(["plugin", "add", first.to_str().unwrap(), "--yes"]).succeeds();
    let written = text(&env, "plugins.toml");
    let (before, _) = written.split_once("[connectors.acme.commands.ctl]").expect("it is granted");
    let (_, after) = written.split_once("[backends.acme]").expect("it has a backend");
    let without = format!("{before}[backends.acme]{after}");
    fs_err::write(env.home().join("plugins.toml"), &without).unwrap();
    for shapes in ["['get', '-n', '{name}']", "['get', '-n', '{name}'], ['delete']"] {
        let newer = env.file("newer.wasm", component(&needs(shapes), shapes));
        let words = ["plugin", "update", "acme", newer.to_str().unwrap(), "--yes"];
        env.run(words).succeeds();
        assert!(!text(&env, "plugins.toml").contains("acmectl"), "{shapes}");
    }
}

#[test]
fn nothing_is_left_of_a_component_that_is_refused() {
    let env = TestEnv::new();
    let fine = env.file("fine.wasm", component(VAULT, ""));
    let fine = fine.to_str().unwrap();
    let undeclared = env.file("none.wasm", wat::parse_str("(component)").unwrap());
    let digest = "a".repeat(64);
    let refused: [(&[&str], i32, &str); 9] = [
        (&["nobody.wasm", "--yes"], 3, "there is no file"),
        (&[undeclared.to_str().unwrap(), "--yes"], 8, "is no connector"),
        (&[fine], 2, "nobody can be asked here whether to add it"),
        (&[fine, "--yes", "--name", "local"], 5, "already"),
        (&[fine, "--yes", "--name", "Not A Name"], 2, "cannot be the name"),
        (&[fine, "--yes", "--sha256", &digest], 8, "not what `--sha256` says"),
        (&[fine, "--yes", "--sha256", "abc"], 2, "64 hexadecimal digits"),
        (&[fine, "--yes", "--signer", "ghost"], 3, "no signer `ghost`"),
        (&[fine, "--yes", "--endpoint", "api=kubernetes"], 2, "needs no endpoint `api`"),
    ];
    for (words, code, expected) in refused {
        env.run(["plugin", "add"].iter().chain(words)).fails(code, expected);
    }
    assert_eq!((text(&env, "plugins.toml"), text(&env, "plugins.lock")), Default::default());
    assert!(kept(&env).is_empty());
}

#[test]
fn a_key_that_is_named_must_have_signed_now_and_later() {
    let env = TestEnv::new();
    key_pair(&env, "acme");
    let file = env.file("x.wasm", component(VAULT, ""));
    let key = env.files().join("acme.pub");
    let words = ["plugin", "add", file.to_str().unwrap(), "--key", key.to_str().unwrap(), "--yes"];
    env.run(words).fails(8, "is not signed by `acme`");
    assert!(kept(&env).is_empty());
    sign(&env, "acme.key", &file);
    let added = env.run(words.iter().chain(&["-o", "json"])).succeeds().json();
    assert_eq!(added["signedBy"][0]["name"], "acme");
    assert!(text(&env, "plugins.toml").contains("signed-by = [\"acme\"]"));
    let verified = env.run(["plugin", "verify", "x", "-o", "json"]).succeeds().json();
    assert_eq!(verified["items"][0]["signedBy"][0], "acme");
    let signature = kept(&env).into_iter().find(|name| name.ends_with(".sig")).unwrap();
    fs_err::remove_file(env.home().join("data/connectors").join(signature)).unwrap();
    insta::assert_snapshot!(env.run(["plugin", "verify", "x"]).stdout.contains("is not signed by `acme`"), @"true");
    assert_eq!(env.run(["plugin", "verify", "x"]).code, 8);
    env.run(["list", "--backend", "x"]).fails(8, "is not signed by `acme`");
}

#[test]
fn an_update_shows_what_is_different_and_keeps_what_was_narrowed() {
    let env = TestEnv::new();
    let file = env.file("x.wasm", component(&format!("{VAULT}{API}"), ""));
    env.run(["plugin", "add", file.to_str().unwrap(), "--yes"]).succeeds();
    let update = ["plugin", "update", "x", "--yes"];
    let same = env.run(update).succeeds();
    assert!(same.stdout.starts_with("unchanged connector `x`"), "{same}");
    let narrowed = text(&env, "plugins.toml").replace("  \"POST /v1/things\",\n", "");
    env.plugins(&narrowed);
    let more = API.replace("'POST /v1/things'", "'POST /v1/things', 'DELETE /v1/things/*'");
    env.file("x.wasm", component(&format!("{VAULT}{more}"), "2"));
    env.run(["plugin", "update", "x"]).fails(2, "nobody can be asked");
    assert_eq!(text(&env, "plugins.toml"), narrowed);
    insta::assert_snapshot!(env.run(update), @"
    exit code: 0
    --- stdout ---
    updated connector `x` in $HOME/plugins.toml, sha256 [SHA256]
    --- stderr ---
    sha256:
      - [SHA256]
      + [SHA256]
    needs:
      + http api: DELETE /v1/things/*
    ");
    let after = text(&env, "plugins.toml");
    assert!(after.contains("DELETE /v1/things/*"), "{after}");
    assert!(!after.contains("POST /v1/things"), "what a person took away stays away: {after}");
    assert_eq!(kept(&env).len(), 1, "the old component is gone");
    env.run(["plugin", "verify", "x"]).succeeds();
    env.run(["plugin", "update", "local", "--yes"]).fails(3, "has no connector `local`");
}

#[test]
fn an_update_and_a_verification_show_versions() {
    let env = TestEnv::new();
    let versioned = |version: &str| component(&format!("version = '{version}'\n{VAULT}"), "");
    let file = env.file("x.wasm", versioned("1.0.0"));
    let added = env.run(["plugin", "add", file.to_str().unwrap(), "--yes"]).succeeds();
    assert!(added.stdout.contains("`x` version 1.0.0 and backend"), "{added}");
    env.file("x.wasm", versioned("1.1.0"));
    let updated = env.run(["plugin", "update", "x", "--yes", "-o", "json"]).succeeds();
    assert!(updated.stderr.starts_with("version:\n  - 1.0.0\n  + 1.1.0\n"), "{updated}");
    let updated = updated.json();
    assert_eq!(
        (&updated["previousVersion"], &updated["version"]),
        (&"1.0.0".into(), &"1.1.0".into())
    );
    env.file("x.wasm", versioned("1.2.0"));
    let updated = env.run(["plugin", "update", "x", "--yes"]).succeeds();
    assert!(updated.stdout.contains("`x` from version 1.1.0 to 1.2.0 in"), "{updated}");
    let verified = env.run(["plugin", "verify", "x"]).succeeds();
    assert!(verified.stdout.contains("1.2.0"), "{verified}");
    let verified = env.run(["plugin", "verify", "x", "-o", "json"]).succeeds().json();
    assert_eq!(verified["items"][0]["version"], "1.2.0");
}

#[test]
fn an_update_that_lost_its_signature_says_so() {
    let env = TestEnv::new();
    key_pair(&env, "acme");
    let file = env.file("x.wasm", component(VAULT, ""));
    sign(&env, "acme.key", &file);
    let key = env.files().join("acme.pub");
    let words = ["plugin", "add", file.to_str().unwrap(), "--key", key.to_str().unwrap(), "--yes"];
    env.run(words).succeeds();
    env.file("x.wasm", component(VAULT, "2"));
    env.run(["plugin", "update", "x", "--yes"]).fails(8, "is not signed by `acme`");
    // Somebody who no longer asks for the signature still sees that it is gone.
    env.plugins(&text(&env, "plugins.toml").replace("signed-by = [\"acme\"]\n", ""));
    fs_err::remove_file(env.files().join("x.wasm.sig")).unwrap();
    let updated = env.run(["plugin", "update", "x", "--yes"]).succeeds();
    assert!(updated.stderr.contains("signer:\n  - p256:"), "{updated}");
}

#[test]
fn what_was_added_is_removed_without_a_trace() {
    let env = TestEnv::new();
    env.plugins("# kept\nversion = 1\n");
    let file = env.file("x.wasm", component(VAULT, ""));
    env.run(["plugin", "add", file.to_str().unwrap(), "--yes"]).succeeds();
    let with_more = format!("{}\n[backends.y]\nconnector = \"x\"\n", text(&env, "plugins.toml"));
    env.plugins(&with_more);
    env.run(["plugin", "remove", "x", "--yes"]).fails(5, "used by the backends y");
    env.run(["plugin", "remove", "x"]).fails(2, "nobody can be asked");
    env.run(["plugin", "remove", "local", "--yes"]).fails(3, "has no connector `local`");
    env.run(["plugin", "remove", "x", "--with-backends", "--yes"]).succeeds();
    assert_eq!(text(&env, "plugins.toml"), "# kept\nversion = 1\n");
    assert!(!text(&env, "plugins.lock").contains("[connectors.x]"));
    assert!(kept(&env).is_empty());
    assert!(file.exists(), "the user's own file is not ours to remove");
    env.run(["plugin", "remove", "x", "--yes"]).fails(3, "no connector `x`");
}

/// Files by path.
struct Files(Vec<(&'static str, Response)>);

impl Service for Files {
    fn answer(&self, request: &Request) -> Response {
        let found = self.0.iter().find(|(path, _)| *path == request.path);
        found.map_or(Response::text(404, "no"), |(_, answer)| answer.clone())
    }
}

#[test]
fn a_component_at_an_address_comes_with_its_signature() {
    let env = TestEnv::new();
    key_pair(&env, "acme");
    let bytes = component(VAULT, "");
    let file = env.file("x.wasm", &bytes);
    sign(&env, "acme.key", &file);
    let signature = fs_err::read(env.files().join("x.wasm.sig")).unwrap();
    let wasm = Response::with_body(200, "application/wasm", bytes);
    let elsewhere = Response::empty(302).header("location", "http://127.0.0.1:9/x.wasm");
    let server = Server::start(Arc::new(Files(vec![
        ("/x.wasm", wasm.clone()),
        ("/x.wasm.sig", Response::with_body(200, "application/octet-stream", signature)),
        ("/x.wasm.minisig", Response::with_body(200, "text/html", "<html>not here</html>")),
        ("/moved.wasm", Response::empty(301).header("location", "/x.wasm")),
        ("/away.wasm", elsewhere),
        ("/round.wasm", Response::empty(302).header("location", "/round.wasm")),
    ])));
    let key = env.files().join("acme.pub");
    let key = ["--key", key.to_str().unwrap(), "--yes"];
    let add = |path: &str, more: &[&str]| {
        let url = format!("{}{path}", server.url());
        env.run(["plugin", "add", &url].iter().copied().chain(more.iter().copied()))
    };
    add("/x.wasm", &key).succeeds();
    assert!(text(&env, "plugins.lock").contains(&format!("source = \"{}/x.wasm\"", server.url())));
    env.run(["plugin", "verify", "x"]).succeeds();
    add("/moved.wasm", &["--yes"]).succeeds();
    add("/away.wasm", &["--yes"]).fails(8, "redirects to another host");
    add("/round.wasm", &["--yes"]).fails(8, "redirects more than 3 times");
    add("/gone.wasm", &["--yes"]).fails(3, "answered 404");
    env.run(["plugin", "add", "http://192.0.2.1/y.wasm", "--yes"]).fails(2, "without TLS");
    env.run(["plugin", "add", "https://169.254.169.254/y.wasm", "--yes"]).fails(8, "link-local");
}

#[test]
fn a_component_of_a_registry_is_pulled_with_its_signature_and_pinned() {
    let env = TestEnv::new();
    key_pair(&env, "acme");
    let registry = Arc::new(Registry::default());
    let manifest = registry.push("team/acme", "1.0", &component(VAULT, ""));
    let server = Server::start(registry.clone());
    let reference = format!("oci://{}/team/acme", server.url().trim_start_matches("http://"));
    let tagged = format!("{reference}:1.0");
    let key = env.files().join("acme.pub");
    let key = ["--key", key.to_str().unwrap(), "--yes"];
    let add = |source: &str, more: &[&str]| {
        env.run(["plugin", "add", source].iter().copied().chain(more.iter().copied()))
    };
    add(&tagged, &key).fails(8, "is not signed by `acme`");
    // A signature over another image does not count.
    let other = registry.push("team/acme", "other", &component(VAULT, "other"));
    let payload = Registry::payload(&other);
    env.file("payload", &payload);
    let signed = openssl(&env, &["dgst", "-sha256", "-sign", "acme.key", "payload"]);
    registry.sign("team/acme", &manifest, &payload, &signed);
    add(&tagged, &key).fails(8, "is not signed by `acme`");
    let payload = Registry::payload(&manifest);
    env.file("payload", &payload);
    let signed = openssl(&env, &["dgst", "-sha256", "-sign", "acme.key", "payload"]);
    registry.sign("team/acme", &manifest, &payload, &signed);
    add(&tagged, &key).succeeds();
    env.run(["plugin", "verify", "acme"]).succeeds();
    drop(server);
    env.run(["plugin", "verify", "acme"]).succeeds();
}

#[test]
fn a_registry_that_lies_is_not_believed() {
    let env = TestEnv::new();
    let bytes = component(VAULT, "");
    let registry = Arc::new(Registry::default());
    let manifest = registry.push("a", "1", &bytes);
    registry.manifest("a", "list", b"{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}");
    registry.manifest("a", "text", b"hello");
    let server = Server::start(registry.clone());
    let base = format!("oci://{}/a", server.url().trim_start_matches("http://"));
    let add = |name: &str| env.run(["plugin", "add", &format!("{base}{name}"), "--yes"]);
    add(":2").fails(3, "the registry answered 404");
    add(":list").fails(8, "is a list of images");
    add(":text").fails(8, "has no manifest of an image");
    registry.tamper(&sha256(&bytes), &component(VAULT, "tampered"));
    add(":1").fails(8, "is not what its digest says");
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    registry.tamper(&sha256(&bytes), &flipped);
    add(":1").fails(8, "is not what its digest says");
    registry.tamper(&sha256(&bytes), &bytes);
    let another = registry.push("a", "2", &component(VAULT, "2"));
    registry.exchange("a", &manifest, &another);
    add(&format!("@{manifest}")).fails(8, "is not what its digest says");
    assert!(kept(&env).is_empty());
}

#[test]
fn a_private_registry_takes_the_login_of_docker_and_podman() {
    let env = TestEnv::new();
    let password = env.secret("registry password");
    let registry = Arc::new(Registry::private("ann", &password));
    registry.push("a", "1", &component(VAULT, ""));
    let server = Server::start(registry);
    let host = server.url().trim_start_matches("http://").to_owned();
    let add =
        ["plugin".to_owned(), "add".to_owned(), format!("oci://{host}/a:1"), "--yes".to_owned()];
    env.run(&add).fails(4, "401");
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("ann:{password}"));
    env.watch("auth", &auth);
    let logins =
        env.file("auth.json", format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{auth}\"}}}}}}"));
    env.command(&add).variable("REGISTRY_AUTH_FILE", logins).run().succeeds();
}

#[test]
fn a_blob_may_be_elsewhere_and_the_login_stays() {
    let env = TestEnv::new();
    let bytes = component(VAULT, "");
    let store = Arc::new(Registry::default());
    store.push("a", "1", &bytes);
    let store = Server::start(store);
    let mut registry = Registry::private("ann", "an-ordinary-password");
    registry.blobs_at = Some(store.url());
    registry.push("a", "1", &bytes);
    let server = Server::start(Arc::new(registry));
    let host = server.url().trim_start_matches("http://").to_owned();
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode("ann:an-ordinary-password");
    let logins =
        env.file("auth.json", format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{auth}\"}}}}}}"));
    let reference = format!("oci://{host}/a:1");
    env.command(["plugin", "add", &reference, "--yes"])
        .variable("REGISTRY_AUTH_FILE", logins)
        .run()
        .succeeds();
    let seen = store.requests();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].headers.get("authorization").is_none(), "the login went to another host");
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let env = TestEnv::new();
    let file = env.file("x.wasm", component(VAULT, ""));
    let add = ["plugin", "add", file.to_str().unwrap()];
    let mut terminal = env.command(add).on_terminal();
    terminal.waits_for("with these grants?");
    terminal.types("n\n");
    assert_eq!(terminal.finish().code, 1);
    assert!(kept(&env).is_empty());
    let mut terminal = env.command(add).on_terminal();
    terminal.waits_for("with these grants?");
    terminal.types("y\n");
    assert_eq!(terminal.finish().code, 0);
    assert_eq!(kept(&env).len(), 1);
}

#[test]
fn two_at_once_leave_both_connectors() {
    let env = TestEnv::new();
    let running: Vec<_> = (0..4)
        .map(|number| {
            let name = format!("c{number}");
            let file = env.file(&format!("{name}.wasm"), component(VAULT, &name));
            env.command(["plugin", "add", file.to_str().unwrap(), "--yes"]).start()
        })
        .collect();
    running.into_iter().for_each(|one| drop(one.finish().succeeds()));
    let verified = env.run(["plugin", "verify", "c0", "c1", "c2", "c3"]).succeeds();
    assert_eq!(verified.stdout.matches("locked").count(), 4, "{verified}");
}

#[test]
fn what_policy_refuses_is_not_even_added() {
    let env = TestEnv::new();
    let file = env.file("x.wasm", component(VAULT, ""));
    let policy = env.file(
        "policy.toml",
        "version = 1\nuser-connectors = false\n[[allow]]\nconnectors = [\"*\"]\n",
    );
    let words = ["plugin", "add", file.to_str().unwrap(), "--yes"];
    env.run(words.iter().chain(&["--policy", policy.to_str().unwrap()])).exits_with(8);
    assert_eq!((text(&env, "plugins.toml"), text(&env, "plugins.lock")), Default::default());
    assert!(kept(&env).is_empty());
    env.run(words).succeeds();
}
