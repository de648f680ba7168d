//! What may be wrong with the modules of a profile: an inventory in, findings out.
//!
//! Pure. It knows `plan`, from which the inventory comes, and words nothing: a finding is plain data.
//!
//! What is looked at are the modules that a profile selects, and the user's own; of several of one name, the first.

mod depends;
mod duplicates;
mod ignore;
mod licenses;
mod manifests;
mod maturity;
mod paths;

use std::path::PathBuf;

pub(crate) use ignore::ignore;

use crate::addons::manifest::Lines;
use crate::facts::LocalModules;
use crate::lock::Lock;
use crate::plan::{Home, Inventory, Placed};
use crate::report::{Finding, Needer, Problem, Spot};

/// What is looked at.
pub(crate) struct Subject<'s, 'a> {
    pub(crate) inventory: &'s Inventory<'a>,
    /// With all profiles, for what another one has.
    pub(crate) lock: &'s Lock,
    /// The entries of the addons path, as far as they are known here.
    pub(crate) entries: &'s [Entry],
    /// The repository of OCA's that has a module, where that is known.
    pub(crate) known: &'s dyn Fn(&str) -> Option<String>,
}

/// An entry of the addons path.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    /// Its repository, or the text in `repos.toml`.
    pub(crate) name: String,
    /// Where it is declared.
    pub(crate) line: usize,
}

/// All findings of a profile: errors first, then by code and module.
pub(crate) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let inventory = subject.inventory;
    let mut findings: Vec<Finding> = [
        duplicates::several_homes(inventory),
        duplicates::odoos_names(inventory),
        duplicates::case_clashes(inventory),
        depends::missing(subject),
        depends::cycles(inventory),
        depends::left_out(inventory),
        manifests::unreadable(inventory),
        manifests::versions(inventory),
        licenses::licenses(inventory),
        maturity::maturity(inventory),
        paths::nested(subject),
    ]
    .concat();
    sort(&mut findings);
    findings
}

fn sort(findings: &mut [Finding]) {
    let key = |finding: &Finding| {
        let rule = finding.problem.rule();
        (rule.severity, rule.code, finding.module.clone(), finding.repo.clone())
    };
    findings.sort_by_cached_key(key);
}

/// The findings of all profiles together: each once, with the profiles that have it.
pub(crate) fn folded(of_profiles: impl IntoIterator<Item = Vec<Finding>>) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for finding in of_profiles.into_iter().flatten() {
        match all.iter_mut().find(|other| is_same(other, &finding)) {
            Some(other) => absorb(other, finding),
            None => all.push(finding),
        }
    }
    sort(&mut all);
    all
}

/// A name that is missing for the same reason is one finding, whoever needs it.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let is_same_problem = match (&one.problem, &other.problem) {
        (Problem::Missing { why: one, .. }, Problem::Missing { why: other, .. }) => one == other,
        (Problem::Impossible { .. }, Problem::Impossible { .. }) => true,
        (one, other) => one == other,
    };
    (&one.module, &one.repo) == (&other.module, &other.repo) && is_same_problem
}

fn absorb(finding: &mut Finding, other: Finding) {
    finding.profiles.extend(other.profiles);
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

/// A finding about a module; `line` chooses among the lines of its manifest.
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

/// Where a repository is first mentioned; else the profile.
fn declaration(inventory: &Inventory<'_>, home: Home<'_>) -> Spot {
    Spot::Declaration(match home {
        Home::Repo { repo, .. } => repo.line,
        Home::Local(_) | Home::Around(_) => inventory.profile.line,
    })
}

fn needer(module: &Placed<'_>) -> Needer {
    Needer { module: module.name.to_owned(), repo: module.home.name().to_owned() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config::{Config, Position};
    use crate::report::WhyMissing;

    /// What is found where one own module needs this name, and `known` is asked for it.
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
        findings(&Subject { inventory: &inventory, lock: &lock, entries: &[], known })
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
