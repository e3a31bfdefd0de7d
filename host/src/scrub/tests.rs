use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::*;

const CANARY: &str = "s3cr3t/Wert+\"mit\" Umläut\\";

fn scrubber(values: &[&str]) -> Scrubber {
    let mut scrubber = Scrubber::default();
    for value in values {
        scrubber.add(&Secret::from((*value).to_owned()));
    }
    scrubber
}

fn check(secret: &str, text: &str, expected: &str) {
    assert_eq!(scrubber(&[secret]).text(text), expected, "{secret:?} in {text:?}");
}

#[test]
fn plain_values_are_replaced() {
    check("hunter2", "the password is hunter2.", "the password is ***.");
    check("hunter2", "xhunter2yhunter2hunter2", "x***y***");
    check("hunter2", "hunter 2", "hunter 2");
    check("hunter2", "hunter", "hunter");
    check("abcd", "abcd", "***");
    check("ab", "", "");
}

/// A text that ends in a backslash stands before an escaped value, which is then escaped differently to a reader of the whole.
#[test]
fn a_backslash_before_an_escaped_value_does_not_hide_it() {
    let secret = r"a\nb-hunter2";
    let units: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    check(secret, &format!("C:\\{units}."), r"C:\***.");
}

#[test]
fn the_beginning_of_an_escape_before_a_value_does_not_hide_it() {
    let secret = "a68\u{1b},2J\"abcdefgh";
    let json = serde_json::to_string(secret).unwrap();
    check(secret, &format!("\\u00{}.", &json[1..json.len() - 1]), "\\u00***.");
    let debug = format!("{secret:?}");
    check(secret, &format!("\\u00{}.", &debug[1..debug.len() - 1]), "\\u00***.");
}

#[test]
fn nothing_known_costs_nothing() {
    assert!(matches!(Scrubber::default().text("hunter2"), Cow::Borrowed(_)));
    assert!(matches!(scrubber(&["hunter2"]).text("innocent"), Cow::Borrowed(_)));
    assert!(matches!(scrubber(&["hunter2"]).bytes(b"innocent"), Cow::Borrowed(_)));
}

#[test]
fn overlapping_values_are_covered_together() {
    let scrubber = scrubber(&["hunter2hunter", "hunter22", "2hunter2"]);
    assert_eq!(scrubber.text("<hunter2hunter22>"), "<***>");
}

/// No run of the secret's encoded form stays, whatever encoder wrote it.
#[test]
fn every_encoding_is_found() {
    let json = serde_json::to_string(CANARY).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let form: String = url::form_urlencoded::byte_serialize(CANARY.as_bytes()).collect();
    let percent: String = CANARY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let ascii: String = CANARY.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let encodings = [
        CANARY.to_owned(),
        json.clone(),
        twice,
        json.replace('/', "\\/"),
        json.replace('/', "\\u002f"),
        ascii,
        format!("{CANARY:?}"),
        form.clone(),
        form.replace('+', "%20"),
        percent.clone(),
        percent.replace('%', "%25"),
        percent.to_uppercase(),
        CANARY.bytes().map(|byte| format!("{byte:02x}")).collect(),
        CANARY.bytes().map(|byte| format!("{byte:02X}")).collect(),
        CANARY.bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        STANDARD.encode(CANARY),
        URL_SAFE.encode(CANARY),
        STANDARD.encode(CANARY).replace('/', "\\/"),
        STANDARD.encode(CANARY).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
        serde_json::json!({"a": json}).to_string(),
    ];
    let scrubber = scrubber(&[CANARY]);
    for encoded in encodings {
        let text = format!("before {encoded} after");
        let clean = scrubber.text(&text);
        assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
        assert!(clean.contains(MASK) && clean.len() < 40, "{encoded} became {clean}");
    }
}

#[test]
fn base64_of_a_larger_text_is_found_at_every_alignment() {
    for secret in ["hunter2", "four", CANARY, &"0123456789abcdef".repeat(9)] {
        for before in 0..6 {
            for after in 0..6 {
                let text = format!("{}{secret}{}", "\u{1}".repeat(before), "\u{2}".repeat(after));
                for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                    let clean = scrubber(&[secret]).text(&encoded).into_owned();
                    assert!(clean.contains(MASK), "{encoded}");
                    // What is left are whole characters of the neighbours only.
                    let left = clean.replace(MASK, "").replace('=', "");
                    assert!(left.bytes().all(|byte| b"AQEBgIC".contains(&byte)), "{clean}");
                }
            }
        }
    }
}

/// Where the two alphabets of base64 differ, both are looked for.
#[test]
fn both_alphabets_of_base64_are_found() {
    let secret = "???>>>~~~ubjects";
    for encoded in [STANDARD.encode(secret), URL_SAFE.encode(secret)] {
        assert!(encoded.contains(['+', '/', '-', '_']), "{encoded} tests nothing");
        check(secret, &encoded, MASK);
    }
}

#[test]
fn long_values_are_found_in_part() {
    let key: String = (0..40).map(|n| format!("line {n} of a private key\n")).collect();
    let scrubber = scrubber(&[&key]);
    assert_eq!(scrubber.text("> line 17 of a private key"), "> ***");
    assert_eq!(scrubber.text(&key[..200]).matches("private").count(), 0);
    assert!(!scrubber.text(&STANDARD.encode(&key[3..300])).contains("bGluZSA"));
}

#[test]
fn wrapped_base64_is_found() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let encoded = STANDARD.encode(secret);
    let wrapped = format!("data:\n  {}\n  {}\n", &encoded[..40], &encoded[40..]);
    check(secret, &wrapped, "data:\n  ***\n");
    check(secret, &serde_json::to_string(&wrapped).unwrap(), r#""data:\n  ***\n""#);
}

#[test]
fn short_values_are_replaced_where_they_stand_alone() {
    check("abc", "abc", "***");
    check("abc", "key=abc.", "key=***.");
    check("abc", "'abc', \"abc\"", "'***', \"***\"");
    for innocent in ["abcd", "xabc", "abc-conn", "a.abc", "abc_d", "äabc"] {
        check("abc", innocent, innocent);
    }
}

#[test]
fn words_of_masked_places_stay() {
    let check = |value: &str, stays: bool| {
        let mut scrubber = Scrubber::default();
        scrubber.add_masked(&Secret::from(value.to_owned()));
        assert_eq!(scrubber.text(value) == value, stays, "{value}");
    };
    for word in ["default", "true", "5432", "us-east-1", "minio:9000", "postgres", "", "2026-11-20"]
    {
        check(word, true);
    }
    for secret in
        ["hunter2", "p@ssw0rd", "12345678", "correct-horse-battery-staple", "AKIAIOSF0DNN7"]
    {
        check(secret, false);
    }
}

#[test]
fn bytes_that_are_no_text_are_found() {
    let mut scrubber = Scrubber::default();
    scrubber.add(&Secret::new(vec![0xff, 0, 0xfe, 1, 0xfd]));
    assert_eq!(&*scrubber.bytes(b"a\xff\x00\xfe\x01\xfdb"), b"a***b");
    assert_eq!(scrubber.text("ff00fe01fd"), MASK);
    // A match that begins within a character takes the whole character.
    scrubber.add(&Secret::new(b"\xa9abc".to_vec()));
    assert_eq!(scrubber.text("éabcd"), "***d");
}

#[test]
fn json_stays_json() {
    let check = |secret: &str, body: &str, expected: &str| {
        let scrubber = scrubber(&[secret]);
        let clean = scrubber.json(body).unwrap();
        assert_eq!(clean, expected, "{secret:?} in {body}");
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
    };
    check(
        "54321",
        r#"{"port":54321,"x":[1.5e3,null,true]}"#,
        r#"{"port":"***","x":[1.5e3,null,true]}"#,
    );
    check("nabc", r#"{"a":"\nabc","b":"x"}"#, r#"{"a":"\nabc","b":"x"}"#);
    check("abc\\", r#"{"a":"abc\\","b":"x"}"#, r#"{"a":"***","b":"x"}"#);
    check("hunter2", r#"{"a":"\u0068unter2","hunter2":{}}"#, r#"{"a":"***","***":{}}"#);
    check("a\",\"b", r#"["a","b"]"#, r#"["a","b"]"#);
    check("abc", r#"{"a":"abc","n":1}"#, r#"{"a":"***","n":1}"#);
    check(
        "postgres",
        r#"{"type":"postgresql","postgres":{"password":"postgres"}}"#,
        r#"{"type":"postgresql","postgres":{"password":"***"}}"#,
    );
    check("1", r#"{"a":"1","n":1}"#, r#"{"a":"***","n":1}"#);
    check("hunter2", r#"{"a": "innocent" }"#, r#"{"a": "innocent" }"#);
}

#[test]
fn hostile_json_is_an_error() {
    let scrubber = scrubber(&["hunter2"]);
    for body in ["hunter2", r#"{"a":"hunter2""#, r#"{"a":"hunter2"} x"#] {
        assert!(scrubber.json(body).is_err(), "{body}");
    }
    let deep = format!("{}\"hunter2\"{}", "[".repeat(5000), "]".repeat(5000));
    assert!(matches!(scrubber.json(&deep), Err(NotJson::TooDeep)));
}
