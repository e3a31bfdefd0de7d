//! The two groups of fields of a record before they are sealed.

use zeroize::Zeroizing;

use crate::model::Secret;

use super::encoding::{Decoder, Encoder, LENGTH_BYTES, NUMBER_BYTES};
use super::record::{Key, MAX_SECRET_COUNT, NamedSecret};

/// Sealed groups have a multiple of so many bytes, so that the size of a file or a row tells the
/// length of a password only roughly.
pub(super) const PADDING: usize = 32;

/// The fields that a list shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PublicGroup {
    pub(super) key: Key,
    pub(super) secret_names: Vec<String>,
    pub(super) public: Vec<u8>,
}

/// The encoding of the visible fields.
pub(super) fn encode_public(key: &Key, secrets: &[NamedSecret], public: &[u8]) -> Vec<u8> {
    let named = Encoder::default()
        .bytes(key.scope.as_bytes())
        .bytes(key.name.as_bytes())
        .bytes(public)
        .number(secrets.len() as u64);
    let encoder = secrets.iter().fold(named, |all, secret| all.bytes(secret.name.as_bytes()));
    padded(encoder.finish())
}

/// The visible fields; none if the bytes are not such an encoding.
pub(super) fn decode_public(bytes: &[u8]) -> Option<PublicGroup> {
    let mut decoder = Decoder::new(bytes);
    let scope = decoder.text()?.to_owned();
    let name = decoder.text()?.to_owned();
    let public = decoder.bytes()?.to_vec();
    let count = decode_count(&mut decoder)?;
    let names: Option<Vec<String>> =
        (0..count).map(|_| decoder.text().map(str::to_owned)).collect();
    let secret_names = names?;
    is_padded(bytes, decoder.rest()).then_some(PublicGroup {
        key: Key { scope, name },
        secret_names,
        public,
    })
}

/// The encoding of the secret fields, in memory of exactly the right size.
pub(super) fn encode_secrets(secrets: &[NamedSecret]) -> Vec<u8> {
    let size = |secret: &NamedSecret| 2 * LENGTH_BYTES + secret.name.len() + secret.value.len();
    let size: usize = NUMBER_BYTES + secrets.iter().map(size).sum::<usize>();
    let counted = Encoder::with_capacity(size.next_multiple_of(PADDING));
    let encoder = secrets.iter().fold(counted.number(secrets.len() as u64), |all, secret| {
        all.bytes(secret.name.as_bytes()).bytes(secret.value.expose())
    });
    padded(encoder.finish())
}

/// The secret fields; none if the bytes are not such an encoding.
pub(super) fn decode_secrets(bytes: &Zeroizing<Vec<u8>>) -> Option<Vec<NamedSecret>> {
    let mut decoder = Decoder::new(bytes);
    let count = decode_count(&mut decoder)?;
    let secrets: Option<Vec<NamedSecret>> =
        (0..count).map(|_| decode_secret(&mut decoder)).collect();
    is_padded(bytes, decoder.rest()).then_some(secrets)?
}

fn decode_secret(decoder: &mut Decoder<'_>) -> Option<NamedSecret> {
    let name = decoder.text()?.to_owned();
    let value = Secret::new(decoder.bytes()?.to_vec());
    Some(NamedSecret { name, value })
}

fn decode_count(decoder: &mut Decoder<'_>) -> Option<usize> {
    let count = usize::try_from(decoder.number()?).ok()?;
    (count <= MAX_SECRET_COUNT).then_some(count)
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(PADDING), 0);
    bytes
}

/// Whether what is left of the bytes is what was added to them, so that nothing can be written in two ways.
fn is_padded(bytes: &[u8], rest: &[u8]) -> bool {
    let is_whole = bytes.len().is_multiple_of(PADDING) && rest.len() < PADDING;
    is_whole && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Vec<NamedSecret> {
        let named = |(index, value): (usize, &&str)| NamedSecret {
            name: format!("s{index}"),
            value: Secret::from((*value).to_owned()),
        };
        values.iter().enumerate().map(named).collect()
    }

    fn key() -> Key {
        Key { scope: "team".to_owned(), name: "sales".to_owned() }
    }

    #[test]
    fn groups_survive_encoding() {
        let secrets = secrets(&["hunter2", "", "x"]);
        let public = decode_public(&encode_public(&key(), &secrets, b"{}")).expect("an encoding");
        assert_eq!(public.key, key());
        assert_eq!(public.secret_names, ["s0", "s1", "s2"]);
        assert_eq!(public.public, b"{}");
        let encoded = Zeroizing::new(encode_secrets(&secrets));
        assert_eq!(decode_secrets(&encoded), Some(secrets));
    }

    #[test]
    fn the_length_of_a_secret_is_hidden_within_a_bucket() {
        let size = |length: usize| encode_secrets(&secrets(&["p".repeat(length).as_str()])).len();
        assert_eq!(size(1), size(10));
        assert_ne!(size(1), size(60));
        assert!((0..200).all(|length| size(length).is_multiple_of(PADDING)));
    }

    #[test]
    fn secrets_are_encoded_without_a_reallocation() {
        let encoded = encode_secrets(&secrets(&["a".repeat(1000).as_str(), "b"]));
        assert_eq!(encoded.len(), encoded.capacity());
    }

    #[test]
    fn other_bytes_are_not_a_group() {
        let good = encode_public(&key(), &secrets(&["x"]), b"public");
        assert!(decode_public(&good[..good.len() - PADDING]).is_none());
        assert!(decode_public(&[good.as_slice(), &[0; PADDING]].concat()).is_none());
        assert!(decode_public(&[0xff; 64]).is_none());
        let mut dirty = good;
        *dirty.last_mut().expect("not empty") = 1;
        assert!(decode_public(&dirty).is_none());
        assert!(decode_secrets(&Zeroizing::new(vec![9; 64])).is_none());
    }
}
