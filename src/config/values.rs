//! Values of `repos.toml` with a syntax of their own: a module with a version requirement, a merge, a path.

use std::fmt;

use super::below::{NotBelow, below, is_own_file};
use super::document::Refusal;
use super::expand::{Malformed, Template};
use super::versions::Versions;
use crate::repo::{AddonsDirectory, Age, NotAnAge, RemoteUrl, is_invisible, redact};
use crate::requirements::Override;

/// A requested module, and the versions that are accepted.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ModuleRequest {
    pub(crate) name: String,
    pub(crate) requirement: Option<Versions>,
}

impl ModuleRequest {
    /// Parses `web_responsive` or `web_responsive >=1.0.3`. The error says why the text is refused, and how to write it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        module_request(text).map_err(|refusal| match refusal.hint {
            Some(hint) => format!("{}; {hint}", refusal.why),
            None => refusal.why,
        })
    }
}

impl fmt::Display for ModuleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.requirement.iter().try_for_each(|requirement| write!(f, " {requirement}"))
    }
}

/// The text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// `web_responsive` or `web_responsive >=1.0.3`.
pub(super) fn module_request(text: &str) -> Result<ModuleRequest, Refusal> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(text.len());
    let (name, requirement) = (&text[..end], text[end..].trim());
    if name.is_empty() || name.starts_with('-') || requirement.starts_with(['-', '.', '/', ':', '@']) {
        return Err(Refusal::new(format!("`{}` does not start with the name of a module", redact(text)))
            .hint("write it as `web_responsive` or `web_responsive >=1.0.3`"));
    }
    let requirement = match requirement {
        "" => None,
        words => Some(Versions::parse(words).map_err(|why| {
            Refusal::new(format!("`{words}` is not a requirement on a version: {why}"))
                .hint(format!("write it as `{name} >=1.0.3`"))
        })?),
    };
    Ok(ModuleRequest { name: name.to_owned(), requirement })
}

/// How old a commit must be.
pub(super) fn age(text: &str) -> Result<Age, Refusal> {
    text.parse().map_err(|_: NotAnAge| {
        Refusal::new(format!("`{}` is not a span of time", redact(text)))
            .hint("write it as `7 days` or `12 hours`")
    })
}

/// A url whose variables have a valid syntax.
pub(super) fn remote_url(text: &str) -> Result<RemoteUrl, Refusal> {
    let url = RemoteUrl::parse(text)?;
    template(text)?;
    Ok(url)
}

/// A path that becomes an entry of Odoo's addons path.
pub(super) fn entry(text: &str) -> Result<Template, Refusal> {
    refuse_comma(text)?;
    template(text)
}

fn refuse_comma(text: &str) -> Result<(), Refusal> {
    if text.contains(',') {
        let why = format!("`{text}` contains a comma, which Odoo does not support in an addons path");
        return Err(Refusal::new(why));
    }
    Ok(())
}

/// An entry in the container. It must be absolute, because a relative path has no base there.
pub(super) fn image_entry(text: &str) -> Result<Template, Refusal> {
    if !text.starts_with('/') && !text.starts_with("${") {
        return Err(Refusal::new(format!("`{text}` is not an absolute path in the container")));
    }
    entry(text)
}

/// The directory of Odoo itself in the container. An export replaces it as a whole.
pub(super) fn image_core(text: &str) -> Result<Template, Refusal> {
    let template = image_entry(text)?;
    if text.split('/').any(|part| part == "..") {
        return Err(Refusal::new(format!("`{text}` contains `..`")));
    }
    if text.split('/').all(|part| part.is_empty() || part == ".") {
        let why = format!("`{text}` is the root of the container, and Odoo needs a directory of its own");
        return Err(Refusal::new(why).hint("write a directory such as `core = \"/opt/odoo\"`"));
    }
    Ok(template)
}

/// The directory of the checkouts. It must be below the project.
pub(super) fn checkouts(text: &str) -> Result<Template, Refusal> {
    let template = entry(text)?;
    template.check_below().map_err(|why| outside(text, why))?;
    Ok(template)
}

/// A file below the project. The lock records its path, so the path cannot have variables.
pub(super) fn patch(text: &str) -> Result<String, Refusal> {
    plain(text)?;
    let path = below(text).map_err(|why| outside(text, why))?;
    // oca deletes what it did not write in `oca.lock.d`.
    if is_own_file(&path) { Err(outside(text, NotBelow::OwnFile)) } else { Ok(path) }
}

/// A directory of a repository that contains modules.
pub(super) fn addons_directory(text: &str) -> Result<AddonsDirectory, Refusal> {
    plain(text)?;
    if matches!(text, "." | "./") {
        return Ok(AddonsDirectory::root());
    }
    refuse_comma(text)?;
    let directory = below(text).map_err(|why| outside(text, why))?;
    AddonsDirectory::parse(&directory).map_err(|invalid| Refusal::new(invalid.to_string()))
}

fn plain(text: &str) -> Result<(), Refusal> {
    if text.contains("${") {
        let why = format!(
            "`{text}` contains a variable, which is not allowed here, \
             because the lock records the path as it is written"
        );
        return Err(Refusal::new(why));
    }
    template(text).map(drop)
}

/// A text whose variables have a valid syntax.
pub(super) fn template(text: &str) -> Result<Template, Refusal> {
    Template::parse(text).map_err(|why| match why {
        Malformed::Empty | Malformed::Invisible => Refusal::new(why.to_string()),
        _ => Refusal::new(format!("`{}` cannot be expanded: {why}", redact(text))),
    })
}

fn outside(text: &str, why: NotBelow) -> Refusal {
    Refusal::new(format!("`{text}` is not a valid path here: {why}"))
}

/// A text that is not blank and has no invisible characters.
pub(super) fn some_text(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() || text.contains(is_invisible) {
        return Err(Refusal::new("it must not be blank or contain invisible characters"));
    }
    Ok(text.to_owned())
}

/// A requirement in place of all others of its distribution.
pub(super) fn overridden(text: &str) -> Result<Override, Refusal> {
    Override::parse(text).map_err(|refused| Refusal::new(refused.why).hint(refused.hint))
}

/// A language code: `fr`, `fr_CA` or `sr@latin`, like the names of the files in `i18n`.
pub(super) fn language(text: &str) -> Result<String, Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@';
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(allowed) {
        return Err(Refusal::new(format!("`{text}` is not a language code such as `fr` or `fr_CA`")));
    }
    Ok(text.to_owned())
}

/// `3.12` or `3.12.4`.
pub(super) fn python(text: &str) -> Result<String, Refusal> {
    let number = |word: &str| !word.is_empty() && word.len() < 6 && word.bytes().all(|b| b.is_ascii_digit());
    let count = text.split('.').count();
    if !text.split('.').all(number) || !(2..=3).contains(&count) {
        return Err(Refusal::new(format!("`{text}` is not a Python version such as `3.12`")));
    }
    Ok(text.to_owned())
}

/// The name of a profile. Users type it on command lines, and it is a key in the lock.
pub(super) fn profile_name(text: &str) -> Result<String, Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(allowed) {
        return Err(Refusal::new(format!(
            "`{text}` is not a valid profile name: it must be letters, digits, `.`, `_` and `-`, \
             and begin with a letter or a digit"
        )));
    }
    Ok(text.to_owned())
}
