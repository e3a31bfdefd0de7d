use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::AcceptedLogin;
use super::failure::Failure;
use crate::serve::Request;

/// The tokens of the instance's users. All belong to every tenant.
#[derive(Clone)]
pub struct Tokens {
    /// May create secrets and depots, and edit its own.
    pub data_dev: String,
    /// The same role, another owner.
    pub other_data_dev: String,
    /// May read, but has no role that allows writing.
    pub no_role: String,
    /// May also edit and delete what others own.
    pub operator: String,
    /// Was a `data_dev` until it expired.
    pub expired: String,
}

/// Somebody with a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: &'static str,
    pub(super) role: Role,
    /// Makes the token differ from what one could guess from the name.
    key: &'static str,
    /// When the token ended, as the refusal words it.
    expired: Option<&'static str>,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    DataDev,
    Operator,
    Nothing,
}

const DATA_DEV: User = User {
    id: "adalovelace",
    role: Role::DataDev,
    key: "5d0f9a52-8c1e-4b63-9f0e-2b7d1c44a801",
    expired: None,
};
const OTHER_DATA_DEV: User = User {
    id: "gracehopper",
    role: Role::DataDev,
    key: "0c6be0de-77d5-4a3b-8a52-f1d2ad0e9602",
    expired: None,
};
const NO_ROLE: User = User {
    id: "edsgerdijkstra",
    role: Role::Nothing,
    key: "b8a4a7c1-31fd-4f0c-b0a9-6e5c3f72d103",
    expired: None,
};
const OPERATOR: User = User {
    id: "barbaraliskov",
    role: Role::Operator,
    key: "e27c5b90-0e46-4d8e-9d35-94b1a86f5a04",
    expired: None,
};
const EXPIRED: User = User {
    id: "alanturing",
    role: Role::DataDev,
    key: "91fe3d67-a9b2-4c74-8e1b-d05c27e83b05",
    expired: Some("2025-01-31 08:00:00 +0000 UTC"),
};
const USERS: [&User; 5] = [&DATA_DEV, &OTHER_DATA_DEV, &NO_ROLE, &OPERATOR, &EXPIRED];

impl Tokens {
    pub(super) fn all() -> Self {
        Tokens {
            data_dev: DATA_DEV.token(),
            other_data_dev: OTHER_DATA_DEV.token(),
            no_role: NO_ROLE.token(),
            operator: OPERATOR.token(),
            expired: EXPIRED.token(),
        }
    }
}

impl User {
    /// The tags that Heimdall lists for this user.
    pub(super) fn tags(&self) -> Vec<String> {
        let role = match self.role {
            Role::DataDev => Some("roles:id:data-dev"),
            Role::Operator => Some("roles:id:operator"),
            Role::Nothing => None,
        };
        let roles = ["roles:id:user"].into_iter().chain(role).map(str::to_owned);
        roles.chain([format!("users:id:{}", self.id)]).collect()
    }

    /// Refuses a caller who may not write.
    pub(super) fn must_write(&self) -> Result<(), Failure> {
        match self.role {
            Role::DataDev | Role::Operator => Ok(()),
            Role::Nothing => Err(Failure::MissingRole),
        }
    }

    /// Real tokens look like base64 of a name and a unique id.
    fn token(&self) -> String {
        STANDARD.encode(format!("{}.{}", self.id, self.key))
    }
}

/// Who sent this request.
pub(super) fn identify(request: &Request, form: AcceptedLogin) -> Result<&'static User, Failure> {
    match header_token(request, form) {
        Some(token) => owner_of(token),
        None => Err(Failure::Login(String::from("missing auth tokens"))),
    }
}

/// The token of a request's login header.
pub(super) fn header_token(request: &Request, form: AcceptedLogin) -> Option<&str> {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    let api_key = || request.header("apikey");
    let token = match form {
        AcceptedLogin::Bearer => bearer(),
        AcceptedLogin::ApiKey => api_key(),
        AcceptedLogin::Either => bearer().or_else(api_key),
    };
    token.map(str::trim).filter(|token| !token.is_empty())
}

/// Whose token this is.
pub(super) fn owner_of(token: &str) -> Result<&'static User, Failure> {
    let user = USERS.into_iter().find(|user| user.token() == token);
    match user.map(|user| (user, user.expired)) {
        Some((user, None)) => Ok(user),
        Some((_, Some(end))) => Err(Failure::Login(format!(
            "could not verify the token : oidc: token is expired (Token Expiry: {end})"
        ))),
        // The wording for a token that was never valid is a guess.
        None => {
            Err(Failure::Login(String::from("could not verify the token : oidc: malformed jwt")))
        }
    }
}
