//! A list that goes on.

use connhub_tests::serve::{FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::site::Site;

const WATCH: [&str; 4] = ["list", "--watch", "--interval", "100ms"];

#[test]
fn what_is_added_changed_and_removed_is_shown_until_ctrl_c() {
    let site = Site::new();
    site.has_uri("model");
    let run = site.env.command(WATCH).variable("NO_COLOR", "1");
    let mut terminal = run.on_terminal();
    terminal.waits_for("EVENT   NAME    TYPE   TARGET");
    terminal.waits_for("added   model");
    terminal.waits_for("listing again every 100 ms; Ctrl-C ends");
    site.has_s3("sales");
    terminal.waits_for("added   sales   s3");
    site.run(&["update", "model", "uri=https://example.com/models/2"]).succeeds();
    terminal.waits_for("changed   model   uri   https://example.com/models/2");
    site.run(&["delete", "sales", "--yes"]).succeeds();
    terminal.waits_for("removed   sales");
    terminal.types("\x03");
    let ended = terminal.finish().exits_with(130);
    assert_eq!(ended.stdout.matches("EVENT").count(), 1, "{ended}");
    assert_eq!(ended.stdout.matches("added   model").count(), 1, "{ended}");
}

#[test]
fn each_event_is_a_document_of_one_line() {
    let site = Site::new();
    let words = [&WATCH[..], &["-o", "json", "--type", "uri"]].concat();
    let mut terminal = site.env.command(words).on_terminal();
    terminal.waits_for("listing again");
    site.has_s3("sales");
    site.has_uri("model");
    terminal.waits_for("\n{");
    site.run(&["delete", "model", "--yes"]).succeeds();
    terminal.waits_for(r#""event":"removed""#);
    terminal.types("\x03");
    let ended = terminal.finish().exits_with(130);
    let events: Vec<serde_json::Value> =
        ended.stdout.lines().filter_map(|line| serde_json::from_str(line.trim()).ok()).collect();
    let of = |index: usize| {
        let event = &events[index];
        (event["kind"].as_str(), event["event"].as_str(), event["connection"]["name"].as_str())
    };
    assert_eq!(events.len(), 2, "{ended}");
    assert_eq!(of(0), (Some("ConnectionEvent"), Some("added"), Some("model")));
    assert_eq!(of(1), (Some("ConnectionEvent"), Some("removed"), Some("model")));
}

#[test]
fn an_outage_is_said_and_sat_out_and_a_lost_right_ends_it() {
    let site = Site::new();
    site.has_uri("model");
    let terminal = site.env.command(WATCH).on_terminal();
    terminal.waits_for("listing again");
    let status = json!({"kind": "Status", "message": "etcd is away", "code": 500});
    site.next(Method::GET, FaultKind::from(Response::json(500, &status)));
    terminal.waits_for("etcd is away");
    terminal.waits_for("the backend answers again");
    let status =
        json!({"kind": "Status", "message": "no more", "reason": "Forbidden", "code": 403});
    site.next(Method::GET, FaultKind::from(Response::json(403, &status)));
    terminal.finish().exits_with(4);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let site = Site::new();
    let refused = |more: &[&str], words: &str| {
        let words_of = [&["list", "--watch"][..], more].concat();
        site.run(&words_of).fails(2, words);
    };
    refused(&["-o", "yaml"], "`--watch` cannot be shown in this form");
    refused(&["-o", "name"], "`--watch` cannot be shown in this form");
    refused(&["--backend", "all"], "`--watch` follows one backend");
    refused(&["--interval", "1ms"], "at least 100 ms");
    refused(&["--interval", "soon"], "such as 500ms");
    refused(&["--sort-by", "type"], "cannot be used with");
    site.run(&["list", "--interval", "5s"]).fails(2, "--watch");
    // A list that fails at first is no outage.
    site.run(&["list", "--watch", "-n", "absent"]).exits_with(4);
}
