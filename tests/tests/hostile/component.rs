//! Components in binary form: the one that is built, changed as a test needs it, and made-up ones.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What `misbehaves` declares unless a test is about that.
pub const NEEDS: &str = r#"
contract = "1.0.0"
[[endpoint]]
name = "api"
why = "the door to attack"
allow = ["GET /allowed/**", "POST /allowed/**", "DELETE /declared"]
secrets-in = ["/data/*"]
[[endpoint]]
name = "plain"
why = "takes no secrets"
allow = ["POST /**"]
[vault]
why = "keeps what it stole"
"#;

/// The component of `tests/components/misbehaves`, which declares no needs.
///
/// # Panics
/// It was not built.
pub fn misbehaves() -> Vec<u8> {
    built_as("misbehaves")
}

/// A component of `tests/components`.
///
/// # Panics
/// It was not built.
pub fn built_as(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("CONNHUB_TEST_COMPONENTS").map_or_else(built, PathBuf::from);
    let path = folder.join(format!("{name}.wasm"));
    fs_err::read(path).expect("the component is built by `cargo xtask guests --tests`")
}

fn built() -> PathBuf {
    connhub_tests::cli::program().with_file_name("test-components")
}

/// `misbehaves` with another `describe`: see its module `description`.
pub fn describing(word: &str) -> Vec<u8> {
    let mut component = misbehaves();
    let honest = b"description:honest              ";
    let place = component.windows(honest.len()).position(|window| window == honest);
    let place = place.expect("the component holds the word") + "description:".len();
    component[place..place + 20].copy_from_slice(format!("{word:20}").as_bytes());
    component
}

/// A component with a section `connhub:needs` more.
pub fn with_needs(component: Vec<u8>, needs: &str) -> Vec<u8> {
    with_custom(component, "connhub:needs", needs)
}

/// A component with a custom section more.
pub fn with_custom(component: Vec<u8>, name: &str, needs: &str) -> Vec<u8> {
    let payload = [&leb128(name.len()), name.as_bytes(), needs.as_bytes()].concat();
    with_section(component, 0, &payload)
}

/// A component with a core module more, which is instantiated so many times after everything else.
pub fn with_module(component: Vec<u8>, module: &str, instances: usize) -> Vec<u8> {
    let index = modules_in(&component);
    let module = wat::parse_str(module).expect("the module of a test is well-formed");
    let instantiate = [&[0][..], &leb128(index), &[0]].concat();
    let payload = [leb128(instances), instantiate.repeat(instances)].concat();
    with_section(with_section(component, 1, &module), 2, &payload)
}

/// A component with imports of functions more.
pub fn with_imports(component: Vec<u8>, names: &[String]) -> Vec<u8> {
    let one = |name: &String| [&[0][..], &leb128(name.len()), name.as_bytes(), &[1, 0]].concat();
    let payload = [leb128(names.len()), names.iter().flat_map(one).collect()].concat();
    with_section(component, 10, &payload)
}

fn with_section(mut component: Vec<u8>, id: u8, payload: &[u8]) -> Vec<u8> {
    component.push(id);
    component.extend(leb128(payload.len()));
    component.extend(payload);
    component
}

/// A component with a component more inside, which is instantiated once after everything else.
pub fn with_component(outer: Vec<u8>, inner: &str) -> Vec<u8> {
    let index = sections_in(&outer, 4);
    let inner = wat::parse_str(inner).expect("the component of a test is well-formed");
    let payload = [&leb128(1)[..], &[0], &leb128(index), &[0]].concat();
    with_section(with_section(outer, 4, &inner), 5, &payload)
}

/// How many core modules the outermost component holds.
fn modules_in(component: &[u8]) -> usize {
    sections_in(component, 1)
}

/// How many sections of a kind the outermost component holds.
fn sections_in(component: &[u8], kind: u8) -> usize {
    let mut rest = &component[8..];
    let mut found = 0;
    while let Some((id, after)) = rest.split_first() {
        found += usize::from(*id == kind);
        let (size, after) = read_leb128(after);
        rest = &after[size..];
    }
    found
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn read_leb128(bytes: &[u8]) -> (usize, &[u8]) {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
    let digits = bytes[..=end].iter().rev();
    let number = digits.fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    (number, &bytes[end + 1..])
}

/// A connector written by hand: a core module whose functions can break every rule of the component
/// model. Where nothing else is said it is well-behaved and its answers are empty.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The version of the contract that it claims to be built for.
    pub version: &'static str,
    /// Imports of the core module.
    pub imports: &'static str,
    /// Interfaces that the component imports besides those of the contract.
    pub foreign: &'static [Foreign],
    /// The size of the memory, in pages of 64 KiB.
    pub memory: &'static str,
    /// Answers `check`. A result that is all zeros is at 1024.
    pub check: &'static str,
    /// Answers `describe`.
    pub describe: &'static str,
    /// An export that is answered by these instructions instead, `check` and `describe` included.
    pub export: (&'static str, &'static str),
    /// Gives memory to the host. By default it is bumped.
    pub realloc: &'static str,
    /// Further fields of the core module.
    pub fields: &'static str,
    /// A text of the contract and what is there instead.
    pub contract: (&'static str, &'static str),
}

/// An interface of somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Foreign {
    /// Its name with package and version.
    pub name: &'static str,
    /// Its package in WIT.
    pub package: &'static str,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            version: "1.0.0",
            imports: "",
            foreign: &[],
            memory: "2",
            check: "i32.const 1024",
            // It takes connections of any type.
            describe: "(i32.store8 (i32.const 1056) (i32.const 1)) i32.const 1024",
            export: ("", ""),
            realloc: "global.get $next (global.set $next (i32.add (global.get $next) \
                      (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))",
            fields: "",
            contract: ("", ""),
        }
    }
}

impl Raw {
    /// The component, with no needs declared.
    ///
    /// # Panics
    /// The texts do not fit together.
    pub fn encode(&self) -> Vec<u8> {
        let mut module =
            wat::parse_str(self.module()).expect("the module of a test is well-formed");
        let mut resolve = Resolve::default();
        for foreign in self.foreign {
            resolve.push_str("foreign.wit", foreign.package).expect("the interface is well-formed");
        }
        let package = resolve.push_str("contract.wit", &self.wit()).expect("the contract is valid");
        let world = resolve.select_world(&[package], Some("raw")).expect("it has the world");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("a module takes a section");
        let encoded = ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|encoder| encoder.encode());
        encoded.expect("the module fits its world")
    }

    /// The component with the smallest declaration that there is.
    pub fn with_smallest_needs(&self) -> Vec<u8> {
        with_needs(self.encode(), "contract = \"1.0.0\"\n")
    }

    /// The first version of the contract in one text, with the version that is claimed. It is released, so what is written here by hand
    /// fits it for ever.
    fn wit(&self) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen/1.0.0/wit");
        let files = ["types", "secrets", "http", "vault", "log", "backend", "world"];
        let read = |name: &str| fs_err::read_to_string(folder.join(format!("{name}.wit")));
        let texts: String = files.map(|name| read(name).expect("the contract is there")).concat();
        let package = |version: &str| format!("package connhub:connector@{version};");
        let texts = texts.replace(&package("1.0.0"), "");
        let texts = match self.contract {
            ("", _) => texts,
            (before, after) => {
                assert!(texts.contains(before), "the contract has no `{before}`");
                texts.replace(before, after)
            }
        };
        let imports = self.foreign.iter().map(|foreign| format!("import {};\n", foreign.name));
        let imports: String = imports.collect();
        let world = format!("world raw {{ include connector; {imports} }}");
        format!("{}\n{texts}\n{world}", package(self.version))
    }

    fn module(&self) -> String {
        let Self { imports, memory, realloc, fields, .. } = self;
        let exports: String = self.exports().concat();
        format!(
            "(module {imports}
               (memory (export \"memory\") {memory})
               (global $next (mut i32) (i32.const 65536))
               (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) {realloc})
               {exports} {fields})"
        )
    }

    /// The functions of `backend` in the canonical ABI. More than 16 parameters are one pointer.
    fn exports(&self) -> [String; 8] {
        let export = |name: &str, parameters: usize, body: &str| {
            let version = self.version;
            let body = if self.export.0 == name { self.export.1 } else { body };
            let parameters = "i32 ".repeat(parameters);
            format!(
                "(func (export \"connhub:connector/backend@{version}#{name}\")
                   (param {parameters}) (result i32) {body})\n"
            )
        };
        let empty = "i32.const 1024";
        // The connection `x`, which is what the tests ask for.
        let named = "(i32.store (i32.const 1028) (i32.const 2048))
            (i32.store (i32.const 1032) (i32.const 1))
            (i32.store8 (i32.const 2048) (i32.const 120)) i32.const 1024";
        [
            export("describe", 0, self.describe),
            export("check", 6, self.check),
            export("create", 1, empty),
            export("list-connections", 16, empty),
            export("get", 8, named),
            export("open", 10, empty),
            export("update", 1, empty),
            export("delete", 11, empty),
        ]
    }
}

#[test]
fn modules_of_a_component_are_counted() {
    let component = Raw::default().with_smallest_needs();
    let before = modules_in(&component);
    assert!(before > 0);
    let after = with_module(component, "(module)", 3);
    assert_eq!(modules_in(&after), before + 1);
    assert_eq!(read_leb128(&leb128(300)), (300, &[][..]));
}
