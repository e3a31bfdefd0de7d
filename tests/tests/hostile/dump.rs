//! A connector that shows all of its memory, after it has moved a secret through everything it can
//! reach.

use connhub_tests::cli::Outcome;

use crate::arena::Arena;
use crate::row::{Row, attack};

const COMMAND: &str =
    "create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@stolen -vvv";
/// As in the module `memory` of the component.
const DISGUISE: u8 = 0x5a;

fn dump(name: &'static str, more: &str) -> Row {
    let request = r#"method = "POST"
masked = "handles"
body = '{"data":{"key":{secret}}}'
answer = "exact-name"
behavior = "dump""#;
    attack(name, format!("{request}\n{more}")).by("talkative").on(COMMAND)
}

#[test]
fn neither_the_secret_nor_the_login_is_in_the_memory_of_the_component() {
    let row = dump("dump", "").gets(&["memory: ", "AKIAVISIBLE", "1 handles", "revealed: false"]);
    let arena = Arena::new(std::slice::from_ref(&row));
    let outcome = arena.attack(&row);
    assert_eq!(arena.fault(&row, &outcome), None);
    let memory = disguised_memory(&outcome);
    let visible = b"AKIAVISIBLE";
    assert!(memory.windows(visible.len()).any(|bytes| bytes == visible), "nothing was dumped");
    assert_eq!(arena.canaries().find(&memory), None);
    let request = &arena.server().requests()[0];
    assert!(arena.canaries().find(&request.body).is_some(), "the secret was not sent");
}

/// This is what makes the test above worth something: it would see the secret.
#[test]
fn a_secret_that_was_revealed_is_in_the_memory_and_in_no_output() {
    let row = dump("dump-revealed", "only = \"disguised\"").by("reveals").gets(&["revealed: true"]);
    let arena = Arena::new(std::slice::from_ref(&row));
    let outcome = arena.attack(&row);
    assert_eq!(arena.fault(&row, &outcome), None);
    let found = arena.canaries().find(&disguised_memory(&outcome));
    assert!(found.is_some_and(|leak| leak.contains("stolen")));
}

/// What the component wrote in an encoding in which the host cannot recognize a secret.
fn disguised_memory(outcome: &Outcome) -> Vec<u8> {
    let texts = outcome.stderr.split("disguised: ").skip(1);
    let digits = texts.flat_map(|text| {
        let end = text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len());
        text.as_bytes()[..end].chunks_exact(2)
    });
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.filter_map(byte).map(|byte| byte ^ DISGUISE).collect()
}
