//! `${VAR}` and `${VAR:-default}` in urls and paths, and the rules for the expanded paths.

use std::fmt;

use crate::repo::{Invalid, RemoteUrl, is_dot_git, is_file_name, is_invisible, redact};

/// A text whose variables have a valid syntax and are not expanded yet.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Template {
    text: String,
    parts: Vec<TemplatePart>,
}

#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum TemplatePart {
    Literal(String),
    Variable { name: String, default: Option<String> },
}

/// Why a text is not a valid template.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it must not be empty")]
    Empty,
    #[error("it must not contain invisible characters")]
    Invisible,
    #[error("a `${{` has no closing `}}`")]
    Unclosed,
    #[error("the text after `${{` is not a variable name, as in `${{VAR}}` and `${{VAR:-default}}`")]
    Name,
    #[error("the default of a variable must not contain another variable")]
    Nested,
}

/// A variable that is not set and has no default, but that a text needs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the variable `{variable}` is not set, and `{text}` needs it")]
pub(crate) struct UnsetVariable {
    pub(crate) variable: String,
    pub(crate) text: String,
}

/// Why an expanded path or url cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(transparent)]
    Unset(#[from] UnsetVariable),
    #[error("`{text}` expands to `{expanded}`, and Odoo does not support a comma in an addons path")]
    Comma { text: String, expanded: String },
    #[error("`{text}` expands to a path with an invisible character")]
    Invisible { text: String },
    #[error("`{text}` expands to `{expanded}`, but the path must be below the project: {why}")]
    Outside { text: String, expanded: String, why: NotBelow },
    #[error("`{url}` cannot be expanded: {why}")]
    Malformed { url: RemoteUrl, why: Malformed },
    #[error("`{url}` does not expand to a valid url: {why}")]
    NoUrl { url: RemoteUrl, why: Invalid },
}

impl UnsetVariable {
    pub(crate) fn hint(&self) -> String {
        format!("set `{0}`, or write a default: `${{{0}:-…}}`", self.variable)
    }
}

impl Unusable {
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unset(unset) => unset.hint(),
            Self::Comma { .. } => "use a path without a comma".to_owned(),
            Self::Invisible { .. } => {
                "set its variables to values without line breaks or other invisible characters".to_owned()
            }
            Self::Outside { .. } | Self::Malformed { .. } | Self::NoUrl { .. } => {
                "correct it in `repos.toml`, or set its variables to other values".to_owned()
            }
        }
    }
}

impl Template {
    /// Splits a text into literals and variables. A `$` without `{` is a literal.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Err(Malformed::Empty);
        }
        if text.contains(is_invisible) {
            return Err(Malformed::Invisible);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("${") {
            if !literal.is_empty() {
                parts.push(TemplatePart::Literal(literal.to_owned()));
            }
            let (inside, after) = after.split_once('}').ok_or(Malformed::Unclosed)?;
            parts.push(variable(inside)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TemplatePart::Literal(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text as the user wrote it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text with its variables replaced. As in a shell, a variable that is unset or empty gets its default.
    pub(crate) fn expand(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, UnsetVariable> {
        let mut expanded = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Literal(literal) => expanded.push_str(literal),
                TemplatePart::Variable { name, default } => match (lookup(name), default) {
                    (Some(value), None) => expanded.push_str(&value),
                    (Some(value), Some(_)) if !value.is_empty() => expanded.push_str(&value),
                    (_, Some(default)) => expanded.push_str(default),
                    (None, None) => {
                        return Err(UnsetVariable { variable: name.clone(), text: redact(&self.text) });
                    }
                },
            }
        }
        Ok(expanded)
    }

    /// Expands an entry of Odoo's addons path. Odoo cannot escape a comma in it.
    pub(crate) fn expand_entry(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Unusable> {
        let expanded = self.expand(lookup)?;
        if expanded.contains(',') {
            return Err(Unusable::Comma { text: self.text.clone(), expanded });
        }
        if expanded.contains(is_invisible) {
            return Err(Unusable::Invisible { text: self.text.clone() });
        }
        Ok(expanded)
    }

    /// Expands a directory of checkouts, which must stay below the project, and tidies it: `./oca/` becomes `oca`.
    pub(crate) fn expand_below(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Unusable> {
        let expanded = self.expand(lookup)?;
        if expanded.contains(is_invisible) {
            return Err(Unusable::Invisible { text: self.text.clone() });
        }
        checkouts_below(&expanded).map_err(|why| Unusable::Outside { text: self.text.clone(), expanded, why })
    }

    /// Checks that a directory of checkouts stays below the project. A variable that is unset and has no default counts as a plain name
    /// here.
    pub(super) fn check_below(&self) -> Result<(), NotBelow> {
        let taken: String = self
            .parts
            .iter()
            .map(|part| match part {
                TemplatePart::Literal(literal) => literal,
                TemplatePart::Variable { default, .. } => default.as_deref().unwrap_or("variable"),
            })
            .collect();
        checkouts_below(&taken).map(drop)
    }

    /// The path without `.`, double slashes and final slashes. Used to compare two templates.
    pub(super) fn tidied(&self) -> String {
        tidy(&self.text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.text)
    }
}

/// Expands a url. The result is checked like a url without variables.
pub(crate) fn expand_url(
    url: &RemoteUrl,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<RemoteUrl, Unusable> {
    let template =
        Template::parse(url.as_str()).map_err(|why| Unusable::Malformed { url: url.clone(), why })?;
    let expanded = template.expand(lookup)?;
    RemoteUrl::parse(&expanded).map_err(|why| Unusable::NoUrl { url: url.clone(), why })
}

fn variable(inside: &str) -> Result<TemplatePart, Malformed> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain) {
        return Err(Malformed::Name);
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(Malformed::Nested);
    }
    Ok(TemplatePart::Variable { name: name.to_owned(), default: default.map(str::to_owned) })
}

/// Why a path is not below the directory that it is relative to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotBelow {
    #[error("it must be relative")]
    Absolute,
    #[error("it must not contain `..`")]
    Parent,
    #[error("it must name a directory or a file, not `.`")]
    Itself,
    #[error("it must not contain `.git`, because git uses that name")]
    Git,
    #[error("write `/`, not `\\`")]
    Backslash,
    #[error("the project has a file of its own there")]
    OwnFile,
    #[error("only a shell knows what `~` means; the path is relative to `repos.toml`")]
    Home,
}

/// The files in the directory of `repos.toml` that oca or git reads or writes there. `.git` is refused in every place.
const OWN_FILES: [&str; 7] = [
    "repos.toml",
    "repos.local.toml",
    "oca.lock.json",
    "oca.lock.d",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
];

/// Tidies a directory of checkouts. None of the project's own files may be in its place.
fn checkouts_below(path: &str) -> Result<String, NotBelow> {
    let tidied = below(path)?;
    let first = tidied.split('/').next().unwrap_or_default();
    if first.starts_with('~') {
        return Err(NotBelow::Home);
    }
    if OWN_FILES.iter().any(|file| is_file_name(first.as_bytes(), file)) {
        return Err(NotBelow::OwnFile);
    }
    Ok(tidied)
}

/// Whether a tidied path is another one, or inside it. Some file systems ignore case.
pub(super) fn is_inside(inner: &str, outer: &str) -> bool {
    let [inner, outer] = [inner, outer].map(str::to_lowercase);
    inner.strip_prefix(&outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tidies a relative path that stays below its root.
pub(super) fn below(path: &str) -> Result<String, NotBelow> {
    if path.contains('\\') {
        return Err(NotBelow::Backslash);
    }
    // On Windows, `C:x` leaves the directory as `C:/x` does.
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err(NotBelow::Absolute);
    }
    if path.split('/').any(|part| part == "..") {
        return Err(NotBelow::Parent);
    }
    if path.split('/').any(|part| is_dot_git(part.as_bytes())) {
        return Err(NotBelow::Git);
    }
    let tidied = tidy(path);
    if tidied.is_empty() {
        return Err(NotBelow::Itself);
    }
    Ok(tidied)
}

pub(super) fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/home/me".to_owned()),
            "EMPTY" => Some(String::new()),
            "COMMA" => Some("a,b".to_owned()),
            "UP" => Some("..".to_owned()),
            "LINES" => Some("a\nadmin_passwd = x".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_expand_as_in_a_shell() {
        for (text, expanded) in [
            ("plain", "plain"),
            ("${HOME}/x", "/home/me/x"),
            ("a${HOME}${HOME}", "a/home/me/home/me"),
            ("${UNSET:-../odoo}/addons", "../odoo/addons"),
            ("${UNSET:-}x", "x"),
            ("${EMPTY}x", "x"),
            ("${EMPTY:-full}", "full"),
            ("${HOME:-other}", "/home/me"),
            ("${UNSET:-a:-b}", "a:-b"),
            ("$HOME $$ $", "$HOME $$ $"),
            ("$${HOME}", "$/home/me"),
            ("}", "}"),
        ] {
            assert_eq!(Template::parse(text).expect(text).expand(&lookup).as_deref(), Ok(expanded), "{text}");
        }
    }

    #[test]
    fn an_unset_variable_is_named() {
        let error = Template::parse("https://me:secret@host/${UNSET}")
            .expect("a template")
            .expand(&lookup)
            .expect_err("unset");
        assert_eq!(
            error.to_string(),
            "the variable `UNSET` is not set, and `https://***@host/${UNSET}` needs it"
        );
        assert_eq!(error.hint(), "set `UNSET`, or write a default: `${UNSET:-…}`");
    }

    #[test]
    fn malformed_variables_are_refused() {
        for (text, why) in [
            ("", Malformed::Empty),
            ("a\nb", Malformed::Invisible),
            ("${", Malformed::Unclosed),
            ("a${HOME", Malformed::Unclosed),
            ("${}", Malformed::Name),
            ("${1A}", Malformed::Name),
            ("${A-b}", Malformed::Name),
            ("${A:=b}", Malformed::Name),
            ("${A:-${B}}", Malformed::Nested),
        ] {
            assert_eq!(Template::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn an_expanded_path_is_checked_again() {
        let template = |text| Template::parse(text).expect("a template");
        assert_eq!(
            template("${COMMA}/addons").expand_entry(&lookup).expect_err("a comma").to_string(),
            "`${COMMA}/addons` expands to `a,b/addons`, and Odoo does not support a comma in an addons path"
        );
        assert_eq!(
            template("${LINES}/addons").expand_entry(&lookup).expect_err("two lines").to_string(),
            "`${LINES}/addons` expands to a path with an invisible character"
        );
        assert_eq!(
            template("${UP}/oca").expand_below(&lookup).expect_err("outside").to_string(),
            "`${UP}/oca` expands to `../oca`, but the path must be below the project: it must not contain `..`"
        );
        assert_eq!(template("./${X:-oca}//18/").expand_below(&lookup).as_deref(), Ok("oca/18"));
    }

    #[test]
    fn an_expanded_url_is_checked_again() {
        let url = |text| RemoteUrl::parse(text).expect("a url");
        let expanded = expand_url(&url("file://${HOME}/web.git"), &lookup);
        assert_eq!(expanded, Ok(url("file:///home/me/web.git")));
        let evil = |name: &str| (name == "X").then(|| "ext::sh -c x".to_owned());
        assert_eq!(
            expand_url(&url("${X}/web"), &evil).expect_err("a command").to_string(),
            "`${X}/web` does not expand to a valid url: `ext::sh -c x/web` is not a valid git url: \
             it must not contain blanks or invisible characters"
        );
        assert_eq!(
            expand_url(&url("${X"), &evil).expect_err("malformed").to_string(),
            "`${X` cannot be expanded: a `${` has no closing `}`"
        );
    }

    #[test]
    fn paths_stay_below_their_root() {
        for (path, why) in [
            ("/x", NotBelow::Absolute),
            ("C:x", NotBelow::Absolute),
            ("C:/x", NotBelow::Absolute),
            ("..", NotBelow::Parent),
            ("a/../b", NotBelow::Parent),
            (".", NotBelow::Itself),
            ("", NotBelow::Itself),
            ("./", NotBelow::Itself),
            ("a/.Git/b", NotBelow::Git),
            ("a\\b", NotBelow::Backslash),
        ] {
            assert_eq!(below(path), Err(why), "{path}");
        }
        assert_eq!(below("./a//b/.").as_deref(), Ok("a/b"));
        assert_eq!(below("..a/b..").as_deref(), Ok("..a/b.."));
    }
}
