//! List: pages of the server, with as much of the filter as it can apply.

use connhub_sdk::{
    Connection, Error, Filter, Host, LabelMatch, LabelOperator, Page, PageRequest, Request, Target,
};

use crate::api::{call, secrets_path};
use crate::metadata::{DASHBOARD, TRUE};
use crate::object::ObjectList;
use crate::scope::{Presence, presence, project, visible_projects};
use crate::status::{Failure, Place};
use crate::validate::{is_label_key, is_label_value};

/// The most that one request asks for. The server reads so many objects at once for it.
const MAX_PAGE: u32 = 500;

/// The kind of answer that holds no values: they do not even travel.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

pub(crate) fn list(
    host: &Host,
    target: &Target,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, Error> {
    let lister = Lister { host, filter, limit: page.limit.clamp(1, MAX_PAGE) };
    let cursor = page.cursor.as_deref().map_or(Ok(None), |text| Cursor::parse(text).map(Some))?;
    match (filter.all_scopes, cursor) {
        (false, cursor) => lister.in_project(project(target)?, cursor),
        (true, Some(Cursor::Project { name, token })) => lister.by_project(Some((name, token))),
        (true, Some(Cursor::Token(token))) => lister.everywhere(Some(token)),
        (true, None) => lister.everywhere(None),
    }
}

/// Where a list goes on.
#[derive(Debug, PartialEq, Eq)]
enum Cursor {
    /// The server's own token.
    Token(String),
    /// The project, for a list that goes from project to project, and the server's token there.
    Project { name: String, token: Option<String> },
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Error> {
        let parsed = match text.split_once(':') {
            Some(("token", token)) => Some(Self::Token(token.to_owned())),
            Some(("project", rest)) => rest.split_once(':').map(|(name, token)| {
                let token = Some(token.to_owned()).filter(|token| !token.is_empty());
                Self::Project { name: name.to_owned(), token }
            }),
            _ => None,
        };
        parsed.ok_or_else(|| Error::Other(format!("`{text}` is no cursor of this list")))
    }

    fn text(&self) -> String {
        match self {
            Self::Token(token) => format!("token:{token}"),
            Self::Project { name, token } => {
                format!("project:{name}:{}", token.as_deref().unwrap_or_default())
            }
        }
    }
}

struct Lister<'a> {
    host: &'a Host,
    filter: &'a Filter,
    limit: u32,
}

/// What one request brought.
struct Chunk {
    items: Vec<Connection>,
    token: Option<String>,
    /// Whether the server sent nothing at all, before the filter.
    empty: bool,
}

impl Lister<'_> {
    fn in_project(&self, project: &str, cursor: Option<Cursor>) -> Result<Page, Error> {
        let token = match cursor {
            Some(Cursor::Token(token)) => Some(token),
            Some(other) => {
                return Err(Error::Other(format!("`{}` is no cursor of this list", other.text())));
            }
            None => None,
        };
        let first = token.is_none();
        let chunk = self
            .chunk(&secrets_path(project), token)
            .map_err(|failure| failure.into_error(Place::project(project)))?;
        // The server answers an empty list for a project that does not exist, too.
        if first && chunk.empty && presence(self.host, project)? == Presence::Absent {
            return Err(Error::no_scope(project));
        }
        Ok(page(chunk))
    }

    /// All projects by one list, which takes the right to read the secrets of the whole cluster; without it project by project.
    fn everywhere(&self, token: Option<String>) -> Result<Page, Error> {
        match self.chunk("/api/v1/secrets", token) {
            Ok(chunk) => Ok(page(chunk)),
            Err(failure) if failure.refusal().is_some_and(|refusal| refusal.is_forbidden()) => {
                self.by_project(None)
            }
            Err(failure) => Err(failure.into_error(ALL_PROJECTS)),
        }
    }

    /// Goes through the projects that the login can see, leaving out those whose secrets it may not list.
    fn by_project(&self, from: Option<(String, Option<String>)>) -> Result<Page, Error> {
        let projects =
            visible_projects(self.host).map_err(|failure| failure.into_error(ALL_PROJECTS))?;
        let (start, mut token) = from.unwrap_or_default();
        let mut items = Vec::new();
        for project in projects.into_iter().filter(|project| *project >= start) {
            if items.len() >= self.limit as usize {
                return Ok(Page { items, cursor: Some(project_cursor(project, None)) });
            }
            // The token belongs to the project at which the page before stopped.
            let token = token.take().filter(|_| project == start);
            let chunk = match self.chunk(&secrets_path(&project), token) {
                Ok(chunk) => chunk,
                Err(failure) if failure.refusal().is_some_and(|r| r.is_forbidden()) => continue,
                Err(failure) => return Err(failure.into_error(Place::project(&project))),
            };
            items.extend(chunk.items);
            if chunk.token.is_some() {
                return Ok(Page { items, cursor: Some(project_cursor(project, chunk.token)) });
            }
        }
        Ok(Page { items, cursor: None })
    }

    /// One request; again with the server's new token if the one given has expired.
    fn chunk(&self, path: &str, token: Option<String>) -> Result<Chunk, Failure> {
        let had_token = token.is_some();
        let response = match call(self.host, self.request(path, token)) {
            Err(Failure::Refused(refusal))
                if had_token && refusal.new_continue_token().is_some() =>
            {
                call(
                    self.host,
                    self.request(path, refusal.new_continue_token().map(str::to_owned)),
                )?
            }
            other => other?,
        };
        let (token, items) = response.json::<ObjectList>()?.into_parts();
        let empty = items.is_empty();
        let shown = items.into_iter().filter(|object| !object.is_hidden());
        let connections = shown.filter_map(crate::object::Object::into_connection);
        Ok(Chunk {
            items: connections.filter(|connection| self.filter.matches(connection)).collect(),
            token,
            empty,
        })
    }

    fn request(&self, path: &str, token: Option<String>) -> Request<'static> {
        let request = Request::get(path)
            .query("labelSelector", selector(&self.filter.labels))
            .query("limit", self.limit.to_string());
        let request = match token {
            Some(token) => request.query("continue", token),
            None => request,
        };
        if self.filter.names_only { request.header("accept", METADATA_ONLY) } else { request }
    }
}

const ALL_PROJECTS: Place<'static> = Place { project: None, name: None, type_: "" };

fn page(chunk: Chunk) -> Page {
    Page { items: chunk.items, cursor: chunk.token.map(|token| Cursor::Token(token).text()) }
}

fn project_cursor(name: String, token: Option<String>) -> String {
    Cursor::Project { name, token }.text()
}

/// The server's selector. A requirement that it would refuse as a label is left to the filter here, where nothing meets it.
fn selector(labels: &[LabelMatch]) -> String {
    let mut requirements = vec![format!("{DASHBOARD}={TRUE}")];
    requirements.extend(labels.iter().filter_map(requirement));
    requirements.join(",")
}

fn requirement(label: &LabelMatch) -> Option<String> {
    let key = Some(&label.key).filter(|key| is_label_key(key))?;
    let values = || {
        let valid =
            !label.values.is_empty() && label.values.iter().all(|value| is_label_value(value));
        valid.then(|| label.values.join(","))
    };
    match label.operator {
        LabelOperator::Exists => Some(key.clone()),
        LabelOperator::Missing => Some(format!("!{key}")),
        LabelOperator::OneOf => Some(format!("{key} in ({})", values()?)),
        LabelOperator::NoneOf => Some(format!("{key} notin ({})", values()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_as_they_went() {
        let check = |cursor: Cursor| assert_eq!(Cursor::parse(&cursor.text()).ok(), Some(cursor));
        check(Cursor::Token("a:b==".into()));
        check(Cursor::Project { name: "demo".into(), token: None });
        check(Cursor::Project { name: "demo".into(), token: Some("a:b".into()) });
        for broken in ["", "x", "other:x", "project:x"] {
            assert!(Cursor::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn selectors_are_those_of_the_server() {
        let check = |operator, key: &str, values: &[&str], expected: &str| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            let label = LabelMatch { key: key.into(), operator, values };
            assert_eq!(selector(&[label]), format!("opendatahub.io/dashboard=true{expected}"));
        };
        check(LabelOperator::Exists, "team", &[], ",team");
        check(LabelOperator::Missing, "team", &[], ",!team");
        check(LabelOperator::OneOf, "x.io/team", &["a", "b"], ",x.io/team in (a,b)");
        check(LabelOperator::NoneOf, "team", &["a"], ",team notin (a)");
        check(LabelOperator::OneOf, "team", &["a b"], "");
        check(LabelOperator::OneOf, "team", &[], "");
        check(LabelOperator::Exists, "te am", &[], "");
    }
}
