//! The program that asks for a user and a password, by git's rules: `GIT_ASKPASS`, `core.askPass` or `SSH_ASKPASS`.
//!
//! git then asks on the terminal. oca does not: nobody expects a question there while many repositories are fetched at
//! once.

use std::env;
use std::process::{Command, Stdio};

use super::auth::Credential;
use super::configuration::Configuration;
use super::path_value::path_value;

/// The program, if there is one.
pub(super) fn program(configuration: &Configuration) -> Option<String> {
    let variable = |name| env::var(name).ok().filter(|program| !program.is_empty());
    let configured = || {
        let value = configuration.get("core.askpass").filter(|value| !value.is_empty())?;
        path_value(value).ok()?.into_os_string().into_string().ok()
    };
    variable("GIT_ASKPASS").or_else(configured).or_else(|| variable("SSH_ASKPASS"))
}

/// Asks for the password, and for the user if it is not known. `host` has the scheme and the port.
pub(super) fn ask(program: &str, host: &str, user: Option<&str>) -> Option<Credential> {
    let user = match user {
        Some(user) => user.to_owned(),
        None => answer(program, &format!("Username for '{host}': "))?,
    };
    let (scheme, rest) = host.split_once("://")?;
    let password = answer(program, &format!("Password for '{scheme}://{user}@{rest}': "))?;
    Some(Credential { user, password, source: format!("the program `{program}`, which asks for passwords") })
}

/// The first line of what the program writes.
fn answer(program: &str, question: &str) -> Option<String> {
    let output =
        Command::new(program).arg(question).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.lines().next()?.to_owned()).filter(|line| !line.is_empty())
}
