//! Who and where: what every record of a process says alike.

use nix::unistd::{Uid, User};

use super::record::{Record, User as Who};

/// What the kernel gives as the login user if nobody logged in.
const NO_LOGIN: u32 = u32::MAX;

/// The user, the machine and the process.
#[derive(Clone, Debug)]
pub struct Actor {
    user: Who,
    host: String,
    pid: u32,
}

impl Actor {
    /// Those of this process.
    pub fn of_process() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        Self {
            user: Who {
                uid,
                name: name_of(uid),
                login_uid: login_uid().filter(|login| *login != uid),
            },
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pid: std::process::id(),
        }
    }

    /// Writes them into a record.
    pub fn sign(&self, record: &mut Record) {
        record.user = self.user.clone();
        record.host.clone_from(&self.host);
        record.pid = self.pid;
    }
}

/// The system's own look-up, so that users of a directory service have names too.
fn name_of(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
}

/// Who logged in, however often the user was changed since: the kernel keeps it for its own audit.
fn login_uid() -> Option<u32> {
    let text = fs_err::read_to_string("/proc/self/loginuid").ok()?;
    text.trim().parse().ok().filter(|uid| *uid != NO_LOGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_who_and_where() {
        let mut record = Record::of("x");
        Actor::of_process().sign(&mut record);
        assert_eq!(record.user.uid, rustix::process::geteuid().as_raw());
        assert_eq!(record.pid, std::process::id());
        assert!(!record.host.is_empty());
    }
}
