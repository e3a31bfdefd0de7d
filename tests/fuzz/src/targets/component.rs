//! A component, as it is looked into before it is compiled.

use connhub::runtime::{Inspected, LoadError};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "component",
    run,
    words: &[
        "\0asm\u{d}\0\u{1}\0",
        "\0asm\u{1}\0\0\0",
        "connhub:needs",
        "connhub:connector/backend@1.0.0",
        "contract = \"1.0.0\"\n",
        "wasi:cli/environment@0.2.0",
    ],
};

fn run(data: &[u8]) {
    match Inspected::of(data) {
        Ok(inspected) => {
            let again = Inspected::from_parts(
                inspected.needs_text.clone(),
                inspected.imports.clone(),
                inspected.exports.clone(),
            );
            assert_eq!(again.expect("what was kept can be read again"), inspected);
        }
        Err(LoadError::Read { .. } | LoadError::Compile(_)) => {
            panic!("nothing is read or compiled")
        }
        Err(_) => {}
    }
}
