//! `connhub credential-process` and `connhub aws configure`, called by AWS programs themselves.

use super::*;

const BOTO3: &str = "
import boto3
s3 = boto3.Session(profile_name='lake').client('s3')
print([bucket['Name'] for bucket in s3.list_buckets()['Buckets']])
";

/// Runs a program without connhub above it: it calls connhub itself.
fn run(site: &Site, words: &[&str]) -> String {
    let like = site.command(&["version"]).command();
    let output = std::process::Command::new(consumers().join("bin").join(words[0]))
        .args(&words[1..])
        .env_clear()
        .envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn check(site: &Site) {
    site.command(&["aws", "configure", "lake"]).run().succeeds();
    let config = fs_err::read_to_string(site.env.files().join(".aws/config")).unwrap();
    assert!(config.contains("[profile lake]") && config.contains(&site.server.url()), "{config}");
    assert!(
        run(site, &["aws", "--profile", "lake", "s3", "ls", "s3://raw/"]).contains("orders.csv")
    );
    assert_eq!(run(site, &["python", "-c", BOTO3]), "['raw']\n");
}

#[test]
fn aws_programs_log_in_by_a_profile() {
    check(&Site::plain());
}

#[test]
fn aws_programs_log_in_by_a_profile_over_tls() {
    check(&Site::tls());
}
