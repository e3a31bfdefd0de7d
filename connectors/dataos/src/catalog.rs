//! A look through the depots of a tenant.

use crate::client::{CatalogForm, Client};
use crate::depot::Depot;
use crate::fault::Fault;

/// A tenant with more depots than these pages hold is looked through in part.
const PAGE: usize = 100;
const PAGES: usize = 5;

/// Whether there may be more depots than these.
pub(crate) fn is_part(depots: &[Depot]) -> bool {
    depots.len() >= PAGE * PAGES
}

/// The first depots of the tenant, as the Depot Service shows them.
pub(crate) fn depots(client: &Client<'_>) -> Result<Vec<Depot>, Fault> {
    let (form, mut entries) = match client.catalog(CatalogForm::Tenants, 0, PAGE) {
        Err(fault) if fault.is_missing() => {
            (CatalogForm::Older, client.catalog(CatalogForm::Older, 0, PAGE)?)
        }
        first => (CatalogForm::Tenants, first?),
    };
    for page in 1..PAGES {
        if entries.len() != page * PAGE {
            break;
        }
        let more = client.catalog(form, page * PAGE, PAGE)?;
        // A server that knows no offset sends the first page again.
        if more.first().is_none_or(|one| one.get("name") == entries[0].get("name")) {
            break;
        }
        entries.extend(more);
    }
    Ok(entries.iter().filter_map(|entry| Depot::of_catalog(entry).ok()).collect())
}
