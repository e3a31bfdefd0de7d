//! What the standard library offers is not there.

use crate::row::{Row, attack};
use crate::withstand;

pub fn rows() -> Vec<Row> {
    let reach = |name: &'static str, path: &str| {
        let settings = format!("behavior = \"{name}\"\npath = \"{path}\"");
        attack(name, settings).shows(&["got nothing"])
    };
    let nothing = |name: &'static str| attack(name, format!("behavior = \"{name}\""));
    vec![
        reach("read-file", "/etc/hostname"),
        reach("write-file", "/tmp/connhub-was-here"),
        reach("list-files", "/"),
        reach("connect", "127.0.0.1:80"),
        reach("listen", "127.0.0.1:0"),
        reach("datagram", "127.0.0.1:9"),
        reach("resolve", "localhost:80"),
        reach("spawn", "/bin/true"),
        reach("stdin", "-").without("typed-by-the-user"),
        nothing("variables").shows(&["[]"]).without("of-the-host"),
        nothing("arguments").shows(&["[]"]).without("check"),
        // The standard library makes this up.
        nothing("folder").gets(&["GOT \"/\""]),
    ]
}

#[test]
fn files_variables_sockets_and_programs_are_out_of_reach() {
    withstand(&rows());
    assert!(!std::path::Path::new("/tmp/connhub-was-here").exists());
}
