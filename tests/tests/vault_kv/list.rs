//! Lists, of a folder and of all.

use serde_json::json;

use crate::instance::Instance;

fn filled() -> Instance {
    let instance = Instance::new();
    for key in ["root-level", "team/app/db", "team/app/queue", "team/web", "zone/x"] {
        instance.put(key, &json!({"host": "db.example.com", "API_TOKEN": "abcdefgh-of-others"}));
    }
    instance.env.watch("of others", "abcdefgh-of-others");
    instance
}

#[test]
fn folders_are_listed_one_by_one_or_all() {
    let instance = filled();
    let names = |more: &[&str]| {
        let words: Vec<&str> = ["list", "-o", "json"].iter().chain(more).copied().collect();
        let list = instance.run(&words).succeeds().json();
        let items = list["items"].as_array().expect("a list has items").clone();
        let path = |item: &serde_json::Value| {
            format!(
                "{}:{}",
                item["scope"].as_str().unwrap_or("-"),
                item["name"].as_str().unwrap_or("-")
            )
        };
        items.iter().map(path).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["-:root-level"]);
    assert_eq!(names(&["-n", "team"]), ["team:web"]);
    assert_eq!(names(&["-n", "team/app"]), ["team/app:db", "team/app:queue"]);
    let all = ["-:root-level", "team:web", "team/app:db", "team/app:queue", "zone:x"];
    let mut found = names(&["-A"]);
    found.sort();
    let mut all = all.to_vec();
    all.sort_unstable();
    assert_eq!(found, all);
    let empty = instance.run(&["list", "-n", "nobody"]).succeeds();
    assert!(empty.stderr.contains("no connections"), "{empty}");
}

#[test]
fn what_others_wrote_is_shown_without_its_secrets() {
    let instance = filled();
    let shown = instance.run(&["get", "web", "-n", "team", "-o", "json"]).succeeds().json();
    assert_eq!(shown["type"], "unknown");
    assert_eq!(shown["fields"], json!({"host": "db.example.com"}));
    assert_eq!(shown["secrets"], json!(["API_TOKEN"]));
}

#[test]
fn more_than_a_page_is_listed_whole() {
    let instance = Instance::new();
    for number in 0..230 {
        instance.put(&format!("many/c{number:03}"), &json!({"host": "db"}));
    }
    let listed = instance.run(&["list", "-n", "many", "-o", "name"]).succeeds();
    let names: Vec<_> = listed.stdout.lines().collect();
    assert_eq!(names.len(), 230);
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn labels_and_types_select() {
    let instance = Instance::new();
    let key = instance.env.secret("key");
    instance.create("a", &crate::S3, &["--label=team=risk"]).stdin(key.as_str()).run().succeeds();
    let uri = ["--type=uri", "uri=https://example.com/data"];
    instance.create("b", &uri, &["--label=team=sales"]).run().succeeds();
    let names = |more: &[&str]| {
        let words: Vec<&str> = ["list", "-o", "name"].iter().chain(more).copied().collect();
        instance.run(&words).succeeds().stdout
    };
    assert_eq!(names(&["-l", "team=risk"]), "a\n");
    assert_eq!(names(&["--type", "uri"]), "b\n");
    assert_eq!(names(&["-l", "team in (risk,sales)"]), "a\nb\n");
}
