//! The first generation of DataOS, where a backend says `generation = "v1"`: pairs of instance-secrets, and Depots that name both halves.

use std::path::PathBuf;
use std::sync::Arc;

use connhub_tests::cli::{Outcome, TestEnv};
use connhub_tests::dataos::FirstGeneration;
use connhub_tests::serve::{Fault, FaultKind, Server};
use http::Method;
use serde_json::{Value, json};
use toml_edit::Table;

use crate::POSTGRES;
use crate::configuration::{configure_with, limit, quoted};
use crate::instance::allow;
use crate::transport::Transport;

const SECRETS: &str = "/poros/api/v1/resources/instance-secret";

/// A first DataOS, and one user of the program.
pub struct Site {
    pub env: TestEnv,
    pub dataos: Arc<FirstGeneration>,
    pub server: Server,
}

impl Site {
    fn new(transport: Transport) -> Self {
        Self::limited(transport, |section| limit(section, "command-seconds", 10))
    }

    /// With other limits than those that are shipped.
    pub fn limited(transport: Transport, limits: impl FnOnce(&mut Table)) -> Self {
        let env = TestEnv::new();
        let home = env.files().join("user");
        let env = env.with_variable("HOME", &home.display().to_string());
        let dataos = Arc::new(FirstGeneration::default());
        let server = Server::start(dataos.clone());
        env.watch("login", FirstGeneration::TOKEN);
        let login = env.file("login", FirstGeneration::TOKEN).display().to_string();
        let rest = format!(
            "[backends.dataos.settings]\ntenant = \"none\"\ngeneration = \"v1\"\npoll-interval = 0\ntransport = {}\n\
             [backends.dataos.endpoints.dataos]\nurl = {}\n\
             [backends.dataos.endpoints.dataos.login]\nscheme = \"bearer\"\nfile = {}\n",
            quoted(transport.word()),
            quoted(&server.url()),
            quoted(&login)
        );
        configure_with(&env, "dataos", &rest, |section| {
            limits(section);
            let program = env!("CARGO_BIN_EXE_dataos-ctl");
            section["commands"]["ctl"]["program"] = toml_edit::value(program);
            for rule in ["POST /poros/api/v1/resources", "POST /poros/api/v1/resources/validate"] {
                allow(section, rule);
            }
            for method in ["GET", "PUT", "DELETE"] {
                allow(section, &format!("{method} /poros/api/v1/resources/*/*"));
            }
        });
        let site = Self { env, dataos, server };
        site.behave(&json!([]));
        site
    }

    /// Has these calls of the command line go wrong from now on.
    pub fn behave(&self, faults: &Value) {
        let url = self.server.url();
        let standin = json!({"url": url, "token": FirstGeneration::TOKEN, "faults": faults});
        fs_err::create_dir_all(self.home_of_ctl()).expect("the home of a test takes folders");
        let file = self.home_of_ctl().join("standin.json");
        fs_err::write(file, standin.to_string()).expect("it takes files");
    }

    /// The number of calls of the command line.
    pub fn calls(&self) -> usize {
        let calls = fs_err::read_to_string(self.home_of_ctl().join("calls"));
        calls.unwrap_or_default().lines().count()
    }

    /// Forgets the calls so far: they are numbered from one again.
    pub fn forget_calls(&self) {
        let _ = fs_err::remove_file(self.home_of_ctl().join("calls"));
    }

    fn home_of_ctl(&self) -> PathBuf {
        self.env.files().join("user/.dataos")
    }

    fn create(&self, password: &str) -> Outcome {
        let words = ["create", "sales"].iter().chain(&POSTGRES);
        self.env.command(words).stdin(password).run()
    }

    /// Creates `sales`, and returns its password.
    pub fn has_sales(&self) -> String {
        let password = self.env.secret("password");
        self.create(&password).succeeds();
        password
    }

    /// An instance-secret, with its values.
    pub fn secret(&self, name: &str) -> Value {
        self.dataos.manifest("instance-secret", name).expect("it is there")
    }
}

pub const ALL: [&str; 3] = ["depot sales", "instance-secret sales-r", "instance-secret sales-rw"];

fn a_connection_is_a_depot_and_a_pair_of_secrets(transport: Transport) {
    let site = Site::new(transport);
    let password = site.has_sales();
    assert_eq!(site.dataos.stored(), ALL);
    for access in ["r", "rw"] {
        let half = site.secret(&format!("sales-{access}"));
        assert_eq!((&half["version"], &half["type"]), (&json!("v1"), &json!("instance-secret")));
        let body = json!({
            "type": "key-value-properties", "acl": access,
            "data": {"username": "loader", "password": password},
        });
        assert_eq!(half["instance-secret"], body);
    }
    let depot = site.dataos.manifest("depot", "sales").expect("it is there");
    let body = json!({
        "type": "postgresql", "external": true,
        "postgresql": {"host": "db.example.com", "port": 5432, "database": "sales"},
        "secrets": [{"name": "sales-r", "allkeys": true}, {"name": "sales-rw", "allkeys": true}],
    });
    assert_eq!((&depot["depot"], depot.get("tenant")), (&body, None));
}

fn it_is_read_changed_and_deleted(transport: Transport) {
    let site = Site::new(transport);
    let env = &site.env;
    site.has_sales();
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["host"], "db.example.com");
    assert_eq!(
        (&shown["secrets"], &shown["warnings"]),
        (&json!(["username", "password"]), &json!([]))
    );
    env.run(["update", "sales", "port=5433"]).succeeds();
    let depot = site.dataos.manifest("depot", "sales").expect("it is there");
    assert_eq!(depot["depot"]["postgresql"]["port"], 5433);
    let again = env.run(["update", "sales", "port=5433", "-o", "json"]).succeeds().json();
    assert_eq!(again["outcome"], "unchanged");
    let new = env.secret("new");
    let lost = env.command(["update", "sales", "password=-"]).stdin(new.as_str()).run();
    lost.fails(2, "username: give it again");
    let rotate = ["rotate", "sales", "password=-", "--no-test"];
    env.command(rotate).stdin(new.as_str()).run().exits_with(2);
    let both = ["update", "sales", "password=-", "username=reader"];
    env.command(both).stdin(new.as_str()).run().succeeds();
    for half in ["sales-r", "sales-rw"] {
        let data = json!({"username": "reader", "password": new});
        assert_eq!(site.secret(half)["instance-secret"]["data"], data);
    }
    env.run(["get", "sales", "--reveal", "password"]).fails(2, "in one text");
    let deleted = env.run(["delete", "sales", "--yes"]).succeeds();
    assert!(deleted.stdout.contains("secret `sales`"), "{deleted}");
    assert_eq!(site.dataos.stored(), [""; 0]);
    env.run(["get", "sales"]).exits_with(3);
}

/// The reader's half is written first, so a fault that strikes the second creation strikes the writer's half.
fn half_a_pair_is_never_left_unnamed(transport: Transport) {
    let site = Site::new(transport);
    let faults = site.server.faults();
    let pass = || FaultKind::Delay(std::time::Duration::ZERO);
    let creation =
        |kind, times| Fault::on(Method::POST, "/poros/api/v1/resources", kind).times(times);
    for kind in [FaultKind::status(400), FaultKind::status(504), FaultKind::ResetMidBody] {
        // The writer's half, then the Depot.
        for passed in [1, 2] {
            faults.add(creation(pass(), passed));
            faults.add(creation(kind.clone(), 1));
            let password = site.env.secret("password");
            let first = site.create(&password);
            faults.clear();
            if first.code != 0 {
                assert_eq!(site.dataos.stored(), [""; 0], "{kind:?} {passed}\n{first}");
                site.create(&password).succeeds();
            }
            assert_eq!(site.dataos.stored(), ALL, "{kind:?} {passed}\n{first}");
            site.env.run(["delete", "sales", "--yes"]).succeeds();
        }
    }
    let password = site.env.secret("password");
    faults.add(creation(pass(), 1));
    faults.add(creation(FaultKind::status(403), 1));
    faults.add(Fault::on(Method::DELETE, SECRETS, FaultKind::status(403)));
    let left = site.create(&password);
    faults.clear();
    assert_ne!(left.code, 0, "{left}");
    assert_eq!(site.dataos.stored(), ["instance-secret sales-r"]);
    assert!(left.stderr.contains("sales-r"), "{left}");
    site.create(&password).succeeds();
    assert_eq!(site.dataos.stored(), ALL);
}

fn a_deletion_that_stops_at_half_is_completed(transport: Transport) {
    let site = Site::new(transport);
    site.has_sales();
    let faults = site.server.faults();
    let reader = format!("{SECRETS}/sales-r");
    faults.add(
        Fault::on(
            Method::DELETE,
            &format!("{SECRETS}/sales-rw"),
            FaultKind::Delay(std::time::Duration::ZERO),
        )
        .times(1),
    );
    faults.add(Fault::on(Method::DELETE, &reader, FaultKind::status(403)));
    let stopped = site.env.run(["delete", "sales", "--yes"]);
    faults.clear();
    assert_ne!(stopped.code, 0, "{stopped}");
    assert_eq!(site.dataos.stored(), ["instance-secret sales-r"], "{stopped}");
    site.env.run(["delete", "sales", "--yes"]).succeeds();
    assert_eq!(site.dataos.stored(), [""; 0]);
}

over_both! {
    a_connection_is_a_depot_and_a_pair_of_secrets,
    it_is_read_changed_and_deleted,
    half_a_pair_is_never_left_unnamed,
    a_deletion_that_stops_at_half_is_completed,
}
