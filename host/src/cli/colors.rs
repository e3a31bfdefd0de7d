//! What flags and environment say about colors.

use super::args::Global;
use crate::settings::{Environment, env};
use crate::ui::{ColorChoice, ColorSignals};

pub(super) fn choice(global: &Global) -> ColorChoice {
    match (global.no_color, global.color) {
        (true, _) => ColorChoice::Never,
        (false, Some(when)) => when.into(),
        (false, None) => ColorChoice::Auto,
    }
}

pub(super) fn signals(environment: &Environment) -> ColorSignals {
    let no_color = environment.text(env::NO_COLOR).is_some();
    let is_off = environment.text(env::CLICOLOR) == Some("0");
    let is_dumb = environment.text(env::TERM) == Some("dumb");
    let is_forced = environment.text(env::CLICOLOR_FORCE).is_some_and(|value| value != "0");
    ColorSignals { discouraged: no_color || is_off || is_dumb, forced: is_forced && !no_color }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_signals() {
        let check = |name: &str, value: &str, discouraged, forced| {
            let signals = signals(&Environment::from([(name, value)]));
            assert_eq!(
                (signals.discouraged, signals.forced),
                (discouraged, forced),
                "{name}={value}"
            );
        };
        check("NO_COLOR", "1", true, false);
        check("NO_COLOR", "", false, false);
        check("CLICOLOR", "0", true, false);
        check("CLICOLOR", "1", false, false);
        check("CLICOLOR_FORCE", "1", false, true);
        check("CLICOLOR_FORCE", "0", false, false);
        check("TERM", "dumb", true, false);
        let both = signals(&Environment::from([("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(both.discouraged && !both.forced);
    }
}
