//! DataOS by its HTTP interfaces: the resource manager (Poros), the Depot Service, and Heimdall.

use connhub_sdk::{Host, Json, Request, Response, Secret};
use serde_json::Value;

use crate::client::{CatalogForm, Kind, ResourceManager};
use crate::fault::Fault;
use crate::resource::Resource;
use crate::settings::Settings;

/// The name of the endpoint that `needs.toml` declares.
const ENDPOINT: &str = "dataos";

/// The endpoint, and the paths that the settings have for it.
#[derive(Debug)]
pub(crate) struct Http<'a> {
    host: &'a Host,
    settings: &'a Settings,
}

impl<'a> Http<'a> {
    pub(crate) fn new(host: &'a Host, settings: &'a Settings) -> Self {
        Self { host, settings }
    }
}

impl ResourceManager for Http<'_> {
    fn create(&self, kind: Kind, manifest: Json<'_>) -> Result<(), Fault> {
        let paths = &self.settings.paths;
        let template = match kind {
            Kind::Secret => &paths.secrets,
            Kind::Depot => &paths.depots,
        };
        let path = self.settings.path(template, "")?;
        self.send(Request::post(path).json(manifest)).map(drop)
    }

    fn read(&self, kind: Kind, name: &str) -> Result<Resource, Fault> {
        let answer = self.send(Request::get(self.path_of(kind, name)?))?;
        Ok(Resource::of(answer.json()?)?)
    }

    fn replace(&self, kind: Kind, name: &str, manifest: Json<'_>) -> Result<(), Fault> {
        self.send(Request::put(self.path_of(kind, name)?).json(manifest)).map(drop)
    }

    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        self.send(Request::delete(self.path_of(kind, name)?)).map(drop)
    }

    fn validate(&self, manifest: Json<'_>) -> Result<(), Fault> {
        let path = self.settings.path(&self.settings.paths.validate, "")?;
        self.send(Request::post(path).json(manifest)).map(drop)
    }
}

impl Http<'_> {
    pub(crate) fn catalog(
        &self,
        form: CatalogForm,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Value>, Fault> {
        let request = Request::get(self.catalog_path(form)?)
            .query("limit", limit.to_string())
            .query("offset", offset.to_string());
        let answer: Value = self.send(request)?.json()?;
        match answer {
            Value::Array(depots) => Ok(depots),
            Value::Object(mut members) => match members.remove("depots") {
                Some(Value::Array(depots)) => Ok(depots),
                Some(Value::Null) => Ok(Vec::new()),
                _ => Err(not_a_list()),
            },
            Value::Null => Ok(Vec::new()),
            _ => Err(not_a_list()),
        }
    }

    pub(crate) fn catalog_entry(&self, name: &str) -> Result<Value, Fault> {
        Ok(self.either_catalog(&connhub_sdk::path([name]), None)?.0.json()?)
    }

    pub(crate) fn secret_values(
        &self,
        depot: &str,
        purpose: &str,
    ) -> Result<Vec<(String, Secret)>, Fault> {
        let tail = connhub_sdk::path([depot, "secrets"]);
        let (mut answer, _) = self.either_catalog(&tail, Some(purpose))?;
        let body: Value = answer.json()?;
        let entries = body.get("data").and_then(Value::as_array).ok_or_else(not_material)?;
        let mut values = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = entry.get("key").and_then(Value::as_str);
            let value = answer.take_secret(&format!("/data/{index}/base64Value"));
            values.extend(key.map(str::to_owned).zip(value));
        }
        Ok(values)
    }

    // It gets the login as every request does, not in the body as documented: the login is the host's.
    pub(crate) fn authorize(&self) -> Result<Value, Fault> {
        let path = self.settings.path(&self.settings.paths.authorize, "")?;
        let body = Json::Object(Vec::new());
        Ok(self.send(Request::post(path).json(body))?.json()?)
    }

    /// Asks the Depot Service in its newer form, and after a 404 that does not come from itself in the older one.
    fn either_catalog(
        &self,
        tail: &str,
        purpose: Option<&str>,
    ) -> Result<(Response, CatalogForm), Fault> {
        let newer = self.catalog_request(CatalogForm::Tenants, tail, purpose);
        match newer {
            Err(fault) if fault.is_missing() && !fault.is_missing_for_sure() => {
                let older = self.catalog_request(CatalogForm::Older, tail, purpose)?;
                Ok((older, CatalogForm::Older))
            }
            newer => Ok((newer?, CatalogForm::Tenants)),
        }
    }

    fn catalog_request(
        &self,
        form: CatalogForm,
        tail: &str,
        purpose: Option<&str>,
    ) -> Result<Response, Fault> {
        let mut request = Request::get(format!("{}{tail}", self.catalog_path(form)?));
        if let Some(purpose) = purpose {
            let (name, value) = match form {
                CatalogForm::Tenants => ("purpose", purpose),
                // The first generation knows `r` and `rw` alone.
                CatalogForm::Older => ("acl", if purpose == "rw" { "rw" } else { "r" }),
            };
            request = request.query(name, value).with_handles();
        }
        self.send(request)
    }

    fn catalog_path(&self, form: CatalogForm) -> Result<String, Fault> {
        let paths = &self.settings.paths;
        let template = match form {
            CatalogForm::Tenants => &paths.catalog,
            CatalogForm::Older => &paths.older_catalog,
        };
        Ok(self.settings.path(template, "")?)
    }

    fn path_of(&self, kind: Kind, name: &str) -> Result<String, Fault> {
        let paths = &self.settings.paths;
        let template = match kind {
            Kind::Secret => &paths.secret,
            Kind::Depot => &paths.depot,
        };
        Ok(self.settings.path(template, name)?)
    }

    fn send(&self, request: Request<'_>) -> Result<Response, Fault> {
        let (method, path) = (request.method.clone(), request.path.clone());
        let answer = self.host.send(ENDPOINT, request)?;
        if answer.is_success() { Ok(answer) } else { Err(Fault::of(&method, &path, &answer)) }
    }
}

fn not_a_list() -> Fault {
    connhub_sdk::Error::unavailable("DataOS answered with something that is no list of depots")
        .into()
}

fn not_material() -> Fault {
    connhub_sdk::Error::unavailable("DataOS answered with something that is no list of credentials")
        .into()
}
