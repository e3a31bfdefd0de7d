//! Every source that DataOS documents, as data: what a user gives, and what must arrive.
//! All but those of [`with_files`] need no setting.

use serde_json::{Value, json};

/// A connection of one kind.
pub struct Source {
    /// What `--type` says.
    pub kind: &'static str,
    /// Visible fields, as a user gives them.
    pub fields: &'static [(&'static str, &'static str)],
    /// Secret fields that a user gives.
    pub secrets: &'static [&'static str],
    /// What `spec.type` of the Depot must say.
    pub native: &'static str,
    /// What `spec.spec` of the Depot must be.
    pub spec: Value,
    /// What the Secret must hold: keys, and the fields whose values they have.
    pub stored: &'static [(&'static str, &'static str)],
    /// The fields that `get` must show, which is those of `spec` and what follows from the keys.
    pub shown: Value,
    /// The fields that `get` must name as secret.
    pub hidden: &'static [&'static str],
    /// A field to change, its new value, and where it is in `spec`.
    pub change: (&'static str, &'static str, &'static str),
}

const LOGIN: &[(&str, &str)] = &[("username", "username"), ("password", "password")];

/// Object stores, and tables on them.
pub fn stores() -> Vec<Source> {
    let azure = |kind, native| Source {
        kind,
        fields: &[
            ("account_name", "acmelake"),
            ("container", "raw"),
            ("prefix", "orders"),
            ("endpoint_suffix", "core.example.net"),
        ],
        secrets: &["account_key"],
        native,
        spec: json!({
            "account": "acmelake", "container": "raw", "relativePath": "orders",
            "endpointSuffix": "core.example.net",
        }),
        stored: &[
            ("azurestorageaccountname", "account_name"),
            ("azureendpointsuffix", "endpoint_suffix"),
            ("azurestorageaccountkey", "account_key"),
        ],
        shown: json!({
            "account_name": "acmelake", "container": "raw", "prefix": "orders",
            "endpoint_suffix": "core.example.net", "auth_method": "account_key",
        }),
        hidden: &["account_key"],
        change: ("container", "clean", "/container"),
    };
    vec![
        s3(),
        azure("adls", "abfss"),
        azure("azure-blob", "wasbs"),
        lakehouse(),
        lakehouse_on_azure(),
    ]
}

fn s3() -> Source {
    Source {
        kind: "s3",
        fields: &[
            ("bucket", "sales-raw"),
            ("prefix", "orders"),
            ("endpoint", "https://s3.example.com"),
            ("format", "ICEBERG"),
            ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ],
        secrets: &["secret_access_key"],
        native: "s3",
        spec: json!({
            "bucket": "sales-raw", "relativePath": "orders", "endpoint": "https://s3.example.com",
            "format": "ICEBERG", "region": "us-east-1",
        }),
        stored: &[
            ("accesskeyid", "access_key_id"),
            ("awsaccesskeyid", "access_key_id"),
            ("secretkey", "secret_access_key"),
            ("awssecretaccesskey", "secret_access_key"),
        ],
        shown: json!({
            "bucket": "sales-raw", "prefix": "orders", "endpoint": "https://s3.example.com",
            "format": "ICEBERG", "region": "us-east-1", "auth_method": "access_key",
        }),
        hidden: &["access_key_id", "secret_access_key"],
        change: ("bucket", "sales-clean", "/bucket"),
    }
}

fn lakehouse() -> Source {
    Source {
        kind: "lakehouse",
        fields: &[
            ("storageType", "s3"),
            ("catalogType", "REST"),
            ("metastoreUrl", "https://catalog.example.com"),
            ("bucket", "lake"),
            ("relativePath", "tables"),
            ("format", "ICEBERG"),
            ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ],
        secrets: &["secret_access_key"],
        native: "lakehouse",
        spec: json!({
            "storageType": "s3", "catalogType": "REST",
            "metastoreUrl": "https://catalog.example.com",
            "s3": {"bucket": "lake", "relativePath": "tables", "format": "ICEBERG"},
        }),
        stored: &[("aws_access_key", "access_key_id"), ("aws_secret_key", "secret_access_key")],
        shown: json!({
            "storageType": "s3", "catalogType": "REST",
            "metastoreUrl": "https://catalog.example.com",
            "bucket": "lake", "relativePath": "tables", "format": "ICEBERG",
        }),
        hidden: &["access_key_id", "secret_access_key"],
        change: ("relativePath", "views", "/s3/relativePath"),
    }
}

/// Databases with a host and a port.
pub fn databases() -> Vec<Source> {
    vec![postgresql(), mysql(), mssql(), oracle(), jdbc()]
}

fn postgresql() -> Source {
    Source {
        kind: "postgresql",
        fields: &[
            ("host", "db.example.com"),
            ("database", "sales"),
            ("ssl_mode", "require"),
            ("params", "connect_timeout=10"),
            ("username", "loader"),
        ],
        secrets: &["password"],
        native: "postgresql",
        spec: json!({
            "host": "db.example.com", "port": 5432, "database": "sales",
            "params": {"sslmode": "require", "connect_timeout": 10},
        }),
        stored: LOGIN,
        shown: json!({
            "host": "db.example.com", "port": "5432", "database": "sales", "ssl_mode": "require",
            "params": "connect_timeout=10", "auth_method": "password",
        }),
        hidden: &["username", "password"],
        change: ("host", "db2.example.com", "/host"),
    }
}

fn mysql() -> Source {
    Source {
        kind: "mysql",
        fields: &[("host", "db.example.com"), ("ssl_mode", "required"), ("username", "loader")],
        native: "mysql",
        spec: json!({"host": "db.example.com", "port": 3306, "params": {"tls": "skip-verify"}}),
        shown: json!({
            "host": "db.example.com", "port": "3306", "ssl_mode": "required",
            "auth_method": "password",
        }),
        ..postgresql()
    }
}

fn mssql() -> Source {
    Source {
        kind: "mssql",
        fields: &[
            ("host", "db.example.com"),
            ("database", "sales"),
            ("encrypt", "true"),
            ("username", "loader"),
        ],
        native: "jdbc",
        spec: json!({
            "subprotocol": "sqlserver", "host": "db.example.com", "port": 1433,
            "database": "sales", "params": {"encrypt": true},
        }),
        shown: json!({
            "host": "db.example.com", "port": "1433", "database": "sales", "encrypt": "true",
            "auth_method": "password",
        }),
        ..postgresql()
    }
}

fn oracle() -> Source {
    Source {
        kind: "oracle",
        fields: &[("host", "db.example.com"), ("service_name", "SALES"), ("username", "loader")],
        native: "oracle",
        spec: json!({"host": "db.example.com", "port": 1521, "service": "SALES"}),
        shown: json!({
            "host": "db.example.com", "port": "1521", "service_name": "SALES",
            "auth_method": "password",
        }),
        ..postgresql()
    }
}

fn jdbc() -> Source {
    Source {
        kind: "jdbc",
        fields: &[
            ("subprotocol", "db2"),
            ("host", "db.example.com"),
            ("port", "50000"),
            ("database", "sales"),
            ("username", "loader"),
        ],
        secrets: &["password"],
        native: "jdbc",
        spec: json!({
            "subprotocol": "db2", "host": "db.example.com", "port": 50000, "database": "sales",
        }),
        stored: LOGIN,
        shown: json!({
            "subprotocol": "db2", "host": "db.example.com", "port": "50000", "database": "sales",
        }),
        hidden: &["username", "password"],
        change: ("port", "50001", "/port"),
    }
}

/// Warehouses and query engines.
pub fn warehouses() -> Vec<Source> {
    let redshift = Source {
        kind: "redshift",
        fields: &[
            ("host", "rs.example.com"),
            ("database", "sales"),
            ("bucket", "unload"),
            ("username", "loader"),
            ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ],
        secrets: &["password", "secret_access_key"],
        native: "redshift",
        spec: json!({"host": "rs.example.com", "port": 5439, "database": "sales", "bucket": "unload"}),
        stored: &[
            ("username", "username"),
            ("password", "password"),
            ("awsaccesskeyid", "access_key_id"),
            ("awssecretaccesskey", "secret_access_key"),
        ],
        shown: json!({
            "host": "rs.example.com", "port": "5439", "database": "sales", "bucket": "unload",
            "auth_method": "password",
        }),
        hidden: &["username", "password", "access_key_id", "secret_access_key"],
        change: ("database", "orders", "/database"),
    };
    let presto = Source {
        kind: "presto",
        fields: &[
            ("host", "trino.example.com"),
            ("port", "7432"),
            ("catalog", "hive"),
            ("schema", "sales"),
            ("username", "loader"),
        ],
        secrets: &["password"],
        native: "presto",
        spec: json!({
            "host": "trino.example.com", "port": 7432, "catalog": "hive", "schema": "sales",
        }),
        stored: LOGIN,
        shown: json!({
            "host": "trino.example.com", "port": "7432", "catalog": "hive", "schema": "sales",
        }),
        hidden: &["username", "password"],
        change: ("catalog", "iceberg", "/catalog"),
    };
    vec![snowflake(), snowflake_with_key(), redshift, presto]
}

fn snowflake() -> Source {
    Source {
        kind: "snowflake",
        fields: &[
            ("url", "https://acme.snowflakecomputing.com"),
            ("database", "SALES"),
            ("warehouse", "LOAD_WH"),
            ("role", "LOADER"),
            ("username", "LOADER"),
        ],
        secrets: &["password"],
        native: "snowflake",
        spec: json!({
            "url": "https://acme.snowflakecomputing.com", "database": "SALES",
            "warehouse": "LOAD_WH", "role": "LOADER",
        }),
        stored: LOGIN,
        shown: json!({
            "url": "https://acme.snowflakecomputing.com", "database": "SALES",
            "warehouse": "LOAD_WH", "role": "LOADER", "auth_method": "password",
        }),
        hidden: &["username", "password"],
        change: ("warehouse", "QUERY_WH", "/warehouse"),
    }
}

fn snowflake_with_key() -> Source {
    let password = snowflake();
    let mut shown = password.shown;
    shown["auth_method"] = json!("key_pair");
    Source {
        secrets: &["private_key", "private_key_passphrase"],
        stored: &[
            ("username", "username"),
            ("key", "private_key"),
            ("passphrase", "private_key_passphrase"),
        ],
        hidden: &["username", "private_key", "private_key_passphrase"],
        shown,
        ..password
    }
}

/// Stores of documents and caches.
pub fn nodes() -> Vec<Source> {
    let search = |kind, native| Source {
        kind,
        fields: &[("nodes", "a.example.com:9200,b.example.com:9200"), ("username", "loader")],
        secrets: &["password"],
        native,
        spec: json!({"nodes": ["a.example.com:9200", "b.example.com:9200"]}),
        stored: LOGIN,
        shown: json!({
            "nodes": "a.example.com:9200,b.example.com:9200", "auth_method": "password",
        }),
        hidden: &["username", "password"],
        change: ("nodes", "c.example.com:9200", "/nodes/0"),
    };
    let mongodb = Source {
        fields: &[
            ("nodes", "a.example.com:27017"),
            ("replica_set", "rs0"),
            ("auth_source", "admin"),
            ("tls", "true"),
            ("username", "loader"),
        ],
        spec: json!({
            "nodes": ["a.example.com:27017"],
            "params": {"replicaSet": "rs0", "authSource": "admin", "tls": true},
        }),
        shown: json!({
            "nodes": "a.example.com:27017", "replica_set": "rs0", "auth_source": "admin",
            "tls": "true", "auth_method": "password",
        }),
        ..search("mongodb", "mongodb")
    };
    let redis = Source {
        kind: "redis",
        fields: &[("host", "cache.example.com"), ("port", "6379"), ("db", "0")],
        native: "redis",
        spec: json!({"host": "cache.example.com", "port": 6379, "db": 0}),
        stored: &[("password", "password")],
        shown: json!({"host": "cache.example.com", "port": "6379", "db": "0"}),
        hidden: &["password"],
        change: ("db", "1", "/db"),
        ..search("redis", "redis")
    };
    vec![
        search("elasticsearch", "elasticsearch"),
        search("opensearch", "opensearch"),
        mongodb,
        redis,
    ]
}

/// Streams of events.
pub fn streams() -> Vec<Source> {
    vec![kafka(), pulsar(), eventhub()]
}

fn kafka() -> Source {
    Source {
        kind: "kafka",
        fields: &[
            ("brokers", "a.example.com:9092,b.example.com:9092"),
            ("security_protocol", "SASL_SSL"),
            ("sasl_mechanism", "SCRAM-SHA-512"),
            ("username", "loader"),
        ],
        secrets: &["password"],
        native: "kafka",
        spec: json!({"brokers": ["a.example.com:9092", "b.example.com:9092"]}),
        stored: &[
            ("username", "username"),
            ("password", "password"),
            ("security_protocol", "security_protocol"),
            ("sasl_mechanism", "sasl_mechanism"),
        ],
        shown: json!({"brokers": "a.example.com:9092,b.example.com:9092", "auth_method": "sasl"}),
        hidden: &["username", "password", "security_protocol", "sasl_mechanism"],
        change: ("brokers", "c.example.com:9092", "/brokers/0"),
    }
}

fn pulsar() -> Source {
    Source {
        kind: "pulsar",
        fields: &[
            ("adminUrl", "https://pulsar.example.com"),
            ("serviceUrl", "pulsar+ssl://pulsar.example.com:6651"),
            ("tenant", "public"),
        ],
        secrets: &[],
        native: "pulsar",
        spec: json!({
            "adminUrl": "https://pulsar.example.com",
            "serviceUrl": "pulsar+ssl://pulsar.example.com:6651", "tenant": "public",
        }),
        stored: &[],
        shown: json!({
            "adminUrl": "https://pulsar.example.com",
            "serviceUrl": "pulsar+ssl://pulsar.example.com:6651", "tenant": "public",
        }),
        hidden: &[],
        change: ("tenant", "private", "/tenant"),
    }
}

fn eventhub() -> Source {
    Source {
        kind: "eventhub",
        fields: &[
            ("endpoint", "sb://acme.servicebus.example.net"),
            ("eh_shared_access_key_name", "loader"),
        ],
        secrets: &["eh_shared_access_key"],
        native: "eventhub",
        spec: json!({"endpoint": "sb://acme.servicebus.example.net"}),
        stored: &[
            ("eh_shared_access_key_name", "eh_shared_access_key_name"),
            ("eh_shared_access_key", "eh_shared_access_key"),
        ],
        shown: json!({"endpoint": "sb://acme.servicebus.example.net"}),
        hidden: &["eh_shared_access_key_name", "eh_shared_access_key"],
        change: ("endpoint", "sb://other.servicebus.example.net", "/endpoint"),
    }
}

/// Everything else, a type that a tenant has registered itself included.
pub fn others() -> Vec<Source> {
    let http = Source {
        kind: "http",
        fields: &[
            ("baseUrl", "https://api.example.com"),
            ("headers", "Accept=application/json"),
            ("username", "loader"),
        ],
        secrets: &["password"],
        native: "http",
        spec: json!({
            "baseUrl": "https://api.example.com", "headers": {"Accept": "application/json"},
        }),
        stored: LOGIN,
        shown: json!({
            "baseUrl": "https://api.example.com", "headers": "Accept=application/json",
        }),
        hidden: &["username", "password"],
        change: ("baseUrl", "https://api2.example.com", "/baseUrl"),
    };
    let file = Source {
        kind: "file",
        fields: &[("path", "/data/in"), ("format", "csv")],
        secrets: &[],
        native: "file",
        spec: json!({"path": "/data/in", "format": "csv"}),
        stored: &[],
        shown: json!({"path": "/data/in", "format": "csv"}),
        hidden: &[],
        change: ("path", "/data/out", "/path"),
    };
    // A type that a tenant has registered itself: everything keeps its name.
    let own = Source {
        kind: "acmequeue",
        fields: &[("topic", "orders"), ("retry", r#"{"times": 3, "pause": "1s"}"#)],
        secrets: &["token"],
        native: "acmequeue",
        spec: json!({"topic": "orders", "retry": {"times": 3, "pause": "1s"}}),
        stored: &[("token", "token")],
        shown: json!({"topic": "orders", "retry.times": "3", "retry.pause": "1s"}),
        hidden: &["token"],
        change: ("retry.times", "5", "/retry/times"),
    };
    vec![http, file, own]
}

/// Sources whose credentials are files in DataOS. They are sent as values if the setting `secret-files` says so.
pub fn with_files() -> Vec<Source> {
    let gcs = Source {
        kind: "gcs",
        fields: &[
            ("bucket", "sales-raw"),
            ("prefix", "orders"),
            ("project_id", "acme-analytics"),
            ("client_email", "loader@acme-analytics.example.com"),
        ],
        secrets: &["service_account_key"],
        native: "gcs",
        spec: json!({"bucket": "sales-raw", "relativePath": "orders"}),
        stored: &[
            ("projectid", "project_id"),
            ("email", "client_email"),
            ("gcskey_json", "service_account_key"),
        ],
        shown: json!({
            "bucket": "sales-raw", "prefix": "orders", "auth_method": "service_account_key",
        }),
        hidden: &["project_id", "client_email", "service_account_key"],
        change: ("bucket", "sales-clean", "/bucket"),
    };
    let bigquery = Source {
        kind: "bigquery",
        fields: &[("project_id", "acme-analytics"), ("temporary_bucket", "scratch")],
        secrets: &["service_account_key"],
        native: "bigquery",
        spec: json!({"project": "acme-analytics", "temporaryBucket": "scratch"}),
        stored: &[("projectid", "project_id"), ("json_keyfile", "service_account_key")],
        shown: json!({
            "project_id": "acme-analytics", "temporary_bucket": "scratch",
            "auth_method": "service_account_key",
        }),
        hidden: &["service_account_key"],
        change: ("temporary_bucket", "other", "/temporaryBucket"),
    };
    vec![gcs, bigquery, kafka_with_files(), mongodb_with_files()]
}

fn kafka_with_files() -> Source {
    Source {
        fields: &[
            ("brokers", "a.example.com:9092"),
            ("trust_store_type", "JKS"),
            ("username", "loader"),
        ],
        secrets: &["password", "trust_store_file", "trust_store_password"],
        spec: json!({"brokers": ["a.example.com:9092"]}),
        stored: &[
            ("username", "username"),
            ("password", "password"),
            ("trust_store_file", "trust_store_file"),
            ("trust_store_type", "trust_store_type"),
            ("trust_store_password", "trust_store_password"),
        ],
        shown: json!({"brokers": "a.example.com:9092", "auth_method": "sasl"}),
        hidden: &[
            "username",
            "password",
            "trust_store_file",
            "trust_store_type",
            "trust_store_password",
        ],
        ..kafka()
    }
}

fn mongodb_with_files() -> Source {
    Source {
        kind: "mongodb",
        fields: &[("nodes", "a.example.com:27017"), ("srv", "true"), ("username", "loader")],
        secrets: &[
            "password",
            "key_store_file",
            "keyStorePassword",
            "trust_store_file",
            "trustStorePassword",
        ],
        native: "mongodb",
        spec: json!({"nodes": ["a.example.com:27017"], "subprotocol": "mongodb+srv"}),
        stored: &[
            ("username", "username"),
            ("password", "password"),
            ("key_store_file", "key_store_file"),
            ("keyStorePassword", "keyStorePassword"),
            ("trust_store_file", "trust_store_file"),
            ("trustStorePassword", "trustStorePassword"),
        ],
        shown: json!({"nodes": "a.example.com:27017", "srv": "true", "auth_method": "password"}),
        hidden: &[
            "username",
            "password",
            "key_store_file",
            "keyStorePassword",
            "trust_store_file",
            "trustStorePassword",
        ],
        change: ("nodes", "b.example.com:27017", "/nodes/0"),
    }
}

/// A lakehouse on Azure, whose fields lie under the kind of its store.
fn lakehouse_on_azure() -> Source {
    Source {
        kind: "lakehouse",
        fields: &[
            ("storageType", "abfss"),
            ("catalogType", "REST"),
            ("container", "lake"),
            ("relativePath", "tables"),
            ("account_name", "acmelake"),
        ],
        secrets: &["account_key"],
        native: "lakehouse",
        spec: json!({
            "storageType": "abfss", "catalogType": "REST",
            "abfss": {"container": "lake", "relativePath": "tables", "account": "acmelake"},
        }),
        stored: &[
            ("azurestorageaccountname", "account_name"),
            ("azurestorageaccountkey", "account_key"),
        ],
        shown: json!({
            "storageType": "abfss", "catalogType": "REST", "container": "lake",
            "relativePath": "tables", "account_name": "acmelake",
        }),
        hidden: &["account_key"],
        change: ("relativePath", "views", "/abfss/relativePath"),
    }
}
