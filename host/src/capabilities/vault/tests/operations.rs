use super::*;

fn changes(set: &[(&str, &str)], others: Others) -> SecretChanges {
    let set = set.iter().map(|(name, value)| named(name, value)).collect();
    SecretChanges { set, remove: Vec::new(), others }
}

#[test]
pub(super) fn what_is_inserted_is_read_back() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    assert_eq!(insert(&mut store, "team", "sales").expect("it is new"), 1);
    let check = |store: &Store| {
        let sales = key("team", "sales");
        assert_eq!(store.get(&space(), &sales).expect("there"), entry_of("team", "sales"));
        let secrets = store.open_secrets(&space(), &sales).expect("there");
        assert_eq!(secrets, secrets_of("team", "sales"));
    };
    check(&store);
    drop(store);
    check(&fixture.store());
}

#[test]
pub(super) fn a_name_is_taken_once_per_scope_and_connector() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    assert!(matches!(insert(&mut store, "team", "sales"), Err(VaultError::Exists)));
    assert!(insert(&mut store, "other", "sales").is_ok());
    let other = Space { connector: "other".to_owned() };
    assert!(store.insert(&other, &key("team", "sales"), b"", &[]).is_ok());
    assert_eq!(store.get(&space(), &key("team", "sales")).expect("there").revision, 1);
}

#[test]
pub(super) fn connectors_do_not_see_each_other() {
    let fixture = Fixture::filled();
    let store = fixture.store();
    let other = Space { connector: "other".to_owned() };
    let missing = store.get(&other, &key("team", "sales"));
    assert!(matches!(missing, Err(VaultError::Missing)));
    let page = store.scan(&other, &Selection::All, None, 10).expect("a page");
    assert_eq!(page, Page::default());
}

#[test]
pub(super) fn a_replacement_takes_the_revision_that_was_read() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let sales = key("", "sales");
    let change = changes(&[("token", "new")], Others::Keep);
    assert_eq!(store.replace(&space(), &sales, 1, b"moved", &change).expect("current"), 2);
    let stale = store.replace(&space(), &sales, 1, b"late", &change);
    assert!(matches!(stale, Err(VaultError::Stale(2))));
    let entry = store.get(&space(), &sales).expect("there");
    assert_eq!((entry.public.as_slice(), entry.revision), (b"moved".as_slice(), 2));
    let secrets = store.open_secrets(&space(), &sales).expect("there");
    assert_eq!(secrets[0], secrets_of("", "sales")[0]);
    assert_eq!(secrets[1], named("token", "new"));
}

#[test]
pub(super) fn a_replacement_can_drop_the_other_secrets() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let sales = key("", "sales");
    let change = changes(&[("only", "one")], Others::Remove);
    store.replace(&space(), &sales, 1, b"", &change).expect("current");
    assert_eq!(store.open_secrets(&space(), &sales).expect("there"), [named("only", "one")]);
    assert_eq!(store.get(&space(), &sales).expect("there").secret_names, ["only"]);
}

#[test]
pub(super) fn a_removed_record_is_gone_and_its_name_free() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let sales = key("", "sales");
    assert!(matches!(store.remove(&space(), &sales, 9), Err(VaultError::Stale(1))));
    store.remove(&space(), &sales, 1).expect("current");
    assert!(matches!(store.get(&space(), &sales), Err(VaultError::Missing)));
    assert!(matches!(store.remove(&space(), &sales, 1), Err(VaultError::Missing)));
    assert_eq!(insert(&mut store, "", "sales").expect("free again"), 1);
    assert_eq!(all(&store).expect("whole").len(), 3);
}

#[test]
pub(super) fn a_failed_operation_changes_nothing() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let before = all(&store).expect("whole");
    let missing = key("", "none");
    let change = changes(&[], Others::Keep);
    assert!(insert(&mut store, "", "sales").is_err());
    assert!(store.replace(&space(), &missing, 1, b"", &change).is_err());
    assert!(store.replace(&space(), &key("", "sales"), 7, b"", &change).is_err());
    assert!(store.remove(&space(), &missing, 1).is_err());
    assert_eq!(all(&store).expect("whole"), before);
}

#[test]
pub(super) fn secrets_are_compared_without_being_shown() {
    let fixture = Fixture::filled();
    let store = fixture.store();
    let check = |name, value: &str, expected| {
        let same = store.same_secret(&space(), &key("", "sales"), name, &secret(value));
        assert_eq!(same.expect("there"), expected, "{name}");
    };
    check("password", "hunter2 of /sales", true);
    check("password", "hunter2 of /sale", false);
    check("token", "t", true);
    check("none", "", false);
    let missing = store.same_secret(&space(), &key("", "none"), "token", &secret("t"));
    assert!(matches!(missing, Err(VaultError::Missing)));
}

#[test]
pub(super) fn sizes_are_bounded_before_anything_is_written() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    let mut check = |public: usize, secret_size: usize, good| {
        let secrets = [NamedSecret { name: "s".to_owned(), value: vec![7; secret_size].into() }];
        let name = format!("{public}-{secret_size}");
        let result = store.insert(&space(), &key("", &name), &vec![9; public], &secrets);
        assert_eq!(result.is_ok(), good, "{name}");
        if good {
            let secrets_read = store.open_secrets(&space(), &key("", &name)).expect("there");
            assert_eq!(secrets_read, secrets);
            assert_eq!(store.get(&space(), &key("", &name)).expect("there").public.len(), public);
        }
    };
    check(MAX_PUBLIC, MAX_SECRETS, true);
    check(MAX_PUBLIC + 1, 0, false);
    check(0, MAX_SECRETS + 1, false);
    check(0, 0, true);
}

#[test]
pub(super) fn reading_before_the_first_write_finds_nothing_and_makes_nothing() {
    let fixture = Fixture::new();
    let mut vault = Vault::new(fixture.config());
    assert!(matches!(vault.get(&space(), &key("", "a"), None), Err(VaultError::Missing)));
    let page = vault.scan(&space(), &Selection::All, None, 10).expect("an empty page");
    assert_eq!(page, Page::default());
    assert!(matches!(
        vault.remove(&space(), &key("", "a"), 1, Past::Kept),
        Err(VaultError::Missing)
    ));
    assert!(!fixture.directory().exists() && !fixture.key().exists());
    vault.insert(&space(), &key("", "a"), b"x", &[]).expect("the store is made");
    assert_eq!(vault.get(&space(), &key("", "a"), None).expect("there").public, b"x");
    assert!(fixture.database().exists() && fixture.key().exists());
}

#[test]
pub(super) fn a_full_disk_changes_nothing() {
    let fixture = Fixture::filled();
    let mut store = fixture.store();
    let pages: u32 = store
        .database
        .file()
        .expect("a file")
        .connection()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .expect("a number");
    store
        .database
        .file()
        .expect("a file")
        .connection()
        .pragma_update(None, "max_page_count", pages)
        .expect("set");
    let large = vec![1; 100_000];
    let error = store.insert(&space(), &key("", "large"), &large, &[]).expect_err("no room");
    assert!(matches!(error, VaultError::Full { .. }), "{error:?}");
    assert!(error.hint().expect("a hint").contains("df -h"));
    assert!(matches!(store.get(&space(), &key("", "large")), Err(VaultError::Missing)));
    assert_eq!(all(&store).expect("whole").len(), FILLED.len());
}

#[test]
pub(super) fn a_vault_can_be_moved_to_another_thread() {
    let fixture = Fixture::filled();
    let mut vault = Vault::new(fixture.config());
    let moved = std::thread::spawn(move || vault.get(&space(), &key("", "sales"), None));
    let entry = moved.join().expect("no panic").expect("there");
    assert_eq!(entry, entry_of("", "sales"));
}
