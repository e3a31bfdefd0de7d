//! The terminal, lent to programs that ask the user for a login or a passphrase.

use std::any::Any;
use std::sync::Arc;

use crate::programs::{Screen, Terminal};
use crate::ui::{self, Talk};

/// The terminal at stdin, if there is one: as for `kubectl`, stdin alone decides whether a program may ask.
pub(super) fn terminal(talk: &Arc<Talk>) -> Terminal {
    match ui::has_keyboard() {
        true => Terminal::Attached(Arc::new(Lent(Arc::clone(talk)))),
        false => Terminal::Absent,
    }
}

struct Lent(Arc<Talk>);

impl Screen for Lent {
    fn clear(&self) -> Box<dyn Any + Send> {
        Box::new(self.0.hold())
    }
}
