//! Streams, and sources that are neither stores nor databases.

use super::Place::{Data, File, Spec};
use super::{
    EMPTY, Form, Method, NO_LOGIN, OWN_PARAMS, OWN_PASSWORD, OWN_USERNAME, PARAMS, Source,
    canonical, own, own_secret,
};

pub(super) const KAFKA: Source = Source {
    name: "kafka",
    native: "kafka",
    fields: &[
        canonical("brokers", &[Spec("brokers")]).form(Form::List).expected(),
        canonical("schema_registry_url", &[Spec("schemaRegistryUrl")]),
        PARAMS,
        canonical("username", &[Data("username")]),
        canonical("password", &[Data("password")]),
        canonical("security_protocol", &[Data("security_protocol")]),
        canonical("sasl_mechanism", &[Data("sasl_mechanism")]),
        canonical("ca_certificate", &[File("ca_file")]),
        own_secret("trust_store_file", &[File("trust_store_file")], "The trust store."),
        own("trust_store_type", &[Data("trust_store_type")], "The kind of the trust store."),
        own_secret("trust_store_password", &[Data("trust_store_password")], "Its password."),
    ],
    methods: &[Method { name: "sasl", shown_by: "password" }, NO_LOGIN],
    unsupported: &[
        "client_certificate",
        "client_key",
        "client_key_password",
        "schema_registry_username",
        "schema_registry_password",
    ],
    ..EMPTY
};

pub(super) const PULSAR: Source = Source {
    name: "pulsar",
    native: "pulsar",
    fields: &[
        own("adminUrl", &[Spec("adminUrl")], "The address of the administration.").expected(),
        own("serviceUrl", &[Spec("serviceUrl")], "The address of the brokers.").expected(),
        own("tenant", &[Spec("tenant")], "The tenant in Pulsar."),
        OWN_PARAMS,
    ],
    ..EMPTY
};

pub(super) const EVENTHUB: Source = Source {
    name: "eventhub",
    native: "eventhub",
    fields: &[
        own("endpoint", &[Spec("endpoint")], "The address of the namespace, `sb://…`.").expected(),
        OWN_PARAMS,
        own(
            "eh_shared_access_key_name",
            &[Data("eh_shared_access_key_name")],
            "The name of the shared access policy.",
        )
        .expected(),
        own_secret(
            "eh_shared_access_key",
            &[Data("eh_shared_access_key")],
            "The key of the policy.",
        )
        .expected(),
    ],
    ..EMPTY
};

pub(super) const HTTP: Source = Source {
    name: "http",
    native: "http",
    fields: &[
        own("baseUrl", &[Spec("baseUrl")], "The address below which everything lies.").expected(),
        own("headers", &[Spec("headers")], "Headers as NAME=VALUE, separated by commas. Everybody who may read the Depot sees them.")
            .form(Form::Parameters),
        own("queryParams", &[Spec("queryParams")], "Parameters of each query, as NAME=VALUE, separated by commas.")
            .form(Form::Parameters),
        OWN_USERNAME,
        OWN_PASSWORD,
    ],
    ..EMPTY
};

pub(super) const FILE: Source = Source {
    name: "file",
    native: "file",
    fields: &[
        own("path", &[Spec("path")], "Where the files are.").expected(),
        own("format", &[Spec("format")], "The format of the files."),
    ],
    ..EMPTY
};
