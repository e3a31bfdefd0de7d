//! Stores on a server: everything that holds for a file, and what only a server can do to a store.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::server::{at, edit, free_port, on_a_server, port};
use super::*;

/// Runs tests of other modules once more, with their stores on a server.
macro_rules! also {
    ($($module:ident: $($test:ident),+;)+) => { $( mod $module { $(
        #[test]
        fn $test() {
            super::on_a_server(super::super::$module::$test);
        }
    )+ } )+ };
}

also! {
    operations: what_is_inserted_is_read_back, a_name_is_taken_once_per_scope_and_connector, connectors_do_not_see_each_other,
        a_replacement_takes_the_revision_that_was_read, a_replacement_can_drop_the_other_secrets,
        a_removed_record_is_gone_and_its_name_free, a_failed_operation_changes_nothing, secrets_are_compared_without_being_shown,
        sizes_are_bounded_before_anything_is_written, a_vault_can_be_moved_to_another_thread;
    groups: a_group_is_durable_when_it_is_committed_and_not_before, one_failure_in_a_group_undoes_itself_alone,
        a_group_that_is_abandoned_or_forgotten_changes_nothing, a_group_is_a_transaction_of_the_whole_store,
        changes_of_others_are_seen_behind_the_check_of_a_bucket;
    history: what_was_replaced_is_there_as_it_was, only_the_last_versions_are_kept,
        what_was_removed_is_kept_and_can_be_followed_by_another, a_change_that_fails_keeps_nothing,
        remarks_leave_no_version_and_what_is_forgotten_is_gone, the_past_of_all_can_be_cleared, another_past_is_noticed,
        a_forgery_is_still_noticed_after_it_was_pushed_out, a_past_version_put_back_as_the_record_is_noticed,
        new_keys_take_the_past_along, an_open_store_goes_on_when_another_process_begins_the_past,
        other_spaces_and_scopes_have_a_past_of_their_own;
    scanning: pages_of_every_size_hold_each_record_once, pages_of_a_large_store_hold_each_record_once,
        a_scope_selects_exactly_its_records, a_scan_goes_on_while_records_come_and_go, senseless_requests_are_refused,
        a_page_is_bounded_in_bytes;
    rotation: keys_are_replaced_as_often_as_wanted, the_old_key_opens_nothing_afterwards,
        a_process_that_has_the_store_open_goes_on, where_there_is_a_choice_the_place_of_the_key_stays;
    recovery: a_store_without_its_key_is_recovered, new_keys_stay_recoverable, a_recovery_key_is_replaced_and_removed,
        a_store_is_made_with_a_recovery_key, the_first_record_makes_a_store_with_a_recovery_key_too;
    processes: fifty_first_starts_make_one_store_and_one_key, one_of_fifty_gets_the_name,
        threads_with_connections_of_their_own_lose_nothing, killed_processes_lose_nothing_that_they_acknowledged,
        a_store_whose_keys_are_being_replaced_opens_after_every_kill, a_creation_that_is_killed_anywhere_can_be_repeated;
    rows: edits_are_seen, a_ciphertext_that_is_swapped_under_its_seal_does_not_open,
        an_insert_into_a_store_with_a_missing_row_does_not_hide_it, small_pages_hide_no_missing_row;
}

/// A fixture on a server, if there is one.
fn filled() -> Option<(Fixture, Server)> {
    let mut made = None;
    port()?;
    super::server::on_this_thread(|| made = Some(Fixture::filled()));
    let fixture = made?;
    let server = fixture.server.clone()?;
    Some((fixture, server))
}

#[test]
fn a_server_that_was_rolled_back_is_noticed() {
    let Some((fixture, server)) = filled() else { return };
    edit(
        &server,
        "CREATE TABLE old AS SELECT * FROM record; CREATE TABLE older AS SELECT * FROM state",
    );
    insert(&mut fixture.store(), "", "later").expect("new");
    edit(
        &server,
        "DELETE FROM record; INSERT INTO record SELECT * FROM old; UPDATE state SET sealed = (SELECT sealed FROM older)",
    );
    let error = all(&fixture.store()).expect_err("it is older");
    assert!(matches!(error, VaultError::RolledBack { .. }), "{error:?}");
}

#[test]
fn a_store_that_is_gone_is_not_made_anew() {
    let Some((fixture, server)) = filled() else { return };
    edit(&server, &format!("DROP SCHEMA \"{}\" CASCADE", server.schema));
    let error = Store::open(&fixture.config()).err().expect("it was there");
    assert!(matches!(error, VaultError::Gone { .. }), "{error:?}");
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let Some((fixture, server)) = filled() else { return };
    edit(&server, "INSERT INTO migration (number) VALUES (99)");
    let error = Store::open(&fixture.config()).err().expect("unknown");
    assert!(matches!(error, VaultError::Unsupported { version: 99, .. }), "{error:?}");
    assert!(error.hint().expect("a hint").contains("vault migrate --to 2"), "{error:?}");
}

#[test]
fn tables_that_were_changed_are_damage() {
    for change in [
        "DROP TABLE record",
        "ALTER TABLE record RENAME COLUMN revision TO version",
        "ALTER TABLE record ALTER COLUMN scope TYPE text USING encode(scope, 'hex')",
        "DROP TABLE state",
    ] {
        let Some((fixture, server)) = filled() else { return };
        edit(&server, change);
        let error = Store::open_existing(&fixture.config()).and_then(|store| {
            let store = store.expect("it is there");
            store.get(&space(), &key("", "sales"))?;
            all(&store)
        });
        assert!(matches!(error, Err(VaultError::Damaged { .. })), "{change}: {error:?}");
    }
}

#[test]
fn steps_can_be_undone_and_done_again() {
    let Some((fixture, server)) = filled() else { return };
    drop(fixture);
    postgres::check_steps(&server).ok().expect("down and up again");
    let store = postgres::Database::find(&server).expect("it is reached");
    assert!(store.is_none(), "its tables are empty");
}

/// Brings the tables to a version, and says which one they had.
fn migrate(config: &VaultConfig, to: Option<i32>) -> Result<Migration, VaultError> {
    let way = Store::plan_migration(config, to)?.expect("there is a store");
    Store::migrate(config, &way)?.expect("there is a store");
    Ok(way)
}

#[test]
fn a_store_goes_on_with_older_tables_and_with_newer_ones() {
    let Some((fixture, server)) = filled() else { return };
    let config = fixture.config();
    let tables = || status(&config).expect("it is reached").expect("it is there").tables;
    assert_eq!(tables(), Some(2));
    let mut open = fixture.store();
    for (to, before, name) in [(Some(1), 2, "older"), (None, 1, "newer"), (Some(1), 2, "again")] {
        let way = migrate(&config, to).expect("the role owns the tables");
        assert_eq!((way.from, way.losses.is_empty()), (before, to.is_none()));
        assert_eq!(tables(), Some(way.to));
        // Whoever had the store open goes on, and whoever opens it.
        insert(&mut open, "", name).expect("it is new");
        fixture.store().verify().expect("whole");
    }
    assert_eq!(all(&fixture.store()).expect("whole").len(), FILLED.len() + 3);
    // The place is free: nothing is left of it.
    edit(&server, "CREATE TABLE member (a integer)");
}

#[test]
fn a_migration_that_cannot_be_is_refused_and_changes_nothing() {
    let Some((fixture, server)) = filled() else { return };
    let config = fixture.config();
    for to in [0, 3, -1] {
        let refused = Store::plan_migration(&config, Some(to));
        assert!(matches!(refused, Err(VaultError::Invalid { .. })), "{refused:?}");
    }
    let alone = Fixture::filled().config();
    let refused = Store::plan_migration(&alone, Some(1));
    assert!(matches!(refused, Err(VaultError::Invalid { .. })), "{refused:?}");
    let way = Store::plan_migration(&config, Some(1)).expect("a way").expect("a store");
    let user = format!("writer{}", server.schema.replace(' ', "_"));
    edit(
        &server,
        &format!(
            "CREATE ROLE {user} LOGIN; GRANT USAGE ON SCHEMA \"{0}\" TO {user}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"{0}\" TO {user}",
            server.schema
        ),
    );
    let writer = Server { user, ..server.clone() };
    let refused = Store::migrate(&VaultConfig { server: Some(writer), ..config.clone() }, &way);
    let error = refused.expect_err("it does not own the tables");
    assert!(matches!(error, VaultError::Server { why: ServerFault::Forbidden, .. }), "{error:?}");
    assert!(error.hint().expect("a hint").contains("tableowner"), "{error:?}");
    // What was said to be lost is not all that would be.
    edit(
        &server,
        "INSERT INTO migration (number) VALUES (0); DELETE FROM migration WHERE number > 0",
    );
    let error = Store::migrate(&config, &way).expect_err("they have another version by now");
    assert!(matches!(error, VaultError::Invalid { .. }), "{error:?}");
    edit(&server, "INSERT INTO migration (number) VALUES (1), (2)");
    assert_eq!(all(&fixture.store()).expect("whole").len(), FILLED.len());
}

#[test]
fn nobody_loses_anything_to_a_migration_at_the_same_time() {
    let Some((fixture, server)) = filled() else { return };
    drop(server);
    let configs = ["a", "b", "c"].map(|scope| (scope, fixture.config()));
    let writers = configs.map(|(scope, config)| {
        thread::spawn(move || {
            let mut store = Store::open(&config).expect("it opens");
            (0..20).for_each(|n| {
                insert(&mut store, scope, &format!("n{n}")).expect("it is new");
            });
        })
    });
    for to in [1, 2, 1, 2] {
        migrate(&fixture.config(), Some(to)).expect("migrated");
    }
    for writer in writers {
        writer.join().expect("no panic");
    }
    assert_eq!(fixture.store().verify().expect("whole"), FILLED.len() as u64 + 60);
}

#[test]
fn a_connection_that_breaks_is_made_anew_and_nothing_is_done_twice() {
    let Some((fixture, server)) = filled() else { return };
    let mut store = fixture.store();
    for index in 0..5 {
        break_all(&server);
        insert(&mut store, "broken", &format!("n{index}")).expect("once more");
        break_all(&server);
        assert_eq!(all(&store).expect("once more").len(), FILLED.len() + 1 + index);
    }
}

#[test]
fn a_group_whose_connection_breaks_does_nothing_and_says_so() {
    let Some((fixture, server)) = filled() else { return };
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    insert(&mut store, "bulk", "a").expect("it is new");
    break_all(&server);
    let second = insert(&mut store, "bulk", "b").expect_err("the connection broke");
    assert!(
        matches!(second, VaultError::Server { why: ServerFault::Unreachable, .. }),
        "{second:?}"
    );
    store.commit_group().expect_err("nothing of it was done");
    assert_eq!(all(&store).expect("whole").len(), FILLED.len());
    insert(&mut store, "bulk", "c").expect("over another connection");
}

/// Ends all connections but that of whoever says so.
fn break_all(server: &Server) {
    edit(
        server,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
         AND application_name = current_setting('application_name')",
    );
}

/// What a proxy does with the end of a transaction, once.
#[derive(Clone, Copy)]
enum Cut {
    /// The server hears of it, and its answer is lost.
    Answer,
    /// The server does not hear of it.
    Request,
}

/// Stands between a client and the server, and cuts the connection at the first COMMIT after it was armed.
fn proxy(to: u16, cut: Cut) -> (u16, Arc<AtomicBool>) {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let armed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&armed);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", to)).expect("the server is there");
            let (mut up, mut back) =
                (client.try_clone().expect("one"), server.try_clone().expect("one"));
            let (mut down, mut forth) = (client, server);
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut down);
                let _ = down.shutdown(std::net::Shutdown::Both);
            });
            thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(count @ 1..) = up.read(&mut buffer) {
                    let said = &buffer[..count];
                    let ends = said.windows(7).any(|word| word == b"COMMIT\0");
                    let is_cut = ends && flag.swap(false, Ordering::SeqCst);
                    if is_cut {
                        // The client hears nothing any more.
                        let _ = up.shutdown(std::net::Shutdown::Both);
                    }
                    if !(is_cut && matches!(cut, Cut::Request)) && forth.write_all(said).is_err() {
                        break;
                    }
                    if is_cut {
                        // The server has time to do what it heard.
                        thread::sleep(Duration::from_millis(100));
                        break;
                    }
                }
                let _ = forth.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    (port, armed)
}

#[test]
fn what_became_of_a_change_whose_end_was_not_heard_is_found_out() {
    for cut in [Cut::Answer, Cut::Request] {
        let Some((fixture, server)) = filled() else { return };
        let (port, armed) = proxy(server.port, cut);
        let through = VaultConfig { server: Some(at(port, &server.schema)), ..fixture.config() };
        let mut store = Store::open(&through).expect("it opens");
        armed.store(true, Ordering::SeqCst);
        assert_eq!(insert(&mut store, "cut", "one").expect("it is done in the end"), 1);
        assert!(!armed.load(Ordering::SeqCst), "nothing was cut");
        assert_eq!(store.get(&space(), &key("cut", "one")).expect("there").revision, 1);
        store.begin_group().expect("nobody else writes");
        insert(&mut store, "cut", "two").expect("new");
        armed.store(true, Ordering::SeqCst);
        let ended = store.commit_group();
        assert_eq!(ended.is_ok(), matches!(cut, Cut::Answer), "{ended:?}");
        let is_there = fixture.store().get(&space(), &key("cut", "two")).is_ok();
        assert_eq!(is_there, ended.is_ok());
    }
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_not_there() {
    let fixture = Fixture::new();
    let server = at(free_port(), "none");
    let config = VaultConfig { server: Some(server), ..fixture.config() };
    let error = Store::open_existing(&config).err().expect("nobody answers");
    assert!(matches!(error, VaultError::Server { why: ServerFault::Unreachable, .. }), "{error:?}");
    assert!(error.hint().expect("a hint").contains("pg_isready"), "{error:?}");
}

#[test]
fn a_user_without_rights_is_told_what_to_have_said() {
    let Some((fixture, server)) = filled() else { return };
    let user = format!("stranger{}", server.schema.replace(' ', "_"));
    edit(&server, &format!("CREATE ROLE {user} LOGIN"));
    let stranger = Server { user: user.clone(), ..server.clone() };
    let config = VaultConfig { server: Some(stranger.clone()), ..fixture.config() };
    let error = Store::open_existing(&config).err().expect("no right");
    assert!(matches!(error, VaultError::Server { why: ServerFault::Forbidden, .. }), "{error:?}");
    assert!(error.hint().expect("a hint").contains(&format!("TO \"{user}\"")), "{error:?}");
    let new = Fixture::new();
    let schema = "not there".to_owned();
    let config = VaultConfig { server: Some(Server { schema, ..stranger }), ..new.config() };
    let error = Store::open(&config).err().expect("no right");
    assert!(error.hint().expect("a hint").contains("CREATE SCHEMA"), "{error:?}");
    let nobody = Server { user: "nobody_at_all".to_owned(), ..server.clone() };
    let config = VaultConfig { server: Some(nobody), ..new.config() };
    let error = Store::open_existing(&config).err().expect("no such user");
    assert!(matches!(error, VaultError::Server { why: ServerFault::Login, .. }), "{error:?}");
    let elsewhere = Server { database: "none".to_owned(), ..server };
    let config = VaultConfig { server: Some(elsewhere), ..new.config() };
    let error = Store::open_existing(&config).err().expect("no such database");
    assert!(matches!(error, VaultError::Server { why: ServerFault::Absent, .. }), "{error:?}");
}

#[test]
fn a_copy_is_a_file_with_everything_in_it() {
    let Some((fixture, server)) = filled() else { return };
    let mut store = fixture.store();
    let change =
        SecretChanges { set: vec![named("password", "new")], remove: vec![], others: Others::Keep };
    store.replace(&space(), &key("", "sales"), 1, b"new", &change).expect("current");
    let path = fixture.folder.path().join("copy");
    let records = Store::backup(&fixture.config(), &path, Present::Refuse).expect("copied");
    assert_eq!(records, Some(FILLED.len() as u64));
    let refused = Store::restore(&fixture.config(), &path, Present::Replace);
    assert!(matches!(refused, Err(VaultError::Invalid { .. })), "{refused:?}");
    // Without the server it becomes a store of one user.
    let alone = VaultConfig {
        directory: fixture.folder.path().join("alone"),
        server: None,
        ..fixture.config()
    };
    Store::restore(&alone, &path, Present::Refuse).expect("restored");
    let restored = Store::open_existing(&alone).expect("opened").expect("there");
    assert_eq!(all(&restored).expect("whole"), all(&store).expect("whole"));
    assert_eq!(restored.versions(&space(), &key("", "sales")).expect("kept").len(), 2);
    drop(server);
}

#[test]
fn nothing_that_was_stored_is_readable_in_any_table() {
    let Some((fixture, server)) = filled() else { return };
    let mut store = fixture.store();
    let at = key("scope-canary", "name-canary");
    store
        .insert(&space(), &at, b"public-canary", &[named("key-canary", "secret-canary")])
        .expect("new");
    store.remove(&space(), &at, 1).expect("current");
    for word in ["canary", "hunter2", "endpoint", "sales"] {
        let tables = ["header", "state", "record", "history", "migration"];
        for table in tables {
            edit(
                &server,
                &format!(
                    "DO $$ BEGIN IF EXISTS (SELECT 1 FROM {table} t WHERE position(encode('{word}', 'hex') IN row_to_json(t)::text) > 0 \
                     OR row_to_json(t)::text LIKE '%{word}%') THEN RAISE 'found'; END IF; END $$"
                ),
            );
        }
    }
}
