//! Finds the cluster, the context and the user as `kubectl` does, without connecting and without running anything.

use std::path::{Path, PathBuf};

use http::Uri;
use kube::config::{
    AuthInfo, Cluster, Context, ExecAuthCluster, ExecConfig, Kubeconfig, KubeconfigError,
    LoadDataError,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::config::{InCluster, KubernetesTransport, ProxySettings};
use super::error::{Failure, HttpError};
use crate::model::Secret;

/// What a kubeconfig says about one context.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The address, the certificates and the credentials that are at hand.
    pub config: kube::Config,
    /// The plugin that gets the credential.
    pub plugin: Option<ExecConfig>,
    /// The proxy that the kubeconfig names.
    pub proxy: Option<ProxySettings>,
    /// The files, for messages.
    pub source: String,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Reads and merges the kubeconfig files, or takes what a pod is told.
///
/// # Errors
/// There is none, one cannot be read, or the context is not complete.
pub fn load(transport: &KubernetesTransport) -> Result<Loaded, HttpError> {
    let files = files(transport);
    if files.is_empty() {
        return match &transport.in_cluster {
            Some(place) => in_cluster(place),
            None => Err(nothing_there(transport)),
        };
    }
    let source = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(":");
    let merged = files.iter().try_fold(Kubeconfig::default(), |merged, file| {
        let next = Kubeconfig::read_from(file).map_err(|error| unreadable(error, file))?;
        merged.merge(next).map_err(|error| unreadable(error, file))
    })?;
    choose(merged, transport.context.as_deref(), source)
}

/// The files that count. One that was named must be there; of those in `KUBECONFIG` and of the default some may be missing.
fn files(transport: &KubernetesTransport) -> Vec<PathBuf> {
    if let Some(file) = &transport.kubeconfig {
        return vec![file.clone()];
    }
    let listed: Vec<_> = transport.kubeconfig_env.iter().flat_map(std::env::split_paths).collect();
    let candidates = if listed.iter().all(|path| path.as_os_str().is_empty()) {
        transport.home.iter().map(|home| home.join(".kube").join("config")).collect()
    } else {
        listed
    };
    candidates.into_iter().filter(|path| path.exists()).collect()
}

fn nothing_there(transport: &KubernetesTransport) -> HttpError {
    let failure = match &transport.kubeconfig_env {
        Some(value) if !value.is_empty() => Failure::new(format!(
            "none of the files in `KUBECONFIG` is there: {}",
            value.to_string_lossy()
        )),
        _ => Failure::new("there is no kubeconfig"),
    };
    HttpError::Config(
        failure.hint("log in with `oc login`, or name a file with `kubeconfig = \"…\"`"),
    )
}

fn choose(
    kubeconfig: Kubeconfig,
    wanted: Option<&str>,
    source: String,
) -> Result<Loaded, HttpError> {
    let context = context(&kubeconfig, wanted, &source)?;
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == context.cluster);
    let Some(cluster) = cluster.and_then(|named| named.cluster.clone()) else {
        let cluster = &context.cluster;
        return Err(incomplete(format!(
            "the cluster `{cluster}` is not in the kubeconfig {source}"
        )));
    };
    let user = user(&kubeconfig, &context, &source)?;
    build(context, &cluster, user, source)
}

fn context(
    kubeconfig: &Kubeconfig,
    wanted: Option<&str>,
    source: &str,
) -> Result<Context, HttpError> {
    let Some(name) = wanted.or(kubeconfig.current_context.as_deref().filter(|n| !n.is_empty()))
    else {
        return Err(incomplete(format!("the kubeconfig {source} has no current context")));
    };
    let named = kubeconfig.contexts.iter().find(|named| named.name == name);
    named.and_then(|named| named.context.clone()).ok_or_else(|| {
        incomplete(format!("the context `{name}` is not in the kubeconfig {source}"))
    })
}

fn user(kubeconfig: &Kubeconfig, context: &Context, source: &str) -> Result<AuthInfo, HttpError> {
    let Some(name) = context.user.as_deref().filter(|name| !name.is_empty()) else {
        return Ok(AuthInfo::default());
    };
    let named = kubeconfig.auth_infos.iter().find(|named| named.name == name);
    let Some(user) = named.and_then(|named| named.auth_info.clone()) else {
        return Err(incomplete(format!("the user `{name}` is not in the kubeconfig {source}")));
    };
    match &user.auth_provider {
        // An ID token that is written down is used as it is; everything else would run programs that nobody granted.
        Some(provider) if provider.name != "oidc" => Err(HttpError::Config(
            Failure::new(format!(
                "the user `{name}` logs in by the auth provider `{}`, which Kubernetes has dropped",
                provider.name
            ))
            .hint("configure a credential plugin instead, such as `kubelogin` or `gke-gcloud-auth-plugin`"),
        )),
        _ => Ok(user),
    }
}

fn build(
    context: Context,
    cluster: &Cluster,
    mut user: AuthInfo,
    source: String,
) -> Result<Loaded, HttpError> {
    // This form of a cluster is the one for plugins. Making it reads the certificate authority.
    let plain = ExecAuthCluster::try_from(cluster)
        .map_err(|error| unreadable(error, Path::new(&source)))?;
    let mut config = kube::Config::new(address(plain.server.as_deref(), &source)?);
    config.root_cert = plain
        .certificate_authority_data
        .as_deref()
        .map(|pem| certificates(pem, &source))
        .transpose()?;
    config.accept_invalid_certs = plain.insecure_skip_tls_verify.unwrap_or_default();
    config.tls_server_name.clone_from(&plain.tls_server_name);
    config.default_namespace =
        context.namespace.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
    let proxy = plain.proxy_url.clone().filter(|url| !url.is_empty()).map(only_proxy);
    let plugin = user.exec.take().map(|mut plugin| {
        plugin.cluster = plugin.provide_cluster_info.then_some(plain);
        plugin
    });
    config.auth_info = user;
    let warnings = warnings(&config, &source);
    Ok(Loaded { config, plugin, proxy, source, warnings })
}

fn address(server: Option<&str>, source: &str) -> Result<Uri, HttpError> {
    let uri: Option<Uri> = server.and_then(|server| server.parse().ok());
    uri.filter(|uri| uri.scheme().is_some() && uri.host().is_some())
        .filter(|uri| {
            uri.query().is_none() && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
        })
        .ok_or_else(|| {
            incomplete(format!(
                "the cluster in the kubeconfig {source} has no `server` that is an address"
            ))
        })
}

fn certificates(pem: &[u8], source: &str) -> Result<Vec<Vec<u8>>, HttpError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => {
            Ok(found.into_iter().map(|certificate| certificate.as_ref().to_vec()).collect())
        }
        _ => Err(incomplete(format!(
            "the certificate authority in the kubeconfig {source} is not a certificate in PEM"
        ))),
    }
}

fn only_proxy(url: String) -> ProxySettings {
    let url = Some(Secret::from(url));
    ProxySettings { http: url.clone(), https: url, no_proxy: None }
}

fn warnings(config: &kube::Config, source: &str) -> Vec<String> {
    let host = config.cluster_url.host().unwrap_or_default();
    let is_unchecked = config.accept_invalid_certs;
    let warning = format!(
        "the certificate of `{host}` is not checked, because the kubeconfig {source} says `insecure-skip-tls-verify`"
    );
    is_unchecked.then_some(warning).into_iter().collect()
}

fn in_cluster(place: &InCluster) -> Result<Loaded, HttpError> {
    let InCluster { host, port } = place;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let mut config = kube::Config::incluster_dns().map_err(|error| {
        HttpError::Unauthenticated(
            Failure::new("the service account of this pod cannot be read")
                .hint("mount it with `automountServiceAccountToken: true`, or name a kubeconfig")
                .because(error),
        )
    })?;
    config.cluster_url = address(Some(&format!("https://{host}:{port}")), "of this pod")?;
    let source = "the service account of this pod".to_owned();
    Ok(Loaded { config, plugin: None, proxy: None, source, warnings: Vec::new() })
}

fn incomplete(message: String) -> HttpError {
    HttpError::Config(
        Failure::new(message).hint("see what there is with `kubectl config get-contexts`"),
    )
}

/// A kubeconfig holds credentials, and the parser's messages quote it, so only the place of a fault is passed on.
fn unreadable(error: KubeconfigError, file: &Path) -> HttpError {
    let file = file.display();
    let hint = "name another file with `kubeconfig = \"…\"`, or log in with `oc login`";
    let failure = match error {
        KubeconfigError::ReadConfig(cause, _) => {
            Failure::new(format!("the kubeconfig `{file}` cannot be read")).because(cause)
        }
        KubeconfigError::Parse(cause) => Failure::new(match cause.location() {
            Some(at) => format!("the kubeconfig `{file}` is not valid at line {}", at.line()),
            None => format!("the kubeconfig `{file}` is not valid"),
        }),
        KubeconfigError::LoadCertificateAuthority(LoadDataError::ReadFile(cause, path)) => {
            let path = path.display();
            Failure::new(format!("`{path}`, which the kubeconfig `{file}` names, cannot be read"))
                .because(cause)
        }
        _ => Failure::new(format!("the kubeconfig `{file}` is not valid")),
    };
    HttpError::Config(failure.hint(hint))
}

#[cfg(test)]
mod tests;
