//! Addresses that no endpoint may have: there clouds hand out credentials to whoever asks from this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use reqwest::dns::{Addrs, Resolve, Resolving};
use url::{Host, Url};

/// A name or address that leads to a refused place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` has the address {address}, which is {reason}")]
pub struct RefusedAddress {
    host: String,
    address: IpAddr,
    reason: &'static str,
}

/// Checks the host of an address that is written as a number; a name is checked when it is resolved.
///
/// # Errors
/// The number is that of a refused place.
pub fn check_literal(host: &str) -> Result<(), RefusedAddress> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    match plain.parse() {
        Ok(address) => check(host, address),
        Err(_) => Ok(()),
    }
}

/// Whether a host is this machine, by number or by the name `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Resolves names and refuses the whole name if one of its addresses is refused. The connection goes to an address that was checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckedResolver;

impl CheckedResolver {
    async fn addresses(name: String) -> Result<std::vec::IntoIter<SocketAddr>, BoxError> {
        Ok(checked_addresses(&name, 0).await?.into_iter())
    }
}

/// The addresses of a name or a number. To be connected to as they are: a name that is resolved again may lead elsewhere.
///
/// # Errors
/// The name has none, or one of them is a [`RefusedAddress`].
pub async fn checked_addresses(name: &str, port: u16) -> Result<Vec<SocketAddr>, BoxError> {
    let found: Vec<_> = tokio::net::lookup_host((name, port)).await?.collect();
    found.iter().try_for_each(|socket| check(name, socket.ip()))?;
    Ok(found)
}

/// What resolving a name ends in.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async { Ok(Box::new(Self::addresses(name).await?) as Addrs) })
    }
}

impl tower::Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(Self::addresses(name.as_str().to_owned()))
    }
}

fn check(host: &str, address: IpAddr) -> Result<(), RefusedAddress> {
    match refusal(address) {
        Some(reason) => Err(RefusedAddress { host: host.to_owned(), address, reason }),
        None => Ok(()),
    }
}

fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => embedded_v4(address).map_or_else(|| refusal_v6(address), refusal_v4),
    }
}

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [169, 254, ..] => Some("link-local, where clouds hand out credentials"),
        // Alibaba Cloud, Oracle Cloud, and the host of Azure's virtual machines.
        [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => {
            Some("a cloud's metadata service")
        }
        [0, ..] => Some("not an address of a host"),
        [224..=255, ..] => Some("a multicast or reserved address"),
        _ => None,
    }
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0xfe80..=0xfebf, ..] => Some("link-local, where clouds hand out credentials"),
        // Amazon's metadata service.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some("a cloud's metadata service"),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("not an address of a host"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => None,
    }
}

/// The IPv4 address within an IPv6 address that leads to one: mapped, compatible, translated (RFC 6052) or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(from(g, h)),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(from(g, h)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_refused_in_every_spelling() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "::",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(check_literal(address).is_err(), "{address}");
        }
        assert!(check_literal("[fe80::1]").is_err());
    }

    #[test]
    fn ordinary_addresses_pass() {
        for address in ["10.0.0.1", "127.0.0.1", "::1", "[::1]", "fd00::1", "93.184.216.34", "host"]
        {
            assert_eq!(check_literal(address), Ok(()), "{address}");
        }
    }

    #[tokio::test]
    async fn names_are_checked_when_they_are_resolved() {
        assert!(CheckedResolver::addresses("localhost".to_owned()).await.is_ok());
        let error = CheckedResolver::addresses("169.254.169.254".to_owned()).await.unwrap_err();
        assert!(error.downcast_ref::<RefusedAddress>().is_some(), "{error}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let check = |url: &str, expected: bool| {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        };
        check("http://localhost:8080", true);
        check("http://127.9.9.9", true);
        check("http://[::1]:1", true);
        check("http://localhost.example.com", false);
        check("http://127.0.0.1.example.com", false);
        check("http://10.0.0.1", false);
    }
}
