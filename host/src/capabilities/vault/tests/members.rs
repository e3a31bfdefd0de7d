//! Stores with members: each opens with their own identity, and who was removed reads nothing that is written later.

use rusqlite::Connection;

use super::*;

/// A place for one store, and for what several users have of their own.
struct Team {
    folder: TempDir,
}

impl Team {
    /// A store of `ada` with three records.
    fn new() -> Self {
        let team = Self { folder: tempfile::tempdir().expect("a folder") };
        let mut store = team.open("ada").expect("made");
        for (scope, name) in FILLED {
            insert(&mut store, scope, name).expect("it is new");
        }
        team
    }

    /// One with `bob`, who may do this.
    fn with(right: Right) -> Self {
        let team = Self::new();
        team.add("bob", right).expect("added");
        team
    }

    fn config(&self, user: &str) -> VaultConfig {
        let own = |name: &str| self.folder.path().join(format!("{user}.{name}"));
        let key = KeySource::Identity {
            file: own("identity"),
            name: user.to_owned(),
            key: Box::new(KeySource::File(own("key"))),
        };
        VaultConfig { owner: user.to_owned(), key, ..config_in(self.folder.path()) }
    }

    fn open(&self, user: &str) -> Result<Store, VaultError> {
        Store::open(&self.config(user))
    }

    fn public(&self, user: &str) -> String {
        let identity = Store::identity(&self.config(user)).expect("made");
        identity.expect("there is one").0
    }

    fn change(&self, by: &str, change: &MemberChange) -> Result<MembersChanged, VaultError> {
        let changed = Store::change_members(&self.config(by), change);
        changed.map(|changed| changed.expect("there is a store"))
    }

    fn add(&self, user: &str, right: Right) -> Result<MembersChanged, VaultError> {
        self.change("ada", &MemberChange::Add(self.member(user, right)))
    }

    fn member(&self, user: &str, right: Right) -> Member {
        Member { name: user.to_owned(), right, key: self.public(user), role: None }
    }

    fn remove(&self, user: &str) -> Result<MembersChanged, VaultError> {
        self.change("ada", &MemberChange::Remove(user.to_owned()))
    }

    fn database(&self) -> Connection {
        Connection::open(self.folder.path().join("store/store.db")).expect("opened")
    }

    fn header(&self) -> Vec<u8> {
        let sql = "SELECT content FROM header";
        self.database().query_row(sql, (), |row| row.get(0)).expect("a header")
    }

    fn write_header(&self, bytes: &[u8]) {
        self.database().execute("UPDATE header SET content = ?1", [bytes]).expect("written");
    }

    fn pin(&self) -> PathBuf {
        self.folder.path().join("store/store.members")
    }
}

fn is_whole(store: &Store) {
    assert_eq!(store.verify().expect("whole"), FILLED.len() as u64);
    assert_eq!(store.get(&space(), &key("", "sales")).expect("there"), entry_of("", "sales"));
    let secrets = store.open_secrets(&space(), &key("", "sales")).expect("opened");
    assert_eq!(secrets, secrets_of("", "sales"));
}

#[test]
fn each_member_opens_the_store_with_their_own_identity() {
    let team = Team::with(Right::Manage);
    for user in ["ada", "bob"] {
        is_whole(&team.open(user).expect("a member"));
    }
    let mut store = team.open("bob").expect("a member");
    insert(&mut store, "", "of bob").expect("may write");
    let own = team.open("ada").expect("a member");
    assert_eq!(own.get(&space(), &key("", "of bob")).expect("seen"), entry_of("", "of bob"));
    let members = own.members().expect("whole").expect("it has some");
    let expected = [team.member("ada", Right::Own), team.member("bob", Right::Manage)];
    assert_eq!(members, expected);
    assert_eq!(store.member_name(), Some("bob"));
}

#[test]
fn who_is_no_member_is_told_their_key() {
    let team = Team::new();
    let error = team.open("eve").err().expect("refused");
    assert!(matches!(error, VaultError::NoIdentity { .. }), "{error:?}");
    let public = team.public("eve");
    let error = team.open("eve").err().expect("refused");
    assert!(matches!(&error, VaultError::NotMember { key, .. } if *key == public), "{error:?}");
    assert!(error.hint().expect("a hint").contains(&format!("--key {public}")));
    let plain = Store::open(&config_in(team.folder.path())).err().expect("refused");
    assert!(matches!(plain, VaultError::OtherKey { made: KeyKind::Members, .. }), "{plain:?}");
}

#[test]
fn a_store_without_members_is_not_opened_by_an_identity() {
    let fixture = Fixture::filled();
    let team = Team { folder: fixture.folder };
    let error = team.open("ada").err().expect("refused");
    assert!(matches!(error, VaultError::OtherKey { made: KeyKind::File, .. }), "{error:?}");
}

#[test]
fn a_removed_member_opens_old_copies_and_nothing_later() {
    let team = Team::with(Right::Manage);
    let copy = team.folder.path().join("copy");
    Store::backup(&team.config("bob"), &copy, Present::Refuse).expect("copied");
    let mut open = Vault::new(team.config("bob"));
    open.get(&space(), &key("", "sales"), None).expect("a member");
    let removed = team.remove("bob").expect("removed");
    assert_eq!((removed.member.name.as_str(), removed.records), ("bob", FILLED.len() as u64));
    insert(&mut team.open("ada").expect("a member"), "", "later").expect("new");
    let error = team.open("bob").err().expect("refused");
    assert!(matches!(error, VaultError::NotMember { .. }), "{error:?}");
    let error = open.get(&space(), &key("", "later"), None).expect_err("refused");
    assert!(matches!(error, VaultError::NotMember { .. }), "{error:?}");
    assert_eq!(Store::check_copy(&team.config("bob"), &copy).expect("its own"), 3);
    assert_eq!(team.open("ada").expect("a member").verify().expect("whole"), 4);
}

#[test]
fn the_old_header_opens_no_record_that_was_written_later() {
    let team = Team::with(Right::Manage);
    let old = team.header();
    team.remove("bob").expect("removed");
    let ciphertext = |sql: &str| -> Vec<u8> {
        team.database().query_row(sql, (), |row| row.get(0)).expect("a row")
    };
    let state = ciphertext("SELECT sealed FROM state");
    // Whoever has the old keys and puts the old header back: nothing that is there now opens.
    team.write_header(&old);
    fs_err::remove_file(team.pin()).expect("removed");
    let store = team.open("bob").expect("the old keys open the old header");
    assert!(matches!(store.verify(), Err(VaultError::Damaged { .. })));
    let read = store.open_secrets(&space(), &key("", "sales"));
    assert!(matches!(read, Err(VaultError::Damaged { .. })), "{read:?}");
    assert_eq!(ciphertext("SELECT sealed FROM state"), state);
}

#[test]
fn rights_are_what_a_member_may_do() {
    let team = Team::with(Right::Use);
    let mut store = team.open("bob").expect("a member");
    is_whole(&store);
    let denied = |error: VaultError, expected: Right| {
        let told = matches!(&error, VaultError::MayNot { name, needed, .. }
            if name == "bob" && *needed == expected);
        assert!(told, "{error:?}");
        assert_eq!(crate::model::Error::from(error).kind.exit_code(), 4);
    };
    denied(insert(&mut store, "", "x").expect_err("denied"), Right::Manage);
    denied(store.begin_group().expect_err("denied"), Right::Manage);
    denied(store.remove(&space(), &key("", "sales"), 1).expect_err("denied"), Right::Manage);
    denied(store.clear_history(None).expect_err("denied"), Right::Manage);
    drop(store);
    let manage = MemberChange::SetRight("bob".to_owned(), Right::Manage);
    denied(team.change("bob", &manage).expect_err("denied"), Right::Own);
    team.change("ada", &manage).expect("an owner may");
    insert(&mut team.open("bob").expect("a member"), "", "x").expect("may write now");
    denied(team.change("bob", &manage).expect_err("denied"), Right::Own);
    let config = team.config("bob");
    let KeySource::Identity { key, .. } = &config.key else { panic!("a member") };
    let rotated = Store::rotate(&config, key, Rotation::Both, OldKey::Kept);
    denied(rotated.expect_err("denied"), Right::Own);
}

#[test]
fn changes_that_make_no_sense_change_nothing() {
    let team = Team::with(Right::Use);
    let before = team.header();
    let check = |change: &MemberChange, expected: &str| {
        let error = team.change("ada", change).expect_err("refused");
        assert!(error.to_string().contains(expected), "{error}");
    };
    let named = |name: &str, user: &str| {
        MemberChange::Add(Member { name: name.to_owned(), ..team.member(user, Right::Use) })
    };
    check(&named("bob", "eve"), "`bob` has this name");
    check(&named("other", "bob"), "`bob` has this name");
    check(&named("a b", "eve"), "the name of a member");
    check(&MemberChange::Remove("eve".to_owned()), "no member `eve`");
    check(&MemberChange::Remove("ada".to_owned()), "at least one owner");
    check(&MemberChange::SetRight("ada".to_owned(), Right::Use), "at least one owner");
    let role = Some("eve".to_owned());
    check(&MemberChange::Add(Member { role, ..team.member("eve", Right::Use) }), "has no roles");
    let key = "age1nothing".to_owned();
    check(&MemberChange::Add(Member { key, ..team.member("eve", Right::Use) }), "no public key");
    assert_eq!(team.header(), before);
}

#[test]
fn new_keys_are_wrapped_for_all_members() {
    let team = Team::with(Right::Use);
    let config = team.config("ada");
    let KeySource::Identity { key, .. } = config.key.clone() else { panic!("a member") };
    for rotation in [Rotation::Both, Rotation::Master, Rotation::Both] {
        let before = team.header();
        let rotated = Store::rotate(&config, &key, rotation, OldKey::Forgotten).expect("rotated");
        let rotated = rotated.expect("there is a store");
        assert_eq!((rotated.from, rotated.to), (KeyKind::File, KeyKind::File));
        assert_eq!(team.header() == before, rotation == Rotation::Master);
        for user in ["ada", "bob"] {
            is_whole(&team.open(user).expect("a member"));
        }
    }
}

#[test]
fn a_member_gives_their_own_identity_a_new_master_key() {
    let team = Team::with(Right::Use);
    let config = team.config("bob");
    let KeySource::Identity { key, file, .. } = config.key.clone() else { panic!("a member") };
    let public = team.public("bob");
    let old = fs_err::read(&file).expect("there");
    Store::rotate(&config, &key, Rotation::Master, OldKey::Forgotten).expect("their own");
    assert_eq!(team.public("bob"), public);
    is_whole(&team.open("bob").expect("a member"));
    fs_err::write(&file, old).expect("written");
    assert!(matches!(team.open("bob").err(), Some(VaultError::WrongKey { .. })));
}

#[test]
fn owners_come_and_go() {
    let team = Team::with(Right::Own);
    team.change("bob", &MemberChange::Remove("ada".to_owned())).expect("an owner may");
    assert!(matches!(team.open("ada").err(), Some(VaultError::NotMember { .. })));
    is_whole(&team.open("bob").expect("a member"));
    let eve = MemberChange::Add(team.member("eve", Right::Own));
    team.change("bob", &eve).expect("an owner may");
    team.change("eve", &MemberChange::SetRight("bob".to_owned(), Right::Use)).expect("may");
    is_whole(&team.open("bob").expect("a member"));
}

#[test]
fn no_flipped_byte_of_the_header_goes_unseen() {
    let team = Team::with(Right::Use);
    let good = team.header();
    let content = &good[..good.len() - 8];
    for index in (0..content.len()).step_by(3) {
        let mut bad = content.to_vec();
        bad[index] ^= 1;
        // With the right checksum, as somebody would write it.
        team.write_header(&header::Header::with_checksum(&bad));
        let seen = ["ada", "bob"].map(|user| team.open(user).err());
        assert!(seen.iter().any(Option::is_some), "byte {index}");
    }
    team.write_header(&good);
    is_whole(&team.open("ada").expect("a member"));
}

#[test]
fn members_of_another_store_get_no_key_of_this_one() {
    let (team, other) = (Team::with(Right::Own), Team::with(Right::Own));
    let own = header::Header::decode(&team.header()).expect("a header");
    let foreign = header::Header::decode(&other.header()).expect("a header");
    team.write_header(&own.with(foreign.extras).encode());
    for user in ["ada", "bob"] {
        let error = team.open(user).err().expect("refused");
        assert!(matches!(error, VaultError::NotMember { .. }), "{error:?}");
    }
    assert!(team.add("carol", Right::Use).is_err());
}

#[test]
fn a_whole_store_of_somebody_else_does_not_take_the_place_of_this_one() {
    let team = Team::with(Right::Manage);
    drop(team.open("bob").expect("a first look"));
    // Eve may write in the database, and knows the public keys. She makes a store in which `bob` is a member, too.
    let theirs = Team { folder: tempfile::tempdir().expect("a folder") };
    insert(&mut theirs.open("eve").expect("made"), "", "bait").expect("new");
    let bob = Member { key: team.public("bob"), ..team.member("bob", Right::Manage) };
    theirs.change("eve", &MemberChange::Add(bob)).expect("an owner of her own store");
    let database = |team: &Team| team.folder.path().join("store/store.db");
    fs_err::copy(database(&theirs), database(&team)).expect("put in its place");
    let error = team.open("bob").err().expect("refused");
    assert!(matches!(&error, VaultError::Usurped { .. }), "{error:?}");
    assert_eq!(crate::model::Error::from(error).kind.exit_code(), 8);
}

#[test]
fn earlier_members_do_not_come_back() {
    let team = Team::with(Right::Manage);
    let (header, database) = (team.header(), team.folder.path().join("store/store.db"));
    let old = fs_err::read(&database).expect("read");
    team.remove("bob").expect("removed");
    drop(team.open("ada").expect("a member"));
    team.write_header(&header);
    assert!(matches!(team.open("ada").err(), Some(VaultError::Usurped { .. })));
    fs_err::write(&database, old).expect("written");
    assert!(team.open("ada").is_err());
}

#[test]
fn an_identity_that_is_damaged_is_not_replaced() {
    let team = Team::new();
    let config = team.config("ada");
    let KeySource::Identity { file, .. } = &config.key else { panic!("a member") };
    let good = fs_err::read(file).expect("there");
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs_err::write(file, &bad).expect("written");
        assert!(team.open("ada").is_err(), "byte {index}");
        assert!(Store::identity(&config).is_err(), "byte {index}");
        assert_eq!(fs_err::read(file).expect("there"), bad);
    }
}

#[test]
fn there_is_no_recovery_key_beside_members() {
    let team = Team::new();
    let recipient = age::x25519::Identity::generate().to_public();
    let set = Store::set_recovery(&team.config("ada"), Some(&recipient));
    assert!(matches!(set, Err(VaultError::Invalid { .. })), "{set:?}");
}

#[test]
fn the_past_and_groups_are_for_members_too() {
    let team = Team::with(Right::Manage);
    let mut store = team.open("bob").expect("a member");
    let changes = SecretChanges { set: Vec::new(), remove: Vec::new(), others: Others::Keep };
    store.begin_group().expect("may write");
    store.replace(&space(), &key("", "sales"), 1, b"x", &changes).expect("replaced");
    store.commit_group().expect("done");
    drop(store);
    team.remove("bob").expect("removed");
    let store = team.open("ada").expect("a member");
    assert_eq!(store.versions(&space(), &key("", "sales")).expect("kept").len(), 2);
    assert_eq!(store.members().expect("whole").expect("some").len(), 1);
}

#[test]
fn a_copy_is_restored_by_a_member() {
    let team = Team::with(Right::Manage);
    let copy = team.folder.path().join("copy");
    Store::backup(&team.config("ada"), &copy, Present::Refuse).expect("copied");
    team.remove("bob").expect("removed");
    Store::restore(&team.config("ada"), &copy, Present::Replace).expect("restored");
    is_whole(&team.open("ada").expect("a member"));
    is_whole(&team.open("bob").expect("a member of what was restored"));
}

#[test]
fn no_name_or_key_of_a_member_can_be_read_in_the_files() {
    let team = Team::new();
    let name = "name-canary".to_owned();
    let canary = MemberChange::Add(Member { name, ..team.member("bob", Right::Use) });
    team.change("ada", &canary).expect("added");
    let files = fs_err::read_dir(team.folder.path().join("store")).expect("a folder");
    for file in files.map(|file| file.expect("an entry").path()) {
        let bytes = fs_err::read(&file).expect("read");
        for canary in ["name-canary", &team.public("bob")] {
            let found = bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
            assert!(!found, "{canary} in {}", file.display());
        }
    }
}
