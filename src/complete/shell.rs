//! The shells: their scripts, and the lines that the scripts read.

use std::borrow::Cow;
use std::ffi::OsString;

use clap_complete::env::{Elvish, EnvCompleter, Powershell};

use super::VARIABLE;
use super::bash::Typed;
use super::offered::{Offered, offered};

const BASH: &str = include_str!("scripts/oca.bash");
const ZSH: &str = include_str!("scripts/oca.zsh");
const FISH: &str = include_str!("scripts/oca.fish");

/// A shell that completes the command line of `oca`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    #[expect(clippy::enum_variant_names, reason = "the name of the shell")]
    PowerShell,
    Elvish,
}

impl Shell {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(name, false).ok()
    }

    /// The script that makes the shell ask `oca`.
    pub(crate) fn script(self) -> Cow<'static, str> {
        match self {
            Self::Bash => BASH.into(),
            Self::Zsh => ZSH.into(),
            Self::Fish => FISH.into(),
            Self::PowerShell => registration(&Powershell).into(),
            Self::Elvish => registration(&Elvish).into(),
        }
    }

    /// The lines for the script. `arguments` are what the script passes: the words up to the cursor, and the last one is
    /// completed.
    pub(super) fn lines(self, arguments: Vec<OsString>, command: clap::Command) -> Vec<String> {
        match self {
            Self::Bash => Typed::parse(&arguments).map(|typed| typed.lines(command)).unwrap_or_default(),
            Self::Zsh => lines(arguments, command, |Offered { value, help }| {
                let value = value.replace('\\', "\\\\").replace(':', "\\:");
                Some(if help.is_empty() { value } else { format!("{value}:{}", help.replace('\\', "\\\\")) })
            }),
            Self::Fish => lines(arguments, command, |offered| Some(with_help(&offered))),
            Self::PowerShell => lines(arguments, command, |Offered { value, help }| {
                Some(with_help(&Offered { value: quoted_for_powershell(&value)?, help }))
            }),
            Self::Elvish => lines(arguments, command, |Offered { value, .. }| Some(value)),
        }
    }
}

/// The script that clap has for a shell.
fn registration(shell: &dyn EnvCompleter) -> String {
    let mut bytes = Vec::new();
    shell.write_registration(VARIABLE, "oca", "oca", "oca", &mut bytes).expect("memory can be written");
    format!("{}\n", String::from_utf8_lossy(&bytes).trim())
}

fn lines(
    words: Vec<OsString>,
    command: clap::Command,
    line: impl Fn(Offered) -> Option<String>,
) -> Vec<String> {
    offered(words, command).into_iter().filter_map(line).collect()
}

fn with_help(Offered { value, help }: &Offered) -> String {
    if help.is_empty() { value.clone() } else { format!("{value}\t{help}") }
}

/// PowerShell inserts a candidate as it stands. `None` if it cannot be quoted: all these quotes end a quotation.
fn quoted_for_powershell(value: &str) -> Option<String> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./\\:+=#".contains(c);
    if value.chars().all(is_plain) && !value.starts_with('#') {
        return Some(value.to_owned());
    }
    let has_quote = value.contains(['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}']);
    (!has_quote).then(|| format!("'{value}'"))
}

#[cfg(test)]
mod tests {
    use super::quoted_for_powershell;

    #[test]
    fn powershell_gets_no_word_that_it_runs() {
        for (value, quoted) in [
            ("web_responsive", Some("web_responsive")),
            ("--profile=standard", Some("--profile=standard")),
            ("a b", Some("'a b'")),
            ("$(calc)", Some("'$(calc)'")),
            ("a;b", Some("'a;b'")),
            ("it's", None),
            ("a\u{2019};b", None),
        ] {
            assert_eq!(quoted_for_powershell(value).as_deref(), quoted, "{value}");
        }
    }
}
