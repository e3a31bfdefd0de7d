//! The conformance kit, which the connector of every template passes.

use crate::for_each;
use crate::site::{NAME, Site};

#[test]
fn every_connector_passes_the_kit() {
    for_each(|language| {
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
