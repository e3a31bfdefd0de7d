use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::policy::Policy;
use crate::serve::{Request, Response};

/// How long a token lasts, in requests or for ever. Real ones last for a time; a test need not wait for one that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Endless,
    Requests(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) policy: Policy,
    pub(super) display_name: String,
    pub(super) life: Life,
}

/// A role that logs in with an id and a secret.
#[derive(Clone, Debug)]
pub struct AppRole {
    /// Which role; it is no secret.
    pub role_id: String,
    /// Its password.
    pub secret_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) role: AppRole,
    pub(super) policy: Policy,
    /// How long its tokens last.
    pub(super) life: Life,
}

/// The logins of one namespace.
#[derive(Debug, Default)]
pub(super) struct Logins {
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) roles: Vec<Role>,
    issued: u32,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    role_id: String,
    #[serde(default)]
    secret_id: String,
}

impl Logins {
    /// A new token. It looks like a real one and differs from run to run as little as a test needs.
    pub(super) fn issue(&mut self, namespace: &str, token: Token) -> String {
        self.issued += 1;
        let text = format!("hvs.CAESI{namespace}tokenOfTheStandIn{:08}", self.issued);
        self.tokens.insert(text.clone(), token);
        text
    }

    pub(super) fn issued(&self) -> u32 {
        self.issued
    }

    /// The token of a request, counted down.
    pub(super) fn identify(&mut self, request: &Request) -> Result<(String, Token), Failure> {
        let given = request.header("x-vault-token").unwrap_or_default();
        let token = self.tokens.get_mut(given).ok_or(Failure::Token)?;
        if let Life::Requests(left) = &mut token.life {
            *left = left.checked_sub(1).ok_or(Failure::Token)?;
        }
        Ok((given.to_owned(), token.clone()))
    }

    /// `POST auth/approle/login`.
    pub(super) fn app_role(
        &mut self,
        namespace: &str,
        request: &Request,
    ) -> Result<Response, Failure> {
        let given: Given = serde_json::from_slice(&request.body)
            .map_err(|error| Failure::Invalid(format!("failed to parse JSON input: {error}")))?;
        if given.role_id.is_empty() {
            return Err(Failure::Invalid("missing role_id".to_owned()));
        }
        let is_it = |role: &&Role| {
            role.role.role_id == given.role_id && role.role.secret_id == given.secret_id
        };
        let wrong = || Failure::Invalid("invalid role or secret ID".to_owned());
        let Role { policy, life, .. } = self.roles.iter().find(is_it).cloned().ok_or_else(wrong)?;
        let display_name = "approle".to_owned();
        let token = self.issue(namespace, Token { policy, display_name, life });
        let auth = json!({
            "client_token": token, "accessor": "wcVWf1BQSAYtn8rFZz9J", "policies": ["default", "app"],
            "token_policies": ["default", "app"], "metadata": {"role_name": "app"},
            "lease_duration": 1200, "renewable": true, "entity_id": "", "token_type": "service",
            "orphan": true, "num_uses": 0,
        });
        Ok(Response::json(200, &json!({"request_id": "4f2d", "data": null, "auth": auth})))
    }
}
