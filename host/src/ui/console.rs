//! The two streams of one command.

use std::io::{self, BufWriter, IsTerminal, Write, stderr, stdout};
use std::sync::Arc;

use super::style::{ColorChoice, ColorSignals, Style};
use super::talk::{Talk, Verbosity};
use crate::model::{Error, Kind};

/// What is written at once. A page of a list fits.
const CHUNK: usize = 64 << 10;

/// stdout for data and stderr for talk.
pub struct Console {
    data: Style,
    talk: Arc<Talk>,
}

/// How the streams are to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams {
    /// What the user said about colors.
    pub color: ColorChoice,
    /// What the environment says about colors.
    pub signals: ColorSignals,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
}

impl Console {
    /// The streams of this process.
    pub fn new(streams: Streams) -> Self {
        let style = |is_terminal| Style::new(streams.color, streams.signals, is_terminal);
        let talks_to_terminal = stderr().is_terminal();
        let talk = Talk::new(streams.verbosity, style(talks_to_terminal), talks_to_terminal);
        Self { data: style(stdout().is_terminal()), talk: Arc::new(talk) }
    }

    /// stderr.
    pub fn talk(&self) -> &Arc<Talk> {
        &self.talk
    }

    /// The style of stdout.
    pub fn style(&self) -> Style {
        self.data
    }

    /// Whether a person sees what is written to stdout.
    pub fn is_data_on_terminal(&self) -> bool {
        stdout().is_terminal()
    }

    /// Writes data to stdout. A reader that has seen enough and is gone is no error.
    ///
    /// # Errors
    /// stdout cannot be written, or `emit` failed.
    pub fn data(
        &self,
        emit: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>,
    ) -> Result<(), Error> {
        self.talk.write("");
        let mut out = BufWriter::with_capacity(CHUNK, stdout().lock());
        let written = emit(&mut out, self.data).and_then(|()| out.flush());
        if written.is_err() {
            // What is left in the buffer could only fail again.
            drop(out.into_parts());
        }
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new(Kind::Other, "stdout cannot be written").because(error))
            }
            _ => Ok(()),
        }
    }
}

/// stdout and stderr themselves, for what another program says.
pub fn raw() -> (Box<dyn Write + Send>, Box<dyn Write + Send>) {
    (Box::new(stdout()), Box::new(stderr()))
}
