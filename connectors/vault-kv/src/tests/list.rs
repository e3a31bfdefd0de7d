//! Lists of one folder and of all.

use connhub_sdk::testing::Reply;
use connhub_sdk::{Filter, Level, PageRequest};
use serde_json::{Value, json};

use super::*;

fn server() -> Server {
    let server = Server::new();
    for key in ["a", "team", "team/a", "team/app/x", "team/app/y", "team-b/z", "zz"] {
        server.put(key, json!({"host": "db"}), json!({"connhub-type": "postgresql"}));
    }
    server.put("team/gone", Value::Null, json!({}));
    server
}

/// The paths of a list of everything, in pages of so many.
fn all(server: &Server, limit: u32) -> Vec<String> {
    let filter = Filter { all_scopes: true, ..Filter::default() };
    let mut request = PageRequest::first(limit);
    let mut paths = Vec::new();
    loop {
        let page =
            VaultKv::list(&server.fake.host(), &target(), &filter, &request).expect("a page");
        assert!(page.items.len() <= limit as usize);
        paths.extend(page.items.into_iter().map(|item| match item.scope {
            Some(scope) => format!("{scope}/{}", item.name),
            None => item.name,
        }));
        match page.cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => return paths,
        }
    }
}

#[test]
fn a_folder_is_listed_without_folders_in_it_and_without_what_was_deleted() {
    let server = server();
    let list = |scope: Option<&str>| {
        let target = Target { scope: scope.map(str::to_owned), ..Target::default() };
        let page = VaultKv::list(
            &server.fake.host(),
            &target,
            &Filter::default(),
            &PageRequest::first(500),
        );
        page.expect("it can be listed").items.into_iter().map(|item| item.name).collect::<Vec<_>>()
    };
    assert_eq!(list(Some("team")), ["a"]);
    assert_eq!(list(Some("team/app")), ["x", "y"]);
    assert_eq!(list(None), ["a", "team", "zz"]);
    assert_eq!(list(Some("nobody")), [""; 0]);
}

#[test]
fn everything_is_listed_once_whatever_the_size_of_a_page() {
    let server = server();
    let expected = ["a", "team", "team-b/z", "team/a", "team/app/x", "team/app/y", "zz"];
    for limit in [1, 2, 3, 7, 500] {
        assert_eq!(all(&server, limit), expected, "pages of {limit}");
    }
}

#[test]
fn a_page_sends_a_bounded_number_of_requests() {
    let server = Server::new();
    for number in 0..250 {
        server.put(&format!("f{number:03}/x"), json!({"host": "db"}), json!({}));
    }
    let filter = Filter { all_scopes: true, ..Filter::default() };
    let page = VaultKv::list(&server.fake.host(), &target(), &filter, &PageRequest::first(500));
    let page = page.expect("a page");
    assert_eq!((page.items.len(), page.cursor.as_deref()), (100, Some("f099/x")));
    assert!(server.fake.requests().len() <= 202, "{}", server.fake.requests().len());
}

#[test]
fn what_may_not_be_seen_does_not_hide_the_rest() {
    let server = server();
    server.refuse("LIST /v1/secret/metadata/team/app", 403, "permission denied");
    server.refuse("GET /v1/secret/data/zz", 403, "permission denied");
    let filter = Filter { all_scopes: true, ..Filter::default() };
    let page = VaultKv::list(&server.fake.host(), &target(), &filter, &PageRequest::first(500));
    let page = page.expect("the rest can be listed");
    let last = page.items.last().expect("there are some");
    assert_eq!((last.name.as_str(), last.status.as_deref()), ("zz", Some("unreadable")));
    let (level, warning) = server.fake.logs().pop().expect("something is said");
    assert_eq!(level, Level::Warn);
    assert!(warning.contains("`secret/metadata/team/app/`"), "{warning}");
    server.refuse("LIST", 403, "permission denied");
    let folder =
        VaultKv::list(&server.fake.host(), &target(), &Filter::default(), &PageRequest::first(9));
    assert!(
        matches!(folder, Err(Error::Forbidden(text)) if text.contains("`list` on `secret/metadata/team/`"))
    );
}

#[test]
fn a_mount_that_is_not_there_is_no_empty_folder() {
    let server = Server::new();
    let text = "no handler for route \"kv/metadata/team/\". route entry not found.";
    server.fake.expect("LIST", "/v1/kv/metadata/team", Reply::json(404, json!({"errors": [text]})));
    let target = target_with(&[("mount", "kv")]);
    let error =
        VaultKv::list(&server.fake.host(), &target, &Filter::default(), &PageRequest::first(9));
    let error = error.expect_err("there is no engine").message();
    assert!(error.contains("`mount` leads to no key-value engine"), "{error}");
}
