//! The sections `producers`, by the [convention] of the tools.
//!
//! [convention]: https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md

use std::collections::BTreeSet;

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

/// The most tools that are kept.
const MAX_TOOLS: usize = 64;
/// The longest name or version that is kept, in bytes.
const MAX_TEXT: usize = 128;

/// A language, a tool or an SDK.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tool {
    /// `language`, `processed-by` or `sdk`.
    pub role: String,
    /// What it is called.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// What made a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchain {
    /// Sorted by role, name and version, each once.
    pub tools: Vec<Tool>,
    /// Whether something was left out: there is too much, or it cannot be read.
    pub is_cut: bool,
}

/// What made a component and the modules within it, as they say.
pub fn toolchain(component: &[u8]) -> Toolchain {
    let mut tools = BTreeSet::new();
    let mut is_cut = false;
    for payload in Parser::new(0).parse_all(component) {
        let Ok(payload) = payload else {
            is_cut = true;
            break;
        };
        let Payload::CustomSection(section) = payload else { continue };
        match section.as_known() {
            KnownCustom::Producers(producers) => {
                is_cut |= take(producers, &mut tools).is_none();
            }
            _ => is_cut |= section.name() == "producers",
        }
    }
    Toolchain { tools: tools.into_iter().collect(), is_cut }
}

/// Takes what a section says; none if there is more than can be kept, or it is damaged.
fn take(producers: ProducersSectionReader<'_>, tools: &mut BTreeSet<Tool>) -> Option<()> {
    for field in producers {
        let field = field.ok()?;
        for value in field.values {
            let value = value.ok()?;
            if value.name.len() > MAX_TEXT || value.version.len() > MAX_TEXT {
                return None;
            }
            let tool = Tool {
                role: field.name.to_owned(),
                name: value.name.to_owned(),
                version: value.version.to_owned(),
            };
            if tools.len() == MAX_TOOLS && !tools.contains(&tool) {
                return None;
            }
            tools.insert(tool);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Toolchain {
        toolchain(&wat::parse_str(text).unwrap())
    }

    #[test]
    fn tools_of_all_levels_are_named_once() {
        let module =
            r#"(core module (@producers (language "C" "11") (processed-by "clang" "18")))"#;
        let found = parse(&format!(
            "(component {module} {module} (core module (@producers (sdk \"S\" \"1\"))))"
        ));
        let shown: Vec<String> = found
            .tools
            .iter()
            .map(|tool| format!("{} {} {}", tool.role, tool.name, tool.version))
            .collect();
        assert_eq!(shown, ["language C 11", "processed-by clang 18", "sdk S 1"]);
        assert!(!found.is_cut);
        assert_eq!(parse("(component)"), Toolchain::default());
    }

    #[test]
    fn what_is_too_much_or_damaged_is_left_out_and_said() {
        let long = "x".repeat(200);
        let text = format!("(component (core module (@producers (language \"{long}\" \"1\"))))");
        assert_eq!(parse(&text), Toolchain { tools: Vec::new(), is_cut: true });
        let many: String = (0..100).map(|n| format!("(processed-by \"t{n}\" \"1\")")).collect();
        let found = parse(&format!("(component (core module (@producers {many})))"));
        assert_eq!((found.tools.len(), found.is_cut), (MAX_TOOLS, true));
        assert!(parse(r#"(component (@custom "producers" "\ff\ff"))"#).is_cut);
        assert!(toolchain(b"hello").is_cut);
    }
}
