//! Looks for problems in the modules of a profile: takes an inventory, returns findings.
//!
//! No side effects. The inventory comes from `plan`. Findings are plain data; other rooms write the messages.
//!
//! Checked are the selected modules of a profile and the user's own modules; if several have one name, the first.

mod depends;
mod duplicates;
mod ignore;
mod licenses;
mod manifests;
mod maturity;
mod paths;
mod requirements;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

pub(crate) use depends::missing;
pub(crate) use ignore::ignore;

use crate::addons::manifest::Lines;
use crate::facts::LocalModules;
use crate::lock::Lock;
use crate::plan::{Home, Inventory, Placed};
use crate::report::{Finding, Problem, Spot};

/// The input of the checks.
pub(crate) struct Subject<'s, 'a> {
    pub(crate) inventory: &'s Inventory<'a>,
    /// The whole lock, to find out whether another profile has a missing module.
    pub(crate) lock: &'s Lock,
    /// The entries of the addons path that are known on this machine.
    pub(crate) entries: &'s [PathEntry],
    /// The modules that the user wants; see [`Inventory::wanted`].
    pub(crate) wanted: &'s HashSet<&'s str>,
    /// Returns the OCA repository that has a module, if it is known.
    pub(crate) known: &'s dyn Fn(&str) -> Option<String>,
}

/// An entry of the addons path.
#[derive(Clone, Debug)]
pub(crate) struct PathEntry {
    pub(crate) path: PathBuf,
    /// The name of its repository, or its text in `repos.toml`.
    pub(crate) name: String,
    /// The line of `repos.toml` that declares it.
    pub(crate) line: usize,
}

/// All findings of a profile. They are sorted: errors first, then by code and module.
pub(crate) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let inventory = subject.inventory;
    let mut findings: Vec<Finding> = [
        duplicates::several_homes(inventory),
        duplicates::odoos_names(inventory),
        duplicates::case_clashes(inventory),
        depends::missing(subject),
        depends::cycles(subject),
        depends::left_out(inventory),
        manifests::unreadable(inventory),
        manifests::versions(subject),
        manifests::model_access(inventory),
        licenses::licenses(inventory),
        maturity::maturity(inventory),
        paths::nested(subject),
        requirements::modules_from_pip(subject),
    ]
    .concat();
    sort(&mut findings);
    findings
}

fn sort(findings: &mut [Finding]) {
    let key = |finding: &Finding| {
        let code = finding.problem.rule().code;
        (finding.severity(), code, finding.module.clone(), finding.repo.clone())
    };
    findings.sort_by_cached_key(key);
}

/// Merges the findings of several profiles: each once, with all profiles that have it.
pub(crate) fn folded(of_profiles: impl IntoIterator<Item = Vec<Finding>>) -> Vec<Finding> {
    type Key = (&'static str, Option<String>, Option<String>);
    let mut all: Vec<Finding> = Vec::new();
    // The places of the findings with equal rule, module and repository.
    let mut places: HashMap<Key, Vec<usize>> = HashMap::new();
    for finding in of_profiles.into_iter().flatten() {
        let key = (finding.problem.rule().code, finding.module.clone(), finding.repo.clone());
        let alike = places.entry(key).or_default();
        if let Some(&place) = alike.iter().find(|&&place| is_same(&all[place], &finding)) {
            absorb(&mut all[place], finding);
        } else {
            alike.push(all.len());
            all.push(finding);
        }
    }
    sort(&mut all);
    all
}

/// Whether two findings are the same. A name that is missing for the same reason is one finding, even if other modules
/// need it. Rule, module and repository are the same.
fn is_same(one: &Finding, other: &Finding) -> bool {
    match (&one.problem, &other.problem) {
        (Problem::Missing { why: one, .. }, Problem::Missing { why: other, .. }) => one == other,
        (Problem::Impossible { .. }, Problem::Impossible { .. }) => true,
        (Problem::Cycle { modules: one, .. }, Problem::Cycle { modules: other, .. }) => one == other,
        (
            Problem::Version { version: one, series: of_one, .. },
            Problem::Version { version: other, series: of_other, .. },
        ) => (one, of_one) == (other, of_other),
        (one, other) => one == other,
    }
}

fn absorb(finding: &mut Finding, other: Finding) {
    finding.profiles.extend(other.profiles);
    // If one profile wants the modules, the problem counts.
    if let (
        Problem::Cycle { is_wanted, .. } | Problem::Version { is_wanted, .. },
        Problem::Cycle { is_wanted: also, .. } | Problem::Version { is_wanted: also, .. },
    ) = (&mut finding.problem, &other.problem)
    {
        *is_wanted |= also;
    }
    if let (
        Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by },
        Problem::Missing { needed_by: more, .. } | Problem::Impossible { needed_by: more },
    ) = (&mut finding.problem, other.problem)
    {
        needed_by.extend(more);
        needed_by.sort();
        needed_by.dedup();
    }
}

/// A finding about a module. `line` returns the line of the manifest key that is wrong.
fn about(
    inventory: &Inventory<'_>,
    module: &Placed<'_>,
    line: impl Fn(&Lines) -> Option<usize>,
    problem: Problem,
) -> Finding {
    Finding {
        problem,
        module: Some(module.name.to_owned()),
        repo: Some(module.home.name().to_owned()),
        spot: spot(inventory, module, line),
        profiles: vec![inventory.profile.name.clone()],
    }
}

fn spot(inventory: &Inventory<'_>, module: &Placed<'_>, line: impl Fn(&Lines) -> Option<usize>) -> Spot {
    match (module.home, module.file) {
        (Home::Local(local), Some((path, lines))) => manifest_spot(local, path, line(lines)),
        (home, _) => declaration(inventory, home),
    }
}

fn manifest_spot(local: &LocalModules, path: &str, line: Option<usize>) -> Spot {
    Spot::Manifest { name: format!("{}/{path}", local.name), path: local.directory.join(path), line }
}

/// The line of `repos.toml` that first names the repository; for other homes, the line of the profile.
fn declaration(inventory: &Inventory<'_>, home: Home<'_>) -> Spot {
    Spot::Declaration(match home {
        Home::Repo { repo, .. } => repo.line,
        Home::Local(_) | Home::Around(_) => inventory.profile.line,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config::{Config, Position};
    use crate::report::WhyMissing;

    /// The findings if one of the user's own modules needs this name. `known` returns the repository that has a module.
    fn found(needed: &str, known: &dyn Fn(&str) -> Option<String>) -> Vec<Finding> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let module = directory.path().join("mine");
        crate::fs::create_directory(&module).expect("a new directory");
        let manifest = format!("{{'license': 'AGPL-3', 'depends': ['base', '{needed}']}}");
        for (name, text) in [("__init__.py", ""), ("__manifest__.py", &manifest)] {
            crate::fs::write_if_changed(&module.join(name), text.as_bytes()).expect("a new file");
        }
        let text = "odoo = \"18.0\"\n[profiles.standard]\n";
        let running = semver::Version::new(1, 0, 0);
        let files = ((Path::new("repos.toml"), text), (Path::new("repos.local.toml"), ""));
        let config = Config::parse(files.0, files.1, &running).expect("a configuration");
        let profile = config.profile(None).expect("the only profile");
        let path = directory.path().to_owned();
        let local = LocalModules::read("addons".to_owned(), Position::Before, path, profile.odoo);
        let (lock, locals) = (Lock::default(), [Arc::new(local.expect("a readable directory"))]);
        let inventory = Inventory::new(profile, &lock, &locals, &[]);
        let wanted = inventory.wanted();
        findings(&Subject { inventory: &inventory, lock: &lock, entries: &[], wanted: &wanted, known })
    }

    #[test]
    fn a_repository_that_is_known_to_have_a_missing_module_is_named() {
        let known = |name: &str| (name == "queue_job").then(|| "queue".to_owned());
        let why = |needed| match &found(needed, &known)[..] {
            [Finding { problem: Problem::Missing { why, .. }, .. }] => why.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(why("queue_job"), WhyMissing::Known { repo: "queue".to_owned() });
        assert_eq!(why("queue_jobs_of_mine"), WhyMissing::Nowhere { near: None });
        assert_eq!(found("mail", &known), []);
    }

    #[test]
    fn equal_findings_of_profiles_become_one() {
        let of = |profile: &str| {
            let mut findings = found("gone_for_good", &|_| None);
            for finding in &mut findings {
                finding.profiles = vec![profile.to_owned()];
            }
            findings
        };
        let folded = folded([of("a"), of("b")]);
        let [Finding { problem: Problem::Missing { needed_by, .. }, profiles, .. }] = &folded[..] else {
            panic!("{folded:?}")
        };
        assert_eq!((needed_by.len(), &profiles[..]), (1, &["a".to_owned(), "b".to_owned()][..]));
    }
}
