//! Errors of `repos.toml` and their wording: one line with the problem and its place, then a hint.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::fs;
use crate::repo::{one_line, quoted_list};

/// Why the configuration, or the requested part of it, is not available.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no `{}`", file.display())]
    Missing { file: PathBuf },
    #[error(transparent)]
    Unreadable(#[from] fs::Error),
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("`{}` contains git's conflict markers at line {line}", file.display())]
    Conflicted { file: PathBuf, line: usize },
    #[error("`{}` is not valid TOML at line {line}: {message}", file.display())]
    Syntax { file: PathBuf, line: usize, message: String },
    #[error("`{}` at line {line} requires oca `{required}`, and this is oca {running}", file.display())]
    RequiresOca { file: PathBuf, line: usize, required: String, running: String },
    #[error("{}", listed(problems))]
    Refused { problems: Vec<ConfigProblem> },
    #[error("the table `{table}` in `{}` is written in a way that oca cannot edit", file.display())]
    Uneditable { file: PathBuf, table: String },
    #[error("there is no profile `{name}` in `{}`", file.display())]
    UnknownProfile { file: PathBuf, name: String, known: Vec<String> },
    #[error("`{}` has several profiles and no `default-profile`", file.display())]
    NoDefaultProfile { file: PathBuf, known: Vec<String> },
    #[error("`{}` declares no profile", file.display())]
    NoProfiles { file: PathBuf },
}

impl Error {
    /// What to type next. If there are several problems, the message contains the hint of each one below its line.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some("run `oca init`".to_owned()),
            Self::Unreadable(_) | Self::Syntax { .. } => None,
            Self::Conflicted { .. } => {
                Some("edit the file so that it has the lines you want, then run `oca lock`".to_owned())
            }
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::RequiresOca { required, .. } => {
                Some(format!("install a version of oca that matches `{required}`"))
            }
            Self::Refused { problems } => match problems.as_slice() {
                [problem] => problem.hint(),
                _ => None,
            },
            Self::Uneditable { table, .. } => Some(format!("write it as `[{table}]`")),
            Self::UnknownProfile { name, known, .. } => Some(near_or_all(name, known, "the profiles are")),
            Self::NoDefaultProfile { known, .. } => {
                Some(format!("use `--profile` with one of {}, or set `default-profile`", quoted_list(known)))
            }
            Self::NoProfiles { .. } => Some("add `[profiles.standard]` with `repos = [\"web\"]`".to_owned()),
        }
    }

    /// The file and the line of the first problem, if they are known.
    pub(crate) fn place(&self) -> Option<(&Path, usize)> {
        match self {
            Self::NotUtf8 { file, line }
            | Self::Conflicted { file, line }
            | Self::Syntax { file, line, .. }
            | Self::RequiresOca { file, line, .. } => Some((file, *line)),
            Self::Refused { problems } => {
                problems.first().map(|ConfigProblem { place, .. }| (place.file.as_path(), place.line))
            }
            Self::Uneditable { file, .. }
            | Self::UnknownProfile { file, .. }
            | Self::NoDefaultProfile { file, .. }
            | Self::NoProfiles { file } => Some((file, 1)),
            Self::Missing { .. } | Self::Unreadable(_) => None,
        }
    }

    #[cfg(test)]
    pub(super) fn problems(&self) -> &[ConfigProblem] {
        match self {
            Self::Refused { problems } => problems,
            _ => &[],
        }
    }
}

/// A place in a configuration file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct KeyPlace {
    pub(crate) file: PathBuf,
    /// Starts at 1.
    pub(crate) line: usize,
    /// The name of the table as in its header, such as `repos.web`. Empty at the top level.
    pub(crate) table: String,
}

impl KeyPlace {
    pub(super) fn new(file: &Path, line: usize, table: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, table: table.into() }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in `{}` at line {}", self.file.display(), self.line)?;
        if !self.table.is_empty() {
            write!(f, ", table `{}`", self.table)?;
        }
        Ok(())
    }
}

/// One problem and its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ConfigProblem {
    pub(crate) place: KeyPlace,
    pub(crate) fault: Fault,
}

impl ConfigProblem {
    pub(crate) fn hint(&self) -> Option<String> {
        self.fault.hint().map(|hint| one_line(&hint))
    }

    /// The order of the report: `repos.toml` first, then by line.
    pub(super) fn by_place(&self, other: &Self, main: &Path) -> Ordering {
        let key = |problem: &Self| (problem.place.file != main, problem.place.line);
        key(self).cmp(&key(other))
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{} {}", self.fault, self.place);
        if let Some(why) = self.fault.why() {
            line.push_str(": ");
            line.push_str(&why);
        }
        f.write_str(&one_line(&line))
    }
}

/// A kind of problem. A message consists of its `Display`, the place, and then `why`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("bad name")]
    BadName { why: String },
    #[error("bad value for `{key}`")]
    BadValue { key: String, why: String, hint: Option<String> },
    #[error("repositories `{first}` and `{second}` of the same profile differ only by case")]
    CaseClash { first: String, second: String },
    #[error("profiles `{first}` and `{second}` need different pins in `{path}`")]
    CheckoutClash { first: String, second: String, path: String, difference: String, is_core: bool },
    #[error("duplicate `{word}` for `{key}`")]
    Duplicate { key: String, word: String },
    #[error("both `{first}` and `{second}`")]
    Exclusive { first: &'static str, second: &'static str },
    #[error("`extends` forms a cycle")]
    ExtendsCycle { circle: Vec<String> },
    #[error("missing field `{key}`")]
    MissingField { key: &'static str, example: &'static str },
    #[error("the checkouts of profile `{inner}` are inside `{checkout}`, a checkout of profile `{outer}`,")]
    NestedCheckout { outer: String, inner: String, checkout: String },
    #[error("`{key}` of `{name}` cannot be used with `mode = \"submodule\"`")]
    NotInSubmodule { key: &'static str, name: String },
    #[error("unknown field `{key}`")]
    UnknownField { key: String, known: Vec<&'static str> },
    #[error("unknown profile `{name}` for `{key}`")]
    UnknownProfile { key: &'static str, name: String, known: Vec<String> },
    #[error("no profile has the repository `{name}`")]
    UnusedRepo { name: String, known: Vec<String> },
    #[error("neither profile `{profile}` nor a profile that extends it has the repository `{name}`")]
    UnusedOverride { profile: String, name: String, known: Vec<String> },
    #[error("wrong type for `{key}`")]
    WrongType { key: String, wanted: &'static str, found: String, hint: Option<String> },
}

impl Fault {
    fn why(&self) -> Option<String> {
        match self {
            Self::BadName { why } | Self::BadValue { why, .. } => Some(why.clone()),
            Self::CaseClash { .. } => Some("some file systems treat them as one directory".to_owned()),
            Self::CheckoutClash { difference, .. } => Some(difference.clone()),
            Self::ExtendsCycle { circle } => {
                let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
                Some(names.join(" -> "))
            }
            Self::WrongType { wanted, found, .. } => Some(format!("expected {wanted}, found {found}")),
            Self::NotInSubmodule { key: "url", .. } => {
                Some("everyone who reads `.gitmodules` would see the user or the password".to_owned())
            }
            Self::NotInSubmodule { .. } => {
                Some("its gitlink would name a commit that no server has".to_owned())
            }
            Self::Duplicate { .. }
            | Self::Exclusive { .. }
            | Self::MissingField { .. }
            | Self::NestedCheckout { .. }
            | Self::UnknownField { .. }
            | Self::UnknownProfile { .. }
            | Self::UnusedRepo { .. }
            | Self::UnusedOverride { .. } => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::BadName { .. } => None,
            Self::BadValue { hint, .. } | Self::WrongType { hint, .. } => hint.clone(),
            Self::CaseClash { .. } => Some("keep one spelling, and delete the other".to_owned()),
            Self::CheckoutClash { second, path, is_core: true, .. } => Some(format!(
                "give profile `{second}` its own checkout, such as `{path}-{second}`, in `[profiles.{second}.core]`"
            )),
            Self::CheckoutClash { second, .. } => {
                Some(format!("give profile `{second}` its own directory, such as `path = \"oca-{second}\"`"))
            }
            Self::NestedCheckout { inner, .. } => Some(format!("give profile `{inner}` another `path`")),
            Self::Duplicate { .. } => Some("delete one of the two".to_owned()),
            Self::Exclusive { first, second } => Some(format!("keep either `{first}` or `{second}`")),
            Self::ExtendsCycle { .. } => Some("delete one of these `extends`".to_owned()),
            Self::MissingField { example, .. } => Some(format!("write `{example}`")),
            Self::NotInSubmodule { key: "url", .. } => {
                Some("remove the user and the password from the url, and set a token for the host".to_owned())
            }
            Self::NotInSubmodule { key, .. } => {
                Some(format!("set `push-url` to a fork, delete `{key}`, or set `mode = \"clone\"`"))
            }
            Self::UnknownField { key, known } => Some(near_or_all(key, known, "the fields are")),
            Self::UnknownProfile { name, known, .. } => Some(near_or_all(name, known, "the profiles are")),
            Self::UnusedRepo { name, known } | Self::UnusedOverride { name, known, .. } => {
                Some(match near(name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add `{name}` to the `repos` of a profile, or delete this table"),
                })
            }
        }
    }
}

fn listed(problems: &[ConfigProblem]) -> String {
    if let [problem] = problems {
        return problem.to_string();
    }
    let mut lines = vec![format!("the configuration has {} errors", problems.len())];
    for problem in problems {
        lines.push(format!("  {problem}"));
        lines.extend(problem.hint().map(|hint| format!("    hint: {hint}")));
    }
    lines.join("\n")
}

/// The name of a nested table as in a header. It is quoted if TOML requires that.
pub(super) fn table_name(outer: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let key = if bare { key.to_owned() } else { format!("\"{key}\"") };
    if outer.is_empty() { key } else { format!("{outer}.{key}") }
}

/// "did you mean" if a known word is similar, otherwise all known words after `lead`.
pub(crate) fn near_or_all(word: &str, known: &[impl AsRef<str>], lead: &str) -> String {
    match near(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "delete it".to_owned(),
        None => {
            let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
            format!("{lead} {}", quoted_list(&known))
        }
    }
}

/// The known word that is closest to a misspelt one, if at most a third of the letters differ.
pub(crate) fn near<'k>(word: &str, known: &'k [impl AsRef<str>]) -> Option<&'k str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let distance = |other: &str| strsim::osa_distance(&word, &other.to_lowercase());
    known
        .iter()
        .map(|other| (distance(other.as_ref()), other.as_ref()))
        .filter(|(distance, _)| *distance <= (length / 3).max(1) && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}
