mod design;
mod extends;
mod files;
mod fresh;
mod refusals;
mod schema;
mod schema_texts;
mod schema_values;
mod shape;
mod words;

use super::profile::Drop;
use super::profile::*;
use super::*;
use crate::repo::{Edition, Layout};

const RUNNING: Version = Version::new(0, 1, 0);

fn parse(text: &str) -> Result<Config, Error> {
    parse_with(text, "")
}

fn parse_with(text: &str, machine: &str) -> Result<Config, Error> {
    Config::parse((Path::new("repos.toml"), text), (Path::new("repos.local.toml"), machine), &RUNNING)
}

fn accepted(text: &str) -> Config {
    accepted_with(text, "")
}

fn accepted_with(text: &str, machine: &str) -> Config {
    parse_with(text, machine).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn profile<'c>(config: &'c Config, name: &str) -> &'c Profile {
    config.profile(Some(name)).unwrap_or_else(|error| panic!("{error}"))
}

fn repo<'c>(config: &'c Config, profile_name: &str, name: &str) -> &'c Repo {
    let name = RepoName::parse(name).expect("a name");
    profile(config, profile_name).repo(&name).unwrap_or_else(|| panic!("no `{name}` in `{profile_name}`"))
}

/// The error and its hint, as the terminal shows them.
fn shown(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}

fn refused(text: &str) -> String {
    shown(&parse(text).expect_err(text))
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
