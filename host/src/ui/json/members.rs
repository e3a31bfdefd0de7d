//! The members of a store.

use serde::Serialize;

use crate::operations::vault::Member;

/// The members of a store.
#[derive(Serialize)]
pub struct MembersForm<'a> {
    /// In the order in which they were added.
    pub items: Vec<MemberForm<'a>>,
}

/// One member.
#[derive(Serialize)]
pub struct MemberForm<'a> {
    /// What the others call them.
    pub name: &'a str,
    /// `use`, `manage` or `own`.
    pub right: &'static str,
    /// The public key.
    pub key: &'a str,
    /// The role in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    /// Whether it is the user who asks.
    pub you: bool,
}

impl<'a> MembersForm<'a> {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &["name", "right", "key", "role", "you"];

    /// The form of members, one of whom is the user.
    pub fn new(members: &'a [Member], own: &str) -> Self {
        let form = |member: &'a Member| MemberForm {
            name: &member.name,
            right: member.right.word(),
            key: &member.key,
            role: member.role.as_deref(),
            you: member.name == own,
        };
        Self { items: members.iter().map(form).collect() }
    }
}
