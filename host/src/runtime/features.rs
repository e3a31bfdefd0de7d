//! Which proposals a component needs that are switched off, said by name.
//!
//! The engine's own words for it name an instruction or a type, and what is missing is for an author to guess.

use wasmparser::{Validator, WasmFeatures};

/// The proposals that are switched off and that tools use, with what an author can do.
const PROPOSALS: [(WasmFeatures, &str, &str); 12] = [
    (
        WasmFeatures::MULTI_MEMORY,
        "multi-memory",
        "link what it is made of into one module with one memory",
    ),
    (
        WasmFeatures::THREADS,
        "threads",
        "build it for one thread, without shared memory and atomics",
    ),
    (
        WasmFeatures::EXCEPTIONS,
        "exception-handling",
        "build it without exceptions of WebAssembly, such as `-fno-exceptions` or `panic = \"abort\"`",
    ),
    (
        WasmFeatures::LEGACY_EXCEPTIONS,
        "legacy exception-handling",
        "build it without exceptions of WebAssembly, such as `-fno-exceptions` or `panic = \"abort\"`",
    ),
    (
        WasmFeatures::MEMORY64,
        "memory64",
        "build it for a target of 32 bits, such as `wasm32-wasip2`",
    ),
    (WasmFeatures::GC, "gc", "use a compiler or a runtime that keeps its objects in linear memory"),
    (
        WasmFeatures::FUNCTION_REFERENCES,
        "function-references",
        "use a compiler or a runtime that calls by table",
    ),
    (WasmFeatures::TAIL_CALL, "tail-call", "build it without tail calls, such as `-mno-tail-call`"),
    (
        WasmFeatures::RELAXED_SIMD,
        "relaxed-simd",
        "build it without relaxed SIMD; fixed-width SIMD is there",
    ),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic", "build it without wide arithmetic"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes", "build it with pages of 64 KiB"),
    (
        WasmFeatures::CM_ASYNC,
        "component-model async",
        "build it against the contract as it is, which is synchronous",
    ),
];

/// Names the proposals that a component needs and does not get; none if it is valid without them, or invalid with them.
pub(super) fn missing(bytes: &[u8]) -> Option<String> {
    let off: WasmFeatures = PROPOSALS.iter().map(|(feature, ..)| *feature).collect();
    // What builds on garbage collection is switched with it.
    let with_types = off | WasmFeatures::GC_TYPES;
    let least = WasmFeatures::default() - with_types;
    if is_valid(bytes, least) || !is_valid(bytes, least | with_types) {
        return None;
    }
    let mut needed = PROPOSALS.to_vec();
    for (feature, ..) in PROPOSALS {
        let rest: WasmFeatures =
            needed.iter().map(|(own, ..)| *own).filter(|own| *own != feature).collect();
        if is_valid(bytes, least | rest | WasmFeatures::GC_TYPES) {
            needed.retain(|(own, ..)| *own != feature);
        }
    }
    let said = needed.iter().map(|(_, name, what)| {
        format!("it uses the WebAssembly proposal {name}, which is switched off; {what}")
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The engine's words for adapters that it made itself and then found invalid.
const ADAPTER: &str = "invalid adapter module generated";
/// The validator's word where a module has more memories than one.
const MEMORIES: &str = "multiple memories";

/// Names the proposal that a component needs between its parts, if that is what the compiler's last words are about.
///
/// Such a component is valid as it is, so `missing` finds nothing: what moves values from the memory of one part into that of another is made by
/// the engine, which gives up where it must not have two memories.
pub(super) fn missing_between_parts(words: &str) -> Option<String> {
    (words.contains(ADAPTER) && words.contains(MEMORIES)).then(|| {
        "it uses the WebAssembly proposal multi-memory, which is switched off in this host: its parts exchange data between memories of their own; \
         build it as one module with one memory, or compose it so that its parts pass each other nothing but numbers"
            .to_owned()
    })
}

fn is_valid(bytes: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Sandbox;

    /// A component around a module.
    fn component(module: &str) -> Vec<u8> {
        wat::parse_str(format!("(component (core module {module}))")).unwrap()
    }

    #[test]
    fn every_proposal_that_is_off_is_named() {
        let sandbox = Sandbox::new().unwrap();
        for (name, module) in [
            ("multi-memory", "(memory 1) (memory 1)"),
            ("threads", "(memory 1 1 shared)"),
            ("exception-handling", "(tag $t) (func (throw $t))"),
            ("legacy exception-handling", "(tag $t) (func try catch $t end)"),
            ("memory64", "(memory i64 1)"),
            ("gc", "(type (struct))"),
            ("function-references", "(type $f (func)) (func (param (ref $f)))"),
            ("tail-call", "(func $f return_call $f)"),
            (
                "relaxed-simd",
                "(func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle)",
            ),
            (
                "wide-arithmetic",
                "(func (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128)",
            ),
            ("custom-page-sizes", "(memory 1 (pagesize 1))"),
        ] {
            let bytes = component(module);
            assert!(sandbox.engine().precompile_component(&bytes).is_err(), "{name}");
            let said = missing(&bytes).unwrap_or_default();
            assert!(
                said.contains(&format!("proposal {name}, which is switched off;")),
                "{name}: {said}"
            );
        }
    }

    #[test]
    fn several_are_named_and_nothing_is_where_none_is_missing() {
        let said = missing(&component("(memory 1) (memory 1) (func $f return_call $f)")).unwrap();
        assert!(said.contains("multi-memory") && said.contains("tail-call"), "{said}");
        assert!(!said.contains("memory64"), "{said}");
        assert_eq!(missing(&component("(memory 1)")), None);
        assert_eq!(missing(b"\0asm"), None);
        let broken = "(func (result i32))";
        assert_eq!(
            wat::parse_str(format!("(component (core module {broken}))"))
                .map(|bytes| missing(&bytes))
                .unwrap(),
            None
        );
    }

    #[test]
    fn parts_with_memories_of_their_own_are_told_by_the_last_words_of_the_compiler() {
        let words = "invalid adapter module generated: multiple memories (at offset 0x57)";
        let said = missing_between_parts(words).unwrap();
        assert!(said.contains("multi-memory") && said.contains("memories of their own"), "{said}");
        for others in ["", "invalid adapter module generated: no room", "multiple memories"] {
            assert_eq!(missing_between_parts(others), None, "{others}");
        }
    }
}
