//! From a name to a connection, through the same check of addresses as every other request of this program.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::ladder::{Climb, Ladder};
use crate::capabilities::http::{RefusedAddress, checked_addresses};
use crate::model::Rung;

/// How long one of several addresses may keep the others waiting.
const EACH: Duration = Duration::from_secs(3);
/// Of a name with more addresses the others are not tried.
const MAX_ADDRESSES: usize = 8;

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Place {
    /// A host and a port.
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port }
    }

    /// `HOST:PORT` or `HOST`; what is not a port belongs to the host.
    pub fn parse(text: &str, usual_port: u16) -> Self {
        let is_bare_v6 = text.matches(':').count() > 1 && !text.starts_with('[');
        match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) if !is_bare_v6 => Self::new(host, port),
            _ => Self::new(text, usual_port),
        }
    }
}

/// Connects to one of the addresses of a server.
///
/// # Errors
/// The name has no address, one of its addresses is refused, or nobody listens.
pub async fn connect(place: &Place, ladder: &mut Ladder) -> Climb<TcpStream> {
    let Place { host, port } = place;
    ladder.begin(Rung::Resolve);
    let found = match checked_addresses(host, *port).await {
        Ok(found) if !found.is_empty() => found,
        Ok(_) => return Err(ladder.fail(format!("`{host}` has no address"))),
        Err(error) => return Err(ladder.fail(unresolved(host, error.as_ref()))),
    };
    if host.parse::<std::net::IpAddr>().is_err() {
        let addresses: Vec<String> = found.iter().map(|one| one.ip().to_string()).collect();
        ladder.pass(format!("`{host}` is {}", addresses.join(", ")));
    }
    ladder.begin(Rung::Connect);
    let mut failures = Vec::new();
    for address in found.iter().take(MAX_ADDRESSES) {
        // The last one may take all the time that is left.
        let patience = if found.len() > 1 { EACH } else { Duration::MAX };
        match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // It only makes short exchanges slower.
                let _ = stream.set_nodelay(true);
                ladder.pass(format!("{address}"));
                return Ok(stream);
            }
            Ok(Err(error)) => failures.push(format!("{address}: {}", words(&error))),
            Err(_) => failures.push(format!("{address}: no answer")),
        }
    }
    Err(ladder.fail(failures.join("; ")))
}

fn unresolved(host: &str, error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    match error.downcast_ref::<RefusedAddress>() {
        Some(refused) => refused.to_string(),
        None => format!("`{host}` cannot be resolved: no such name, or no name server answers"),
    }
}

/// What a system's error says, without its number.
pub fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "the connection is refused: nothing listens there".into()
        }
        io::ErrorKind::UnexpectedEof => "the server ends the connection".into(),
        io::ErrorKind::ConnectionReset => "the server breaks off the connection".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_a_port_or_without() {
        let check = |text: &str, host: &str, port: u16| {
            assert_eq!(Place::parse(text, 9), Place { host: host.to_owned(), port }, "{text}");
        };
        check("db.example.com", "db.example.com", 9);
        check("db.example.com:1", "db.example.com", 1);
        check("10.0.0.1:65535", "10.0.0.1", 65535);
        check("[::1]:1", "::1", 1);
        check("[::1]", "::1", 9);
        check("fd00::1", "fd00::1", 9);
    }

    #[tokio::test]
    async fn metadata_addresses_are_refused_before_anything_is_sent() {
        for host in ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "100.100.100.200"] {
            let mut ladder = Ladder::new();
            assert!(connect(&Place::new(host, 80), &mut ladder).await.is_err());
            let steps = ladder.steps();
            assert_eq!(steps[0].rung, Rung::Resolve, "{host}");
            assert!(steps[0].message.contains("which is"), "{}", steps[0].message);
        }
    }
}
