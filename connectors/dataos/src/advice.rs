//! What a user can do about a Depot in error, from what DataOS says about it. The texts are those of drivers, which nobody documents; what is
//! not recognized gets general advice.

use crate::depot::Depot;
use crate::spec;

/// Words in what DataOS says, in lower case, and what they mean.
const MEANINGS: &[(&[&str], Advice)] = &[
    (
        &["no such host", "unknownhost", "name or service not known", "could not resolve"],
        Advice::Unknown,
    ),
    (&["connection refused", "actively refused"], Advice::Refused),
    (&["timed out", "timeout", "deadline exceeded", "no route to host"], Advice::Silent),
    (&["err: 404"], Advice::NoSecret),
    (&["err: 403", "required role"], Advice::NoRight),
    (
        &[
            "authentication failed",
            "incorrect username or password",
            "login failed",
            "access denied for user",
            "invalid credentials",
            "invalidaccesskeyid",
            "signaturedoesnotmatch",
            "jwt token is invalid",
            "unauthorized",
        ],
        Advice::WrongLogin,
    ),
    (&["x509", "certificate", "ssl", "tls"], Advice::Tls),
    (
        &[
            "permission denied",
            "accessdenied",
            "insufficient privileges",
            "not authorized",
            "forbidden",
        ],
        Advice::SourceRights,
    ),
    (&["does not exist", "nosuchbucket", "unknown database", "not found"], Advice::Absent),
    (&["warehouse"], Advice::Warehouse),
];

/// Fields that say where a source is.
const ADDRESSES: [&str; 11] = [
    "host",
    "port",
    "url",
    "endpoint",
    "nodes",
    "brokers",
    "baseUrl",
    "serviceUrl",
    "adminUrl",
    "account",
    "subprotocol",
];
/// Fields that say what is used there.
const THINGS: [&str; 10] = [
    "database",
    "bucket",
    "container",
    "service",
    "warehouse",
    "role",
    "project",
    "catalog",
    "schema",
    "relativePath",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advice {
    Unknown,
    Refused,
    Silent,
    NoSecret,
    NoRight,
    WrongLogin,
    Tls,
    SourceRights,
    Absent,
    Warehouse,
}

impl Depot {
    /// Why it is in error, in DataOS' words and in ours; none if it is not.
    pub(crate) fn trouble(&self) -> Option<String> {
        if !self.status.is_error() {
            return None;
        }
        let said = self.status.message.as_deref().unwrap_or("DataOS does not say why");
        Some(format!("{said}; {}", self.advice(said)))
    }

    fn advice(&self, said: &str) -> String {
        let said = said.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let found = MEANINGS.iter().find(|(words, _)| has(words)).map(|(_, advice)| *advice);
        let (addresses, things) = (self.given(&ADDRESSES), self.given(&THINGS));
        let user = self.name.as_str();
        match found {
            Some(Advice::Unknown) => {
                format!("the name of the server is not known where DataOS runs: check {addresses}")
            }
            Some(Advice::Refused) => format!("nothing listens there: check {addresses}"),
            Some(Advice::Silent) => format!(
                "the server does not answer DataOS: check {addresses}, and whether a firewall lets DataOS in"
            ),
            Some(Advice::NoSecret) => {
                format!(
                    "its Secret does not exist: give its secret fields again with `connhub update {user} FIELD=-`"
                )
            }
            Some(Advice::NoRight) => {
                "whoever applied it may not use its Secret: ask its owner for `Can Use Secret`"
                    .to_owned()
            }
            Some(Advice::WrongLogin) => format!(
                "the source does not take the credentials: check them, and give new ones with `connhub rotate {user} FIELD=-`"
            ),
            Some(Advice::Tls) => format!(
                "DataOS and the source do not agree on TLS: check {addresses} and the settings of the driver in `params`"
            ),
            Some(Advice::SourceRights) => format!(
                "the credentials are right, and their rights in the source are not enough: check {things} and what was granted there"
            ),
            Some(Advice::Absent) => format!("there is no such thing in the source: check {things}"),
            Some(Advice::Warehouse) => {
                "check that the warehouse exists and runs, and that the role may use it".to_owned()
            }
            None => {
                "check its credentials, its address, and whether DataOS can reach it".to_owned()
            }
        }
    }

    /// Those of these fields that the Depot has, with their values.
    fn given(&self, names: &[&str]) -> String {
        let flat = spec::flatten(&self.spec);
        let is_one = |path: &str| names.contains(&path.rsplit('.').next().unwrap_or(path));
        let found = flat.iter().filter(|(path, _)| is_one(path));
        let found: Vec<_> = found.map(|(path, value)| format!("`{path}` ({value})")).collect();
        if found.is_empty() { "its address".to_owned() } else { found.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Resource;

    fn trouble(stage: &str, info: &str) -> String {
        let resource = Resource::of(json!({
            "name": "crm", "type": "depot",
            "spec": {"type": "postgresql", "spec": {"host": "db.example.com", "port": 5432, "database": "crm"}},
            "status": {"aggregateStatus": "error", "builderState": {"stage": stage, "info": info}},
        }));
        let depot = Depot::of_resource(resource.expect("it is a resource")).expect("it is a Depot");
        depot.trouble().expect("it is in error")
    }

    #[test]
    fn what_drivers_say_is_told_in_the_words_of_a_user() {
        let check = |info: &str, words: &str| {
            let text = trouble("building", info);
            assert!(text.contains(info) && text.contains(words), "{text}");
        };
        check("lookup db: no such host", "check `host` (db.example.com), `port` (5432)");
        check("dial tcp: connection refused", "nothing listens there");
        check("dial tcp: i/o timeout", "firewall");
        check("pq: password authentication failed for user", "connhub rotate crm FIELD=-");
        check("could not get the secret map for 'a' err: 404 <nil>", "connhub update crm");
        check("could not get the secret map for 'a' err: 403 <nil>", "`Can Use Secret`");
        check("pq: database \"crm\" does not exist", "check `database` (crm)");
        check("permission denied for schema", "rights in the source");
        check("x509: unknown authority", "TLS");
        check("gremlins", "check its credentials, its address");
    }

    #[test]
    fn a_depot_that_is_not_in_error_has_no_trouble() {
        let resource = json!({"name": "a", "type": "depot", "spec": {"type": "http", "spec": {}}, "status": "active"});
        let depot = Depot::of_resource(Resource::of(resource).expect("it is one"));
        assert_eq!(depot.expect("it is a Depot").trouble(), None);
    }
}
