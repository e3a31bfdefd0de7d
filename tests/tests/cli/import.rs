//! `connhub import`: what other programs keep is shown first, stored if it is agreed, and left alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

/// A user with profiles of AWS programs in the usual places, and their secrets.
fn with_profiles() -> (TestEnv, [String; 2]) {
    let env = TestEnv::new();
    let env = {
        let home = env.files().display().to_string();
        env.with_variable("HOME", &home)
    };
    let secrets = [env.secret("default"), env.secret("minio")];
    env.file(
        ".aws/config",
        "[default]\nregion = eu-central-1\n[profile minio]\nservices = local\ns3 =\n  addressing_style = path\n\
         [services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n[profile corp]\nsso_session = corp\nregion = us-east-1\n",
    );
    env.file(
        ".aws/credentials",
        format!(
            "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = {}\n\
             [minio]\naws_access_key_id = minio-user\naws_secret_access_key = {}\n",
            secrets[0], secrets[1]
        ),
    );
    (env, secrets)
}

fn names(env: &TestEnv) -> Vec<String> {
    let names = env.run(["list", "-A", "-o", "name"]).succeeds().stdout;
    names.lines().map(str::to_owned).collect()
}

#[track_caller]
fn revealed(env: &TestEnv, name: &str, field: &str) -> String {
    env.command(["get", name, "--reveal", field]).revealing().run().succeeds().stdout
}

#[track_caller]
fn states(outcome: &Outcome) -> Vec<String> {
    let items = outcome.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn profiles_are_shown_and_then_stored() {
    let (env, secrets) = with_profiles();
    insta::assert_snapshot!(env.run(["import", "aws", "--dry-run"]), @"
    exit code: 0
    --- stdout ---
    NAME      TYPE   TARGET           INTO            STATE     REASON
    default   s3     -                local/default   new       -
    minio     s3     127.0.0.1:9000   local/default   new       -
    corp      -      -                -               skipped   logs in by single sign-on and holds no secret
    ");
    assert!(names(&env).is_empty(), "a dry run writes nothing");
    insta::assert_snapshot!(env.run(["import", "aws", "--yes"]), @"
    exit code: 0
    --- stdout ---
    created `default` (s3) in backend `local`, folder `default`
    created `minio` (s3) in backend `local`, folder `default`
    --- stderr ---
    NAME      TYPE   TARGET           INTO            STATE     REASON
    default   s3     -                local/default   new       -
    minio     s3     127.0.0.1:9000   local/default   new       -
    corp      -      -                -               skipped   logs in by single sign-on and holds no secret
    2 connections: 2 created
    ");
    assert_eq!(revealed(&env, "default", "secret_access_key"), secrets[0]);
    assert_eq!(revealed(&env, "minio", "secret_access_key"), secrets[1]);
    insta::assert_snapshot!(env.run(["import", "aws", "--yes"]), @"
    exit code: 0
    --- stderr ---
    NAME      TYPE   TARGET           INTO            STATE     REASON
    default   s3     -                local/default   same      -
    minio     s3     127.0.0.1:9000   local/default   same      -
    corp      -      -                -               skipped   logs in by single sign-on and holds no secret
    nothing is to be imported
    ");
}

#[test]
fn the_plan_is_a_document_too() {
    let (env, _) = with_profiles();
    let outcome = env.run(["import", "aws", "--dry-run", "-o", "json"]).succeeds();
    let json = outcome.json();
    assert_eq!((&json["kind"], &json["apiVersion"]), (&"ImportPlan".into(), &"connhub/v1".into()));
    assert_eq!(states(&outcome), ["new", "new", "skipped"]);
    let minio = &json["items"][1];
    assert_eq!(minio["scope"], "default");
    assert_eq!(minio["secrets"], serde_json::json!(["secret_access_key"]));
    assert_eq!(
        env.run(["import", "aws", "--dry-run", "-o", "name"]).succeeds().stdout,
        "default\nminio\n"
    );
    let keys = ["import", "aws", "--dry-run", "--json", "source,state"];
    assert_eq!(env.run(keys).succeeds().json()[2]["source"], "corp");
    env.run(["import", "aws", "--dry-run", "--json", "nope"]).fails(2, "no JSON key `nope`");
    let written = env.run(["import", "aws", "--yes", "-o", "json"]).succeeds().json();
    assert_eq!(
        (&written["kind"], &written["items"][0]["outcome"]),
        (&"ResultList".into(), &"created".into())
    );
    let written = env.run(["import", "aws", "--yes", "-o", "json"]).succeeds().json();
    assert_eq!(written["items"], serde_json::json!([]));
}

#[test]
fn nothing_is_written_without_a_yes() {
    let (env, _) = with_profiles();
    env.run(["import", "aws"]).fails(2, "nobody can be asked here whether to import");
    for (answer, code, count) in [("n\r", 1, 0), ("\r", 1, 0), ("\x03", 130, 0), ("y\r", 0, 2)] {
        let mut terminal = env.command(["import", "aws"]).on_terminal();
        terminal.waits_for("import 2 connections? [y/N]");
        terminal.types(answer);
        terminal.waits_for_end();
        assert!(terminal.is_usual());
        terminal.finish().exits_with(code);
        assert_eq!(names(&env).len(), count, "{answer:?}");
    }
}

#[test]
fn what_is_there_already_is_not_lost_by_accident() {
    let (env, secrets) = with_profiles();
    s3(&env, "minio", &[]);
    let before = revealed(&env, "minio", "secret_access_key");
    env.run(["import", "aws", "--yes"])
        .fails(5, "`minio` is there already and different; nothing was imported");
    assert_eq!(names(&env), ["minio"], "nothing is half done");
    env.run(["import", "aws", "--yes", "--if-exists", "keep"]).succeeds();
    assert_eq!(names(&env), ["default", "minio"]);
    assert_eq!(revealed(&env, "minio", "secret_access_key"), before);
    let outcome = env.run(["import", "aws", "--yes", "--if-exists", "replace"]).succeeds();
    assert!(outcome.stdout.contains("replaced `minio`"), "{outcome}");
    assert!(
        !outcome.stdout.contains("`default` (s3)"),
        "what is the same is not written: {outcome}"
    );
    assert_eq!(revealed(&env, "minio", "secret_access_key"), secrets[1]);
}

#[test]
fn what_appears_while_somebody_thinks_is_not_overwritten() {
    let (env, _) = with_profiles();
    for (action, code, words) in
        [("fail", 5, "`minio` is there already, and differs in"), ("keep", 0, "1 kept")]
    {
        let words_of_command = ["import", "aws", "--only", "minio", "--if-exists", action];
        let mut terminal = env.command(words_of_command).on_terminal();
        terminal.waits_for("import 1 connection? [y/N]");
        s3(&env, "minio", &[]);
        let before = revealed(&env, "minio", "secret_access_key");
        terminal.types("y\r");
        terminal.waits_for(words);
        terminal.finish().exits_with(code);
        assert_eq!(revealed(&env, "minio", "secret_access_key"), before);
        env.run(["delete", "minio", "--yes"]).succeeds();
    }
}

#[test]
fn the_shell_completes_the_sources() {
    let env = TestEnv::cold();
    let script = env.run(["completion", "bash"]).succeeds().stdout;
    let file = env.file("completion.bash", script);
    let test = format!(
        "source '{}'; COMP_WORDS=(connhub import ''); COMP_CWORD=2; _connhub connhub '' import; echo \"${{COMPREPLY[@]}}\"",
        file.display()
    );
    let mut bash = std::process::Command::new("bash");
    let output = bash.args(["--norc", "-c", &test]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    for source in ["aws", "rclone", "airflow", "flowfile", "dbt", "dotenv", "backup"] {
        assert!(words.split_whitespace().any(|word| word == source), "{output:?}");
    }
}

#[test]
fn names_can_be_chosen_and_changed() {
    let (env, _) = with_profiles();
    let plan = |more: &[&str]| {
        let words = ["import", "aws", "--dry-run", "-o", "name"];
        env.run(words.iter().chain(more)).succeeds().stdout
    };
    assert_eq!(plan(&["--only", "minio"]), "minio\n");
    assert_eq!(plan(&["--only", "aws-minio", "--prefix", "aws-"]), "aws-minio\n");
    assert_eq!(plan(&["--prefix", "aws-", "--rename", "default=main"]), "main\naws-minio\n");
    let fails = |more: &[&str], code, words: &str| {
        let all = ["import", "aws", "--yes"];
        env.run(all.iter().chain(more)).fails(code, words);
    };
    fails(&["--only", "nope"], 3, "the source has nothing named `nope`");
    fails(&["--rename", "nope=x"], 3, "the source has nothing named `nope`");
    fails(&["--rename", "nope"], 2, "`NAME=NEW`");
    fails(&["--rename", "minio=a b"], 2, "must not hold blanks");
    fails(&["--prefix", "a/"], 2, "must not hold `/`");
    fails(&["--rename", "minio=default"], 2, "the name is that of");
    assert_eq!(names(&env), ["default"], "what is not wrong is imported all the same");
}

#[test]
fn flags_of_other_sources_are_refused() {
    let env = TestEnv::new();
    let check = |line: &str, words: &str| {
        env.run(line.split(' ')).fails(2, words);
    };
    check("import aws --type s3", "`--type` belongs to `connhub import dotenv`");
    check("import aws --password-command x", "belongs to `connhub import rclone`");
    check("import dbt --identity x", "belongs to `connhub import backup`");
    check("import rclone --key x", "belongs to `connhub import flowfile`");
    check("import backup", "the file of the backup is not named");
    check("import dotenv --type nope", "no connection type `nope`");
    check("import", "required");
    check("import heroku", "invalid value 'heroku'");
}

#[test]
fn the_source_is_only_read_and_loose_modes_are_pointed_out() {
    let (env, _) = with_profiles();
    let file = env.files().join(".aws/credentials");
    let before =
        (fs_err::read(&file).unwrap(), fs_err::metadata(&file).unwrap().modified().unwrap());
    fs_err::set_permissions(&file, PermissionsExt::from_mode(0o440)).unwrap();
    let outcome = env.run(["import", "aws", "--yes"]).succeeds();
    assert!(
        outcome.stderr.contains("can be read by others; narrow it with `chmod 600"),
        "{outcome}"
    );
    let after =
        (fs_err::read(&file).unwrap(), fs_err::metadata(&file).unwrap().modified().unwrap());
    assert_eq!(before, after);
    assert_eq!(fs_err::read_dir(file.parent().unwrap()).unwrap().count(), 2);
}

#[test]
fn a_link_and_stdin_are_sources_as_well() {
    let (env, _) = with_profiles();
    let link = env.files().join("link");
    fs_err::os::unix::fs::symlink(env.files().join(".aws/credentials"), &link).unwrap();
    let plan = env.run(["import", "aws", "link", "--dry-run", "-o", "json"]).succeeds();
    assert_eq!(states(&plan), ["new", "new"]);
    assert_eq!(plan.json()["items"][0]["place"], "link:1");
    let text = fs_err::read(&link).unwrap();
    let words = ["import", "aws", "-", "--dry-run", "-o", "json"];
    let plan = env.command(words).stdin(text).run().succeeds();
    assert_eq!(plan.json()["items"][1]["place"], "stdin:4");
}

#[test]
fn what_cannot_be_read_is_said_with_its_line_and_without_its_words() {
    let env = TestEnv::new();
    let env = {
        let home = env.files().display().to_string();
        env.with_variable("HOME", &home)
    };
    let secret = env.secret("stray")[..14].to_owned();
    for (source, text, words) in [
        ("aws", format!("[a]\n{secret}\n"), "f:2: it is neither"),
        ("rclone", format!("[a]\ntype = s3\n{secret}"), "f:3: "),
        ("airflow", format!("{{\n\"a\": {secret}}}"), "f:2: it is not JSON"),
        ("dbt", format!("a:\n  b: [\"{}\n", &secret[..10]), "f:"),
        ("dotenv", format!("A=1\nB='{}\n", &secret[..10]), "f:2: the quotes have no end"),
        ("backup", secret.clone(), "is no file of age"),
        ("flowfile", secret.clone(), "cannot be read as a database of Flowfile"),
    ] {
        env.file("f", text);
        env.run(["import", source, "f", "--yes"]).fails(2, words);
        fs_err::write(env.files().join("f"), b"ok\n\xff\xfe\0").unwrap();
        let code = env.run(["import", source, "f", "--yes"]).code;
        assert_eq!(code, 2, "{source}");
        env.run(["import", source, "nothing", "--yes"]).fails(3, "nothing");
        env.run(["import", source, ".", "--yes"]).exits_with(if source == "flowfile" {
            2
        } else {
            1
        });
        if !["backup", "flowfile"].contains(&source) {
            env.file("f", "");
            let outcome = env.run(["import", source, "f", "--yes"]).succeeds();
            assert!(outcome.stderr.contains("nothing is to be imported"), "{outcome}");
        }
    }
    env.file("f", "ok\n\n\u{e9}");
    fs_err::write(env.files().join("f"), b"A=1\n\nB=\xe9\n").unwrap();
    env.run(["import", "dotenv", "f"]).fails(2, "f:3: it is not UTF-8");
    assert!(names(&env).is_empty());
}

#[test]
fn a_file_without_an_end_is_not_read_to_it() {
    let env = TestEnv::new();
    let file = fs_err::File::create(env.files().join("huge")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    for source in ["aws", "rclone", "airflow", "dbt", "dotenv"] {
        env.run(["import", source, "huge", "--yes"]).fails(2, "has more than 64 MiB");
    }
    env.run(["import", "dotenv", "/dev/zero", "--yes"]).fails(2, "has more than 64 MiB");
    env.run(["import", "flowfile", "/dev/zero", "--yes"]).fails(2, "is no database of Flowfile");
}

#[test]
fn the_usual_places_are_named_where_nothing_is() {
    let env = TestEnv::new();
    let env = {
        let home = env.files().display().to_string();
        env.with_variable("HOME", &home)
    };
    for (source, words) in [
        ("aws", "/.aws/config` and `"),
        ("rclone", "/.config/rclone/rclone.conf` and `"),
        ("airflow", "no variable `AIRFLOW_CONN_…` is set"),
        ("flowfile", "/.flowfile/database/flowfile_catalog.db` is not there"),
        ("dbt", "`profiles.yml` and `"),
        ("dotenv", "`.env` cannot be read"),
    ] {
        env.run(["import", source, "--yes"]).fails(3, words);
    }
}

#[test]
fn variables_name_the_places_as_the_programs_have_them() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let value = secret.replace('\\', "\\\\").replace('"', "\\\"");
    env.file("x/profiles.yml", "p:\n  outputs:\n    d:\n      type: postgres\n      host: h\n      user: u\n      dbname: d\n      password: \"{{ env_var('PW') }}\"\n");
    env.file("c", "[a]\naws_access_key_id = AKIA\naws_secret_access_key = x\n");
    env.file("r", "[b]\ntype = s3\n");
    let check = |source: &str, variables: &[(&str, &str)], name: &str| {
        let command = env.command(["import", source, "--dry-run", "-o", "name"]);
        let command =
            variables.iter().fold(command, |run, (name, value)| run.variable(name, value));
        assert_eq!(
            command.variable("HOME", "/nowhere").run().succeeds().stdout,
            format!("{name}\n")
        );
    };
    check("aws", &[("AWS_SHARED_CREDENTIALS_FILE", "c")], "a");
    check("rclone", &[("RCLONE_CONFIG", "r")], "b");
    check("dbt", &[("DBT_PROFILES_DIR", "x"), ("PW", &secret)], "p");
    let json = format!(
        "{{\"conn_type\":\"postgres\",\"host\":\"h\",\"schema\":\"d\",\"login\":\"u\",\"password\":\"{value}\"}}"
    );
    check("airflow", &[("AIRFLOW_CONN_MY_DB", &json)], "my_db");
    let command = env.command(["import", "airflow", "--yes"]).variable("AIRFLOW_CONN_MY_DB", &json);
    command.run().succeeds();
    assert_eq!(revealed(&env, "my_db", "password"), secret);
}

#[test]
fn a_value_may_be_in_a_file_of_its_own() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let json = serde_json::json!({"type": "service_account", "private_key": secret}).to_string();
    env.file("key.json", &json);
    env.file(".env", "GOOGLE_APPLICATION_CREDENTIALS=key.json\nGOOGLE_BUCKET=raw-data\n");
    let outcome = env.run(["import", "dotenv", "--yes"]).succeeds();
    assert!(outcome.stderr.contains("is read from `key.json`"), "{outcome}");
    assert_eq!(revealed(&env, "gcs", "service_account_key"), json);
    for wrong in ["nothing.json", ".", "/dev/zero"] {
        env.file(".env", format!("GOOGLE_APPLICATION_CREDENTIALS={wrong}\n"));
        env.run(["import", "dotenv", "--yes", "--prefix", "x"]).exits_with(2);
    }
    assert_eq!(names(&env), ["gcs"]);
}

#[test]
fn what_env_writes_is_read_back() {
    let env = two_connections();
    for name in ["sales", "orders"] {
        let words = ["env", name, "--format", "dotenv"];
        let text = env.command(words).revealing().run().succeeds().stdout;
        env.file("e", text);
        let rename = if name == "orders" { "postgresql=orders" } else { "sales=sales" };
        let plan =
            env.run(["import", "dotenv", "e", "--dry-run", "-o", "json", "--rename", rename]);
        let json = plan.succeeds().json();
        // Labels and what people say are not in variables.
        let reason = json["items"][0]["reasons"][0].as_str().unwrap_or_default();
        let reason = reason.trim_start_matches("what is there differs in ");
        let reason = reason.trim_end_matches(" and stops the import");
        let others = ["display_name", "description", "labels"];
        assert!(reason.split(", ").all(|name| others.contains(&name)), "{json}");
    }
}

#[test]
fn a_value_that_is_not_valid_is_said_by_field_and_the_others_are_imported() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    env.file(
        "f",
        format!(
            "[good]\naws_access_key_id = AKIA\naws_secret_access_key = {secret}\n\
             [bad]\naws_access_key_id = AKIA\naws_secret_access_key = {secret}\nendpoint_url = nonsense\n\
             [odd]\naws_access_key_id = AKIA\naws_secret_access_key = {secret}\nregion = no region\nmystery = 1\n"
        ),
    );
    let outcome = env.run(["import", "aws", "f", "--yes"]).exits_with(2);
    assert!(outcome.stderr.contains("`endpoint` must"), "{outcome}");
    assert!(
        outcome.stderr.contains("left out: `mystery`; left out: `region` must be"),
        "{outcome}"
    );
    assert_eq!(names(&env), ["good", "odd"]);
}

#[test]
fn many_connections_are_imported_in_one_go() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let one = |at: usize| {
        format!("[p{at:04}]\naws_access_key_id = AKIA{at}\naws_secret_access_key = {secret}{at}\n")
    };
    env.file("f", (0..1100).map(one).collect::<String>());
    let outcome = env.run(["import", "aws", "f", "--yes", "--quiet"]).succeeds();
    assert_eq!(outcome.stdout, "");
    assert_eq!(names(&env).len(), 1100);
    let outcome = env.run(["import", "aws", "f", "--yes"]).succeeds();
    assert!(outcome.stderr.contains("nothing is to be imported"), "{outcome}");
}

mod flowfile {
    //! A database with the schema of Flowfile 0.23 and secrets that its code sealed.

    use super::*;

    const SQL: &str = include_str!("../../data/flowfile/catalog.sql");
    const SECRETS: [(&str, &str, &str); 6] = [
        ("lake", "secret_access_key", "FF-s3-s3cr3t/+pass"),
        ("lake", "session_token", "FF-session-t0ken"),
        ("team-lake", "account_key", "FFazurekeyFFazurekey=="),
        ("sales", "password", "FF-pg-passw0rd"),
        ("old", "password", "FF-legacy-passw0rd"),
        ("events", "password", "FF-kafka-passw0rd"),
    ];

    /// Everything that was written is in the log beside the database, which somebody has open.
    fn catalog(env: &TestEnv) -> rusqlite::Connection {
        for (_, field, secret) in SECRETS {
            env.watch(field, secret);
        }
        let folder = env.files().join(".flowfile/database");
        fs_err::create_dir_all(&folder).unwrap();
        let database = rusqlite::Connection::open(folder.join("flowfile_catalog.db")).unwrap();
        database.pragma_update(None, "journal_mode", "wal").unwrap();
        // A dump has its tables in the order of their names.
        database.pragma_update(None, "foreign_keys", false).unwrap();
        database.execute_batch(SQL).unwrap();
        database
    }

    fn key(env: &TestEnv) {
        let store =
            |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flowfile").join(name);
        for (from, to) in
            [("secret_key", ".secret_key"), ("flowfile.json.enc", "flowfile.json.enc")]
        {
            env.file(&format!(".config/flowfile/{to}"), fs_err::read(store(from)).unwrap());
        }
    }

    fn files(env: &TestEnv) -> Vec<(String, Vec<u8>)> {
        let folder = env.files().join(".flowfile/database");
        let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            entries.map(|path| (path.display().to_string(), fs_err::read(path).unwrap())).collect();
        files.sort();
        files
    }

    #[test]
    fn its_connections_are_read_without_a_trace() {
        let env = TestEnv::new();
        let home = env.files().display().to_string();
        let env = env.with_variable("HOME", &home);
        let database = catalog(&env);
        key(&env);
        let before = files(&env);
        insta::assert_snapshot!(env.run(["import", "flowfile", "--yes"]), @"
        exit code: 2
        --- stdout ---
        created `lake` (s3) in backend `local`, folder `default`
        created `team-lake` (adls) in backend `local`, folder `default`
        created `gcs` (gcs) in backend `local`, folder `default`
        created `cli` (s3) in backend `local`, folder `default`
        created `sales` (postgresql) in backend `local`, folder `default`
        created `old` (mysql) in backend `local`, folder `default`
        created `events` (kafka) in backend `local`, folder `default`
        --- stderr ---
        warning: `$FILES/.flowfile/database/flowfile_catalog.db` holds secrets and can be read by others; narrow it with `chmod 600 $FILES/.flowfile/database/flowfile_catalog.db`
        NAME        TYPE         TARGET                                    INTO            STATE     REASON
        lake        s3           minio.example.com:9000                    local/default   new       -
        team-lake   adls         acmelake                                  local/default   new       was `team lake`
        gcs         gcs          acme-analytics                            local/default   new       -
        cli         s3           -                                         local/default   new       -
        broken      -            -                                         -               invalid   its secret `aws_secret_access_key` cannot be opened with this key
        gone        -            -                                         -               invalid   its secret `aws_secret_access_key` is gone from the database
        sales       postgresql   db.example.com:5432/sales                 local/default   new       -
        old         mysql        my.example.com:3306/sales                 local/default   new       -
        file        -            -                                         -               skipped   is a file on this machine and needs no connection
        virtual     -            -                                         -               skipped   has a kind of storage or database that connhub has no type for
        events      kafka        k1.example.com:9092,k2.example.com:9092   local/default   new       -
        ga          -            -                                         -               skipped   is for Google Analytics, which is no store of data
        7 connections: 7 created
        ");
        assert_eq!(files(&env), before, "not even the log is touched");
        drop(database);
        for (name, field, secret) in SECRETS {
            assert_eq!(revealed(&env, name, field), secret);
        }
        env.run(["import", "flowfile", "--dry-run"]).exits_with(2);
        assert_eq!(files(&env).len(), 1, "a closed database has no log, and gets none");
    }

    #[test]
    fn the_key_can_be_named_and_a_wrong_one_opens_nothing() {
        let env = TestEnv::new();
        drop(catalog(&env));
        let file = ".flowfile/database/flowfile_catalog.db";
        let env = env.with_variable("HOME", "/nowhere");
        let outcome =
            env.run(["import", "flowfile", file, "--only", "sales", "--yes"]).exits_with(2);
        assert!(outcome.stderr.contains("cannot be opened without the key"), "{outcome}");
        assert!(outcome.stderr.contains("name it with `--key FILE`"), "{outcome}");
        env.file("wrong", "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE=");
        let words = ["import", "flowfile", file, "--only", "sales", "--yes", "--key"];
        let with = |key: &str| env.run(words.iter().copied().chain([key]));
        assert!(with("wrong").exits_with(2).stderr.contains("cannot be opened with this key"));
        env.file("none", "no key");
        with("none").fails(2, "holds no key of Flowfile");
        with("nothing").fails(3, "`nothing` cannot be read");
        let master = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flowfile/master_key");
        with(master.to_str().unwrap()).succeeds();
        assert_eq!(revealed(&env, "sales", "password"), SECRETS[3].2);
        let variable = env.command(["import", "flowfile", file, "--only", "events", "--yes"]);
        let text = fs_err::read_to_string(master).unwrap();
        variable.variable("FLOWFILE_MASTER_KEY", text).run().succeeds();
        assert_eq!(names(&env), ["events", "sales"]);
    }

    #[test]
    fn other_databases_and_damaged_ones_are_told_apart() {
        let env = TestEnv::new();
        let database = rusqlite::Connection::open(env.files().join("other.db")).unwrap();
        database
            .execute_batch("CREATE TABLE a (b); CREATE VIEW secrets AS SELECT 1 AS id;")
            .unwrap();
        drop(database);
        env.run(["import", "flowfile", "other.db", "--yes"]).fails(2, "no table of connections");
        drop(catalog(&env));
        let file = env.files().join(".flowfile/database/flowfile_catalog.db");
        let bytes = fs_err::read(&file).unwrap();
        for length in [bytes.len() / 2, 100] {
            fs_err::write(&file, &bytes[..length]).unwrap();
            env.run([
                "import".into(),
                "flowfile".into(),
                file.clone().into_os_string(),
                "--yes".into(),
            ])
            .fails(2, "cannot be read as a database of Flowfile");
        }
        assert!(names(&env).is_empty());
    }
}
