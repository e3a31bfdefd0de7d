//! Servers that are not there, say nothing, say something else, or say too much.

use std::sync::Arc;
use std::time::Instant;

use connhub_tests::serve::{Request, Response, Server, Service};

use super::*;

fn uri(env: &TestEnv, name: &str, uri: &str) {
    let uri = format!("uri={uri}");
    env.run(["create", name, "--type=uri", &uri]).succeeds();
}

#[test]
fn nobody_is_there() {
    let env = TestEnv::new();
    uri(&env, "closed", &format!("http://{}/x", closed()));
    ends(&env, "closed", "connect failed: 127.0.0.1:");
    uri(&env, "nameless", "https://nobody.invalid/x");
    ends(&env, "nameless", "resolve failed: `nobody.invalid` cannot be resolved");
}

#[test]
fn metadata_services_are_not_asked_by_number_or_by_name() {
    let env = TestEnv::new();
    for (name, host) in [
        ("v4", "169.254.169.254"),
        ("v6", "[fd00:ec2::254]"),
        ("any", "0.0.0.0:1"),
        ("mapped", "[::ffff:169.254.169.254]"),
    ] {
        uri(&env, name, &format!("http://{host}/latest/meta-data/"));
        ends(&env, name, "resolve failed: `");
        let (_, rungs) = ladder(&env, name);
        assert!(rungs[0].contains("which is"), "{rungs:#?}");
    }
    let secret = env.secret("password");
    let fields = ["--type=postgresql", "host=169.254.169.254", "database=x", "username=u"];
    create(&env, "db", &fields, ("password", &secret));
    ends(&env, "db", "resolve failed");
}

#[test]
fn a_redirect_to_a_metadata_service_is_not_followed() {
    struct Away;
    impl Service for Away {
        fn answer(&self, _: &Request) -> Response {
            Response::empty(302).header("location", "http://169.254.169.254/latest/?token=1")
        }
    }
    let env = TestEnv::new();
    let server = Server::start(Arc::new(Away));
    uri(&env, "away", &server.url());
    ends(
        &env,
        "away",
        "target not-testable: HTTP 302 Found, a redirect to http://169.254.169.254, which is not followed",
    );
    let key = env.secret("key");
    let endpoint = format!("endpoint={}", server.url());
    let fields = ["--type=s3", &endpoint, "access_key_id=AKIAEXAMPLE", "bucket=raw"];
    create(&env, "lake", &fields, ("secret_access_key", &key));
    ends(&env, "lake", "protocol failed: what answers does not speak S3: HTTP 302 Found");
}

#[test]
fn a_server_that_says_nothing_costs_no_more_than_the_time_that_is_given() {
    let env = TestEnv::new();
    let (_listener, address) = silent();
    let secret = env.secret("password");
    let host = format!("port={}", address.port());
    for kind in ["postgresql", "mysql"] {
        let kind_flag = format!("--type={kind}");
        let fields = [&*kind_flag, "host=127.0.0.1", &host, "database=x", "username=u"];
        create(&env, kind, &fields, ("password", &secret));
    }
    uri(&env, "page", &format!("https://{address}/"));
    let began = Instant::now();
    let outcome = env.run(["test", "postgresql", "mysql", "page", "--timeout=500ms", "-o=json"]);
    let elapsed = began.elapsed();
    let json = outcome.exits_with(7).json();
    for item in json["items"].as_array().unwrap() {
        let rungs = rungs(item);
        assert!(rungs.last().unwrap().ends_with("no answer within 0.5 seconds"), "{rungs:#?}");
    }
    // A safe distance from the ten seconds that are usual: they wait at the same time.
    assert!(elapsed.as_secs() < 9, "{elapsed:?}");
}

#[test]
fn what_answers_may_be_something_else() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let garbage = answers(b"\x16\x03garbage \x1b[31m\xff\xfe\r\n\r\n".to_vec());
    let page = answers(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_vec());
    let port = |address: SocketAddr| format!("port={}", address.port());
    let at = |address: SocketAddr| format!("127.0.0.1:{}", address.port());
    for (name, address) in [("garbage", garbage), ("page", page)] {
        let named = |kind: &str| format!("{kind}-{name}");
        for (kind, more) in [
            ("postgresql", "ssl_mode=disable"),
            ("mysql", "database=x"),
            ("mssql", "encrypt=false"),
            ("oracle", "service_name=X"),
        ] {
            let address = if kind == "mysql" {
                greets(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())
            } else {
                address
            };
            let (kind_flag, port) = (format!("--type={kind}"), port(address));
            let database = if kind == "oracle" { "schema=x" } else { "database=x" };
            let fields = [&*kind_flag, "host=127.0.0.1", &port, database, "username=u", more];
            create(
                &env,
                &named(kind),
                &fields[..if more == "database=x" { 5 } else { 6 }],
                ("password", &secret),
            );
            ends(&env, &named(kind), "protocol failed: what answers does not speak");
        }
        let brokers = format!("brokers={}", at(address));
        env.run(["create", &named("kafka"), "--type=kafka", &brokers]).succeeds();
        ends(&env, &named("kafka"), "protocol failed: what answers does not speak Kafka");
        let nodes = format!("nodes={}", at(address));
        env.run(["create", &named("mongodb"), "--type=mongodb", "auth_method=none", &nodes])
            .succeeds();
        ends(&env, &named("mongodb"), "protocol failed: what answers does not speak MongoDB");
        let fields = ["--type=elasticsearch", &nodes, "tls=false", "username=u"];
        create(&env, &named("search"), &fields, ("password", &secret));
        ends(&env, &named("search"), "protocol failed: what answers");
    }
    uri(&env, "tls", &format!("https://{garbage}/"));
    ends(&env, "tls", "tls failed: what answers does not speak TLS");
}

#[test]
fn a_flood_is_not_read_to_its_end() {
    let env = TestEnv::new();
    let body = vec![b'x'; 8 * 1024 * 1024];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let address = answers([head.into_bytes(), body].concat());
    let nodes = format!("nodes={address}");
    env.run(["create", "flood", "--type=elasticsearch", "auth_method=none", "tls=false", &nodes])
        .succeeds();
    ends(&env, "flood", "protocol failed: what answers is no search engine");
    let headers = "x: y\r\n".repeat(100_000);
    let address = answers(format!("HTTP/1.1 200 OK\r\n{headers}\r\n"));
    uri(&env, "headers", &format!("http://{address}/"));
    ends(&env, "headers", "protocol failed: ");
}

#[test]
fn a_server_that_repeats_the_secret_is_not_quoted() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let body = format!("{{\"error\":{{\"reason\":\"no user {secret}\"}}}}").replace('"', "\"");
    let body =
        serde_json::json!({"error": {"reason": format!("not {secret}, please")}, "was": body});
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n{body}",
        body.to_string().len()
    );
    let nodes = format!("nodes={}", answers(answer));
    let fields = ["--type=elasticsearch", &nodes, "tls=false", "username=u"];
    create(&env, "echo", &fields, ("password", &secret));
    ends(
        &env,
        "echo",
        "credential failed: the login is not accepted, HTTP 401 Unauthorized: not ***, please",
    );
    // PostgreSQL: an error of the server, after the greeting that it speaks no TLS.
    let message = format!("SFATAL\0C28P01\0Mno {secret}\0\0");
    let mut packet = vec![b'E'];
    packet.extend((message.len() as u32 + 4).to_be_bytes());
    packet.extend(message.as_bytes());
    let port = format!("port={}", answers(packet).port());
    let fields = [
        "--type=postgresql",
        "host=127.0.0.1",
        &port,
        "database=x",
        "username=u",
        "ssl_mode=disable",
    ];
    create(&env, "db", &fields, ("password", &secret));
    ends(&env, "db", "credential failed: no *** (28P01)");
}

#[test]
fn a_password_is_not_sent_in_clear_because_a_server_says_that_it_knows_no_tls() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    // `N` to the question for TLS; then the request for a password as it is.
    let asks = |first: &[u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let first = first.to_vec();
        let heard = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            if !first.is_empty() {
                assert!(stream.read(&mut buffer).unwrap() > 0);
                stream.write_all(&first).unwrap();
            }
            assert!(stream.read(&mut buffer).unwrap() > 0);
            stream.write_all(b"R\0\0\0\x08\0\0\0\x03").unwrap();
            stream.read(&mut buffer).unwrap_or_default()
        });
        (address, heard)
    };
    let (address, heard) = asks(b"N");
    let port = format!("port={}", address.port());
    let fields = ["--type=postgresql", "host=127.0.0.1", &port, "database=x", "username=u"];
    create(&env, "prefer", &fields, ("password", &secret));
    ends(&env, "prefer", "credential failed: the server asks for the password in clear");
    assert_eq!(heard.join().unwrap(), 0, "nothing was sent");
    let (address, heard) = asks(b"");
    let port = format!("port={}", address.port());
    env.run(["update", "prefer", &port, "ssl_mode=disable", "--keep-secrets"]).succeeds();
    env.run(["test", "prefer"]).exits_with(7);
    assert!(heard.join().unwrap() > 0, "whoever says `disable` gets it");
    assert!(!both(&env.run(["test", "prefer", "--timeout=1s"])).contains(&secret));
}

#[test]
fn wrong_usage_is_said() {
    let env = TestEnv::new();
    env.run(["test"]).fails(2, "required");
    env.run(["test", "x", "--all"]).exits_with(2);
    env.run(["test", "x", "--timeout=1h"]).fails(2, "write a time of at most 10 minutes");
    env.run(["test", "x", "-f=-"]).exits_with(2);
    env.run(["test", "nobody"]).exits_with(3);
    env.run(["test", "nobody", "--json=colour"]).fails(2, "there is no JSON key `colour`");
    assert!(
        env.run(["test", "--all", "-o=json"]).succeeds().json()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}
