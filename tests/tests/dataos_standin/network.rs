use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use connhub_tests::dataos::{DataOs, Options, run};
use connhub_tests::serve::Server;
use serde_json::Value;

use crate::{DEPOTS, WORKSPACE, secret};

#[test]
fn it_serves_over_the_network() {
    let dataos = Arc::new(DataOs::new(Options::default()));
    let server = Server::start(dataos.clone());
    let login = format!("apikey: {}\r\n", dataos.tokens().data_dev);
    let manifest = secret("sales-cred").to_string();
    let answer = over_the_wire(&server.url(), "POST", WORKSPACE, &login, &manifest);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(dataos.secrets()[0].values["password"], "p@ss $HOME");
    let refused = over_the_wire(&server.url(), "GET", DEPOTS, "", "");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
}

#[test]
fn the_program_writes_a_configuration_that_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("plugins.toml");
    let server = run(Some(config.clone())).expect("it starts");
    let token_file = folder.path().join("plugins.toml.token");
    for file in [&config, &token_file] {
        let mode = fs_err::metadata(file).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
    let text = fs_err::read_to_string(&config).expect("the file is readable");
    let quoted = |value: &str| Value::from(value).to_string();
    for wanted in [&server.url(), "engineering", &token_file.display().to_string()] {
        assert!(text.contains(&quoted(wanted)), "{wanted} in {text}");
    }
    let token = fs_err::read_to_string(&token_file).expect("the file is readable");
    let login = format!("authorization: Bearer {token}\r\n");
    let answer = over_the_wire(&server.url(), "GET", DEPOTS, &login, "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!text.contains(&token), "the token is in its own file only");
}

fn over_the_wire(url: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let address = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is read");
    answer
}
