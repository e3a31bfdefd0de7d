//! Recording and playing without a connector.

use super::super::recording::Scene;
use super::*;
use crate::policy::Grants;

fn asks(path: &str, value: &str) -> Outgoing {
    Outgoing {
        method: "POST".to_owned(),
        path: path.to_owned(),
        body: vec![
            Part::Bytes(b"{\"key\":".to_vec()),
            Part::Secret { value: Secret::from(value.to_owned()), encoding: Encoding::JsonString },
            Part::Bytes(b"}".to_vec()),
        ],
        ..Outgoing::default()
    }
}

fn answers(secrets: &[(&str, &str)]) -> Incoming {
    let secrets = secrets.iter().map(|(place, value)| {
        let secret = Secret::from((*value).to_owned());
        ((*place).to_owned(), secret)
    });
    Incoming {
        status: 200,
        body: b"{}".to_vec(),
        secrets: secrets.collect(),
        ..Incoming::default()
    }
}

/// A tape with one call of one request that has `canary-value-1` and an answer that has it, too, and one more.
fn recorded() -> Recording {
    let mut tape = Tape::records();
    tape.plant(&Secret::from("canary-value-1".to_owned()));
    tape.begin("one", "create");
    let mut login = Scrubber::default();
    login.add(&Secret::from("login-token-77".to_owned()));
    let long = STANDARD.encode("postgres://alice:canary-value-1@db");
    let secrets = [("/a", "canary-value-1"), ("/b", "somebody-elses"), ("/c", &long)];
    let answer = Ok(answers(&secrets));
    let mut outgoing = asks("/x/login-token-77", "canary-value-1");
    outgoing.query.push(("leak".to_owned(), "canary-value-1".to_owned()));
    tape.take_down("one", "api", &outgoing, &answer, &login);
    // Read back, it is sent again as a part of another request.
    tape.take_down("one", "api", &asks("/y", &long), &Ok(answers(&[])), &login);
    recording(tape.take())
}

fn recording(taken: Taken) -> Recording {
    let scene = Scene {
        connector: "acme",
        prefix: "kit234",
        scope: None,
        type_name: "s3".to_owned(),
        fields: &[],
        settings: &[],
        grants: &Grants::default(),
    };
    Recording::new(scene, taken)
}

fn replayed(path: &str, value: &str) -> (Tape, Result<Incoming, HttpError>) {
    let mut tape = Tape::plays(&recorded());
    tape.plant(&Secret::from("canary-value-2".to_owned()));
    tape.begin("one", "create");
    let mut outgoing = asks(path, value);
    outgoing.query.push(("leak".to_owned(), "canary-value-2".to_owned()));
    let played = tape.play("one", "api", &outgoing, &Scrubber::default()).unwrap();
    (tape, played)
}

#[test]
fn no_secret_is_in_a_recording() {
    let text = serde_json::to_string(&recorded()).unwrap();
    let encoded = STANDARD.encode("postgres://alice:canary-value-1@db");
    for secret in ["canary-value-1", "login-token-77", "somebody-elses", "alice", &encoded] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("kit-1") && text.contains("other-1"), "{text}");
}

#[test]
fn a_recording_is_played_with_new_secrets() {
    let (mut tape, played) = replayed("/x/another-token", "canary-value-2");
    let played = played.unwrap();
    let long = String::from_utf8(played.secrets[2].1.expose().to_vec()).unwrap();
    assert_eq!(STANDARD.decode(&long).unwrap(), b"xxxxxxxx://xxxxx:canary-value-2@xx");
    tape.play("one", "api", &asks("/y", &long), &Scrubber::default()).unwrap().unwrap();
    assert_eq!(played.secrets[0].1, Secret::from("canary-value-2".to_owned()));
    assert_ne!(played.secrets[1].1, Secret::from("somebody-elses".to_owned()));
    assert_eq!(tape.close(), [] as [String; 0]);
}

#[test]
fn another_request_is_a_finding() {
    let (mut tape, played) = replayed("/y", "canary-value-2");
    assert!(played.is_err());
    let found = tape.close().join("\n");
    assert!(found.starts_with("request 1 of `create` (call 1): the recording has POST /x/***"));
    let (mut tape, played) = replayed("/x/t", "another value");
    assert!(played.is_err());
    assert!(tape.close().join("\n").contains("kit-1 as json-string"));
}

#[test]
fn other_calls_are_findings() {
    let recording = recorded();
    let found = |calls: &[(&'static str, &str)]| {
        let mut tape = Tape::plays(&recording);
        calls.iter().for_each(|(by, operation)| tape.begin(by, operation));
        tape.close().join("\n")
    };
    assert!(found(&[]).contains("call 1, `create`, which was not made"));
    assert!(found(&[("one", "get")]).contains("is `create`, and `get` was called"));
    assert!(found(&[("one", "create")]).contains("sent 0 of the 2 requests"));
    assert!(found(&[("one", "create"), ("one", "get")]).contains("no more calls"));
}

/// Two values that differ in a letter have one shape. Which of them is sent again is what a replay is for.
#[test]
fn two_values_of_one_shape_are_two_secrets() {
    let [first, second] = ["alice", "bobby"].map(|user| format!("pg://{user}:canary-value-1@db"));
    let mut tape = Tape::records();
    tape.plant(&Secret::from("canary-value-1".to_owned()));
    tape.begin("one", "update");
    let answer = Ok(answers(&[("/a", &first), ("/b", &second)]));
    tape.take_down("one", "api", &asks("/x", "canary-value-1"), &answer, &Scrubber::default());
    tape.take_down("one", "api", &asks("/y", &second), &Ok(answers(&[])), &Scrubber::default());
    let recording = recording(tape.take());
    let shapes: Vec<_> = recording.shapes.values().collect();
    assert_eq!(shapes[0], shapes[1], "the file does not say what they were");

    let send_again = |index: usize| {
        let mut tape = Tape::plays(&recording);
        tape.plant(&Secret::from("canary-value-2".to_owned()));
        tape.begin("one", "update");
        let first = asks("/x", "canary-value-2");
        let played = tape.play("one", "api", &first, &Scrubber::default()).unwrap().unwrap();
        let value = String::from_utf8(played.secrets[index].1.expose().to_vec()).unwrap();
        let _ = tape.play("one", "api", &asks("/y", &value), &Scrubber::default());
        tape.close().join("\n")
    };
    assert_eq!(send_again(1), "");
    let found = send_again(0);
    assert!(found.contains("other-2") && found.contains("other-1"), "{found}");
}

/// What a server sends is compared with what is known without looking at each: this took minutes.
#[test]
fn many_masked_values_are_named_and_played() {
    let values: Vec<(String, String)> =
        (0..50_000).map(|number| (format!("/{number}"), format!("value-{number}"))).collect();
    let values: Vec<(&str, &str)> =
        values.iter().map(|(place, value)| (place.as_str(), value.as_str())).collect();
    let mut tape = Tape::records();
    tape.begin("one", "list");
    let login = Scrubber::default();
    (0..2).for_each(|_| {
        tape.take_down("one", "api", &asks("/x", "v"), &Ok(answers(&values)), &login);
    });
    let mut tape = Tape::plays(&recording(tape.take()));
    tape.begin("one", "list");
    let mut play = || tape.play("one", "api", &asks("/x", "v"), &login).unwrap().unwrap();
    let (first, second) = (play(), play());
    assert_eq!(first.secrets.len(), 50_000);
    assert!(first.secrets == second.secrets, "a name is one value");
}
