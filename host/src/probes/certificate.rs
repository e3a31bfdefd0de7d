//! Whose certificate it is, and until when.

use jiff::{Timestamp, tz::TimeZone};
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::{Certificate, TbsCertificate};

/// A certificate in words: to whom it was given, by whom, and until when.
pub fn words(der: &[u8]) -> String {
    let Ok(certificate) = Certificate::from_der(der) else {
        return "a certificate that cannot be read".to_owned();
    };
    let body = certificate.tbs_certificate;
    let until = date(body.validity.not_after.to_unix_duration().as_secs());
    format!("certificate of `{}`, issued by `{}`, valid until {until}", whose(&body), body.issuer)
}

/// The subject, or the first of the names where it has none.
fn whose(body: &TbsCertificate) -> String {
    let subject = body.subject.to_string();
    if !subject.is_empty() {
        return subject;
    }
    let names = body.get::<SubjectAltName>().ok().flatten();
    let first = names.iter().flat_map(|(_, names)| &names.0).find_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    });
    first.unwrap_or_else(|| "nobody".to_owned())
}

/// From when until when a certificate is valid, in seconds since 1970.
pub fn period(der: &[u8]) -> Option<(u64, u64)> {
    let validity = Certificate::from_der(der).ok()?.tbs_certificate.validity;
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
    Some((seconds(validity.not_before), seconds(validity.not_after)))
}

/// The same as days.
pub fn days(der: &[u8]) -> Option<(String, String)> {
    period(der).map(|(from, until)| (date(from), date(until)))
}

fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or("a day that cannot be read".to_owned(), |time| {
        time.to_zoned(TimeZone::UTC).date().to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_whose_it_is() {
        let mut params = rcgen::CertificateParams::new(["db.example.com".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "db");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let expected = "certificate of `CN=db`, issued by `CN=db`, valid until 2031-02-03";
        assert_eq!(words(made.der()), expected);
        assert_eq!(days(made.der()), Some(("2020-01-01".into(), "2031-02-03".into())));
        params.distinguished_name = rcgen::DistinguishedName::new();
        let nameless = params.self_signed(&key).unwrap();
        assert!(words(nameless.der()).starts_with("certificate of `db.example.com`, issued by ``"));
        assert_eq!(words(b"none"), "a certificate that cannot be read");
    }
}
