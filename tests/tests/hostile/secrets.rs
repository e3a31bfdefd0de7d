//! Bytes of secrets: they need a declaration and a grant, and even then no output holds them.

use crate::row::{CREATE, Row, attack};
use crate::withstand;

pub fn rows() -> Vec<Row> {
    const LOUD: &str =
        "create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@stolen -vvv";
    const JSON: &str = "create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@stolen -o json";
    let reveal = |name| attack(name, "behavior = \"reveal\"").on(CREATE);
    let leak = |name, settings: &str| {
        let settings = format!("answer = \"exact-name\"\nbehavior = \"leak\"\n{settings}");
        attack(name, settings).by("reveals").on(LOUD)
    };
    vec![
        reveal("reveal-not-granted").ends(8, &["`reveal`"]),
        reveal("reveal-not-declared").by("undeclared").ends(8, &["`reveal`"]),
        attack("reveal-granted", "answer = \"exact-name\"\nbehavior = \"reveal\"")
            .by("reveals")
            .on(CREATE)
            .gets(&["GOT "]),
        leak("leak", "").shows(&["***"]),
        leak("leak-as-json", "").on(JSON).shows(&["***"]),
        leak("leak-quietly", "").on(CREATE).shows(&["***"]),
        leak("leak-in-panic", "then = \"panic\"").ends(9, &["crashed"]),
        leak("leak-in-failure", "then = \"fail\"\nerror = \"other\"").ends(1, &["***"]),
        leak("leak-in-problem", "then = \"fail\"\nerror = \"invalid\"").ends(2, &["***"]),
        leak("leak-in-users", "then = \"fail\"\nerror = \"in-use\"").ends(5, &["***"]),
    ]
}

#[test]
fn no_output_holds_a_secret() {
    withstand(&rows());
}
