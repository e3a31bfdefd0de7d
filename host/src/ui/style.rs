//! Colors, and when there are any. Everything reads the same without them.

use std::borrow::Cow;

/// What the user said about colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What the environment says about colors.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColorSignals {
    /// `NO_COLOR` is set, `CLICOLOR` is 0, or the terminal is dumb.
    pub discouraged: bool,
    /// `CLICOLOR_FORCE` is set and not 0, and `NO_COLOR` is not set.
    pub forced: bool,
}

/// Whether one stream is colored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    #[default]
    Plain,
    /// With ANSI colors.
    Colored,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Like everything else.
    #[default]
    Normal,
    /// A heading.
    Strong,
    /// Less important.
    Faint,
    /// As it should be.
    Good,
    /// To be looked at.
    Caution,
    /// Wrong.
    Bad,
    /// Something to type.
    Hint,
}

impl Style {
    /// The style of a stream.
    pub fn new(choice: ColorChoice, signals: ColorSignals, is_terminal: bool) -> Self {
        let colored = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => signals.forced || (is_terminal && !signals.discouraged),
        };
        if colored { Self::Colored } else { Self::Plain }
    }

    /// The text in its tone.
    pub fn paint(self, tone: Tone, text: &str) -> Cow<'_, str> {
        match (self, tone.code()) {
            (Self::Colored, Some(code)) => Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m")),
            _ => Cow::Borrowed(text),
        }
    }
}

impl Tone {
    /// The parameter of the ANSI sequence; only the sixteen colors that every terminal lets its user choose.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Caution => Some("33"),
            Self::Bad => Some("1;31"),
            Self::Hint => Some("36"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_stronger_than_the_environment_and_that_than_the_terminal() {
        let check = |choice, discouraged, forced, is_terminal, expected| {
            let signals = ColorSignals { discouraged, forced };
            assert_eq!(
                Style::new(choice, signals, is_terminal),
                expected,
                "{choice:?} {signals:?}"
            );
        };
        check(ColorChoice::Auto, false, false, true, Style::Colored);
        check(ColorChoice::Auto, false, false, false, Style::Plain);
        check(ColorChoice::Auto, true, false, true, Style::Plain);
        check(ColorChoice::Auto, false, true, false, Style::Colored);
        check(ColorChoice::Never, false, true, true, Style::Plain);
        check(ColorChoice::Always, true, false, false, Style::Colored);
    }

    #[test]
    fn plain_text_is_the_text() {
        assert_eq!(Style::Plain.paint(Tone::Bad, "a"), "a");
        assert_eq!(Style::Colored.paint(Tone::Bad, "a"), "\x1b[1;31ma\x1b[0m");
        assert_eq!(Style::Colored.paint(Tone::Normal, "a"), "a");
    }
}
