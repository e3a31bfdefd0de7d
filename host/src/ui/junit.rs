//! Reports as JUnit XML, the form that build servers read. There is no standard; this is what Jenkins, GitLab and GitHub's actions have in
//! common: suites with counts, cases with `failure` or `skipped`, seconds.

use std::fmt::Write as _;

use super::json::{CheckForm, TrialForm};

/// The report of a trial: one suite for each section.
pub fn junit(form: &TrialForm<'_>) -> String {
    let summary = form.summary;
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let name = escaped(&format!("connhub plugin test {}", form.connector));
    let all = form.items.len();
    line(
        &mut xml,
        format_args!(
            "<testsuites name=\"{name}\" tests=\"{all}\" failures=\"{}\" skipped=\"{}\" time=\"{}\">",
            summary.failed,
            summary.skipped,
            seconds(form.items.iter())
        ),
    );
    for suite in form.items.chunk_by(|one, other| one.group == other.group) {
        write_suite(&mut xml, form.connector, suite);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn write_suite(xml: &mut String, connector: &str, items: &[CheckForm<'_>]) {
    let count = |result| items.iter().filter(|item| item.result == result).count();
    line(
        xml,
        format_args!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{}\">",
            items[0].group,
            items.len(),
            count("failed"),
            count("skipped"),
            seconds(items.iter())
        ),
    );
    for item in items {
        let class = escaped(&format!("{connector}.{}", item.group));
        let time = seconds([item].into_iter());
        let open =
            format!("    <testcase classname=\"{class}\" name=\"{}\" time=\"{time}\"", item.id);
        let reason = escaped(item.reason.unwrap_or_default());
        match item.result {
            "failed" => line(
                xml,
                format_args!(
                    "{open}><failure message=\"{reason}\">{}</failure></testcase>",
                    escaped(item.why)
                ),
            ),
            "skipped" => {
                line(xml, format_args!("{open}><skipped message=\"{reason}\"/></testcase>"));
            }
            _ => line(xml, format_args!("{open}/>")),
        }
    }
    xml.push_str("  </testsuite>\n");
}

fn line(xml: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes any text.
    let _ = writeln!(xml, "{text}");
}

fn seconds<'a>(items: impl Iterator<Item = &'a CheckForm<'a>>) -> String {
    let milliseconds: u128 = items.map(|item| item.milliseconds).sum();
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text as XML takes it in attributes and between tags. What XML 1.0 cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
