//! How a connection of a type is tested.

use serde::Deserialize;

/// How a connection of a type is tested: the room `probes` has one file for each protocol, which reads the fields by their canonical names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What is spoken.
    pub protocol: ProbeProtocol,
    /// The field with the whole address, if one is given; for protocols over HTTP.
    #[serde(default = "endpoint")]
    pub endpoint: String,
    /// The address where that field says nothing: a template in the language of `[[dialect]]`.
    pub address: Option<String>,
}

/// What a probe speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeProtocol {
    /// Requests that are signed as Amazon S3 asks.
    S3,
    /// Google's JSON interface for objects.
    Gcs,
    /// Google's JSON interface for datasets.
    Bigquery,
    /// The REST interface of Azure Storage.
    AzureStorage,
    /// The PostgreSQL frontend/backend protocol.
    Postgresql,
    /// The MySQL client/server protocol.
    Mysql,
    /// Tabular Data Stream, of SQL Server.
    Tds,
    /// Transparent Network Substrate, of Oracle.
    Tns,
    /// The MongoDB wire protocol.
    Mongodb,
    /// The Kafka protocol.
    Kafka,
    /// The REST interface of Elasticsearch and what came of it.
    Search,
    /// The login request of Snowflake's drivers.
    Snowflake,
    /// The distribution protocol of OCI registries.
    OciRegistry,
    /// HTTP as it is.
    Http,
}

fn endpoint() -> String {
    "endpoint".to_owned()
}
