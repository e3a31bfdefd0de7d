//! The conformance kit, which the connectors pass that do all that it asks for.

use crate::site::{NAME, Site};
use crate::{More, for_each};

#[test]
fn a_connector_that_does_all_passes_the_kit() {
    for_each(|language| {
        if !language.has(More::Replace) {
            return;
        }
        let site = Site::new(language);
        let tried = site.env.run(["plugin", "test", NAME, "-o", "json"]);
        let report = &tried.json()["items"];
        let failed: Vec<_> = report
            .as_array()
            .expect("a report has checks")
            .iter()
            .filter(|check| check["result"] == "failed")
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
        tried.succeeds();
        let left = site.run(&["list", "-o", "name"]).succeeds().stdout;
        assert_eq!(left, "", "something is left");
    });
}
