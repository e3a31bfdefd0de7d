//! `[audit]`: what several files say about the audit log, and how much of it counts.

use std::path::{Path, PathBuf};

use super::file::AuditSection;

/// The socket of the system's log.
const SYSLOG: &str = "/dev/log";

/// What the files say. The system's file is kept apart: if the audit is required, nobody else can take away from it.
#[derive(Clone, Debug, Default)]
pub struct AuditSettings {
    system: AuditSection,
    all: AuditSection,
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveAudit {
    /// Whether records are written.
    pub enabled: bool,
    /// Whether nothing may be done that is not recorded.
    pub required: bool,
    /// The log; none for the one in the state folder.
    pub file: Option<PathBuf>,
    /// The size of one file in MiB.
    pub max_mib: u32,
    /// How many files are kept.
    pub files: u32,
    /// The socket of the system's log, if records go there.
    pub syslog: Option<PathBuf>,
    /// Whether each record waits for the disk.
    pub sync: bool,
}

impl AuditSettings {
    /// What the system's file says, if nothing else in it or in other files can be read.
    pub fn of_system() -> Self {
        #[derive(serde::Deserialize)]
        struct Only {
            audit: AuditSection,
        }
        let text = fs_err::read_to_string(super::SYSTEM).unwrap_or_default();
        let mut settings = Self::default();
        if let Ok(only) = toml::from_str::<Only>(&text) {
            settings.add_system(only.audit);
        }
        settings
    }

    /// Adds what the system's file says.
    pub(super) fn add_system(&mut self, section: AuditSection) {
        self.system = section.clone();
        self.add(section);
    }

    /// Adds what a file says that is not the system's.
    pub(super) fn add(&mut self, section: AuditSection) {
        self.all = over(section, &self.all);
    }

    /// What is in force. `demanded` says whether the policy requires the audit.
    pub fn effective(&self, demanded: bool) -> EffectiveAudit {
        let required =
            demanded || self.all.required.unwrap_or(false) || self.system.required.unwrap_or(false);
        let is_bound = demanded || self.system.required.unwrap_or(false);
        match is_bound {
            true => EffectiveAudit { required, ..resolved(&strengthened(&self.system, &self.all)) },
            false => EffectiveAudit {
                required,
                enabled: required || enabled(&self.all),
                ..resolved(&self.all)
            },
        }
    }
}

/// The later section, and the earlier one where that says nothing.
fn over(later: AuditSection, earlier: &AuditSection) -> AuditSection {
    AuditSection {
        enabled: later.enabled.or(earlier.enabled),
        required: later.required.or(earlier.required),
        file: later.file.or_else(|| earlier.file.clone()),
        max_mib: later.max_mib.or(earlier.max_mib),
        files: later.files.or(earlier.files),
        syslog: later.syslog.or(earlier.syslog),
        syslog_socket: later.syslog_socket.or_else(|| earlier.syslog_socket.clone()),
        sync: later.sync.or(earlier.sync),
    }
}

/// What the system says, and of the rest only what adds to it. Where the records go is the system's alone.
fn strengthened(system: &AuditSection, all: &AuditSection) -> AuditSection {
    let either =
        |one: Option<bool>, other: Option<bool>| Some(one == Some(true) || other == Some(true));
    let base = resolved(system);
    AuditSection {
        enabled: Some(true),
        required: Some(true),
        file: system.file.clone(),
        max_mib: Some(base.max_mib.max(all.max_mib.unwrap_or(0))),
        files: Some(base.files.max(all.files.unwrap_or(0))),
        syslog: either(system.syslog, all.syslog),
        syslog_socket: match system.syslog {
            Some(true) => system.syslog_socket.clone(),
            _ => all.syslog_socket.clone(),
        },
        sync: either(system.sync, all.sync),
    }
}

fn enabled(section: &AuditSection) -> bool {
    section.enabled.unwrap_or(true)
}

fn resolved(section: &AuditSection) -> EffectiveAudit {
    let socket = || section.syslog_socket.clone().unwrap_or_else(|| Path::new(SYSLOG).to_owned());
    EffectiveAudit {
        enabled: enabled(section),
        required: section.required.unwrap_or(false),
        file: section.file.as_ref().map(PathBuf::from),
        max_mib: section.max_mib.unwrap_or(8),
        files: section.files.unwrap_or(8),
        syslog: section.syslog.unwrap_or(false).then(socket),
        sync: section.sync.unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> AuditSection {
        toml::from_str(text).unwrap()
    }

    fn settings(system: &str, user: &str) -> AuditSettings {
        let mut settings = AuditSettings::default();
        settings.add_system(section(system));
        settings.add(section(user));
        settings
    }

    #[test]
    fn nothing_said_is_a_log_in_the_state_folder() {
        let effective = AuditSettings::default().effective(false);
        let expected = EffectiveAudit {
            enabled: true,
            required: false,
            file: None,
            max_mib: 8,
            files: 8,
            syslog: None,
            sync: false,
        };
        assert_eq!(effective, expected);
    }

    #[test]
    fn a_later_file_changes_what_it_says_and_nothing_else() {
        let settings = settings("files = 3\nsyslog = true", "enabled = false\nmax-mib = 1");
        let effective = settings.effective(false);
        assert!(!effective.enabled);
        assert_eq!((effective.max_mib, effective.files), (1, 3));
        assert_eq!(effective.syslog.as_deref(), Some(Path::new("/dev/log")));
    }

    const SYSTEM: &str =
        "file = \"/var/log/x\"\nmax-mib = 4\nfiles = 4\nsyslog = true\nsync = true\n";
    const WEAKENING: &str = "enabled = false\nrequired = false\nfile = \"/dev/null\"\nmax-mib = 1\nfiles = 1\nsyslog = false\nsyslog-socket = \"/tmp/x\"\nsync = false\n";

    #[test]
    fn a_required_audit_is_not_weakened_by_a_later_file() {
        for (system, demanded) in
            [(SYSTEM.to_owned(), true), (format!("{SYSTEM}required = true"), false)]
        {
            let effective = settings(&system, WEAKENING).effective(demanded);
            let alone = settings(&system, "").effective(demanded);
            assert_eq!(effective, alone, "{system}");
            assert!(effective.enabled && effective.required && effective.sync);
            assert_eq!(effective.file.as_deref(), Some(Path::new("/var/log/x")));
            assert_eq!(effective.syslog.as_deref(), Some(Path::new("/dev/log")));
        }
        let effective = settings("", WEAKENING).effective(true);
        assert_eq!(effective, AuditSettings::default().effective(true));
    }

    #[test]
    fn a_required_audit_can_be_strengthened() {
        let effective = settings(SYSTEM, "max-mib = 16\nfiles = 9").effective(true);
        assert_eq!((effective.max_mib, effective.files), (16, 9));
        let effective =
            settings("", "syslog = true\nsyslog-socket = \"/tmp/x\"\nsync = true").effective(true);
        assert_eq!(effective.syslog.as_deref(), Some(Path::new("/tmp/x")));
        assert!(effective.sync);
        let own = settings("", "required = true\nenabled = false").effective(false);
        assert!(own.required && own.enabled);
    }
}
