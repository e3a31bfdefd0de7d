//! `connhub aws configure`.

use super::*;

#[test]
fn a_profile_is_written_and_nothing_else_changes() {
    let env = TestEnv::new();
    s3(
        &env,
        "lake",
        &["endpoint=https://minio.example.com:9000", "region=eu-central-1", "path_style=true"],
    );
    let before = "# mine\n[default]\nregion=us-west-2\n";
    let config = env.file("config", before);
    let outcome = env
        .command(["aws", "configure", "lake"])
        .variable("AWS_CONFIG_FILE", &config)
        .run()
        .succeeds();
    assert_eq!(outcome.stdout, "");
    let text = fs_err::read_to_string(&config).unwrap();
    let program = connhub_tests::cli::program().display().to_string();
    let expected = format!(
        "{before}
[profile lake]
credential_process = {program} credential-process connhub://local/lake
region = eu-central-1
services = connhub-lake
s3 =
  addressing_style = path

[services connhub-lake]
s3 =
  endpoint_url = https://minio.example.com:9000
"
    );
    assert_eq!(text, expected);
    env.command(["aws", "configure", "lake"]).variable("AWS_CONFIG_FILE", &config).run().succeeds();
    assert_eq!(fs_err::read_to_string(&config).unwrap(), expected, "a second time changes nothing");
}

#[test]
fn a_profile_of_somebody_else_is_kept() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let before = "[profile work]\nrole_arn = arn\nsource_profile = default\n";
    let config = env.file("config", before);
    let file = config.to_str().unwrap();
    let words = ["aws", "configure", "lake", "--profile", "work", "--config", file];
    env.run(words).fails(5, "was not written by connhub");
    assert_eq!(fs_err::read_to_string(&config).unwrap(), before);
    env.run(words.iter().chain(&["--force"])).succeeds();
    let text = fs_err::read_to_string(&config).unwrap();
    assert!(!text.contains("role_arn") && text.contains("credential-process"), "{text}");
    env.run(["aws", "configure", "lake", "--profile", "a]b", "--config", file])
        .fails(2, "name of a profile");
    env.run(["aws", "configure", "lake"]).fails(2, "says where the file is");
}
