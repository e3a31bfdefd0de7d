//! Tables of decisions, and laws that every policy keeps.

mod decisions;
mod files;
mod laws;

use semver::Version;

use super::*;
use crate::policy::{CommandGrant, EndpointGrant, EndpointKind, Grants, MaskEncoding, Needs};

/// The digest of the component that the tests are about.
pub const DIGEST: &str = "aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11";

/// Needs of a connector with one endpoint and everything else.
pub fn needs() -> Needs {
    Needs::parse(
        "contract = \"1.0.0\"\nversion = \"1.4.0\"\n[vault]\nwhy = \"w\"\n[[endpoint]]\nname = \"api\"\nwhy = \"w\"\nallow = [\"GET /**\"]\n",
    )
    .unwrap()
}

/// A connector `lake` of a user, whose file lies in `/home/ann` and is signed by the keys that are named.
pub fn candidate<'a>(needs: &'a Needs, signers: &'a [Signer]) -> Candidate<'a> {
    Candidate {
        name: "lake",
        version: needs.version.as_deref(),
        sha256: DIGEST,
        source: "oci://ghcr.io/acme/lake:1.4.0",
        source_proof: Proof::Claimed,
        configured_by: ConfiguredBy::User,
        configured_in: "/home/ann/plugins.toml:3",
        needs,
        signers,
    }
}

/// A signer whose key is listed as `text`.
pub fn signer(text: &str) -> Signer {
    Signer { id: format!("p256:{text:0>64}"), material: text.to_owned() }
}

pub fn circumstances() -> Circumstances {
    Circumstances { now: "2026-06-01T12:00:00Z".parse().unwrap(), connhub: Version::new(0, 1, 0) }
}

pub fn file(text: &str) -> PolicyFile {
    let text = format!("version = 1\n{text}");
    PolicyFile::parse("/p.toml", Keeper::System, &text)
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

pub fn set(files: &[&str]) -> PolicySet {
    let mut set = PolicySet::default();
    files.iter().for_each(|text| set.add(file(text)));
    set
}

/// Grants with one endpoint and everything else.
pub fn grants() -> Grants {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let endpoint = EndpointGrant {
        kind: EndpointKind::Http,
        allow: texts(&["GET /**", "POST /**"]),
        secrets_in: texts(&["/data/*"]),
        mask: texts(&["/a"]),
        mask_encoding: MaskEncoding::Text,
        visible: texts(&["region", "key"]),
        omit: Vec::new(),
        response_headers: texts(&["retry-after", "set-cookie"]),
        source: "plugins.toml:9".to_owned(),
    };
    Grants {
        endpoints: [("api".to_owned(), endpoint)].into_iter().collect(),
        commands: [("ctl".to_owned(), CommandGrant::default())].into_iter().collect(),
        vault: true,
        reveal: true,
        source: "plugins.toml:3".to_owned(),
    }
}
