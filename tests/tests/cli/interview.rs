//! `connhub create` asks a person for what is missing.

use connhub_tests::cli::Terminal;

use super::*;

fn answer(terminal: &mut Terminal<'_>, question: &str, text: &str) {
    terminal.waits_for(question);
    terminal.types(&format!("{text}\r"));
}

#[test]
fn everything_is_asked_for_and_shown_before_it_is_stored() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let mut terminal = env.command(["create"]).on_terminal();
    answer(&mut terminal, "name: ", "-wrong");
    answer(&mut terminal, "must not begin with `-`", "orders");
    answer(&mut terminal, "type: ", "postgress");
    answer(&mut terminal, "did you mean", "pg");
    answer(&mut terminal, "auth_method [password]: ", "");
    answer(&mut terminal, "host (for example", "");
    answer(&mut terminal, "it is needed", "db.example.com");
    answer(&mut terminal, "port [5432]: ", "x");
    answer(&mut terminal, "must be a whole number", "5433");
    answer(&mut terminal, "database (for example", "sales");
    answer(&mut terminal, "schema (optional", "");
    answer(&mut terminal, "username (for example", "ada");
    terminal.waits_for("password: ");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{secret}\r"));
    answer(&mut terminal, "ssl_mode (optional", "");
    terminal.waits_for("store it? [Y/n]");
    env.run(["get", "orders"]).exits_with(3);
    terminal.types("\r");
    let outcome = terminal.finish().succeeds();
    assert!(outcome.stdout.contains("created"), "{outcome}");
    let shown = env.run(["get", "orders", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["port"], "5433");
    assert_eq!(shown["fields"]["auth_method"], "password");
    assert_eq!(shown["secrets"], serde_json::json!(["password"]));
}

#[test]
fn what_is_given_is_not_asked_for() {
    let env = TestEnv::new();
    let secret = env.secret("password");
    let words = ["create", "orders", "-t", "postgresql", "database=d", "username=ada"];
    let mut terminal = env.command(words).on_terminal();
    answer(&mut terminal, "host (for example", "db.example.com");
    answer(&mut terminal, "port [5432]: ", "");
    answer(&mut terminal, "schema (optional", "");
    terminal.waits_for("password: ");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{secret}\r"));
    answer(&mut terminal, "ssl_mode (optional", "require");
    answer(&mut terminal, "store it? [Y/n]", "n");
    let outcome = terminal.finish().exits_with(1);
    assert!(outcome.stdout.contains("nothing was written"), "{outcome}");
    assert!(!outcome.stdout.contains("username ("), "{outcome}");
    env.run(["get", "orders"]).exits_with(3);
}

#[test]
fn ctrl_c_and_the_end_of_input_write_nothing() {
    let env = TestEnv::new();
    for key in ["\x03", "\x04"] {
        for question in ["name: ", "type: ", "uri (for example", "store it?"] {
            let mut terminal = env.command(["create"]).on_terminal();
            for (asked, text) in
                [("name: ", "x"), ("type: ", "uri"), ("uri (for example", "https://example.com")]
            {
                if asked == question {
                    break;
                }
                answer(&mut terminal, asked, text);
            }
            terminal.waits_for(question);
            terminal.types(key);
            terminal.waits_for_end();
            assert!(terminal.is_usual(), "the terminal is as it was");
            terminal.finish().exits_with(130);
            env.run(["get", "x"]).exits_with(3);
        }
    }
}

#[test]
fn nobody_is_asked_off_a_terminal() {
    let env = TestEnv::new();
    env.run(["create"]).fails(2, "no name");
    env.run(["create", "x"]).fails(2, "no connection type");
    env.run(["create", "x", "-t", "uri"]).exits_with(2);
}
