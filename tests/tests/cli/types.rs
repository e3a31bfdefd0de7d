//! `connhub types`.

use super::*;

#[test]
fn all_types() {
    let env = TestEnv::cold();
    insta::assert_snapshot!(env.run(["types"]), @"
    exit code: 0
    --- stdout ---
    NAME            TITLE                          ALSO CALLED
    s3              S3 object storage              s3a, aws-s3, amazon-s3, minio
    gcs             Google Cloud Storage           gs, google-cloud-storage
    adls            Azure Data Lake Storage Gen2   adls-gen2, abfss, abfs, azure-data-lake
    azure-blob      Azure Blob Storage             blob, azblob, azure-blob-storage, wasbs, wasb
    postgresql      PostgreSQL                     postgres, pg, postgre, pgsql
    mysql           MySQL                          mariadb
    mssql           Microsoft SQL Server           sqlserver, azure-sql, synapse
    oracle          Oracle Database                oracledb, oracle-database, ora
    redshift        Amazon Redshift                aws-redshift, amazon-redshift
    snowflake       Snowflake                      snow, sf
    bigquery        Google BigQuery                bq, google-bigquery
    mongodb         MongoDB                        mongo, mongodb-atlas, atlas
    kafka           Apache Kafka                   apache-kafka, confluent, redpanda
    elasticsearch   Elasticsearch                  elastic, es
    opensearch      OpenSearch                     aws-opensearch
    uri             URI                            url, http, https, link
    oci             OCI registry                   registry, container-registry, docker-registry, docker
    ");
    let json = env.run(["types", "-o", "json"]).succeeds().json();
    assert_eq!(json["items"].as_array().map(Vec::len), Some(17));
    assert_eq!(env.run(["types", "-o", "name"]).succeeds().stdout.lines().count(), 17);
    assert!(!env.home().join("cache").exists(), "no connector was started");
}

#[test]
fn one_type() {
    let env = TestEnv::cold();
    insta::assert_snapshot!(env.run(["types", "s3"]), @"
    exit code: 0
    --- stdout ---
    s3 - S3 object storage
    Buckets in Amazon S3 and in stores that speak its protocol, such as MinIO, Ceph and Cloudflare R2.

    FIELD               KIND      REQUIRED    DEFAULT     DESCRIPTION
    endpoint            uri       -           -           The address of the store. Leave it out for Amazon S3 itself.
    bucket              text      -           -           The bucket. Without one, the connection is for all buckets that the keys can see.
    prefix              text      -           -           The folder in the bucket below which the data lives.
    region              text      -           us-east-1   The region of the bucket. Most stores other than Amazon's accept the default.
    auth_method         text      -           -           How to log in. Left out, it follows from the fields that are given.
    access_key_id       text      by method   -           The public half of the key pair. It is shown in lists.
    secret_access_key   secret    by method   -           The secret half of the key pair.
    session_token       secret    by method   -           The token that belongs to temporary keys.
    profile             text      by method   -           The name of a profile in `~/.aws/config`.
    role_arn            text      -           -           The role to assume.
    external_id         text      -           -           The external id that the role's trust policy asks for.
    path_style          boolean   -           -           Whether the bucket is in the path of the address instead of in its host name. Most stores other than Amazon's need it.
    verify_ssl          boolean   -           -           Whether the server's certificate is checked. It is unless this is `false`.
    ca_bundle           path      -           -           A file with the certificate authorities that vouch for the server, on the machine that uses the connection.

    AUTH METHOD            NEEDS                                             CAN USE                 DESCRIPTION
    access_key (default)   access_key_id, secret_access_key                  -                       A long-lived pair of access key id and secret access key.
    session                access_key_id, secret_access_key, session_token   -                       Temporary keys with a session token, as STS gives them.
    profile                profile                                           role_arn, external_id   A profile in the configuration files of the AWS command line; nothing secret is stored.
    iam_role               -                                                 role_arn, external_id   The role of the machine or pod that uses the connection, or a role that it assumes.
    environment            -                                                 -                       Whatever the environment of the user of the connection offers, such as `AWS_ACCESS_KEY_ID`.
    anonymous              -                                                 -                       No login: the bucket is public.
    ");
    assert_eq!(env.run(["types", "minio"]).stdout, env.run(["types", "s3"]).stdout, "an alias");
}

#[test]
fn every_type_as_json_schema() {
    let env = TestEnv::cold();
    for name in env.run(["types", "-o", "name"]).succeeds().stdout.lines() {
        let schema = env.run(["types", name, "-o", "json"]).succeeds().json();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(schema["properties"].as_object().is_some_and(|p| !p.is_empty()), "{name}");
    }
}

#[test]
fn types_of_a_backend() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["types", "--backend", "local", "-o", "name"]), @"
    exit code: 0
    --- stdout ---
    s3
    gcs
    adls
    azure-blob
    postgresql
    mysql
    mssql
    oracle
    redshift
    snowflake
    bigquery
    mongodb
    kafka
    elasticsearch
    opensearch
    uri
    oci
    ");
}
