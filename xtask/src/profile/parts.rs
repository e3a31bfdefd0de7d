//! Which part of the program is at work, as the functions on the stack say.

use super::samples::Frame;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Rest,
}
impl Part { pub fn words(self) -> &'static str { "rest" } }
pub fn of(_f: &[Frame]) -> Part { Part::Rest }
