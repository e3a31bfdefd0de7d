//! The section `connhub:needs`, and what it is granted: itself, or nothing.

use std::collections::BTreeMap;

use connhub::policy::{
    Capability, EndpointGrant, EndpointKind, Grants, MaskEncoding, Needs, authorize,
};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "needs",
    run,
    words: &[
        "contract = \"1.0.0\"\n",
        "[[endpoint]]\n",
        "name = \"api\"\n",
        "why = \"x\"\n",
        "allow = [\"GET /**\"]\n",
        "secrets-in = [\"/data/*\"]\n",
        "[vault]\n",
        "[reveal]\n",
        "\"\"\"",
        "'''",
        "\\u0000",
    ],
};

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(needs) = Needs::parse(text) else { return };
    let nothing = Grants {
        endpoints: BTreeMap::new(),
        vault: false,
        reveal: false,
        source: "plugins.toml:1".to_owned(),
    };
    let refused = authorize("x", &needs, &nothing, &[]);
    let asks = !needs.endpoints.is_empty() || needs.vault.is_some() || needs.reveal.is_some();
    let refuses = asks || !needs.contract.is_supported();
    assert_eq!(refused.is_err(), refuses, "what is declared is not granted");
    let everything = Grants {
        endpoints: needs
            .endpoints
            .iter()
            .map(|need| (need.name.clone(), grant(&need.allow, &need.secrets_in)))
            .collect(),
        vault: true,
        reveal: true,
        ..nothing
    };
    if authorize("x", &needs, &everything, &[]).is_ok() && needs.vault.is_none() {
        let imports = authorize("x", &needs, &everything, &[Capability::Vault]);
        assert!(imports.is_err(), "what is imported has to be declared, whatever is granted");
    }
}

fn grant(allow: &[String], secrets_in: &[String]) -> EndpointGrant {
    EndpointGrant {
        kind: EndpointKind::Http,
        allow: allow.to_vec(),
        secrets_in: secrets_in.to_vec(),
        mask: Vec::new(),
        mask_encoding: MaskEncoding::Text,
        visible: Vec::new(),
        omit: Vec::new(),
        response_headers: Vec::new(),
        source: "plugins.toml:2".to_owned(),
    }
}
