//! Connectors that lie about what they are, or cannot say.

use crate::arena::Attacker;
use crate::component::{NEEDS, describing, with_needs};
use crate::row::{CREATE, Row, attack};
use crate::withstand_all;

const GRANTS: &str = "
[vault]

[endpoints.api]
kind = \"http\"
allow = []

[endpoints.plain]
kind = \"http\"
allow = []
";

fn describes(name: &'static str, word: &str, command: &'static str) -> Attacker {
    let component = with_needs(describing(word), NEEDS);
    let row: Row = attack(name, "answer = \"exact-name\"").by(name).on(command);
    Attacker { row, component, grants: GRANTS }
}

fn ends(attacker: Attacker, code: i32, words: &[&'static str]) -> Attacker {
    Attacker { row: attacker.row.ends(code, words), ..attacker }
}

/// All of them.
pub fn attackers() -> Vec<Attacker> {
    [bounded(), lies()].concat()
}

#[test]
fn a_description_is_bounded_like_an_answer() {
    withstand_all(&bounded());
}

fn bounded() -> Vec<Attacker> {
    vec![
        ends(describes("panics", "panics", CREATE), 9, &["crashed"]),
        ends(describes("loops", "loops", CREATE), 9, &["`cpu-milliseconds`"]),
        ends(describes("huge", "huge", CREATE), 9, &["`memory-mib`"]),
        ends(describes("many", "many", CREATE), 9, &["`memory-mib`"]),
    ]
}

/// A connector that calls the secret of a type visible is not believed: as a literal it is refused.
#[test]
fn a_description_that_lies_is_not_believed() {
    withstand_all(&lies());
}

fn lies() -> Vec<Attacker> {
    const LITERAL: &str =
        "create x --type s3 bucket=lake access_key_id=AKIA secret_access_key=literal-value";
    vec![
        ends(describes("lies", "lies", LITERAL), 2, &["secret_access_key"]),
        ends(describes("lies-types", "lies", "types"), 0, &["␛[2J"]),
    ]
}
