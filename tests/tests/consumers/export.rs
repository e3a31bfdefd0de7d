//! `connhub export`: the programs run the text.

use super::*;

/// The text for a program, without secrets.
#[track_caller]
fn text(site: &Site, consumer: &str) -> String {
    site.env.run(["export", "lake", "--for", consumer]).succeeds().stdout
}

/// The text for a program, with secrets, in a file.
#[track_caller]
fn revealed(site: &Site, consumer: &str) -> PathBuf {
    let command = site.env.command(["export", "lake", "--for", consumer, "--reveal"]);
    site.env.file(consumer, command.revealing().run().succeeds().stdout)
}

#[test]
fn python_programs_run_the_text() {
    let site = Site::plain();
    let polars = text(&site, "polars")
        + "print(pl.scan_csv('s3://raw/orders.csv', storage_options=storage_options).collect().height)\n";
    // The text alone says where and how; only the keys come from the environment.
    let words = ["exec", "lake", "--only", "AWS_SECRET_ACCESS_KEY", "--", "python", "-c", &polars];
    assert_eq!(site.command(&words).run().succeeds().stdout, "2\n");
    let pandas = text(&site, "pandas").replace("import pandas as pd", "import s3fs")
        + "print(s3fs.S3FileSystem(**storage_options).cat('raw/orders.csv').decode(), end='')\n";
    let words = ["exec", "lake", "--only", "AWS_SECRET_ACCESS_KEY", "--", "python", "-c", &pandas];
    assert_eq!(site.command(&words).run().succeeds().stdout, ORDERS);
}

#[test]
fn every_python_text_can_be_parsed_and_revealed() {
    let site = Site::plain();
    for consumer in ["polars", "pandas", "pyarrow", "delta", "iceberg", "flowfile"] {
        for file in [site.env.file("text.py", text(&site, consumer)), revealed(&site, consumer)] {
            let parse = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
            site.exec(&["python", "-c", parse, file.to_str().unwrap()]);
        }
    }
}

#[test]
fn duckdb_runs_the_text() {
    let site = Site::plain();
    let sql = revealed(&site, "duckdb");
    let script = "
import sys, duckdb
from duckdb_extensions import import_extension
import_extension('httpfs')
db = duckdb.connect()
db.execute('LOAD httpfs')
db.execute(open(sys.argv[1]).read())
print(db.execute(\"SELECT sum(price) FROM read_csv('s3://raw/orders.csv')\").fetchone()[0])
";
    assert_eq!(site.exec(&["python", "-c", script, sql.to_str().unwrap()]).stdout, "3\n");
}

#[test]
fn rclone_and_s5cmd_run_the_text() {
    let site = Site::plain();
    let referenced = site.env.file("rclone.conf", text(&site, "rclone"));
    for file in [referenced, revealed(&site, "rclone")] {
        let words = ["rclone", "--config", file.to_str().unwrap(), "cat", "lake:raw/orders.csv"];
        assert_eq!(site.exec(&words).stdout, ORDERS);
    }
    let script = text(&site, "s5cmd").replace("connhub exec", "\"$CONNHUB\" exec");
    let listed = site
        .command(&["exec", "lake", "--only", "bucket", "--", "sh", "-c", &script])
        .variable("CONNHUB", connhub_tests::cli::program())
        .run()
        .succeeds();
    assert!(listed.stdout.contains("orders.csv"), "{listed}");
}

#[test]
fn yaml_json_and_hcl_can_be_parsed() {
    let site = Site::plain();
    let secret =
        site.env.command(["get", "lake", "--reveal", "secret_access_key"]).revealing().run().stdout;
    let secrets = fs_err::read_to_string(revealed(&site, "k8s")).unwrap();
    let secrets: serde_json::Value = serde_saphyr::from_str(&secrets).unwrap();
    assert_eq!(secrets["stringData"]["AWS_SECRET_ACCESS_KEY"], secret);
    let airflow = fs_err::read_to_string(revealed(&site, "airflow")).unwrap();
    let airflow: serde_json::Value = serde_json::from_str(&airflow).unwrap();
    assert_eq!(airflow["lake"]["extra"]["endpoint_url"], site.server.url());
    let terraform = text(&site, "terraform");
    assert_eq!(terraform.matches('{').count(), terraform.matches('}').count(), "{terraform}");
    site.env.run(["export", "lake", "--for", "airflow"]).fails(2, "add `--reveal`");
    site.env.run(["export", "lake", "--for", "nonsense"]).fails(2, "polars");
    site.env.run(["export", "lake", "--for", "dbt"]).fails(2, "for this type there are");
}
