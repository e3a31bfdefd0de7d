//! Canonical byte strings.
//!
//! Each field is preceded by its length, so two different lists of fields never encode alike.

/// Builds a canonical byte string.
#[derive(Default)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    /// An encoder whose buffer is not moved before `capacity` bytes are written. Callers that
    /// encode secrets give the full size, so that no copy is left behind by a reallocation.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Appends a field of any length below 4 GiB.
    #[must_use]
    pub(super) fn bytes(mut self, field: &[u8]) -> Self {
        let length = u32::try_from(field.len()).expect("the limits keep fields below 4 GiB");
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// Appends a number, always 8 bytes.
    #[must_use]
    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// The byte string.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// The bytes that [`Encoder::bytes`] adds to a field.
pub(super) const LENGTH_BYTES: usize = 4;

/// The bytes that [`Encoder::number`] writes.
pub(super) const NUMBER_BYTES: usize = 8;

/// Reads a canonical byte string. Every reader gives nothing when the bytes end early.
pub(super) struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next field of any length.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(length).ok()?)
    }

    /// The next field of any length, if it is UTF-8.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// The next field, if it has exactly `N` bytes.
    pub(super) fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// What was not read.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let bytes = Encoder::default().bytes(b"ab").number(7).bytes(b"").bytes("ü".as_bytes());
        let bytes = bytes.finish();
        let mut decoder = Decoder::new(&bytes);
        assert_eq!(decoder.bytes(), Some(&b"ab"[..]));
        assert_eq!(decoder.number(), Some(7));
        assert_eq!(decoder.fixed::<0>(), Some([]));
        assert_eq!(decoder.text(), Some("ü"));
        assert!(decoder.rest().is_empty());
    }

    #[test]
    fn moving_a_border_changes_the_encoding() {
        let one = Encoder::default().bytes(b"ab").bytes(b"c").finish();
        let other = Encoder::default().bytes(b"a").bytes(b"bc").finish();
        assert_ne!(one, other);
    }

    #[test]
    fn truncated_and_lying_input_gives_nothing() {
        let bytes = Encoder::default().bytes(b"abc").finish();
        for length in 0..bytes.len() {
            assert_eq!(Decoder::new(&bytes[..length]).bytes(), None);
        }
        assert_eq!(Decoder::new(&[0xff; 12]).bytes(), None);
        assert_eq!(Decoder::new(&[0; 7]).number(), None);
    }
}
