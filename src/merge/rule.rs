//! Which rule a path has.

use crate::repo::RepoPath;

/// What happens to a file in which a line merge finds a conflict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rule {
    /// A bot writes the file anew after each merge, or it is a matter of the whole repository: ours stays.
    Ours,
    /// [`requirements`](super::requirements).
    Requirements,
    /// [`manifest`](super::manifest()).
    Manifest,
    /// [`po`](super::po()).
    Po,
    /// A person has to decide.
    Conflict,
}

/// The rule of a path. `module` is the directory of the module that contains it, if one does.
pub(crate) fn rule(path: &RepoPath, module: Option<&RepoPath>) -> Rule {
    let inside =
        module.and_then(|module| path.as_bytes().strip_prefix(module.as_bytes())?.strip_prefix(b"/"));
    let Some(inside) = inside else {
        return if path.as_bytes() == b"requirements.txt" { Rule::Requirements } else { Rule::Ours };
    };
    let is_below = |directory: &str| {
        inside.strip_prefix(directory.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
    };
    let is_top = !inside.contains(&b'/');
    if ["readme", "newsfragments", "static/description"].into_iter().any(is_below)
        || is_top && inside.starts_with(b"README")
        || inside.ends_with(b".pot")
    {
        Rule::Ours
    } else if inside == b"__manifest__.py" || inside == b"__openerp__.py" {
        Rule::Manifest
    } else if inside.ends_with(b".po") {
        Rule::Po
    } else {
        Rule::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_have_a_rule_and_sources_conflict() {
        let path = |path: &str| RepoPath::parse(path.as_bytes()).expect("a path");
        for (file, expected) in [
            ("web_x/README.rst", Rule::Ours),
            ("web_x/readme/DESCRIPTION.md", Rule::Ours),
            ("web_x/readme/newsfragments/1.bugfix", Rule::Ours),
            ("web_x/newsfragments/1.bugfix", Rule::Ours),
            ("web_x/static/description/index.html", Rule::Ours),
            ("web_x/i18n/web_x.pot", Rule::Ours),
            ("web_x/i18n/es.po", Rule::Po),
            ("web_x/__manifest__.py", Rule::Manifest),
            ("web_x/models/x.py", Rule::Conflict),
            ("web_x/doc/README.rst", Rule::Conflict),
            ("web_x/readme.py", Rule::Conflict),
            ("web_x/static/src/x.js", Rule::Conflict),
            ("web_x/tests/__manifest__.py", Rule::Conflict),
            ("web_x/requirements.txt", Rule::Conflict),
        ] {
            assert_eq!(rule(&path(file), Some(&path("web_x"))), expected, "{file}");
            let deep = path(&format!("addons/{file}"));
            assert_eq!(rule(&deep, Some(&path("addons/web_x"))), expected, "{file}");
        }
        for (file, expected) in [
            ("requirements.txt", Rule::Requirements),
            ("test-requirements.txt", Rule::Ours),
            ("README.md", Rule::Ours),
            (".pre-commit-config.yaml", Rule::Ours),
            ("setup/web_x/setup.py", Rule::Ours),
        ] {
            assert_eq!(rule(&path(file), None), expected, "{file}");
        }
    }
}
