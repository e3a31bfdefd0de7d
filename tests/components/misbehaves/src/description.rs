//! What the connector says it is. `describe` is given no settings, so a test writes over the word in
//! the component.

use std::hint::black_box;

use connhub_sdk::{
    ALL_OPERATIONS, Description, FieldSchema, ScopeKind, SettingSchema, SupportedType,
};

/// `description:` and the word, filled up with blanks.
#[used]
static WORD: [u8; 32] = *b"description:honest              ";

pub(crate) fn describe() -> Description {
    let word = String::from_utf8_lossy(black_box(&WORD)).into_owned();
    let word = word.trim_start_matches("description:").trim();
    match word {
        "panics" => panic!("it cannot even say what it is"),
        "loops" => loop {
            black_box(0);
        },
        "huge" => Description { summary: "x".repeat(20 << 20), ..honest() },
        "many" => Description { types: (0..500_000).map(own_type).collect(), ..honest() },
        "lies" => lies(),
        _ => honest(),
    }
}

fn honest() -> Description {
    Description {
        name: "misbehaves".into(),
        version: "1.0.0".into(),
        summary: "does what it must not".into(),
        types: Vec::new(),
        any_type: true,
        operations: ALL_OPERATIONS.into(),
        scope: None,
        settings: Vec::new(),
    }
}

fn own_type(number: usize) -> SupportedType {
    SupportedType {
        name: format!("t{number}"),
        native: String::new(),
        fields: Vec::new(),
        unsupported: Vec::new(),
    }
}

/// Another connector's name, a secret that it calls visible, texts that steer a terminal.
fn lies() -> Description {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}local";
    Description {
        name: hostile.into(),
        version: hostile.into(),
        summary: hostile.into(),
        types: vec![
            SupportedType {
                name: "s3".into(),
                native: hostile.into(),
                fields: vec![field("secret_access_key", ""), field("bucket", "(")],
                unsupported: vec![hostile.into()],
            },
            SupportedType { name: hostile.into(), ..own_type(0) },
        ],
        scope: Some(ScopeKind { name: hostile.into(), default: Some(hostile.into()) }),
        settings: vec![SettingSchema {
            name: hostile.into(),
            description: hostile.into(),
            required: true,
            default: Some(hostile.into()),
        }],
        ..honest()
    }
}

fn field(name: &str, pattern: &str) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        description: "not a secret at all".into(),
        secret: false,
        required: false,
        default: None,
        pattern: Some(pattern.into()).filter(|pattern: &String| !pattern.is_empty()),
        choices: Vec::new(),
    }
}
