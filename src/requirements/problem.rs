//! Messages about lines and words that cannot be merged, or that may surprise the user.

use super::Origin;

/// A line or a word that the merged file cannot contain. The rest is still read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum RequirementProblem {
    /// `of` is the distribution of the line with the option, if the line has one.
    #[error("{origin}: the option `{option}` is not supported in the `requirements.txt` of a repository")]
    UnsupportedOption { origin: Origin, option: String, of: Option<String> },
    #[error("{origin}: the option `{option}` is not supported in constraints")]
    OtherConstraints { origin: Origin, option: String },
    #[error("{origin}: `{path}` is a path in the repository, and the merged file cannot contain such a path")]
    RelativePath { origin: Origin, path: String },
    #[error(
        "{origin}: `{place}` is a file on the machine where pip runs, \
         and only your own `requirements.txt` may name such files"
    )]
    LocalPlace { origin: Origin, place: String },
    #[error("{origin}: `{text}` is not a requirement: {why}")]
    NotARequirement { origin: Origin, text: String, why: String },
    #[error("{origin}: `{text}` is not the name of a Debian package")]
    NotAPackage { origin: Origin, text: String },
    /// The whole file is not read.
    #[error("{origin} is left out: {why}")]
    Unread { origin: Origin, why: String },
    #[error("{origin}: `{name}` has too many different {what} for oca to compare")]
    TooMuch { origin: Origin, name: String, what: &'static str },
}

impl RequirementProblem {
    pub(crate) fn origin(&self) -> &Origin {
        match self {
            Self::UnsupportedOption { origin, .. }
            | Self::OtherConstraints { origin, .. }
            | Self::RelativePath { origin, .. }
            | Self::LocalPlace { origin, .. }
            | Self::NotARequirement { origin, .. }
            | Self::NotAPackage { origin, .. }
            | Self::Unread { origin, .. }
            | Self::TooMuch { origin, .. } => origin,
        }
    }

    /// The distribution of the line, if the line names one.
    pub(super) fn distribution(&self) -> Option<&str> {
        match self {
            Self::UnsupportedOption { of, .. } => of.as_deref(),
            Self::TooMuch { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The word in `ignore` that leaves the line out: the option, the distribution, or the text that the message shows.
    pub(super) fn ignored_as(&self) -> String {
        match self {
            Self::UnsupportedOption { of: Some(name), .. } => name.clone(),
            Self::UnsupportedOption { option, .. } | Self::OtherConstraints { option, .. } => option.clone(),
            Self::RelativePath { path, .. } => path.clone(),
            Self::LocalPlace { place, .. } => place.clone(),
            Self::NotARequirement { text, .. } => text.clone(),
            Self::NotAPackage { text, .. } => format!("deb:{text}"),
            Self::Unread { origin, .. } => origin.to_string(),
            Self::TooMuch { name, .. } => name.clone(),
        }
    }

    /// What to type next.
    pub(crate) fn hint(&self) -> String {
        let ignore = format!("put `{}` into `ignore` of `[requirements]`", self.ignored_as());
        match self {
            Self::OtherConstraints { .. } => "list that file in `constraints` as well".to_owned(),
            Self::UnsupportedOption { option, of: None, .. } if is_about_the_call(option) => {
                format!("pass the option to pip yourself, and {ignore}")
            }
            Self::UnsupportedOption { of: Some(name), .. } => {
                format!("{ignore}, and install `{name}` with your own requirements file")
            }
            _ if self.origin().is_of_odoo() => format!(
                "correct it in a fork that you name with `url` in `[core]`, {ignore}, or leave out Odoo's lines with \
                 `requirements = false` there"
            ),
            _ => format!(
                "correct it there (if the repository is not yours, in a fork that you name with `url` in \
                 `repos.toml`), or {ignore}"
            ),
        }
    }
}

/// Whether an option concerns the whole call of pip: which indexes it uses, and whether it accepts pre-releases.
fn is_about_the_call(option: &str) -> bool {
    matches!(
        option,
        "-i" | "-f"
            | "--index-url"
            | "--extra-index-url"
            | "--find-links"
            | "--no-index"
            | "--trusted-host"
            | "--pre"
    )
}

/// What was left out or may be wrong. The merged requirements are still valid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Note {
    #[error("{origin}: the option `{option}` is ignored, because it does not change what is required")]
    IgnoredOption { origin: Origin, option: String },
    #[error("{origin}: `{line}` is left out, because only modules that are not selected need it")]
    Unneeded { origin: Origin, line: String },
    #[error("{path}: left out, because no module of the repository is selected")]
    Unused { path: String },
    #[error("`{word}` in `ignore` of `[requirements]` matches nothing here")]
    NothingIgnored { word: String },
    #[error(
        "`{line}` in `override` of `[requirements]` has no effect here, because nothing requires `{name}`"
    )]
    NothingOverridden { line: String, name: String },
    #[error(
        "`{line}` in `override` of `[requirements]` has no effect here, because only Odoo requires `{name}`"
    )]
    OnlyOdoo { line: String, name: String },
    #[error(
        "`{line}` in `override` of `[requirements]` leaves out the extra `{extra}`, which {origin} asks for"
    )]
    LostExtra { origin: Origin, extra: String, line: String },
    #[error(
        "{origin}: `{word}` is not in `{file}`, which is generated from the manifests; \
         perhaps it has another name there"
    )]
    Unlisted { origin: Origin, word: String, file: String },
}

impl Note {
    pub(super) fn origin(&self) -> Option<&Origin> {
        match self {
            Self::IgnoredOption { origin, .. }
            | Self::Unneeded { origin, .. }
            | Self::LostExtra { origin, .. }
            | Self::Unlisted { origin, .. } => Some(origin),
            Self::Unused { .. }
            | Self::NothingIgnored { .. }
            | Self::NothingOverridden { .. }
            | Self::OnlyOdoo { .. } => None,
        }
    }

    /// Whether it is shown without `-v`, too: what the user asked for does not happen as it may seem.
    pub(crate) fn is_important(&self) -> bool {
        matches!(self, Self::NothingOverridden { .. } | Self::LostExtra { .. })
    }

    /// What to type next, if the note is a warning.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unlisted { word, .. } => {
                Some(format!("if it has, put `{word}` into `ignore` of `[requirements]`"))
            }
            Self::IgnoredOption { .. }
            | Self::Unneeded { .. }
            | Self::Unused { .. }
            | Self::NothingIgnored { .. }
            | Self::NothingOverridden { .. }
            | Self::OnlyOdoo { .. }
            | Self::LostExtra { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::every_variant;

    fn origin() -> Origin {
        Origin::File { path: "web/requirements.txt".to_owned(), line: 3 }
    }

    #[test]
    fn every_problem_has_its_words_and_a_hint() {
        let (option, place) = (|| "--pre".to_owned(), || "./wheels/x.whl".to_owned());
        let problems = every_variant!(RequirementProblem:
            UnsupportedOption { origin: origin(), option: option(), of: None },
            OtherConstraints { origin: origin(), option: "-c".to_owned() },
            RelativePath { origin: origin(), path: place() },
            LocalPlace { origin: origin(), place: place() },
            NotARequirement { origin: origin(), text: "a b".to_owned(), why: "expected a version".to_owned() },
            NotAPackage { origin: origin(), text: "a b".to_owned() },
            Unread { origin: origin(), why: "the file is a symlink".to_owned() },
            TooMuch { origin: origin(), name: "lxml".to_owned(), what: "lines" };
            RequirementProblem::UnsupportedOption {
                origin: origin(),
                option: "--hash".to_owned(),
                of: Some("lxml".to_owned()),
            },
            RequirementProblem::Unread {
                origin: Origin::Odoo { path: "odoo/requirements.txt".to_owned(), line: None },
                why: "the file is a symlink".to_owned(),
            }
        );
        let shown = problems.iter().map(|problem| format!("{problem}\n  hint: {}\n", problem.hint()));
        insta::assert_snapshot!(shown.collect::<String>(), @r"
        web/requirements.txt:3: the option `--pre` is not supported in the `requirements.txt` of a repository
          hint: pass the option to pip yourself, and put `--pre` into `ignore` of `[requirements]`
        web/requirements.txt:3: the option `-c` is not supported in constraints
          hint: list that file in `constraints` as well
        web/requirements.txt:3: `./wheels/x.whl` is a path in the repository, and the merged file cannot contain such a path
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `./wheels/x.whl` into `ignore` of `[requirements]`
        web/requirements.txt:3: `./wheels/x.whl` is a file on the machine where pip runs, and only your own `requirements.txt` may name such files
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `./wheels/x.whl` into `ignore` of `[requirements]`
        web/requirements.txt:3: `a b` is not a requirement: expected a version
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `a b` into `ignore` of `[requirements]`
        web/requirements.txt:3: `a b` is not the name of a Debian package
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `deb:a b` into `ignore` of `[requirements]`
        web/requirements.txt:3 is left out: the file is a symlink
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `web/requirements.txt:3` into `ignore` of `[requirements]`
        web/requirements.txt:3: `lxml` has too many different lines for oca to compare
          hint: correct it there (if the repository is not yours, in a fork that you name with `url` in `repos.toml`), or put `lxml` into `ignore` of `[requirements]`
        web/requirements.txt:3: the option `--hash` is not supported in the `requirements.txt` of a repository
          hint: put `lxml` into `ignore` of `[requirements]`, and install `lxml` with your own requirements file
        odoo/requirements.txt is left out: the file is a symlink
          hint: correct it in a fork that you name with `url` in `[core]`, put `odoo/requirements.txt` into `ignore` of `[requirements]`, or leave out Odoo's lines with `requirements = false` there
        ");
    }

    #[test]
    fn every_note_has_its_words() {
        let word = || "lxml".to_owned();
        let notes = every_variant!(Note:
            IgnoredOption { origin: origin(), option: "--no-deps".to_owned() },
            Unneeded { origin: origin(), line: word() },
            Unused { path: "web/requirements.txt".to_owned() },
            NothingIgnored { word: word() },
            NothingOverridden { line: "lxml==5.2.1".to_owned(), name: word() },
            OnlyOdoo { line: "lxml==5.2.1".to_owned(), name: word() },
            LostExtra { origin: origin(), extra: "html".to_owned(), line: "lxml==5.2.1".to_owned() },
            Unlisted { origin: origin(), word: word(), file: "web/requirements.txt".to_owned() }
        );
        let hint = |note: &Note| note.hint().map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
        let shown = notes.iter().map(|note| format!("{note}\n{}", hint(note)));
        insta::assert_snapshot!(shown.collect::<String>(), @r"
        web/requirements.txt:3: the option `--no-deps` is ignored, because it does not change what is required
        web/requirements.txt:3: `lxml` is left out, because only modules that are not selected need it
        web/requirements.txt: left out, because no module of the repository is selected
        `lxml` in `ignore` of `[requirements]` matches nothing here
        `lxml==5.2.1` in `override` of `[requirements]` has no effect here, because nothing requires `lxml`
        `lxml==5.2.1` in `override` of `[requirements]` has no effect here, because only Odoo requires `lxml`
        `lxml==5.2.1` in `override` of `[requirements]` leaves out the extra `html`, which web/requirements.txt:3 asks for
        web/requirements.txt:3: `lxml` is not in `web/requirements.txt`, which is generated from the manifests; perhaps it has another name there
          hint: if it has, put `lxml` into `ignore` of `[requirements]`
        ");
    }
}
