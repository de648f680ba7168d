//! What is said about lines and words that cannot be carried over, or not as one would expect.

use super::Origin;

/// A line or a word that the merged requirements cannot hold. The rest is still read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    /// `of` is the distribution on whose line the option stands, if it is on one.
    #[error("{origin}: the option `{option}` is not supported in a repository's requirements")]
    UnsupportedOption { origin: Origin, option: String, of: Option<String> },
    #[error("{origin}: the option `{option}` is not followed in constraints")]
    OtherConstraints { origin: Origin, option: String },
    #[error("{origin}: `{path}` is a path within the repository, which merged requirements cannot name")]
    RelativePath { origin: Origin, path: String },
    #[error(
        "{origin}: `{place}` is on the machine where pip runs, which only a `requirements.txt` of your own may name"
    )]
    LocalPlace { origin: Origin, place: String },
    #[error("{origin}: `{text}` is not a requirement: {why}")]
    NotARequirement { origin: Origin, text: String, why: String },
    #[error("{origin}: `{text}` is not the name of a Debian package")]
    NotAPackage { origin: Origin, text: String },
    /// The whole file.
    #[error("{origin} is left out: {why}")]
    Unread { origin: Origin, why: String },
    #[error(
        "{origin}: `{name}` is asked for here and elsewhere in more different {what} than oca can compare"
    )]
    TooMuch { origin: Origin, name: String, what: &'static str },
}

impl Problem {
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

    /// The word in `ignore` that leaves the line out: the option, the distribution, or what is wrong as it is shown.
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
                format!("say it to pip where you call it, and {ignore}")
            }
            Self::UnsupportedOption { of: Some(name), .. } => {
                format!("{ignore}, and install `{name}` by a file of your own")
            }
            _ => format!(
                "correct it there (in a fork that `url` in `repos.toml` names, if it is not yours), or {ignore}"
            ),
        }
    }
}

/// Whether an option of pip is about the whole call: where it looks, and whether for pre-releases as well.
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

/// What was left out, or may be wrong; the merged requirements hold all the same.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Note {
    #[error("{origin}: the option `{option}` is ignored; it does not change what is required")]
    IgnoredOption { origin: Origin, option: String },
    #[error("{origin}: `{line}` is left out; only modules that are not selected need it")]
    Unneeded { origin: Origin, line: String },
    #[error("{path}: all of it is left out; no module of it is selected")]
    Unused { path: String },
    #[error("`{word}` in `ignore` of `[requirements]` matches nothing here")]
    NothingIgnored { word: String },
    #[error(
        "{origin}: `{word}` is not in `{file}`, which is generated from the manifests and may have it by another name"
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

    /// What to type next where people have to be told, and not only those who ask for more words.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unlisted { word, .. } => {
                Some(format!("if it does, put `{word}` into `ignore` of `[requirements]`"))
            }
            Self::IgnoredOption { .. }
            | Self::Unneeded { .. }
            | Self::Unused { .. }
            | Self::NothingIgnored { .. } => None,
        }
    }
}
