//! A look through the depots of a tenant.

use crate::client::{CatalogForm, Client};
use crate::depot::Depot;
use crate::fault::Fault;

/// A tenant with more depots than these pages hold is looked through in part.
const PAGE: usize = 100;
const PAGES: usize = 5;

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
        entries.extend(client.catalog(form, page * PAGE, PAGE)?);
    }
    Ok(entries.iter().filter_map(|entry| Depot::of_catalog(entry).ok()).collect())
}
