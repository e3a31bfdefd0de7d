use std::time::Duration;

use super::PorosPaths;

/// How this DataOS behaves where the real one is configurable, or is not known well enough.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tenants of the instance. The first is the one that paths without a tenant act on.
    /// A tenant that is not listed is answered with 403, as one that the caller may not see.
    pub tenants: Vec<String>,
    /// Poros' workspace-scoped paths. `None`: every one of them is a 404. The default is the v1
    /// form with the tenant as workspace, which is a guess for v2.
    pub workspace_paths: Option<PorosPaths>,
    /// Poros' instance-scoped paths, which act on the first tenant. `None`: every one of them is a
    /// 404. Reads are documented for v1, writes are inferred.
    pub instance_paths: Option<PorosPaths>,
    /// Which paths the Depot Service has.
    pub depot_paths: DepotPaths,
    /// Which header carries the login. Both are in use, so either is the default (inferred).
    pub accepted_login: AcceptedLogin,
    /// What a caller without the needed role is told.
    pub forbidden: ForbiddenForm,
    /// The JSON around an error message. No Poros error was ever captured, so this is a guess.
    pub error_form: ErrorForm,
    /// How much of the documented text a refused manifest or deletion shows.
    pub invalid_text: FormatOfInvalid,
    /// The answer to the creation of something that exists. 409 is a guess, 400 is as likely.
    pub exists_status: u16,
    /// The answer to a creation, documented only as a 2xx.
    pub created_status: u16,
    /// The answer to a deletion: 200 (with the deleted resource as body) or 204 were both seen.
    pub deleted_status: u16,
    /// The answer to an update of something absent. A guess.
    pub update_of_absent: UpdateOfAbsent,
    /// The form of Poros' lists, under the key `resources` if wrapped. A guess.
    pub resource_list: ListForm,
    /// The form of the Depot Service's lists, under the key `depots` if wrapped. Both are documented.
    pub depot_list: ListForm,
    /// The query parameter by which a Poros list shows all owners. Documented is only that a plain
    /// list shows the caller's own; this name is a guess.
    pub all_owners: (String, String),
    /// What Poros shows of a secret's values. That they are masked is documented, how is not.
    pub masked_values: MaskedValues,
    /// Whether `secret.files` can be sent over HTTP. Unknown, so it is refused.
    pub secret_files: SecretFiles,
    /// Which depot names are valid. The documents forbid hyphens and show examples with them.
    pub depot_names: DepotNames,
    /// The purposes that each depot must have a secret for. Three are the convention, none of them
    /// was proven to be mandatory.
    pub required_purposes: Vec<String>,
    /// What happens to keys that no document names. Refusing them (a guess) finds typing errors.
    pub unknown_keys: UnknownKeys,
    /// When a depot leaves `creating`.
    pub activation: Activation,
    /// Whether the Depot Service knows a depot that is not active. The documents say that active
    /// means registered there; that others are hidden is inferred, so they are shown.
    pub unregistered: Unregistered,
    /// Where Heimdall's authorize call looks for the token.
    pub authorize_token: AuthorizeToken,
    /// The HTTP status of an authorize call whose token is refused: 200 or 401. The body says it
    /// in any case, so 200 is inferred.
    pub refused_token_status: u16,
}

/// Which paths the Depot Service has. Both generations are documented; that a server may lack one
/// is the reason for the client's fall-back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepotPaths {
    /// Both of the following.
    Both,
    /// `/ds/api/v2/tenants/{tenant}/…` alone.
    Tenants,
    /// The older `/ds/api/v2/…` alone, which act on the first tenant.
    Unscoped,
}

/// Which header carries the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedLogin {
    /// `Authorization: Bearer TOKEN` alone.
    Bearer,
    /// `apikey: TOKEN` alone.
    ApiKey,
    /// Any of the two; the first counts if both are there.
    Either,
}

/// What a caller without the needed role is told, with status 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForbiddenForm {
    /// The documented text about the role, from the service.
    Role,
    /// The ingress' refusal, in the form of its documented 401.
    Ingress,
}

/// What an error message comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    /// `{"error":{"status":…,"message":…}}`, like the documented 401.
    Nested,
    /// `{"status":…,"message":…}`.
    Flat,
    /// The bare text.
    Text,
}

/// How much of the documented text a refused manifest or deletion shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatOfInvalid {
    /// The reason alone, as v2 shows a blocked deletion.
    Reason,
    /// `failure deleting instance resource : REASON` and its like, from v1.
    Operation,
    /// The same after `Invalid Parameter - `, as v1's program prints it.
    Full,
}

/// What a list looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// A bare array.
    Array,
    /// An object with one key.
    Wrapped,
}

/// The answer to an update of something absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateOfAbsent {
    /// 404.
    NotFound,
    /// It is created.
    Creates,
}

/// What a read of a secret shows of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaskedValues {
    /// This text in place of each.
    As(String),
    /// Neither keys nor values.
    Absent,
}

/// What happens to `secret.files`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretFiles {
    /// 400: the documented way is a path that only the vendor's program can read.
    Refused,
    /// Each value is taken as the file's content.
    Stored,
}

/// Which depot names are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepotNames {
    /// Lower case letters and digits, fewer than 48: the rule of the depot page.
    Plain,
    /// Hyphens too, at most 60 characters: the general rule for resources.
    Hyphens,
}

/// What happens to keys that no document names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKeys {
    /// 400.
    Refused,
    /// They are stored.
    Kept,
}

/// When a depot leaves `creating`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// So many reads of this one depot still show `creating`. Lists do not count.
    AfterReads(u32),
    /// After this time.
    After(Duration),
    /// It stays so.
    Never,
}

/// Whether the Depot Service knows a depot that is not active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unregistered {
    /// As every other.
    Shown,
    /// 404, and absent from lists.
    Hidden,
}

/// Where Heimdall's authorize call looks for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizeToken {
    /// The body's `token`, as documented.
    Body,
    /// The body's `token`, else the login header (inferred: the vendor's model leaves `token` optional).
    BodyOrHeader,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            tenants: vec![String::from("engineering")],
            workspace_paths: Some(PorosPaths::below("/poros/api/v1/workspaces/{tenant}/resources")),
            instance_paths: Some(PorosPaths::below("/poros/api/v1/resources")),
            depot_paths: DepotPaths::Both,
            accepted_login: AcceptedLogin::Either,
            forbidden: ForbiddenForm::Role,
            error_form: ErrorForm::Nested,
            invalid_text: FormatOfInvalid::Reason,
            exists_status: 409,
            created_status: 200,
            deleted_status: 200,
            update_of_absent: UpdateOfAbsent::NotFound,
            resource_list: ListForm::Array,
            depot_list: ListForm::Array,
            all_owners: (String::from("allOwners"), String::from("true")),
            masked_values: MaskedValues::As(String::from("********")),
            secret_files: SecretFiles::Refused,
            depot_names: DepotNames::Plain,
            required_purposes: Vec::new(),
            unknown_keys: UnknownKeys::Refused,
            activation: Activation::AfterReads(2),
            unregistered: Unregistered::Shown,
            authorize_token: AuthorizeToken::Body,
            refused_token_status: 200,
        }
    }
}

impl Options {
    /// The tenant that paths without one act on; the empty name, which nothing matches, if there
    /// is no tenant at all.
    pub(super) fn default_tenant(&self) -> &str {
        self.tenants.first().map_or("", String::as_str)
    }
}
