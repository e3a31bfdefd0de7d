//! Misuse of the sealed store.

use crate::row::{CREATE, Row, attack};
use crate::withstand;

pub fn rows() -> Vec<Row> {
    let behave =
        |behavior: &str, settings: &str| format!("behavior = \"vault-{behavior}\"\n{settings}");
    vec![
        attack("vault-hoard", behave("hoard", ""))
            .on(CREATE)
            .ends(9, &["`strict` held more handles", "`handles` in `[connectors.strict.limits]`"]),
        attack("vault-large", behave("insert", "count = 1_900_000"))
            .ends(2, &["strict", "1048576 bytes"]),
        attack("vault-larger", behave("insert", "count = 3_000_000")).ends(9, &["`host-call-mib`"]),
        attack("vault-long-name", behave("insert", "name-length = 100_000")).ends(2, &["strict"]),
        attack("vault-others", behave("others", ""))
            .shows(&["foreign records: 0 [false, false, false] false"]),
        attack("vault-scan", behave("scan", "")).gets(&["records"]),
        attack("vault-forged-cursor", behave("scan", "cursor = \"forged\"")).ends(1, &["strict"]),
    ]
}

#[test]
fn the_store_gives_each_connector_its_own_and_no_more_than_it_may_have() {
    withstand(&rows());
}
