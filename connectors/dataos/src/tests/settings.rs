//! Settings, and what is said about wrong ones.

use std::time::Duration;

use connhub_sdk::{Error, Target};

use crate::settings::{DepotNames, SecretFiles, Settings, TenantKey, Wait};

use super::{target, target_with};

#[test]
fn defaults_are_those_of_the_documents() {
    let settings = Settings::of(&target()).expect("the defaults are valid");
    assert_eq!(settings.tenant, "engineering");
    assert_eq!(settings.secret_name_of("crm"), "crm-cred");
    assert_eq!(settings.purposes.text(), "rw,scan,query");
    assert_eq!(settings.depot_names, DepotNames::Plain);
    assert_eq!(settings.tenant_key, TenantKey::Write);
    assert_eq!(settings.secret_files, SecretFiles::Auto);
    let wait = Wait::Until { timeout: Duration::from_secs(60), interval: Duration::from_secs(1) };
    assert_eq!(settings.wait, wait);
    let path = settings.path(&settings.paths.secret, "a b").expect("the template is valid");
    assert_eq!(path, "/poros/api/v1/workspaces/engineering/resources/secret/a%20b");
}

#[test]
fn the_tenant_is_the_scope_or_a_setting() {
    let check = |scope: Option<&str>, setting: &str, expected: Option<&str>| {
        let settings = target_with(&[("tenant", setting)]).settings;
        let target = Target { scope: scope.map(str::to_owned), settings, dry_run: false };
        let found = Settings::of(&target).map(|settings| settings.tenant);
        assert_eq!(found.as_deref().ok(), expected);
        if let Err(Error::Invalid(problems)) = found {
            assert_eq!(problems[0].field, "scope");
        }
    };
    check(Some("a"), "b", Some("a"));
    check(None, "b", Some("b"));
    check(Some(""), "b", Some("b"));
    check(None, "", None);
}

#[test]
fn a_wrong_setting_is_named_with_what_it_must_be() {
    let check = |name: &str, value: &str, words: &str| {
        let Err(Error::Invalid(problems)) = Settings::of(&target_with(&[(name, value)])) else {
            panic!("{name} = {value} was taken")
        };
        assert_eq!(problems[0].field, "settings");
        assert!(problems[0].message.contains(words), "{}", problems[0].message);
    };
    check("depot-names", "all", "`plain`, `hyphens`");
    check("tenant-key", "yes", "`write`, `omit`");
    check("secret-files", "inline", "`refuse`, `data`, `files`");
    check("secret-name", "shared", "`{name}`");
    check("purposes", "rw,read", "`read`");
    check("purposes", ",", "is empty");
    check("secret-keys", "password", "TYPE.FIELD=KEY");
    check("transport", "grpc", "`auto`, `ctl`, `http`");
    check("wait", "maybe", "`true`, `false`");
    check("wait-timeout", "soon", "`wait-timeout` is `soon`");
    check("poll-interval", "0.5", "`poll-interval` is `0.5`; it must be a whole number");
    check("depot-path", "poros/{name}", "does not start with `/`");
    check("depot-path", "/poros/{workspace}", "`workspace`");
}
