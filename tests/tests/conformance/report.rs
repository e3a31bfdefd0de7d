//! The forms of a report.

use connhub_tests::cli::TestEnv;

#[test]
fn people_and_build_servers_get_one_each() {
    let env = TestEnv::new();
    let file = env.files().join("report.xml");
    let path = file.display().to_string();
    let outcome = env.run(["plugin", "test", "local", "--junit", &path]).succeeds();
    let last = outcome.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("53 passed, 0 failed, "), "{outcome}");
    assert!(outcome.stdout.contains("ok       create.new"), "{outcome}");
    let report = fs_err::read_to_string(file).expect("the report was asked for");
    assert!(
        report.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "),
        "{report}"
    );
    assert_eq!(report.matches("<testcase ").count(), report.matches("name=\"").count() / 2 - 3);
    assert!(report.contains("<skipped message=\"the connector sends no requests\"/>"), "{report}");
    let names = env.run(["plugin", "test", "local", "-o", "name"]).succeeds();
    assert_eq!(names.stdout, "", "names are those of the checks that failed");
}
