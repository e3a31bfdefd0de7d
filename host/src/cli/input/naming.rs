//! Names that nobody has typed.

use crate::model::Error;

/// The name that a form would suggest for what people call a connection: lower case, dashes for blanks, otherwise letters and digits only.
///
/// # Errors
/// Nothing of it can be part of a name.
pub(super) fn from_display_name(text: &str) -> Result<String, Error> {
    let mut name = String::new();
    for character in text.trim().to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' | '-' => name.push(character),
            blank if blank.is_whitespace() => name.push('-'),
            _ => {}
        }
    }
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Error::invalid("no name is given, and none can be made of the display name")
            .hint(
                "write one of letters, digits and `-` before the fields: `connhub create NAME …`",
            ));
    }
    Ok(words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_as_forms_make_them() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(from_display_name(text).ok().as_deref(), expected, "{text}");
        };
        check("My S3", Some("my-s3"));
        check("  A -- B_c.d\t(new)  ", Some("a-bcd-new"));
        check("Größe 1", Some("gre-1"));
        check("日本", None);
        check(" - ", None);
    }
}
