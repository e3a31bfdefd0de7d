//! Stores that belong to somebody else. A user namespace plays the other user, to whom all files seem
//! to belong.

use connhub_tests::cli::can_change_user;

use super::*;

const ADA: u32 = 30001;
const BOB: u32 = 30002;

#[test]
fn a_store_copied_from_another_user_is_refused() {
    if !can_change_user() {
        eprintln!("skipped: this machine lets nobody have a user namespace");
        return;
    }
    let env = TestEnv::new();
    let secret = env.secret("key");
    create(&env, "sales", &secret).as_user(ADA).run().succeeds();
    let listed = env.command(["list"]).as_user(ADA).run().succeeds();
    assert!(listed.stdout.contains("sales"), "{listed}");
    let before = Backup::of(&vault(&env));
    insta::assert_snapshot!(env.command(["list"]).as_user(BOB).run(), @"
    exit code: 8
    --- stderr ---
    error: `$HOME/data/vault/store.db` belongs to the user `uid:30001`, not to `uid:30002`

    hint: a store cannot change its owner; as `uid:30002`, keep another folder for it
    ");
    create(&env, "other", &secret).as_user(BOB).run().exits_with(8);
    assert_eq!(Backup::of(&vault(&env)), before);
}

#[test]
fn files_of_another_user_are_refused() {
    if !can_change_user() {
        eprintln!("skipped: this machine lets nobody have a user namespace");
        return;
    }
    let env = TestEnv::new();
    create(&env, "sales", &env.secret("key")).run().succeeds();
    // Nobody is mapped, so every file belongs to the kernel's overflow user. Only who may pass by
    // permissions, as root may, gets as far as the check of the owner.
    let outcome = env.command(["list"]).by(["unshare", "--user", "--"]).run();
    assert_eq!(outcome.code, 8, "{outcome}");
}
