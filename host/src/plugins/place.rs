//! From the settings of a backend to the endpoints of its connector: which address, which login, which rights.

use std::path::PathBuf;

use url::Url;

use crate::capabilities::command::{self, CommandConfig, ProgramPlace};
use crate::capabilities::http::{
    Access, Declared, EndpointConfig, Exchange, HttpLimits, HttpTransport, InCluster,
    KubernetesTransport, Login, PlainHttp, PolicyLimits, ProxySettings, Scheme, SecretSource,
    Transport, is_host_header,
};
use crate::model::{Error, Kind, Secret};
use crate::policy::admin::Forbidden;
use crate::policy::{
    CheckedPath, CommandGrant, CommandNeed, EndpointGrant, EndpointKind, EndpointNeed, Grants,
    Limits, Needs,
};
use crate::programs::Terminal;
use crate::settings::{
    BackendSettings, ConnectorSettings, Environment, ExchangeSection, LoginScheme, LoginSettings,
    Place, Settings, env, expand, short_lived,
};

/// The endpoints that a connector declares and is granted, at the places of one backend.
///
/// # Errors
/// A place that is missing or cannot be used, with file and line and what to write.
pub fn endpoints(
    site: &Site<'_>,
    granted: &Grants,
    needs: &Needs,
) -> Result<Vec<EndpointConfig>, Error> {
    granted
        .endpoints
        .iter()
        .filter_map(|(name, grant)| Some((needs.endpoint(name)?, grant)))
        .map(|(need, grant)| site.endpoint(need, grant))
        .collect()
}

/// The programs that a connector declares and is granted.
///
/// # Errors
/// A need or grant that cannot be used, with file and line.
pub fn commands(
    site: &Site<'_>,
    granted: &Grants,
    needs: &Needs,
) -> Result<Vec<CommandConfig>, Error> {
    granted
        .commands
        .iter()
        .filter_map(|(name, grant)| Some((needs.command(name)?, grant)))
        .map(|(need, grant)| site.command(need, grant))
        .collect()
}

/// Whether the configuration says where every endpoint of a backend is. It does not say whether anything is there.
pub fn is_configured(
    settings: &Settings,
    backend: &BackendSettings,
    connector: &ConnectorSettings,
) -> bool {
    connector.grants.endpoints.iter().all(|(name, grant)| {
        let place = backend.endpoints.get(name);
        match grant.kind {
            EndpointKind::Http => place.and_then(|place| place.url.as_deref()).is_some(),
            EndpointKind::Kubernetes => has_cluster(settings, place),
        }
    })
}

/// A kubeconfig that is named or lies where `kubectl` looks for it, or a pod's own account.
fn has_cluster(settings: &Settings, place: Option<&Place>) -> bool {
    let named = place.is_some_and(|place| place.kubeconfig.is_some() || place.context.is_some());
    let environment = &settings.environment;
    named
        || environment.path(env::KUBECONFIG).is_some()
        || settings.paths.home.join(".kube/config").exists()
        || in_cluster(environment).is_some()
}

/// A backend and its connector, with the limits in force.
pub struct Site<'a> {
    /// Everything that is configured.
    pub settings: &'a Settings,
    /// The backend.
    pub backend: &'a BackendSettings,
    /// Its connector.
    pub connector: &'a ConnectorSettings,
    /// What one call may use.
    pub limits: &'a Limits,
    /// Whether a credential plugin may ask the user.
    pub terminal: &'a Terminal,
}

impl Site<'_> {
    fn endpoint(
        &self,
        need: &EndpointNeed,
        grant: &EndpointGrant,
    ) -> Result<EndpointConfig, Error> {
        let name = need.name.as_str();
        let place = self.place(name);
        Ok(EndpointConfig {
            name: name.to_owned(),
            backend: self.backend.name.clone(),
            source: place.source.clone(),
            transport: match grant.kind {
                EndpointKind::Kubernetes => Transport::Kubernetes(self.kubernetes(&place)?),
                EndpointKind::Http => Transport::Http(self.http(name, &place)?),
            },
            access: self.access(need, grant)?,
            limits: limits(self.limits),
            user_agent: concat!("connhub/", env!("CARGO_PKG_VERSION")).to_owned(),
            tap: None,
        })
    }

    fn command(&self, need: &CommandNeed, grant: &CommandGrant) -> Result<CommandConfig, Error> {
        let environment = &self.settings.environment;
        let policy = std::sync::Arc::clone(&self.settings.policy);
        let access = command::Access::compile(&self.connector.name, need, grant, policy);
        let access = access.map_err(|error| {
            Error::refused(format!(
                "the grant of command `{}` ({}) or the need for it cannot be used",
                need.name, grant.source
            ))
            .because(error)
        })?;
        let both = grant.environment.iter().filter(|name| need.environment.contains(name));
        let value = |name: &String| Some((name.clone(), environment.path(name)?.into_os_string()));
        Ok(CommandConfig {
            name: need.name.clone(),
            place: ProgramPlace::new(
                &grant.program,
                environment.path(env::SEARCH).map(PathBuf::into_os_string),
            ),
            access,
            environment: both.filter_map(value).collect(),
            folders: short_lived(environment),
            limits: self.limits.command,
            document: self.limits.request_body,
            on_trial: false,
        })
    }

    /// The place of an endpoint. None at all is fine for a cluster: its kubeconfig tells.
    fn place(&self, endpoint: &str) -> Place {
        let mut place = self.backend.endpoints.get(endpoint).cloned().unwrap_or_default();
        if place.source.is_empty() {
            place.source = self.backend.source.clone();
        }
        place
    }

    fn access(&self, need: &EndpointNeed, grant: &EndpointGrant) -> Result<Access, Error> {
        let (connector, name) = (&self.connector.name, &need.name);
        let declared = Declared { allow: &need.allow, secrets_in: &need.secrets_in };
        let policy = &self.settings.policy;
        let limits = PolicyLimits {
            ceilings: policy.ceilings(connector, name),
            no_login_programs: policy.forbids(Forbidden::LoginCommand),
        };
        let access = Access::compile(connector, name, declared, grant);
        access.and_then(|access| access.under(limits)).map_err(|error| {
            Error::refused(format!(
                "the grant of endpoint `{name}` ({}) or the need for it cannot be used",
                grant.source
            ))
            .because(error)
        })
    }

    fn kubernetes(&self, place: &Place) -> Result<KubernetesTransport, Error> {
        let environment = &self.settings.environment;
        let text = |value: &Option<String>| self.expanded(value.as_deref(), place);
        Ok(KubernetesTransport {
            kubeconfig: text(&place.kubeconfig)?.map(PathBuf::from),
            kubeconfig_env: environment.path(env::KUBECONFIG).map(PathBuf::into_os_string),
            home: Some(self.settings.paths.home.clone()),
            context: text(&place.context)?,
            in_cluster: in_cluster(environment),
            proxy: self.proxy(place)?,
            plain_http: plain_http(place),
            terminal: self.terminal.clone(),
        })
    }

    fn http(&self, endpoint: &str, place: &Place) -> Result<HttpTransport, Error> {
        let text = |value: &Option<String>| self.expanded(value.as_deref(), place);
        let Some(url) = text(&place.url)? else {
            return Err(self.no_address(endpoint));
        };
        let base = Url::parse(&url).map_err(|error| {
            Error::invalid(format!("{}: `url` is not an address", place.source))
                .because(error)
                .hint("write it like `https://host.example.com`")
        })?;
        Ok(HttpTransport {
            base,
            headers: self.headers(place)?,
            login: match &place.login {
                Some(login) => self.login(login, place)?,
                None => None,
            },
            ca_file: text(&place.ca_file)?.map(PathBuf::from),
            client_certificate_file: text(&place.client_certificate_file)?.map(PathBuf::from),
            proxy: self.proxy(place)?,
            plain_http: plain_http(place),
        })
    }

    fn no_address(&self, endpoint: &str) -> Error {
        let name = &self.backend.name;
        Error::new(
            Kind::Invalid,
            format!("backend `{name}` does not say where endpoint `{endpoint}` is"),
        )
        .hint(format!(
            "write `url = \"https://…\"` below `[backends.{name}.endpoints.{endpoint}]` in {}",
            self.settings.paths.config.join("plugins.toml").display()
        ))
    }

    fn login(&self, login: &LoginSettings, place: &Place) -> Result<Option<Login>, Error> {
        let wrong = |what: &str| Error::invalid(format!("{}: the login {what}", place.source));
        let header = |name: &Option<String>| {
            let parsed = name.as_deref().map(str::parse::<http::HeaderName>).transpose();
            parsed.map_err(|error| wrong("names something that is no header").because(error))
        };
        let scheme = match login.scheme {
            LoginScheme::None => return Ok(None),
            LoginScheme::Bearer => Scheme::Bearer,
            LoginScheme::Header => Scheme::Header(
                header(&login.header)?.ok_or_else(|| wrong("of scheme `header` needs `header`"))?,
            ),
            LoginScheme::Basic => Scheme::Basic {
                user: self
                    .expanded(login.user.as_deref(), place)?
                    .ok_or_else(|| wrong("of scheme `basic` needs `user`"))?,
            },
        };
        let source = self.source(login, place)?;
        let exchange = login.exchange.as_ref().map(|section| self.exchange(section, place));
        let exchange = exchange.transpose()?.map(Box::new);
        let fallback_header = header(&login.fallback_header)?;
        if exchange.is_some() && fallback_header.is_some() {
            return Err(wrong("has both `exchange` and `fallback-header`; take one away"));
        }
        Ok(Some(Login { scheme, source, fallback_header, exchange }))
    }

    fn exchange(&self, section: &ExchangeSection, place: &Place) -> Result<Exchange, Error> {
        let wrong = |what: &str| Error::invalid(format!("{}: `exchange` {what}", place.source));
        let path = self.expanded(Some(&section.path), place)?.unwrap_or_default();
        CheckedPath::parse(&path).map_err(|error| wrong("has no usable `path`").because(error))?;
        if !section.token.starts_with('/') {
            return Err(wrong(
                "has a `token` that is no JSON pointer; write it like `/auth/token`",
            ));
        }
        let member = |(name, text): (&String, &String)| {
            let text = self.expanded(Some(text), place)?.unwrap_or_default();
            Ok((name.clone(), text))
        };
        let refused = section.refused.as_deref().unwrap_or(&[401]).iter();
        let refused: Result<_, _> =
            refused.map(|status| http::StatusCode::from_u16(*status)).collect();
        Ok(Exchange {
            path,
            credential: section.credential.clone(),
            body: section.body.iter().map(member).collect::<Result<_, Error>>()?,
            token: section.token.clone(),
            refused: refused
                .map_err(|error| wrong("names a status that is none").because(error))?,
        })
    }

    /// Headers that go with every request. What belongs to the host or to a login is refused.
    fn headers(&self, place: &Place) -> Result<Vec<(http::HeaderName, http::HeaderValue)>, Error> {
        let wrong = |name: &str, what: &str| {
            Error::invalid(format!("{}: the header `{name}` {what}", place.source))
        };
        let header = |(name, text): (&String, &String)| {
            let text = self.expanded(Some(text), place)?.unwrap_or_default();
            let parsed: http::HeaderName =
                name.parse().map_err(|error| wrong(name, "is none").because(error))?;
            if is_host_header(&parsed) {
                return Err(wrong(
                    name,
                    "is set by the program; a credential belongs into `login`",
                ));
            }
            let value =
                text.parse().map_err(|error| wrong(name, "has no usable value").because(error))?;
            Ok((parsed, value))
        };
        place.headers.iter().map(header).collect()
    }

    /// Where the credential is. A variable is read here, since nothing below reads the environment.
    fn source(&self, login: &LoginSettings, place: &Place) -> Result<SecretSource, Error> {
        let environment = &self.settings.environment;
        let set = login.env.iter().find_map(|name| Some((name, environment.text(name)?)));
        if let Some((name, value)) = set {
            let value = Some(Secret::from(value.to_owned()));
            return Ok(SecretSource::Environment { name: name.clone(), value });
        }
        if let Some(file) = self.expanded(login.file.as_deref(), place)? {
            return Ok(SecretSource::File(PathBuf::from(file)));
        }
        if let Some(command) = login.command.clone().filter(|command| !command.is_empty()) {
            return Ok(SecretSource::Command(command));
        }
        Ok(SecretSource::Environment { name: login.env.join("` or `"), value: None })
    }

    fn proxy(&self, place: &Place) -> Result<ProxySettings, Error> {
        if let Some(proxy) = self.expanded(place.proxy.as_deref(), place)? {
            let proxy = Some(Secret::from(proxy));
            return Ok(ProxySettings { http: proxy.clone(), https: proxy, no_proxy: None });
        }
        Ok(proxies(&self.settings.environment))
    }

    fn expanded(&self, text: Option<&str>, place: &Place) -> Result<Option<String>, Error> {
        let Some(text) = text else { return Ok(None) };
        expand(text, &self.settings.environment).map(Some).map_err(|variable| {
            Error::invalid(format!(
                "backend `{}` needs the variable `{variable}` ({}), which is not set",
                self.backend.name, place.source
            ))
            .hint(format!("export {variable}=…"))
        })
    }
}

/// The proxies of the environment.
pub fn proxies(environment: &Environment) -> ProxySettings {
    let of =
        |names: [&str; 4]| names.iter().find_map(|name| environment.text(name)).map(str::to_owned);
    let [http, https, all, none] = env::PROXIES;
    ProxySettings {
        http: of([http.0, http.1, all.0, all.1]).map(Secret::from),
        https: of([https.0, https.1, all.0, all.1]).map(Secret::from),
        no_proxy: of([none.0, none.1, none.0, none.1]),
    }
}

fn plain_http(place: &Place) -> PlainHttp {
    if place.plain_http { PlainHttp::Allowed } else { PlainHttp::LoopbackOnly }
}

/// What Kubernetes tells a pod about its API server.
fn in_cluster(environment: &Environment) -> Option<InCluster> {
    Some(InCluster {
        host: environment.text(env::SERVICE_HOST)?.to_owned(),
        port: environment.text(env::SERVICE_PORT)?.to_owned(),
    })
}

fn limits(limits: &Limits) -> HttpLimits {
    HttpLimits {
        request: limits.request,
        requests: limits.requests,
        request_bytes: limits.request_body,
        response_bytes: limits.response,
        ..HttpLimits::default()
    }
}
