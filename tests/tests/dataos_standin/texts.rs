//! The documented words of refusals, in each of the forms in which they were seen.

use connhub_tests::dataos::FormatOfInvalid::{self, Full, Operation, Reason};
use connhub_tests::dataos::{ErrorForm, Options};
use serde_json::{Value, json};

use crate::{INSTANCE, Instance, WORKSPACE, depot, secret};

const BLOCKED: &str = "cannot delete resource, it is a dependency of 'depot:v2alpha:sales'";
const DEPOT_NAME: &str = "depot name is invalid snowflake-sales, must be less than 48 chars and \
                          conform to the following regex: [a-z]([a-z0-9]*)?";

#[test]
fn a_blocked_deletion() {
    let check = |form, base: &str, expected: &str| {
        check(form, "DELETE", &format!("{base}/secret/sales-cred"), Value::Null, expected);
    };
    check(Reason, WORKSPACE, BLOCKED);
    let prefixed = format!("failure deleting instance resource : {BLOCKED}");
    check(Operation, INSTANCE, &prefixed);
    check(Full, INSTANCE, &format!("Invalid Parameter - {prefixed}"));
}

#[test]
fn a_name_against_the_rule() {
    let check = |form, path: &str, manifest: Value, expected: &str| {
        check(form, "POST", path, manifest, expected);
    };
    let bad = || depot("snowflake-sales", "snowflake", "sales-cred");
    check(Reason, WORKSPACE, bad(), DEPOT_NAME);
    let validate = format!("{WORKSPACE}/validate");
    let prefixed = format!("Invalid Parameter - failure validating resource : {DEPOT_NAME}");
    check(Full, &validate, bad(), &prefixed);
    let validate = format!("{INSTANCE}/validate");
    let prefixed = format!("failure validating instance resource : {DEPOT_NAME}");
    check(Operation, &validate, bad(), &prefixed);
    check(
        Reason,
        WORKSPACE,
        secret("Sales"),
        "secret name is invalid Sales, must be less than 60 chars and conform to the following \
         regex: [a-z]([-_.a-z0-9]*[a-z0-9])",
    );
}

#[test]
fn a_missing_secret() {
    let mut without = depot("crm", "snowflake", "sales-cred");
    without["spec"]["secrets"] = json!([]);
    check(
        Operation,
        "POST",
        INSTANCE,
        without,
        "failure validating instance resource : invalid depot, missing a secret reference with \
         purpose: rw",
    );
    check(
        Reason,
        "POST",
        WORKSPACE,
        depot("crm", "snowflake", "absent"),
        "could not get the secret map for the secret: 'engineering:absent' err: 404 <nil>",
    );
}

#[test]
fn an_unknown_type() {
    let path = format!("{WORKSPACE}/vulcan");
    check(Reason, "GET", &path, Value::Null, "unknown type 'vulcan'");
}

fn check(form: FormatOfInvalid, method: &str, path: &str, body: Value, expected: &str) {
    let options = Options {
        invalid_text: form,
        required_purposes: vec![String::from("rw")],
        error_form: ErrorForm::Text,
        ..Options::default()
    };
    let answer = Instance::with_sales(options).ask(method, path, &body);
    assert_eq!(answer, (400, json!(expected)), "{method} {path}");
}
