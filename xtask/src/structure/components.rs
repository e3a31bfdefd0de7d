//! Every hostile component is used by a test.

use super::Finding;
use super::files::SourceFile;

const FOLDER: &str = "tests/components/";

/// Finds components that no test names.
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let tests: Vec<_> = files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with("tests/"))
        .filter(|file| !file.path.starts_with(FOLDER))
        .collect();
    let named = |name: &str| tests.iter().any(|file| file.text.contains(&format!("\"{name}\"")));
    files
        .iter()
        .filter_map(|file| Some((file, component(&file.path)?)))
        .filter(|(_, name)| !named(name))
        .map(|(file, name)| Finding {
            file: file.path.clone(),
            line: 1,
            what: format!("no test names the component \"{name}\""),
            advice: "write the test or remove the component",
        })
        .collect()
}

/// The component that a manifest is of.
fn component(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_suffix("/Cargo.toml").filter(|name| !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_needs_a_test_outside_its_own_folder() {
        let file =
            |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let component = || file("tests/components/spins/Cargo.toml", "");
        let own = || file("tests/components/spins/src/lib.rs", "\"spins\"");
        assert_eq!(check(&[component(), own()]).len(), 1);
        assert_eq!(check(&[component(), file("tests/tests/a.rs", "run(\"spins\")")]), []);
        assert_eq!(check(&[component(), file("tests/tests/a.rs", "spinster")]).len(), 1);
    }
}
