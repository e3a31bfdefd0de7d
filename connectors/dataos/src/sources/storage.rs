//! Object stores.

use super::Place::{Data, File, Known, Spec};
use super::{EMPTY, Method, Source, SourceField, canonical, own, own_secret};

const FORMAT: SourceField =
    own("format", &[Spec("format")], "The table format of what is in the store.")
        .one_of(&["ICEBERG", "DELTA", "PARQUET"]);
const ICEBERG_CATALOG: SourceField =
    own("icebergCatalogType", &[Spec("icebergCatalogType")], "The catalog of Iceberg tables.")
        .one_of(&["HIVE", "HADOOP"]);
const METASTORE: SourceField =
    own("metastoreType", &[Spec("metastoreType")], "The kind of metastore.")
        .one_of(&["HIVE", "REST"]);
const METASTORE_URL: SourceField =
    own("metastoreUrl", &[Spec("metastoreUrl")], "The address of the metastore.");

pub(super) const S3: Source = Source {
    name: "s3",
    native: "s3",
    implied: &[("scheme", "s3a")],
    fields: &[
        canonical("bucket", &[Spec("bucket")]).expected(),
        canonical("prefix", &[Spec("relativePath")]),
        canonical("region", &[Spec("region")]),
        canonical("endpoint", &[Spec("endpoint")]),
        own("scheme", &[Spec("scheme")], "The scheme of addresses in the store.")
            .one_of(&["s3", "s3a", "s3n"]),
        FORMAT,
        ICEBERG_CATALOG,
        METASTORE,
        METASTORE_URL,
        // The documents ask for both names of each key.
        canonical(
            "access_key_id",
            &[Data("accesskeyid"), Data("awsaccesskeyid"), Known("aws_access_key")],
        )
        .expected(),
        canonical(
            "secret_access_key",
            &[Data("secretkey"), Data("awssecretaccesskey"), Known("aws_secret_key")],
        )
        .expected(),
    ],
    methods: &[Method { name: "access_key", shown_by: "secret_access_key" }],
    unsupported: &[
        "session_token",
        "profile",
        "role_arn",
        "external_id",
        "path_style",
        "verify_ssl",
        "ca_bundle",
    ],
    ..EMPTY
};

pub(super) const GCS: Source = Source {
    name: "gcs",
    native: "gcs",
    fields: &[
        canonical("bucket", &[Spec("bucket")]).expected(),
        canonical("prefix", &[Spec("relativePath")]),
        FORMAT,
        ICEBERG_CATALOG,
        METASTORE,
        METASTORE_URL,
        canonical("project_id", &[Data("projectid")]),
        canonical("client_email", &[Data("email")]),
        canonical("service_account_key", &[File("gcskey_json"), Known("gcp_json_key")]).expected(),
    ],
    methods: &[SERVICE_ACCOUNT_KEY],
    unsupported: &["endpoint"],
    ..EMPTY
};

pub(super) const SERVICE_ACCOUNT_KEY: Method =
    Method { name: "service_account_key", shown_by: "service_account_key" };

pub(super) const ADLS: Source = Source {
    name: "adls",
    native: "abfss",
    fields: AZURE_FIELDS,
    methods: &[ACCOUNT_KEY],
    unsupported: AZURE_UNSUPPORTED,
    ..EMPTY
};

pub(super) const AZURE_BLOB: Source = Source { name: "azure-blob", native: "wasbs", ..ADLS };

const ACCOUNT_KEY: Method = Method { name: "account_key", shown_by: "account_key" };
const AZURE_UNSUPPORTED: &[&str] =
    &["sas_token", "tenant_id", "client_id", "client_secret", "endpoint"];
const AZURE_FIELDS: &[SourceField] = &[
    canonical("account_name", &[Spec("account"), Data("azurestorageaccountname")]).expected(),
    canonical("container", &[Spec("container")]).expected(),
    canonical("prefix", &[Spec("relativePath")]),
    canonical("endpoint_suffix", &[Spec("endpointSuffix"), Data("azureendpointsuffix")]),
    FORMAT,
    ICEBERG_CATALOG,
    METASTORE,
    METASTORE_URL,
    canonical("account_key", &[Data("azurestorageaccountkey")]).expected(),
];

pub(super) const LAKEHOUSE: Source = Source {
    name: "lakehouse",
    native: "lakehouse",
    fields: &[
        own("storageType", &[Spec("storageType")], "The kind of store, such as `s3`.").expected(),
        own("catalogType", &[Spec("catalogType")], "The kind of catalog, such as `REST`."),
        own("metastoreUrl", &[Spec("metastoreUrl")], "The address of the catalog."),
        own(
            "metastoreRelativePath",
            &[Spec("metastoreRelativePath")],
            "The path below the address of the catalog.",
        ),
        own("bucket", &[Spec("{storageType}.bucket")], "The bucket, of `s3` and `gcs`."),
        own(
            "container",
            &[Spec("{storageType}.container")],
            "The container, of `abfss` and `wasbs`.",
        ),
        own("relativePath", &[Spec("{storageType}.relativePath")], "The folder in the bucket."),
        own("format", &[Spec("{storageType}.format")], "The table format."),
        own("region", &[Spec("{storageType}.region")], "The region, of `s3`."),
        own("endpoint", &[Spec("{storageType}.endpoint")], "The address of the store, of `s3`."),
        own(
            "access_key_id",
            &[Data("aws_access_key"), Known("accesskeyid"), Known("awsaccesskeyid")],
            "The public half of the key pair, of `s3`.",
        ),
        own_secret(
            "secret_access_key",
            &[Data("aws_secret_key"), Known("secretkey"), Known("awssecretaccesskey")],
            "The secret half of the key pair, of `s3`.",
        ),
        own(
            "account_name",
            &[Spec("{storageType}.account"), Data("azurestorageaccountname")],
            "The storage account, of `abfss` and `wasbs`.",
        ),
        own_secret(
            "account_key",
            &[Data("azurestorageaccountkey")],
            "The key of the storage account, of `abfss` and `wasbs`.",
        ),
        own("project_id", &[Data("projectid")], "The project, of `gcs`."),
        own("client_email", &[Data("email")], "The service account, of `gcs`."),
        own_secret(
            "service_account_key",
            &[File("gcskey_json"), Known("gcp_json_key")],
            "The key file of the service account, of `gcs`.",
        ),
    ],
    ..EMPTY
};
