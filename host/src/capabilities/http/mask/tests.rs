use super::*;
use crate::policy::PointerPattern;

const SECRET: [&str; 4] = ["/data/*", "/items/*/data/*", "/items/*/stringData/*", "/stringData/*"];
const NOISE: [&str; 2] = ["/metadata/managedFields", "/items/*/metadata/managedFields"];

fn apply(masks: &[&str], omit: &[&str], text: &str) -> Result<Masked, Unmaskable> {
    let parse = |texts: &[&str], treatment| {
        let parse = |text: &&str| (PointerPattern::parse(text).unwrap(), treatment);
        texts.iter().map(parse).collect::<Vec<_>>()
    };
    let patterns = [parse(masks, Treatment::Mask), parse(omit, Treatment::Omit)].concat();
    let pointers = PointerSet::new(patterns.iter().map(|(p, t)| (p, *t))).unwrap();
    let masking = Masking {
        pointers: &pointers,
        visible: &Visible::parse(&["URI".to_owned()]).unwrap(),
        encoding: MaskEncoding::Base64,
        values: MaskedValues::Handles,
    };
    masking.apply(text)
}

fn check(text: &str, expected: &str) {
    assert_eq!(apply(&SECRET, &NOISE, text).unwrap().text, expected, "{text}");
}

#[test]
fn masked_values_are_replaced_and_the_rest_is_copied() {
    check(r#"{"data":{"k":"c2VjcmV0"},"x":1}"#, r#"{"data":{"k":"***"},"x":1}"#);
    check(
        r#"{"items":[{"data":{"a":"YQ=="},"n": [1.50, "\u0041"]},{"data":null},{}]}"#,
        r#"{"items":[{"data":{"a":"***"},"n":[1.50, "\u0041"]},{"data":null},{}]}"#,
    );
    check(r#"{"\u0064ata":{"k":"YQ=="}}"#, r#"{"data":{"k":"***"}}"#);
    check(r#"{"data":{"URI":"aHR0cA==","k":"YQ=="}}"#, r#"{"data":{"URI":"aHR0cA==","k":"***"}}"#);
    check("[1, 2]", "[1,2]");
    check("{}", "{}");
    check("[]", "[]");
    check(" { } ", "{}");
}

#[test]
fn values_that_are_no_strings_are_masked_as_a_whole() {
    for value in ["1234", "null", "true", r#"{"x":"y"}"#, r#"["a"]"#, "\"\""] {
        check(&format!(r#"{{"data":{{"k":{value}}}}}"#), r#"{"data":{"k":"***"}}"#);
    }
    check(r#"{"data":{"URI":{"x":"y"}}}"#, r#"{"data":{"URI":"***"}}"#);
    check(r#"{"data":["YQ==","Yg=="]}"#, r#"{"data":["***","***"]}"#);
}

#[test]
fn a_text_where_masked_members_belong_is_masked() {
    check(r#"{"data":"c2VjcmV0"}"#, r#"{"data":"***"}"#);
    check(r#"{"items":["c2VjcmV0"]}"#, r#"{"items":["***"]}"#);
    check("\"c2VjcmV0\"", "\"***\"");
    check(r#"{"data":12,"items":false}"#, r#"{"data":12,"items":false}"#);
}

#[test]
fn omitted_members_and_elements_are_cut_out() {
    check(r#"{"metadata":{"managedFields":[{"a":1}],"name":"n"}}"#, r#"{"metadata":{"name":"n"}}"#);
    check(r#"{"metadata":{"name":"n","managedFields":[]}}"#, r#"{"metadata":{"name":"n"}}"#);
    check(r#"{"metadata":{"managedFields":[]}}"#, r#"{"metadata":{}}"#);
    let cut = |omit: &str, text: &str| apply(&[], &[omit], text).unwrap().text;
    assert_eq!(cut("/a/1", r#"{"a":[1,2,3]}"#), r#"{"a":[1,3]}"#);
    assert_eq!(cut("/a/*", r#"{"a":[1,2,3]}"#), r#"{"a":[]}"#);
    assert_eq!(cut("/0", "[1,[2]]"), "[[2]]");
}

#[test]
fn what_is_both_masked_and_omitted_is_cut_out() {
    let masked = apply(&["/a/*"], &["/a/b"], r#"{"a":{"b":"Yg==","c":"Yw=="}}"#).unwrap();
    assert_eq!(masked.text, r#"{"a":{"c":"***"}}"#);
    assert_eq!(masked.handles, [("/a/c".to_owned(), Secret::from("c".to_owned()))]);
}

#[test]
fn handles_come_with_pointers_into_what_is_left() {
    let text = r#"{"items":[{"data":{"a/b":"YQ=="}},{"data":{"k":"Yg==","n":5}}]}"#;
    let masked = apply(&SECRET, &["/items/0"], text).unwrap();
    assert_eq!(masked.handles, [("/items/0/data/k".to_owned(), Secret::from("b".to_owned()))]);
    let masked = apply(&SECRET, &[], text).unwrap();
    assert_eq!(masked.handles[0].0, "/items/0/data/a~1b");
    assert_eq!(masked.hidden.len(), 3);
}

#[test]
fn a_wanted_value_in_another_encoding_is_an_error() {
    let error = apply(&SECRET, &[], r#"{"data":{"k":"not base64"}}"#).unwrap_err();
    assert!(matches!(&error, Unmaskable::Encoding(pointer) if pointer == "/data/k"), "{error}");
}

#[test]
fn hostile_json_is_an_error_without_content() {
    let deep = format!(r#"{{"items":{}"c2VjcmV0"{}}}"#, "[".repeat(9999), "]".repeat(9999));
    for text in [
        "",
        "c2VjcmV0",
        r#"{"data":{"k":"c2VjcmV0"}} trailing"#,
        r#"{"data":{"k":"c2VjcmV0"}}{}"#,
        r#"{"data":{"k":"c2VjcmV0""#,
        r#"{"data":{"k":"c2VjcmV0"},"data":{}}"#,
        r#"{"data":{},"\u0064ata":{"k":"c2VjcmV0"}}"#,
        r#"{"data":{"k":"c2VjcmV0","k":"c2VjcmV0"}}"#,
        "{\"data\":{\"k\":\"c2Vj\ncmV0\"}}",
        r#"{"items":1e999,"data":{"k":"c2VjcmV0"}}"#,
        r#"{"data":{"k":"\ud800c2VjcmV0"}}"#,
        "\u{feff}{}",
        r#"{"data":{'k':"c2VjcmV0"}}"#,
        &deep.replace(r#""items":"#, r#""data":"#).replace('[', r#"{"a":"#).replace(']', "}"),
    ] {
        let Err(error) = apply(&SECRET, &["/data/a/a"], text) else {
            // Below a masked place the nesting does not matter: the whole value is gone.
            assert!(!apply(&SECRET, &[], text).unwrap().text.contains("c2VjcmV0"), "{text}");
            continue;
        };
        let chain = format!("{error} {:?}", std::error::Error::source(&error));
        assert!(!chain.contains("c2VjcmV0"), "{chain}");
    }
}

#[test]
fn many_names_in_one_object_are_still_compared() {
    let members: String = (0..2000).map(|n| format!(r#""k{n}":"YQ==","#)).collect();
    let body = |last: &str| format!(r#"{{"data":{{{members}"{last}":"YQ=="}}}}"#);
    assert!(apply(&SECRET, &[], &body("new")).is_ok());
    assert!(apply(&SECRET, &[], &body("k1999")).is_err());
    assert!(apply(&SECRET, &[], &body("k3")).is_err());
}

/// Whatever the shape of the document, nothing of a masked place is left in the output, in no encoding.
#[test]
fn no_masked_byte_survives() {
    let secret = "Zm9v\"s3cr3t/\\\u{e4}+value";
    let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
    let quoted = serde_json::to_string(secret).unwrap();
    let shapes = [
        format!(r#"{{"data":{{"k":"{encoded}"}},"note":"{encoded}"}}"#),
        format!(
            r#"{{"data":{{"k":"{encoded}"}},"metadata":{{"annotations":{{"last":{quoted}}}}}}}"#
        ),
        format!(r#"{{"note":"{encoded}","data":{{"k":["{encoded}",{{"x":"{encoded}"}}]}}}}"#),
        format!(r#"{{"items":[{{"data":{{"{encoded}":"{encoded}"}}}}]}}"#),
        format!(r#"{{"data":{{"URI":"{encoded}","k":"{encoded}"}}}}"#),
    ];
    for shape in shapes {
        let masked = apply(&SECRET, &[], &shape).unwrap();
        let mut scrubber = crate::scrub::Scrubber::default();
        masked.hidden.iter().for_each(|secret| scrubber.add_masked(secret));
        let clean = scrubber.json(&masked.text).unwrap();
        for trace in [secret, &encoded, &encoded[4..], quoted.trim_matches('"'), "s3cr3t"] {
            assert!(!clean.contains(trace), "{trace} is left of {shape} in {clean}");
        }
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
    }
}
