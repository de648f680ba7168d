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
    #[error("{origin}: `{name}` has more different {what} here and elsewhere than oca can compare")]
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
                format!("give the option to pip where you call it, and {ignore}")
            }
            Self::UnsupportedOption { of: Some(name), .. } => {
                format!("{ignore}, and install `{name}` with your own requirements file")
            }
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
            | Self::Unlisted { origin, .. } => Some(origin),
            Self::Unused { .. } | Self::NothingIgnored { .. } => None,
        }
    }

    /// What to type next. `None` if the note is only shown with `-v`.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unlisted { word, .. } => {
                Some(format!("if it has, put `{word}` into `ignore` of `[requirements]`"))
            }
            Self::IgnoredOption { .. }
            | Self::Unneeded { .. }
            | Self::Unused { .. }
            | Self::NothingIgnored { .. } => None,
        }
    }
}
