//! The list as a document of [CycloneDX] 1.5, which scanners read.
//!
//! It has no time and no serial number: the same component has the same document.
//!
//! [CycloneDX]: https://cyclonedx.org/docs/1.5/json/

use auditable_serde::{DependencyKind, Package, Source};
use serde::Serialize;

use crate::bill::Bill;

/// The component that a document is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Its version, if it says.
    pub version: Option<&'a str>,
    /// The SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Part<'a>>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    component: Part<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Part<'a> {
    r#type: &'static str,
    bom_ref: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashes: Option<[Hash<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: String,
    depends_on: Vec<String>,
}

/// The document, as JSON that ends with a line feed.
pub fn to_cyclonedx(bill: &Bill, subject: Subject<'_>) -> String {
    let document = Document {
        bom_format: "CycloneDX",
        spec_version: "1.5",
        version: 1,
        metadata: Metadata { component: whole(subject) },
        components: bill.packages().iter().map(part).collect(),
        dependencies: dependencies(bill, subject),
    };
    // Structures of texts have no form that JSON lacks.
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    json + "\n"
}

fn whole(subject: Subject<'_>) -> Part<'_> {
    Part {
        r#type: "application",
        bom_ref: whole_reference(subject),
        name: subject.name,
        version: subject.version.map(str::to_owned),
        scope: None,
        hashes: Some([Hash { alg: "SHA-256", content: subject.sha256 }]),
        purl: None,
    }
}

fn part(package: &Package) -> Part<'_> {
    Part {
        r#type: "library",
        bom_ref: reference(package),
        name: &package.name,
        version: Some(package.version.to_string()),
        scope: Some(match package.kind {
            DependencyKind::Runtime => "required",
            DependencyKind::Build => "excluded",
        }),
        hashes: None,
        purl: purl(package),
    }
}

/// The address of a package; only that of crates.io is known.
fn purl(package: &Package) -> Option<String> {
    let version = package.version.to_string().replace('+', "%2B");
    (package.source == Source::CratesIo).then(|| format!("pkg:cargo/{}@{version}", package.name))
}

fn whole_reference(subject: Subject<'_>) -> String {
    format!("sha256:{}", subject.sha256)
}

/// The name of a package within the document.
fn reference(package: &Package) -> String {
    format!("{}:{}@{}", String::from(package.source.clone()), package.name, package.version)
}

fn dependencies(bill: &Bill, subject: Subject<'_>) -> Vec<Dependency> {
    let packages = bill.packages();
    let roots = packages.iter().filter(|package| package.root).map(reference).collect();
    let whole = Dependency { r#ref: whole_reference(subject), depends_on: roots };
    let of = |package: &Package| Dependency {
        r#ref: reference(package),
        depends_on: package.dependencies.iter().map(|at| reference(&packages[*at])).collect(),
    };
    std::iter::once(whole).chain(packages.iter().map(of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::tests::package;

    #[test]
    fn a_document_has_addresses_and_edges() {
        let root = Package { root: true, source: Source::Local, ..package("acme", "0.1.0", &[1]) };
        let bill = Bill::of([vec![root, package("dep", "1.0.0+b", &[])]]).unwrap();
        let subject = Subject { name: "acme", version: Some("2.0.0"), sha256: "ab" };
        let text = to_cyclonedx(&bill, subject);
        assert_eq!(text, to_cyclonedx(&bill, subject));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&json["bomFormat"], &json["specVersion"]),
            (&"CycloneDX".into(), &"1.5".into())
        );
        assert_eq!(json["metadata"]["component"]["hashes"][0]["content"], "ab");
        assert_eq!(json["components"][0].get("purl"), None);
        assert_eq!(json["components"][1]["purl"], "pkg:cargo/dep@1.0.0%2Bb");
        assert_eq!(json["dependencies"][0]["dependsOn"][0], "local:acme@0.1.0");
        assert_eq!(json["dependencies"][1]["dependsOn"][0], "crates.io:dep@1.0.0+b");
    }
}
