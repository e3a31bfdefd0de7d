//! `connhub get --reveal`.

use super::*;

#[test]
fn one_field_comes_byte_by_byte() {
    let env = TestEnv::new();
    let secret = s3(&env, "lake", &["bucket=raw"]);
    for field in ["secret_access_key", "secret-key", "AWS_SECRET_ACCESS_KEY"] {
        let outcome = env.command(["get", "lake", "--reveal", field]).revealing().run().succeeds();
        assert_eq!(outcome.stdout, secret, "{field}");
    }
    assert_eq!(env.run(["get", "lake", "--reveal", "bucket"]).succeeds().stdout, "raw");
    insta::assert_snapshot!(env.run(["get", "lake", "--reveal", "password"]), @"
    exit code: 3
    --- stderr ---
    error: `lake` has no field `password`

    hint: it has bucket, region, auth_method, access_key_id, secret_access_key
    ");
    env.run(["get", "lake", "--reveal", "bucket", "-o", "json"]).fails(2, "printed as it is");
    env.run(["get", "lake", "sea", "--reveal"]).fails(2, "one connection at a time");
}

#[test]
fn the_whole_connection_in_every_form() {
    let env = TestEnv::new();
    let secret = s3(&env, "lake", &[]);
    let json =
        env.command(["get", "lake", "--reveal", "-o", "json"]).revealing().run().succeeds().json();
    assert_eq!(json["secretValues"]["secret_access_key"], secret);
    assert_eq!(json["secrets"][0], "secret_access_key");
    let path = ["get", "lake", "--reveal", "-o", "jsonpath={.secretValues.secret_access_key}"];
    assert_eq!(env.command(path).revealing().run().succeeds().stdout, format!("{secret}\n"));
    for form in ["yaml", "table"] {
        let text = env
            .command(["get", "lake", "--reveal", "-o", form])
            .revealing()
            .run()
            .succeeds()
            .stdout;
        assert!(text.contains(&secret[..8]), "{form}");
    }
    let masked = env.run(["get", "lake", "-o", "json"]).succeeds().json();
    assert_eq!(masked["secretValues"], serde_json::Value::Null);
}
