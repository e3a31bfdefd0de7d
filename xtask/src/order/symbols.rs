//! The functions in programs, object files and archives of them.

use std::collections::BTreeMap;

use object::read::archive::ArchiveFile;
use object::{File, Object as _, ObjectSymbol, SymbolKind};

use super::names::Function;

/// Name and size of each function. What cannot be read has none.
pub fn functions(file: &[u8]) -> Vec<Function<'_>> {
    let Ok(archive) = ArchiveFile::parse(file) else { return of_object(file) };
    let members = archive.members().flatten().filter_map(|member| member.data(file).ok());
    members.flat_map(of_object).collect()
}

fn of_object(file: &[u8]) -> Vec<Function<'_>> {
    let Ok(object) = File::parse(file) else { return Vec::new() };
    let functions = object.symbols().filter(is_function);
    functions.filter_map(|symbol| Some((symbol.name().ok()?, symbol.size()))).collect()
}

/// The functions of a program by their addresses in the file. Several can have one address.
pub fn addresses(program: &[u8]) -> BTreeMap<u64, Vec<Function<'_>>> {
    let mut found: BTreeMap<u64, Vec<Function<'_>>> = BTreeMap::new();
    let Ok(object) = File::parse(program) else { return found };
    for symbol in object.symbols().filter(is_function) {
        if let Ok(name) = symbol.name() {
            found.entry(symbol.address()).or_default().push((name, symbol.size()));
        }
    }
    found
}

fn is_function<'a>(symbol: &impl ObjectSymbol<'a>) -> bool {
    symbol.kind() == SymbolKind::Text && symbol.is_definition()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_functions_and_a_text_has_none() {
        let program = fs_err::read(std::env::current_exe().unwrap()).unwrap();
        let size: u64 = functions(&program).iter().map(|(_, size)| size).sum();
        assert!(size > 100_000, "{size}");
        assert_eq!(functions(b"no program"), []);
    }
}
