//! The contract without what a connector does not declare. Tools that import a whole world would import the vault for everybody, and what
//! is imported has to be declared.

use std::path::Path;

use crate::model::{Error, Kind};
use crate::policy::Needs;

/// The file of the contract that holds the world.
const WORLD: &str = "world.wit";

/// Copies the contract of a project into a folder, without the imports that the needs do not declare.
///
/// # Errors
/// The project has no contract or no needs that can be read, or the folder cannot be written.
pub(super) fn narrow(contract: &Path, needs: &Path, narrowed: &Path) -> Result<(), Error> {
    let needs = read(needs)?;
    let needs = Needs::parse(&needs).map_err(|error| {
        Error::invalid("`needs.toml` does not declare what the connector needs").because(error)
    })?;
    let failed = |error: std::io::Error| {
        let shown = narrowed.display();
        Error::new(Kind::Other, format!("the contract cannot be copied to `{shown}`"))
            .because(error)
    };
    fs_err::create_dir_all(narrowed).map_err(failed)?;
    for entry in fs_err::read_dir(contract).map_err(|error| no_contract(contract, error))? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|e| e == "wit"))
        else {
            continue;
        };
        let text = read(&path)?;
        let text = if name == WORLD { without_undeclared(&text, &needs) } else { text };
        fs_err::write(narrowed.join(name), text).map_err(failed)?;
    }
    Ok(())
}

fn no_contract(contract: &Path, error: std::io::Error) -> Error {
    let what = format!("the project has no contract in `{}`", contract.display());
    Error::new(Kind::NotFound, what).because(error).hint("`connhub plugin new` writes it there")
}

fn read(path: &Path) -> Result<String, Error> {
    fs_err::read_to_string(path).map_err(|error| {
        Error::new(Kind::NotFound, format!("`{}` cannot be read", path.display())).because(error)
    })
}

fn without_undeclared(world: &str, needs: &Needs) -> String {
    let is_undeclared = |line: &str| match line.trim() {
        "import vault;" => needs.vault.is_none(),
        "import http;" => needs.endpoints.is_empty(),
        _ => false,
    };
    world.lines().filter(|line| !is_undeclared(line)).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_imports_what_is_declared() {
        let world = include_str!("../../../../../wit/world.wit");
        let check = |needs: &str, imported: &[&str]| {
            let needs = Needs::parse(&format!("contract = \"1.0.0\"\n{needs}")).unwrap();
            let narrowed = without_undeclared(world, &needs);
            let found = narrowed.lines().filter_map(|line| line.trim().strip_prefix("import "));
            assert_eq!(found.collect::<Vec<_>>(), imported, "{narrowed}");
            assert!(narrowed.contains("export backend;"), "{narrowed}");
        };
        let endpoint = "[[endpoint]]\nname = \"api\"\nwhy = \"reads\"\nallow = [\"GET /\"]\n";
        check("", &["secrets;", "log;"]);
        check(endpoint, &["secrets;", "http;", "log;"]);
        check("[vault]\nwhy = \"keeps\"\n", &["secrets;", "vault;", "log;"]);
    }

    #[test]
    fn the_whole_contract_is_copied() {
        let project = tempfile::tempdir().unwrap();
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let (needs, narrowed) = (project.path().join("needs.toml"), project.path().join("wit"));
        assert_eq!(narrow(&contract, &needs, &narrowed).unwrap_err().kind, Kind::NotFound);
        fs_err::write(&needs, "contract = \"1.0.0\"\n").unwrap();
        narrow(&contract, &needs, &narrowed).unwrap();
        let files = |folder: &Path| fs_err::read_dir(folder).unwrap().count();
        assert_eq!(files(&narrowed), files(&contract));
        let none = narrow(&project.path().join("none"), &needs, &narrowed).unwrap_err();
        assert!(none.to_string().contains("no contract"), "{none}");
    }
}
