//! Check: who is calling, what the cluster is, and what the login may do.

use connhub_sdk::{Error, Finding, Host, Json, Report, Request, Target, Verdict, path};
use serde_json::{Value, json};

use crate::api::call;
use crate::choices::choices;
use crate::custom;
use crate::scope::{Presence, presence, project};
use crate::status::{Failure, Place};

/// What the connector does with secrets: the words of a user, and the verb of the API.
const PERMISSIONS: [(&str, &str); 5] = [
    ("list", "list"),
    ("read", "get"),
    ("create", "create"),
    ("update", "patch"),
    ("delete", "delete"),
];

/// The group by which the product is known. Every login may read which groups there are.
const PRODUCT_GROUP: &str = "datasciencecluster.opendatahub.io";

pub(crate) fn check(host: &Host, target: &Target) -> Result<Report, Error> {
    let (user, login) = who_am_i(host)?;
    let mut findings = vec![login];
    let platform = platform(host, target, &mut findings);
    match project(target) {
        Ok(project) => check_project(host, project, &mut findings)?,
        Err(_) => {
            let message = format!("none is named; name one with `-n PROJECT`; {}", choices(host));
            findings.push(Finding::new("project", Verdict::Unknown, message));
        }
    }
    Ok(Report { user, platform, findings })
}

/// The user as the cluster knows it. Kubernetes before 1.28 has no such question; OpenShift has one of its own.
fn who_am_i(host: &Host) -> Result<(Option<String>, Finding), Error> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let request =
        Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews").json(review.into());
    let user = match call(host, request) {
        Ok(response) => text(&response.json()?, "/status/userInfo/username"),
        Err(Failure::Refused(refusal)) if refusal.is_unknown_kind() => openshift_user(host)?,
        Err(Failure::Refused(refusal)) if refusal.is_forbidden() => {
            let finding = Finding::new("login", Verdict::Bad, refusal.message());
            return Ok((None, finding));
        }
        Err(failure) => return Err(failure.into_error(EVERYWHERE)),
    };
    let finding = login_finding(user.as_deref());
    Ok((user, finding))
}

fn openshift_user(host: &Host) -> Result<Option<String>, Error> {
    let request = Request::get(path(["apis", "user.openshift.io", "v1", "users", "~"]));
    match call(host, request) {
        Ok(response) => Ok(text(&response.json()?, "/metadata/name")),
        Err(failure) if failure.refusal().is_some_and(|refusal| refusal.is_unauthorized()) => {
            Err(failure.into_error(EVERYWHERE))
        }
        Err(Failure::Refused(_)) => Ok(None),
        Err(failure) => Err(failure.into_error(EVERYWHERE)),
    }
}

fn login_finding(user: Option<&str>) -> Finding {
    match user {
        Some("system:anonymous") => Finding::new(
            "login",
            Verdict::Bad,
            "the cluster got no login; log in, for example by `oc login`",
        ),
        Some(user) => Finding::new("login", Verdict::Good, format!("is accepted as `{user}`")),
        None => Finding::new(
            "login",
            Verdict::Unknown,
            "the cluster does not tell who is calling, but answers",
        ),
    }
}

/// The name of the platform, and a finding on whether the product is there.
fn platform(host: &Host, target: &Target, findings: &mut Vec<Finding>) -> Option<String> {
    let version = read(host, "/version").and_then(|answer| text(&answer, "/gitVersion"));
    let Some(groups) = read(host, "/apis").and_then(|answer| answer.get("groups").cloned()) else {
        let message = "the cluster does not tell what is installed";
        findings.push(Finding::new("OpenShift AI", Verdict::Unknown, message));
        return version.map(|version| format!("Kubernetes {version}"));
    };
    let product = Product::find(host, &groups);
    findings.push(product.finding());
    if !matches!(product, Product::Absent) {
        findings.push(custom::finding(host, target));
    }
    let openshift = ["project.openshift.io", "route.openshift.io"];
    let is_openshift = openshift.iter().any(|name| group(&groups, name).is_some());
    let kubernetes = version.map_or("Kubernetes".into(), |version| format!("Kubernetes {version}"));
    let base = if is_openshift { format!("OpenShift ({kubernetes})") } else { kubernetes };
    Some(match product {
        Product::Release(release) => format!("{release} on {base}"),
        Product::Hidden | Product::Absent => base,
    })
}

/// What is known about the product.
enum Product {
    /// Name and version.
    Release(String),
    /// It is there, but its release is shown to few logins only.
    Hidden,
    Absent,
}

impl Product {
    fn find(host: &Host, groups: &Value) -> Self {
        match group(groups, PRODUCT_GROUP) {
            Some(group) => release(host, group).map_or(Self::Hidden, Self::Release),
            None => Self::Absent,
        }
    }

    fn finding(&self) -> Finding {
        let (verdict, message) = match self {
            Self::Release(release) => (Verdict::Good, format!("is installed: {release}")),
            Self::Hidden => {
                (Verdict::Good, "is installed; the login may not see which release".into())
            }
            Self::Absent => (
                Verdict::Warning,
                "is not installed: connections can be kept here, but nothing uses them".into(),
            ),
        };
        Finding::new("OpenShift AI", verdict, message)
    }
}

fn group<'a>(groups: &'a Value, name: &str) -> Option<&'a Value> {
    groups.as_array()?.iter().find(|group| group["name"] == name)
}

fn release(host: &Host, group: &Value) -> Option<String> {
    let version = text(group, "/versions/0/version")?;
    let clusters =
        read(host, &path(["apis", PRODUCT_GROUP, version.as_str(), "datascienceclusters"]))?;
    let release = clusters.pointer("/items/0/status/release")?;
    let version = text(release, "/version").map(|version| format!(" {version}"));
    Some(format!("{}{}", text(release, "/name")?, version.unwrap_or_default()))
}

/// Reads something that is good to know; none if it cannot be had.
fn read(host: &Host, path: &str) -> Option<Value> {
    call(host, Request::get(path)).ok()?.json().ok()
}

/// The text at a place; none if there is no other text than an empty one.
fn text(answer: &Value, pointer: &str) -> Option<String> {
    let text = answer.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn check_project(host: &Host, project: &str, findings: &mut Vec<Finding>) -> Result<(), Error> {
    findings.push(project_finding(host, project, presence(host, project)?));
    for (words, verb) in PERMISSIONS {
        findings.push(permission(host, project, words, verb));
    }
    Ok(())
}

/// Whether the project is there, and which others there are if it is not.
fn project_finding(host: &Host, project: &str, presence: Presence) -> Finding {
    let (verdict, message) = match presence {
        Presence::There => {
            return Finding::new("project", Verdict::Good, format!("`{project}` is there"));
        }
        Presence::Absent => (Verdict::Bad, format!("`{project}` does not exist")),
        Presence::Hidden => (
            Verdict::Unknown,
            format!(
                "either `{project}` does not exist, or the login is not in it, which the cluster does not tell apart"
            ),
        ),
    };
    Finding::new("project", verdict, format!("{message}; {}", choices(host)))
}

fn permission(host: &Host, project: &str, words: &str, verb: &str) -> Finding {
    let subject = format!("permission to {words} secrets");
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"namespace": project, "verb": verb, "resource": "secrets"}},
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .json(Json::from(review));
    let answer = call(host, request).and_then(|response| Ok(response.json::<Value>()?));
    let (verdict, message) = match answer {
        Ok(review) if review["status"]["allowed"] == true => {
            (Verdict::Good, format!("granted in `{project}`"))
        }
        Ok(review) => (Verdict::Bad, not_granted(project, &review)),
        Err(Failure::Refused(refusal)) => (Verdict::Unknown, refusal.message()),
        Err(failure) => {
            let error = failure.into_error(Place::project(project));
            (Verdict::Unknown, format!("could not be asked: {}", error.message()))
        }
    };
    Finding::new(subject, verdict, message)
}

fn not_granted(project: &str, review: &Value) -> String {
    let why = text(review, "/status/reason").or_else(|| text(review, "/status/evaluationError"));
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("not granted in `{project}`{why}; ask for the role `edit`")
}

const EVERYWHERE: Place<'static> = Place { project: None, name: None, type_: "" };
