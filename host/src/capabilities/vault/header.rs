//! The part of a store that is readable without a key: how to get the data key.

use ring::digest::{SHA256, digest};

use super::crypto::{FORMAT, KEY_BYTES, RawKey, Sealed, StoreId};
use super::encoding::{Decoder, Encoder};
use super::error::VaultError;
use super::key::{KeyKind, Stretch};
use super::members::Members;
use super::recovery::Recovery;

const MAGIC: &[u8] = b"connhub vault";
const CHECKSUM_BYTES: usize = 8;

/// The version of a header that wraps two keys.
const TWO_KEYS: u64 = 2;

/// The version of a header that says what else the store has. A program that does not know it refuses the store, instead of taking what it does
/// not know for damage.
const WITH_EXTRAS: u64 = 3;

/// The newest version of a header that this program reads and writes: the one of a store with members.
pub(super) const NEWEST: u64 = 4;

/// Says how the data key of a store is unwrapped.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) store: StoreId,
    pub(super) kind: KeyKind,
    pub(super) stretch: Option<Stretch>,
    /// What the store has beyond what every store has.
    pub(super) extras: Extras,
    form: Form,
    wrapped: Sealed,
}

/// What only some stores have. It is not bound to the wrapped key, so that it can change without the master key; each part is protected
/// by what it says itself: the sealed state knows whether there is a history, a recovery key is sealed with the data key, and so are the members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// Whether there is a table of past versions.
    pub(super) history: bool,
    /// The second way to the data key, if there is one.
    pub(super) recovery: Option<Recovery>,
    /// Who the members are, and the master key for each of them.
    pub(super) members: Option<Members>,
}

/// What a header unwraps to.
#[derive(Clone)]
pub(super) struct Unwrapped {
    /// What records are sealed with.
    pub(super) data_key: RawKey,
    /// What hashes of names are made with, for as long as the store lives: rows are found by them, and
    /// only who names a record can tell its hash. The first data key, unless it was replaced.
    pub(super) index_key: Option<RawKey>,
    pub(super) owner: String,
}

/// Why bytes are not a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// They are not what was written.
    Damaged,
    /// They are whole, and of a version that is not known here.
    Unsupported(u64),
}

impl Header {
    /// Wraps a data key for its owner under the master key.
    pub(super) fn wrap(
        unwrapped: &Unwrapped,
        master: &RawKey,
        store: StoreId,
        kind: KeyKind,
        stretch: Option<Stretch>,
    ) -> Result<Self, VaultError> {
        let mut message = Vec::with_capacity(2 * KEY_BYTES + unwrapped.owner.len());
        message.extend_from_slice(unwrapped.data_key.0.as_slice());
        if let Some(key) = &unwrapped.index_key {
            message.extend_from_slice(key.0.as_slice());
        }
        message.extend_from_slice(unwrapped.owner.as_bytes());
        let form = if unwrapped.index_key.is_some() { Form::TwoKeys } else { Form::OneKey };
        let clear = encode_clear(form, &store, kind, stretch.as_ref()).finish();
        let wrapped = master.sealing_key(&store, "wrap").seal(&clear, message)?;
        Ok(Self { store, kind, stretch, extras: Extras::default(), form, wrapped })
    }

    /// The same header of a store that has this beyond what every store has.
    pub(super) fn with(self, extras: Extras) -> Self {
        Self { extras, ..self }
    }

    /// What a proof about this header is about: all but the extras.
    pub(super) fn bound(&self) -> Vec<u8> {
        let encoder = self.clear().bytes(&self.wrapped.seal);
        encoder.bytes(&self.wrapped.ciphertext).finish()
    }

    /// Whether both are the same, wrapped at the same time.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.store == other.store && self.wrapped.seal == other.wrapped.seal
    }

    /// The data key and its owner; none if the master key is another one.
    pub(super) fn unwrap(&self, master: &RawKey) -> Option<Unwrapped> {
        let clear = self.clear().finish();
        let wrapped = self.wrapped.clone();
        let message = master.sealing_key(&self.store, "wrap").open(&clear, wrapped)?;
        let (data_key, rest) = message.split_at_checked(KEY_BYTES)?;
        let (index_key, owner) = match self.form {
            Form::OneKey => (None, rest),
            Form::TwoKeys => {
                let (key, owner) = rest.split_at_checked(KEY_BYTES)?;
                (Some(RawKey::from_slice(key)?), owner)
            }
        };
        let owner = std::str::from_utf8(owner).ok()?.to_owned();
        Some(Unwrapped { data_key: RawKey::from_slice(data_key)?, index_key, owner })
    }

    /// The header as stored. The checksum tells damage from a wrong key and from a newer version;
    /// what protects the header from being altered is that it is associated with the wrapped key.
    pub(super) fn encode(&self) -> Vec<u8> {
        let head = self.extras.encode(Encoder::default().bytes(MAGIC));
        let content = encode_parts(head, self.form, &self.store, self.kind, self.stretch.as_ref())
            .bytes(&self.wrapped.seal)
            .bytes(&self.wrapped.ciphertext);
        Self::with_checksum(&content.finish())
    }

    /// The content of a header, and the checksum that tells whether it is whole.
    pub(super) fn with_checksum(content: &[u8]) -> Vec<u8> {
        [content, &checksum(content)].concat()
    }

    /// Reads a stored header.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let (content, sum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(HeaderFault::Damaged)?;
        if checksum(content) != *sum {
            return Err(HeaderFault::Damaged);
        }
        let mut decoder = Decoder::new(content);
        if decoder.bytes() != Some(MAGIC) {
            return Err(HeaderFault::Damaged);
        }
        let version = decoder.number().ok_or(HeaderFault::Damaged)?;
        let header = match Form::from_number(version) {
            Some(form) => decode_content(form, Extras::default(), decoder),
            None if version == WITH_EXTRAS || version == NEWEST => {
                decode_extended(version, decoder)
            }
            None => return Err(HeaderFault::Unsupported(version)),
        };
        header.ok_or(HeaderFault::Damaged)
    }

    fn clear(&self) -> Encoder {
        encode_clear(self.form, &self.store, self.kind, self.stretch.as_ref())
    }
}

/// How many keys are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The data key.
    OneKey,
    /// The data key and the one for names.
    TwoKeys,
}

impl Form {
    fn number(self) -> u64 {
        match self {
            Self::OneKey => FORMAT,
            Self::TwoKeys => TWO_KEYS,
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        [Self::OneKey, Self::TwoKeys].into_iter().find(|form| form.number() == number)
    }
}

impl Extras {
    /// Nothing is written of a store without extras: its header stays what older programs read.
    fn encode(&self, encoder: Encoder) -> Encoder {
        match self == &Self::default() {
            true => encoder,
            false => {
                let recovery = self.recovery.as_ref().map(Recovery::encode).unwrap_or_default();
                let version = if self.members.is_some() { NEWEST } else { WITH_EXTRAS };
                let encoder = encoder.number(version).number(self.history.into()).bytes(&recovery);
                match &self.members {
                    Some(members) => encoder.bytes(&members.encode()),
                    None => encoder,
                }
            }
        }
    }

    /// None if it could be written in another way.
    fn decode(version: u64, decoder: &mut Decoder<'_>) -> Option<Self> {
        let history = decode_bool(decoder)?;
        let recovery = match decoder.bytes()? {
            [] => None,
            bytes => Some(Recovery::decode(bytes)?),
        };
        let members = match version {
            NEWEST => Some(Members::decode(decoder.bytes()?)?),
            _ => None,
        };
        let extras = Self { history, recovery, members };
        (extras != Self::default()).then_some(extras)
    }
}

fn decode_bool(decoder: &mut Decoder<'_>) -> Option<bool> {
    match decoder.number()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn encode_clear(form: Form, store: &StoreId, kind: KeyKind, stretch: Option<&Stretch>) -> Encoder {
    encode_parts(Encoder::default().bytes(MAGIC), form, store, kind, stretch)
}

fn encode_parts(
    head: Encoder,
    form: Form,
    store: &StoreId,
    kind: KeyKind,
    stretch: Option<&Stretch>,
) -> Encoder {
    let stretch = stretch.map(Stretch::encode).unwrap_or_default();
    head.number(form.number()).bytes(store).number(kind.number()).bytes(&stretch)
}

fn decode_extended(version: u64, mut decoder: Decoder<'_>) -> Option<Header> {
    let extras = Extras::decode(version, &mut decoder)?;
    let form = Form::from_number(decoder.number()?)?;
    decode_content(form, extras, decoder)
}

fn decode_content(form: Form, extras: Extras, mut decoder: Decoder<'_>) -> Option<Header> {
    let store = decoder.fixed()?;
    let kind = KeyKind::from_number(decoder.number()?)?;
    let stretch = decoder.bytes()?;
    let seal = decoder.fixed()?;
    let ciphertext = decoder.bytes()?.to_vec();
    let stretch = if stretch.is_empty() { None } else { Some(Stretch::decode(stretch)?) };
    let wrapped = Sealed { seal, ciphertext };
    decoder.rest().is_empty().then_some(Header { store, kind, stretch, extras, form, wrapped })
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&digest(&SHA256, content).as_ref()[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
impl Header {
    /// What a version of the program that does not exist yet may write.
    pub(super) fn of_version(version: u64) -> Vec<u8> {
        let mut bytes = Encoder::default().bytes(MAGIC).number(version).bytes(b"new").finish();
        bytes.extend_from_slice(&checksum(&bytes));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn master(first: u8) -> RawKey {
        RawKey(Zeroizing::new([first; KEY_BYTES]))
    }

    fn header() -> Header {
        header_of(None)
    }

    fn header_of(index_key: Option<RawKey>) -> Header {
        let unwrapped = Unwrapped { data_key: master(5), index_key, owner: "ada".to_owned() };
        Header::wrap(&unwrapped, &master(1), [9; 16], KeyKind::File, None).expect("randomness")
    }

    #[test]
    fn the_right_key_unwraps_what_was_stored() {
        let read = Header::decode(&header().encode()).expect("a header");
        let unwrapped = read.unwrap(&master(1)).expect("the right key");
        assert!(unwrapped.data_key == master(5));
        assert!(unwrapped.index_key.is_none());
        assert_eq!(unwrapped.owner, "ada");
        assert!(read.unwrap(&master(2)).is_none());
    }

    #[test]
    fn a_key_for_names_of_its_own_is_kept_apart() {
        let read = Header::decode(&header_of(Some(master(6))).encode()).expect("a header");
        let unwrapped = read.unwrap(&master(1)).expect("the right key");
        assert!(unwrapped.data_key == master(5) && unwrapped.index_key == Some(master(6)));
        assert_eq!(unwrapped.owner, "ada");
        let forged = Header { form: Form::OneKey, ..read };
        assert!(forged.unwrap(&master(1)).is_none());
    }

    #[test]
    fn every_flipped_byte_is_damage() {
        let good = header().encode();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            assert_eq!(Header::decode(&bad).err(), Some(HeaderFault::Damaged), "byte {index}");
        }
        for length in 0..good.len() {
            assert_eq!(Header::decode(&good[..length]).err(), Some(HeaderFault::Damaged));
        }
    }

    #[test]
    fn a_forged_header_does_not_unwrap() {
        let mut forged = header();
        forged.kind = KeyKind::Command;
        let read = Header::decode(&forged.encode()).expect("the checksum is right");
        assert!(read.unwrap(&master(1)).is_none());
    }

    #[test]
    fn what_only_some_stores_have_is_told_without_the_master_key() {
        let plain = header();
        let extended = plain.clone().with(Extras { history: true, ..Extras::default() });
        assert!(extended.encode().len() > plain.encode().len());
        let read = Header::decode(&extended.encode()).expect("a header");
        assert!(read.extras.history && read.is_same(&plain));
        assert!(read.unwrap(&master(1)).is_some());
        assert!(!Header::decode(&plain.encode()).expect("a header").extras.history);
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let bytes = Header::of_version(NEWEST + 1);
        assert_eq!(Header::decode(&bytes).err(), Some(HeaderFault::Unsupported(NEWEST + 1)));
    }
}
