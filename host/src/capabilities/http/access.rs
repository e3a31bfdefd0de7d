//! What a connector may do at one endpoint: the two keys, compiled once and asked for every request.

use std::sync::Arc;

use http::HeaderName;

use super::error::{Denial, HttpError};
use super::mask::Treatment;
use crate::policy::admin::{Ceiling, Origin, PolicyDenial};
use crate::policy::{
    self, BadPointer, BadRule, BadVisible, CheckedPath, EndpointKind, MaskEncoding, PointerPattern,
    PointerSet, Rules, SecretPlaces, Visible,
};

/// The rights at one endpoint.
#[derive(Clone, Debug)]
pub struct Access {
    connector: String,
    endpoint: String,
    source: String,
    needs: Rules,
    allow: Rules,
    needs_secrets_in: SecretPlaces,
    secrets_in: SecretPlaces,
    treatments: Vec<(PointerPattern, Treatment)>,
    kind: EndpointKind,
    ceilings: Vec<CeilingOf>,
    no_login_programs: Option<PolicyDenial>,
    /// How masked values are encoded in answers.
    pub mask_encoding: MaskEncoding,
    /// Which masked values stay visible.
    pub visible: Visible,
    /// Headers of answers that are passed on besides those of the content.
    pub response_headers: Vec<HeaderName>,
}

/// A ceiling, and its pointers in the form in which they are compared.
#[derive(Clone, Debug)]
struct CeilingOf {
    ceiling: Arc<Ceiling>,
    secrets_in: Option<SecretPlaces>,
}

/// What policy takes away at one endpoint.
#[derive(Clone, Debug, Default)]
pub struct PolicyLimits {
    /// The ceilings, all of which hold.
    pub ceilings: Vec<Arc<Ceiling>>,
    /// Why no program may print a credential, if none may.
    pub no_login_programs: Option<PolicyDenial>,
}

/// What a component declares about one endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Declared<'d> {
    /// Methods and paths.
    pub allow: &'d [String],
    /// Where it places secrets.
    pub secrets_in: &'d [String],
}

/// A grant or a need that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAccess {
    /// A rule.
    #[error(transparent)]
    Rule(#[from] BadRule),
    /// A pointer.
    #[error(transparent)]
    Pointer(#[from] BadPointer),
    /// What stays visible.
    #[error(transparent)]
    Visible(#[from] BadVisible),
    /// A header.
    #[error("`{0}` is not the name of a header")]
    Header(String),
}

impl Access {
    /// Compiles what `connector` declares and is granted for `endpoint`.
    ///
    /// # Errors
    /// Names the rule, pointer or header that is none.
    pub fn compile(
        connector: &str,
        endpoint: &str,
        declared: Declared<'_>,
        granted: &policy::EndpointGrant,
    ) -> Result<Self, BadAccess> {
        let masks = treatments(&granted.mask, Treatment::Mask)?;
        let omits = treatments(&granted.omit, Treatment::Omit)?;
        let treatments = [masks, omits].concat();
        PointerSet::new(treatments.iter().map(|(pattern, treatment)| (pattern, *treatment)))?;
        Ok(Self {
            connector: connector.to_owned(),
            endpoint: endpoint.to_owned(),
            source: granted.source.clone(),
            needs: Rules::parse(declared.allow)?,
            allow: Rules::parse(&granted.allow)?,
            needs_secrets_in: SecretPlaces::parse(declared.secrets_in)?,
            secrets_in: SecretPlaces::parse(&granted.secrets_in)?,
            treatments,
            kind: granted.kind,
            ceilings: Vec::new(),
            no_login_programs: None,
            mask_encoding: granted.mask_encoding,
            visible: Visible::parse(&granted.visible)?,
            response_headers: headers(&granted.response_headers)?,
        })
    }

    /// Where a limit of the connector is set, for the hint of an error.
    pub fn limit_hint(&self, key: &str) -> String {
        policy::limit_hint(&self.connector, key)
    }

    /// The same with what policy takes away. It never adds anything.
    ///
    /// # Errors
    /// Names the pointer that is none.
    pub fn under(mut self, policy: PolicyLimits) -> Result<Self, BadAccess> {
        self.no_login_programs = policy.no_login_programs;
        for ceiling in policy.ceilings {
            let secrets_in = ceiling.secrets_in().map(SecretPlaces::parse).transpose()?;
            self.ceilings.push(CeilingOf { ceiling, secrets_in });
        }
        Ok(self)
    }

    /// Whether policy takes anything away.
    pub fn has_ceilings(&self) -> bool {
        !self.ceilings.is_empty() || self.no_login_programs.is_some()
    }

    /// Checks where a connection leads to.
    ///
    /// # Errors
    /// Policy does not allow the place.
    pub fn check_origin(&self, origin: &Origin) -> Result<(), Denial> {
        self.under_all(|ceiling| ceiling.check_origin(origin))
    }

    /// Checks the proxy that a connection goes through.
    ///
    /// # Errors
    /// Policy does not allow it.
    pub fn check_proxy(&self, proxy: &Origin) -> Result<(), Denial> {
        self.under_all(|ceiling| ceiling.check_proxy(proxy))
    }

    /// Checks that a program may print the credential.
    ///
    /// # Errors
    /// Policy forbids such programs.
    pub fn check_login_program(&self) -> Result<(), Denial> {
        match &self.no_login_programs {
            Some(denial) => Err(self.by_policy(denial)),
            None => Ok(()),
        }
    }

    /// Checks a method and a path against both keys and every ceiling.
    ///
    /// # Errors
    /// Says which key is missing and for the grant the rule to add, or which ceiling is in the way.
    pub fn check_request(&self, method: &str, path: &CheckedPath) -> Result<(), Denial> {
        let Self { connector, endpoint, .. } = self;
        let Some(declared) = self.needs.allows(method, path) else {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it needs `{method} {path}` at endpoint `{endpoint}`"
            )));
        };
        if self.allow.allows(method, path).is_none() {
            return Err(self.missing(
                format!(
                    "connector `{connector}` may not send `{method} {path}` to endpoint `{endpoint}`"
                ),
                format!("`\"{declared}\"` to `allow`"),
            ));
        }
        self.under_all(|ceiling| ceiling.check_request(self.kind, method, path))
    }

    /// Whether secrets may be placed in bodies of any kind.
    pub fn places_anywhere(&self) -> bool {
        let is_anywhere = |own: &SecretPlaces| own.is_anywhere();
        let mut ceilings = self.ceilings.iter().filter_map(|own| own.secrets_in.as_ref());
        is_anywhere(&self.secrets_in)
            && is_anywhere(&self.needs_secrets_in)
            && ceilings.all(is_anywhere)
    }

    /// Checks whether a secret may be placed at a pointer, given step by step.
    ///
    /// # Errors
    /// Says which key is missing, and for the grant the pointer to add.
    pub fn check_secret(&self, steps: &[String]) -> Result<(), Denial> {
        let Self { connector, endpoint, .. } = self;
        let mut pointer = String::new();
        steps.iter().for_each(|step| policy::push_step(&mut pointer, step));
        if !self.needs_secrets_in.allows(steps) {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it places secrets at `{pointer}` of bodies for endpoint `{endpoint}`"
            )));
        }
        if !self.secrets_in.allows(steps) {
            return Err(self.missing(
                format!("connector `{connector}` may not place a secret at `{pointer}` of a body for endpoint `{endpoint}`"),
                format!("`\"{pointer}\"` to `secrets-in`"),
            ));
        }
        self.check_secret_ceilings(steps, &pointer)?;
        // What is written there as a secret could be read back in the clear.
        let is_visible = steps.last().is_some_and(|last| self.visible.may_show(last));
        if is_visible && self.has_masks() {
            return Err(Denial::always(format!(
                "a secret may not be placed at `{pointer}`, because `visible` in {} shows that key in answers",
                self.place()
            )));
        }
        Ok(())
    }

    /// Whether answers hold values that are masked.
    pub fn has_masks(&self) -> bool {
        self.treatments.iter().any(|(_, treatment)| *treatment == Treatment::Mask)
    }

    /// What is masked and cut out of an answer, with what the connector itself does not want.
    ///
    /// # Errors
    /// One of `omit` is not a pointer, or there are too many.
    pub fn treatments(&self, omit: &[String]) -> Result<PointerSet<Treatment>, HttpError> {
        let own = treatments(omit, Treatment::Omit).map_err(super::check::invalid)?;
        let all = self.treatments.iter().chain(&own);
        PointerSet::new(all.map(|(pattern, treatment)| (pattern, *treatment)))
            .map_err(super::check::invalid)
    }

    fn check_secret_ceilings(&self, steps: &[String], pointer: &str) -> Result<(), Denial> {
        let forbids =
            |own: &&CeilingOf| own.secrets_in.as_ref().is_some_and(|at| !at.allows(steps));
        match self.ceilings.iter().find(forbids) {
            Some(own) => {
                let what = format!("policy does not allow a secret at `{pointer}` of a body");
                Err(self.by_policy(&own.ceiling.denial("secrets-in", what)))
            }
            None => Ok(()),
        }
    }

    fn under_all(
        &self,
        check: impl Fn(&Ceiling) -> Result<(), PolicyDenial>,
    ) -> Result<(), Denial> {
        let denied = self.ceilings.iter().try_for_each(|own| check(&own.ceiling));
        denied.map_err(|denial| self.by_policy(&denial))
    }

    fn by_policy(&self, denial: &PolicyDenial) -> Denial {
        let Self { connector, endpoint, .. } = self;
        let what = &denial.what;
        let what = format!("{what} (connector `{connector}`, endpoint `{endpoint}`)");
        Denial::by_policy(denial, what)
    }

    fn missing(&self, what: String, rule: String) -> Denial {
        let place = self.place();
        Denial { rule_needed: Some(rule), where_to_add: Some(place), ..Denial::always(what) }
    }

    fn place(&self) -> String {
        format!("`[connectors.{}.endpoints.{}]` ({})", self.connector, self.endpoint, self.source)
    }
}

fn treatments(
    patterns: &[String],
    treatment: Treatment,
) -> Result<Vec<(PointerPattern, Treatment)>, BadPointer> {
    patterns.iter().map(|text| Ok((PointerPattern::parse(text)?, treatment))).collect()
}

fn headers(names: &[String]) -> Result<Vec<HeaderName>, BadAccess> {
    let parse = |name: &String| name.parse().map_err(|_| BadAccess::Header(name.clone()));
    names.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::EndpointGrant;
    use crate::policy::admin::{Keeper, PolicyFile, PolicySet};

    fn access(ceiling: &str) -> Access {
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (allow, places) = (texts(&["GET /**", "POST /**"]), texts(&["/data/*", ""]));
        let granted = EndpointGrant {
            kind: EndpointKind::Kubernetes,
            allow: allow.clone(),
            secrets_in: places.clone(),
            mask: Vec::new(),
            mask_encoding: MaskEncoding::Text,
            visible: Vec::new(),
            omit: Vec::new(),
            response_headers: Vec::new(),
            source: "plugins.toml:9".to_owned(),
        };
        let mut policy = PolicySet::default();
        let text = format!("version = 1\nforbid = [\"login-command\"]\n[[ceiling]]\n{ceiling}\n");
        policy.add(PolicyFile::parse("/p.toml", Keeper::System, &text).unwrap());
        let declared = Declared { allow: &allow, secrets_in: &places };
        let limits = PolicyLimits {
            ceilings: policy.ceilings("lake", "api"),
            no_login_programs: policy.forbids(crate::policy::admin::Forbidden::LoginCommand),
        };
        Access::compile("lake", "api", declared, &granted).unwrap().under(limits).unwrap()
    }

    #[track_caller]
    fn refused(result: Result<(), Denial>, rule: &str) {
        let denial = result.unwrap_err();
        assert!(denial.what.contains("connector `lake`, endpoint `api`"), "{denial}");
        let hint = denial.hint().unwrap();
        assert!(
            hint.starts_with(&format!("`{rule}` in /p.toml:")) && hint.contains("only root"),
            "{hint}"
        );
    }

    #[test]
    fn a_request_needs_what_the_ceiling_leaves() {
        let check = |access: &Access, method: &str, path: &str| {
            access.check_request(method, &CheckedPath::parse(path).unwrap())
        };
        let by_path = access("allow = [\"GET /a/*\"]");
        assert_eq!(check(&by_path, "GET", "/a/b"), Ok(()));
        refused(check(&by_path, "POST", "/a/b"), "allow");
        let by_namespace = access("namespaces = [\"team-*\"]");
        assert_eq!(check(&by_namespace, "POST", "/api/v1/namespaces/team-a/secrets"), Ok(()));
        refused(check(&by_namespace, "POST", "/api/v1/namespaces/prod/secrets"), "namespaces");
        refused(check(&by_namespace, "GET", "/api/v1/secrets"), "namespaces");
    }

    #[test]
    fn a_secret_stays_within_the_ceiling() {
        let steps = |pointer: &str| -> Vec<String> {
            pointer.split('/').skip(1).map(str::to_owned).collect()
        };
        let narrow = access("secrets-in = [\"/data/key\"]");
        assert_eq!(narrow.check_secret(&steps("/data/key")), Ok(()));
        refused(narrow.check_secret(&steps("/data/other")), "secrets-in");
        assert!(!narrow.places_anywhere(), "a ceiling by pointer needs bodies with pointers");
        assert!(access("secrets-in = [\"\"]").places_anywhere());
        assert!(access("allow = []").places_anywhere());
    }

    #[test]
    fn places_and_programs_are_refused_with_their_rule() {
        let access = access("origins = [\"https://a.example.com\"]");
        let origin = |host| Origin::new("https", host, None).unwrap();
        assert_eq!(access.check_origin(&origin("a.example.com")), Ok(()));
        refused(access.check_origin(&origin("b.example.com")), "origins");
        refused(access.check_proxy(&origin("a.example.com")), "proxies");
        refused(access.check_login_program(), "forbid");
        assert!(access.has_ceilings());
    }
}
