//! Databases, warehouses and search engines.

use super::Place::{Data, File, Known, Spec};
use super::storage::SERVICE_ACCOUNT_KEY;
use super::{
    EMPTY, Form, Method, NO_LOGIN, OWN_PARAMS, OWN_PASSWORD, OWN_USERNAME, PARAMS, PASSWORD,
    PASSWORD_FIELD, Source, SourceField, USERNAME, canonical, own, own_secret,
};

const HOST: SourceField = canonical("host", &[Spec("host")]).expected();
const PORT: SourceField = canonical("port", &[Spec("port")]).form(Form::Scalar).expected();
const DATABASE: SourceField = canonical("database", &[Spec("database")]).expected();
const NODES: SourceField = canonical("nodes", &[Spec("nodes")]).form(Form::List).expected();

pub(super) const POSTGRESQL: Source = Source {
    name: "postgresql",
    native: "postgresql",
    implied: &[("subprotocol", "postgresql")],
    fields: &[
        HOST,
        PORT,
        DATABASE,
        canonical("ssl_mode", &[Spec("params.sslmode")]),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
    ],
    methods: &[PASSWORD, NO_LOGIN],
    unsupported: &[
        "schema",
        "ca_certificate",
        "client_certificate",
        "client_key",
        "client_key_password",
    ],
    ..EMPTY
};

pub(super) const MYSQL: Source = Source {
    name: "mysql",
    native: "mysql",
    implied: &[("subprotocol", "mysql")],
    fields: &[
        HOST,
        PORT,
        // The words of the driver that the example with `tls: skip-verify` belongs to. It cannot check a certificate without its name.
        canonical("ssl_mode", &[Spec("params.tls")]).form(Form::Words(&[
            ("disabled", "false"),
            ("preferred", "preferred"),
            ("required", "skip-verify"),
            ("verify_identity", "true"),
        ])),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
    ],
    methods: &[PASSWORD],
    unsupported: &[
        "database",
        "ca_certificate",
        "client_certificate",
        "client_key",
        "client_key_password",
    ],
    ..EMPTY
};

pub(super) const MSSQL: Source = Source {
    name: "mssql",
    native: "jdbc",
    read_as: &["mssql", "sqlserver"],
    fixed: &[("subprotocol", "sqlserver")],
    fields: &[
        HOST,
        PORT,
        DATABASE,
        canonical("encrypt", &[Spec("params.encrypt")]).form(Form::Scalar),
        canonical("trust_server_certificate", &[Spec("params.trustServerCertificate")])
            .form(Form::Scalar),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
    ],
    methods: &[PASSWORD],
    unsupported: &[
        "schema",
        "instance",
        "tenant_id",
        "client_id",
        "client_secret",
        "ca_certificate",
    ],
    ..EMPTY
};

pub(super) const ORACLE: Source = Source {
    name: "oracle",
    native: "oracle",
    implied: &[("subprotocol", "oracle:thin")],
    fields: &[
        HOST,
        PORT,
        canonical("service_name", &[Spec("service")]).expected(),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
    ],
    methods: &[PASSWORD],
    unsupported: &["sid", "schema", "protocol", "wallet_location", "wallet_password"],
    ..EMPTY
};

pub(super) const REDSHIFT: Source = Source {
    name: "redshift",
    native: "redshift",
    implied: &[("subprotocol", "redshift")],
    fields: &[
        HOST,
        PORT,
        DATABASE,
        canonical("bucket", &[Spec("bucket")]),
        canonical("prefix", &[Spec("relativePath")]),
        own("scheme", &[Spec("scheme")], "The scheme of addresses in the bucket.")
            .one_of(&["s3", "s3a", "s3n"]),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
        canonical("access_key_id", &[Data("awsaccesskeyid")]),
        canonical("secret_access_key", &[Data("awssecretaccesskey")]),
    ],
    methods: &[PASSWORD],
    unsupported: &[
        "schema",
        "ssl_mode",
        "cluster_identifier",
        "region",
        "session_token",
        "profile",
        "role_arn",
    ],
    ..EMPTY
};

pub(super) const SNOWFLAKE: Source = Source {
    name: "snowflake",
    native: "snowflake",
    fields: &[
        canonical("url", &[Spec("url")]).expected(),
        canonical("database", &[Spec("database")]).expected(),
        canonical("warehouse", &[Spec("warehouse")]).expected(),
        canonical("account", &[Spec("account")]),
        canonical("role", &[Spec("role")]),
        PARAMS,
        USERNAME,
        canonical("password", &[Data("password")]),
        own(
            "auth_mode",
            &[Data("auth_mode")],
            "The way to log in, in the words of the first generation: `key-pair`.",
        ),
        canonical("private_key", &[Data("key")]),
        canonical("private_key_passphrase", &[Data("passphrase")]),
    ],
    methods: &[PASSWORD, Method { name: "key_pair", shown_by: "private_key" }],
    unsupported: &["schema", "token"],
    ..EMPTY
};

pub(super) const BIGQUERY: Source = Source {
    name: "bigquery",
    native: "bigquery",
    fields: &[
        canonical("project_id", &[Spec("project"), Data("projectid")]),
        canonical("temporary_bucket", &[Spec("temporaryBucket")]),
        canonical("persistent_bucket", &[Spec("persistentBucket")]),
        PARAMS,
        canonical("client_email", &[Data("email")]),
        canonical("service_account_key", &[File("json_keyfile"), Known("gcp_json_key")]).expected(),
    ],
    methods: &[SERVICE_ACCOUNT_KEY],
    unsupported: &["dataset", "location"],
    ..EMPTY
};

pub(super) const MONGODB: Source = Source {
    name: "mongodb",
    native: "mongodb",
    implied: &[("subprotocol", "mongodb")],
    fields: &[
        NODES,
        canonical("srv", &[Spec("subprotocol")])
            .form(Form::Words(&[("true", "mongodb+srv"), ("false", "mongodb")])),
        canonical("auth_source", &[Spec("params.authSource")]),
        canonical("auth_mechanism", &[Spec("params.authMechanism")]),
        canonical("replica_set", &[Spec("params.replicaSet")]),
        canonical("tls", &[Spec("params.tls")]).form(Form::Scalar),
        PARAMS,
        USERNAME,
        PASSWORD_FIELD,
        canonical("ca_certificate", &[File("ca_file")]),
        own_secret("key_store_file", &[File("key_store_file")], "The client's key store."),
        own_secret("keyStorePassword", &[Data("keyStorePassword")], "Its password."),
        own_secret("trust_store_file", &[File("trust_store_file")], "The trust store."),
        own_secret("trustStorePassword", &[Data("trustStorePassword")], "Its password."),
    ],
    methods: &[PASSWORD, NO_LOGIN],
    unsupported: &["database", "client_certificate", "client_key", "client_key_password"],
    ..EMPTY
};

pub(super) const ELASTICSEARCH: Source = Source {
    name: "elasticsearch",
    native: "elasticsearch",
    fields: &[NODES, PARAMS, USERNAME, PASSWORD_FIELD],
    methods: &[PASSWORD, NO_LOGIN],
    unsupported: &[
        "cloud_id",
        "tls",
        "path_prefix",
        "index",
        "api_key",
        "verify_ssl",
        "ca_certificate",
        "client_certificate",
        "client_key",
        "client_key_password",
    ],
    ..EMPTY
};

pub(super) const OPENSEARCH: Source = Source {
    name: "opensearch",
    native: "opensearch",
    unsupported: &[
        "tls",
        "path_prefix",
        "index",
        "region",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "profile",
        "role_arn",
        "verify_ssl",
        "ca_certificate",
        "client_certificate",
        "client_key",
        "client_key_password",
    ],
    ..ELASTICSEARCH
};

pub(super) const JDBC: Source = Source {
    name: "jdbc",
    native: "jdbc",
    fields: &[
        own("subprotocol", &[Spec("subprotocol")], "What stands after `jdbc:` in the address.")
            .expected(),
        own("host", &[Spec("host")], "The server.").expected(),
        own("port", &[Spec("port")], "The port.").form(Form::Scalar).expected(),
        own("database", &[Spec("database")], "The database.").expected(),
        OWN_PARAMS,
        OWN_USERNAME.expected(),
        OWN_PASSWORD.expected(),
    ],
    ..EMPTY
};

pub(super) const PRESTO: Source = Source {
    name: "presto",
    native: "presto",
    read_as: &["trino"],
    fields: &[
        own("host", &[Spec("host")], "The server."),
        own("port", &[Spec("port")], "The port.").form(Form::Scalar),
        own("catalog", &[Spec("catalog")], "The catalog."),
        own("schema", &[Spec("schema")], "The schema."),
        OWN_PARAMS,
        OWN_USERNAME,
        OWN_PASSWORD,
    ],
    ..EMPTY
};

pub(super) const REDIS: Source = Source {
    name: "redis",
    native: "redis",
    fields: &[
        own("host", &[Spec("host")], "The server."),
        own("port", &[Spec("port")], "The port.").form(Form::Scalar),
        own("db", &[Spec("db")], "The number of the database.").form(Form::Scalar),
        OWN_USERNAME,
        OWN_PASSWORD,
    ],
    ..EMPTY
};
