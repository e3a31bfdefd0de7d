//! The subject of a client certificate. A whole X.509 parser would be far more than two names.

/// The user and groups that a certificate stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) common_name: String,
    pub(super) organizations: Vec<String>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
const VERSION: u8 = 0xa0;

/// 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Reads the subject of a certificate in DER form, `None` if it has no common name.
pub(super) fn subject(certificate: &[u8]) -> Option<Subject> {
    let (whole, _) = expect(certificate, SEQUENCE)?;
    let (mut rest, _) = expect(whole, SEQUENCE)?;
    if let Some((_, after)) = expect(rest, VERSION) {
        rest = after;
    }
    // Serial number, signature algorithm, issuer, validity: the subject follows them.
    for _ in 0..4 {
        (_, _, rest) = element(rest)?;
    }
    let (names, _) = expect(rest, SEQUENCE)?;
    read_names(names)
}

fn read_names(mut names: &[u8]) -> Option<Subject> {
    let mut common_name = None;
    let mut organizations = Vec::new();
    while !names.is_empty() {
        let (set, after) = expect(names, SET)?;
        let (pair, _) = expect(set, SEQUENCE)?;
        let (kind, value) = expect(pair, OBJECT_ID)?;
        let (_, text, _) = element(value)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        match kind {
            COMMON_NAME => common_name = Some(text),
            ORGANIZATION => organizations.push(text),
            _ => {}
        }
        names = after;
    }
    Some(Subject { common_name: common_name?, organizations })
}

/// The content of an element with this tag, and what follows it.
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag, content and rest. Lengths of more than two bytes do not occur in a certificate.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;
    use crate::serve::Tls;

    #[test]
    fn names_of_a_client_certificate() {
        let identity = Tls::new().client("alice", Some("team-a"));
        let der = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("PEM");
        let subject = subject(&der).expect("a subject");
        assert_eq!(subject.common_name, "alice");
        assert_eq!(subject.organizations, ["team-a"]);
    }

    #[test]
    fn what_is_no_certificate_has_no_subject() {
        for bytes in [&b""[..], b"\x30", b"\x30\x05\x30\x03", b"-----BEGIN", &[0x30, 0x84, 1, 2]] {
            assert_eq!(subject(bytes), None, "{bytes:?}");
        }
    }
}
