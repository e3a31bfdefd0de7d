//! The bindings that are generated from the contract in `wit/`.

#![allow(missing_docs, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: "../wit",
    world: "connector",
    additional_derives: [PartialEq, Eq],
    additional_derives_ignore: [
        "secret", "secret-field", "draft", "patch", "secret-entry", "opened-secret", "secret-changes",
        "placed-secret", "part", "request", "masked-value", "response", "file", "invocation",
    ],
    pub_export_macro: true,
    export_macro_name: "export_connector",
    default_bindings_module: "connhub_sdk::bindings",
});
