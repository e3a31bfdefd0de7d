//! A pointer on the first line, one pattern on each other.

use connhub::policy::{PointerPattern, PointerSet};

use super::head_and_rest;
use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "pointers",
    run,
    words: &["/*", "/data", "/items", "~0", "~1", "/", "\n", "/0"],
};

fn run(data: &[u8]) {
    let Some((head, rest)) = head_and_rest(data) else { return };
    let patterns: Vec<PointerPattern> =
        rest.lines().take(40).filter_map(|line| PointerPattern::parse(line).ok()).collect();
    let actions = patterns.iter().map(|pattern| (pattern, ()));
    let Ok(set) = PointerSet::new(actions) else { return };
    let steps: Vec<String> = head.split('/').skip(1).map(unescaped).collect();
    let reached = set.action_at(&steps).is_some();
    let expected = patterns.iter().any(|pattern| fits(pattern.as_str(), &steps));
    assert_eq!(reached, expected, "`{head}`");
}

fn fits(pattern: &str, steps: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split('/').skip(1).collect();
    let one = |(own, step): (&&str, &String)| *own == "*" || unescaped(own) == *step;
    pattern.len() == steps.len() && pattern.iter().zip(steps).all(one)
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
