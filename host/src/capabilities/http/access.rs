//! What a connector may do at one endpoint: the two keys, compiled once and asked for every request.

use http::HeaderName;

use super::error::{Denial, HttpError};
use super::mask::Treatment;
use crate::policy::{
    self, BadPointer, BadRule, CheckedPath, MaskEncoding, PointerPattern, PointerSet, Rules,
};

/// The rights at one endpoint.
#[derive(Clone, Debug)]
pub struct Access {
    connector: String,
    endpoint: String,
    source: String,
    needs: Rules,
    allow: Rules,
    needs_secrets_in: SecretsIn,
    secrets_in: SecretsIn,
    treatments: Vec<(PointerPattern, Treatment)>,
    /// How masked values are encoded in answers.
    pub mask_encoding: MaskEncoding,
    /// Last steps of masked pointers that stay visible.
    pub visible: Vec<String>,
    /// Headers of answers that are passed on besides those of the content.
    pub response_headers: Vec<HeaderName>,
}

/// What a component declares about one endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Declared<'d> {
    /// Methods and paths.
    pub allow: &'d [String],
    /// Where it places secrets.
    pub secrets_in: &'d [String],
}

/// Where in bodies secrets may be placed.
#[derive(Clone, Debug)]
enum SecretsIn {
    /// Anywhere, and in bodies of any kind: the pointer to the whole document, which is empty.
    Anywhere,
    /// As whole string values of a JSON body at these pointers; with none, nowhere.
    At(PointerSet<()>),
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
            needs_secrets_in: SecretsIn::parse(declared.secrets_in)?,
            secrets_in: SecretsIn::parse(&granted.secrets_in)?,
            treatments,
            mask_encoding: granted.mask_encoding,
            visible: granted.visible.clone(),
            response_headers: headers(&granted.response_headers)?,
        })
    }

    /// Where a limit of the connector is set, for the hint of an error.
    pub fn limit_hint(&self, key: &str) -> String {
        policy::limit_hint(&self.connector, key)
    }

    /// Checks a method and a path against both keys.
    ///
    /// # Errors
    /// Says which key is missing, and for the grant the rule to add.
    pub fn check_request(&self, method: &str, path: &CheckedPath) -> Result<(), Denial> {
        let Self { connector, endpoint, .. } = self;
        let Some(declared) = self.needs.allows(method, path) else {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it needs `{method} {path}` at endpoint `{endpoint}`"
            )));
        };
        if self.allow.allows(method, path).is_some() {
            return Ok(());
        }
        Err(self.missing(
            format!(
                "connector `{connector}` may not send `{method} {path}` to endpoint `{endpoint}`"
            ),
            format!("`\"{declared}\"` to `allow`"),
        ))
    }

    /// Whether secrets may be placed in bodies of any kind.
    pub fn places_anywhere(&self) -> bool {
        let is_anywhere = |own: &SecretsIn| matches!(own, SecretsIn::Anywhere);
        is_anywhere(&self.secrets_in) && is_anywhere(&self.needs_secrets_in)
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
        // What is written there as a secret could be read back in the clear.
        let is_visible = steps.last().is_some_and(|last| self.visible.contains(last));
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

    fn missing(&self, what: String, rule: String) -> Denial {
        Denial { what, rule_needed: Some(rule), where_to_add: Some(self.place()) }
    }

    fn place(&self) -> String {
        format!("`[connectors.{}.endpoints.{}]` ({})", self.connector, self.endpoint, self.source)
    }
}

impl SecretsIn {
    fn parse(patterns: &[String]) -> Result<Self, BadPointer> {
        if patterns.iter().any(String::is_empty) {
            return Ok(Self::Anywhere);
        }
        let patterns: Vec<_> =
            patterns.iter().map(|text| PointerPattern::parse(text)).collect::<Result<_, _>>()?;
        PointerSet::new(patterns.iter().map(|pattern| (pattern, ()))).map(Self::At)
    }

    fn allows(&self, steps: &[String]) -> bool {
        match self {
            Self::Anywhere => true,
            Self::At(pointers) => pointers.action_at(steps).is_some(),
        }
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
