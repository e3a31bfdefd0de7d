//! The Rust form of the contract in `wit/`. The capabilities implement its imports, the runtime calls its export.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "connector",
    imports: { default: async },
    exports: { default: async },
    with: {
        "connhub:connector/secrets.secret": crate::capabilities::secrets::Handle,
    },
});

pub use self::connhub::connector::{command, http, log, secrets, types, vault};
