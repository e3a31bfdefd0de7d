//! What a component is, read without running or compiling it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use super::compile::CompileError;
use crate::policy::{Capability, ContractVersion, Needs, NeedsError};

/// The section in which a component declares its needs.
const NEEDS_SECTION: &str = "connhub:needs";
/// The package of the contract.
const PACKAGE: &str = "connhub:connector/";
/// Larger than any component that a person builds; a Python interpreter takes about 20 MiB.
pub(super) const MAX_BYTES: u64 = 64 << 20;
/// Bounds of what is handed to the compiler.
const MAX_FUNCTIONS: u32 = 200_000;
const MAX_NESTING: usize = 8;
const MAX_MODULES: usize = 200;
const MAX_SECTIONS: usize = 20_000;
const MAX_IMPORTS: usize = 1000;
const MAX_IMPORT_NAME: usize = 512;
const MAX_NEEDS_BYTES: usize = 64 << 10;

/// What a component says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// The text of its section `connhub:needs`.
    pub needs_text: String,
    /// The same, read.
    pub needs: Needs,
    /// Every interface that it imports, by full name.
    pub imports: Vec<String>,
    /// The capabilities among them.
    pub capabilities: Vec<Capability>,
    /// Every interface that it exports, by full name.
    pub exports: Vec<String>,
}

/// Why a file is not a connector that can be started.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("`{}` cannot be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("it has {size} bytes, and a connector may have {MAX_BYTES}")]
    TooLarge { size: u64 },
    #[error("it is native code, and only WebAssembly components are run")]
    Native,
    #[error("it is a core module, not a component; build it for `wasm32-wasip2`")]
    CoreModule,
    #[error("it is not a WebAssembly component")]
    NotAComponent,
    #[error("it is damaged or uses features that are switched off")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("it holds more than {0}")]
    Excessive(&'static str),
    #[error(
        "it has no section `connhub:needs`, which says what it was built for and what it needs"
    )]
    NoNeeds,
    #[error("it has more than one section `connhub:needs`")]
    ManyNeeds,
    #[error(transparent)]
    Needs(#[from] NeedsError),
    #[error("it exports no `connhub:connector/backend`, so it is no connector")]
    NoBackend,
    #[error("it was built for contract {found}, and this connhub speaks {spoken}")]
    Contract { found: String, spoken: String },
    #[error("it imports `{0}`, which this connhub does not have")]
    UnknownImport(String),
}

impl Inspected {
    /// Reads a component's declarations and bounds, before anything is compiled.
    pub fn of(bytes: &[u8]) -> Result<Self, LoadError> {
        check_kind(bytes)?;
        let mut found = Found::default();
        found.read(bytes)?;
        found.finish()
    }

    /// Puts together again what was kept beside compiled code.
    pub fn from_parts(
        needs_text: String,
        imports: Vec<String>,
        exports: Vec<String>,
    ) -> Result<Self, LoadError> {
        let needs = Needs::parse(&needs_text)?;
        let capabilities = capabilities(&imports)?;
        Ok(Self { needs_text, needs, imports, capabilities, exports })
    }
}

fn check_kind(bytes: &[u8]) -> Result<(), LoadError> {
    let size = bytes.len() as u64;
    if size > MAX_BYTES {
        return Err(LoadError::TooLarge { size });
    }
    if bytes.starts_with(b"\x7fELF") {
        return Err(LoadError::Native);
    }
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', 0x0d, 0, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => Err(LoadError::CoreModule),
        _ => Err(LoadError::NotAComponent),
    }
}

/// What was seen so far.
#[derive(Default)]
struct Found {
    needs: Option<String>,
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
    functions: u32,
    nesting: usize,
    modules: usize,
    sections: usize,
}

impl Found {
    fn read(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(malformed)?;
            self.count(&payload)?;
            self.payload(payload)?;
        }
        Ok(())
    }

    /// What is many costs the compiler more than its bytes say.
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::CodeSectionEntry(_) => return Ok(()),
            Payload::Version { encoding: Encoding::Module, .. } => self.modules += 1,
            _ => {}
        }
        self.sections += 1;
        if self.modules > MAX_MODULES {
            return Err(LoadError::Excessive("200 core modules"));
        }
        if self.sections > MAX_SECTIONS {
            return Err(LoadError::Excessive("20000 sections"));
        }
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::Version { encoding: Encoding::Module | Encoding::Component, .. } => {
                self.nesting += 1;
                if self.nesting > MAX_NESTING {
                    return Err(LoadError::Excessive("8 levels of components"));
                }
            }
            Payload::End(_) => self.nesting = self.nesting.saturating_sub(1),
            Payload::CodeSectionStart { count, .. } => {
                self.functions = self.functions.saturating_add(count);
                if self.functions > MAX_FUNCTIONS {
                    return Err(LoadError::Excessive("200000 functions"));
                }
            }
            Payload::CustomSection(section) if section.name() == NEEDS_SECTION => {
                return self.take_needs(section.data());
            }
            Payload::ComponentImportSection(section) if self.nesting == 1 => {
                for import in section {
                    self.take_import(import.map_err(malformed)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if self.nesting == 1 => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    if export.kind == ComponentExternalKind::Instance {
                        self.exports.insert(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_import(&mut self, name: &str) -> Result<(), LoadError> {
        if name.len() > MAX_IMPORT_NAME {
            return Err(LoadError::Excessive("512 bytes in the name of an import"));
        }
        self.imports.insert(name.to_owned());
        if self.imports.len() > MAX_IMPORTS {
            return Err(LoadError::Excessive("1000 imports"));
        }
        Ok(())
    }

    fn take_needs(&mut self, data: &[u8]) -> Result<(), LoadError> {
        if data.len() > MAX_NEEDS_BYTES {
            return Err(LoadError::Excessive("64 KiB in its section `connhub:needs`"));
        }
        let text = std::str::from_utf8(data).map_err(malformed)?.to_owned();
        match self.needs.replace(text) {
            None => Ok(()),
            Some(_) => Err(LoadError::ManyNeeds),
        }
    }

    fn finish(self) -> Result<Inspected, LoadError> {
        let backend = self
            .exports
            .iter()
            .find_map(|name| name.strip_prefix("connhub:connector/backend"))
            .ok_or(LoadError::NoBackend)?;
        known_version(backend)?;
        let imports: Vec<String> = self.imports.into_iter().collect();
        let exports: Vec<String> = self.exports.iter().cloned().collect();
        Inspected::from_parts(self.needs.ok_or(LoadError::NoNeeds)?, imports, exports)
    }
}

fn malformed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoadError {
    LoadError::Malformed(error.into())
}

/// Compares versions before linking, since what the linker says about a mismatch helps nobody.
fn known_version(suffix: &str) -> Result<(), LoadError> {
    let found = suffix.strip_prefix('@').unwrap_or("without a version");
    match found.parse::<ContractVersion>() {
        Ok(version) if version.is_supported() => Ok(()),
        _ => Err(LoadError::Contract {
            found: found.to_owned(),
            spoken: format!(
                "{}.0.0 to {0}.{}.x",
                crate::policy::CONTRACT_MAJOR,
                crate::policy::CONTRACT_MINOR
            ),
        }),
    }
}

fn capabilities(imports: &[String]) -> Result<Vec<Capability>, LoadError> {
    let mut capabilities = Vec::new();
    for import in imports {
        if import.starts_with("wasi:") {
            continue;
        }
        let unknown = || LoadError::UnknownImport(import.clone());
        let (name, version) = import
            .strip_prefix(PACKAGE)
            .and_then(|rest| rest.split_once('@'))
            .ok_or_else(unknown)?;
        known_version(&format!("@{version}"))?;
        match name {
            "types" => {}
            "secrets" => capabilities.push(Capability::Secrets),
            "http" => capabilities.push(Capability::Http),
            "vault" => capabilities.push(Capability::Vault),
            "command" => capabilities.push(Capability::Command),
            "log" => capabilities.push(Capability::Log),
            _ => return Err(unknown()),
        }
    }
    Ok(capabilities)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with this text in its section, and an empty instance as its export.
    fn component(needs: &str, export: &str) -> Vec<u8> {
        let text = format!(
            "(component (@custom \"connhub:needs\" \"{needs}\") (instance $i) (export \"{export}\" (instance $i)))"
        );
        wat::parse_str(text).unwrap()
    }

    fn check(bytes: &[u8], words: &str) {
        let error = Inspected::of(bytes).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }

    #[test]
    fn declarations_are_read_without_compiling() {
        let bytes = component("contract = '1.0.0'", "connhub:connector/backend@1.0.0");
        let inspected = Inspected::of(&bytes).unwrap();
        assert!(inspected.capabilities.is_empty());
        assert_eq!(inspected.exports, ["connhub:connector/backend@1.0.0"]);
    }

    #[test]
    fn what_is_no_connector_is_refused_in_words() {
        check(b"\x7fELF\x02\x01\x01", "native code");
        check(&wat::parse_str("(module)").unwrap(), "core module");
        check(b"hello", "not a WebAssembly component");
        check(&wat::parse_str("(component)").unwrap(), "exports no");
        check(
            &component("contract = '1.2.0'", "connhub:connector/backend@1.2.0"),
            "contract 1.2.0, and this connhub speaks 1.0.0 to 1.1.x",
        );
        check(
            &component("contract = '1.0.0'", "connhub:connector/backend@2.0.0"),
            "contract 2.0.0",
        );
        check(&component("contract = '1.0.0'", "connhub:connector/backend"), "without a version");
        check(&component("sockets = true", "connhub:connector/backend@1.0.0"), "cannot be read");
        let no_needs =
            "(component (instance $i) (export \"connhub:connector/backend@1.0.0\" (instance $i)))";
        check(&wat::parse_str(no_needs).unwrap(), "no section");
    }

    /// A cut between two sections leaves a shorter component that is whole; it must then be the same or an error.
    #[test]
    fn a_truncated_component_is_an_error_or_the_same_and_never_a_panic() {
        let bytes = component("contract = '1.0.0'", "connhub:connector/backend@1.0.0");
        let whole = Inspected::of(&bytes).unwrap();
        let same = (0..bytes.len()).filter(|length| match Inspected::of(&bytes[..*length]) {
            Ok(cut) => {
                assert_eq!(cut, whole, "{length}");
                true
            }
            Err(_) => false,
        });
        assert!(same.count() < 3);
    }
}
