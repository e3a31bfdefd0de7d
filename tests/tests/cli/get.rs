//! `connhub get`.

use super::*;

#[test]
fn one_connection_is_described() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["get", "sales"]), @"
    exit code: 0
    --- stdout ---
    Name:          sales
    Type:          s3
    Backend:       local
    Folder:        default
    Display name:  Sales data
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Labels:
      team: fraud
    Fields:
      endpoint:      https://minio.example.com:9000
      bucket:        raw
      region:        us-east-1
      auth_method:   access_key
      access_key_id: AKIAEXAMPLE
    Secrets:
      secret_access_key: ***
    ");
    insta::assert_snapshot!(env.run(["get", "orders"]), @"
    exit code: 0
    --- stdout ---
    Name:          orders
    Type:          postgresql
    Backend:       local
    Folder:        default
    Description:   what was ordered
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Labels:
      team: web
    Fields:
      host:        db.example.com
      port:        5432
      database:    orders
      auth_method: password
      username:    reader
    Secrets:
      password: ***
    ");
}

#[test]
fn several_connections() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["get", "sales", "orders"]), @"
    exit code: 0
    --- stdout ---
    Name:          sales
    Type:          s3
    Backend:       local
    Folder:        default
    Display name:  Sales data
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Labels:
      team: fraud
    Fields:
      endpoint:      https://minio.example.com:9000
      bucket:        raw
      region:        us-east-1
      auth_method:   access_key
      access_key_id: AKIAEXAMPLE
    Secrets:
      secret_access_key: ***

    Name:          orders
    Type:          postgresql
    Backend:       local
    Folder:        default
    Description:   what was ordered
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Labels:
      team: web
    Fields:
      host:        db.example.com
      port:        5432
      database:    orders
      auth_method: password
      username:    reader
    Secrets:
      password: ***
    ");
    insta::assert_snapshot!(env.run(["get", "sales", "orders", "-o", "table"]), @"
    exit code: 0
    --- stdout ---
    NAME     TYPE         TARGET                       STATUS   AGE
    sales    s3           minio.example.com:9000/raw   -        [AGE]
    orders   postgresql   db.example.com:5432/orders   -        [AGE]
    ");
    insta::assert_snapshot!(env.run(["get", "orders", "sales", "-o", "name"]), @"
    exit code: 0
    --- stdout ---
    orders
    sales
    ");
}

#[test]
fn one_that_is_not_there() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["get", "sale"]), @"
    exit code: 3
    --- stderr ---
    error: there is no connection `sale` (connector `local`)

    hint: see what there is with `connhub list --backend local`
    ");
    insta::assert_snapshot!(env.run(["get", "sale", "--ignore-not-found"]), @"exit code: 0");
    insta::assert_snapshot!(env.run(["get", "sale", "sales", "--ignore-not-found", "-o", "name"]), @"
    exit code: 0
    --- stdout ---
    sales
    ");
}

#[test]
fn json_and_yaml_say_the_same() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["get", "sales", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Connection",
      "name": "sales",
      "scope": "default",
      "type": "s3",
      "backend": "local",
      "fields": {
        "endpoint": "https://minio.example.com:9000",
        "bucket": "raw",
        "region": "us-east-1",
        "auth_method": "access_key",
        "access_key_id": "AKIAEXAMPLE"
      },
      "secrets": [
        "secret_access_key"
      ],
      "displayName": "Sales data",
      "labels": {
        "team": "fraud"
      },
      "revision": "1",
      "createdAt": "[TIME]",
      "updatedAt": "[TIME]",
      "warnings": []
    }
    "#);
    insta::assert_snapshot!(env.run(["get", "sales", "-o", "yaml"]), @r#"
    exit code: 0
    --- stdout ---
    apiVersion: connhub/v1
    kind: Connection
    name: sales
    scope: default
    type: s3
    backend: local
    fields:
      endpoint: https://minio.example.com:9000
      bucket: raw
      region: us-east-1
      auth_method: access_key
      access_key_id: AKIAEXAMPLE
    secrets:
    - secret_access_key
    displayName: Sales data
    labels:
      team: fraud
    revision: "1"
    createdAt: "[TIME]"
    updatedAt: "[TIME]"
    warnings: []
    "#);
}

#[test]
fn keys_and_paths_select() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["get", "sales", "--json", "name,secrets"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "name": "sales",
      "secrets": [
        "secret_access_key"
      ]
    }
    "#);
    let path = "jsonpath={.fields.bucket}";
    assert_eq!(env.run(["get", "sales", "-o", path]).succeeds().stdout, "raw\n");
}
