//! Protocols without a login here: they are followed to the first answer, and the login is said not to have been tried.

use super::*;

#[test]
fn kafka() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let mut body = b"hub?\0\0\0\0\0\x01".to_vec();
    body.extend([0, 18, 0, 0, 0, 3]);
    let mut answer = (body.len() as u32).to_be_bytes().to_vec();
    answer.extend(body);
    // The first broker is down: the second one counts.
    let brokers = format!("brokers={},{}", closed(), answers(answer));
    env.run(["create", "open", "--type=kafka", &brokers]).succeeds();
    let (result, rungs) = ladder(&env, "open");
    assert_eq!((result.as_str(), rungs.len()), ("ok", 2), "{rungs:#?}");
    create(&env, "sasl", &["--type=kafka", &brokers, "username=u"], ("password", &secret));
    assert_eq!(ladder(&env, "sasl").0, "not-testable");
    ends(&env, "sasl", "credential not-testable: not tried");
}

#[test]
fn mongodb() {
    let env = TestEnv::new();
    let document = b"\x11\0\0\0\x01ok\0\0\0\0\0\0\0\xf0\x3f\0";
    let mut answer = Vec::new();
    for number in [16 + 5 + document.len() as u32, 1, 0x6875_623f, 2013, 0] {
        answer.extend(number.to_le_bytes());
    }
    answer.push(0);
    answer.extend(document);
    let nodes = format!("nodes={}", answers(answer));
    let secret = env.secret("password");
    create(&env, "m", &["--type=mongodb", &nodes, "username=u"], ("password", &secret));
    ends(&env, "m", "credential not-testable: not tried");
    env.run(["update", "m", "srv=true"]).succeeds();
    ends(&env, "m", "resolve not-testable: the servers are found by SRV records");
}

#[test]
fn sql_server() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let server = |encryption: u8| {
        let mut body = vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff];
        body.extend([16, 0, 0x10, 0x04, 0, 0, encryption]);
        let mut answer = vec![4, 1, 0, body.len() as u8 + 8, 0, 0, 1, 0];
        answer.extend(body);
        format!("port={}", answers(answer).port())
    };
    let connection = |name: &str, port: &str, encrypt: &str| {
        let fields = ["--type=mssql", "host=127.0.0.1", port, "database=x", "username=u", encrypt];
        create(&env, name, &fields, ("password", &secret));
        ladder(&env, name)
    };
    let (result, rungs) = connection("plain", &server(2), "encrypt=false");
    assert_eq!(result, "not-testable");
    assert!(rungs.contains(&"protocol ok: SQL Server 16.0.4100".to_owned()), "{rungs:#?}");
    let (result, rungs) = connection("refuses", &server(2), "encrypt=true");
    assert_eq!(result, "failed");
    assert!(rungs[1].contains("the server does not speak TLS"), "{rungs:#?}");
    // Behind its offer this one says nothing.
    let (result, rungs) = connection("silent", &server(1), "encrypt=true");
    assert_eq!(result, "failed");
    assert!(rungs[1].starts_with("tls failed: no answer"), "{rungs:#?}");
}

#[test]
fn oracle() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let packet = |kind: u8, body: &[u8]| {
        let mut packet = (body.len() as u16 + 8).to_be_bytes().to_vec();
        packet.extend([0, 0, kind, 0, 0, 0]);
        packet.extend(body);
        format!("port={}", answers(packet).port())
    };
    let known = packet(2, b"\x01\x3e");
    let fields = ["--type=oracle", "host=127.0.0.1", &known, "service_name=SALES", "username=u"];
    create(&env, "known", &fields, ("password", &secret));
    ends(&env, "known", "target ok: the listener knows service `SALES`");
    let refused = packet(4, b"\x22\x00\x00\x28(DESCRIPTION=(VSNNUM=0)(ERR=12514))");
    let fields = ["--type=oracle", "host=127.0.0.1", &refused, "service_name=SALES", "username=u"];
    create(&env, "unknown", &fields, ("password", &secret));
    ends(&env, "unknown", "target failed: service `SALES`: the listener does not know it");
}
