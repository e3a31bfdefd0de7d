//! The checks as data: what there is to be found out, and why it matters.

/// One thing that is found out about a connector.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// The stable name, for reports and for those who compare them.
    pub id: &'static str,
    /// Which of the report's sections it is in.
    pub group: Group,
    /// Why it matters, in one line.
    pub why: &'static str,
}

/// A section of the report, from cheap to costly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What the component declares. Nothing of it is run.
    Declared,
    /// What it says about itself.
    Described,
    /// Each operation against the backend.
    Operations,
    /// What it does with secrets.
    Secrets,
    /// Servers that misbehave, and little room.
    Hostile,
}

impl Group {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 5] =
        [Self::Declared, Self::Described, Self::Operations, Self::Secrets, Self::Hostile];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Described => "described",
            Self::Operations => "operations",
            Self::Secrets => "secrets",
            Self::Hostile => "hostile",
        }
    }
}

macro_rules! checks {
    ($($group:ident { $($id:literal: $why:literal,)* })*) => {
        /// Every check, in the order of the report.
        pub const CHECKS: &[Check] =
            &[$($(Check { id: $id, group: Group::$group, why: $why },)*)*];
    };
}

checks! {
    Declared {
        "declared.contract": "a component runs only where its version of the contract is spoken",
        "declared.version": "policies can ask for a version, and fixes are known by it",
        "declared.imports": "what is imported and not declared is refused before it starts",
        "declared.needs": "a need that nothing uses asks for more than it takes",
        "declared.reasons": "whoever grants a need wants to know why",
        "declared.reveal": "a connector that can say where a secret goes never needs its bytes",
        "declared.grants": "what is needed and not granted does not start",
    }
    Described {
        "described.answers": "nothing else works if the connector cannot say what it is",
        "described.pure": "a description is asked for without a login, a network or a store",
        "described.stable": "two answers to the same question are the same answer",
        "described.name": "people type it",
        "described.version": "two versions of one component cannot both be true",
        "described.types": "types and fields are typed, completed and checked by what is said here",
        "described.secrets": "a secret field that is not marked is shown on the screen",
        "described.scope": "what holds connections is called what the backend's users call it",
        "described.operations": "what cannot be listed and read cannot be managed",
        "described.settings": "a setting without a name or an explanation cannot be set",
    }
    Operations {
        "check.answers": "`connhub check` is the first thing that a user tries",
        "create.new": "what is stored is what was given",
        "get.same": "what is read is what was stored",
        "get.stable": "reading changes nothing",
        "get.missing": "scripts tell a missing connection from a failure",
        "list.finds": "what was created is listed",
        "list.pages": "pages of any size together are the same list",
        "list.cursor": "a cursor that nobody gave out is refused in words, or is no cursor",
        "list.filter": "a filter finds what it describes",
        "list.names": "a list of names has all names",
        "open.same": "secrets come back byte for byte, and no connector saw them",
        "open.named": "who asks for one secret gets one",
        "open.missing": "scripts tell a missing connection from a failure",
        "create.exists": "nothing is overwritten by accident",
        "create.keep": "`apply` relies on it to find out what differs",
        "create.replace": "`apply` relies on it to bring the difference about",
        "create.again": "the same command twice has the effect of one",
        "update.changes": "what is named changes and everything else stays",
        "update.secret": "secrets are rotated this way",
        "update.expected": "who read the current revision may write",
        "update.conflict": "who read an older revision must not overwrite the newer one",
        "update.missing": "scripts tell a missing connection from a failure",
        "dry-run.writes-nothing": "a rehearsal that writes is none",
        "scope.unknown": "a scope with a typing error must not look like an empty one with connections in it",
        "names.kept": "a name is refused or kept, and never becomes another name",
        "create.race": "of two who create at once exactly one wins",
        "delete.conflict": "who read an older revision must not delete the newer one",
        "delete.removes": "a user is told what is gone",
        "delete.gone": "what was deleted is not there",
        "delete.again": "scripts tell a missing connection from a failure",
        "clean-up": "the kit leaves nothing behind",
        "replay.same": "what a connector asks for is what it asked for when it was recorded",
    }
    Secrets {
        "secrets.memory": "what never was in the sandbox cannot be stolen there",
        "secrets.answers": "answers are shown and kept",
        "secrets.messages": "messages are shown and kept",
        "secrets.requests": "paths and headers are logged by every server on the way",
    }
    Hostile {
        "hostile.server-error": "a server that fails is reported, not believed",
        "hostile.overloaded": "whoever is told to come back later passes that on",
        "hostile.truncated": "half an answer is none",
        "hostile.reset": "a connection that breaks in the middle of an answer brought none",
        "hostile.trickle": "a byte now and then holds a command up for ever, unless somebody gives up",
        "hostile.html": "a login page is not an empty list",
        "hostile.content-type": "the type of an answer is no promise about its bytes",
        "hostile.wrong-shape": "JSON of another shape is no reason to crash",
        "hostile.huge": "an answer of 100 MiB ends in an error, not in the memory",
        "hostile.endless": "an answer without an end has to be given up",
        "hostile.broken": "a connection that breaks is reported",
        "hostile.slow": "a server that does not answer in time is reported as that",
        "hostile.echo": "a server that repeats a secret must not make the connector show it",
        "hostile.memory": "a connector without memory fails by name, and alone",
        "hostile.computing": "whoever is stopped in the middle of a `create` leaves nothing half done, and can try again",
    }
}

/// The check of this name.
pub(super) fn find(id: &str) -> Option<(usize, &'static Check)> {
    CHECKS.iter().enumerate().find(|(_, check)| check.id == id)
}
