//! Did you mean …?

use super::name::fold;

/// Words longer than this (in bytes) get no suggestion: the search costs the square of the length.
const MAX_WORD: usize = 64;

/// The known word that was probably meant, if one is like what was written.
pub fn suggestion<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    nearest(word, known.iter().copied())
}

/// The candidate that is most like the word, if one is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let word = fold(word);
    let limit = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&word, &fold(candidate)), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The words in backticks, joined.
pub(super) fn quoted<'a>(words: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(separator)
}

/// The words in backticks, as a list in a sentence.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>, conjunction: &str) -> String {
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} {conjunction} `{last}`", quoted(rest.iter().copied(), ", "))
        }
        _ => quoted(words.into_iter(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let check = |word: &str, expected: Option<&str>| {
            let words = ["bucket", "endpoint", "region", "secret_access_key"];
            assert_eq!(nearest(word, words.into_iter()), expected, "{word}");
        };
        check("bukcet", Some("bucket"));
        check("Buckets", Some("bucket"));
        check("end-point", Some("endpoint"));
        check("secretacceskey", Some("secret_access_key"));
        check("password", None);
        check("", None);
        check(&"bucket".repeat(20), None);
    }

    #[test]
    fn words_are_listed_as_in_a_sentence() {
        assert_eq!(listed(["a", "b", "c"].into_iter(), "and"), "`a`, `b` and `c`");
        assert_eq!(listed(["a"].into_iter(), "or"), "`a`");
        assert_eq!(listed([].into_iter(), "or"), "");
    }
}
