//! From the settings to the audit log.

use std::sync::Arc;

use super::Sink;
use crate::audit::{Bounds, Config, Durability, Place, Trail, Warner};
use crate::settings::{AuditSettings, Paths};

/// The audit log of this user; nothing is opened yet. `command` is what was typed, without arguments, and `demanded` says whether the
/// policy requires the audit.
pub fn trail(
    settings: &AuditSettings,
    paths: &Paths,
    demanded: bool,
    command: Option<String>,
    sink: Arc<dyn Sink>,
) -> Trail {
    let audit = settings.effective(demanded);
    let place = match &audit.file {
        Some(file) => Place::elsewhere(file, &paths.state),
        None => Place::in_state(&paths.state),
    };
    let config = Config {
        enabled: audit.enabled,
        required: audit.required,
        place,
        bounds: Bounds { bytes: u64::from(audit.max_mib) << 20, files: audit.files },
        durability: if audit.sync { Durability::Disk } else { Durability::System },
        syslog: audit.syslog,
    };
    Trail::new(config, command, Arc::new(Told(sink)))
}

/// Hands warnings to whoever takes the messages of connectors.
struct Told(Arc<dyn Sink>);

impl Warner for Told {
    fn warn(&self, text: &str) {
        self.0.warning(text);
    }
}
