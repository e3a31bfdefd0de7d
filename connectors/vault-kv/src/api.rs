//! The calls of the store that the connector makes.

use connhub_sdk::{Error, Host, Json, Request, Response, Target, path};
use serde::Deserialize;
use serde_json::Value;

use crate::entry::{Entry, Stored, whole_seconds};
use crate::fault::{Fault, Refusal};
use crate::metadata::Custom;
use crate::place::Folder;
use crate::settings::Settings;

/// The endpoint's name in `needs.toml`.
const ENDPOINT: &str = "vault";

const MERGE: &str = "application/merge-patch+json";

/// The store of one backend, and the folder to work in.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    pub(crate) host: &'a Host,
    pub(crate) settings: Settings,
    pub(crate) folder: Folder,
}

/// Which part of the store a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Data,
    Metadata,
    /// Where versions are deleted softly.
    Delete,
}

/// What a write of data made.
#[derive(Debug, Deserialize)]
pub(crate) struct Version {
    pub(crate) version: u64,
    pub(crate) created_time: Option<String>,
}

impl<'a> Store<'a> {
    pub(crate) fn new(host: &'a Host, target: &Target) -> Result<Self, Error> {
        Ok(Self { host, settings: Settings::of(target)?, folder: Folder::of(target)? })
    }

    /// The path in the store by which policies know a connection, as in `secret/data/team/sales`.
    pub(crate) fn shown(&self, part: Part, name: &str) -> String {
        self.segments(part, &self.folder, name).skip(1).collect::<Vec<_>>().join("/")
    }

    /// Sends a request; an answer that is no success is a fault.
    pub(crate) fn call(&self, request: Request<'_>) -> Result<Response, Fault> {
        let response = self.host.send(ENDPOINT, request)?;
        if response.is_success() {
            return Ok(response);
        }
        Err(Fault::Refused(Refusal::of(&response)))
    }

    /// Reads what is stored under a name, secret values as `***`.
    pub(crate) fn read(&self, name: &str) -> Result<Stored, Fault> {
        Ok(self.read_in(&self.folder, name)?.0)
    }

    /// Reads with the secret values as handles.
    pub(crate) fn open(&self, name: &str) -> Result<(Stored, Response), Fault> {
        self.answer(self.request(Part::Data, &self.folder, name).with_handles())
    }

    /// Reads in another folder.
    pub(crate) fn read_in(&self, folder: &Folder, name: &str) -> Result<(Stored, Response), Fault> {
        self.answer(self.request(Part::Data, folder, name))
    }

    /// Writes all data as a new version, if the current one is `version`; 0 for a name that has none.
    pub(crate) fn write(&self, name: &str, version: u64, data: Json<'_>) -> Result<Version, Fault> {
        let path = self.path(Part::Data, name);
        self.version(Request::post(path).json(bound_to(version, data)))
    }

    /// Changes some of the data as a new version, if the current one is `version`. A null removes.
    pub(crate) fn patch(&self, name: &str, version: u64, data: Json<'_>) -> Result<Version, Fault> {
        let path = self.path(Part::Data, name);
        self.version(Request::patch(path).json_as(MERGE, bound_to(version, data)))
    }

    /// Puts custom metadata in the place of what is there.
    pub(crate) fn describe_all(&self, name: &str, whole: &Custom) -> Result<(), Fault> {
        let body = Json::object([("custom_metadata", Json::from(whole.to_json()))]);
        self.call(Request::post(self.path(Part::Metadata, name)).json(body)).map(drop)
    }

    /// Changes custom metadata: all of `changed`, in which a null removes. `whole` is what comes of it, for servers and policies without
    /// `PATCH`.
    pub(crate) fn describe(&self, name: &str, changed: Value, whole: &Custom) -> Result<(), Fault> {
        let body = Json::object([("custom_metadata", Json::from(changed))]);
        let request = Request::patch(self.path(Part::Metadata, name)).json_as(MERGE, body);
        match self.call(request) {
            Err(fault) if fault.is_without_patch() => self.describe_all(name, whole),
            other => other.map(drop),
        }
    }

    /// Deletes one version so that it can be undeleted. A version that was written meanwhile stays.
    pub(crate) fn delete_version(&self, name: &str, version: u64) -> Result<(), Fault> {
        let body = Json::object([("versions", Json::from(vec![version]))]);
        let deleted = self.call(Request::post(self.path(Part::Delete, name)).json(body));
        match deleted {
            // The usual right to delete is one on the data, and means the latest version.
            Err(fault) if fault.is_forbidden() => {
                self.call(Request::delete(self.path(Part::Data, name))).map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Removes all versions and the metadata for good.
    pub(crate) fn destroy(&self, name: &str) -> Result<(), Fault> {
        self.call(Request::delete(self.path(Part::Metadata, name))).map(drop)
    }

    /// The names in a folder, in order; those of folders end with a slash. A folder that is not there is empty.
    pub(crate) fn names(&self, folder: &Folder) -> Result<Vec<String>, Fault> {
        #[derive(Deserialize)]
        struct Answer {
            data: Names,
        }
        #[derive(Deserialize)]
        struct Names {
            keys: Vec<String>,
        }
        let segments = self.segments(Part::Metadata, folder, "").filter(|part| !part.is_empty());
        let answer = match self.call(Request::new("LIST", path(segments))) {
            Err(fault) if fault.is_missing() && !fault.is_unmounted() => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = answer.json::<Answer>()?.data.keys;
        names.sort_unstable();
        Ok(names)
    }

    /// Where a part of the store is, for a name in the folder.
    pub(crate) fn path(&self, part: Part, name: &str) -> String {
        path(self.segments(part, &self.folder, name))
    }

    fn request(&self, part: Part, folder: &Folder, name: &str) -> Request<'static> {
        Request::get(path(self.segments(part, folder, name)))
    }

    fn segments<'s>(
        &'s self,
        part: Part,
        folder: &'s Folder,
        name: &'s str,
    ) -> impl Iterator<Item = &'s str> {
        let part = match part {
            Part::Data => "data",
            Part::Metadata => "metadata",
            Part::Delete => "delete",
        };
        let mount = self.settings.mount.iter().map(String::as_str);
        ["v1"].into_iter().chain(mount).chain([part]).chain(folder.segments()).chain([name])
    }

    /// A version that was deleted is answered with 404 and its metadata.
    fn answer(&self, request: Request<'_>) -> Result<(Stored, Response), Fault> {
        #[derive(Deserialize)]
        struct Answer {
            data: Entry,
        }
        let response = self.host.send(ENDPOINT, request)?;
        if response.is_success() {
            let entry = response.json::<Answer>()?.data;
            return Ok((Stored::of(entry), response));
        }
        let refusal = Fault::Refused(Refusal::of(&response));
        if !refusal.is_missing() || refusal.is_unmounted() {
            return Err(refusal);
        }
        let stored =
            response.json::<Answer>().map_or(Stored::Nothing, |answer| Stored::of(answer.data));
        Ok((stored, response))
    }

    fn version(&self, request: Request<'_>) -> Result<Version, Fault> {
        #[derive(Deserialize)]
        struct Answer {
            data: Version,
        }
        let version = self.call(request)?.json::<Answer>()?.data;
        let created_time = version.created_time.as_deref().map(whole_seconds);
        Ok(Version { created_time, ..version })
    }
}

fn bound_to(version: u64, data: Json<'_>) -> Json<'_> {
    let options = Json::object([("cas", Json::from(version))]);
    Json::object([("options", options), ("data", data)])
}
