//! Every message of the errors, with its exit code, its causes and its hint.

mod commands;
mod git;
mod merges;
mod repos;
mod requests;
mod rooms;

use std::path::PathBuf;

use super::*;
use crate::lock::Pin;
use crate::repo::samples::name;
use crate::repo::{Pending, Reference, RemoteUrl};
use crate::report::{Unmet, WhyUnmet};

/// What the terminal shows for these errors; the exit code comes first.
fn shown<E: Into<Error>>(errors: Vec<E>) -> String {
    errors.into_iter().map(|error| told(&error.into())).collect()
}

fn told(error: &Error) -> String {
    let mut lines = Vec::new();
    for Message { error: text, causes, hint, .. } in error.messages() {
        lines.push(format!("{} {text}\n", error.exit_code()));
        lines.extend(causes.iter().map(|cause| format!("  caused by: {cause}\n")));
        lines.extend(hint.map(|hint| format!("  hint: {hint}\n")));
    }
    lines.concat()
}

fn lock_file() -> PathBuf {
    "oca.lock.json".into()
}

fn config_file() -> PathBuf {
    "repos.toml".into()
}

fn full_disk() -> fs::Error {
    let source = std::io::Error::other("no space left");
    fs::Error { action: "write", path: "oca/web".into(), source }
}

fn pin() -> Pin {
    let url = RemoteUrl::parse("https://github.com/OCA/web.git").expect("a url");
    Pin {
        name: name("web"),
        reference: Reference::Branch("18.0".to_owned()),
        url,
        pending: Pending::default(),
    }
}

fn unmet(why: WhyUnmet, repo: Option<RepoName>) -> Unmet {
    Unmet { module: "web_x".to_owned(), repo, why, profiles: vec!["standard".to_owned()] }
}
