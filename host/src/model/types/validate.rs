//! Checks what a user gives for a connection, all of it at once.

use super::super::{Field, FieldProblem, FieldSchema};
use super::auth::{AUTH_METHOD, Auth, AuthMethod};
use super::name::{check_field_name, shown};
use super::schema::{FieldSpec, Secrecy, TypeSchema, Unlisted};
use super::suggest;
use super::visible;

/// The greatest length of a visible value of which no schema knows, in bytes.
const MAX_OPAQUE: usize = 64 * 1024;

/// What the fields are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A new connection: what is required must be there, defaults are filled in.
    Create,
    /// A change: what is not given stays as it is.
    Update,
}

/// Fields that are right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normalized {
    /// The visible fields under canonical names, with their values in normal form, in the order of the schema.
    pub fields: Vec<Field>,
    /// The canonical names of the secrets, in the order in which they were given.
    pub secret_names: Vec<String>,
    /// The auth method: the one that was given or, for a new connection, the one that the fields speak for.
    pub auth_method: Option<String>,
}

impl TypeSchema {
    /// Checks visible fields and the names of secret ones, and brings them into their normal form. `extra` are the
    /// fields that only the connector knows; leave it empty for a schema that [`TypeSchema::for_backend`] has made.
    ///
    /// # Errors
    /// Everything that is wrong, in the order in which it was given. No message holds the value of a secret.
    pub fn validate(
        &self,
        fields: &[Field],
        secret_names: &[&str],
        extra: &[FieldSchema],
        mode: Mode,
    ) -> Result<Normalized, Vec<FieldProblem>> {
        if !extra.is_empty() {
            return self.extended(extra).validate(fields, secret_names, &[], mode);
        }
        let mut validation = Validation::new(self, mode);
        for field in fields {
            validation.take_visible(field);
        }
        for name in secret_names {
            validation.take_secret(name);
        }
        validation.check_auth();
        validation.check_required();
        validation.finish()
    }
}

struct Validation<'a> {
    schema: &'a TypeSchema,
    mode: Mode,
    /// Canonical names of everything that was given, right or wrong, each with the name that the user typed.
    given: Vec<(String, String)>,
    fields: Vec<Field>,
    secret_names: Vec<String>,
    auth_method: Option<&'a AuthMethod>,
    problems: Vec<FieldProblem>,
}

impl<'a> Validation<'a> {
    fn new(schema: &'a TypeSchema, mode: Mode) -> Self {
        Self {
            schema,
            mode,
            given: Vec::new(),
            fields: Vec::new(),
            secret_names: Vec::new(),
            auth_method: None,
            problems: Vec::new(),
        }
    }

    fn take_visible(&mut self, field: &Field) {
        let taken = match self.schema.field(&field.name) {
            Some(spec) => self.listed_value(spec, &field.name, &field.value),
            None => self.unlisted_value(field),
        };
        match taken {
            Ok(field) => self.fields.push(field),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn listed_value(
        &mut self,
        spec: &FieldSpec,
        typed: &str,
        value: &str,
    ) -> Result<Field, FieldProblem> {
        self.note(&spec.name, typed)?;
        check_supported(spec)?;
        if spec.secret {
            return Err(spec.problem(literal_secret(&spec.name)));
        }
        let value = spec.normalize(value).map_err(|message| spec.problem(message))?;
        Ok(Field { name: spec.name.clone(), value })
    }

    fn unlisted_value(&mut self, field: &Field) -> Result<Field, FieldProblem> {
        let name = self.schema.canonical(&field.name)?;
        self.note(&name, &name)?;
        let problem = |message: String| FieldProblem { field: name.clone(), message };
        if self.schema.secrecy(&name) == Secrecy::Secret {
            return Err(problem(literal_secret(&shown(&name))));
        }
        // What the value means is known to the backend alone, blanks around it included.
        visible::check(&field.value, true, MAX_OPAQUE).map_err(problem)?;
        Ok(Field { name, value: field.value.clone() })
    }

    fn take_secret(&mut self, typed: &str) {
        match self.secret_name(typed) {
            Ok(name) => self.secret_names.push(name),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn secret_name(&mut self, typed: &str) -> Result<String, FieldProblem> {
        let Some(spec) = self.schema.field(typed) else {
            let name = match self.schema.unlisted {
                Unlisted::Carried => check_field_name(typed),
                Unlisted::Refused => Err(self.schema.unknown(typed)),
            }?;
            self.note(&name, &name)?;
            return Ok(name);
        };
        self.note(&spec.name, typed)?;
        check_supported(spec)?;
        if spec.secret {
            return Ok(spec.name.clone());
        }
        Err(spec.problem(format!("is not a secret; write `{}=VALUE`", spec.name)))
    }

    /// Remembers that the field was given, and refuses it the second time.
    fn note(&mut self, name: &str, typed: &str) -> Result<(), FieldProblem> {
        let before = self.given.iter().find(|(known, _)| known == name);
        if let Some((_, before)) = before {
            let message = if before == typed {
                "is given twice".to_owned()
            } else {
                format!("is given twice, as `{}` and as `{}`", shown(before), shown(typed))
            };
            return Err(FieldProblem { field: name.to_owned(), message });
        }
        self.given.push((name.to_owned(), typed.to_owned()));
        Ok(())
    }

    fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|(known, _)| known == name)
    }

    /// Settles the auth method, refuses fields of other methods, and asks for what the method needs.
    fn check_auth(&mut self) {
        let Some(auth) = &self.schema.auth else {
            return;
        };
        let named = self.fields.iter().find(|field| field.name == AUTH_METHOD);
        let named = named.and_then(|field| auth.method(&field.value));
        let is_named = named.is_some();
        let method = match (named, self.mode) {
            (Some(method), _) => method,
            // The method was given and is wrong: nothing more can be said about the login.
            (None, _) if self.is_given(AUTH_METHOD) => return,
            (None, Mode::Update) => return,
            (None, Mode::Create) => {
                let given: Vec<&str> = self.given.iter().map(|(name, _)| name.as_str()).collect();
                auth.infer(&given)
            }
        };
        self.auth_method = Some(method);
        self.refuse_other_methods(auth, method);
        if self.mode == Mode::Create {
            self.ask_for_login(auth, method, is_named);
        }
    }

    fn refuse_other_methods(&mut self, auth: &Auth, method: &AuthMethod) {
        for field in auth.forbidden(method) {
            if self.is_given(field) {
                let others = auth.methods.iter().filter(|other| other.can_use(field));
                let others = suggest::listed(others.map(|other| other.name.as_str()), "or");
                self.problems.push(FieldProblem {
                    field: field.to_owned(),
                    message: format!(
                        "does not go with the auth method `{}`; leave it out, or set `{AUTH_METHOD}` to {others}",
                        method.name
                    ),
                });
            }
        }
    }

    fn ask_for_login(&mut self, auth: &Auth, method: &AuthMethod, is_named: bool) {
        let missing: Vec<&str> = method
            .required
            .iter()
            .map(String::as_str)
            .filter(|name| !self.is_given(name))
            .collect();
        let Some(first) = missing.first() else { return };
        let verb = if missing.len() == 1 { "is" } else { "are" };
        let mut message = format!(
            "{} {verb} missing for the auth method `{}`",
            suggest::listed(missing.iter().copied(), "and"),
            method.name
        );
        if !is_named && auth.methods.len() > 1 {
            let others = auth.methods.iter().filter(|other| other.name != method.name);
            let others = suggest::listed(others.map(|other| other.name.as_str()), "or");
            message.push_str(&format!("; to log in differently, set `{AUTH_METHOD}` to {others}"));
        }
        self.problems.push(FieldProblem { field: (*first).to_owned(), message });
    }

    fn check_required(&mut self) {
        if self.mode == Mode::Update {
            return;
        }
        for spec in &self.schema.fields {
            let is_filled = spec.default.is_some() || self.is_given(&spec.name);
            if spec.required && !spec.unsupported && !is_filled {
                self.problems.push(spec.problem(missing_field(spec)));
            }
        }
        for group in &self.schema.any_of {
            if !group.iter().any(|name| self.is_given(name)) {
                let names = suggest::listed(group.iter().map(String::as_str), "or");
                self.problems.push(FieldProblem {
                    field: group.first().cloned().unwrap_or_default(),
                    message: format!("is missing; give {names}"),
                });
            }
        }
    }

    fn finish(mut self) -> Result<Normalized, Vec<FieldProblem>> {
        if self.mode == Mode::Create {
            self.fill_defaults();
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let place = |field: &Field| {
            let mut specs = self.schema.fields.iter();
            specs.position(|spec| spec.name == field.name).unwrap_or(usize::MAX)
        };
        self.fields.sort_by_cached_key(place);
        Ok(Normalized {
            fields: self.fields,
            secret_names: self.secret_names,
            auth_method: self.auth_method.map(|method| method.name.clone()),
        })
    }

    fn fill_defaults(&mut self) {
        for spec in &self.schema.fields {
            let method = self.auth_method.filter(|_| spec.name == AUTH_METHOD);
            let value = method.map(|method| &method.name).or(spec.default.as_ref());
            let is_open = !spec.unsupported && !self.is_given(&spec.name);
            // A default may be a connector's, so it is checked like a value of the user's.
            match value.filter(|_| is_open).map(|value| spec.normalize(value)) {
                None => {}
                Some(Ok(value)) => self.fields.push(Field { name: spec.name.clone(), value }),
                Some(Err(message)) => {
                    self.problems.push(spec.problem(format!("{message} (default)")))
                }
            }
        }
    }
}

fn check_supported(spec: &FieldSpec) -> Result<(), FieldProblem> {
    if spec.unsupported {
        return Err(spec.problem("cannot be held by this backend; leave it out"));
    }
    Ok(())
}

fn literal_secret(name: &str) -> String {
    format!(
        "is a secret and is not typed as a value; use `{name}=-` (stdin), `{name}=@FILE` or \
         `--from-env {name}=VARIABLE`"
    )
}

fn missing_field(spec: &FieldSpec) -> String {
    match &spec.example {
        _ if spec.secret => format!("is missing; give `{0}=-` or `{0}=@FILE`", spec.name),
        Some(example) => format!("is missing; give for example `{}={example}`", spec.name),
        None => format!("is missing; give `{}=VALUE`", spec.name),
    }
}

#[cfg(test)]
mod tests;
