//! Records for the system's log: one datagram each, in the form in which programs talk to the socket of this machine (RFC 3164 without a
//! host name, as `logger` and the C library write it; journald, rsyslog and syslog-ng read it).

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::record::Result as Outcome;

/// `authpriv`: what only administrators may read.
const FACILITY: u8 = 10;
/// A daemon that does not take a message within this time does not run.
const PATIENCE: Duration = Duration::from_secs(2);
/// The name of the program.
const TAG: &str = "connhub";

/// Sends a line.
///
/// # Errors
/// Nobody listens, or the message is not taken in time.
pub fn send(socket: &Path, outcome: Option<Outcome>, pid: u32, line: &str) -> io::Result<()> {
    let failed = |error: io::Error| {
        let text = format!("the system's log `{}` does not take it: {error}", socket.display());
        io::Error::new(error.kind(), text)
    };
    let datagram = UnixDatagram::unbound().map_err(failed)?;
    datagram.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let message = message(outcome, Timestamp::now(), pid, line);
    datagram.send_to(message.as_bytes(), socket).map_err(failed)?;
    Ok(())
}

fn message(outcome: Option<Outcome>, now: Timestamp, pid: u32, line: &str) -> String {
    let severity = match outcome {
        Some(Outcome::Denied) => 4,
        Some(Outcome::Failed) => 5,
        Some(Outcome::Done) | None => 6,
    };
    let priority = FACILITY * 8 + severity;
    let time = now.strftime("%b %e %H:%M:%S");
    format!("<{priority}>{time} {TAG}[{pid}]: {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_priority_time_tag_and_line() {
        let now: Timestamp = "2026-03-05T04:05:06Z".parse().unwrap();
        let check = |outcome, expected: &str| {
            assert_eq!(message(outcome, now, 7, "{}"), expected);
        };
        check(None, "<86>Mar  5 04:05:06 connhub[7]: {}");
        check(Some(Outcome::Done), "<86>Mar  5 04:05:06 connhub[7]: {}");
        check(Some(Outcome::Denied), "<84>Mar  5 04:05:06 connhub[7]: {}");
        check(Some(Outcome::Failed), "<85>Mar  5 04:05:06 connhub[7]: {}");
    }

    #[test]
    fn a_datagram_arrives_and_a_missing_socket_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let error = send(&path, None, 7, "{}").unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
        let listener = UnixDatagram::bind(&path).unwrap();
        send(&path, None, 7, "{\"v\":1}").unwrap();
        let mut bytes = [0; 100];
        let length = listener.recv(&mut bytes).unwrap();
        assert!(bytes[..length].ends_with(b" connhub[7]: {\"v\":1}"));
    }
}
