//! `connhub exec`.

use super::*;

const BOTO3: &str = "
import boto3
print(boto3.client('s3').get_object(Bucket='raw', Key='orders.csv')['Body'].read().decode(), end='')
";
const S3FS: &str = "
import s3fs
print(s3fs.S3FileSystem().cat('raw/orders.csv').decode(), end='')
";
const POLARS: &str = "
import polars as pl
print(pl.scan_csv('s3://raw/orders.csv').select(pl.col('price').sum()).collect().item())
";

#[test]
fn programs_find_everything_in_the_environment() {
    let site = Site::plain();
    let listed = site.exec(&["aws", "s3", "ls", "s3://raw/"]).stdout;
    assert!(listed.contains("orders.csv"), "{listed}");
    assert_eq!(site.exec(&["python", "-c", BOTO3]).stdout, ORDERS);
    assert_eq!(site.exec(&["python", "-c", S3FS]).stdout, ORDERS);
    assert_eq!(site.exec(&["python", "-c", POLARS]).stdout, "3\n");
    assert_eq!(site.exec(&["s5cmd", "cat", "s3://raw/orders.csv"]).stdout, ORDERS);
    assert_eq!(site.exec(&["rclone", "cat", "lake:raw/orders.csv"]).stdout, ORDERS);
}

#[test]
fn programs_trust_the_authority_of_the_connection() {
    let site = Site::tls();
    let listed = site.exec(&["aws", "s3", "ls", "s3://raw/"]).stdout;
    assert!(listed.contains("orders.csv"), "{listed}");
    assert_eq!(site.exec(&["python", "-c", BOTO3]).stdout, ORDERS);
    assert_eq!(site.exec(&["s5cmd", "cat", "s3://raw/orders.csv"]).stdout, ORDERS);
    assert_eq!(site.exec(&["rclone", "cat", "lake:raw/orders.csv"]).stdout, ORDERS);
    // A program with another name for it is told by `--map`.
    let words = ["exec", "lake", "--map", "ca_bundle=SSL_CERT_FILE", "--", "python", "-c", POLARS];
    assert_eq!(site.command(&words).run().succeeds().stdout, "3\n");
}

#[test]
fn a_wrong_key_is_refused_by_the_server() {
    let site = Site::plain();
    let file = site.env.secret_file("another");
    site.env.run(["update", "lake", &format!("secret_access_key=@{}", file.display())]).succeeds();
    let refused = site.command(&["exec", "lake", "--", "aws", "s3", "ls", "s3://raw/"]).run();
    assert!(refused.code != 0 && refused.stderr.contains("SignatureDoesNotMatch"), "{refused}");
}

#[test]
fn a_login_of_the_shell_does_not_mix_in() {
    let site = Site::plain();
    let command = site.command(&["exec", "lake", "--", "aws", "s3", "ls", "s3://raw/"]);
    let command =
        command.variable("AWS_SESSION_TOKEN", "stale").variable("AWS_PROFILE", "nonsense");
    assert!(command.run().succeeds().stdout.contains("orders.csv"));
}
