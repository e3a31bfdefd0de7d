//! What is said when the command line is wrong: what, where, and what to type instead.

use super::*;

/// Runs a line of words, which must fail and change nothing.
#[track_caller]
fn error(line: &str) -> Outcome {
    let env = TestEnv::new();
    let outcome = env.run(line.split(' '));
    assert_ne!(outcome.code, 0, "{outcome}");
    assert_eq!(outcome.stdout, "", "an error is talk, not data");
    assert!(!env.home().join("data").exists(), "an error changes nothing");
    outcome
}

#[test]
fn an_unknown_command() {
    insta::assert_snapshot!(error("creat sales"), @"
    exit code: 2
    --- stderr ---
    error: unrecognized subcommand 'creat'

      tip: a similar subcommand exists: 'create'

    Usage: connhub [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(error("frobnicate"), @"
    exit code: 2
    --- stderr ---
    error: unrecognized subcommand 'frobnicate'

      tip: a similar subcommand exists: 'rotate'

    Usage: connhub [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(error("list --namespac x"), @"
    exit code: 2
    --- stderr ---
    error: unexpected argument '--namespac' found

      tip: a similar argument exists: '--namespace'

    Usage: connhub list --namespace <SCOPE>

    For more information, try '--help'.
    ");
}

#[test]
fn a_missing_argument() {
    insta::assert_snapshot!(error("create"), @"
    exit code: 2
    --- stderr ---
    error: no name is given for the connection

    hint: write it before the fields: `connhub create NAME --type TYPE FIELD=VALUE …`
    ");
    insta::assert_snapshot!(error("get"), @"
    exit code: 2
    --- stderr ---
    error: the following required arguments were not provided:
      <NAME>...

    Usage: connhub get <NAME>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(error("create sales"), @"
    exit code: 2
    --- stderr ---
    error: no connection type is given

    hint: add `--type TYPE`, for example `--type s3`; `connhub types` lists them
    ");
}

#[test]
fn an_unknown_backend() {
    insta::assert_snapshot!(error("list --backend locl"), @"
    exit code: 3
    --- stderr ---
    error: there is no backend `locl`

    hint: use one of dataos, local, rhoai, vault-kv, or add `[backends.locl]` to $HOME/plugins.toml
    ");
}

#[test]
fn an_unknown_type() {
    insta::assert_snapshot!(error("create x --type postgress --dry-run=client"), @"
    exit code: 2
    --- stderr ---
    error: there is no connection type `postgress`

    hint: did you mean `--type postgresql`?
    hint: the types are s3, gcs, adls, azure-blob, postgresql, mysql, mssql, oracle, redshift, snowflake, bigquery, mongodb, kafka, elasticsearch, opensearch, uri, oci
    ");
    insta::assert_snapshot!(error("types postgress"), @"
    exit code: 2
    --- stderr ---
    error: there is no connection type `postgress`

    hint: did you mean `--type postgresql`?
    hint: the types are s3, gcs, adls, azure-blob, postgresql, mysql, mssql, oracle, redshift, snowflake, bigquery, mongodb, kafka, elasticsearch, opensearch, uri, oci
    ");
}

#[test]
fn an_unknown_field() {
    insta::assert_snapshot!(error("create x --type s3 bukcet=raw --from-env secret_acces_key=KEY"), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      bukcet: no such field; did you mean `bucket`? (known: `endpoint`, `bucket`, `prefix`, `region`, `auth_method`, `access_key_id`, `secret_access_key`, `session_token`, `profile`, `role_arn`, `external_id`, `path_style`, `verify_ssl`, `ca_bundle`)
      secret_acces_key: no such field; did you mean `secret_access_key`? (known: `endpoint`, `bucket`, `prefix`, `region`, `auth_method`, `access_key_id`, `secret_access_key`, `session_token`, `profile`, `role_arn`, `external_id`, `path_style`, `verify_ssl`, `ca_bundle`)
      access_key_id: `access_key_id` and `secret_access_key` are missing for the auth method `access_key`; to log in differently, set `auth_method` to `session`, `profile`, `iam_role`, `environment` or `anonymous`

    hint: give the secret as `secret_access_key=-` (stdin), `secret_access_key=@FILE`, `--from-env secret_access_key=VARIABLE`, or in the environment variable `CONNHUB_SECRET_SECRET_ACCESS_KEY`
    ");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let env = TestEnv::new();
    let line = "create --type postgresql host=db_example port=seventy ssl_mode=maybe databse=x";
    let words = [&["create", "Not A Name"], &line.split(' ').skip(1).collect::<Vec<_>>()[..]];
    insta::assert_snapshot!(env.run(words.concat()), @"
    exit code: 2
    --- stderr ---
    error: the connection is not valid
      name: must not hold blanks; use letters, digits, `-`, `_` and `.`
      port: must be a whole number from 1 to 65535
      ssl_mode: must be `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`
      databse: no such field; did you mean `database`? (known: `host`, `port`, `database`, `schema`, `auth_method`, `username`, `password`, `ssl_mode`, `ca_certificate`, `client_certificate`, `client_key`, `client_key_password`, `params`)
      username: `username` and `password` are missing for the auth method `password`; to log in differently, set `auth_method` to `certificate` or `none`
      database: is missing; give for example `database=sales`

    hint: give the secret as `password=-` (stdin), `password=@FILE`, `--from-env password=VARIABLE`, or in the environment variable `CONNHUB_SECRET_PASSWORD`
    ");
}

#[test]
fn a_secret_in_the_command_line_is_refused_and_not_repeated() {
    let env = TestEnv::new();
    let field = format!("secret_access_key={}", env.secret("key"));
    let outcome = env.run(["create", "x", "--type", "s3", "access_key_id=AKIA", &field]);
    insta::assert_snapshot!(outcome, @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      secret_access_key: is a secret and is not typed as a value; use `secret_access_key=-` (stdin), `secret_access_key=@FILE` or `--from-env secret_access_key=VARIABLE`
    ");
    env.run(["get", "x"]).exits_with(3);
}

#[test]
fn a_secret_in_the_command_line_under_another_name_is_refused() {
    let env = TestEnv::new();
    for name in ["aws_secret_access_key", "SECRET_KEY", "secretAccessKey"] {
        let field = format!("{name}={}", env.secret(name));
        let words = ["create", "x", "--type", "s3", "access_key_id=AKIA", &field];
        env.run(words).fails(2, "is a secret");
    }
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    let env = TestEnv::new();
    let secret = format!("{}\nsecond line", env.secret("key"));
    let words = ["create", "x", "--type", "s3", "access_key_id=AKIA", "secret_access_key=-"];
    insta::assert_snapshot!(env.command(words).stdin(secret).run(), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      secret_access_key: must be one line, without control characters
    ");
}

#[test]
fn an_argument_that_is_no_assignment() {
    insta::assert_snapshot!(error("create x --type s3 bucket"), @"
    exit code: 2
    --- stderr ---
    error: argument 2 after the command is not `FIELD=VALUE`

    hint: write fields as `bucket=sales`, and secrets as `FIELD=-` or `FIELD=@FILE`
    ");
    insta::assert_snapshot!(error("create x --type s3 =raw"), @"
    exit code: 2
    --- stderr ---
    error: argument 2 after the command is not `FIELD=VALUE`

    hint: write fields as `bucket=sales`, and secrets as `FIELD=-` or `FIELD=@FILE`
    ");
}

#[test]
fn a_field_given_twice() {
    insta::assert_snapshot!(
        error("create x --type s3 auth_method=anonymous bucket=raw bucket_name=cooked"),
        @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      bucket: is given twice, as `bucket` and as `bucket_name`
    "
    );
}

#[test]
fn two_secrets_from_one_stdin() {
    let line = "create x --type s3 access_key_id=AKIA secret_access_key=- session_token=-";
    insta::assert_snapshot!(error(line), @"
    exit code: 2
    --- stderr ---
    error: stdin can be read for one thing only

    hint: give the others by `FIELD=@FILE` or `--from-env FIELD=VARIABLE`
    ");
}

#[test]
fn a_file_that_is_not_there() {
    let line = "create x --type s3 access_key_id=AKIA secret_access_key=@no-such-file";
    insta::assert_snapshot!(error(line), @"
    exit code: 3
    --- stderr ---
    error: `no-such-file` cannot be read
    cause: failed to open file `no-such-file`: No such file or directory (os error 2)
    ");
}

#[test]
fn a_variable_that_is_not_set() {
    let line = "create x --type s3 access_key_id=AKIA --from-env secret_access_key=NOPE";
    insta::assert_snapshot!(error(line), @"
    exit code: 2
    --- stderr ---
    error: the environment variable `NOPE` is not set, or empty

    hint: export NOPE=…
    ");
}

#[test]
fn secrets_that_are_missing_off_a_terminal_are_named_and_not_waited_for() {
    insta::assert_snapshot!(error("create x --type s3 access_key_id=AKIA"), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      secret_access_key: `secret_access_key` is missing for the auth method `access_key`; to log in differently, set `auth_method` to `session`, `profile`, `iam_role`, `environment` or `anonymous`

    hint: give the secret as `secret_access_key=-` (stdin), `secret_access_key=@FILE`, `--from-env secret_access_key=VARIABLE`, or in the environment variable `CONNHUB_SECRET_SECRET_ACCESS_KEY`
    ");
    let line = "create x --type postgresql host=db.example.com database=orders username=reader";
    insta::assert_snapshot!(error(line), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      password: `password` is missing for the auth method `password`; to log in differently, set `auth_method` to `certificate` or `none`

    hint: give the secret as `password=-` (stdin), `password=@FILE`, `--from-env password=VARIABLE`, or in the environment variable `CONNHUB_SECRET_PASSWORD`
    ");
}

#[test]
fn an_unknown_output_format() {
    insta::assert_snapshot!(error("list -o xml"), @"
    exit code: 2
    --- stderr ---
    error: invalid value 'xml' for '--output <FORM>': use table, wide, json, yaml, name or jsonpath=EXPRESSION

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(error("list -o jsonpath={.items[}"), @"
    exit code: 2
    --- stderr ---
    error: invalid value 'jsonpath={.items[}' for '--output <FORM>': `$.items[` is no JSONPath expression; write for example `jsonpath=$.items[*].name`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(error("list --json name,colour"), @r#"
    exit code: 2
    --- stderr ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Error",
      "code": "invalid",
      "exitCode": 2,
      "message": "there is no JSON key `colour`",
      "problems": [],
      "causes": [],
      "hints": [
        "the keys are name, scope, type, backend, fields, secrets, displayName, description, labels, owner, address, status, statusMessage, revision, createdAt, updatedAt, lastTest, warnings"
      ],
      "origin": "connhub",
      "retryable": false
    }
    "#);
    insta::assert_snapshot!(error("list -o yaml --json name"), @r#"
    exit code: 2
    --- stderr ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Error",
      "code": "invalid",
      "exitCode": 2,
      "message": "the argument '--output <FORM>' cannot be used with '--json <KEYS>'",
      "problems": [],
      "causes": [],
      "hints": [
        "`--help` shows what can be typed"
      ],
      "origin": "connhub",
      "retryable": false
    }
    "#);
}

#[test]
fn a_wrong_selector() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["list", "-l", "team in fraud"]), @"
    exit code: 2
    --- stderr ---
    error: the label selector is wrong at character 9: expected `(` and the values

    hint: write it as in `-l 'env=prod,tier!=test,region in (eu,us),!legacy'`
    ");
}

#[test]
fn a_wrong_label() {
    insta::assert_snapshot!(error("create x --type uri uri=https://a --label team"), @"
    exit code: 2
    --- stderr ---
    error: `--label` takes `KEY=VALUE`

    hint: write for example `--label env=prod`
    ");
}

#[test]
fn names_that_are_none() {
    let env = TestEnv::new();
    let create = |name: &str| {
        let words = ["create", "--type", "uri", "--", name, "uri=https://a.example.com"];
        env.run(words).exits_with(2)
    };
    for name in ["", "a b", "-x", "a/b", "..", "\u{1b}[31mred", "naïve\u{202e}", &"x".repeat(300)]
    {
        let outcome = create(name);
        assert!(outcome.stderr.contains("name: "), "{name}\n{outcome}");
        assert!(!outcome.stderr.contains(['\u{1b}', '\u{202e}']), "{outcome}");
    }
    insta::assert_snapshot!(create("../etc"), @"
    exit code: 2
    --- stderr ---
    error: the connection is not valid
      name: must not begin with `.`
    ");
}

#[test]
fn control_characters_reach_no_terminal() {
    let env = TestEnv::new();
    let bad = "\u{1b}]0;owned\u{7}";
    let label = format!("team={bad}");
    let field = format!("uri=https://a.example.com/{bad}");
    let kind = format!("uri{bad}");
    let create = |more: &[&str]| {
        let words = ["create", "x", "--if-exists", "replace"];
        env.run(words.iter().chain(more))
    };
    let shown = |outcome: &Outcome| {
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!said.contains(['\u{1b}', '\u{7}']), "{outcome:?}");
    };
    let uri = "uri=https://a.example.com";
    for more in [
        &["--type", "uri", "--description", bad, uri][..],
        &["--type", "uri", "--display-name", bad, uri],
        &["--type", "uri", "--label", &label, uri],
        &["--type", "uri", &field],
        &["--type", &kind, uri],
    ] {
        shown(&create(more));
        for words in ["list", "list -o wide", "get x", "get x -o yaml", "get x -o json"] {
            shown(&env.run(words.split(' ')));
        }
    }
}

#[test]
fn errors_as_json() {
    let outcome = error("create x --type s3 bukcet=raw -o json").exits_with(2);
    insta::assert_snapshot!(outcome, @r#"
    exit code: 2
    --- stderr ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Error",
      "code": "invalid",
      "exitCode": 2,
      "message": "the connection `x` is not valid",
      "problems": [
        {
          "field": "bukcet",
          "message": "no such field; did you mean `bucket`? (known: `endpoint`, `bucket`, `prefix`, `region`, `auth_method`, `access_key_id`, `secret_access_key`, `session_token`, `profile`, `role_arn`, `external_id`, `path_style`, `verify_ssl`, `ca_bundle`)"
        },
        {
          "field": "access_key_id",
          "message": "`access_key_id` and `secret_access_key` are missing for the auth method `access_key`; to log in differently, set `auth_method` to `session`, `profile`, `iam_role`, `environment` or `anonymous`"
        }
      ],
      "causes": [],
      "hints": [
        "give the secret as `secret_access_key=-` (stdin), `secret_access_key=@FILE`, `--from-env secret_access_key=VARIABLE`, or in the environment variable `CONNHUB_SECRET_SECRET_ACCESS_KEY`"
      ],
      "origin": "connhub",
      "retryable": false
    }
    "#);
    let json = outcome.json_error();
    assert_eq!(json["kind"], "Error");
    assert_eq!(json["exitCode"], 2);
    insta::assert_snapshot!(error("get nobody -o json"), @r#"
    exit code: 3
    --- stderr ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Error",
      "code": "not-found",
      "exitCode": 3,
      "message": "there is no connection `nobody`",
      "problems": [],
      "causes": [],
      "hints": [
        "see what there is with `connhub list --backend local`"
      ],
      "origin": "connector",
      "connector": "local",
      "retryable": false
    }
    "#);
    insta::assert_snapshot!(error("list --nonsense -o json"), @r#"
    exit code: 2
    --- stderr ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Error",
      "code": "invalid",
      "exitCode": 2,
      "message": "unexpected argument '--nonsense' found",
      "problems": [],
      "causes": [],
      "hints": [
        "`--help` shows what can be typed"
      ],
      "origin": "connhub",
      "retryable": false
    }
    "#);
}
