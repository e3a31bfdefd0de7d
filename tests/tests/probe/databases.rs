//! Logins to real servers.

use connhub_tests::databases::Database;
use connhub_tests::serve::Tls;

use super::*;

#[test]
fn postgresql() {
    let env = TestEnv::new();
    let (tls, password) = (Tls::new(), env.secret("password"));
    let server = Database::postgresql(&password, &tls);
    let (port, ca) = (format!("port={}", server.port()), env.file("ca.pem", tls.ca_pem()));
    let ca = format!("ca_certificate=@{}", ca.display());
    let connection = |name: &str, database: &str, password: &str, more: &[&str]| {
        let database = format!("database={database}");
        let mut fields =
            vec!["--type=postgresql", "host=127.0.0.1", &port, &database, "username=loader"];
        fields.extend(more);
        create(&env, name, &fields, ("password", password));
    };
    connection("plain", "postgres", &password, &["ssl_mode=disable"]);
    let (result, rungs) = ladder(&env, "plain");
    assert_eq!((result.as_str(), rungs.len()), ("ok", 4), "{rungs:#?}");
    connection("checked", "postgres", &password, &["ssl_mode=verify-full", &ca]);
    let (result, rungs) = ladder(&env, "checked");
    assert_eq!(result, "ok", "{rungs:#?}");
    assert!(rungs[1].contains("issued by `CN=stand-in authority`"), "{rungs:#?}");
    connection("unknown", "postgres", &password, &["ssl_mode=verify-ca"]);
    ends(&env, "unknown", "tls failed: certificate of `CN=stand-in server`");
    connection("usual", "postgres", &password, &[]);
    ends(&env, "usual", "target ok: database `postgres` is there");
    connection("database", "nowhere", &password, &[]);
    ends(
        &env,
        "database",
        "target failed: database `nowhere`: database \"nowhere\" does not exist",
    );
    let wrong = env.secret("wrong");
    connection("wrong", "postgres", &wrong, &["ssl_mode=require"]);
    ends(
        &env,
        "wrong",
        "credential failed: password authentication failed for user \"loader\" (28P01)",
    );
    let rotate = env.command(["rotate", "usual", "password=-"]);
    rotate.stdin(wrong.as_str()).run().fails(7, "does not work with the new secret");
    ends(&env, "usual", "target ok");
}

#[test]
fn mysql() {
    let env = TestEnv::new();
    let (tls, password) = (Tls::new(), env.secret("password"));
    let server = Database::mariadb(&password, &tls);
    let (port, ca) = (format!("port={}", server.port()), env.file("ca.pem", tls.ca_pem()));
    let ca = format!("ca_certificate=@{}", ca.display());
    let connection = |name: &str, user: &str, database: &str, password: &str, more: &[&str]| {
        let (user, database) = (format!("username={user}"), format!("database={database}"));
        let mut fields = vec!["--type=mysql", "host=127.0.0.1", &port, &database, &user];
        fields.extend(more);
        create(&env, name, &fields, ("password", password));
    };
    connection("plain", "loader", "sales", &password, &["ssl_mode=disabled"]);
    let (result, rungs) = ladder(&env, "plain");
    assert_eq!((result.as_str(), rungs.len()), ("ok", 4), "{rungs:#?}");
    connection("checked", "loader", "sales", &password, &["ssl_mode=verify_identity", &ca]);
    let (result, rungs) = ladder(&env, "checked");
    assert_eq!(result, "ok", "{rungs:#?}");
    assert!(rungs[1].contains("issued by `CN=stand-in authority`"), "{rungs:#?}");
    connection("unknown", "loader", "sales", &password, &["ssl_mode=verify_ca"]);
    let (result, rungs) = ladder(&env, "unknown");
    assert_eq!(result, "failed");
    assert!(rungs[1].contains("its issuer is not trusted"), "{rungs:#?}");
    connection("usual", "loader", "sales", &password, &[]);
    ends(&env, "usual", "target ok: database `sales` is there");
    connection("stranger", "stranger", "sales", &password, &[]);
    ends(&env, "stranger", "target failed: database `sales`: Access denied");
    let wrong = env.secret("wrong");
    connection("wrong", "loader", "sales", &wrong, &[]);
    ends(&env, "wrong", "credential failed: Access denied for user 'loader'");
}
