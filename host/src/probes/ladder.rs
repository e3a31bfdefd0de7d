//! The rungs that were reached, in words without secrets.

use std::time::Duration;

use crate::model::{Rung, Secret, TestStatus, TestStep};
use crate::scrub::{Scrubber, sanitize};

/// Longest message of a rung, in bytes: a server's words are quoted, not its pages.
const MAX_MESSAGE: usize = 400;

/// The climb is over: the rung that failed, or at which there was no way on, is on the ladder.
#[derive(Debug)]
pub struct Over;

/// What a step leads to.
pub type Climb<T> = Result<T, Over>;

/// What was found so far.
pub struct Ladder {
    steps: Vec<TestStep>,
    at: Rung,
    /// While another server is asked on the way, such as one that gives out tokens, its rungs are not those of the connection.
    aside: Option<String>,
    secrets: Scrubber,
}

impl Ladder {
    /// Nothing was found yet.
    pub fn new() -> Self {
        Self { steps: Vec::new(), at: Rung::Address, aside: None, secrets: Scrubber::default() }
    }

    /// Makes a value known that no message may hold.
    pub fn hide(&mut self, secret: &Secret) {
        self.secrets.add(secret);
    }

    /// What is tried from now on.
    pub fn begin(&mut self, rung: Rung) {
        if self.aside.is_none() {
            self.at = rung;
        }
    }

    /// The rung that was begun last holds. Of what is found twice the first counts.
    pub fn pass(&mut self, message: impl Into<String>) {
        if self.aside.is_none() && !self.has(self.at) {
            self.add(self.at, TestStatus::Ok, &message.into());
        }
    }

    /// The rung that was begun last does not hold.
    pub fn fail(&mut self, message: impl AsRef<str>) -> Over {
        let message = match &self.aside {
            Some(place) => format!("{place}: {}", message.as_ref()),
            None => message.as_ref().to_owned(),
        };
        self.steps.retain(|step| step.rung != self.at);
        self.add(self.at, TestStatus::Failed, &message);
        Over
    }

    /// There is no way to tell about a rung.
    pub fn skip(&mut self, rung: Rung, message: impl AsRef<str>) -> Over {
        if !self.has(rung) {
            self.add(rung, TestStatus::NotTestable, message.as_ref());
        }
        Over
    }

    /// From here on another server is asked, until [`Ladder::step_back`].
    pub fn step_aside(&mut self, place: &str) {
        self.aside = Some(place.to_owned());
    }

    /// The server of the connection is asked again.
    pub fn step_back(&mut self) {
        self.aside = None;
    }

    /// Forgets what was found from this rung on: another server of several is tried.
    pub fn climb_down(&mut self, rung: Rung) {
        self.steps.retain(|step| step.rung < rung);
    }

    /// What was found since then does not count.
    pub fn restore(&mut self, steps: Vec<TestStep>) {
        self.steps = steps;
    }

    /// The time is over.
    pub fn run_out(&mut self, limit: Duration) {
        self.fail(format!("no answer within {}", seconds(limit)));
    }

    /// The rungs from the lowest to the highest.
    pub fn steps(&self) -> Vec<TestStep> {
        let mut steps = self.steps.clone();
        steps.sort_by_key(|step| step.rung);
        steps
    }

    fn has(&self, rung: Rung) -> bool {
        self.steps.iter().any(|step| step.rung == rung)
    }

    fn add(&mut self, rung: Rung, status: TestStatus, message: &str) {
        let message = self.secrets.text(message);
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = sanitize(&message, MAX_MESSAGE).into_owned();
        self.steps.push(TestStep { rung, status, message });
    }
}

/// A time in words.
fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        one if (one - 1.0).abs() < f64::EPSILON => "1 second".to_owned(),
        other => format!("{other} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ladder: &Ladder) -> Vec<(Rung, TestStatus, String)> {
        ladder.steps().into_iter().map(|step| (step.rung, step.status, step.message)).collect()
    }

    #[test]
    fn messages_hold_no_secret_no_line_and_no_page() {
        let mut ladder = Ladder::new();
        ladder.hide(&Secret::from("hunter2hunter2".to_owned()));
        ladder.begin(Rung::Protocol);
        let _over = ladder.fail(format!("no\n  hunter2hunter2 \u{1b}[31m{}", "x".repeat(9999)));
        let [(_, _, message)] = &found(&ladder)[..] else { panic!("one step") };
        assert!(message.starts_with("no *** \u{241b}[31mxxx"), "{message}");
        assert!(message.len() <= MAX_MESSAGE);
    }

    #[test]
    fn rungs_are_in_order_and_the_first_that_holds_counts() {
        let mut ladder = Ladder::new();
        ladder.begin(Rung::Credential);
        ladder.pass("later");
        ladder.begin(Rung::Connect);
        ladder.pass("first");
        ladder.pass("second");
        let _over = ladder.skip(Rung::Connect, "unknown");
        let expected = [
            (Rung::Connect, TestStatus::Ok, "first".to_owned()),
            (Rung::Credential, TestStatus::Ok, "later".to_owned()),
        ];
        assert_eq!(found(&ladder), expected);
        let _over = ladder.fail("after all");
        assert_eq!(found(&ladder)[0], (Rung::Connect, TestStatus::Failed, "after all".to_owned()));
    }

    #[test]
    fn another_server_leaves_only_its_failures() {
        let mut ladder = Ladder::new();
        ladder.begin(Rung::Credential);
        ladder.step_aside("tokens.example.com");
        ladder.begin(Rung::Tls);
        ladder.pass("fine");
        assert_eq!(found(&ladder), []);
        let _over = ladder.fail("nobody is there");
        let message = "tokens.example.com: nobody is there".to_owned();
        assert_eq!(found(&ladder), [(Rung::Credential, TestStatus::Failed, message)]);
    }

    #[test]
    fn running_out_of_time_is_said_where_it_happened() {
        let mut ladder = Ladder::new();
        ladder.begin(Rung::Tls);
        ladder.run_out(Duration::from_secs(10));
        ladder.climb_down(Rung::Protocol);
        let message = "no answer within 10 seconds".to_owned();
        assert_eq!(found(&ladder), [(Rung::Tls, TestStatus::Failed, message)]);
        ladder.climb_down(Rung::Connect);
        assert_eq!(found(&ladder), []);
        assert_eq!(seconds(Duration::from_secs(1)), "1 second");
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 seconds");
    }
}
