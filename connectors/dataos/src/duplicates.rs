//! Other depots of the same source, which its documents ask to look for.

use connhub_sdk::Level;
use serde_json::{Map, Value};

use crate::catalog;
use crate::client::Client;
use crate::depot::Depot;
use crate::depot_type::{DepotType, is_at};
use crate::plan::Plan;
use crate::spec;

/// A note for each other depot with the type and the fields of this one. A list that cannot be read is no reason to fail.
pub(crate) fn notes(client: &Client<'_>, plan: &Plan<'_>) -> Vec<String> {
    let depots = match catalog::depots(client) {
        Ok(depots) => depots,
        Err(fault) => {
            let error = fault.into_error("list depots");
            let message = format!("no search for duplicates: {}", error.message());
            client.host.log(Level::Debug, &message);
            return Vec::new();
        }
    };
    let others = depots.iter().filter(|depot| is_duplicate(depot, plan));
    others.map(|depot| format!("{} has the same fields", depot.title())).collect()
}

fn is_duplicate(depot: &Depot, plan: &Plan<'_>) -> bool {
    let same_type = depot.depot_type.native.eq_ignore_ascii_case(&plan.depot_type.native);
    let place = |spec| place(&plan.depot_type, spec);
    same_type && depot.name != plan.name && place(&depot.spec) == place(&plan.spec)
}

/// What a spec says, without what is said by leaving it out, and without the difference between `5432` and `"5432"`.
fn place(depot_type: &DepotType, spec: &Map<String, Value>) -> Vec<(String, String)> {
    let mut rest = spec.clone();
    for (path, value) in depot_type.source.implied {
        if is_at(&rest, path, value) {
            spec::take(&mut rest, path);
        }
    }
    let plain = |text: String| text.trim_matches('"').trim_end_matches('/').to_owned();
    let flat = spec::flatten(&rest).into_iter().map(|(path, text)| (path, plain(text)));
    flat.filter(|(_, text)| !text.is_empty()).collect()
}
