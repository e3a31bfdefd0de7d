//! Values that hold a secret of the kit and more: an address with a password in it, a JSON text, base64 of either.
//!
//! In a recording the secret has its name, and what is around it keeps its shape and none of its letters: it may be somebody else's secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::recording::Fragment;
use crate::model::Secret;

/// How often base64 within base64 is looked into.
const MAX_DEPTH: usize = 3;
/// The shortest text that is taken for base64.
const MIN_BASE64: usize = 8;

/// Takes a value apart; none if no secret is a part of it. The kit's secrets are letters and digits, which JSON and addresses write as they are.
pub(super) fn of(value: &[u8], secrets: &[Secret]) -> Option<Vec<Fragment>> {
    let fragments = taken_apart(value, secrets, MAX_DEPTH);
    fragments.iter().any(holds_secret).then_some(fragments)
}

/// Puts a value together from new secrets.
///
/// # Errors
/// It names a secret that is none of the kit, or base64 within base64 more often than it is taken apart: such a file would grow without bounds.
pub(super) fn value(fragments: &[Fragment], secrets: &[Secret]) -> Result<Vec<u8>, String> {
    put_together(fragments, secrets, MAX_DEPTH)
}

/// The secret of a name: `kit-1` is the first.
pub(super) fn made_up<'s>(name: &str, secrets: &'s [Secret]) -> Option<&'s Secret> {
    let number: usize = name.strip_prefix("kit-")?.parse().ok()?;
    secrets.get(number.checked_sub(1)?)
}

fn holds_secret(fragment: &Fragment) -> bool {
    !matches!(fragment, Fragment::Text(_))
}

fn taken_apart(value: &[u8], secrets: &[Secret], depth: usize) -> Vec<Fragment> {
    let first = secrets.iter().enumerate().filter_map(|(index, secret)| {
        let bytes = secret.expose();
        let at = value.windows(bytes.len().max(1)).position(|window| window == bytes)?;
        Some((at, at + bytes.len(), index))
    });
    let Some((start, end, index)) = first.min() else {
        return without_secret(value, secrets, depth);
    };
    let mut fragments = without_secret(&value[..start], secrets, depth);
    fragments.push(Fragment::Secret(format!("kit-{}", index + 1)));
    fragments.extend(taken_apart(&value[end..], secrets, depth));
    fragments
}

/// A part in which no secret stands as it is. Base64 of one may be in it.
fn without_secret(value: &[u8], secrets: &[Secret], depth: usize) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    let mut text = String::new();
    for word in words(value) {
        match encoded(word, secrets, depth) {
            None => text.extend(word.iter().map(|byte| shape(*byte))),
            Some(inner) => {
                push_text(&mut fragments, std::mem::take(&mut text));
                fragments.push(Fragment::Base64(inner));
            }
        }
    }
    push_text(&mut fragments, text);
    fragments
}

fn push_text(fragments: &mut Vec<Fragment>, text: String) {
    if !text.is_empty() {
        fragments.push(Fragment::Text(text));
    }
}

/// What is within a word of base64, if that holds a secret and is written again as it was.
fn encoded(word: &[u8], secrets: &[Secret], depth: usize) -> Option<Vec<Fragment>> {
    if depth == 0 || word.len() < MIN_BASE64 {
        return None;
    }
    let decoded = zeroize::Zeroizing::new(STANDARD.decode(word).ok()?);
    let inner = taken_apart(&decoded, secrets, depth - 1);
    inner.iter().any(holds_secret).then_some(inner)
}

/// Pieces that may be base64 as a whole, and what is between them. A slash is a letter of base64 and ends a step of an address: a run of letters
/// that is not base64 of a text is taken step by step.
fn words(value: &[u8]) -> Vec<&[u8]> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let runs = value.chunk_by(|one, other| is_letter(one) == is_letter(other));
    let is_text = |run: &[u8]| {
        STANDARD.decode(run).is_ok_and(|decoded| std::str::from_utf8(&decoded).is_ok())
    };
    runs.flat_map(|run| match is_text(run) {
        true => vec![run],
        false => run.chunk_by(|one, other| (*one == b'/') == (*other == b'/')).collect(),
    })
    .collect()
}

/// What stands for a byte that nobody may know: signs that structure a text stay.
fn shape(byte: u8) -> char {
    match byte {
        b'0'..=b'9' => '1',
        b' ' | b'\n' | b'\r' | b'\t' => char::from(byte),
        b':' | b'/' | b'@' | b'?' | b'&' | b'=' | b';' | b',' | b'.' => char::from(byte),
        b'{' | b'}' | b'[' | b']' | b'"' => char::from(byte),
        _ => 'x',
    }
}

fn put_together(
    fragments: &[Fragment],
    secrets: &[Secret],
    depth: usize,
) -> Result<Vec<u8>, String> {
    let mut value = Vec::new();
    for fragment in fragments {
        match fragment {
            Fragment::Text(text) => value.extend_from_slice(text.as_bytes()),
            Fragment::Secret(name) => {
                let secret = made_up(name, secrets);
                let secret = secret.ok_or_else(|| format!("the kit made no secret `{name}`"))?;
                value.extend_from_slice(secret.expose());
            }
            Fragment::Base64(inner) => {
                let depth = depth.checked_sub(1).ok_or("base64 is nested too deep")?;
                value.extend(STANDARD.encode(put_together(inner, secrets, depth)?).into_bytes());
            }
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(generation: &str) -> Vec<Secret> {
        ["abcd2345efgh", "mnpq6789rstu"]
            .map(|text| Secret::from(format!("{text}{generation}")))
            .into()
    }

    /// Takes a value apart that has the first secrets, and puts it together with others.
    #[track_caller]
    fn check(write: impl Fn(&str, &str) -> String, expected: impl Fn(&str, &str) -> String) {
        let texts = |secrets: &[Secret]| -> Vec<String> {
            secrets
                .iter()
                .map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap())
                .collect()
        };
        let (old, new) = (secrets("old"), secrets("new"));
        let (old_texts, new_texts) = (texts(&old), texts(&new));
        let before = write(&old_texts[0], &old_texts[1]);
        let fragments = of(before.as_bytes(), &old).expect("a secret is in it");
        let kept = serde_json::to_string(&fragments).unwrap();
        for secret in ["abcd2345", "mnpq6789", "alice", "YWJjZ", "bW5wc"] {
            assert!(!kept.contains(secret), "{kept}");
        }
        let after = String::from_utf8(value(&fragments, &new).unwrap()).unwrap();
        assert_eq!(after, expected(&new_texts[0], &new_texts[1]), "{kept}");
        assert_eq!(after.len(), before.len());
        assert_eq!(of(after.as_bytes(), &new), Some(fragments), "what is played is named alike");
    }

    #[test]
    fn a_secret_keeps_its_place_and_nothing_else_stays() {
        let base64 = |text: String| STANDARD.encode(text);
        let url = |one: &str, _: &str| format!("postgres://alice:{one}@db.example.com:5432/lake");
        let url_kept =
            |one: &str, _: &str| format!("xxxxxxxx://xxxxx:{one}@xx.xxxxxxx.xxx:1111/xxxx");
        check(url, url_kept);
        check(|one, two| base64(url(one, two)), |one, two| base64(url_kept(one, two)));
        check(
            |one, two| format!("{{\"user\":\"alice\",\"keys\":[\"{one}\",\"{two}\",\"{one}\"]}}"),
            |one, two| format!("{{\"xxxx\":\"xxxxx\",\"xxxx\":[\"{one}\",\"{two}\",\"{one}\"]}}"),
        );
        check(
            |one, _| format!("{{\"auth\":\"{}\"}}", base64(format!("alice:{one}"))),
            |one, _| format!("{{\"xxxx\":\"{}\"}}", base64(format!("xxxxx:{one}"))),
        );
        check(|one, _| base64(base64(one.to_owned())), |one, _| base64(base64(one.to_owned())));
        check(
            |one, _| format!("https://h/{}?x=1", base64(one.to_owned())),
            |one, _| format!("xxxxx://x/{}?x=1", base64(one.to_owned())),
        );
    }

    #[test]
    fn what_holds_no_secret_has_no_shape() {
        for text in ["", "postgres://alice@h", "YWxpY2U6YWxpY2U6", "abcd2345"] {
            assert_eq!(of(text.as_bytes(), &secrets("old")), None, "{text}");
        }
        assert_eq!(of(b"\xff\x00", &[Secret::default()]), None);
    }

    #[test]
    fn a_strangers_shape_is_bounded() {
        let unknown = [Fragment::Secret("kit-3".to_owned())];
        assert!(value(&unknown, &secrets("new")).unwrap_err().contains("kit-3"));
        let mut deep = vec![Fragment::Text("x".to_owned())];
        (0..=MAX_DEPTH).for_each(|_| deep = vec![Fragment::Base64(std::mem::take(&mut deep))]);
        assert!(value(&deep, &secrets("new")).unwrap_err().contains("too deep"));
    }
}
