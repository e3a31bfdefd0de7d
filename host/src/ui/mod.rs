//! Everything that reads from and writes to the terminal. What is shown is decided elsewhere.
//!
//! stdout is data and is written in one go; stderr is talk: progress, warnings, questions, errors. Nothing else in the program writes to
//! either.

mod age;
mod console;
mod format;
mod interrupt;
pub mod json;
mod jsonpath;
mod junit;
mod panic;
mod prompt;
mod report;
mod style;
mod table;
mod talk;
mod terminal;
pub mod view;

pub use console::{Console, Streams, raw};
pub use format::{Format, Structured};
pub use interrupt::{Watch, end_interrupted, watch};
pub use jsonpath::JsonPath;
pub use junit::junit;
pub use panic::report_panics;
pub use prompt::{Answer, agree, confirm, line, secret, secret_or_nothing};
pub use report::report;
pub use style::{ColorChoice, ColorSignals, Style, Tone};
pub use table::{Cell, Headers, Table};
pub use talk::{Hold, Importance, Progress, Talk, Verbosity};
pub use terminal::{has_keyboard, is_interactive};
