use http::Method;

/// Templates of one set of Poros paths. `{tenant}`, `{type}` and `{name}` stand for one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PorosPaths {
    /// POST creates.
    pub collection: String,
    /// POST checks a manifest and stores nothing.
    pub validate: String,
    /// GET lists one type.
    pub list: String,
    /// GET reads and DELETE deletes one resource.
    pub item: String,
    /// PUT updates. Of the real one only the beginning up to the type is known; without `{name}`
    /// the manifest's name counts.
    pub update: String,
    /// GET tells what a resource runs.
    pub runtime: String,
}

/// What a request asks of Poros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Validate,
    Create,
    List,
    Update,
    Read,
    Delete,
    Runtime,
}

/// The variable segments of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) tenant: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
}

/// What a method and a path lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Routed {
    Call(Call, Parameters),
    WrongMethod,
    Nowhere,
}

impl PorosPaths {
    /// The usual paths below a base such as `/poros/api/v1/workspaces/{tenant}/resources`.
    pub fn below(base: &str) -> Self {
        PorosPaths {
            collection: base.to_owned(),
            validate: format!("{base}/validate"),
            list: format!("{base}/{{type}}"),
            item: format!("{base}/{{type}}/{{name}}"),
            update: format!("{base}/{{type}}/{{name}}"),
            runtime: format!("{base}/{{type}}/{{name}}/runtime"),
        }
    }

    pub(super) fn route(&self, method: &Method, segments: &[&str]) -> Routed {
        let mut known = false;
        for (own, template, call) in self.table() {
            let Some(parameters) = matched(template, segments) else {
                continue;
            };
            if own == method {
                return Routed::Call(call, parameters);
            }
            known = true;
        }
        if known { Routed::WrongMethod } else { Routed::Nowhere }
    }

    fn table(&self) -> [(&Method, &str, Call); 7] {
        [
            (&Method::POST, &self.validate, Call::Validate),
            (&Method::POST, &self.collection, Call::Create),
            (&Method::GET, &self.list, Call::List),
            (&Method::PUT, &self.update, Call::Update),
            (&Method::GET, &self.item, Call::Read),
            (&Method::DELETE, &self.item, Call::Delete),
            (&Method::GET, &self.runtime, Call::Runtime),
        ]
    }
}

fn matched(template: &str, segments: &[&str]) -> Option<Parameters> {
    let wanted: Vec<&str> = template.split('/').filter(|part| !part.is_empty()).collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut parameters = Parameters::default();
    for (want, given) in wanted.into_iter().zip(segments) {
        match want {
            "{tenant}" => parameters.tenant = Some((*given).to_owned()),
            "{type}" => parameters.kind = Some((*given).to_owned()),
            "{name}" => parameters.name = Some((*given).to_owned()),
            _ if want == *given => {}
            _ => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let paths = PorosPaths::below("/p/{tenant}/r");
        let check = |method: Method, path: &str, expected: Option<Call>, refusal: Routed| {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            match (paths.route(&method, &segments), expected) {
                (Routed::Call(call, _), Some(wanted)) => assert_eq!(call, wanted, "{path}"),
                (routed, None) => assert_eq!(routed, refusal, "{method} {path}"),
                (routed, Some(_)) => panic!("{method} {path}: {routed:?}"),
            }
        };
        let nowhere = || Routed::Nowhere;
        check(Method::POST, "/p/t/r/validate", Some(Call::Validate), nowhere());
        check(Method::POST, "/p/t/r", Some(Call::Create), nowhere());
        check(Method::GET, "/p/t/r/depot", Some(Call::List), nowhere());
        check(Method::PUT, "/p/t/r/depot/d", Some(Call::Update), nowhere());
        check(Method::GET, "/p/t/r/depot/d", Some(Call::Read), nowhere());
        check(Method::DELETE, "/p/t/r/depot/d", Some(Call::Delete), nowhere());
        check(Method::GET, "/p/t/r/depot/d/runtime", Some(Call::Runtime), nowhere());
        check(Method::PATCH, "/p/t/r/depot/d", None, Routed::WrongMethod);
        check(Method::GET, "/p/t/x/depot/d", None, nowhere());
        check(Method::GET, "/p/t/r/depot/d/log", None, nowhere());
    }

    #[test]
    fn parameters_come_from_their_places() {
        let segments = ["v2", "depot", "at", "acme", "sales"];
        let found = matched("/v2/{type}/at/{tenant}/{name}", &segments).expect("it matches");
        assert_eq!(found.tenant.as_deref(), Some("acme"));
        assert_eq!(found.kind.as_deref(), Some("depot"));
        assert_eq!(found.name.as_deref(), Some("sales"));
    }
}
