//! Values that hold a secret of the kit and more: an address with a password in it, a JSON text, base64 of either.
//!
//! In a recording the secret has its name, and what is around it keeps its shape and none of its letters: it may be somebody else's secret.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::recording::Fragment;
use crate::model::Secret;

/// How often base64 within base64 is looked into.
const MAX_DEPTH: usize = 3;
/// The shortest text that is taken for base64.
const MIN_BASE64: usize = 8;
/// Into how many pieces a value is taken apart at most. An answer may be a secret of the kit a million times.
const MAX_FRAGMENTS: usize = 4096;

/// What a letter of a shape is written as, in the order in which values of the same shape take them.
const LETTERS: &[u8] = b"xabcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// The same for a digit.
const DIGITS: &[u8] = b"1234567890";

/// Finds secrets of the kit in values, all of them in one pass.
pub(super) struct Finder {
    automaton: AhoCorasick,
    /// The names of what is found.
    names: Vec<String>,
}

impl Finder {
    /// One that knows some secrets; none if there is nothing to look for.
    pub(super) fn new(secrets: &[Secret]) -> Option<Self> {
        let known = secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty());
        let (names, values): (Vec<String>, Vec<&[u8]>) =
            known.map(|(index, secret)| (name(index), secret.expose())).unzip();
        // Some texts of letters and digits are within every bound of the automaton.
        let automaton =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok()?;
        (!names.is_empty()).then_some(Self { automaton, names })
    }

    /// Takes a value apart; none if no secret is a part of it, or if it has too many parts. The kit's secrets are letters and digits, which JSON
    /// and addresses write as they are.
    pub(super) fn shape(&self, value: &[u8]) -> Option<Vec<Fragment>> {
        let mut left = MAX_FRAGMENTS;
        let fragments = self.taken_apart(value, MAX_DEPTH, &mut left)?;
        fragments.iter().any(holds_secret).then_some(fragments)
    }

    /// None if more pieces would be made than are left.
    fn taken_apart(&self, value: &[u8], depth: usize, left: &mut usize) -> Option<Vec<Fragment>> {
        let (mut fragments, mut from) = (Vec::new(), 0);
        for found in self.automaton.find_iter(value) {
            self.without_secret(&value[from..found.start()], depth, left, &mut fragments)?;
            let name = self.names.get(found.pattern().as_usize())?;
            push(&mut fragments, Fragment::Secret(name.clone()), left)?;
            from = found.end();
        }
        self.without_secret(&value[from..], depth, left, &mut fragments)?;
        Some(fragments)
    }

    /// A part in which no secret stands as it is. Base64 of one may be in it.
    fn without_secret(
        &self,
        value: &[u8],
        depth: usize,
        left: &mut usize,
        fragments: &mut Vec<Fragment>,
    ) -> Option<()> {
        let mut text = String::new();
        for word in words(value) {
            match self.encoded(word, depth, left)? {
                None => text.extend(word.iter().map(|byte| shape(*byte))),
                Some(inner) => {
                    push(fragments, Fragment::Text(std::mem::take(&mut text)), left)?;
                    push(fragments, Fragment::Base64(inner), left)?;
                }
            }
        }
        push(fragments, Fragment::Text(text), left)
    }

    /// What is within a word of base64, if that holds a secret and is written again as it was.
    fn encoded(
        &self,
        word: &[u8],
        depth: usize,
        left: &mut usize,
    ) -> Option<Option<Vec<Fragment>>> {
        let Some(depth) = depth.checked_sub(1).filter(|_| word.len() >= MIN_BASE64) else {
            return Some(None);
        };
        let Some(decoded) = decoded(word) else { return Some(None) };
        let before = *left;
        let inner = self.taken_apart(&decoded, depth, left)?;
        let inner = inner.iter().any(holds_secret).then_some(inner);
        if inner.is_none() {
            *left = before;
        }
        Some(inner)
    }
}

/// Puts a value together from new secrets. Values of the same shape were different, and stay so: each has a `turn` of its own, of which 0 writes the
/// shape as it is. None if there are not as many values of this shape.
///
/// # Errors
/// It names a secret that is none of the kit, or base64 within base64 more often than it is taken apart: such a file would grow without bounds.
pub(super) fn value(
    fragments: &[Fragment],
    secrets: &[Secret],
    mut turn: usize,
) -> Result<Option<Secret>, String> {
    let value = put_together(fragments, secrets, &mut turn, MAX_DEPTH)?;
    Ok((turn == 0).then(|| Secret::new(value)))
}

/// The secret of a name: `kit-1` is the first.
pub(super) fn made_up<'s>(name: &str, secrets: &'s [Secret]) -> Option<&'s Secret> {
    let number: usize = name.strip_prefix("kit-")?.parse().ok()?;
    secrets.get(number.checked_sub(1)?)
}

/// What the secret at an index is called.
pub(super) fn name(index: usize) -> String {
    format!("kit-{}", index + 1)
}

fn holds_secret(fragment: &Fragment) -> bool {
    !matches!(fragment, Fragment::Text(_))
}

/// None if no piece is left.
fn push(fragments: &mut Vec<Fragment>, fragment: Fragment, left: &mut usize) -> Option<()> {
    if !matches!(&fragment, Fragment::Text(text) if text.is_empty()) {
        *left = left.checked_sub(1)?;
        fragments.push(fragment);
    }
    Some(())
}

fn decoded(word: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(word).ok().map(Zeroizing::new)
}

/// Pieces that may be base64 as a whole, and what is between them. A slash is a letter of base64 and ends a step of an address: a run of letters
/// that is not base64 of a text is taken step by step.
fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let runs = value.chunk_by(move |one, other| is_letter(one) == is_letter(other));
    let is_text =
        |run: &[u8]| decoded(run).is_some_and(|decoded| std::str::from_utf8(&decoded).is_ok());
    runs.flat_map(move |run| {
        let is_whole = is_text(run);
        run.chunk_by(move |one, other| is_whole || (*one == b'/') == (*other == b'/'))
    })
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
    turn: &mut usize,
    depth: usize,
) -> Result<Vec<u8>, String> {
    let mut value = Vec::new();
    for fragment in fragments {
        match fragment {
            Fragment::Text(text) => value.extend(text.bytes().map(|byte| varied(byte, turn))),
            Fragment::Secret(name) => {
                let secret = made_up(name, secrets);
                let secret = secret.ok_or_else(|| format!("the kit made no secret `{name}`"))?;
                value.extend_from_slice(secret.expose());
            }
            Fragment::Base64(inner) => {
                let depth = depth.checked_sub(1).ok_or("base64 is nested too deep")?;
                let inner = Zeroizing::new(put_together(inner, secrets, turn, depth)?);
                value.extend(STANDARD.encode(&*inner).into_bytes());
            }
        }
    }
    Ok(value)
}

/// A byte of a shape, and what is left of the turn: the letters and digits of a value are those of a number.
fn varied(byte: u8, turn: &mut usize) -> u8 {
    let choices = match byte {
        b'x' => LETTERS,
        b'1' => DIGITS,
        _ => return byte,
    };
    let choice = choices[*turn % choices.len()];
    *turn /= choices.len();
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(generation: &str) -> Vec<Secret> {
        ["abcd2345efgh", "mnpq6789rstu"]
            .map(|text| Secret::from(format!("{text}{generation}")))
            .into()
    }

    fn of(value: &[u8], secrets: &[Secret]) -> Option<Vec<Fragment>> {
        Finder::new(secrets)?.shape(value)
    }

    fn played(fragments: &[Fragment], secrets: &[Secret], turn: usize) -> Option<String> {
        let value = value(fragments, secrets, turn).unwrap()?;
        Some(String::from_utf8(value.expose().to_vec()).unwrap())
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
        let after = played(&fragments, &new, 0).unwrap();
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
        assert!(value(&unknown, &secrets("new"), 0).unwrap_err().contains("kit-3"));
        let mut deep = vec![Fragment::Text("x".to_owned())];
        (0..=MAX_DEPTH).for_each(|_| deep = vec![Fragment::Base64(std::mem::take(&mut deep))]);
        assert!(value(&deep, &secrets("new"), 0).unwrap_err().contains("too deep"));
    }

    /// What is recorded are answers, and a server may send what it likes.
    #[test]
    fn a_value_of_many_secrets_or_words_is_bounded() {
        let secrets = secrets("old");
        let secret = "abcd2345efghold";
        let check = |text: String, has_shape: bool| {
            assert_eq!(of(text.as_bytes(), &secrets).is_some(), has_shape, "{}", &text[..40]);
        };
        check(secret.repeat(MAX_FRAGMENTS), true);
        check(secret.repeat(MAX_FRAGMENTS + 1), false);
        check(secret.repeat(1 << 17), false);
        check(format!("{secret}:").repeat(1 << 17), false);
        check(format!("{secret}{}", "a/".repeat(1 << 20)), true);
        check(format!("{secret} {}", "QUFBQUFBQUE= ".repeat(1 << 17)), true);
        check(format!("{} ", STANDARD.encode(secret)).repeat(1 << 15), false);
        check(STANDARD.encode(secret.repeat(1 << 15)), false);
    }

    #[test]
    fn values_of_one_shape_stay_different() {
        let secrets = secrets("old");
        let fragments = of(b"a1:abcd2345efghold@b", &secrets).unwrap();
        let values: Vec<Option<String>> =
            (0..=52 * 10 * 52).map(|turn| played(&fragments, &secrets, turn)).collect();
        assert_eq!(values[0].as_deref(), Some("x1:abcd2345efghold@x"));
        assert_eq!(values[1].as_deref(), Some("a1:abcd2345efghold@x"));
        assert_eq!(values.last(), Some(&None), "there are no more");
        let different: std::collections::HashSet<_> = values.iter().flatten().collect();
        assert_eq!(different.len(), 52 * 10 * 52);
        // What is encoded varies within.
        let inner = STANDARD.encode("alice:abcd2345efghold");
        let fragments = of(inner.as_bytes(), &secrets).unwrap();
        assert_eq!(played(&fragments, &secrets, 2), Some(STANDARD.encode("bxxxx:abcd2345efghold")));
    }
}
