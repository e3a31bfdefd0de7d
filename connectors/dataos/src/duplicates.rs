//! Other depots of the same source, which its documents ask to look for.

use connhub_sdk::Level;

use crate::client::{CatalogForm, Client};
use crate::depot::Depot;
use crate::plan::Plan;

/// Depots looked at for one another. A tenant with more is searched in part.
const PAGE: usize = 100;
const PAGES: usize = 5;

/// A note for each other depot with the type and the fields of this one. A list that cannot be read is no reason to fail.
pub(crate) fn notes(client: &Client<'_>, plan: &Plan<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for page in 0..PAGES {
        let depots = match client.catalog(CatalogForm::Tenants, page * PAGE, PAGE) {
            Ok(depots) => depots,
            Err(fault) => {
                let error = fault.into_error("list depots");
                client
                    .host
                    .log(Level::Debug, &format!("no search for duplicates: {}", error.message()));
                break;
            }
        };
        let count = depots.len();
        let depots = depots.iter().filter_map(|entry| Depot::of_catalog(entry).ok());
        let others = depots.filter(|depot| is_duplicate(depot, plan));
        notes.extend(others.map(|depot| format!("{} has the same fields", depot.title())));
        if count != PAGE {
            break;
        }
    }
    notes
}

fn is_duplicate(depot: &Depot, plan: &Plan<'_>) -> bool {
    let same_type = depot.depot_type.native.eq_ignore_ascii_case(&plan.depot_type.native);
    same_type && depot.name != plan.name && depot.spec == plan.spec
}
