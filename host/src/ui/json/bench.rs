//! What a connector costs.

use std::time::Duration;

use serde::Serialize;

use super::ErrorForm;
use crate::operations::plugin::{Benched, Pace};

/// The measurements of one connector.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BenchForm<'a> {
    /// The connector.
    pub connector: &'a str,
    /// The backend; none if there was none to work on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<&'a str>,
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Bytes of its compiled form.
    pub compiled_bytes: u64,
    /// Bytes of memory that the sandbox gave to one call at most.
    pub memory_bytes: usize,
    /// Each step.
    pub items: Vec<PaceForm>,
    /// Why the backend could not be measured to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorForm<'a>>,
}

/// The measurements of one step.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaceForm {
    /// The name of the step.
    pub step: &'static str,
    /// How often it was measured.
    pub samples: usize,
    /// In microseconds; half of the times were shorter.
    pub median_microseconds: u128,
    /// In microseconds; all but a twentieth of the times were shorter.
    pub p95_microseconds: u128,
    /// How often it can be done in a second, by the median.
    pub per_second: u64,
}

impl<'a> BenchForm<'a> {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] =
        &["step", "samples", "medianMicroseconds", "p95Microseconds", "perSecond"];

    /// The form of what was measured.
    pub fn new(benched: &'a Benched) -> Self {
        Self {
            connector: &benched.connector,
            backend: benched.backend.as_deref(),
            component_bytes: benched.component,
            compiled_bytes: benched.compiled,
            memory_bytes: benched.memory,
            items: benched.paces.iter().map(PaceForm::from).collect(),
            error: benched.failed.as_ref().map(ErrorForm::from),
        }
    }
}

impl From<&Pace> for PaceForm {
    fn from(pace: &Pace) -> Self {
        let median = pace.median();
        Self {
            step: pace.step.word(),
            samples: pace.samples(),
            median_microseconds: median.as_micros(),
            p95_microseconds: pace.p95().as_micros(),
            per_second: per_second(median),
        }
    }
}

fn per_second(time: Duration) -> u64 {
    let rate = Duration::from_secs(1).as_nanos() / time.as_nanos().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX)
}
