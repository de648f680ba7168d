//! The command line: global flags, and the list of subcommands.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};

use crate::commands::Command;
use crate::complete;
use crate::flags::{ColorChoice, Global, MachineFormat};
use crate::repo::{one_line, redact};

const EXAMPLES: &str = "\
Examples:
  # Start a project with 14 repositories of OCA, and check them out
  oca init --odoo 18.0 --preset standard && oca sync
  # Add the repository that has a module
  oca add --module mis_builder
  # In CI: fail if the lock is out of date or the modules have problems
  oca lock --check && oca check
  # Write the modules as plain files, for an image
  oca export build/addons
  # See the examples of a command
  oca help add";

/// The submodule and lockfile manager for OCA repositories of Odoo add-ons.
#[derive(Debug, Parser)]
#[command(name = "oca", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The whole command line, with what shells offer for its arguments. `--profile` is declared in a room that knows no
    /// profiles.
    pub(crate) fn whole() -> clap::Command {
        Self::command().mut_arg("profile", |arg| arg.add(complete::profiles()))
    }

    /// Parses the arguments of the process. The error can also be the help or the version.
    pub(crate) fn of(arguments: &[OsString]) -> Result<Self, clap::Error> {
        // It is not dropped: that would take as long as parsing.
        let command = Box::leak(Box::new(Self::command().color(help_colour(arguments))));
        let parsed = command.try_get_matches_from_mut(arguments);
        parsed.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|mut error| {
            hide_secrets(&mut error);
            correct_json(&mut error, arguments);
            error
        })
    }
}

/// The last value of an option, also on a command line that is not valid.
fn last_value<'a>(arguments: &'a [OsString], option: &str) -> Option<&'a OsStr> {
    let before = || arguments.iter().take_while(|word| *word != "--");
    let after = |(place, word): (usize, &'a OsString)| match word.to_str()?.strip_prefix(option)? {
        "" => arguments.get(place + 1).map(OsString::as_os_str),
        rest => rest.strip_prefix('=').map(OsStr::new),
    };
    before().enumerate().filter_map(after).last()
}

/// The format for machines in which the process has to print its report, and an error in place of it.
pub(crate) fn machine_format(arguments: &[OsString]) -> Option<MachineFormat> {
    let word = last_value(arguments, "--format").and_then(OsStr::to_str)?;
    match word {
        "json" => Some(MachineFormat::Json),
        "github" => Some(MachineFormat::Github),
        "gitlab" => Some(MachineFormat::Gitlab),
        _ => None,
    }
}

/// The help and the errors of clap are printed before `--color` is parsed.
fn help_colour(arguments: &[OsString]) -> clap::ColorChoice {
    let word = last_value(arguments, "--color").and_then(OsStr::to_str);
    match word.and_then(|word| ColorChoice::from_str(word, false).ok()) {
        Some(ColorChoice::Always) => clap::ColorChoice::Always,
        Some(ColorChoice::Never) => clap::ColorChoice::Never,
        Some(ColorChoice::Auto) | None => clap::ColorChoice::Auto,
    }
}

/// What is wrong with a command line, and what to do, each on one line.
pub(crate) fn in_words(error: &clap::Error) -> (String, Option<String>) {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return ("the command is not complete".to_owned(), Some("run it with `--help`".to_owned()));
    }
    let text = error.render().to_string();
    let joined = |text: &str| one_line(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut parts = text.split("\n\n");
    let first = parts.next().unwrap_or_default();
    let tip = parts.find_map(|part| part.trim_start().strip_prefix("tip: "));
    (joined(first.strip_prefix("error: ").unwrap_or(first)), tip.map(joined))
}

/// Many tools have a flag `--json`. The tip of clap for it would not help.
fn correct_json(error: &mut clap::Error, arguments: &[OsString]) {
    let is_json =
        |value: &ContextValue| matches!(value, ContextValue::String(word) if word.starts_with("--json"));
    if error.kind() != ErrorKind::UnknownArgument || !error.get(ContextKind::InvalidArg).is_some_and(is_json)
    {
        return;
    }
    let has_format = |command: &clap::Command| {
        let format = command.get_arguments().find(|argument| argument.get_id() == "format");
        format.is_some_and(|format| {
            format.get_possible_values().iter().any(|value| value.matches("json", false))
        })
    };
    let mut command = &Cli::command();
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        if takes_value(command, word) {
            words.next();
        } else {
            command = command.find_subcommand(word).unwrap_or(command);
        }
    }
    let tip = if has_format(command) { "use '--format json'" } else { "this command prints no JSON" };
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}

/// Whether the next word is the value of this option.
fn takes_value(command: &clap::Command, word: &OsStr) -> bool {
    let is_it = |argument: &clap::Arg| {
        argument.get_long().is_some_and(|long| *word == *format!("--{long}"))
            || argument.get_short().is_some_and(|short| *word == *format!("-{short}"))
    };
    command.get_arguments().any(|argument| argument.get_action().takes_values() && is_it(argument))
}

/// Hides the passwords of urls: clap quotes an argument that is not valid.
fn hide_secrets(error: &mut clap::Error) {
    let is_secret = |word: &String| redact(word) != *word;
    let quoted: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(word) if is_secret(word) => Some((kind, ContextValue::String(redact(word)))),
            _ => None,
        })
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
}
