//! Arguments of a program, for people.

/// The words on one line. What is not plain is quoted, so that no two lists of words look alike and none looks like something else.
pub fn on_one_line(words: &[String]) -> String {
    let is_plain = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    let words = words.iter().map(|word| match is_plain(word) {
        true => word.clone(),
        false => format!("{word:?}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_look_alike() {
        let check = |words: &[&str], expected: &str| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            assert_eq!(on_one_line(&words), expected);
        };
        check(&["x", "a", "{name}"], "x a {name}");
        check(&["x", "a {name}"], r#"x "a {name}""#);
        check(&["x\nreveal", "", "\u{202e}", "\"a\""], r#""x\nreveal" "" "\u{202e}" "\"a\"""#);
    }
}
