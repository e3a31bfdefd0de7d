//! The section `connhub:needs`, and what it is granted: itself, or nothing.

use std::collections::BTreeMap;

use connhub::policy::{
    Capability, CommandNeed, EndpointGrant, EndpointKind, Grants, MaskEncoding, Needs, Shapes,
    authorize,
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
        "[[command]]\n",
        "program = \"x\"\n",
        "args = [[\"get\", \"{name}\", \"--a={a|b}\"], [\"{file}\"]]\n",
        "optional = true\n",
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
        commands: BTreeMap::new(),
        vault: false,
        reveal: false,
        source: "plugins.toml:1".to_owned(),
    };
    needs.commands.iter().for_each(check_shapes);
    let refused = authorize("x", &needs, &nothing, &[]);
    let runs = needs.commands.iter().any(|command| !command.optional);
    let asks =
        runs || !needs.endpoints.is_empty() || needs.vault.is_some() || needs.reveal.is_some();
    let refuses = asks || !needs.contract.is_supported();
    assert_eq!(refused.is_err(), refuses, "what is declared is not granted");
    let everything = Grants {
        endpoints: needs
            .endpoints
            .iter()
            .map(|need| (need.name.clone(), grant(&need.allow, &need.secrets_in)))
            .collect(),
        commands: needs.commands.iter().map(CommandNeed::granted).collect(),
        vault: true,
        reveal: true,
        ..nothing
    };
    if authorize("x", &needs, &everything, &[]).is_ok() && needs.vault.is_none() {
        let imports = authorize("x", &needs, &everything, &[Capability::Vault]);
        assert!(imports.is_err(), "what is imported has to be declared, whatever is granted");
    }
}

/// A shape covers itself, and is read again from how it is shown.
fn check_shapes(need: &CommandNeed) {
    let Ok(shapes) = Shapes::parse(&need.args) else { return };
    assert!(shapes.iter().all(|shape| shapes.cover(shape)), "{:?}", need.args);
    for (shape, written) in shapes.iter().zip(&need.args) {
        assert_eq!(shape.to_string(), written.join(" "));
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
