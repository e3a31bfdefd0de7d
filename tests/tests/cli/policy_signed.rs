//! Signatures that a policy asks for.

use rcgen::KeyPair;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use super::*;

/// A publisher with a key.
struct Publisher(KeyPair);

impl Publisher {
    fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    /// The key as a policy file lists it.
    fn listed(&self, name: &str) -> String {
        format!("[keys.{name}]\npem = \"\"\"\n{}\"\"\"\n", self.0.public_key_pem())
    }

    /// An ECDSA signature in DER, as `openssl dgst -sha256 -sign` writes it.
    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let der = self.0.serialize_der();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random);
        pair.unwrap().sign(&random, bytes).unwrap().as_ref().to_vec()
    }
}

fn component() -> Vec<u8> {
    fs_err::read(connhub_tests::cli::components().join("local.wasm")).unwrap()
}

/// A user with a connector `mine`, and what lies beside it.
fn with_signature(signature: Option<&[u8]>) -> TestEnv {
    let env = TestEnv::new();
    fs_err::write(env.home().join("mine.wasm"), component()).unwrap();
    if let Some(signature) = signature {
        fs_err::write(env.home().join("mine.wasm.sig"), signature).unwrap();
    }
    env.plugins("version = 1\n[connectors.mine]\ncomponent = \"mine.wasm\"\n[connectors.mine.vault]\n[backends.mine]\nconnector = \"mine\"\n");
    env
}

#[track_caller]
fn list(env: &TestEnv, policy: &str) -> Outcome {
    let policy = env.file("policy.toml", format!("version = 1\n{policy}"));
    env.run(["list", "--backend", "mine", "--policy", policy.to_str().unwrap()])
}

const ALL: &str = "[[allow]]\nconnectors = [\"*\"]\n";

#[test]
fn a_component_runs_if_a_listed_key_has_signed_it() {
    let (ann, bob) = (Publisher::new(), Publisher::new());
    let policy = format!("signature-required = true\n{}{ALL}", ann.listed("ann"));
    list(&with_signature(Some(&ann.sign(&component()))), &policy).succeeds();
    let refused = |signature: Option<&[u8]>| {
        list(&with_signature(signature), &policy).fails(8, "no key that the policy lists");
    };
    refused(None);
    refused(Some(&bob.sign(&component())));
    refused(Some(&ann.sign(b"something else")));
    list(&with_signature(Some(b"nothing")), &policy).fails(8, "mine.wasm.sig");
}

#[test]
fn a_key_that_was_revoked_does_not_count() {
    let ann = Publisher::new();
    let env = with_signature(Some(&ann.sign(&component())));
    let signed = "signed-by = { any-of = [\"ann\"] }\n";
    list(&env, &format!("{}{ALL}{signed}", ann.listed("ann"))).succeeds();
    let revoked = format!("revoked-keys = [\"ann\"]\n{}{ALL}{signed}", ann.listed("ann"));
    list(&env, &revoked).fails(8, "signed by 0 of ann");
    let policy = env.file("policy.toml", format!("version = 1\n{}{ALL}", ann.listed("ann")));
    let words = ["policy", "explain", "mine", "-o", "json", "--policy", policy.to_str().unwrap()];
    let json = env.run(words).succeeds().json();
    let id = json["signers"][0].as_str().unwrap();
    assert!(id.starts_with("p256:"), "{id}");
    let by_id = format!("revoked-keys = [\"{id}\"]\n{}{ALL}{signed}", ann.listed("ann"));
    list(&env, &by_id).fails(8, "signed by 0 of ann");
}

#[test]
fn a_key_that_is_none_stops_everything() {
    let policy = format!("[keys.ann]\nminisign = \"RWQ\"\n{ALL}");
    let env = with_signature(Some(&Publisher::new().sign(&component())));
    list(&env, &policy).fails(8, "the key `ann` cannot be used");
    env.run(["policy", "check", "policy.toml"]).exits_with(2);
}
