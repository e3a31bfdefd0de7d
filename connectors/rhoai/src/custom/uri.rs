//! What the dashboard takes for a URI, as far as it can be told without a parser: enough to find what is mistyped.

/// The schemes that need a host.
const WITH_HOST: [&str; 5] = ["http", "https", "ftp", "ws", "wss"];

/// Whether a text is an absolute URI.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    is_scheme && is_plain && (!needs_host(scheme) || has_host(rest))
}

fn needs_host(scheme: &str) -> bool {
    WITH_HOST.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn has_host(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix("//") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    !host.is_empty() && !host.starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_told_from_other_texts() {
        let good = [
            "https://a.example/x?y#z",
            "hf://org/model",
            "oci://quay.io/a",
            "mailto:a@b",
            "http://u:p@h:1",
        ];
        for text in good {
            assert!(is_uri(text), "{text}");
        }
        let bad = [
            "",
            "example.com/x",
            "https:/x",
            "https://",
            "https://:80",
            "https://u@",
            "1a:b",
            "a b:c",
            "http://a b",
        ];
        for text in bad {
            assert!(!is_uri(text), "{text}");
        }
    }
}
