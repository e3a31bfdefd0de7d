//! One file per target.

pub(crate) mod administrator;
pub(crate) mod component;
pub(crate) mod imports;
pub(crate) mod lock;
pub(crate) mod manifest;
pub(crate) mod mask;
pub(crate) mod needs;
pub(crate) mod plugins;
pub(crate) mod pointers;
pub(crate) mod rules;
pub(crate) mod scrub;
pub(crate) mod signature;
pub(crate) mod types;
pub(crate) mod vault;

/// The input as text, and its first line apart from the rest.
fn head_and_rest(data: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\n').unwrap_or((text, "")))
}
