//! `connhub plugin bench`. How long something takes is not looked at.

use super::*;

fn steps(document: &serde_json::Value) -> Vec<&str> {
    let items = document["items"].as_array().unwrap();
    items.iter().map(|item| item["step"].as_str().unwrap()).collect()
}

#[test]
fn every_step_of_a_connector_is_measured() {
    let env = two_connections();
    let words = ["plugin", "bench", "local", "--seconds", "1"];
    let document = env.run(words.iter().copied().chain(["-o", "json"])).succeeds().json();
    assert_eq!(document["kind"], "Bench");
    assert_eq!(steps(&document), ["compile", "load", "link", "describe", "list", "get"]);
    for item in document["items"].as_array().unwrap() {
        let number = |key: &str| item[key].as_u64().unwrap();
        assert!(number("samples") >= 1 && number("medianMicroseconds") > 0, "{item}");
        assert!(number("medianMicroseconds") <= number("p95Microseconds"), "{item}");
    }
    let bytes = |key: &str| document[key].as_u64().unwrap();
    assert!(bytes("componentBytes") > 0 && bytes("compiledBytes") > bytes("componentBytes"));
    // At least a page of memory, and no more than the limit.
    assert!((65_536..=256 << 20).contains(&bytes("memoryBytes")), "{document}");
    let shown = env.run(words).succeeds();
    assert!(
        shown.stdout.contains("PER SECOND") && shown.stdout.contains("KiB compiled"),
        "{shown}"
    );
}

#[test]
fn a_file_without_a_place_is_measured_as_far_as_that_goes() {
    let env = TestEnv::new();
    let file = connhub_tests::cli::program().with_file_name("connectors").join("rhoai.wasm");
    let words = ["plugin", "bench", file.to_str().unwrap(), "--seconds", "1", "-o", "json"];
    let document = env.run(words).succeeds().json();
    assert_eq!(steps(&document), ["compile", "load", "link", "describe"]);
    assert!(document.get("backend").is_none());
}

#[test]
fn what_cannot_be_measured_is_said() {
    let env = TestEnv::new();
    env.file("text.wasm", "no component");
    env.run(["plugin", "bench", "text.wasm"]).fails(8, "is no connector");
    env.run(["plugin", "bench", "nothing"]).fails(3, "`nothing`");
    env.run(["plugin", "bench", "local", "--seconds", "0"]).fails(2, "0 is not in 1..=600");
    env.run(["plugin", "bench", "local", "-b", "all"]).fails(2, "on one backend");
    let outcome = env.run(["plugin", "bench", "rhoai", "--seconds", "1"]).fails(2, "kubeconfig");
    assert!(outcome.stdout.contains("describe"), "{outcome}");
}
