//! Waiting until DataOS has built a Depot.

use std::time::Duration;

use connhub_sdk::{Error, Level};

use crate::client::Client;
use crate::depot::Depot;
use crate::settings::Wait;

/// The first pause. Each is twice as long as the one before, up to the setting `poll-interval`.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Looks at a Depot without any state after which none is expected.
const LOOKS_WITHOUT_STATE: u32 = 5;

/// The Depot when it is active or in error, or as it is when the time is over. `notes` tells which.
pub(crate) fn settled(
    client: &Client<'_>,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Depot, Error> {
    let Wait::Until { timeout, interval } = client.settings.wait else {
        return Depot::read(client, name);
    };
    let start = client.host.now();
    let mut pause = FIRST_PAUSE.min(interval);
    let mut without_state = 0;
    loop {
        let depot = Depot::read(client, name)?;
        without_state += u32::from(depot.status.word.is_none());
        // What only the Depot Service knows is registered there, which is what `active` means.
        if depot.status.is_settled() || depot.resource.is_none() {
            return Ok(depot);
        }
        if without_state == LOOKS_WITHOUT_STATE {
            notes.push("DataOS does not tell the state of the Depot".into());
            return Ok(depot);
        }
        let elapsed = client.host.now().duration_since(start).unwrap_or_default();
        if elapsed >= timeout {
            notes.push(unsettled(&depot, timeout.as_secs()));
            return Ok(depot);
        }
        let state = depot.status.word.as_deref().unwrap_or("unknown");
        client.host.log(Level::Info, &format!("waiting for the Depot `{name}`: {state}"));
        client.host.sleep(pause);
        pause = (pause * 2).min(interval);
    }
}

fn unsettled(depot: &Depot, seconds: u64) -> String {
    let (name, state) = (&depot.name, depot.status.word.as_deref().unwrap_or("without a state"));
    format!("the Depot is still {state} after {seconds} s; look again with `connhub get {name}`")
}
