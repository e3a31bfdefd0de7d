//! `[[ceiling]]`: the most that a connector may be granted. Every ceiling that is about a connector holds.

use super::form::CeilingForm;
use super::limits::LimitCeiling;
use super::origin::{Origin, OriginPattern};
use super::pattern::NamePattern;
use super::position::{PolicyDenial, PolicySource, Position};
use super::reach::{Reach, reach};
use super::reader::Reader;
use crate::policy::{
    CheckedPath, EndpointGrant, EndpointKind, PointerPattern, Rule, Rules, visible,
};
use std::sync::Arc;

/// One ceiling. What it does not name it does not touch; an empty list allows nothing.
#[derive(Clone, Debug)]
pub struct Ceiling {
    /// Its line.
    pub position: Position,
    /// Its file.
    pub source: Arc<PolicySource>,
    connectors: Option<Vec<NamePattern>>,
    endpoints: Option<Vec<NamePattern>>,
    origins: Option<Vec<OriginPattern>>,
    proxies: Vec<OriginPattern>,
    allow: Option<Rules>,
    namespaces: Option<Vec<NamePattern>>,
    cluster_wide: Rules,
    secrets_in: Option<Vec<String>>,
    mask: Vec<String>,
    visible: Option<Vec<String>>,
    response_headers: Option<Vec<String>>,
    programs: Option<Vec<String>>,
    limits: Vec<LimitCeiling>,
}

impl Ceiling {
    /// Whether it is about a connector.
    pub fn is_about(&self, connector: &str) -> bool {
        fits(self.connectors.as_ref(), connector)
    }

    /// Whether it is about an endpoint of the connectors that it is about.
    pub fn is_about_endpoint(&self, endpoint: &str) -> bool {
        fits(self.endpoints.as_ref(), endpoint)
    }

    /// Whether it leaves all that a rule of a need or grant allows, as far as methods and paths go.
    pub fn covers(&self, rule: &Rule) -> bool {
        self.allow.as_ref().is_none_or(|allow| allow.iter().any(|own| own.covers(rule)))
    }

    /// The most of each limit.
    pub fn limits(&self) -> &[LimitCeiling] {
        &self.limits
    }

    /// Where secrets may be placed at most; none for no ceiling.
    pub fn secrets_in(&self) -> Option<&[String]> {
        self.secrets_in.as_deref()
    }

    /// Takes from a grant what is no matter of a single request.
    pub fn narrow(&self, grant: &mut EndpointGrant) {
        if let Some(at_most) = &self.visible {
            grant.visible.retain(|entry| visible::leaves(at_most, entry));
        }
        if let Some(headers) = &self.response_headers {
            grant
                .response_headers
                .retain(|name| headers.iter().any(|header| header.eq_ignore_ascii_case(name)));
        }
        for pointer in &self.mask {
            if !grant.mask.contains(pointer) {
                grant.mask.push(pointer.clone());
            }
        }
    }

    /// Checks a request against methods, paths and namespaces.
    ///
    /// # Errors
    /// Names the key that does not allow it.
    pub fn check_request(
        &self,
        kind: EndpointKind,
        method: &str,
        path: &CheckedPath,
    ) -> Result<(), PolicyDenial> {
        if self.allow.as_ref().is_some_and(|allow| allow.allows(method, path).is_none()) {
            return Err(self.denial("allow", format!("policy does not allow `{method} {path}`")));
        }
        let Some(namespaces) =
            self.namespaces.as_ref().filter(|_| kind == EndpointKind::Kubernetes)
        else {
            return Ok(());
        };
        match reach(method, path) {
            Reach::Nothing => Ok(()),
            Reach::Namespace(name) if namespaces.iter().any(|own| own.matches(name)) => Ok(()),
            Reach::Namespace(name) => Err(self.no_namespace(name)),
            Reach::Cluster if self.cluster_wide.allows(method, path).is_some() => Ok(()),
            Reach::Cluster => Err(self.denial(
                "namespaces",
                format!("policy does not allow `{method} {path}`, which is about the whole cluster and not in `cluster-wide`"),
            )),
        }
    }

    /// Checks the scope that a command works in; none stands for all of them at once.
    ///
    /// # Errors
    /// It is none of those that are allowed.
    pub fn check_scope(&self, scope: Option<&str>) -> Result<(), PolicyDenial> {
        match (&self.namespaces, scope) {
            (None, _) => Ok(()),
            (Some(own), Some(scope)) if own.iter().any(|own| own.matches(scope)) => Ok(()),
            (Some(_), Some(scope)) => Err(self.no_namespace(scope)),
            (Some(_), None) => Err(self.denial(
                "namespaces",
                "policy does not allow all namespaces at once; name one with `-n`".to_owned(),
            )),
        }
    }

    /// Checks where a connection leads to.
    ///
    /// # Errors
    /// It is none of the places that are allowed.
    pub fn check_origin(&self, origin: &Origin) -> Result<(), PolicyDenial> {
        match &self.origins {
            Some(own) if !own.iter().any(|own| own.matches(origin)) => {
                Err(self
                    .denial("origins", format!("policy does not allow connections to {origin}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether it says which programs may be run.
    pub fn limits_programs(&self) -> bool {
        self.programs.is_some()
    }

    /// Checks a program, by its absolute path.
    ///
    /// # Errors
    /// It is none of those that are allowed.
    pub fn check_program(&self, path: &str) -> Result<(), PolicyDenial> {
        match &self.programs {
            Some(own) if !own.iter().any(|own| own == path) => {
                let what = format!("policy does not allow the program `{}`", path.escape_debug());
                Err(self.denial("programs", what))
            }
            _ => Ok(()),
        }
    }

    /// Checks a proxy. Where origins are named everything goes through it, so it has to be named, too.
    ///
    /// # Errors
    /// It is none of those that are allowed.
    pub fn check_proxy(&self, proxy: &Origin) -> Result<(), PolicyDenial> {
        let is_named = || self.proxies.iter().any(|own| own.matches(proxy));
        match self.origins.is_some() && !is_named() {
            true => Err(self.denial("proxies", format!("policy does not allow the proxy {proxy}"))),
            false => Ok(()),
        }
    }

    /// A refusal by one of its keys.
    pub fn denial(&self, key: &str, what: String) -> PolicyDenial {
        PolicyDenial {
            what,
            rule: key.to_owned(),
            position: self.position.clone(),
            who: self.source.who(),
        }
    }

    fn no_namespace(&self, name: &str) -> PolicyDenial {
        self.denial(
            "namespaces",
            format!("policy does not allow the namespace `{}`", name.escape_debug()),
        )
    }

    /// What it does and to whom, for people.
    pub fn whole_summary(&self) -> String {
        let names = |own: &Vec<NamePattern>| super::allow::joined(own);
        let who = self.connectors.as_ref().map_or_else(|| "all connectors".to_owned(), names);
        format!("{who}; {}", self.summary())
    }

    /// What it does, for people.
    pub fn summary(&self) -> String {
        let listed = |key: &str, values: Option<Vec<String>>| {
            values.map(|values| match values.is_empty() {
                true => format!("{key}: none"),
                false => format!("{key}: {}", values.join(", ")),
            })
        };
        let texts = |values: &Vec<OriginPattern>| values.iter().map(ToString::to_string).collect();
        let names = |values: &Vec<NamePattern>| values.iter().map(ToString::to_string).collect();
        let rules = |rules: &Rules| rules.iter().map(ToString::to_string).collect();
        let filled = |values: Vec<String>| Some(values).filter(|values| !values.is_empty());
        [
            listed("endpoints", self.endpoints.as_ref().map(names)),
            listed("origins", self.origins.as_ref().map(texts)),
            listed("proxies", filled(texts(&self.proxies))),
            listed("allow", self.allow.as_ref().map(rules)),
            listed("namespaces", self.namespaces.as_ref().map(names)),
            listed("cluster-wide", filled(rules(&self.cluster_wide))),
            listed("secrets-in", self.secrets_in.clone()),
            listed("mask", filled(self.mask.clone())),
            listed("visible", self.visible.clone()),
            listed("response-headers", self.response_headers.clone()),
            listed("programs", self.programs.clone()),
            listed("limits", filled(self.limits.iter().map(ToString::to_string).collect())),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
    }

    pub fn read(
        form: &CeilingForm,
        position: Position,
        source: &Arc<PolicySource>,
        reader: &mut Reader<'_>,
    ) -> Self {
        let ceiling = Self {
            source: Arc::clone(source),
            connectors: form
                .connectors
                .as_ref()
                .map(|texts| reader.values(texts, NamePattern::parse)),
            endpoints: form
                .endpoints
                .as_ref()
                .map(|texts| reader.values(texts, NamePattern::parse)),
            origins: form.origins.as_ref().map(|texts| reader.values(texts, OriginPattern::parse)),
            proxies: reader.values(&form.proxies, OriginPattern::parse),
            allow: form
                .allow
                .as_ref()
                .map(|texts| reader.values(texts, parse_rule).into_iter().collect()),
            namespaces: form
                .namespaces
                .as_ref()
                .map(|texts| reader.values(texts, NamePattern::parse)),
            cluster_wide: reader.values(&form.cluster_wide, parse_rule).into_iter().collect(),
            secrets_in: form.secrets_in.as_ref().map(|texts| reader.values(texts, parse_place)),
            mask: reader.values(&form.mask, parse_pointer),
            visible: form.visible.as_ref().map(|texts| reader.values(texts, any_text)),
            response_headers: form
                .response_headers
                .as_ref()
                .map(|texts| reader.values(texts, any_text)),
            programs: form.programs.as_ref().map(|texts| reader.values(texts, absolute_path)),
            limits: LimitCeiling::read(&form.limits, reader),
            position,
        };
        ceiling.check(form, reader);
        ceiling
    }

    /// Finds what has no effect and so is a mistake.
    fn check(&self, form: &CeilingForm, reader: &mut Reader<'_>) {
        let position = || self.position.clone();
        if self.summary().is_empty()
            || (form.endpoints.is_some() && self.touches_nothing_of_an_endpoint())
        {
            reader.problem(position(), "this `[[ceiling]]` limits nothing; give it `origins`, `allow`, `namespaces`, `programs` or `limits`");
        }
        if !form.cluster_wide.is_empty() && form.namespaces.is_none() {
            reader.problem(position(), "`cluster-wide` has an effect only beside `namespaces`");
        }
        if !form.proxies.is_empty() && form.origins.is_none() {
            reader.problem(position(), "`proxies` has an effect only beside `origins`");
        }
    }

    fn touches_nothing_of_an_endpoint(&self) -> bool {
        self.origins.is_none()
            && self.allow.is_none()
            && self.namespaces.is_none()
            && self.secrets_in.is_none()
            && self.mask.is_empty()
            && self.visible.is_none()
            && self.response_headers.is_none()
            && self.limits.is_empty()
    }
}

fn fits(patterns: Option<&Vec<NamePattern>>, name: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(name)))
}

fn parse_rule(text: &str) -> Result<Rule, String> {
    Rule::parse(text).map_err(|error| error.to_string())
}

fn parse_pointer(text: &str) -> Result<String, String> {
    PointerPattern::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// A pointer, or the empty one for bodies of any kind.
fn parse_place(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { parse_pointer(text) }
}

/// A path as it is found in the end: what is written otherwise would fit nothing.
fn absolute_path(text: &str) -> Result<String, String> {
    match text.starts_with('/') && !text.split('/').any(|step| step == "..") {
        true => Ok(text.to_owned()),
        false => Err(format!("`{}` is not an absolute path", text.escape_debug())),
    }
}

fn any_text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}
