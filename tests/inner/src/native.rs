//! The same connector in native code, over the SDK's stand-in for the host.

use connhub_connector_local::Local;
use connhub_sdk::testing::{FakeHost, secret};
use connhub_sdk::{Connector as _, Draft, Filter, IfExists, PageRequest, Selection, Target};

use crate::SIZE;

/// The connector, and records in memory.
pub struct Native(FakeHost);

impl Native {
    /// Fills the records through the connector, with what [`crate::Local`] has in its store.
    pub fn new() -> Self {
        let fake = FakeHost::new();
        for number in 0..SIZE {
            let draft = Draft::new(format!("n{number}"), "s3")
                .with_field("bucket", "data")
                .with_field("endpoint", "https://s3.example.com")
                .with_field("access_key_id", "AKIAEXAMPLE")
                .with_secret(
                    "secret_access_key",
                    secret("wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"),
                );
            Local::create(&fake.host(), &Target::default(), draft, IfExists::Fail)
                .expect("it is new");
        }
        Self(fake)
    }

    /// A page with all connections.
    pub fn list(&self) -> usize {
        let request = PageRequest { cursor: None, limit: SIZE };
        let page = Local::list(&self.0.host(), &Target::default(), &Filter::default(), &request);
        page.expect("it is a list").items.len()
    }

    /// What the stand-in takes for it, which is no part of the connector.
    pub fn scan(&self) -> usize {
        let page = self.0.host().vault().scan(&Selection::Scope("default".into()), None, SIZE);
        page.expect("it can be read").entries.len()
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}
