//! The members of a store as its header has them.
//!
//! The master key of the store is in one file of age that is written for all members. So that nobody with the database gives the next key to a further
//! recipient, the list of members is sealed with the data key, bound to that file. That alone would not do: the public keys of members are known, so that
//! anybody could make a header with keys of their own for them, or somebody who was a member could do so with the old data key, and would read what is
//! written from then on. So the owner who wrote the header leaves a proof for each member: a keyed hash over all of it, with a key that only
//! this owner and this member can compute. Who the owners were, a member remembers (`pin.rs`).

use std::io::Write as _;

use age::{Encryptor, Recipient};
use ring::digest::{SHA256, digest};

use super::super::crypto::{HashingKey, RawKey, SEAL_BYTES, Sealed, StoreId, StoreKeys};
use super::super::encoding::{Decoder, Encoder};
use super::super::error::VaultError;
use super::super::header::Header;
use super::super::key::{Identity, PublicId};
use super::list::{List, MAX_MEMBERS};

/// The bytes of a proof.
const PROOF_BYTES: usize = 32;

/// The most bytes of the file of age: what it takes for each member, and some more.
const MAX_WRAPPED: usize = 1024 + 256 * MAX_MEMBERS;

/// The members of a store, and its master key for each of them.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Members {
    /// The seal of the list.
    seal: [u8; SEAL_BYTES],
    /// The list, sealed.
    list: Vec<u8>,
    /// A file of age with the master key.
    wrapped: Vec<u8>,
    /// That an owner wrote all of this: for each member, in the order of the list.
    proofs: Vec<[u8; PROOF_BYTES]>,
}

/// No key is in it that could be read.
impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Members")
    }
}

impl Members {
    /// The members of a store with this header, whose master key is wrapped for each of them. `writer` is the owner who does it.
    pub(super) fn write(
        header: &Header,
        keys: &StoreKeys,
        master: &RawKey,
        list: &List,
        writer: &Identity,
    ) -> Result<Self, VaultError> {
        let wrapped = wrap(master, list)?;
        let sealed = keys.state.seal(&associated(keys, &wrapped), list.encode())?;
        let written =
            Self { seal: sealed.seal, list: sealed.ciphertext, wrapped, proofs: Vec::new() };
        let message = written.message(header);
        let prove = |member: &PublicId| {
            let key = proof_key(header.store, writer, member, (&list.writer, member));
            Ok(key.ok_or_else(unusable)?.hash(&message))
        };
        let proofs = list.members.iter().map(|member| prove(&member.key));
        let proofs = proofs.collect::<Result<_, VaultError>>()?;
        Ok(Self { proofs, ..written })
    }

    /// The master key of the store; none if the identity is not the one of a member.
    pub(super) fn master(&self, identity: &Identity) -> Option<RawKey> {
        RawKey::from_slice(&identity.decrypt(&self.wrapped)?)
    }

    /// The list, if it is the one that was sealed with the keys of the store.
    pub(super) fn list(&self, keys: &StoreKeys) -> Option<List> {
        let sealed = Sealed { seal: self.seal, ciphertext: self.list.clone() };
        let list = List::decode(&keys.state.open(&associated(keys, &self.wrapped), sealed)?)?;
        (list.members.len() == self.proofs.len()).then_some(list)
    }

    /// Whether the owner whom the list names wrote all of it for the member who reads.
    pub(super) fn is_proven(&self, header: &Header, list: &List, reader: &Identity) -> bool {
        let own = reader.public();
        let place = list.members.iter().position(|member| member.key == own);
        let proof = place.and_then(|place| self.proofs.get(place));
        let key = proof_key(header.store, reader, &list.writer, (&list.writer, &own));
        let (Some(proof), Some(key)) = (proof, key) else { return false };
        key.hash::<PROOF_BYTES>(&self.message(header)) == *proof
    }

    pub(in super::super) fn encode(&self) -> Vec<u8> {
        let encoder = Encoder::default().bytes(&self.seal).bytes(&self.list);
        encoder.bytes(&self.wrapped).bytes(&self.proofs.concat()).finish()
    }

    pub(in super::super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let seal = decoder.fixed()?;
        let (list, wrapped) = (decoder.bytes()?.to_vec(), decoder.bytes()?.to_vec());
        let (proofs, rest) = decoder.bytes()?.as_chunks();
        let is_whole = decoder.rest().is_empty() && rest.is_empty();
        let is_small = wrapped.len() <= MAX_WRAPPED && proofs.len() <= MAX_MEMBERS;
        (is_whole && is_small).then(|| Self { seal, list, wrapped, proofs: proofs.to_vec() })
    }

    /// What a proof is about: the wrapped keys, the list, and for whom they are.
    fn message(&self, header: &Header) -> Vec<u8> {
        let encoder = Encoder::default().bytes(&header.bound()).bytes(&self.seal);
        encoder.bytes(&self.list).bytes(&self.wrapped).finish()
    }
}

/// What only `one` and the owner of the key `other` know, for a proof from one of them to the other.
fn proof_key(
    store: StoreId,
    one: &Identity,
    other: &PublicId,
    (from, to): (&PublicId, &PublicId),
) -> Option<HashingKey> {
    let shared = one.shared_with(other)?;
    let purpose = format!("proof from {from} to {to}");
    Some(shared.hashing_key(&store, &purpose))
}

fn wrap(master: &RawKey, list: &List) -> Result<Vec<u8>, VaultError> {
    let recipients: Option<Vec<_>> =
        list.members.iter().map(|member| member.key.recipient()).collect();
    let recipients = recipients.ok_or_else(unusable)?;
    let failed = |error: &dyn std::fmt::Display| VaultError::Invalid {
        what: format!("the key of the store cannot be wrapped for its members: {error}"),
    };
    let all = recipients.iter().map(|recipient| recipient as &dyn Recipient);
    let encryptor = Encryptor::with_recipients(all).map_err(|error| failed(&error))?;
    let mut wrapped = Vec::new();
    let written = encryptor.wrap_output(&mut wrapped).and_then(|mut writer| {
        writer.write_all(master.0.as_slice())?;
        writer.finish()
    });
    written.map_err(|error| failed(&error))?;
    Ok(wrapped)
}

fn associated(keys: &StoreKeys, wrapped: &[u8]) -> Vec<u8> {
    keys.encoder("members").bytes(digest(&SHA256, wrapped).as_ref()).finish()
}

fn unusable() -> VaultError {
    VaultError::Invalid {
        what: "the key of a member is one for which nothing can be sealed".into(),
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::super::crypto::KEY_BYTES;
    use super::super::super::header::Unwrapped;
    use super::super::super::key::KeyKind;
    use super::super::list::{Listed, Right};
    use super::*;

    struct Written {
        header: Header,
        keys: StoreKeys,
        master: RawKey,
        list: List,
        members: Members,
    }

    fn raw(first: u8) -> RawKey {
        RawKey(Zeroizing::new([first; KEY_BYTES]))
    }

    fn listed(name: &str, right: Right, identity: &Identity) -> Listed {
        Listed { name: name.to_owned(), right, key: identity.public(), role: None }
    }

    fn write(store: StoreId, data_key: u8, writer: &Identity, other: &Identity) -> Written {
        let data_key = raw(data_key);
        let unwrapped = Unwrapped { data_key, index_key: None, owner: "team".to_owned() };
        let master = raw(9);
        let header = Header::wrap(&unwrapped, &master, store, KeyKind::Members, None);
        let header = header.expect("random");
        let keys = StoreKeys::of(unwrapped, store);
        let first = List::of_creator("ada", writer.public());
        let both = vec![first.members[0].clone(), listed("bob", Right::Use, other)];
        let list = first.next(writer.public(), both);
        let members = Members::write(&header, &keys, &master, &list, writer).expect("written");
        Written { header, keys, master, list, members }
    }

    #[test]
    fn each_member_gets_the_key_and_sees_who_wrote_it() {
        let [ada, bob, eve] = [(); 3].map(|()| Identity::random());
        let written = write([1; 16], 5, &ada, &bob);
        let read = Members::decode(&written.members.encode()).expect("read");
        assert_eq!(read, written.members);
        for member in [&ada, &bob] {
            assert!(read.master(member) == Some(written.master.clone()));
            let list = read.list(&written.keys).expect("its own");
            assert_eq!(list, written.list);
            assert!(read.is_proven(&written.header, &list, member));
        }
        assert!(read.master(&eve).is_none());
        assert!(!read.is_proven(&written.header, &written.list, &eve));
    }

    #[test]
    fn a_list_is_bound_to_the_store_and_to_its_keys() {
        let [ada, bob] = [(); 2].map(|()| Identity::random());
        let written = write([1; 16], 5, &ada, &bob);
        assert!(written.members.list(&write([2; 16], 5, &ada, &bob).keys).is_none());
        assert!(written.members.list(&write([1; 16], 6, &ada, &bob).keys).is_none());
        let other = write([1; 16], 5, &ada, &bob);
        let mixed = Members { wrapped: other.members.wrapped.clone(), ..written.members.clone() };
        assert!(mixed.list(&written.keys).is_none());
        assert!(!written.members.is_proven(&other.header, &written.list, &bob));
    }

    #[test]
    fn who_has_all_keys_of_the_store_cannot_write_for_an_owner() {
        let [ada, bob, eve] = [(); 3].map(|()| Identity::random());
        let written = write([1; 16], 5, &ada, &bob);
        // Whoever knows the data key can seal any list and say that `ada` wrote it.
        let Written { header, keys, master, list, .. } = &written;
        let forged = Members::write(header, keys, master, list, &eve).expect("written");
        assert!(forged.list(keys).is_some());
        assert!(!forged.is_proven(header, list, &bob) && !forged.is_proven(header, list, &ada));
    }

    #[test]
    fn no_flipped_byte_goes_unseen() {
        let [ada, bob] = [(); 2].map(|()| Identity::random());
        let Written { header, keys, list, members, .. } = write([1; 16], 5, &ada, &bob);
        let good = members.encode();
        let proofs = good.len() - members.proofs.len() * PROOF_BYTES;
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            let Some(read) = Members::decode(&bad) else { continue };
            // The first proof is for `ada`, and `bob` does not look at it.
            let reader = if index >= proofs + PROOF_BYTES { &bob } else { &ada };
            let seen = read.list(&keys).is_none() || !read.is_proven(&header, &list, reader);
            assert!(seen, "byte {index}");
        }
    }
}
