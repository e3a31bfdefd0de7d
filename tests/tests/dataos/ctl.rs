//! The resource manager by `dataos-ctl`, for which a program stands in that talks to the stand-in DataOS.

use connhub_tests::cli::Outcome;
use connhub_tests::dataos::{Options, Step};
use serde_json::{Value, json};

use crate::POSTGRES;
use crate::configuration::{limit, quoted};
use crate::instance::{Instance, writes};

/// A user with the command line, which behaves as `behavior` says.
struct Site {
    instance: Instance,
}

impl Site {
    fn new(transport: &str, behavior: &Value) -> Self {
        Self::of(Instance::new(), transport, behavior)
    }

    fn of(mut instance: Instance, transport: &str, behavior: &Value) -> Self {
        let home = instance.env.files().join("user").display().to_string();
        instance.env = instance.env.with_variable("HOME", &home);
        let site = Self { instance };
        let token = site.instance.dataos.tokens().data_dev;
        site.behave(&json!({ "token": token }), behavior);
        let settings = format!("transport = {}\n", quoted(transport));
        site.instance.change(&settings, |section| {
            let command = &mut section["commands"]["ctl"];
            command["program"] = toml_edit::value(env!("CARGO_BIN_EXE_dataos-ctl"));
            limit(section, "command-seconds", 5);
        });
        site
    }

    /// Writes how the command line behaves.
    fn behave(&self, usual: &Value, behavior: &Value) {
        let mut all = json!({ "url": self.instance.server.url() });
        for more in [usual, behavior] {
            let members = more.as_object().expect("a behavior is an object").clone();
            all.as_object_mut().expect("it is an object").extend(members);
        }
        let folder = self.instance.env.files().join("user/.dataos");
        fs_err::create_dir_all(&folder).expect("the home of a test takes folders");
        fs_err::write(folder.join("standin.json"), all.to_string()).expect("it takes files");
    }

    /// The arguments of each call so far.
    fn calls(&self) -> Vec<Vec<String>> {
        let path = self.instance.env.files().join("user/.dataos/calls");
        let text = fs_err::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a list of words")).collect()
    }

    fn create(&self, name: &str) -> (Outcome, String) {
        // What the shell would take for a variable is no variable here.
        let password = format!("pa$HOME'\"{}", self.instance.env.secret("password"));
        self.instance.env.watch("whole password", &password);
        let run = self.instance.create(name, &POSTGRES, &[]).stdin(password.as_str());
        (run.run(), password)
    }
}

fn life(behavior: &Value) {
    let site = Site::new("ctl", behavior);
    let (created, password) = site.create("sales");
    created.succeeds();
    let data = &site.instance.secret().values;
    assert_eq!(data["password"], password, "{behavior}: no `$` is lost");
    let instance = &site.instance;
    instance.run(&["get", "sales", "-b", "dataos"]).succeeds();
    let again = site.create("sales").0.exits_with(5);
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
    let site = Site::new("auto", &json!({}));
    site.create("sales").0.succeeds();
    let writing = |site: &Site| site.calls().iter().filter(|call| call[1] == "create").count();
    assert_eq!(writing(&site), 2, "{:?}", site.calls());
    site.behave(&json!({}), &json!({}));
    site.create("hr").0.succeeds();
    assert_eq!(writing(&site), 2, "nobody is logged in there");
    assert_eq!(site.instance.dataos.depots().len(), 2);
    let site = Site::new("http", &json!({}));
    let (_, asked) = site.instance.asked(|| site.create("sales").0.succeeds());
    assert_eq!((site.calls().len(), writes(&asked).len()), (0, 2));
}

#[test]
fn a_depot_that_fails_leaves_no_secret() {
    for codes in ["real", "zero"] {
        let site = Site::new("ctl", &json!({ "codes": codes }));
        site.instance.dataos.fail_next(Step::CreateDepot);
        let (outcome, _) = site.create("sales");
        assert!(outcome.code != 0, "{outcome}");
        assert_eq!(site.instance.stored(), [""; 0], "{outcome}");
        site.create("sales").0.succeeds();
    }
}

#[test]
fn what_the_server_refuses_is_told_in_the_users_words() {
    let options = Options::default();
    let site = Site::of(Instance::of(options), "ctl", &json!({ "codes": "zero" }));
    site.behave(&json!({}), &json!({}));
    let refused = site.create("sales").0.exits_with(4);
    assert!(refused.stderr.contains("missing auth tokens"), "{refused}");
    let viewer = site.instance.dataos.tokens().no_role;
    site.instance.env.watch("other login", &viewer);
    site.behave(&json!({ "token": viewer }), &json!({}));
    let refused = site.create("sales").0.exits_with(4);
    assert!(refused.stderr.contains("roles:id:data-dev"), "{refused}");
}

#[test]
fn a_command_line_that_is_too_old_tells_its_version() {
    let site = Site::new("ctl", &json!({ "only": "workflow" }));
    let refused = site.create("sales").0;
    assert!(refused.code != 0 && refused.stderr.contains("version 2.27.8"), "{refused}");
    assert!(refused.stderr.contains("unknown type 'secret'"), "{refused}");
    assert_eq!(site.instance.stored(), [""; 0]);
}

#[test]
fn a_command_line_that_hangs_is_given_up_and_one_that_is_missing_is_named() {
    let site = Site::new("ctl", &json!({ "hangs": true }));
    let late = site.create("sales").0.exits_with(6);
    assert!(late.stderr.contains("did not end within 5 seconds"), "{late}");
    site.instance.change("transport = \"ctl\"\n", |section| {
        section["commands"]["ctl"]["program"] = toml_edit::value("/no/such/dataos-ctl");
    });
    let missing = site.create("sales").0.exits_with(6);
    assert!(missing.stderr.contains("`/no/such/dataos-ctl`"), "{missing}");
}
