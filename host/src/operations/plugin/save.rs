//! A connector in one file, for machines without a network.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use connhub_sbom::Subject;

use super::files::{self, Change};
use crate::fetch::{Bundle, Fetcher, Source};
use crate::model::{Error, Kind};
use crate::operations::{Digest, Inspected, inspect_bytes};

/// The name by which scanners recognize a document of CycloneDX.
const SBOM: &str = "bom.cdx.json";

/// What was saved.
#[derive(Debug)]
pub struct Saved {
    /// The bundle.
    pub file: PathBuf,
    /// The digest of the component.
    pub sha256: String,
    /// The size of the bundle, in bytes.
    pub size: u64,
    /// The names of the files in it.
    pub files: Vec<String>,
    /// What the user should know.
    pub warning: Option<String>,
}

/// Writes a component with its signatures, and what a security team wants to know of it, into a file that is not there yet.
///
/// # Errors
/// The component cannot be read or is no connector, or the file cannot be written or is there.
pub async fn save(name: &str, component: &Path, file: &Path) -> Result<Saved, Error> {
    let content = Fetcher::default().fetch(&Source::File(component.to_owned())).await?;
    let (digest, inspected) = inspect_bytes(&content.component, component)?;
    let mut texts = vec![
        ("needs.toml", inspected.needs_text.clone()),
        ("policy.toml", policy(name, &digest, &inspected)),
    ];
    let (sbom, warning) = sbom(name, &content.component, &digest, &inspected);
    texts.extend(sbom.map(|text| (SBOM, text)));
    let bundle = Bundle { name, content: &content, texts: &texts };
    let archive = bundle.to_tar().map_err(|error| {
        Error::new(Kind::Other, format!("`{name}` cannot be put into a bundle")).because(error)
    })?;
    if file.symlink_metadata().is_ok() {
        let what = format!("`{}` is there already", file.display());
        return Err(Error::new(Kind::Exists, what).hint("choose another name with `--out FILE`"));
    }
    let size = archive.len() as u64;
    let files = bundle.names();
    files::apply(vec![Change::write(file, archive)])?;
    Ok(Saved { file: file.to_owned(), sha256: digest.sha256, size, files, warning })
}

/// The packages of a component as a document for scanners, or why there is none although the component lists them.
fn sbom(
    name: &str,
    component: &[u8],
    digest: &Digest,
    inspected: &Inspected,
) -> (Option<String>, Option<String>) {
    let version = inspected.needs.version.as_deref();
    let subject = Subject { name, version, sha256: &digest.sha256 };
    match connhub_sbom::read(component) {
        Ok(bill) => (bill.map(|bill| connhub_sbom::to_cyclonedx(&bill, subject)), None),
        Err(problem) => (None, Some(format!("the bundle has no `{SBOM}`: {problem}"))),
    }
}

/// What a policy has to say so that exactly this component may run.
fn policy(name: &str, digest: &Digest, inspected: &Inspected) -> String {
    let mut text = String::from(
        "# The rule for this component and no other; `connhub policy init` prints a policy that explains itself.\n",
    );
    // Writing to a string does not fail.
    let _ =
        write!(text, "[[allow]]\nconnectors = [\"{name}\"]\ndigests = [\"{}\"]\n", digest.sha256);
    if let Some(version) = &inspected.needs.version {
        let _ = writeln!(text, "# This is version {version}.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::admin::{Keeper, PolicyFile};

    #[test]
    fn the_rule_is_one_that_a_policy_can_have() {
        let digest = Digest { sha256: "ab".repeat(32), bytes: [0xab; 32], size: 1 };
        let needs = "contract = \"1.0.0\"\nversion = \"2.1.0\"\n".to_owned();
        let inspected = Inspected::from_parts(needs, Vec::new(), Vec::new()).unwrap();
        let text = policy("acme", &digest, &inspected);
        let file = PolicyFile::parse("t", Keeper::System, &format!("version = 1\n{text}"));
        assert_eq!(file.unwrap().rules().len(), 1, "{text}");
    }
}
