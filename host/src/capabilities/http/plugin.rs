//! Credential plugins of a kubeconfig (`exec`), run once, with an end, and without their output in any message.

use k8s_openapi::jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;

use super::error::{Failure, HttpError};
use crate::programs::{Program, Terminal};

/// What a plugin returned.
pub struct Credential {
    /// A bearer token.
    pub token: Option<String>,
    /// A client certificate and its key, both in PEM.
    pub identity: Option<(String, String)>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// Runs the plugin of a kubeconfig.
///
/// # Errors
/// It cannot be run, fails, or returns no credential.
pub async fn run(plugin: &ExecConfig, terminal: &Terminal) -> Result<Credential, HttpError> {
    let Some(command) = plugin.command.as_deref() else {
        return Err(HttpError::Config(Failure::new(
            "the `exec` of the kubeconfig's user has no `command`",
        )));
    };
    let terminal = terminal_for(plugin, command, terminal)?;
    let environment = environment(plugin, &terminal)?;
    let arguments = plugin.args.as_deref().unwrap_or_default();
    let program = Program { environment, ..Program::new(command, arguments, terminal) };
    let printed = program.output().await.map_err(|failure| {
        let is_missing = failure.is_missing();
        let message = format!("the credential plugin `{command}` gave no credential");
        let hint = match &plugin.install_hint {
            Some(hint) if is_missing => hint.clone(),
            _ => format!("run `{command}` by hand, or log in again with `oc login`"),
        };
        HttpError::Unauthenticated(Failure::new(message).hint(hint).because(failure))
    })?;
    parse(&printed, command)
}

/// Whether the plugin may ask the user something, so that nobody knows how long it takes.
pub fn may_ask(plugin: &ExecConfig, terminal: &Terminal) -> bool {
    let never = matches!(plugin.interactive_mode, Some(ExecInteractiveMode::Never));
    terminal.is_attached() && !never
}

/// As in `kubectl`: stdin decides. A plugin that must ask is not started where it cannot.
fn terminal_for(
    plugin: &ExecConfig,
    command: &str,
    terminal: &Terminal,
) -> Result<Terminal, HttpError> {
    match plugin.interactive_mode {
        Some(ExecInteractiveMode::Never) => Ok(Terminal::Absent),
        Some(ExecInteractiveMode::Always) if !terminal.is_attached() => {
            let message = format!(
                "the credential plugin `{command}` asks for something, and standard input is not a terminal"
            );
            let hint = "run the command in a terminal, or log in with a token; \
                        `interactiveMode` of the kubeconfig's user says whether the plugin asks";
            Err(HttpError::Unauthenticated(Failure::new(message).hint(hint)))
        }
        Some(ExecInteractiveMode::Always | ExecInteractiveMode::IfAvailable) | None => {
            Ok(terminal.clone())
        }
    }
}

fn environment(
    plugin: &ExecConfig,
    terminal: &Terminal,
) -> Result<Vec<(String, String)>, HttpError> {
    let pairs = plugin.env.iter().flatten();
    let mut environment: Vec<_> = pairs
        .filter_map(|pair| Some((pair.get("name")?.clone(), pair.get("value")?.clone())))
        .collect();
    let mut spec = json!({"interactive": terminal.is_attached()});
    if let Some(cluster) = &plugin.cluster {
        spec["cluster"] = serde_json::to_value(cluster).map_err(super::check::invalid)?;
    }
    let information =
        json!({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec});
    environment.push(("KUBERNETES_EXEC_INFO".to_owned(), information.to_string()));
    Ok(environment)
}

#[derive(Deserialize)]
struct Output {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Plugins print JSON; client-go also takes YAML, and so some print that. A parser's message would quote the credential.
fn parse(printed: &[u8], command: &str) -> Result<Credential, HttpError> {
    let status = serde_saphyr::from_slice::<Output>(printed).ok().and_then(|output| output.status);
    let credential = status.map(|status| Credential {
        token: status.token.filter(|token| !token.is_empty()),
        identity: status.client_certificate_data.zip(status.client_key_data),
        expires: status.expiration_timestamp.and_then(|time| time.parse().ok()),
    });
    credential.filter(|found| found.token.is_some() || found.identity.is_some()).ok_or_else(|| {
        HttpError::Unauthenticated(
            Failure::new(format!("the credential plugin `{command}` printed no credential"))
                .hint(format!("run `{command}` by hand: it must print an `ExecCredential`")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Screen;

    #[test]
    fn json_and_yaml_are_read() {
        let check = |text: &str, token: Option<&str>| {
            let credential = parse(text.as_bytes(), "plugin").ok();
            assert_eq!(credential.and_then(|found| found.token).as_deref(), token, "{text}");
        };
        check(r#"{"kind":"ExecCredential","status":{"token":"t0ken"}}"#, Some("t0ken"));
        check("kind: ExecCredential\nstatus:\n  token: t0ken\n", Some("t0ken"));
        check(r#"{"status":{"token":""}}"#, None);
        check(r#"{"status":{}}"#, None);
        check("s3cret", None);
    }

    #[test]
    fn what_a_plugin_prints_is_not_quoted() {
        let error = parse(b"{\"status\": s3cret", "plugin").err().unwrap();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }

    #[test]
    fn expiry_and_certificates_are_read() {
        let text = r#"{"status":{"clientCertificateData":"C","clientKeyData":"K",
            "expirationTimestamp":"2026-11-20T21:36:01Z"}}"#;
        let credential = parse(text.as_bytes(), "plugin").ok().unwrap();
        assert_eq!(credential.identity, Some(("C".to_owned(), "K".to_owned())));
        assert_eq!(credential.expires.unwrap().to_string(), "2026-11-20T21:36:01Z");
    }

    #[test]
    fn a_plugin_may_ask_if_its_mode_and_the_terminal_allow_it() {
        struct Blank;
        impl Screen for Blank {
            fn clear(&self) -> Box<dyn std::any::Any + Send> {
                Box::new(())
            }
        }
        let attached = Terminal::Attached(std::sync::Arc::new(Blank));
        let check = |mode: Option<ExecInteractiveMode>, expected: [Option<bool>; 2]| {
            let plugin = ExecConfig { interactive_mode: mode, ..ExecConfig::default() };
            let asks = |given| terminal_for(&plugin, "plugin", given).ok().map(|t| t.is_attached());
            assert_eq!([asks(&attached), asks(&Terminal::Absent)], expected);
        };
        check(None, [Some(true), Some(false)]);
        check(Some(ExecInteractiveMode::IfAvailable), [Some(true), Some(false)]);
        check(Some(ExecInteractiveMode::Never), [Some(false), Some(false)]);
        check(Some(ExecInteractiveMode::Always), [Some(true), None]);
    }
}
