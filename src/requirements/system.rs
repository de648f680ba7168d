//! System dependencies of modules: programs on the path, and Debian packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::Origin;
use super::line::shortened;
use super::problem::{Note, RequirementProblem};
use super::render::{Annotations, write_origins};
use super::repository::Repository;
use crate::repo::one_line;

/// The prefix of words in `ignore` that name Debian packages.
const PACKAGE: &str = "deb:";
const PROGRAM: &str = "bin:";

pub(super) fn is_of_the_system(ignored: &str) -> bool {
    ignored.starts_with(PACKAGE) || ignored.starts_with(PROGRAM)
}

/// A package or a program, and the manifests that name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Need {
    pub(crate) name: String,
    /// Sorted, without duplicates.
    pub(crate) origins: Vec<Origin>,
}

/// All system dependencies, sorted by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct System {
    pub(crate) packages: Vec<Need>,
    pub(crate) programs: Vec<Need>,
    pub(crate) problems: Vec<RequirementProblem>,
    pub(crate) notes: Vec<Note>,
}

/// The system dependencies of the selected modules, without the `deb:NAME` and `bin:NAME` of `ignore`.
pub(crate) fn system(repositories: &[Repository<'_>], ignore: &[String]) -> System {
    let mut packages = Needs::new();
    let mut programs = Needs::new();
    for repository in repositories {
        for module in repository.modules.iter().filter(|module| module.is_selected) {
            let origin = Origin::Manifest { path: repository.path(module) };
            for name in &module.manifest.deb {
                packages.entry(name.as_str()).or_default().insert(origin.clone());
            }
            for name in &module.manifest.bin {
                programs.entry(name.as_str()).or_default().insert(origin.clone());
            }
        }
    }
    let mut system = System::default();
    for word in ignore.iter().filter(|word| is_of_the_system(word)) {
        let package = word.strip_prefix(PACKAGE).and_then(|name| packages.remove(name));
        let program = word.strip_prefix(PROGRAM).and_then(|name| programs.remove(name));
        if package.is_none() && program.is_none() {
            system.notes.push(Note::NothingIgnored { word: word.clone() });
        }
    }
    let (packages, others): (Needs<'_>, Needs<'_>) =
        packages.into_iter().partition(|(name, _)| is_package(name));
    for (name, origins) in others {
        let refuse = |origin| RequirementProblem::NotAPackage { origin, text: shortened(&one_line(name)) };
        system.problems.extend(origins.into_iter().map(refuse));
    }
    let listed = |needs: Needs<'_>| {
        let need = |(name, origins): (&str, BTreeSet<_>)| Need {
            name: shortened(&one_line(name)),
            origins: origins.into_iter().collect(),
        };
        needs.into_iter().map(need).collect()
    };
    (system.packages, system.programs) = (listed(packages), listed(programs));
    system
}

/// Names, and the manifests that contain them.
type Needs<'a> = BTreeMap<&'a str, BTreeSet<Origin>>;

/// Whether it is a valid package name by Debian's policy, 5.6.1. Any other text could be an option of `apt-get`, ask it to
/// remove a package (`sudo-`), name something else (`task:x`), or be a regular expression: apt-get takes a name with a
/// dot for one if there is no such package. So each dot is between two letters or digits, which all packages of Debian
/// fulfil.
fn is_package(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part =
        |part: &str| part.starts_with(is_plain) && (part.ends_with(is_plain) || part.ends_with('+'));
    name.len() > 1 && name.split('.').all(is_part) && name.chars().all(|c| is_plain(c) || "+-.".contains(c))
}

impl System {
    /// One package on each line, with the manifests that need it. The programs follow as comments, because their
    /// packages are not known.
    ///
    /// Without annotations, there are only the packages, for `apt-get install $(…)`.
    pub(crate) fn render(&self, annotations: Annotations) -> String {
        let mut text = String::new();
        self.write(&mut text, annotations).expect("writing to a string never fails");
        text
    }

    fn write(&self, f: &mut impl Write, annotations: Annotations) -> std::fmt::Result {
        if let Annotations::Hidden = annotations {
            return self.packages.iter().try_for_each(|need| writeln!(f, "{}", need.name));
        }
        writeln!(f, "# Written by `oca requirements --system`; do not edit.")?;
        for need in &self.packages {
            writeln!(f, "{}", need.name)?;
            write_origins(f, &need.origins)?;
        }
        if !self.programs.is_empty() {
            writeln!(f, "# Programs that must be on the path. Their packages are not known:")?;
        }
        for need in &self.programs {
            writeln!(f, "# {}", need.name)?;
            write_origins(f, &need.origins)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Author;
    use super::super::repository::ModuleNeeds;
    use super::*;
    use crate::repo::Manifest;

    #[test]
    fn packages_and_programs_are_those_of_the_selected_modules() {
        let manifest = |deb: &[&str], bin: &[&str]| {
            let texts = |names: &[&str]| names.iter().map(ToString::to_string).collect();
            Manifest { deb: texts(deb), bin: texts(bin), ..Manifest::default() }
        };
        let manifests = [
            manifest(&["libreoffice", "graphviz", "g++"], &["lessc"]),
            manifest(&["graphviz", "old-one"], &["lessc", "pdftk"]),
            manifest(&["unneeded"], &["unneeded"]),
        ];
        let module = |(at, manifest)| ModuleNeeds {
            path: format!("m{at}/__manifest__.py"),
            manifest,
            is_selected: at < 2,
        };
        let modules = manifests.iter().enumerate().map(module).collect();
        let repositories = [Repository {
            name: "kit",
            author: Author::Other,
            lines: &[],
            unread: None,
            unreadable: Vec::new(),
            modules,
        }];
        let ignore = ["deb:old-one", "bin:graphviz", "graphviz"].map(str::to_owned);
        let system = system(&repositories, &ignore);
        assert_eq!(system.problems, []);
        assert_eq!(system.notes, [Note::NothingIgnored { word: "bin:graphviz".to_owned() }]);
        insta::assert_snapshot!(system.render(Annotations::Shown), @r"
        # Written by `oca requirements --system`; do not edit.
        g++
            # via kit/m0/__manifest__.py
        graphviz
            # via
            #   kit/m0/__manifest__.py
            #   kit/m1/__manifest__.py
        libreoffice
            # via kit/m0/__manifest__.py
        # Programs that must be on the path. Their packages are not known:
        # lessc
            # via
            #   kit/m0/__manifest__.py
            #   kit/m1/__manifest__.py
        # pdftk
            # via kit/m1/__manifest__.py
        ");
        assert_eq!(system.render(Annotations::Hidden), "g++\ngraphviz\nlibreoffice\n");
    }

    #[test]
    fn a_text_that_could_be_an_option_is_not_a_package() {
        for (name, is) in [
            ("libsasl2-dev", true),
            ("libstdc++6:amd64", false),
            ("0ad", true),
            ("g++", true),
            ("sudo-", false),
            ("libfoo:amd64-", false),
            ("libfoo:", false),
            ("a:b:c", false),
            ("x", false),
            ("libfoo;rm", false),
            ("$(x)", false),
            ("libfoo\nlibbar", false),
            ("libfoo\u{2028}libbar", false),
            ("libfoo/sid", false),
            ("libfoo^", false),
            ("lib*", false),
            ("-oDebug", false),
            ("two words", false),
            ("Upper", false),
            ("x=1", false),
            ("", false),
        ] {
            assert_eq!(is_package(name), is, "{name}");
        }
    }
}
