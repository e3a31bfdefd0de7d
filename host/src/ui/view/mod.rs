//! How things look to people.

mod audit;
mod bench;
mod connections;
mod description;
mod difference;
mod findings;
mod import;
mod inspection;
mod markdown;
mod plugins;
mod policy;
mod target;
mod test;
mod trial;
mod trust;
mod types;
mod vault;
mod written;

pub use audit::{records, report};
pub use bench::bench;
pub use connections::{Columns, ConnectionRows, Detail, connections};
pub use description::{description, revealed};
pub use difference::difference;
pub use findings::findings;
pub use import::{Import, imports};
pub use inspection::inspection;
pub use markdown::inspection as markdown_inspection;
pub use plugins::plugins;
pub use policy::{explanation, policy, policy_check, refusal};
pub use target::target;
pub use test::{TestRow, ladder, tests};
pub use trial::trial;
pub use trust::{candidate, plugin_change, replaced, trust_review, trusted, verified};
pub use types::{type_fields, types};
pub use vault::{vault_result, vault_status};
pub use written::{Place, deleted, rotated, written};
