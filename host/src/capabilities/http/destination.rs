//! Where a connection leads to, held against the ceilings of policy before a credential is read or a program is run.

use http::Uri;
use url::Url;

use super::access::Access;
use super::config::{HttpTransport, KubernetesTransport, SecretSource};
use super::error::{Denial, HttpError};
use super::kubeconfig::Loaded;
use super::{client, proxy};
use crate::policy::admin::Origin;

/// Checks an HTTP service, its proxy and its login.
///
/// # Errors
/// Policy does not allow one of them, or an address cannot be read.
pub fn check_plain(transport: &HttpTransport, access: &Access) -> Result<(), HttpError> {
    if !access.has_ceilings() {
        return Ok(());
    }
    let base = &transport.base;
    access.check_origin(&of_url(base)?)?;
    let destination = base.as_str().parse().map_err(client::bad_address)?;
    check_proxy(&transport.proxy, &destination, access)?;
    match transport.login.as_ref().map(|login| &login.source) {
        Some(SecretSource::Command(_)) => Ok(access.check_login_program()?),
        _ => Ok(()),
    }
}

/// Checks a cluster, its proxy and its login.
///
/// # Errors
/// Policy does not allow one of them, or an address cannot be read.
pub fn check_cluster(
    loaded: &Loaded,
    transport: &KubernetesTransport,
    access: &Access,
) -> Result<(), HttpError> {
    if !access.has_ceilings() {
        return Ok(());
    }
    let address = &loaded.config.cluster_url;
    access.check_origin(&of_uri(address)?)?;
    check_proxy(loaded.proxy.as_ref().unwrap_or(&transport.proxy), address, access)?;
    match &loaded.plugin {
        Some(_) => Ok(access.check_login_program()?),
        None => Ok(()),
    }
}

fn check_proxy(
    settings: &super::config::ProxySettings,
    destination: &Uri,
    access: &Access,
) -> Result<(), HttpError> {
    match proxy::choose(settings, destination)? {
        Some(proxy) => Ok(access.check_proxy(&of_uri(&proxy.uri)?)?),
        None => Ok(()),
    }
}

fn of_url(url: &Url) -> Result<Origin, Denial> {
    let origin = url.host_str().and_then(|host| Origin::new(url.scheme(), host, url.port()));
    origin.ok_or_else(no_origin)
}

/// The host is compared as the connection will use it, so nothing else parses the address in between.
fn of_uri(uri: &Uri) -> Result<Origin, Denial> {
    let origin = uri.scheme_str().zip(uri.host());
    let origin = origin.and_then(|(scheme, host)| Origin::new(scheme, host, uri.port_u16()));
    origin.ok_or_else(no_origin)
}

fn no_origin() -> Denial {
    Denial::always("an address without a known scheme and a host cannot be held against policy")
}
