//! A Depot, as the resource manager or the Depot Service shows it.

use connhub_sdk::Error;
use serde_json::{Map, Value};

use crate::client::{Client, Kind};
use crate::depot_type::DepotType;
use crate::resource::{Resource, Status};
use crate::settings::Settings;

/// A Depot.
#[derive(Clone, Debug)]
pub(crate) struct Depot {
    pub(crate) name: String,
    pub(crate) depot_type: DepotType,
    pub(crate) spec: Map<String, Value>,
    pub(crate) references: Vec<Reference>,
    pub(crate) tags: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) owner: Option<String>,
    /// Everybody whom the Depot Service counts among the owners.
    pub(crate) owners: Vec<String>,
    pub(crate) status: Status,
    pub(crate) created: Option<String>,
    pub(crate) updated: Option<String>,
    /// What the resource manager shows; none if only the Depot Service knows it.
    pub(crate) resource: Option<Resource>,
    pub(crate) shape: Shape,
}

/// A Depot's use of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `TENANT:SECRET`, or a name alone in the first generation.
    pub(crate) id: String,
    pub(crate) purpose: String,
}

/// The generation of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `type`, `spec` and `secrets` with purposes.
    Current,
    /// Anything else. It is read, never written.
    Older,
}

impl Reference {
    /// The name of the Secret; none if it is another tenant's.
    pub(crate) fn secret_in(&self, settings: &Settings) -> Option<&str> {
        match self.id.split_once(':') {
            Some((tenant, name)) => (tenant == settings.tenant).then_some(name),
            None => Some(&self.id),
        }
    }
}

impl Depot {
    /// Reads a Depot: from the resource manager, and from the Depot Service what that does not know.
    pub(crate) fn read(client: &Client<'_>, name: &str) -> Result<Self, Error> {
        match client.read(Kind::Depot, name) {
            Ok(resource) => Self::of_resource(resource),
            Err(fault) if fault.is_missing() => Self::from_catalog(client, name),
            Err(fault) => Err(fault.into_error(&format!("read the Depot `{name}`"))),
        }
    }

    /// A Depot of the resource manager.
    pub(crate) fn of_resource(resource: Resource) -> Result<Self, Error> {
        let body = resource.depot_body().ok_or_else(|| {
            Error::unavailable("DataOS answered with a Depot that has neither `spec` nor `depot`")
        })?;
        let mut depot = Self::of_body(body)?;
        depot.name = resource.text("name").unwrap_or_default().to_owned();
        depot.tags = resource.tags().into_iter().map(str::to_owned).collect();
        let description = resource.text("description").map(str::to_owned);
        depot.description = description.or(depot.description);
        depot.owner = resource.text("owner").map(str::to_owned);
        depot.status = resource.status();
        depot.created = resource.text("created").map(str::to_owned);
        depot.resource = Some(resource);
        Ok(depot)
    }

    /// A Depot of the Depot Service, which holds the fields of the source under the name of the type.
    pub(crate) fn of_catalog(entry: &Value) -> Result<Self, Error> {
        let members = entry.as_object().ok_or_else(no_depot)?;
        let mut depot = Self::of_body(members)?;
        let text = |key: &str| text_of(members, key);
        depot.name = text("name").ok_or_else(no_depot)?;
        let owners = members.get("owners").and_then(Value::as_array);
        let owners = owners.into_iter().flatten().filter_map(Value::as_str);
        depot.owners = owners.map(str::to_owned).collect();
        depot.owner = depot.owners.first().cloned();
        depot.status = Status { word: text("status"), message: text("message") };
        if members.get("isArchived").and_then(Value::as_bool) == Some(true) {
            let message = text("archivalMessage");
            depot.status = Status { word: Some("archived".into()), message };
        }
        // The form of the manifest does not show here.
        depot.shape = Shape::Current;
        depot.created = text("createdAt");
        depot.updated = text("updatedAt");
        Ok(depot)
    }

    /// The names of the Secrets of this tenant that it uses, each once.
    pub(crate) fn secret_names(&self, settings: &Settings) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.references.iter().filter_map(|one| one.secret_in(settings)) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The ids of the Secrets of other tenants that it uses, each once.
    pub(crate) fn foreign_secrets(&self, settings: &Settings) -> Vec<&str> {
        let mut foreign: Vec<&str> = Vec::new();
        for Reference { id, .. } in &self.references {
            let tenant = id.split_once(':').map(|(tenant, _)| tenant);
            if tenant.is_some_and(|tenant| tenant != settings.tenant)
                && !foreign.contains(&id.as_str())
            {
                foreign.push(id);
            }
        }
        foreign
    }

    /// Where consumers find the data.
    pub(crate) fn address(&self) -> String {
        format!("dataos://{}", self.name)
    }

    /// What stands in the way of another one of this name.
    pub(crate) fn title(&self) -> String {
        let owner = self.owner.as_deref().map(|owner| format!(" of `{owner}`")).unwrap_or_default();
        format!("a Depot `{}` of type `{}`{owner}", self.name, self.depot_type.native)
    }

    fn from_catalog(client: &Client<'_>, name: &str) -> Result<Self, Error> {
        match client.catalog_entry(name) {
            Ok(entry) => Self::of_catalog(&entry),
            Err(fault) if fault.is_missing() => Err(Error::no_connection(name)),
            Err(fault) => Err(fault.into_error(&format!("read the Depot `{name}`"))),
        }
    }

    fn of_body(body: &Map<String, Value>) -> Result<Self, Error> {
        let native = text_of(body, "type").ok_or_else(no_depot)?;
        let spec = body.get("spec").and_then(Value::as_object);
        let named = body
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(&native) && value.is_object())
            .and_then(|(_, value)| value.as_object());
        let shape = if spec.is_some() && !body.contains_key("connectionSecret") {
            Shape::Current
        } else {
            Shape::Older
        };
        let spec = spec.or(named).cloned().unwrap_or_default();
        Ok(Self {
            name: String::new(),
            depot_type: DepotType::of_depot(&native, &spec),
            spec,
            references: references(body),
            tags: Vec::new(),
            description: text_of(body, "description"),
            owner: None,
            owners: Vec::new(),
            status: Status::default(),
            created: None,
            updated: None,
            resource: None,
            shape,
        })
    }
}

fn references(body: &Map<String, Value>) -> Vec<Reference> {
    let entries = body.get("secrets").and_then(Value::as_array).into_iter().flatten();
    let reference = |entry: &Value| {
        let entry = entry.as_object()?;
        let id = text_of(entry, "id").or_else(|| text_of(entry, "name"))?;
        Some(Reference { id, purpose: text_of(entry, "purpose").unwrap_or_default() })
    };
    entries.filter_map(reference).collect()
}

fn text_of(members: &Map<String, Value>, key: &str) -> Option<String> {
    members.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn no_depot() -> Error {
    Error::unavailable("DataOS answered with something that is no depot")
}
