//! `connhub delete`.

use super::*;

#[test]
fn what_was_deleted_is_said() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["delete", "sales", "--yes"]), @"
    exit code: 0
    --- stdout ---
    deleted `sales` in backend `local`
    ");
    env.run(["get", "sales"]).exits_with(3);
    env.run(["get", "orders"]).succeeds();
}

#[test]
fn off_a_terminal_it_must_be_meant() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["delete", "sales"]), @"
    exit code: 2
    --- stderr ---
    error: nobody can be asked here whether to delete

    hint: add `--yes` to delete without a question, or `--dry-run` to see what it would do
    ");
    env.command(["delete", "sales"]).stdin("y\n").run().exits_with(2);
    env.run(["get", "sales"]).succeeds();
}

#[test]
fn several() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["rm", "sales", "nobody", "orders", "-y"]), @"
    exit code: 3
    --- stdout ---
    deleted `sales` in backend `local`
    deleted `orders` in backend `local`
    --- stderr ---
    error: there is no connection `nobody` (connector `local`)

    hint: see what there is with `connhub list --backend local`
    ");
    assert_eq!(env.run(["list", "-o", "name"]).succeeds().stdout, "");
}

#[test]
fn one_that_is_not_there() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["delete", "nobody", "--yes"]), @"
    exit code: 3
    --- stderr ---
    error: there is no connection `nobody` (connector `local`)

    hint: see what there is with `connhub list --backend local`
    ");
    insta::assert_snapshot!(env.run(["delete", "nobody", "--yes", "--ignore-not-found"]), @"exit code: 0");
}

#[test]
fn forms_for_programs() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["delete", "sales", "--yes", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Result",
      "outcome": "deleted",
      "dryRun": "none",
      "name": "sales",
      "backend": "local",
      "removed": [
        {
          "kind": "connection",
          "name": "sales",
          "scope": "default"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(env.run(["delete", "orders", "--yes", "-o", "name"]), @"
    exit code: 0
    --- stdout ---
    orders
    ");
}

#[test]
fn what_only_one_backend_can_do_is_not_asked_of_all_at_once() {
    let env = two_connections();
    let refused = env.run(["delete", "sales", "--yes", "--purge", "--detach"]).exits_with(2);
    assert!(refused.stderr.contains("--detach"), "{refused}");
    env.run(["get", "sales"]).succeeds();
}

#[test]
fn a_dry_run_deletes_nothing() {
    let env = two_connections();
    for run in ["--dry-run=client", "--dry-run=server"] {
        let outcome = env.run(["delete", "sales", "--yes", run]).succeeds();
        assert!(outcome.stdout.contains("dry run"), "{outcome}");
        env.run(["get", "sales"]).succeeds();
    }
}
