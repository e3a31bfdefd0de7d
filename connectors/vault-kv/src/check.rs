//! Check: the server, the login, the engine, and what the login may do.

use std::collections::BTreeMap;

use connhub_sdk::{Error, Finding, Json, Report, Request, Verdict, path};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::api::{Part, Store};
use crate::fault::Fault;

/// The connection whose rights are asked for; it need not be there.
const SAMPLE: &str = "connhub-check";

pub(crate) fn check(store: &Store<'_>) -> Result<Report, Error> {
    let mut report = Report { user: None, platform: platform(store), findings: Vec::new() };
    match login(store) {
        Ok((user, finding)) => {
            report.user = user;
            report.findings.push(finding);
        }
        Err(fault) => {
            let error = fault.into_error("log in", "`read` on `auth/token/lookup-self`");
            return match error {
                Error::Unauthenticated(message) | Error::Forbidden(message) => {
                    report.findings.push(Finding::new("login", Verdict::Bad, message));
                    Ok(report)
                }
                error => Err(error),
            };
        }
    }
    report.findings.push(engine(store)?);
    report.findings.extend(rights(store)?);
    Ok(report)
}

/// The server's version, if it tells.
fn platform(store: &Store<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Health {
        version: String,
    }
    // A standby passes requests on, so it is as good.
    let request =
        Request::get("/v1/sys/health").query("standbyok", "true").query("perfstandbyok", "true");
    let health: Health = answer(store, request).ok()?;
    Some(format!("Vault or OpenBao {}", health.version))
}

fn login(store: &Store<'_>) -> Result<(Option<String>, Finding), Fault> {
    #[derive(Deserialize)]
    struct Answer {
        data: Token,
    }
    #[derive(Deserialize)]
    struct Token {
        #[serde(default)]
        display_name: Option<String>,
        #[serde(default)]
        ttl: u64,
        #[serde(default)]
        policies: Vec<String>,
    }
    let answer: Answer = answer(store, Request::get("/v1/auth/token/lookup-self"))?;
    let Token { display_name, ttl, policies } = answer.data;
    let lasts = if ttl == 0 { "does not expire".to_owned() } else { format!("lasts {ttl} s more") };
    let message = format!("the token {lasts}; policies: {}", policies.join(", "));
    Ok((display_name, Finding::new("login", Verdict::Good, message)))
}

fn engine(store: &Store<'_>) -> Result<Finding, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Mount,
    }
    #[derive(Deserialize)]
    struct Mount {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        options: Option<BTreeMap<String, String>>,
    }
    let mount = store.settings.mount.join("/");
    let segments = ["v1", "sys", "internal", "ui", "mounts"];
    let segments = segments.into_iter().chain(store.settings.mount.iter().map(String::as_str));
    let finding = |verdict, message: String| Ok(Finding::new("engine", verdict, message));
    match answer::<Answer>(store, Request::get(path(segments))) {
        Ok(Answer { data: Mount { kind, options } }) => {
            let version = options.unwrap_or_default().remove("version");
            match (kind.as_str(), version.as_deref()) {
                ("kv" | "generic", Some("2")) => {
                    finding(Verdict::Good, format!("`{mount}` is a key-value engine of version 2"))
                }
                ("kv" | "generic", _) => finding(
                    Verdict::Bad,
                    format!(
                        "`{mount}` is a key-value engine of version 1; upgrade it, or name another `mount`"
                    ),
                ),
                (kind, _) => {
                    finding(Verdict::Bad, format!("`{mount}` is an engine of type `{kind}`"))
                }
            }
        }
        // The server answers so whether it is not there or may not be seen.
        Err(fault) if fault.is_forbidden() || fault.is_missing() => finding(
            Verdict::Bad,
            format!("there is no engine at `{mount}`, or this login may do nothing there"),
        ),
        Err(fault) => Err(fault.into_error("look at the engine", "it")),
    }
}

/// What the login may do in the folder, as the server itself decides.
fn rights(store: &Store<'_>) -> Result<Vec<Finding>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: BTreeMap<String, Vec<String>>,
    }
    let wanted = wanted(store);
    let paths: Vec<_> = wanted.iter().map(|right| right.path.as_str()).collect();
    let body = Json::object([("paths", Json::from(paths))]);
    let asked = answer::<Answer>(store, Request::post("/v1/sys/capabilities-self").json(body));
    let allowed = match asked {
        Ok(answer) => answer.data,
        Err(fault) if fault.is_forbidden() || fault.is_missing() => {
            let message = "the server does not say what this login may do";
            return Ok(vec![Finding::new("permissions", Verdict::Unknown, message)]);
        }
        Err(fault) => return Err(fault.into_error("ask for permissions", "it")),
    };
    Ok(wanted.iter().map(|right| right.finding(allowed.get(&right.path))).collect())
}

/// Something that the login should be allowed.
struct Right {
    to: &'static str,
    path: String,
    /// Any one of them is enough.
    any_of: &'static [&'static str],
    /// What it means if it is not allowed.
    otherwise: Verdict,
}

impl Right {
    fn finding(&self, allowed: Option<&Vec<String>>) -> Finding {
        let subject = format!("permission to {}", self.to);
        let has = |right: &&str| allowed.is_some_and(|own| own.iter().any(|own| own == right));
        if self.any_of.iter().chain(&["root"]).any(has) {
            return Finding::new(subject, Verdict::Good, "granted");
        }
        let any = self.any_of.iter().map(|right| format!("`{right}`")).collect::<Vec<_>>();
        let message = format!("a policy has to allow {} on `{}`", any.join(" or "), self.path);
        Finding::new(subject, self.otherwise, message)
    }
}

fn wanted(store: &Store<'_>) -> Vec<Right> {
    let data = || store.shown(Part::Data, SAMPLE);
    let metadata = || store.shown(Part::Metadata, SAMPLE);
    let folder = metadata().trim_end_matches(SAMPLE).to_owned();
    let right = |to, path, any_of, otherwise| Right { to, path, any_of, otherwise };
    vec![
        right("list connections", folder, &["list"], Verdict::Bad),
        right("read connections", data(), &["read"], Verdict::Bad),
        right("create connections", data(), &["create"], Verdict::Bad),
        right("describe connections", metadata(), &["update"], Verdict::Bad),
        right("change connections", data(), &["patch", "update"], Verdict::Bad),
        right("patch connections", data(), &["patch"], Verdict::Warning),
        right("delete connections", data(), &["delete"], Verdict::Warning),
    ]
}

fn answer<T: DeserializeOwned>(store: &Store<'_>, request: Request<'_>) -> Result<T, Fault> {
    Ok(store.call(request)?.json()?)
}
