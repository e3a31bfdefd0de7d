//! The sections `producers`, by the [convention] of the tools.
//!
//! [convention]: https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

use crate::bill::Unreadable;
use crate::section;

/// The name of the section.
const NAME: &str = "producers";
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
            _ => is_cut |= section.name() == NAME,
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

/// The component with these tools in its own section, beside those that are there. What the component or a module within it says in the same words
/// is not said again.
///
/// # Errors
/// The component is damaged. A section of its own that is damaged is replaced.
pub fn with_tools(component: &[u8], tools: &[Tool]) -> Result<Vec<u8>, Unreadable> {
    let named = toolchain(component);
    let new: Vec<&Tool> = tools.iter().filter(|tool| !named.tools.contains(tool)).collect();
    if new.is_empty() {
        return Ok(component.to_vec());
    }
    let own = own_tools(component)?;
    let mut fields: BTreeMap<&str, Vec<&Tool>> = BTreeMap::new();
    own.iter().chain(new).for_each(|tool| fields.entry(&tool.role).or_default().push(tool));
    let mut data = Vec::new();
    section::length(fields.len(), &mut data);
    for (role, tools) in fields {
        section::text(role, &mut data);
        section::length(tools.len(), &mut data);
        for tool in tools {
            section::text(&tool.name, &mut data);
            section::text(&tool.version, &mut data);
        }
    }
    section::replace(component, NAME, &data)
}

/// What the component itself says, without the modules within it.
fn own_tools(component: &[u8]) -> Result<BTreeSet<Tool>, Unreadable> {
    let (mut tools, mut depth) = (BTreeSet::new(), 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|_| Unreadable::Component)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => {
                if let KnownCustom::Producers(producers) = section.as_known() {
                    let _ = take(producers, &mut tools);
                }
            }
            _ => {}
        }
    }
    Ok(tools)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(role: &str, name: &str, version: &str) -> Tool {
        Tool { role: role.to_owned(), name: name.to_owned(), version: version.to_owned() }
    }

    #[test]
    fn tools_are_named_beside_those_that_name_themselves_and_once() {
        let module = r#"(core module (@producers (processed-by "clang" "18")))"#;
        let own = r#"(@producers (processed-by "linker" "1"))"#;
        let text = format!("(component {module} {own} (component (@producers (sdk \"S\" \"1\"))))");
        let component = wat::parse_str(text).unwrap();
        let new = [
            tool("language", "Rust", ""),
            tool("processed-by", "clang", "18"),
            tool("processed-by", "rustc", "1.95.0"),
        ];
        let written = with_tools(&component, &new).unwrap();
        let expected = [
            tool("language", "Rust", ""),
            tool("processed-by", "clang", "18"),
            tool("processed-by", "linker", "1"),
            tool("processed-by", "rustc", "1.95.0"),
            tool("sdk", "S", "1"),
        ];
        assert_eq!(toolchain(&written), Toolchain { tools: expected.to_vec(), is_cut: false });
        let own = own_tools(&written).unwrap();
        assert_eq!(own.len(), 3, "those of modules stay where they are: {own:?}");
        assert_eq!(with_tools(&written, &new), Ok(written.clone()), "it is complete");
        assert_eq!(with_tools(&component, &[]), Ok(component));
    }

    #[test]
    fn tools_of_a_damaged_component_are_an_error_and_never_a_panic() {
        let whole = wat::parse_str("(component (core module) (@producers (sdk \"S\" \"1\")))");
        let (whole, new) = (whole.unwrap(), [tool("sdk", "T", "2")]);
        for length in 0..whole.len() {
            let _ = with_tools(&whole[..length], &new);
        }
        assert_eq!(with_tools(b"hello", &new), Err(Unreadable::Component));
    }

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
