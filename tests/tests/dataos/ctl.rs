//! The resource manager by `dataos-ctl`, for which a program stands in that talks to the stand-in DataOS.

use connhub_tests::cli::Outcome;
use connhub_tests::dataos::Step;
use serde_json::{Value, json};

use crate::POSTGRES;
use crate::configuration::limit;
use crate::instance::{Instance, writes};
use crate::transport::Transport;

/// A DataOS and a user with the command line, which behaves as `behavior` says.
fn behaving(transport: Transport, behavior: &Value) -> Instance {
    let instance = Instance::new(transport);
    instance.behave(behavior);
    instance
}

fn create(instance: &Instance, name: &str) -> (Outcome, String) {
    // What the shell would take for a variable is no variable here.
    let password = format!("pa$HOME'\"{}", instance.env.secret("password"));
    instance.env.watch("whole password", &password);
    let run = instance.create(name, &POSTGRES, &[]).stdin(password.as_str());
    (run.run(), password)
}

fn life(behavior: &Value) {
    let site = behaving(Transport::Ctl, behavior);
    let (created, password) = create(&site, "sales");
    created.succeeds();
    let data = &site.secret().values;
    assert_eq!(data["password"], password, "{behavior}: no `$` is lost");
    let instance = &site;
    instance.run(&["get", "sales", "-b", "dataos"]).succeeds();
    let again = create(&site, "sales").0.exits_with(5);
    assert!(again.stderr.contains("sales"), "{behavior}: {again}");
    instance.run(&["update", "sales", "-b", "dataos", "database=hr"]).succeeds();
    let got = instance.run(&["get", "sales", "-b", "dataos", "-o", "json"]).succeeds();
    assert!(got.stdout.contains("\"hr\""), "{behavior}: {got}");
    instance.run(&["delete", "sales", "-b", "dataos", "--yes"]).succeeds();
    assert_eq!(instance.stored(), [""; 0], "{behavior}");
    instance.run(&["get", "sales", "-b", "dataos"]).exits_with(3);
    for call in site.calls().iter().filter(|call| call[1] != "get") {
        let words = call.join(" ");
        let is_on_file = words.contains(" -f ");
        assert_eq!(is_on_file, words.contains("--disable-interpolation"), "{words}");
        assert!(!words.contains("--force") && !words.contains("--unSanitize"), "{words}");
        assert!(!words.contains("pa$HOME"), "{words}");
    }
    assert!(site.calls().len() > 8, "{:?}", site.calls());
}

#[test]
fn a_connection_lives_whatever_the_output_looks_like() {
    for behavior in [
        json!({}),
        json!({"form": "pairs"}),
        json!({"stream": "stderr"}),
        json!({"form": "pairs", "stream": "stderr", "codes": "zero"}),
    ] {
        life(&behavior);
    }
}

#[test]
fn auto_takes_the_command_line_where_somebody_is_logged_in() {
    let site = behaving(Transport::Auto, &json!({}));
    create(&site, "sales").0.succeeds();
    let writing = |site: &Instance| site.calls().iter().filter(|call| call[1] == "create").count();
    assert_eq!(writing(&site), 2, "{:?}", site.calls());
    site.behave(&json!({ "token": null }));
    create(&site, "hr").0.succeeds();
    assert_eq!(writing(&site), 2, "nobody is logged in there");
    assert_eq!(site.dataos.depots().len(), 2);
    let site = behaving(Transport::Http, &json!({}));
    let (_, asked) = site.asked(|| create(&site, "sales").0.succeeds());
    assert_eq!((site.calls().len(), writes(&asked).len()), (0, 2));
}

#[test]
fn a_depot_that_fails_leaves_no_secret() {
    for codes in ["real", "zero"] {
        let site = behaving(Transport::Ctl, &json!({ "codes": codes }));
        site.dataos.fail_next(Step::CreateDepot);
        let (outcome, _) = create(&site, "sales");
        assert!(outcome.code != 0, "{outcome}");
        assert_eq!(site.stored(), [""; 0], "{outcome}");
        create(&site, "sales").0.succeeds();
    }
}

#[test]
fn what_the_server_refuses_is_told_in_the_users_words() {
    let site = behaving(Transport::Ctl, &json!({ "codes": "zero", "token": null }));
    let refused = create(&site, "sales").0.exits_with(4);
    assert!(refused.stderr.contains("missing auth tokens"), "{refused}");
    let viewer = site.dataos.tokens().no_role;
    site.env.watch("other login", &viewer);
    site.behave(&json!({ "token": viewer }));
    let refused = create(&site, "sales").0.exits_with(4);
    assert!(refused.stderr.contains("roles:id:data-dev"), "{refused}");
}

#[test]
fn a_command_line_that_is_too_old_tells_its_version() {
    let site = behaving(Transport::Ctl, &json!({ "only": "workflow" }));
    let refused = create(&site, "sales").0;
    assert!(refused.code != 0 && refused.stderr.contains("version 2.27.8"), "{refused}");
    assert!(refused.stderr.contains("unknown type 'secret'"), "{refused}");
    assert_eq!(site.stored(), [""; 0]);
}

#[test]
fn a_command_line_that_hangs_is_given_up_and_one_that_is_missing_is_named() {
    let site = behaving(Transport::Ctl, &json!({ "hangs": true }));
    site.change("", |section| limit(section, "command-seconds", 1));
    let late = create(&site, "sales").0.exits_with(6);
    assert!(late.stderr.contains("did not end within 1 second"), "{late}");
    site.change("", |section| {
        section["commands"]["ctl"]["program"] = toml_edit::value("/no/such/dataos-ctl");
    });
    let missing = create(&site, "sales").0.exits_with(6);
    assert!(missing.stderr.contains("`/no/such/dataos-ctl`"), "{missing}");
}
