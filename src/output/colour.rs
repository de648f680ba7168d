//! Whether a stream gets colour. The order is that of cargo and of the help of this program.

use std::ffi::OsString;

use crate::flags::ColorChoice;

/// Whether a stream gets colour: `--color` decides, then `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR=0`, then whether the
/// stream is a terminal that can show colours.
pub(super) fn has_colour(
    choice: ColorChoice,
    is_terminal: bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if value("NO_COLOR").is_some() => false,
        ColorChoice::Auto if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto if value("CLICOLOR").is_some_and(|value| value == "0") => false,
        ColorChoice::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_decides_then_the_variables_then_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        let all = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")];
        for (choice, variables, on_terminal, elsewhere) in [
            (Auto, &[][..], true, false),
            (Always, &all[..], true, true),
            (Never, &[("CLICOLOR_FORCE", "1")], false, false),
            (Auto, &all[..], false, false),
            (Auto, &all[1..], true, true),
            (Auto, &all[2..], false, false),
            (Auto, &all[3..], false, false),
            (Auto, &[("NO_COLOR", "")], true, false),
            (Auto, &[("NO_COLOR", "0")], false, false),
            (Auto, &[("CLICOLOR_FORCE", "0")], true, false),
            (Auto, &[("CLICOLOR_FORCE", "")], true, false),
            (Auto, &[("CLICOLOR", "1")], true, false),
            (Auto, &[("TERM", "xterm-256color")], true, false),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(has_colour(choice, true, variable), on_terminal, "{choice:?} {variables:?}");
            assert_eq!(has_colour(choice, false, variable), elsewhere, "{choice:?} {variables:?}");
        }
    }
}
