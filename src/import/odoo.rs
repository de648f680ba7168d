//! Recognises Odoo itself, Enterprise and the themes among the repositories of an import.

use std::path::Path;

use super::Repo;
use crate::repo::{CorePart, RemoteUrl, bare_url, last_part, split_scp};

/// What a repository is of Odoo itself, and how this is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Recognised {
    pub(super) part: CorePart,
    pub(super) sign: Sign,
    /// Whether the url has a name of this part.
    pub(super) is_named: bool,
}

/// How a part of Odoo itself is known, the surest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Sign {
    /// Its url or its directory has a name of Odoo. Repositories of modules have such names, too.
    Name,
    /// It is in a directory where projects have Odoo.
    Place,
    /// It is the url of Odoo S.A. or of OCA, or the checkout has the program that starts Odoo.
    Known,
    /// It is in the directory where its tool expects Odoo.
    Told,
}

/// The names of repositories and directories of each part. A series can follow.
const NAMES: [(CorePart, &[&str]); 3] = [
    (CorePart::Odoo, &["odoo", "ocb", "odoo-ce", "odoo-community", "odoo-server"]),
    (CorePart::Enterprise, &["enterprise", "odoo-enterprise", "odoo-ee", "odoo-enterprise-addons"]),
    (CorePart::Themes, &["design-themes", "odoo-design-themes", "odoo-themes"]),
];
/// The repositories of Odoo S.A. and of OCA on GitHub, in lower case.
const OFFICIAL: [(&str, CorePart); 4] = [
    ("odoo/odoo", CorePart::Odoo),
    ("oca/ocb", CorePart::Odoo),
    ("odoo/enterprise", CorePart::Enterprise),
    ("odoo/design-themes", CorePart::Themes),
];
/// Directories that can hold any repository: they count for one whose url has a name of Odoo.
const PLAIN: [(CorePart, &[&str]); 3] = [
    (CorePart::Odoo, &["src", "server", "core", "community"]),
    (CorePart::Enterprise, &["ee"]),
    (CorePart::Themes, &["themes"]),
];
/// The directories above that projects have repositories of others in. In a directory of modules, `odoo` is a
/// directory of modules.
const ABOVE: [&str; 12] = [
    "src",
    "odoo",
    "vendor",
    "external-src",
    "external",
    "parts",
    "kitchen",
    "repos",
    "sources",
    "upstream",
    "submodules",
    "opt",
];
/// The programs that start Odoo, by series.
const SERVERS: [&str; 2] = ["odoo-bin", "openerp-server"];

/// What a repository is of Odoo itself. `checkout` is its directory. `None` for a repository of modules.
pub(super) fn recognise(repo: &Repo, checkout: &Path) -> Option<Recognised> {
    let name = named(last_part(repo.url.as_str()));
    let known = |part, sign| Some(Recognised { part, sign, is_named: name == Some(part) });
    if let Some(part) = official(&repo.url) {
        return Some(Recognised { part, sign: Sign::Known, is_named: true });
    }
    if repo.is_odoo {
        return known(CorePart::Odoo, Sign::Told);
    }
    let is_populated = checkout.join(".git").exists() && has_files(checkout);
    if is_populated && SERVERS.iter().any(|server| checkout.join(server).is_file()) {
        return known(CorePart::Odoo, Sign::Known);
    }
    let found = by_names(name, &repo.path)?;
    // What is there says that the names deceive.
    if is_populated && !has_content(found.part, checkout) { None } else { Some(found) }
}

/// What the names of the url and the directory say.
fn by_names(name: Option<CorePart>, path: &Path) -> Option<Recognised> {
    let directory = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let above = path.parent().and_then(Path::file_name).map(|name| name.to_str().unwrap_or_default());
    let of_directory = named(directory);
    let part = name.or(of_directory).or_else(|| is_source(directory, above).then_some(CorePart::Odoo))?;
    let has = |names: &[(CorePart, &[&str])]| {
        let directory = directory.to_lowercase();
        names.iter().any(|(of, names)| *of == part && names.contains(&directory.as_str()))
    };
    let is_usual = above.is_none_or(|above| ABOVE.contains(&above.to_lowercase().as_str()));
    let is_place = match (of_directory == Some(part), name.is_some()) {
        (true, true) => is_usual || part != CorePart::Odoo,
        (true, false) => is_usual,
        (false, true) => is_usual && has(&PLAIN),
        (false, false) => false,
    };
    let is_place = is_place || part == CorePart::Odoo && is_source(directory, above);
    let sign = if is_place { Sign::Place } else { Sign::Name };
    Some(Recognised { part, sign, is_named: name == Some(part) })
}

/// Whether it is `odoo/src`, where camptocamp has Odoo.
fn is_source(directory: &str, above: Option<&str>) -> bool {
    directory == "src" && above == Some("odoo")
}

/// The part that a name means, also with a series at its end, such as `odoo-16.0`.
fn named(name: &str) -> Option<CorePart> {
    let name = name.to_lowercase().replace('_', "-");
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
    NAMES.iter().find_map(|(part, names)| names.contains(&name).then_some(*part))
}

/// The part whose official repository is at this url, whatever the transport.
fn official(url: &RemoteUrl) -> Option<CorePart> {
    let url = bare_url(url.as_str());
    let (host, path) = match (url.split_once("://"), split_scp(url)) {
        (Some((_, rest)), _) => rest.split_once('/')?,
        (None, scp) => scp.map(|(_, host, path)| (host, path))?,
    };
    let host = host.rsplit('@').next()?.to_lowercase();
    let host = host.split(':').next().unwrap_or_default();
    if !["github.com", "www.github.com", "ssh.github.com"].contains(&host) {
        return None;
    }
    let path = path.trim_matches('/').to_lowercase();
    OFFICIAL.iter().find_map(|(official, part)| (path == *official).then_some(*part))
}

fn has_files(checkout: &Path) -> bool {
    let entries = std::fs::read_dir(checkout).into_iter().flatten().flatten();
    entries.take(2).any(|entry| entry.file_name() != ".git")
}

/// Whether a checkout has what each version of this part has.
fn has_content(part: CorePart, checkout: &Path) -> bool {
    match part {
        CorePart::Odoo => SERVERS.iter().any(|server| checkout.join(server).is_file()),
        CorePart::Enterprise => checkout.join("web_enterprise").is_dir(),
        CorePart::Themes => checkout.join("theme_common").is_dir(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::import::Text;
    use CorePart::{Enterprise, Odoo, Themes};
    use Sign::{Known, Name, Place};

    fn found(url: &str, path: &str) -> Option<(CorePart, Sign)> {
        let place = Text::new(Path::new("repos.yaml"), "").line(1);
        let url = RemoteUrl::parse(url).expect("a url");
        let repo = Repo::new(place, PathBuf::from(path), url);
        recognise(&repo, Path::new("/nowhere")).map(|found| (found.part, found.sign))
    }

    #[test]
    fn names_can_end_with_a_series() {
        for name in ["odoo", "OCB", "odoo-16.0", "odoo_14", "odoo17", "odoo-ce"] {
            assert_eq!(named(name), Some(Odoo), "{name}");
        }
        for name in ["enterprise", "enterprise-16.0", "odoo-enterprise", "odoo_ee"] {
            assert_eq!(named(name), Some(Enterprise), "{name}");
        }
        for name in ["design-themes", "design_themes-18.0"] {
            assert_eq!(named(name), Some(Themes), "{name}");
        }
        for name in ["web", "odoo-addons", "acme-odoo", "odoo-argentina", "themes", "", "16.0"] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn a_fork_is_known_by_its_place_and_not_by_its_name_alone() {
        for (url, path, expected) in [
            ("git@gitlab.acme.fr:erp/core.git", "odoo/src", Some((Odoo, Place))),
            ("git@gitlab.acme.fr:erp/core.git", "odoo", Some((Odoo, Place))),
            ("git@gitlab.acme.fr:erp/core.git", "src/odoo", Some((Odoo, Place))),
            ("git@gitlab.acme.fr:erp/core.git", "odoo/custom/src/odoo", Some((Odoo, Place))),
            ("git@gitlab.acme.fr:erp/core.git", "/opt/odoo", Some((Odoo, Place))),
            ("git@gitlab.acme.fr:erp/core.git", "src", None),
            ("git@gitlab.acme.fr:erp/core.git", "core", None),
            ("https://github.com/acme/odoo", "src", Some((Odoo, Place))),
            ("https://github.com/acme/OCB.git", "vendor/OCB", Some((Odoo, Place))),
            ("https://github.com/acme/odoo-16.0", "odoo/server", Some((Odoo, Place))),
            ("https://github.com/acme/odoo", "addons/odoo", Some((Odoo, Name))),
            ("https://github.com/acme/odoo", "addons/acme", Some((Odoo, Name))),
            ("https://github.com/acme/modules", "addons/odoo", Some((Odoo, Name))),
            ("https://github.com/acme/odoo-enterprise", "enterprise", Some((Enterprise, Place))),
            ("https://github.com/acme/enterprise", "addons/enterprise", Some((Enterprise, Place))),
            ("https://github.com/acme/odoo-enterprise", "addons/acme", Some((Enterprise, Name))),
            ("https://github.com/acme/odoo-enterprise", "odoo", Some((Enterprise, Name))),
            ("https://github.com/acme/ee", "odoo/enterprise", Some((Enterprise, Place))),
            ("https://github.com/acme/ee", "addons/enterprise", Some((Enterprise, Name))),
            ("https://github.com/acme/design-themes", "themes", Some((Themes, Place))),
            ("https://github.com/acme/themes", "themes", None),
            ("https://github.com/OCA/web", "oca/web", None),
            ("https://github.com/odoo-dev/odoo", "odoo", Some((Odoo, Place))),
            ("https://gitlab.acme.fr/odoo/odoo", "addons/x", Some((Odoo, Name))),
        ] {
            assert_eq!(found(url, path), expected, "{url} {path}");
        }
    }

    proptest! {
        /// The official repositories are known wherever they are, by every spelling of their urls.
        #[test]
        fn official_urls_are_known_in_every_spelling(
            at in 0..OFFICIAL.len(),
            before in proptest::sample::select(vec![
                "https://github.com/", "http://github.com/", "https://www.github.com/", "git@github.com:", "github.com:",
                "ssh://git@github.com/", "ssh://git@github.com:22/", "ssh://git@ssh.github.com:443/", "git://github.com/",
                "https://me:token@github.com/", "https://${TOKEN}@GitHub.com/", "git@github.com:/",
            ]),
            end in proptest::sample::select(vec!["", ".git", "/"]),
            upper in any::<bool>(),
            path in proptest::sample::select(vec!["odoo", "addons/x", "enterprise", "/opt/x"]),
        ) {
            let (name, part) = OFFICIAL[at];
            let name = if upper { name.to_uppercase() } else { name.to_owned() };
            prop_assert_eq!(found(&format!("{before}{name}{end}"), path), Some((part, Known)));
        }

        /// The repositories of others on the same host are not, and no other word is.
        #[test]
        fn other_repositories_are_never_known(owner in "[a-z]{1,8}", name in "[a-z_-]{0,7}[a-z]", path in "[a-z/]{1,12}") {
            prop_assume!(owner != "odoo" && owner != "oca");
            let found = found(&format!("https://github.com/{owner}/{name}.git"), &path);
            prop_assert!(found.is_none_or(|(_, sign)| sign < Known), "{found:?}");
            if named(&name).is_none() && !["odoo", "src", "enterprise", "design"].iter().any(|word| path.contains(word)) {
                let is_place = path.split('/').any(|part| named(part).is_some());
                prop_assert!(found.is_none() || is_place, "{found:?}");
            }
        }
    }
}
