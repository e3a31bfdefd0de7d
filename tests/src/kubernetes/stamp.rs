//! What a server gives every new object: identity and time.

use k8s_openapi::jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

/// The letters of generated names: no vowels, so that no words come out.
const NAME_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The present time in the form of all timestamps of the API, to the second.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The seconds since a timestamp, 0 if it is none.
pub(super) fn age_seconds(timestamp: &str) -> i64 {
    let then = timestamp.parse::<Timestamp>();
    then.map_or(0, |then| Timestamp::now().duration_since(then).as_secs().max(0))
}

/// A random UUID.
pub(super) fn uid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Five random letters and digits, as they end a generated name.
pub(super) fn name_suffix() -> String {
    let letter = |byte: u8| char::from(NAME_LETTERS[usize::from(byte) % NAME_LETTERS.len()]);
    random::<5>().into_iter().map(letter).collect()
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let time = now();
        assert_eq!((time.len(), &time[10..11], &time[19..]), (20, "T", "Z"), "{time}");
        assert!(age_seconds(&time) <= 2);
        assert!(age_seconds("2020-01-01T00:00:00Z") > 100_000_000);
        let (first, second) = (uid(), uid());
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(&first[14..15], "4");
        assert!(name_suffix().bytes().all(|byte| NAME_LETTERS.contains(&byte)));
    }
}
