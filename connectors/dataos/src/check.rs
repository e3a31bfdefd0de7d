//! Who is calling, and may they.

use connhub_sdk::{Error, Finding, Host, Json, Report, Target, Verdict};
use serde_json::{Value, json};

use crate::client::{CatalogForm, Client, Kind};
use crate::fault::Fault;
use crate::plan::VERSION;
use crate::settings::Settings;

/// Finds out about DataOS and the login. Nothing is written.
pub(crate) fn check(host: &Host, target: &Target) -> Result<Report, Error> {
    let settings = Settings::of(target)?;
    let client = Client::new(host, &settings);
    let mut report = Report { user: None, platform: None, findings: Vec::new() };
    let form = match reach(&client) {
        Ok(form) => form,
        Err(fault) => return cannot_read(fault, &settings.tenant, report),
    };
    let platform = match form {
        CatalogForm::Tenants => "DataOS (Depot Service with tenants)",
        CatalogForm::Older => "DataOS (Depot Service without tenants)",
    };
    report.platform = Some(platform.to_owned());
    report.findings.push(Finding::new("login", Verdict::Good, "DataOS accepts it"));
    let message = format!("the depots of `{}` can be listed", settings.tenant);
    report.findings.push(Finding::new("tenant", Verdict::Good, message));
    identify(&client, &mut report);
    report.findings.push(may_create(&client, Kind::Secret, sample_secret(&settings)));
    report.findings.push(may_create(&client, Kind::Depot, sample_depot()));
    Ok(report)
}

fn reach(client: &Client<'_>) -> Result<CatalogForm, Fault> {
    match client.catalog(CatalogForm::Tenants, 0, 1) {
        Ok(_) => Ok(CatalogForm::Tenants),
        Err(fault) if fault.is_missing() => match client.catalog(CatalogForm::Older, 0, 1) {
            Ok(_) => Ok(CatalogForm::Older),
            Err(second) => Err(if fault.is_missing_for_sure() { fault } else { second }),
        },
        Err(fault) => Err(fault),
    }
}

/// A refusal is a finding; that there is no answer at all is an error.
fn cannot_read(fault: Fault, tenant: &str, mut report: Report) -> Result<Report, Error> {
    let subject = if fault.is_unauthenticated() {
        Some("login")
    } else if fault.is_forbidden() {
        Some("permission to see the tenant")
    } else {
        // A path that is not there says nothing about the tenant.
        fault.is_missing().then_some(if fault.is_missing_for_sure() { "tenant" } else { "paths" })
    };
    let error = fault.into_error(&format!("list the depots of the tenant `{tenant}`"));
    let Some(subject) = subject else { return Err(error) };
    report.findings.push(Finding::new(subject, Verdict::Bad, error.message()));
    Ok(report)
}

/// Heimdall is documented to want the login in the body, where only the host could put it. Where it takes that of the request, it says
/// who is calling; elsewhere nothing is lost.
fn identify(client: &Client<'_>, report: &mut Report) {
    let answer = client.authorize().ok().filter(|answer| answer["allow"] == true);
    let Some(answer) = answer else {
        let message =
            "DataOS does not say who is calling unless the login is in the request's body";
        report.findings.push(Finding::new("user", Verdict::Unknown, message));
        return;
    };
    report.user = answer.pointer("/result/id").and_then(Value::as_str).map(str::to_owned);
    let tags = answer.pointer("/result/tags").and_then(Value::as_array);
    let roles: Vec<_> = tags
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|tag| tag.starts_with("roles:"))
        .map(|tag| format!("`{tag}`"))
        .collect();
    if !roles.is_empty() {
        report.findings.push(Finding::new("roles", Verdict::Good, roles.join(", ")));
    }
}

fn may_create(client: &Client<'_>, kind: Kind, sample: Json<'_>) -> Finding {
    let subject = format!("permission to create a {}", kind.title());
    let Err(fault) = client.validate(sample) else {
        return Finding::new(subject, Verdict::Good, "DataOS accepts a sample");
    };
    let verdict = if fault.is_forbidden() { Verdict::Bad } else { Verdict::Unknown };
    let error = fault.into_error(&format!("accept a sample {}", kind.title()));
    let verdict = if matches!(error, Error::Forbidden(_)) { Verdict::Bad } else { verdict };
    Finding::new(subject, verdict, error.message())
}

fn sample_secret(settings: &Settings) -> Json<'static> {
    Json::from(json!({
        "name": settings.secret_name_of("connhubcheck"),
        "version": VERSION,
        "type": Kind::Secret.word(),
        "secret": {"type": "key-value", "data": {"username": "connhub"}},
    }))
}

fn sample_depot() -> Json<'static> {
    Json::from(json!({
        "name": "connhubcheck",
        "version": VERSION,
        "type": Kind::Depot.word(),
        "layer": "user",
        "spec": {"type": "http", "spec": {"baseUrl": "https://connhub.invalid"}},
    }))
}
